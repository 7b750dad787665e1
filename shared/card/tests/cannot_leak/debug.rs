fn leak(card: &card::Card) {
    let _ = println!("{:?}", card);
}

fn main() {}
