//! What a client is told that its saga was about.

use serde::{Deserialize, Serialize};
use wire::Identifier;

use crate::each_kind::each_kind;
use crate::purchased::Named;

macro_rules! subjects {
    (
        $(
            $kind:ident of $constant:ident = $wire:literal about $purchase:path, told as $subject:path,
                rejected as $asked:path, status $status:ident;
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

each_kind!(subjects);

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
