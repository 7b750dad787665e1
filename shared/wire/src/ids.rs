//! Identifiers: strict grammar for those that clients choose, derivation for those that are ours.
//!
//! **Invariant:** an id of ours depends only on the saga and on what it names, never on a message id: a redrive gives
//! a message a new id, and must not give the event one.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The namespace of all saga ids (RFC 9562, version 5); chosen once, frozen for ever.
const NAMESPACE: Uuid = Uuid::from_u128(0x0b6e_7c1e_5a5e_4d0e_9f0a_e25e_3b1e_5a6a);

/// Identifies one saga: one run for one request.
///
/// Two requests for the same thing are two sagas; one request delivered twice is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SagaId(Uuid);

impl SagaId {
    /// The saga that the request with this identity starts; the same identity gives the same saga for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use ensemble_wire::SagaId;
    ///
    /// let saga = SagaId::of_request("parcel", "request-1");
    /// assert_eq!(saga, SagaId::of_request("parcel", "request-1"));
    /// // What a service asks of others is known by ids of its saga: asked twice, it is the same.
    /// assert_eq!(saga.derive("van"), saga.derive("van"));
    /// ```
    #[must_use]
    pub fn of_request(kind: &str, identity: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("{kind}/{identity}").as_bytes()))
    }

    /// The saga that a `CloudEvent` starts, which is identified by its source and its id together
    /// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#id>).
    ///
    /// Each source is a namespace of its own, so that no two pairs run together, and none meets a bare identity.
    #[must_use]
    pub fn of_event(kind: &str, source: &str, id: &str) -> Self {
        let source = Uuid::new_v5(&NAMESPACE, format!("cloudevent/{kind}/{source}").as_bytes());
        Self(Uuid::new_v5(&source, id.as_bytes()))
    }

    /// The saga that tells of this content, which was sent under the identity of this saga and is not what this saga
    /// is about.
    #[must_use]
    pub fn instead(&self, content: &str) -> Self {
        Self(self.derive(&format!("instead/{content}")))
    }

    /// The id, within this saga, of whatever `name` names: an event type, a gateway call, a notification.
    #[must_use]
    pub fn derive(&self, name: &str) -> Uuid {
        Uuid::new_v5(&self.0, name.as_bytes())
    }

    /// The bare UUID.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for SagaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for SagaId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// An id that a client chose: 1 to 128 characters of `A–Z a–z 0–9 _ . : -`.
///
/// Narrow on purpose: it becomes a stored value, a log field and part of a notification.
///
/// # Examples
///
/// ```
/// use ensemble_wire::Identifier;
///
/// let address = Identifier::parse("Elm.Street:12").unwrap();
/// assert_eq!(address.as_str(), "Elm.Street:12");
/// // Read by serde, it is held to the same rule.
/// assert!(serde_json::from_str::<Identifier>(r#""Elm Street 12""#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

/// Why a text is not an [`Identifier`]. Names the rule, never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 characters of A-Z a-z 0-9 _ . : -")]
pub struct InvalidIdentifier;

impl Identifier {
    /// The longest identifier, in characters.
    pub const MAX_LEN: usize = 128;

    /// The grammar, as a schema says it.
    pub const PATTERN: &str = "^[A-Za-z0-9_.:-]{1,128}$";

    /// Reads an identifier.
    ///
    /// # Errors
    ///
    /// [`InvalidIdentifier`] for anything outside the grammar.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
        if (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIdentifier)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Identifier {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Identifier".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An id that a client chose.",
            "type": "string",
            "pattern": Self::PATTERN,
        })
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Identifier {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Identifier> for String {
    fn from(id: Identifier) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_identity_is_one_saga_and_another_is_another() {
        let saga = SagaId::of_request("fare", "a");
        assert_eq!(saga, SagaId::of_request("fare", "a"));
        assert_ne!(saga, SagaId::of_request("fare", "b"));
        assert_ne!(saga, SagaId::of_request("order", "a"));
    }

    #[test]
    fn the_derivation_is_frozen() {
        let saga = SagaId::of_request("fare", "a");
        assert_eq!(saga.to_string(), "ff550941-cf15-5872-a7e4-de465464f053");
        assert_eq!(saga.derive("fare_registered").to_string(), "b79ab840-29ff-56b8-8acd-9d8c5cc40183");
        assert_eq!(SagaId::of_event("fare", "/shop", "a").to_string(), "83501630-d74f-5087-a0f3-39c3be272a3d");
        assert_eq!(saga.instead("b").to_string(), "17290cd5-5f43-5553-af8f-22259bc29729");
    }

    proptest! {
        #[test]
        fn no_two_pairs_of_source_and_id_are_one_saga(a in "[ab/]{1,4}", b in "[ab/]{1,4}", at in 1..8_usize) {
            let saga = SagaId::of_event("fare", &a, &b);
            // The same characters, divided elsewhere.
            let whole = format!("{a}{b}");
            let (source, id) = whole.split_at(at.min(whole.len() - 1));
            prop_assert_eq!(SagaId::of_event("fare", source, id) == saga, source == a);
            prop_assert_ne!(SagaId::of_event("order", &a, &b), saga);
            for identity in [&whole, &b, &format!("{a}/{b}"), &format!("cloudevent/fare/{a}")] {
                prop_assert_ne!(SagaId::of_request("fare", identity), saga);
            }
        }
    }

    #[test]
    fn identifiers_outside_the_grammar_are_refused() {
        for good in ["3", "wr_563", "_fail_charge", "3__fail_credit", "a.b:c-d", &"x".repeat(128)] {
            assert!(Identifier::parse(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "a\n", "a\u{0}", "é", "a#b", "a/b", "\u{202e}x", &"x".repeat(129)] {
            assert_eq!(Identifier::parse(bad), Err(InvalidIdentifier), "{bad:?}");
        }
    }
}
