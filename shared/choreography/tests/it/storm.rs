//! Many sagas at once under a seeded adversary, each seed a run that can be had again.

use contracts::kinds;
use fastrand::Rng;
use testkit::Storm;

use crate::cast::{Cast, Keys};
use crate::oracle;
use crate::rows::{ROWS, Row};

const SEEDS: u64 = 200;
const SAGAS: usize = 10;

/// What is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// Writes take place whatever stands there.
    Conditions,
    /// The gateway acts again for a key that it knows.
    Keys,
    /// A key that is in use is taken for a refusal.
    InUse,
}

/// One storm over many sagas of mixed rows, then everything once more; answers with what the adversary did.
fn storm(keys: &Keys, seed: u64, broken: Broken) -> Result<(Storm, usize), String> {
    let mut rng = Rng::with_seed(seed);
    let cast = Cast::new(keys);
    let mut world = cast.world();
    cast.ledger().keyless = broken == Broken::Keys;
    cast.ledger().in_use_refuses = broken == Broken::InUse;
    for service in world.services() {
        service.store_mut().blind = broken == Broken::Conditions;
    }
    // A table that is written blindly forgets the attempts that failed, and tries for ever.
    let rows: Vec<&Row> = ROWS.iter().filter(|row| broken == Broken::Nothing || row.kind == kinds::FARE).collect();
    let asked: Vec<_> =
        (0..SAGAS).filter_map(|saga| Some((format!("{seed}-{saga}"), *rng.choice(rows.as_slice())?))).collect();
    for (request_id, row) in &asked {
        row.request(&mut world, request_id);
    }
    let adversary = Storm {
        duplicates: rng.usize(..40),
        redeliveries: rng.usize(..30),
        crashes: rng.usize(..30),
        losses: rng.usize(..30),
        slow_calls: rng.usize(..20),
        workers: rng.usize(1..8),
    };
    let mut verdict = Ok(());
    let did = adversary.rage(&mut world, &mut rng, |world| {
        if verdict.is_ok() {
            verdict = oracle::always(&cast, world);
        }
    });
    verdict?;
    let turned_away = world.turned_away().len();
    oracle::at_rest(keys, &cast, &world, &asked)?;
    oracle::after_a_replay(&cast, &mut world, &mut rng)?;
    oracle::at_rest(keys, &cast, &world, &asked)?;
    Ok((did, turned_away))
}

#[test]
fn no_seed_breaks_an_invariant() {
    let keys = Keys::new();
    let mut did = Storm::default();
    let mut turned_away_in_all = 0;
    for seed in 0..SEEDS {
        let one = storm(&keys, seed, Broken::Nothing);
        let (one, turned_away) = one.unwrap_or_else(|rule| panic!("seed {seed}: {rule}"));
        turned_away_in_all += turned_away;
        did.slow_calls += one.slow_calls;
        did.duplicates += one.duplicates;
        did.redeliveries += one.redeliveries;
        did.crashes += one.crashes;
        did.losses += one.losses;
    }
    println!("{SEEDS} seeds × {SAGAS} sagas: {did:?}, {turned_away_in_all} calls turned away");
    let least = [did.duplicates, did.redeliveries, did.crashes, did.losses, did.slow_calls].into_iter().min();
    assert!(least > Some(1_000), "the adversary was idle: {did:?}");
    assert!(turned_away_in_all > 50, "only {turned_away_in_all} calls met one that was at work");
}

#[test]
fn what_is_broken_on_purpose_is_noticed() {
    let keys = Keys::new();
    for broken in [Broken::Conditions, Broken::Keys, Broken::InUse] {
        let noticed = (0..SEEDS).find_map(|seed| Some((seed, storm(&keys, seed, broken).err()?)));
        println!("{broken:?}: {noticed:?}");
        assert!(noticed.is_some(), "{broken:?}: no seed noticed");
    }
}
