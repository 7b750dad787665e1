//! What an operator does with trips, on an embedded endpoint.

use std::collections::BTreeMap;

use local::{Endpoint, Options};
use operate::sagas::Sagas;
use runtime::{Aws, Environment, Settings};
use serde_json::{Value, json};
use wire::SagaId;

use crate::harness::{Process, approve, publish, request, trips, wait_for};

const SERVICES: [&str; 5] = ["trips", "hotels", "flights", "cars", "notifier"];

/// An endpoint with the topology, on which the services run.
struct World {
    url: String,
    running: Process,
    _endpoint: Endpoint,
}

impl World {
    fn start() -> Self {
        let endpoint = Endpoint::start(Options::default()).unwrap();
        let url = endpoint.url();
        let first = trips(&url, &["provision", "--json"]).json();
        assert!(first.len() > 20 && first.iter().all(|change| change["did"] == "created"), "{first:?}");
        let second = trips(&url, &["provision", "--json"]).json();
        assert!(second.len() == first.len() && second.iter().all(|change| change["did"] == "found"), "{second:?}");
        let running = Process::start(&url, &[&["run"], &SERVICES[..]].concat());
        Self { url, running, _endpoint: endpoint }
    }

    fn trips(&self, args: &[&str]) -> crate::harness::Ended {
        trips(&self.url, args)
    }

    /// The next outcomes, by saga.
    fn watch(&self, outcomes: usize) -> BTreeMap<String, String> {
        let told = self.trips(&["watch", "--json", "--once", &outcomes.to_string()]).json();
        let text = |told: &Value, field: &str| told[field].as_str().unwrap().to_owned();
        told.iter().map(|told| (text(told, "sagaId"), text(told, "outcome"))).collect()
    }

    /// Stops the services, in order.
    fn stop(self) {
        let ended = self.running.interrupted();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

#[test]
fn trips_are_published_watched_traced_tried_again_and_closed() {
    let world = World::start();
    let travellers = ["ann", "ben.RentCar", "cleo.RentCar.CancelFlight"];
    let sagas = publish(&world.url, &travellers.map(request), &[]);
    approve(&world.url, &sagas);
    let [ann, ben, cleo] = <[String; 3]>::try_from(sagas).unwrap();
    let outcomes = [(&ann, "completed"), (&ben, "compensated"), (&cleo, "needs_attention")];
    assert_eq!(world.watch(3), outcomes.map(|(saga, outcome)| (saga.clone(), outcome.to_owned())).into());

    let listed = world.trips(&["sagas", "--attention", "--json"]).json();
    assert_eq!((&listed[0]["total"], &listed[1]["sagaId"]), (&json!(1), &json!(cleo)), "{listed:?}");
    assert_eq!((&listed[1]["saga"], &listed[1]["standing"][0]["effect"]), (&json!("trip"), &json!("flight")));
    let open = world.trips(&["sagas"]);
    assert!(open.code == Some(0) && open.out.starts_with("0 open, 0 of them overdue"), "{open:?}");

    let traced = world.trips(&["trace", &cleo]);
    assert!(traced.code == Some(0) && traced.out.starts_with(&format!("saga {cleo}  trip\n")), "{traced:?}");
    for words in
        ["trips        RegisterTrip ✓", "cars         RentCar ✗", "trips        NeedsAttention", "standing: flight"]
    {
        assert!(traced.out.contains(words), "{words}: {traced:?}");
    }
    let [document] = <[Value; 1]>::try_from(world.trips(&["trace", &cleo, "--json"]).json()).unwrap();
    assert_eq!((&document["saga"], &document["subject"]["trip"]["city"]), (&json!("trip"), &json!("Lisbon")));
    assert_eq!(
        document["services"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["cars", "flights", "hotels", "trips"]
    );
    assert_eq!(world.trips(&["trace", &SagaId::of_request("trip", "nobody").to_string()]).code, Some(1));

    let again = world.trips(&["retry", &cleo, "--wait", "--reason", "the airline said so"]);
    assert_eq!(again.code, Some(1), "a flight that cannot be cancelled stands again: {again:?}");
    assert_eq!(world.watch(1), [(cleo.clone(), "needs_attention".to_owned())].into());
    let closed = world.trips(&["resolve", &cleo, "--wait", "--reason", "cancelled by telephone", "--json"]).json();
    assert_eq!((&closed[0]["asked"], &closed[0]["outcome"]), (&json!("resolve"), &json!("resolved")), "{closed:?}");
    assert!(world.watch(1).contains_key(&cleo), "the client is told that it is closed");
    let refused = world.trips(&["retry", &cleo]);
    assert!(refused.code == Some(1) && refused.err.contains("see `trips trace "), "{refused:?}");

    let audited = world.trips(&["audit", &cleo, "--json"]).json();
    let did: Vec<_> = audited.iter().map(|entry| (&entry["action"], &entry["by"], &entry["why"])).collect();
    let of_tess = |what: &str, why: &str| (json!(what), json!("tess"), json!(why));
    let shall_be = [
        of_tess("answer", "yes"),
        of_tess("retry", "the airline said so"),
        of_tess("resolve", "cancelled by telephone"),
    ];
    assert_eq!(did, shall_be.iter().map(|(what, by, why)| (what, by, why)).collect::<Vec<_>>());
    world.stop();
}

#[test]
fn a_trip_waits_for_an_answer_and_takes_the_first() {
    let world = World::start();
    let unknown = SagaId::of_request("trip", "nobody").to_string();
    let refused = world.trips(&["answer", &unknown, "--answer", "yes"]);
    assert!(refused.code == Some(1) && refused.err.contains(" is unknown;"), "{refused:?}");
    let [saga] = <[String; 1]>::try_from(publish(&world.url, &[request("ann")], &[])).unwrap();
    let waits = wait_for("a trip that asks", || {
        let traced = world.trips(&["trace", &saga]);
        traced.out.contains("waits: client owes AnswerGiven").then_some(traced.out)
    });
    assert!(waits.contains("client owes AnswerGiven in answer to DepositPaid; it is ApprovePlan waiting"), "{waits}");
    let [_, listed] = <[Value; 2]>::try_from(world.trips(&["sagas", "--json"]).json()).unwrap();
    assert_eq!((&listed["sagaId"], &listed["waits"][0]["service"]), (&json!(saga), &json!("client")), "{listed}");
    assert_eq!(world.trips(&["answer", &saga, "--answer", "no", "--by", "ann"]).code, Some(0));
    assert_eq!(world.watch(1), [(saga.clone(), "compensated".to_owned())].into());
    let late = world.trips(&["answer", &saga, "--answer", "yes"]);
    assert!(late.code == Some(1) && late.err.contains("waits for no answer any more"), "{late:?}");
    let traced = world.trips(&["trace", &saga]);
    assert!(traced.out.contains("answer by ann: no") && traced.out.contains("ApprovePlan ✗"), "{traced:?}");
    world.stop();
}

#[test]
fn a_trip_is_cancelled_before_its_request_comes() {
    let world = World::start();
    let saga = SagaId::of_request("trip", "late").to_string();
    let cancelled = world.trips(&["cancel", "--request", "late", "--saga", "trip", "--wait", "--json"]).json();
    assert_eq!(
        (&cancelled[0]["sagaId"], &cancelled[0]["outcome"]),
        (&json!(saga), &json!("withdrawn")),
        "{cancelled:?}"
    );
    assert_eq!(publish(&world.url, &[request("dan")], &["--id", "late"]), [saga.as_str()]);
    assert_eq!(world.watch(1), [(saga.clone(), "compensated".to_owned())].into());
    let told = world.trips(&["cancel", &saga]);
    assert!(told.code == Some(0) && told.out.contains(", so nothing was asked"), "{told:?}");
    world.stop();
}

#[tokio::test]
async fn what_cannot_be_read_is_parked_and_every_queue_is_counted() {
    let world = World::start();
    let of_topic = publish(&world.url, &["{".to_owned()], &[]);
    assert_eq!(world.watch(1), [(of_topic[0].clone(), "rejected".to_owned())].into(), "nothing checked it before");
    let (aws, settings) = (Aws::at(&world.url).await.unwrap(), Settings::read(&Environment::default()).unwrap());
    Sagas::new(&aws, &settings).send("trips", "{").await.unwrap();
    let parked = wait_for("the dead letter", || world.trips(&["parked", "list", "--json"]).json().into_iter().next());
    assert_eq!(
        (&parked["queue"], &parked["reason"], &parked["count"]),
        (&json!("trips"), &json!("unreadable"), &json!(1))
    );
    let queues = world.trips(&["queues", "--json"]).json();
    let names: Vec<_> = queues.iter().map(|queue| queue["queue"].as_str().unwrap()).collect();
    for name in ["trips", "trips-answers", "hotels", "flights", "cars", "notifier", "success", "failure"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let dead: u64 = queues.iter().filter_map(|queue| queue["deadLetters"].as_u64()).sum();
    assert_eq!(dead, 1, "{queues:?}");

    let discarded = world.trips(&["parked", "discard", "--queue", "trips", "--why", "no request", "--json"]).json();
    assert_eq!((&discarded[0]["done"], &discarded[0]["left"]), (&json!(1), &json!(0)), "{discarded:?}");
    let log = world.trips(&["audit", "ensemble-trips-dlq", "--json"]).json();
    assert!(log.len() == 2 && log.iter().all(|entry| entry["action"] == "discard"), "{log:?}");
    let none = world.trips(&["parked", "list"]);
    assert!(none.code == Some(0) && none.out.starts_with("No message waits that matches"), "{none:?}");
    world.stop();
}
