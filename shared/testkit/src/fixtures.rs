//! Events of one plain fare and of one plain order, for tests.
//!
//! # Panics
//!
//! A customer that is no [`Identifier`] panics: fixtures are for tests only.

use contracts::order::{Item, amount_of};
use contracts::outcome::Effect;
use contracts::{
    Charge, Currency, Failure, Fare, Identifier, Journey, Money, Order, Path, Purchase, Standing, StepName, booking,
    fulfillment, payment,
};
use jiff::{SignedDuration, Timestamp};

/// The time of all fixtures.
pub const NOW: Timestamp = Timestamp::constant(1_767_225_600, 123_000_000);

/// The fare `wr_563` over $20.00 of this customer.
///
/// # Panics
///
/// For a customer that is no [`Identifier`].
#[must_use]
pub fn fare(customer: &str) -> Fare {
    Fare {
        customer_id: Identifier::parse(customer).expect("fixtures name customers by identifiers"),
        fare_id: Identifier::parse("wr_563").expect("an identifier"),
        fare_amount: "$20.00".to_owned(),
        amount: amount(),
    }
}

/// $20.00.
#[must_use]
pub fn amount() -> Money {
    Money { minor: 2_000, currency: Currency::Usd }
}

/// A captured payment.
#[must_use]
pub fn charge() -> Charge {
    Charge { charge_token: Some("tok_1".to_owned()), charge_id: "ch_1".to_owned() }
}

/// A debited payment.
#[must_use]
pub fn debit() -> Charge {
    Charge { charge_token: None, charge_id: "ch_1".to_owned() }
}

/// The order of the workshop, under this id.
///
/// # Panics
///
/// For an id that is no [`Identifier`].
#[must_use]
pub fn order(order_id: &str) -> Order {
    let id = |text: &str| Identifier::parse(text).expect("fixtures use identifiers");
    let items = vec![Item {
        item_id: id("567"),
        qty: "1.0".parse().expect("a number"),
        description: "Cart item 1".into(),
        unit_price: "199.99".parse().expect("a number"),
    }];
    Order {
        order_id: id(order_id),
        order_date: "2018-10-19T10:50:16+08:00".to_owned(),
        customer_id: id("8d04ea6f-c6b2-4422-8550-839a16f01feb"),
        amount: amount_of(&items).expect("an amount"),
        items,
    }
}

/// A path of steps that all took effect, up to one that did or did not.
#[must_use]
pub fn path(steps: &[(StepName, bool)]) -> Path {
    steps.iter().fold(Path::default(), |path, (step, ok)| path.and(*step, *ok, NOW))
}

/// Until when the sagas of the fixtures may go on: a quarter of an hour.
#[must_use]
pub fn deadline() -> Timestamp {
    NOW + SignedDuration::from_secs(900)
}

fn journey(steps: &[(StepName, bool)]) -> Journey {
    Journey { deadline: deadline(), round: 0, path: path(steps) }
}

/// The fare is registered.
#[must_use]
pub fn fare_registered(customer: &str) -> booking::Registered {
    booking::Registered { purchase: fare(customer).into(), journey: journey(&[(StepName::RegisterFare, true)]) }
}

/// The order is created.
#[must_use]
pub fn order_created(order_id: &str) -> booking::Registered {
    booking::Registered { purchase: order(order_id).into(), journey: journey(&[(StepName::ProcessOrder, true)]) }
}

/// A cancelled saga is to be undone, in this round.
#[must_use]
pub fn unwinding_started(purchase: Purchase, round: u32) -> booking::UnwindingStarted {
    let error = Failure::new("SagaCancelled", StepName::CreditCustomerAccount, "cancelled by a client: why not");
    let journey = Journey { round, ..journey(&[(StepName::RegisterFare, true)]) };
    booking::UnwindingStarted { purchase, error, journey }
}

/// The fare is charged.
#[must_use]
pub fn payment_captured(customer: &str) -> payment::PaymentCaptured {
    payment::PaymentCaptured { purchase: fare(customer).into(), charge: charge(), journey: paid() }
}

/// The order is paid.
#[must_use]
pub fn order_captured(order_id: &str) -> payment::PaymentCaptured {
    payment::PaymentCaptured { purchase: order(order_id).into(), charge: debit(), journey: debited() }
}

/// It is not charged.
#[must_use]
pub fn payment_declined(customer: &str) -> payment::PaymentDeclined {
    payment::PaymentDeclined {
        purchase: fare(customer).into(),
        charge_token: None,
        charge_id: None,
        refund_id: None,
        error: Failure::new("PaymentAuthException", StepName::ChargeFare, "Forced auth transaction failure"),
        standing: Vec::new(),
        journey: journey(&[(StepName::RegisterFare, true), (StepName::ChargeFare, false)]),
    }
}

/// It is credited.
#[must_use]
pub fn account_credited(customer: &str) -> fulfillment::Fulfilled {
    let journey = paid().and(StepName::CreditCustomerAccount, true, NOW);
    fulfillment::Fulfilled { purchase: fare(customer).into(), charge: charge(), journey }
}

/// It is reserved.
#[must_use]
pub fn inventory_reserved(order_id: &str) -> fulfillment::Fulfilled {
    let journey = debited().and(StepName::ReserveInventory, true, NOW);
    fulfillment::Fulfilled { purchase: order(order_id).into(), charge: debit(), journey }
}

/// It is not credited.
#[must_use]
pub fn account_credit_refused(customer: &str) -> fulfillment::Refused {
    fulfillment::Refused {
        purchase: fare(customer).into(),
        charge: Some(charge()),
        error: credit_failure(),
        standing: Vec::new(),
        journey: paid().and(StepName::CreditCustomerAccount, false, NOW),
    }
}

/// It is not reserved.
#[must_use]
pub fn inventory_refused(order_id: &str) -> fulfillment::Refused {
    fulfillment::Refused {
        purchase: order(order_id).into(),
        charge: Some(debit()),
        error: Failure::new("ErrReserveInventory", StepName::ReserveInventory, "Forced reservation failure"),
        standing: Vec::new(),
        journey: debited().and(StepName::ReserveInventory, false, NOW).and(StepName::ReleaseInventory, true, NOW),
    }
}

/// The charge was given back.
#[must_use]
pub fn payment_refunded(customer: &str) -> payment::PaymentRefunded {
    let fulfillment::Refused { purchase, error, standing, journey, .. } = account_credit_refused(customer);
    let journey = journey.and(StepName::RefundFare, true, NOW);
    payment::PaymentRefunded { purchase, charge: charge(), refund_id: "re_1".to_owned(), error, standing, journey }
}

/// The debit was given back.
#[must_use]
pub fn order_refunded(order_id: &str) -> payment::PaymentRefunded {
    let fulfillment::Refused { purchase, error, standing, journey, .. } = inventory_refused(order_id);
    let journey = journey.and(StepName::ProcessRefund, true, NOW);
    payment::PaymentRefunded { purchase, charge: debit(), refund_id: "re_1".to_owned(), error, standing, journey }
}

/// The charge stands.
#[must_use]
pub fn payment_refund_failed(customer: &str) -> payment::PaymentRefundFailed {
    let fulfillment::Refused { purchase, error, journey, .. } = account_credit_refused(customer);
    let also = Failure::new("RefundException", StepName::RefundFare, "Forced refund transaction failure");
    payment::PaymentRefundFailed {
        purchase,
        charge: charge(),
        error: error.and(also),
        standing: vec![Standing { effect: Effect::Capture, id: "ch_1".to_owned(), amount: amount() }],
        journey: journey.and(StepName::RefundFare, false, NOW),
    }
}

fn paid() -> Journey {
    journey(&[(StepName::RegisterFare, true), (StepName::ChargeFare, true)])
}

fn debited() -> Journey {
    journey(&[(StepName::ProcessOrder, true), (StepName::ProcessPayment, true)])
}

fn credit_failure() -> Failure {
    let message = "Forced account credit transaction failure";
    Failure::new("AccountCreditException", StepName::CreditCustomerAccount, message)
}
