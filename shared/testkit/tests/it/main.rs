//! A step that waits for an answer, under the adversary: the answer comes whenever it comes, and what travels beside an
//! event and is stored nowhere is not lost by that.

#![cfg(test)]

mod at_home;

use at_home::{COURIER, Courier, DESK, Desk, Event, NOTIFIER, courier, kinds};
use ensemble_testkit::{Fault, Node, Nothing, Point, Service, Storm, World};
use map::Map;
use saga::Channel;
use saga::notifier::Notifier;
use saga::topology::Names;
use serde_json::{Value, json};
use wire::SagaId;

/// A week, in seconds.
const WEEK_SECS: u32 = 7 * 24 * 3600;

struct Cast {
    desk: Node<Desk, Nothing>,
    courier: Node<Courier, Nothing>,
    notifier: Node<Notifier<Event>, Nothing>,
}

impl Cast {
    fn new() -> Self {
        let notifier = Node::new(Notifier::new(&NOTIFIER), Nothing);
        Self { desk: Node::new(Desk::new(WEEK_SECS), Nothing), courier: Node::new(courier(), Nothing), notifier }
    }

    fn world(&self) -> World<'_> {
        let services: [&dyn Service; 3] = [&self.desk, &self.courier, &self.notifier];
        World::new(Names::default(), map::topology(&map(), &Names::default()), &services)
    }
}

fn map() -> Map {
    Map::of::<Event>(&[&DESK, &COURIER, &NOTIFIER], |_| None)
}

fn request(world: &mut World<'_>) {
    let body = json!({ "parcel": "p", "code": "4321" }).to_string();
    world.request(Channel::Requests(kinds::PARCEL), &body, "r");
}

fn answer(world: &mut World<'_>, id: &str, answer: &str) {
    let saga = SagaId::of_request("parcel", "r");
    let body = json!({ "type": "answer_given", "id": id, "sagaId": saga, "by": "ann", "answer": answer });
    world.request(Channel::Requests(kinds::PARCEL), &body.to_string(), id);
}

/// How the saga ended: its outcome and its path. Once, and nothing is left dead.
fn ended(world: &World<'_>) -> String {
    assert!(world.dead().is_empty(), "{:?}", world.dead());
    let bodies = [true, false].into_iter().flat_map(|successful| world.notifications(successful));
    let mut told: Vec<&str> = bodies.map(|message| message.body.as_str()).collect();
    told.sort_unstable();
    told.dedup();
    let [one] = told.as_slice() else { panic!("{told:?}") };
    let told: Value = serde_json::from_str(one).unwrap();
    let steps = told["path"].as_array().unwrap().iter().map(|step| {
        let mark = if step["ok"] == true { "" } else { "!" };
        format!("{}{mark}", step["step"].as_str().unwrap())
    });
    format!("{} {}", told["outcome"].as_str().unwrap(), steps.collect::<Vec<_>>().join(" "))
}

#[test]
fn the_map_of_a_choreography_with_an_answer_keeps_every_rule() {
    let problems = map::check(&map());
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn an_answer_that_comes_before_the_request_is_announced_loses_neither_the_request_nor_its_secret() {
    let run = |points: &[Point]| {
        let cast = Cast::new();
        let mut world = cast.world();
        request(&mut world);
        answer(&mut world, "first", "yes");
        let (acts, struck) = world.run(points);
        (acts, struck, ended(&world))
    };
    let (acts, _, plain) = run(&[]);
    assert_eq!(plain, "completed Accept LearnCode HandOver");
    let mut struck = 0;
    for (delivery, acts) in acts.into_iter().enumerate() {
        for (act, fault) in (0..acts).flat_map(|act| Fault::ANYWHERE.map(|fault| (act, fault))) {
            let point = Point { delivery, act, fault };
            let (_, once, ended) = run(&[point]);
            assert_eq!((once, ended.as_str()), (1, plain.as_str()), "{point:?}");
            struck += once;
        }
    }
    assert!(struck > 30, "only {struck} faults struck");
}

#[test]
fn no_storm_loses_a_saga_whose_answer_may_come_before_anything_else() {
    for seed in 0..500 {
        let (cast, mut rng) = (Cast::new(), fastrand::Rng::with_seed(seed));
        let mut world = cast.world();
        answer(&mut world, "first", "yes");
        request(&mut world);
        let storm = Storm { duplicates: 5, redeliveries: 20, crashes: 20, losses: 20, slow_calls: 0, workers: 4 };
        storm.rage(&mut world, &mut rng, |_| {});
        assert_eq!(ended(&world), "completed Accept LearnCode HandOver", "seed {seed}");
    }
}

#[test]
fn the_first_answer_counts_however_many_come_and_in_whatever_order_their_events_arrive() {
    for seed in 0..200 {
        let (cast, mut rng) = (Cast::new(), fastrand::Rng::with_seed(seed));
        let mut world = cast.world();
        request(&mut world);
        world.run(&[]);
        answer(&mut world, "first", if seed % 2 == 0 { "yes" } else { "no" });
        world.run(&[]);
        answer(&mut world, "second", if seed % 2 == 0 { "no" } else { "yes" });
        let storm = Storm { duplicates: 5, redeliveries: 10, crashes: 5, losses: 5, slow_calls: 0, workers: 3 };
        storm.rage(&mut world, &mut rng, |_| {});
        let told = ["completed Accept LearnCode HandOver", "compensated Accept LearnCode HandOver! GiveBack"];
        assert_eq!(ended(&world), told[usize::from(seed % 2 == 1)], "seed {seed}");
    }
}

#[test]
fn a_saga_waits_for_days_and_is_undone_when_nobody_has_answered_by_its_deadline() {
    let cast = Cast::new();
    let mut world = cast.world();
    request(&mut world);
    world.run(&[]);
    world.pass(WEEK_SECS - 3600);
    assert_eq!(world.sweep(), 0, "its time is not up yet");
    assert!([true, false].iter().all(|successful| world.notifications(*successful).is_empty()), "it waits");
    let store = cast.courier.store();
    let record = store.records().values().next().unwrap();
    assert_eq!(record.stored.state, "HandOver waiting");
    drop(store);
    world.pass(3601);
    assert_eq!(world.sweep(), 1, "one saga is overdue");
    world.run(&[]);
    assert_eq!(ended(&world), "compensated Accept LearnCode HandOver! GiveBack");
    answer(&mut world, "late", "yes");
    world.run(&[]);
    assert_eq!(ended(&world), "compensated Accept LearnCode HandOver! GiveBack");
}

#[test]
fn a_saga_that_waits_can_be_cancelled() {
    let cast = Cast::new();
    let mut world = cast.world();
    request(&mut world);
    world.run(&[]);
    let body = json!({ "type": "cancel_requested", "sagaId": SagaId::of_request("parcel", "r"), "by": "ann" });
    world.request(Channel::Requests(kinds::PARCEL), &body.to_string(), "cancel");
    answer(&mut world, "late", "yes");
    world.run(&[]);
    assert_eq!(ended(&world), "compensated Accept LearnCode HandOver! GiveBack");
}
