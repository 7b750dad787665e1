fn leak(key: &card::PrivateKey) {
    println!("{key:?}");
}

fn main() {}
