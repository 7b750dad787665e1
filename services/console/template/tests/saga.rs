//! What every choreography has to hold, held by this one: its map keeps the rules, and its sagas survive an adversary.

use std::collections::BTreeSet;

use fastrand::Rng;
use saga::Channel;
use saga::notifier::Notifier;
use saga::owner::Deadlines;
use saga::topology::Names;
use testkit::{Fault, Node, Nothing, Point, Service, Storm, World};
use wire::Notification;
use your_saga::carriers::{Carrier, couriers, vans};
use your_saga::desk::Desk;
use your_saga::map;
use your_saga::notifier::notifier;
use your_saga::vocabulary::{Asked, Event, kinds};

/// Addresses, each with how its saga has to end: the outcome, and the steps on its path. A step with `!` failed.
const ROWS: [(&str, &str, &str); 2] = [
    ("Elm.Street", "completed", "Accept Load Deliver"),
    ("nowhere", "compensated", "Accept Load Deliver! Unload GiveBack"),
];

#[test]
fn the_map_keeps_every_rule() {
    let problems = map::check(&map());
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Every service dies once at every act of every message, and every answer is lost once. What it was at comes again.
#[test]
fn a_service_that_is_killed_at_any_act_of_any_message_changes_no_outcome() {
    for (row, (address, ..)) in ROWS.iter().enumerate() {
        let run = |points: &[Point]| {
            let services = Services::new();
            let mut world = services.world();
            ask(&mut world, row, "request");
            let (acts, struck) = world.run(points);
            (acts, struck, ended(&world, &[row]))
        };
        let (acts, _, plain) = run(&[]);
        assert_eq!(plain, Ok(()), "{address}");
        for (delivery, acts) in acts.into_iter().enumerate() {
            for (act, fault) in (0..acts).flat_map(|act| Fault::ANYWHERE.map(|fault| (act, fault))) {
                let point = Point { delivery, act, fault };
                let (_, struck, verdict) = run(&[point]);
                assert_eq!((struck, verdict), (1, Ok(())), "{address}: {point:?}");
            }
        }
    }
}

/// Many sagas at once, while messages come twice and late, services die and answers are lost.
#[test]
fn no_storm_loses_a_saga_or_ends_it_twice() {
    for seed in 0..100 {
        let (services, mut rng) = (Services::new(), Rng::with_seed(seed));
        let mut world = services.world();
        let rows: Vec<usize> = (0..8).map(|_| rng.usize(..ROWS.len())).collect();
        rows.iter().enumerate().for_each(|(nth, row)| ask(&mut world, *row, &format!("request-{nth}")));
        let storm = Storm { duplicates: 30, redeliveries: 20, crashes: 20, losses: 20, slow_calls: 0, workers: 5 };
        storm.rage(&mut world, &mut rng, |_| {});
        assert_eq!(ended(&world, &rows), Ok(()), "seed {seed}");
    }
}

/// All services, in memory.
struct Services {
    desk: Node<Desk, Nothing>,
    carriers: [Node<Carrier, Nothing>; 2],
    notifier: Node<Notifier<Event>, Nothing>,
}

impl Services {
    fn new() -> Self {
        // A week for each saga, because the clock of a storm runs fast.
        let deadlines = Deadlines::default().of_kind(kinds::PARCEL, 604_800);
        Self {
            desk: Node::new(Desk::new(&Names::default()).within(deadlines), Nothing),
            carriers: [vans(), couriers()].map(|service| Node::new(service, Nothing)),
            notifier: Node::new(notifier(), Nothing),
        }
    }

    fn world(&self) -> World<'_> {
        let [vans, couriers] = &self.carriers;
        let services: [&dyn Service; 4] = [&self.desk, vans, couriers, &self.notifier];
        World::new(Names::default(), map::topology(&map(), &Names::default()), &services)
    }
}

/// A sender asks for what a row says.
fn ask(world: &mut World<'_>, row: usize, request_id: &str) {
    let body = serde_json::json!({ "address": ROWS[row].0 });
    world.request(Channel::Requests(kinds::PARCEL), &body.to_string(), request_id);
}

/// Every saga ended once, as its row says, and nothing is in a dead-letter queue.
fn ended(world: &World<'_>, rows: &[usize]) -> Result<(), String> {
    let bodies = [true, false].into_iter().flat_map(|successful| world.notifications(successful));
    // A notification may be delivered twice. It is the same one then.
    let told: BTreeSet<&str> = bodies.map(|message| message.body.as_str()).collect();
    let mut ends = Vec::new();
    for body in told {
        let told: Notification<Asked> = serde_json::from_str(body).map_err(|error| error.to_string())?;
        let address = told.about.parcel.map(|parcel| parcel.address.to_string()).unwrap_or_default();
        let step = |step: &wire::Step| format!("{}{}", step.step, if step.ok { "" } else { "!" });
        let path: Vec<String> = told.path.steps().iter().map(step).collect();
        ends.push(format!("{address} {} {}", told.outcome.as_str(), path.join(" ")));
    }
    let rows = rows.iter().map(|row| ROWS[*row]);
    let mut expected: Vec<String> =
        rows.map(|(address, outcome, path)| format!("{address} {outcome} {path}")).collect();
    ends.sort();
    expected.sort();
    if ends != expected || !world.dead().is_empty() {
        return Err(format!("{ends:#?}\nand not {expected:#?}; dead letters: {:?}", world.dead()));
    }
    Ok(())
}
