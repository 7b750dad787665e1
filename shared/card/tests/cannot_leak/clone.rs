fn leak(card: &card::Card) {
    let _: card::Card = card.clone();
}

fn main() {}
