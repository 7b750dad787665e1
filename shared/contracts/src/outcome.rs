//! How a saga went and how it ended.

use serde::{Deserialize, Serialize};

use crate::vocabulary::kinds;
use crate::{Money, SagaKind, StepName, redact};

/// Why a saga failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The longest message, in bytes: all of it travels with every event of the undoing, beside the purchase.
    pub const MESSAGE_MAX_BYTES: usize = 8 * 1024;

    /// A failure of one step. The message may hold what others said, so it is cleaned, and cut where it is too long.
    #[must_use]
    pub fn new(name: &str, step: StepName, message: impl Into<String>) -> Self {
        let mut message = redact::text(&message.into()).into_owned();
        if message.len() > Self::MESSAGE_MAX_BYTES {
            message.truncate(message.floor_char_boundary(Self::MESSAGE_MAX_BYTES));
            message.push('…');
        }
        Self { name: name.to_owned(), step, message, also: Vec::new() }
    }

    /// This failure alone, without those of compensations.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { also: Vec::new(), ..self.clone() }
    }

    /// This failure, and the failure of a compensation that followed from it.
    #[must_use]
    pub fn and(&self, also: Failure) -> Self {
        let mut failure = self.clone();
        failure.also.push(also);
        failure
    }
}

macro_rules! effects {
    (
        $(
            $(#[doc = $doc:literal])+
            $kind:ident = $wire:literal about $purchase:path, told as $subject:path, rejected as $asked:path;
        )+
    ) => {
        /// Kinds of effects that can be left standing.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
            $(
                #[doc = concat!("The status of a purchase of the kind `", $wire, "` that could not be set.")]
                #[serde(rename = $wire)]
                $kind,
            )+
        }

        impl Effect {
            /// The status of what a saga of this kind is about.
            #[must_use]
            pub fn status_of(kind: SagaKind) -> Self {
                match kind {
                    $(SagaKind::$kind => Self::$kind,)+
                }
            }

            /// The wire name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::Hold => "hold",
                    Self::Capture => "capture",
                    Self::Credit => "credit",
                    Self::Reservation => "reservation",
                    $(Self::$kind => $wire,)+
                }
            }
        }
    };
}

kinds!(effects);

/// An effect that a failed saga could not undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
