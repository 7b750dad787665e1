//! How a saga went and how it ended.
//!
//! # Examples
//!
//! ```
//! use ensemble_wire::Standing;
//! use parcel::vocabulary::effects;
//!
//! let loaded = Standing { effect: effects::LOADED, id: "van-7".to_owned(), amount: None };
//! assert_eq!(serde_json::to_string(&loaded)?, r#"{"effect":"loaded","id":"van-7"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::{EffectName, Money, StepName};

/// Why a saga failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Failure {
    /// The name of the error, such as `DeadlineExceeded`.
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
    /// The longest message, in bytes: all of it travels with every event of the undoing, beside what the saga is about.
    pub const MESSAGE_MAX_BYTES: usize = 8 * 1024;

    /// A failure of one step. The message is cut where it is too long. Whoever puts into it what others said cleans that
    /// before.
    ///
    /// # Examples
    ///
    /// ```
    /// use ensemble_wire::Failure;
    /// use parcel::vocabulary::steps;
    ///
    /// let refused = Failure::new("NobodyThere", steps::DELIVER, "nobody took it");
    /// // A compensation failed too.
    /// let both = refused.and(Failure::new("VanIsGone", steps::UNLOAD, "it left at noon"));
    /// assert_eq!((both.step.as_str(), both.also[0].step.as_str()), ("Deliver", "Unload"));
    /// ```
    #[must_use]
    pub fn new(name: &str, step: impl Into<StepName>, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > Self::MESSAGE_MAX_BYTES {
            message.truncate(message.floor_char_boundary(Self::MESSAGE_MAX_BYTES));
            message.push('…');
        }
        Self { name: name.to_owned(), step: step.into(), message, also: Vec::new() }
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

/// An effect that a failed saga could not undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Standing {
    /// What kind of effect.
    pub effect: EffectName,
    /// Its id, where it lives.
    pub id: String,
    /// The amount that is in it, where that is money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
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
    ///
    /// # Examples
    ///
    /// ```
    /// use ensemble_wire::{Events, Outcome};
    /// use parcel::{Event, vocabulary::events, vocabulary::kinds};
    ///
    /// assert!(Outcome::Completed.is_successful());
    /// assert_eq!(Event::LEXICON.telling(kinds::PARCEL, Outcome::Compensated), Some(events::PARCEL_RETURNED));
    /// ```
    #[must_use]
    pub fn is_successful(self) -> bool {
        self == Self::Completed
    }
}
