//! What crosses a process boundary is frozen here, byte for byte.
//!
//! A snapshot that differs is a change of the wire format: additive fields are fine, all else needs a new schema
//! version. `INSTA_UPDATE=always cargo test -p contracts` accepts what is meant.

use contracts::booking::{Completed, Failed, Paid, Rejected};
use contracts::fare::RejectedFare;
use contracts::fulfillment::Refused;
use contracts::order::RejectedOrder;
use contracts::{
    Action, ActionKind, Envelope, Event, EventType, Events, Failure, Outcome, Path, Purchase, Reason, SagaId, events,
    kinds, steps,
};
use fixtures::{self, NOW};
use serde_json::Value;
use wire::compact::{Rest, compact, expand};

fn failed(standing: bool) -> Failed {
    let refund = fixtures::payment_refund_failed("3_fail_credit_fail_refund");
    let refunded = fixtures::payment_refunded("3_fail_credit");
    let (error, journey) = if standing { (refund.error, refund.journey) } else { (refunded.error, refunded.journey) };
    Failed {
        subject: fixtures::fare("3_fail_credit").into(),
        details: Paid {
            charge_token: fixtures::charge().charge_token,
            charge_id: Some(fixtures::charge().charge_id),
            refund_id: (!standing).then_some(refunded.refund_id),
        },
        error,
        standing: if standing { refund.standing } else { Vec::new() },
        earlier: 0,
        resolution: None,
        path: journey.path.and(steps::SET_FARE_STATUS_FAILED, true, NOW),
    }
}

/// An order's saga that a person closed after it had needed attention.
fn resolved() -> Failed {
    let action = |what, reason: &str| Action {
        what,
        by: "ada".into(),
        reason: reason.into(),
        at: NOW,
        request: Some("request-2".to_owned()),
    };
    let refunded = fixtures::order_refunded("33");
    Failed {
        subject: refunded.purchase,
        details: Paid { charge_token: None, refund_id: Some(refunded.refund_id), ..failed(false).details },
        standing: fixtures::payment_refund_failed("3").standing,
        earlier: 1,
        resolution: Some(action(ActionKind::Resolve, "released by hand")),
        path: refunded.journey.path.and(steps::UPDATE_ORDER_STATUS, true, NOW),
        ..failed(false)
    }
}

fn completed(purchase: Purchase) -> Completed {
    if purchase.kind() == kinds::FARE {
        let path = fixtures::account_credited("3").journey.path.and(steps::SET_FARE_STATUS_COMPLETED, true, NOW);
        return Completed { purchase, charge: fixtures::charge(), earlier: 0, path };
    }
    let path = fixtures::inventory_reserved("4").journey.path;
    Completed { purchase, charge: fixtures::debit(), earlier: 0, path }
}

/// One event of each type; none for a request, whose forms booking's tests hold.
fn sample(event_type: EventType) -> Option<Event> {
    let samples = [
        Event::FareRegistered(fixtures::fare_registered("3")),
        Event::OrderCreated(fixtures::order_created("4")),
        Event::UnwindingStarted(fixtures::unwinding_started(fixtures::fare("3").into(), 1)),
        Event::PaymentCaptured(fixtures::payment_captured("3")),
        Event::PaymentDeclined(fixtures::payment_declined("3_fail_auth")),
        Event::AccountCredited(fixtures::account_credited("3")),
        Event::AccountCreditRefused(fixtures::account_credit_refused("3_fail_credit")),
        Event::InventoryReserved(fixtures::inventory_reserved("4")),
        Event::InventoryRefused(Refused { charge: None, ..fixtures::inventory_refused("3") }),
        Event::PaymentRefunded(fixtures::payment_refunded("3_fail_credit")),
        Event::PaymentRefundFailed(fixtures::payment_refund_failed("3_fail_credit_fail_refund")),
        Event::FareCompleted(completed(fixtures::fare("3").into())),
        Event::FareCancelled(failed(false)),
        Event::FareNeedsAttention(failed(true)),
        Event::FareRejected(Rejected {
            subject: RejectedFare { fare_id: Some(fixtures::fare("3").fare_id), ..RejectedFare::default() },
            amount: None,
            error: Failure::new("InvalidRequest", steps::REGISTER_FARE, "customerId: is missing"),
            path: Path::default().and(steps::REGISTER_FARE, false, NOW),
        }),
        Event::OrderCompleted(completed(fixtures::order("4").into())),
        Event::OrderCancelled(Failed {
            subject: fixtures::order("3").into(),
            details: Paid { charge_token: None, ..failed(false).details },
            ..failed(false)
        }),
        Event::OrderNeedsAttention(resolved()),
        Event::OrderRejected(Rejected {
            subject: RejectedOrder::default(),
            amount: None,
            error: Failure::new("InvalidRequest", steps::PROCESS_ORDER, "items: is missing"),
            path: Path::default().and(steps::PROCESS_ORDER, false, NOW),
        }),
    ];
    samples.into_iter().find(|event| event.event_type() == event_type)
}

fn envelope(event: Event) -> Envelope {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    Envelope::new(event, SagaId::of_request("fare", "request-1"), "request-1", Some(trace), NOW)
}

#[test]
fn every_event_keeps_its_wire_format_and_is_read_back_as_it_was() {
    for event_type in Event::LEXICON.events {
        let Some(event) = sample(*event_type) else {
            assert!(event_type.is_request(), "there is no sample of {event_type}");
            continue;
        };
        assert_eq!(event.event_type(), *event_type);
        let envelope = envelope(event);
        let json = envelope.to_json();
        assert_eq!(Envelope::read(&json).as_ref(), Ok(&envelope), "{}", event_type.name());
        let pretty: Box<serde_json::value::RawValue> = serde_json::from_str(&json).unwrap();
        insta::assert_snapshot!(event_type.as_str(), pretty.get());
    }
}

/// The layout of envelopes is the one that `compact` knows: otherwise items hold them in full, and writes cost twice.
#[test]
fn every_envelope_has_a_compact_form_and_comes_back_byte_for_byte() {
    for event in Event::LEXICON.events.iter().filter_map(|event_type| sample(*event_type)) {
        let envelope = envelope(event);
        let (whole, time) = (envelope.to_json(), envelope.time.to_string());
        let data: Value = serde_json::from_str::<Value>(&whole).unwrap()["data"].take();
        let facts = serde_json::json!({ "order": data["order"], "fare": data["fare"] }).to_string();
        let rest = Rest { saga: envelope.saga, time: &time, facts: &facts };
        let short = compact(&whole, &rest);
        assert!(short.starts_with(r#"{"type":"#) && !short.contains("specversion"), "{short}");
        assert_eq!(expand(&short, &rest), whole);
    }
}

/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes>
#[test]
fn every_envelope_is_a_cloud_event() {
    for event in Event::LEXICON.events.iter().filter_map(|event_type| sample(*event_type)) {
        let written: Value = serde_json::from_str(&envelope(event).to_json()).unwrap();
        for attribute in ["id", "source", "type"] {
            assert!(!written[attribute].as_str().unwrap().is_empty(), "{attribute}");
        }
        assert_eq!(written["specversion"], "1.0");
        for name in written.as_object().unwrap().keys() {
            let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            assert!(name.bytes().all(lower) && name.len() <= 20, "{name}");
        }
    }
}

#[test]
fn a_sealed_card_goes_beside_the_event_and_changes_no_other_byte() {
    let envelope = envelope(sample(events::FARE_REGISTERED).unwrap());
    let stored = envelope.to_json();
    let sent = contracts::envelope::with_beside(&stored, "sealedcard", "v1.a.b");
    assert_eq!(sent.replace(",\"sealedcard\":\"v1.a.b\"", ""), stored);
    let read = Envelope::read(&sent).unwrap();
    assert_eq!(read.beside.as_deref(), Some("v1.a.b"));
    assert_eq!(read.event, envelope.event);
}

#[test]
fn what_cannot_be_read_names_the_attribute_and_the_rule_and_no_value() {
    let good = envelope(sample(events::PAYMENT_CAPTURED).unwrap()).to_json();
    let order = envelope(sample(events::ORDER_CREATED).unwrap()).to_json();
    let without = |name: &str| {
        let mut value: Value = serde_json::from_str(&good).unwrap();
        value.as_object_mut().unwrap().remove(name);
        value.to_string()
    };
    let cases = [
        (without("id"), Reason::Unreadable, "id: is missing"),
        (without("correlationid"), Reason::Unreadable, "correlationid: is missing"),
        (without("causationid"), Reason::Unreadable, "causationid: is missing"),
        (without("traceparent"), Reason::Unreadable, "traceparent: is missing"),
        (without("time"), Reason::Unreadable, "time: is missing"),
        (without("data"), Reason::Unreadable, "data: is missing"),
        (without("specversion"), Reason::Unreadable, "specversion: is missing"),
        (good.replace("\"1.0\"", "\"1.1\""), Reason::Unreadable, "specversion: must be 1.0"),
        (good.replace("payment_captured", "payment_taken"), Reason::UnknownType, "type: is not in the vocabulary"),
        (good.replace("\"schemaversion\":1", "\"schemaversion\":2"), Reason::UnknownVersion, "schemaversion:"),
        (
            good.replace("\"fareId\"", "\"fare\""),
            Reason::Unreadable,
            "data: is not that of payment_captured: missing field `fareId`",
        ),
        (
            good.replace("\"minor\":2000", "\"minor\":\"2424\""),
            Reason::Unreadable,
            "data: is not that of payment_captured: a value breaks",
        ),
        (
            good.replacen("\"id\"", "\"id\":\"2424\",\"id\"", 1),
            Reason::Unreadable,
            "body: is no CloudEvent: duplicate field `id`",
        ),
        (
            good.replace("\"fare\":{", &format!("\"x\":\"{}\",\"fare\":{{", "x".repeat(70_000))),
            Reason::TooLarge,
            "body: must be at most",
        ),
        (
            order.replace("order_created", "fare_registered"),
            Reason::Unreadable,
            "data: fare_registered must hold a field `fare`",
        ),
        (good.replacen('{', "{\"redacted\":true,", 1), Reason::Redacted, "body: something was removed"),
        ("2424 2424".to_owned(), Reason::Unreadable, "body: is no CloudEvent: "),
        ("[".repeat(60_000), Reason::Unreadable, "body: is no CloudEvent: "),
    ];
    for (body, reason, detail) in cases {
        let poison = Envelope::read(&body).unwrap_err();
        assert_eq!(poison.reason, reason, "{poison}");
        assert!(poison.detail.starts_with(detail), "{poison} does not say {detail}");
        assert!(!poison.detail.contains("2424"), "{poison}");
    }
    let tolerant = good.replacen('{', "{\"newattribute\":1,", 1).replace("\"fare\":{", "\"newField\":[],\"fare\":{");
    assert!(Envelope::read(&tolerant).is_ok(), "what a later build adds is passed over");
}

#[test]
fn every_kind_of_saga_has_one_event_for_each_outcome() {
    for kind in Event::LEXICON.kinds.iter().copied() {
        for outcome in [Outcome::Completed, Outcome::Compensated, Outcome::Rejected, Outcome::NeedsAttention] {
            let telling = Event::LEXICON
                .events
                .iter()
                .filter(|event| event.kind() == Some(kind) && event.outcome() == Some(outcome));
            assert_eq!(telling.count(), 1, "{kind} {outcome:?}");
            let told = Event::LEXICON.telling(kind, outcome).and_then(sample);
            assert_eq!(told.map(|event| event.event_type().outcome()), Some(Some(outcome)));
        }
    }
    let failed = failed(true);
    for outcome in [Outcome::Compensated, Outcome::NeedsAttention] {
        let told = Event::LEXICON.telling(kinds::FARE, outcome).and_then(|told| Event::new(told, &failed));
        assert!(told.is_some(), "{outcome:?} is told by what booking knows of a saga that failed");
    }
    assert!(Event::new(events::FARE_COMPLETED, &failed).is_none(), "other data make no such event");
}
