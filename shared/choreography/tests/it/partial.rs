//! Failures of some sagas that do not heal, by saga and by operation, in every storm: the others end as they should, and
//! those do when it heals.

use std::collections::BTreeSet;

use contracts::SagaId;
use fastrand::Rng;
use saga::topology::Names;
use testkit::world::Ask;
use testkit::{Storm, World};

use crate::cast::{Cast, Keys, saga};
use crate::oracle;
use crate::rows::{ROWS, Row};

const SEEDS: u64 = 10;
const SAGAS: usize = 12;

/// How often what is stuck is tried again before it heals.
const TRIES: usize = 3;

/// What can be broken: of which service, and which act; with whether it can be broken for all sagas, and some of them
/// still end.
const WAYS: [(&str, Ask, bool); 14] = [
    ("booking", Ask::Write, false),
    ("booking", Ask::Publish, false),
    ("payment", Ask::Write, false),
    ("payment", Ask::Publish, false),
    ("payment", Ask::Perform("look up"), true),
    ("payment", Ask::Perform("authorize"), true),
    ("payment", Ask::Perform("capture"), true),
    ("payment", Ask::Perform("debit"), true),
    ("payment", Ask::Perform("void"), true),
    ("payment", Ask::Perform("refund"), true),
    ("fulfillment", Ask::Write, false),
    ("fulfillment", Ask::Publish, false),
    ("fulfillment", Ask::Perform("count the stock"), true),
    ("notifier", Ask::Publish, false),
];

/// One way, broken for half of the sagas or for all: how often it struck.
fn partial(keys: &Keys, seed: u64, (service, act, _): (&str, Ask, bool), half: bool) -> Result<usize, String> {
    let mut rng = Rng::with_seed(seed);
    let cast = Cast::new(keys);
    let mut world = cast.world();
    let rows = ROWS.iter().cycle().take(SAGAS).enumerate();
    let asked: Vec<(String, &Row)> = rows.map(|(index, row)| (format!("{seed}-{index}"), row)).collect();
    let id_of = |(id, row): &(String, &Row)| saga(row.kind, id);
    let chosen: BTreeSet<SagaId> = asked.iter().map(id_of).filter(|_| !half || rng.bool()).collect();
    let broken = Names::default().of_service(service);
    world.break_for_good(Box::new(move |queue, saga, ask| queue == broken && ask == act && chosen.contains(&saga)));
    for (request_id, row) in &asked {
        row.request(&mut world, request_id);
    }
    let adversary = Storm { duplicates: 10, redeliveries: 10, crashes: 10, losses: 10, slow_calls: 10, workers: 4 };
    let rage = |world: &mut World<'_>, rng: &mut Rng, storm: Storm| -> Result<(), String> {
        let mut verdict = Ok(());
        storm.rage(world, rng, |world| {
            if verdict.is_ok() {
                verdict = oracle::always(&cast, world);
            }
        });
        verdict
    };
    rage(&mut world, &mut rng, adversary)?;
    for _ in 0..TRIES {
        let stuck: BTreeSet<SagaId> = world.stuck().collect();
        let healthy: Vec<_> = asked.iter().filter(|asked| !stuck.contains(&id_of(asked))).cloned().collect();
        oracle::some_have_ended(&cast, &world, &healthy)?;
        world.try_again();
        rage(&mut world, &mut rng, Storm { workers: 4, ..Storm::default() })?;
    }
    let struck = world.struck();
    world.heal();
    rage(&mut world, &mut rng, Storm { workers: 4, ..Storm::default() })?;
    oracle::at_rest(keys, &cast, &world, &asked)?;
    Ok(struck)
}

#[test]
fn what_fails_for_some_sagas_keeps_no_other_from_its_end_and_they_end_when_it_heals() {
    let keys = Keys::new();
    for way in WAYS {
        for half in [true, false] {
            // What every saga needs leaves none that ends.
            if !half && !way.2 {
                continue;
            }
            let struck = (0..SEEDS).map(|seed| {
                let struck = partial(&keys, seed, way, half);
                struck.unwrap_or_else(|rule| panic!("{way:?}, half: {half}, seed {seed}: {rule}"))
            });
            let struck: usize = struck.sum();
            println!("{way:?}, half: {half}: struck {struck} times");
            assert!(struck > 0, "{way:?} never struck");
        }
    }
}
