//! How a saga went and how it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Identifier, Money, SagaId};

/// A step that a path can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StepName {
    /// Booking registers the fare.
    RegisterFare,
    /// Payment authorises the card and captures the amount.
    ChargeFare,
    /// Fulfillment credits the customer's account.
    CreditCustomerAccount,
    /// Payment gives the charge back: undoes [`StepName::ChargeFare`].
    RefundFare,
    /// Booking marks the fare completed.
    SetFareStatusCompleted,
    /// Booking marks the fare failed: undoes [`StepName::RegisterFare`].
    SetFareStatusFailed,
}

impl StepName {
    /// The name, as it is written in a path.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RegisterFare => "RegisterFare",
            Self::ChargeFare => "ChargeFare",
            Self::CreditCustomerAccount => "CreditCustomerAccount",
            Self::RefundFare => "RefundFare",
            Self::SetFareStatusCompleted => "SetFareStatusCompleted",
            Self::SetFareStatusFailed => "SetFareStatusFailed",
        }
    }

    /// Whether the step undoes an earlier one.
    #[must_use]
    pub fn is_compensation(self) -> bool {
        match self {
            Self::RefundFare | Self::SetFareStatusFailed => true,
            Self::RegisterFare | Self::ChargeFare | Self::CreditCustomerAccount | Self::SetFareStatusCompleted => false,
        }
    }
}

/// One step of a path: what was tried, whether it took effect, and when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which step.
    pub step: StepName,
    /// Whether it did what it is for.
    pub ok: bool,
    /// When it ended.
    pub at: Timestamp,
}

/// The steps of a saga in the order in which they ended; it travels with the events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(Vec<Step>);

impl Path {
    /// This path and one more step.
    #[must_use]
    pub fn and(&self, step: StepName, ok: bool, at: Timestamp) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step { step, ok, at });
        Self(steps)
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

/// Why a saga failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The name of the error, such as `PaymentAuthException`.
    pub name: String,
    /// The step that failed.
    pub step: StepName,
    /// What happened, for a person to read.
    pub message: String,
    /// Why compensations failed too, if any did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Failure>,
}

impl Failure {
    /// A failure of one step.
    #[must_use]
    pub fn new(name: &str, step: StepName, message: impl Into<String>) -> Self {
        Self { name: name.to_owned(), step, message: message.into(), also: Vec::new() }
    }

    /// This failure, and the failure of a compensation that followed from it.
    #[must_use]
    pub fn and(&self, also: Failure) -> Self {
        let mut failure = self.clone();
        failure.also.push(also);
        failure
    }
}

/// Kinds of effects that can be left standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// A pre-authorisation that was not voided.
    Hold,
    /// A charge that was not refunded.
    Capture,
    /// A credit that was not reversed.
    Credit,
    /// A reservation that was not released.
    Reservation,
    /// The status of a fare that could not be set.
    Fare,
    /// The status of an order that could not be set.
    Order,
}

impl Effect {
    /// The wire name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Capture => "capture",
            Self::Credit => "credit",
            Self::Reservation => "reservation",
            Self::Fare => "fare",
            Self::Order => "order",
        }
    }
}

/// An effect that a failed saga could not undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What kind of effect.
    pub effect: Effect,
    /// Its id, where it lives.
    pub id: String,
    /// The amount that is in it.
    pub amount: Money,
}

/// How a saga ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step took effect.
    Completed,
    /// A step failed, and all that had taken effect is undone.
    Compensated,
    /// The request broke a rule; nothing was begun.
    Rejected,
    /// A step failed, and some effect still stands.
    NeedsAttention,
}

impl Outcome {
    /// The wire name: of the notification's field and of its message attribute.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Compensated => "compensated",
            Self::Rejected => "rejected",
            Self::NeedsAttention => "needs_attention",
        }
    }

    /// The `IsSuccessful` attribute, which routes a notification to the success or the failure queue.
    #[must_use]
    pub fn is_successful(self) -> bool {
        self == Self::Completed
    }
}

/// What a client finds in the success or the failure queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Identifies the notification; duplicates have the same, and the same bytes.
    pub id: Uuid,
    /// The kind of saga: `fare`.
    pub saga: String,
    /// The saga.
    pub saga_id: SagaId,
    /// How it ended.
    pub outcome: Outcome,
    /// The customer; absent only where a rejected request did not say.
    pub customer_id: Option<Identifier>,
    /// The fare; absent only where a rejected request did not say.
    pub fare_id: Option<Identifier>,
    /// The amount as the client wrote it.
    pub fare_amount: Option<String>,
    /// The amount.
    pub amount: Option<Money>,
    /// The pre-authorisation, if there was one.
    pub charge_token: Option<String>,
    /// The capture, if there was one.
    pub charge_id: Option<String>,
    /// The refund, if there was one.
    pub refund_id: Option<String>,
    /// Why the saga failed; absent when it completed.
    pub error: Option<Failure>,
    /// Effects not undone.
    pub standing: Vec<Standing>,
    /// The whole way.
    pub path: Path,
}
