//! What people and clients say in words: who, why, what a line of an order is.
//!
//! **Invariant:** no card number is in them, because nothing but [`Words::of`] makes them.

use std::convert::Infallible;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::redact;

/// A text that a person or a client wrote, without what may be a card number: see [`redact::text`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Words(String);

impl Words {
    /// These words, cleaned.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(redact::text(text).into_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::of(text)
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.0
    }
}

impl std::str::FromStr for Words {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::of(text))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Words {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Words".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}
