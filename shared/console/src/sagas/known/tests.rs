//! A saga as the services of fares and orders have it.

use contracts::{Event, Purchase};
use saga::step::Progress;
use saga::{Record, Stored};
use serde::Serialize;
use serde_json::Value;

use super::*;

/// The saga of these tests.
pub(crate) fn saga() -> SagaId {
    SagaId::of_request("test", "r")
}

/// The command of the choreography of these tests.
pub(crate) fn console() -> Console<Event> {
    Console::new("ensemble", choreography::map(), |_, _, _| Ok(Vec::new()))
}

/// A moment.
pub(crate) fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// An item with a state and what it announced: event, cause, second.
pub(crate) fn kept<S: Serialize>(state: &S, said: &[(Event, &str, i64)], updated_at: i64) -> Kept {
    let envelope = |(event, cause, at): &(Event, &str, i64)| {
        Envelope::new(event.clone(), saga(), cause, None, second(*at)).to_json()
    };
    let record = Record { stored: Stored::of(state), announced: said.iter().map(envelope).collect() };
    Kept { record, version: 1, updated_at: second(updated_at), stuck: None }
}

/// What a service that is a list of steps has on record of one step.
pub(crate) fn part(
    purchase: impl Into<Purchase>,
    step: wire::StepType,
    progress: &Progress<Value>,
) -> step::State<Purchase> {
    let part = serde_json::json!({ "steps": { step.as_str(): progress } });
    let mut part: Part<Value> = serde_json::from_value(part).unwrap();
    let steps = std::mem::take(&mut part.steps);
    step::State::Known(Part { steps, unwinding: part.unwinding, ..Part::new(purchase.into()) })
}

/// A saga of which the services have these.
pub(crate) fn known(kept: [Option<Kept>; 3]) -> Known<Event> {
    Records::of(&console()).unwrap().known(saga(), kept.into())
}

#[test]
fn what_a_newer_build_wrote_is_shown_by_its_name() {
    let stored = Stored { state: "Teleported".to_owned(), facts: r#"{"to":"Mars"}"#.to_owned() };
    let record = Record { stored, announced: vec!["{}".to_owned()] };
    let known = known([Some(Kept { record, version: 3, updated_at: second(1), stuck: None }), None, None]);
    assert!(known.owned().is_none() && known.kind().is_none());
    let [(service, Some(row)), ..] = known.rows()[..] else { panic!("no row") };
    assert_eq!((service, row.name, row.version, row.said.len()), ("booking", "Teleported", 3, 0));
}
