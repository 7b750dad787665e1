//! What a saga waits for, and who owes it: the events on record that whoever hears them has not answered.
//!
//! **Invariant:** who hears what, and answers with what, is read from the map; it is written down nowhere else.

use map::Map;
use saga::Awaited;
use saga::owner::State;
use saga::step::Progress;
use serde_json::{Value, json};
use wire::declared::ANSWER_GIVEN;
use wire::{Envelope, EventType, SagaKind, Vocabulary};

use super::known::{Known, Row};

/// An answer that has not come yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    /// Who owes what.
    pub(super) awaited: Awaited,
    /// What it is at, where it has begun.
    pub(super) doing: Option<String>,
}

impl Owed {
    /// The same for programs.
    pub(super) fn as_json(&self) -> Value {
        let Awaited { service, to, events } = &self.awaited;
        json!({ "service": service, "events": events, "to": to, "doing": self.doing })
    }
}

impl std::fmt::Display for Owed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.awaited.fmt(f)?;
        self.doing.as_ref().map_or(Ok(()), |doing| write!(f, "; it is {doing}"))
    }
}

/// What a saga waits for; nothing if it has ended.
pub(super) fn front<V: Vocabulary>(map: &Map, known: &Known<V>) -> Vec<Owed> {
    let Some(kind) = known.kind() else { return Vec::new() };
    match known.owned() {
        Some(
            State::Withdrawn { .. } | State::Rejected | State::Completed(_) | State::Cancelled(_) | State::Resolved(_),
        ) => Vec::new(),
        // What came meanwhile would have ended it.
        Some(State::NeedsAttention { awaits, .. }) => {
            awaits.iter().map(|awaited| Owed { awaited: awaited.clone(), doing: None }).collect()
        }
        Some(State::Unseen | State::Registered(_) | State::Unwinding { .. } | State::Undoing { .. }) | None => {
            known.rows().into_iter().filter_map(|(service, row)| owed_by(map, known, kind, service, row)).collect()
        }
    }
}

/// What one service owes: its answer to the latest event that it hears and has not answered.
fn owed_by<V: Vocabulary>(
    map: &Map,
    known: &Known<V>,
    kind: SagaKind,
    service: &str,
    row: Option<Row<'_, V>>,
) -> Option<Owed> {
    if let Some(owed) = answer_owed(known, service) {
        return Some(owed);
    }
    let doing = intent(known, service);
    let answers = |event| map.owed(event, kind).find(|(who, _)| *who == service).map(|(_, answers)| answers);
    let owed = |event: EventType| {
        let mut answers = answers(event)?;
        // What it undoes already, it will not say that it has done.
        answers.retain(|answer| !doing.as_ref().is_some_and(|doing| doing.undoes) || !map.leads_on(*answer));
        let awaited = Awaited { service: service.to_owned(), ..Awaited::of(&answers, event) };
        Some(Owed { awaited, doing: doing.as_ref().map(|doing| doing.what.clone()) })
    };
    let heard = known.said().filter(|envelope| doing.is_some() || !row.is_some_and(|row| has_answered(row, envelope)));
    let heard = heard.filter(|envelope| answers(envelope.event.event_type()).is_some());
    match heard.max_by_key(|envelope| envelope.time) {
        Some(envelope) => owed(envelope.event.event_type()),
        // What it is at began with the request.
        None => doing
            .as_ref()
            .and_then(|_| owed(map.requests.iter().copied().find(|request| request.kind() == Some(kind))?)),
    }
}

/// The answer of a person, where a step of this service waits for that alone.
fn answer_owed<V: Vocabulary>(known: &Known<V>, service: &str) -> Option<Owed> {
    let part = known.part(service)?;
    let step = part.waiting()?;
    let to = part.waits.get(step)?.heard.as_ref()?.event_type::<V>()?;
    Some(Owed { awaited: Awaited::of(&[ANSWER_GIVEN], to), doing: Some(format!("{} waiting", step.as_str())) })
}

/// Whether a service has answered an event: by what it announced, or by what it wrote after it.
fn has_answered<V>(row: Row<'_, V>, event: &Envelope<V>) -> bool {
    let id = event.id.to_string();
    row.updated_at >= event.time || row.said.iter().any(|answer| answer.causation == id)
}

/// What a service has begun and not ended.
#[derive(Clone, Debug)]
struct Intent {
    what: String,
    /// Whether it undoes something.
    undoes: bool,
}

fn intent<V: Vocabulary>(known: &Known<V>, service: &str) -> Option<Intent> {
    if service == known.owner.name {
        let is_undoing = matches!(known.owned(), Some(State::Undoing { .. }));
        return is_undoing.then(|| Intent { what: "setting the status".to_owned(), undoes: true });
    }
    let (step, progress) = known.part(service)?.current().filter(|(_, progress)| progress.is_under_way())?;
    let what = format!("{} {}", progress.word(), step.as_str());
    Some(Intent { what, undoes: matches!(progress, Progress::Undoing { .. }) })
}

#[cfg(test)]
mod tests {
    use contracts::{Event, Purchase, events, steps};
    use saga::owner::Case;
    use saga::step::Ended;

    use super::*;
    use crate::sagas::known::tests::{kept, known, part, saga, second};

    fn case(purchase: impl Into<Purchase>) -> Case<Purchase> {
        let (subject, deadline) = (purchase.into(), fixtures::deadline());
        Case {
            subject,
            status: None,
            deadline,
            round: 0,
            told: 0,
            actions: saga::owner::Actions::default(),
            attempts: Vec::new(),
        }
    }

    fn registered() -> Event {
        Event::FareRegistered(fixtures::fare_registered("3"))
    }

    fn told(known: &Known<Event>) -> Vec<String> {
        front(&choreography::map(), known).iter().map(Owed::to_string).collect()
    }

    #[test]
    fn the_event_that_nobody_has_answered_names_who_owes_the_answer() {
        let booked = || kept(&State::<Event>::Registered(case(fixtures::fare("3"))), &[(registered(), "r", 1)], 1);
        let payment_owes = "payment owes PaymentCaptured or PaymentDeclined in answer to FareRegistered";
        assert_eq!(told(&known([Some(booked()), None, None])), [payment_owes]);

        // Payment's clock is behind, but what it says was caused by what it heard.
        let cause = events::FARE_REGISTERED.id_in(saga(), 0).to_string();
        let captured = Event::PaymentCaptured(fixtures::payment_captured("3"));
        let paid = part(fixtures::fare("3"), steps::CHARGE_FARE, &Progress::Done(Value::Null));
        let paid = kept(&paid, &[(captured, &cause, 0)], 0);
        let fulfillment_owes = "fulfillment owes AccountCredited or AccountCreditRefused in answer to PaymentCaptured";
        assert_eq!(told(&known([Some(booked()), Some(paid.clone()), None])), [fulfillment_owes]);

        let completed = kept(&State::<Event>::Completed(case(fixtures::fare("3"))), &[], 9);
        assert_eq!(told(&known([Some(completed), Some(paid), None])), Vec::<String>::new());
    }

    #[test]
    fn a_record_that_is_older_than_the_event_does_not_answer_it_and_one_that_is_newer_does() {
        let unwinding = State::<Event>::Unwinding {
            case: case(fixtures::fare("3")),
            error: fixtures::account_credit_refused("3").error,
            path: wire::Path::default(),
            until: second(9),
            refused: true,
        };
        let of_fulfillment = |at| {
            let ended = Progress::Ended(Ended::refused(second(at), None));
            let state = part(fixtures::fare("3"), steps::CREDIT_CUSTOMER_ACCOUNT, &ended);
            let refused = Event::AccountCreditRefused(fixtures::account_credit_refused("3"));
            kept(&state, &[(refused, "x", at)], at)
        };
        let paid = part(fixtures::fare("3"), steps::CHARGE_FARE, &Progress::Done(Value::Null));
        let paid = kept(&paid, &[], 5);
        let of_payment = |at| known([Some(kept(&unwinding, &[], 8)), Some(paid.clone()), Some(of_fulfillment(at))]);
        let owes =
            "payment owes PaymentRefunded or PaymentRefundFailed or PaymentDeclined in answer to AccountCreditRefused";
        assert_eq!(told(&of_payment(6)), [owes]);
        assert_eq!(told(&of_payment(4)), Vec::<String>::new());
    }

    #[test]
    fn what_was_begun_and_not_ended_is_owed_with_what_it_is_at() {
        let booked = kept(&State::<Event>::Registered(case(fixtures::fare("3"))), &[(registered(), "r", 1)], 1);
        let charging = part(fixtures::fare("3"), steps::CHARGE_FARE, &Progress::Doing { since: second(2) });
        let charging = kept(&charging, &[], 2);
        let owes =
            "payment owes PaymentCaptured or PaymentDeclined in answer to FareRegistered; it is doing ChargeFare";
        assert_eq!(told(&known([Some(booked), Some(charging), None])), [owes]);

        let failed = serde_json::json!({
            "order": fixtures::order("11"), "chargeToken": null, "chargeId": null, "refundId": null,
            "error": { "name": "ErrProcessOrder", "step": "ProcessOrder", "message": "" }, "standing": [], "path": [],
        });
        let failed = serde_json::from_value(failed).unwrap();
        let undoing = kept(&State::<Event>::Undoing { case: case(fixtures::order("11")), failed }, &[], 1);
        let [owed] = told(&known([Some(undoing), None, None])).try_into().unwrap();
        assert!(owed.starts_with("booking owes "), "{owed}");
        assert!(owed.ends_with(" in answer to OrderRequested; it is setting the status"), "{owed}");
        assert!(!owed.contains("OrderCreated") && owed.contains("OrderNeedsAttention"), "{owed}");
    }

    #[test]
    fn a_saga_that_nobody_knows_waits_for_nothing() {
        assert_eq!(told(&known([None, None, None])), Vec::<String>::new());
    }
}
