//! Events of one plain fare, for tests.
//!
//! # Panics
//!
//! A customer that is no [`Identifier`] panics: fixtures are for tests only.

use contracts::outcome::Effect;
use contracts::{
    Charge, Currency, Failure, Fare, Identifier, Money, Path, Standing, StepName, booking, fulfillment, payment,
};
use jiff::Timestamp;

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
    Charge { charge_token: "tok_1".to_owned(), charge_id: "ch_1".to_owned() }
}

/// A path of steps that all took effect, up to one that did or did not.
#[must_use]
pub fn path(steps: &[(StepName, bool)]) -> Path {
    steps.iter().fold(Path::default(), |path, (step, ok)| path.and(*step, *ok, NOW))
}

/// The fare is registered.
#[must_use]
pub fn fare_registered(customer: &str) -> booking::FareRegistered {
    booking::FareRegistered { fare: fare(customer), path: path(&[(StepName::RegisterFare, true)]) }
}

/// It is charged.
#[must_use]
pub fn payment_captured(customer: &str) -> payment::PaymentCaptured {
    payment::PaymentCaptured { fare: fare(customer), charge: charge(), path: paid() }
}

/// It is not charged.
#[must_use]
pub fn payment_declined(customer: &str) -> payment::PaymentDeclined {
    payment::PaymentDeclined {
        fare: fare(customer),
        charge_token: None,
        error: Failure::new("PaymentAuthException", StepName::ChargeFare, "Forced auth transaction failure"),
        standing: Vec::new(),
        path: path(&[(StepName::RegisterFare, true), (StepName::ChargeFare, false)]),
    }
}

/// It is credited.
#[must_use]
pub fn account_credited(customer: &str) -> fulfillment::AccountCredited {
    let path = paid().and(StepName::CreditCustomerAccount, true, NOW);
    fulfillment::AccountCredited { fare: fare(customer), charge: charge(), path }
}

/// It is not credited.
#[must_use]
pub fn account_credit_refused(customer: &str) -> fulfillment::AccountCreditRefused {
    fulfillment::AccountCreditRefused {
        fare: fare(customer),
        charge: charge(),
        error: credit_failure(),
        standing: Vec::new(),
        path: paid().and(StepName::CreditCustomerAccount, false, NOW),
    }
}

/// The charge was given back.
#[must_use]
pub fn payment_refunded(customer: &str) -> payment::PaymentRefunded {
    let fulfillment::AccountCreditRefused { fare, charge, error, standing, path } = account_credit_refused(customer);
    let path = path.and(StepName::RefundFare, true, NOW);
    payment::PaymentRefunded { fare, charge, refund_id: "re_1".to_owned(), error, standing, path }
}

/// The charge stands.
#[must_use]
pub fn payment_refund_failed(customer: &str) -> payment::PaymentRefundFailed {
    let fulfillment::AccountCreditRefused { fare, charge, error, path, .. } = account_credit_refused(customer);
    let also = Failure::new("RefundException", StepName::RefundFare, "Forced refund transaction failure");
    payment::PaymentRefundFailed {
        fare,
        charge,
        error: error.and(also),
        standing: vec![Standing { effect: Effect::Capture, id: "ch_1".to_owned(), amount: amount() }],
        path: path.and(StepName::RefundFare, false, NOW),
    }
}

fn paid() -> Path {
    path(&[(StepName::RegisterFare, true), (StepName::ChargeFare, true)])
}

fn credit_failure() -> Failure {
    let message = "Forced account credit transaction failure";
    Failure::new("AccountCreditException", StepName::CreditCustomerAccount, message)
}
