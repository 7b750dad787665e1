//! Many orders over one stock, under a seeded adversary.

use contracts::{Outcome, kinds};
use fastrand::Rng;
use rust_decimal::Decimal;
use testkit::Storm;

use crate::cast::{Cast, Keys, saga};
use crate::oracle;
use crate::rows::{ORDERED, Row};

/// How one storm over these orders ended: how many completed, how many were undone, and what is left.
fn storm(keys: &Keys, seed: u64, rows: &[Row], there: i64) -> (usize, usize, Decimal) {
    let mut rng = Rng::with_seed(seed);
    let cast = Cast::new(keys);
    cast.stock.set("567", Decimal::from(there));
    let mut world = cast.world();
    for (index, row) in rows.iter().enumerate() {
        row.request(&mut world, &format!("{seed}-{index}"));
    }
    let adversary = Storm { duplicates: 20, redeliveries: 20, crashes: 20, losses: 20, slow_calls: 20, workers: 6 };
    let _did = adversary.rage(&mut world, &mut rng, |world| {
        let left = cast.stock.get("567").unwrap();
        assert!(left >= Decimal::ZERO, "seed {seed}: {left} is left, of {} waiting", world.waiting());
    });
    let told = oracle::at_peace(keys, &cast, &world).unwrap_or_else(|rule| panic!("seed {seed}: {rule}"));
    let ended = |outcome| told.values().flatten().filter(|told| told.outcome == outcome).count();
    for (index, _) in rows.iter().enumerate() {
        let saga = saga(kinds::ORDER, &format!("{seed}-{index}"));
        let short = told[&saga].iter().filter(|told| told.outcome == Outcome::Compensated && !told.standing.is_empty());
        assert_eq!(short.count(), 0, "seed {seed}: undone in full");
    }
    (ended(Outcome::Completed), ended(Outcome::Compensated), cast.stock.get("567").unwrap())
}

#[test]
fn a_stock_of_five_serves_five_of_ten_orders_and_the_others_are_undone_in_full() {
    let keys = Keys::new();
    for seed in 0..30 {
        assert_eq!(storm(&keys, seed, &[ORDERED; 10], 5), (5, 5, Decimal::ZERO), "seed {seed}");
    }
}

#[test]
fn what_a_failed_order_had_taken_is_there_again() {
    let keys = Keys::new();
    // As many as there are items, so that those that fail and give back are never short.
    let mut rows = [ORDERED; 6];
    for row in rows.iter_mut().skip(3) {
        row.id = "3c3a";
    }
    for seed in 0..30 {
        assert_eq!(storm(&keys, seed, &rows, 6), (3, 3, Decimal::from(3)), "seed {seed}");
    }
}
