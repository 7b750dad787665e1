//! What a client finds in the success or the failure queue.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::purchased::Named;
use crate::vocabulary::kinds;
use crate::{Action, Failure, Identifier, Money, Outcome, Path, SagaId, SagaKind, Standing};

/// How a saga ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Identifies the notification; duplicates have the same, and the same bytes.
    pub id: Uuid,
    /// The kind of saga.
    pub saga: SagaKind,
    /// The saga.
    pub saga_id: SagaId,
    /// How it ended.
    pub outcome: Outcome,
    /// What it was about.
    #[serde(flatten)]
    pub subject: Subject,
    /// The amount.
    pub amount: Option<Money>,
    /// The pre-authorisation, if there was one.
    pub charge_token: Option<String>,
    /// The capture or the debit, if there was one.
    pub charge_id: Option<String>,
    /// The refund, if there was one.
    pub refund_id: Option<String>,
    /// Why the saga failed; none when it completed.
    pub error: Option<Failure>,
    /// Effects not undone.
    pub standing: Vec<Standing>,
    /// The earlier notification, of a saga that needed attention, that this one resolves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolves: Option<Uuid>,
    /// How a person closed it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Action>,
    /// The whole way.
    pub path: Path,
}

macro_rules! subjects {
    (
        $(
            $(#[doc = $doc:literal])+
            $kind:ident = $wire:literal about $purchase:path, told as $subject:path, rejected as $asked:path;
        )+
    ) => {
        /// What a notification is about, in the words of the client's request. The fields tell the kind of saga.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(untagged)]
        pub enum Subject {
            $(
                #[doc = concat!("The subject of a saga of the kind `", $wire, "`.")]
                $kind($subject),
            )+
        }

        impl Subject {
            fn named(&self) -> &dyn Named {
                match self {
                    $(Self::$kind(subject) => subject,)+
                }
            }
        }

        $(
            impl From<$subject> for Subject {
                fn from(subject: $subject) -> Self {
                    Self::$kind(subject)
                }
            }
        )+
    };
}

kinds!(subjects);

impl Subject {
    /// The customer, where one is named.
    #[must_use]
    pub fn customer_id(&self) -> Option<&Identifier> {
        self.named().customer_id()
    }

    /// The client's own id of the purchase, where one is named.
    #[must_use]
    pub fn id(&self) -> Option<&Identifier> {
        self.named().id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_told_by_its_fields() {
        let read = |text: &str| serde_json::from_str::<Subject>(text).unwrap();
        let fare = r#"{"customerId":"3","fareId":null,"fareAmount":null}"#;
        let order = r#"{"order_id":null,"customer_id":"3"}"#;
        for (text, is_fare) in [(fare, true), (order, false)] {
            let subject = read(text);
            assert_eq!(matches!(subject, Subject::Fare(_)), is_fare);
            assert_eq!(serde_json::to_string(&subject).unwrap(), text);
            assert_eq!(subject.customer_id().map(Identifier::as_str), Some("3"));
        }
        let other = r#"{"customer_id":"3"}"#;
        assert!(serde_json::from_str::<Subject>(other).is_err(), "neither a fare nor an order");
    }
}
