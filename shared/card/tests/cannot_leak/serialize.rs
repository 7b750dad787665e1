fn json<T: serde::Serialize>(_: &T) {}

fn leak(card: &card::Card) {
    json(card);
}

fn main() {}
