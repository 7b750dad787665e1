//! The trip, held to what every choreography has to hold: its map, each service by itself, and all of them under an
//! adversary.

#![cfg(test)]

use std::collections::BTreeSet;

use fastrand::Rng;
use map::cloudformation::{Stack, cloudformation};
use saga::owner::Deadlines;
use saga::topology::Names;
use saga::{Channel, Participant, notifier::Notifier};
use testkit::{Conformance, Fault, Message, Node, Nothing, Outside, Point, Service, Storm, Story, World};
use trip::vocabulary::{Asked, Done, NotDone, Plan, Trip, effects, kinds, steps};
use trip::{CARS, Event, FLIGHTS, HOTELS, NOTIFIER, Trips, map, service};
use wire::told::{Answered, Registered, UnwindingStarted};
use wire::{EffectName, Failure, Journey, Notification, SagaId, Standing};

#[test]
fn the_map_keeps_every_rule_and_is_drawn_and_deployed_as_committed() {
    let problems = map::check(&map());
    assert!(problems.is_empty(), "{problems:#?}");
    let drawn = format!("# The trip\n\n```mermaid\n{}```\n\n{}", map::mermaid(&map(), None), map::table(&map()));
    let topology = cloudformation(&map(), Stack::Topology);
    for (file, text) in [("map.md", drawn), ("template.yaml", topology)] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        if option_env!("BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "BLESS=1 writes {file} anew");
    }
}

#[test]
fn the_program_plays_three_trips() {
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_trip")).env("RUST_LOG", "off").output().unwrap();
    let told = String::from_utf8(ended.stdout).unwrap();
    for line in ["ann  completed  ", "ben.RentCar  compensated  ", "cleo.RentCar.CancelFlight  needs attention  "] {
        assert!(told.lines().any(|told| told.starts_with(line)), "{line}: {told}");
    }
    assert!(ended.status.success(), "{told}");
}

/// Travellers, each with the way that the trip has to take behind its registration, and what stands at the end. Eve wants
/// no car, dan declines the plan, and nobody of that name travels.
const ROWS: [(&str, &str, &str); 9] = [
    ("ann", "HoldRoom PayDeposit ApprovePlan BookFlight RentCar", ""),
    ("eve", "HoldRoom PayDeposit ApprovePlan BookFlight", ""),
    ("ben.HoldRoom", "HoldRoom! ReleaseRoom", ""),
    ("ben.PayDeposit", "HoldRoom PayDeposit! ReturnDeposit ReleaseRoom", ""),
    ("dan", "HoldRoom PayDeposit ApprovePlan! ReturnDeposit ReleaseRoom", ""),
    ("ben.BookFlight", "HoldRoom PayDeposit ApprovePlan BookFlight! CancelFlight ReturnDeposit ReleaseRoom", ""),
    ("ben.RentCar", "HoldRoom PayDeposit ApprovePlan BookFlight RentCar! CancelFlight ReturnDeposit ReleaseRoom", ""),
    (
        CLEO,
        "HoldRoom PayDeposit ApprovePlan BookFlight RentCar! CancelFlight! ReturnDeposit ReleaseRoom!",
        "flight room",
    ),
    ("", "", ""),
];

/// Nothing of this traveller's can be given back.
const CLEO: &str = "cleo.RentCar.CancelFlight.ReleaseRoom";

/// How the trip of a row has to end, as a line.
fn shall_be(row: usize) -> String {
    let (who, way, standing) = ROWS[row];
    match (way.contains('!'), standing) {
        _ if way.is_empty() => format!("{who} rejected RegisterTrip! "),
        (false, _) => format!("{who} completed RegisterTrip {way} "),
        (true, "") => format!("{who} compensated RegisterTrip {way} CallOffTrip "),
        (true, _) => format!("{who} needs_attention RegisterTrip {way} CallOffTrip {standing}"),
    }
}

/// All services, with nothing on record.
fn cast() -> [Box<dyn Service>; 5] {
    let of = |declaration| Box::new(Node::new(service(declaration), Nothing));
    let trips = Trips::new(&Names::default(), Deadlines::default().of_kind(kinds::TRIP, 604_800));
    let notifier = Node::new(Notifier::<Event>::new(&NOTIFIER), Nothing);
    [Box::new(Node::new(trips, Nothing)), of(&HOTELS), of(&FLIGHTS), of(&CARS), Box::new(notifier)]
}

fn world(cast: &[Box<dyn Service>; 5]) -> World<'_> {
    let services = cast.each_ref().map(AsRef::as_ref);
    World::new(Names::default(), map::topology(&map(), &Names::default()), &services)
}

/// Every trip ended once, as its row says; nothing is left in a queue or a dead-letter queue.
fn ended(world: &World<'_>, rows: &[usize]) -> Result<(), String> {
    let bodies = [true, false].into_iter().flat_map(|successful| world.notifications(successful));
    let told: BTreeSet<&str> = bodies.map(|message| message.body.as_str()).collect();
    let end = |body: &&str| {
        let told: Notification<Asked> = serde_json::from_str(body).unwrap();
        let who = told.about.trip.map(|plan| plan.traveller.to_string()).unwrap_or_default();
        let step = |step: &wire::Step| format!("{}{}", step.step, if step.ok { "" } else { "!" });
        let way: Vec<String> = told.path.steps().iter().map(step).collect();
        let standing: Vec<&str> = told.standing.iter().map(|standing| standing.effect.as_str()).collect();
        format!("{who} {} {} {}", told.outcome.as_str(), way.join(" "), standing.join(" "))
    };
    let mut ends: Vec<String> = told.iter().map(end).collect();
    let mut shall_be: Vec<String> = rows.iter().map(|row| shall_be(*row)).collect();
    ends.sort();
    shall_be.sort();
    let is_good = ends == shall_be && world.dead().is_empty();
    is_good.then_some(()).ok_or_else(|| format!("{ends:#?}\nand not {shall_be:#?}; dead: {:?}", world.dead()))
}

/// A traveller asks for a trip, and answers what the trip asks.
fn ask(world: &mut World<'_>, row: usize, request_id: &str) {
    let who = ROWS[row].0;
    let body = serde_json::json!({ "traveller": who, "city": "Lisbon", "nights": 3, "car": who != "eve" });
    world.request(Channel::Requests(kinds::TRIP), &body.to_string(), request_id);
    let (saga, answer) = (SagaId::of_request("trip", request_id), if who == "dan" { "no" } else { "yes" });
    if !who.is_empty() {
        let body = serde_json::json!({ "type": "answer_given", "sagaId": saga, "by": who, "answer": answer });
        world.request(Channel::Requests(kinds::TRIP), &body.to_string(), &format!("{request_id}-answer"));
    }
}

#[test]
fn every_row_survives_every_fault_at_every_act_of_every_message() {
    let mut struck = 0;
    for (row, (who, ..)) in ROWS.iter().enumerate() {
        let run = |points: &[Point]| {
            let cast = cast();
            let mut world = world(&cast);
            ask(&mut world, row, "r");
            let (acts, struck) = world.run(points);
            (acts, struck, ended(&world, &[row]))
        };
        let (acts, _, plain) = run(&[]);
        assert_eq!(plain, Ok(()), "{who}");
        for (delivery, acts) in acts.into_iter().enumerate() {
            for (act, fault) in (0..acts).flat_map(|act| Fault::ANYWHERE.map(|fault| (act, fault))) {
                let point = Point { delivery, act, fault };
                let (_, once, verdict) = run(&[point]);
                assert_eq!((once, verdict), (1, Ok(())), "{who}: {point:?}");
                struck += once;
            }
        }
    }
    assert!(struck > 200, "only {struck} faults struck");
}

#[test]
fn no_storm_loses_a_trip_or_ends_it_twice() {
    for seed in 0..100 {
        let (cast, mut rng) = (cast(), Rng::with_seed(seed));
        let mut world = world(&cast);
        let rows: Vec<usize> = (0..8).map(|_| rng.usize(..ROWS.len())).collect();
        rows.iter().enumerate().for_each(|(nth, row)| ask(&mut world, *row, &format!("{seed}-{nth}")));
        let storm = Storm { duplicates: 30, redeliveries: 20, crashes: 20, losses: 20, slow_calls: 0, workers: 5 };
        storm.rage(&mut world, &mut rng, |_| {});
        assert_eq!(ended(&world, &rows), Ok(()), "seed {seed}");
    }
}

fn plan(traveller: &str) -> Trip {
    let trip = serde_json::json!({ "traveller": traveller, "city": "Lisbon", "nights": 3, "car": true });
    Trip { trip: serde_json::from_value::<Plan>(trip).unwrap() }
}

fn journey() -> Journey {
    Journey::until(testkit::NOW + std::time::Duration::from_secs(900))
}

fn done(event: fn(Done) -> Event, who: &str) -> Event {
    event(Done { subject: plan(who), journey: journey() })
}

fn failure() -> Failure {
    Failure::new("NoRentCar", steps::RENT_CAR, "sold out")
}

fn not_done(event: fn(NotDone) -> Event, who: &str, standing: &[EffectName]) -> Event {
    let stands = |effect: &EffectName| Standing { effect: effect.clone(), id: "1".to_owned(), amount: None };
    let standing = standing.iter().map(stands).collect();
    event(NotDone { subject: plan(who), error: failure(), standing, journey: journey() })
}

/// Events in their order: what is undone was announced by the service itself, so no later event comes before it.
fn story(name: &'static str, heard: Vec<Event>) -> Story {
    let saga = SagaId::of_request("trip", name);
    Story::in_order(name, heard.into_iter().map(|event| Message::of_event(saga, event, None)).collect())
}

fn conforms<P: Participant>(service: fn() -> P, stories: Vec<Story>, tolerates: &[&str])
where
    Nothing: Outside<P>,
{
    let node = || Node::new(service(), Nothing);
    let report = Conformance { node: &node, stories, secrets: &[], opens: &|_, _| true, tolerates }.check();
    assert!(report.faults > 0 && report.interleavings > 0 && report.hostile > 0, "{report:?}");
}

const TOLERATED: &[&str] = &["data.deadline"];

#[test]
fn flights_and_cars_conform() {
    const BEN: &str = "ben.BookFlight";
    const CLEO: &str = "cleo.CancelFlight";
    let answered = |who, answer: &str| {
        let (by, answer) = (String::from("ann"), answer.to_owned());
        Event::PlanAnswered(Answered { subject: plan(who), by, answer, journey: journey() })
    };
    let approved = |who| done(Event::PlanApproved, who);
    let (paid, booked) = (|who| done(Event::DepositPaid, who), |who| done(Event::FlightBooked, who));
    let refused = |who| not_done(Event::CarRefused, who, &[]);
    let flown = vec![
        story("booked", vec![paid("ann"), answered("ann", "yes"), approved("ann")]),
        story("answered at once", vec![answered("ann", "yes"), paid("ann"), approved("ann")]),
        story("declined", vec![paid("dan"), answered("dan", "no")]),
        story("not answered", vec![paid("ann"), refused("ann"), answered("ann", "yes")]),
        story("refused", vec![paid(BEN), answered(BEN, "yes"), approved(BEN)]),
        story("cancelled", vec![paid("ann"), answered("ann", "yes"), approved("ann"), refused("ann")]),
        story("kept", vec![paid(CLEO), answered(CLEO, "yes"), approved(CLEO), refused(CLEO)]),
        story("called off", vec![refused("ann"), paid("ann"), answered("ann", "yes")]),
    ];
    conforms(|| service(&FLIGHTS), flown, TOLERATED);
    let unwinding = UnwindingStarted { subject: plan("ann"), error: failure(), journey: journey() };
    let driven = vec![
        story("rented", vec![booked("ann")]),
        story("refused", vec![booked("ben.RentCar")]),
        story("too late", vec![booked("ann"), Event::UnwindingStarted(unwinding.clone())]),
        story("called off", vec![Event::UnwindingStarted(unwinding), booked("ann")]),
    ];
    conforms(|| service(&CARS), driven, TOLERATED);
}

#[test]
fn hotels_conform() {
    let registered = |who: &str| Event::TripRegistered(Registered { subject: plan(who), journey: journey() });
    let mut stories = vec![
        story("paid", vec![registered("ann")]),
        story("no room", vec![registered("ben.HoldRoom")]),
        story("no deposit", vec![registered("ben.PayDeposit")]),
    ];
    let undoing: [fn(NotDone) -> Event; 3] = [Event::FlightRefused, Event::FlightCancelled, Event::FlightKept];
    let names = [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]];
    for (event, [released, kept, called_off]) in undoing.into_iter().zip(names) {
        let no_flight = |who| not_done(event, who, &[]);
        stories.push(story(released, vec![registered("ann"), no_flight("ann")]));
        stories.push(story(kept, vec![registered("cleo.ReturnDeposit"), no_flight("cleo.ReturnDeposit")]));
        stories.push(story(called_off, vec![no_flight("ann"), registered("ann")]));
    }
    conforms(|| service(&HOTELS), stories, TOLERATED);
}

#[test]
fn trips_conform() {
    let trips = || Trips::new(&Names::default(), Deadlines::default());
    let request = |name: &str, nights: i32| {
        let body = serde_json::json!({ "traveller": "ann", "city": "Lisbon", "nights": nights, "car": true });
        let mut message = Message::new("message-1", body.to_string());
        message.attributes.insert("requestId".to_owned(), name.to_owned());
        message
    };
    let asked = |name: &str, what: &str, answer: &str| {
        let saga = SagaId::of_request("trip", name);
        let body = serde_json::json!({ "type": what, "id": answer, "sagaId": saga, "answer": answer });
        Message::new("message-2", body.to_string())
    };
    let begun = |name: &'static str, then: Vec<Message>| {
        Story::in_order(name, std::iter::once(request(name, 3)).chain(then).collect())
    };
    let ends = |name: &'static str, event: Event| begun(name, story(name, vec![event]).messages);
    let needs = |name: &'static str| story(name, vec![not_done(Event::RoomKept, "ann", &[effects::ROOM])]).messages;
    let kept = |name, what| begun(name, [needs(name), vec![asked(name, what, "")]].concat());
    let stories = vec![
        begun("answered", ["yes", "no"].map(|answer| asked("answered", "answer_given", answer)).into()),
        ends("completed", done(Event::CarSettled, "ann")),
        ends("no room", not_done(Event::RoomRefused, "ann", &[])),
        ends("no room, and a deposit stands", not_done(Event::RoomRefused, "ann", &[effects::DEPOSIT])),
        ends("released", not_done(Event::RoomReleased, "ann", &[])),
        ends("released, and a flight stands", not_done(Event::RoomReleased, "ann", &[effects::FLIGHT])),
        kept("kept and tried again", "retry_requested"),
        kept("kept and closed", "resolve_requested"),
        begun("cancelled", vec![asked("cancelled", "cancel_requested", "")]),
        begun("refused by cars", story("refused by cars", vec![not_done(Event::CarRefused, "ann", &[])]).messages),
        Story::in_order("withdrawn", vec![asked("withdrawn", "cancel_requested", ""), request("withdrawn", 3)]),
        Story::in_order("rejected", vec![request("rejected", -1)]),
    ];
    conforms(trips, stories, &["answer", "data.deadline", "id"]);
}
