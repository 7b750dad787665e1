//! What is wrong with a request.
//!
//! **Invariant:** a field and a rule are told, never a value.

use std::fmt;

use axum::http::StatusCode;

use crate::answer::Answer;

/// A field and the rule that it breaks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) field: &'static str,
    pub(crate) rule: &'static str,
    /// Where in the body, if that is all there is to say.
    pub(crate) position: Option<(usize, usize)>,
}

/// The error of a field unless the rule holds.
pub(crate) fn require(holds: bool, field: &'static str, rule: &'static str) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(Invalid { field, rule, position: None }) }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)?;
        match self.position {
            Some((line, column)) => write!(f, " (line {line}, column {column})"),
            None => Ok(()),
        }
    }
}

impl From<Invalid> for Answer {
    fn from(invalid: Invalid) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "invalid_request", invalid.to_string())
    }
}
