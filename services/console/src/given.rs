//! What fares and orders give to the operator's command of the library.

use console::Console;
use contracts::{Event, Identifier, Notification, Purchase, kinds};
use runtime::{ConfigError, Environment, Service, Settings};
use serde_json::{Map, Value, json};

/// The operator's command of fares and orders, without what is added to it here.
#[must_use]
pub fn console() -> Console<Event> {
    Console::new("ensemble", choreography::map(), services)
        .logs(switches::CRATES)
        .forms(booking::FORMS)
        .removed("card data")
        .notification_title(customer)
        .subject_title(purchase)
        .subject_fields(fields)
}

/// The services of these names: each needs settings of its own.
fn services(names: &[&str], _settings: &Settings, environment: &Environment) -> Result<Vec<Service>, ConfigError> {
    let service = |name: &&str| match *name {
        "booking" => Some(booking::service(environment)),
        "payment" => Some(payment::service(environment)),
        "fulfillment" => Some(fulfillment::service(environment)),
        "notifier" => Some(notifier::service(environment)),
        _ => None,
    };
    names.iter().filter_map(service).collect()
}

/// Whom a notification is about: `customer 3`, `customer 8d04ea6f order 40063fe3`.
fn customer(notification: &Notification) -> String {
    let subject = &notification.about.subject;
    let named = |id: Option<&Identifier>| id.map_or("unknown".to_owned(), ToString::to_string);
    let customer = format!("customer {}", named(subject.customer_id()));
    // A fare is known by its customer: all fares may have one id.
    if subject.kind() == kinds::FARE {
        return customer;
    }
    format!("{customer} {} {}", subject.kind(), named(subject.id()))
}

/// What is bought, by whom, and for how much.
fn purchase(purchase: &Purchase) -> String {
    let (kind, id, customer) = (purchase.kind(), purchase.id(), purchase.customer_id());
    format!("{kind} {id} of customer {customer}, {}", purchase.amount())
}

/// The same for a program.
fn fields(purchase: Option<&Purchase>) -> Map<String, Value> {
    let fields = [
        ("id", json!(purchase.map(Purchase::id))),
        ("customerId", json!(purchase.map(Purchase::customer_id))),
        ("amount", json!(purchase.map(Purchase::amount))),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use contracts::{SagaKind, Subject};

    use super::*;

    const FIRST: &str = "b79ab840-29ff-56b8-8acd-9d8c5cc40183";

    fn told(kind: &str, of_subject: &str) -> Notification {
        let notification = format!(
            r#"{{"id":"{FIRST}","saga":"{kind}","sagaId":"{FIRST}","outcome":"needs_attention",{of_subject},
            "amount":null,"chargeToken":null,"chargeId":null,"refundId":null,"error":null,
            "standing":[],"resolves":"{FIRST}","path":[],
            "resolution":{{"what":"resolve","by":"ann","reason":"paid back","at":"2026-11-21T22:00:00Z"}}}}"#
        );
        serde_json::from_str(&notification).unwrap()
    }

    #[test]
    fn an_order_is_named_and_what_a_notification_resolves_is_told() {
        let order = told("order", r#""order_id":"22","customer_id":"7""#);
        let drawn = anstream::adapter::strip_str(&console().drawn(&order, None)).to_string();
        let lines: Vec<_> = drawn.lines().collect();
        assert_eq!(lines[0], format!("customer 7 order 22  needs attention  saga {FIRST}"));
        assert_eq!(lines[1], "  NotifyFailure ✓");
        assert_eq!(lines[2], format!("  resolves notification {FIRST}"));
        assert_eq!(lines[3], "  ✓ closed by ann at 2026-11-21T22:00:00Z: paid back");
    }

    #[test]
    fn whoever_did_not_say_who_they_are_is_unknown() {
        let unknown = |kind: SagaKind| {
            let mut notification = told("order", r#""order_id":"22","customer_id":"7""#);
            notification.about.subject = Subject::unknown(kind);
            customer(&notification)
        };
        assert_eq!(unknown(kinds::ORDER), "customer unknown order unknown");
        assert_eq!(unknown(kinds::FARE), "customer unknown");
    }
}
