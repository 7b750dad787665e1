//! The rejection of a request: what its sender is told, with as much of the request as could be read.
//!
//! **Invariant:** it fits into an event, whatever the request breaks.

use contracts::{Event, Failure, Path, Purchase, SagaKind, StepName, booking};

/// The name of the error of a request that breaks a rule.
const INVALID: &str = "InvalidRequest";

/// How much is told of the rules that a request breaks, in bytes: 99 lines can break a few each.
const RULES_BYTES_MAX: usize = Failure::MESSAGE_MAX_BYTES - AND_MORE_BYTES;

/// Room for how many rules are not told, in bytes.
const AND_MORE_BYTES: usize = 64;

/// The failure of a request that breaks these rules.
pub(super) fn failure(step: StepName, broken: &[String]) -> Failure {
    let mut message = String::new();
    for (told, rule) in broken.iter().enumerate() {
        if told > 0 {
            message.push_str("; ");
        }
        if told > 0 && message.len() + rule.len() > RULES_BYTES_MAX {
            message.push_str(&format!("and {} more", broken.len() - told));
            break;
        }
        message.push_str(rule);
    }
    Failure::new(INVALID, step, message)
}

/// The rejection of a request of which nothing could be read.
pub(super) fn of_nothing(kind: SagaKind, broken: &[String]) -> Event {
    match kind {
        SagaKind::Fare => Event::FareRejected(booking::FareRejected {
            customer_id: None,
            fare_id: None,
            fare_amount: None,
            amount: None,
            error: failure(StepName::RegisterFare, broken),
            path: Path::default(),
        }),
        SagaKind::Order => Event::OrderRejected(booking::OrderRejected {
            customer_id: None,
            order_id: None,
            amount: None,
            error: failure(StepName::ProcessOrder, broken),
            path: Path::default(),
        }),
    }
}

/// The rejection of a request of which everything could be read.
pub(crate) fn of_purchase(purchase: &Purchase, rule: &str) -> Event {
    let broken = [rule.to_owned()];
    match purchase {
        Purchase::Fare(fare) => Event::FareRejected(booking::FareRejected {
            customer_id: Some(fare.customer_id.clone()),
            fare_id: Some(fare.fare_id.clone()),
            fare_amount: Some(fare.fare_amount.clone()),
            amount: Some(fare.amount),
            error: failure(StepName::RegisterFare, &broken),
            path: Path::default(),
        }),
        Purchase::Order(order) => Event::OrderRejected(booking::OrderRejected {
            customer_id: Some(order.customer_id.clone()),
            order_id: Some(order.order_id.clone()),
            amount: Some(order.amount),
            error: failure(StepName::ProcessOrder, &broken),
            path: Path::default(),
        }),
    }
}

/// The path of a rejection, with the step at which it was rejected.
pub(crate) fn path_of(rejected: &mut Event) -> Option<(&mut Path, StepName)> {
    if let Event::FareRejected(fare) = rejected {
        Some((&mut fare.path, StepName::RegisterFare))
    } else if let Event::OrderRejected(order) = rejected {
        Some((&mut order.path, StepName::ProcessOrder))
    } else {
        None
    }
}
