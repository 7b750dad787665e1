//! What it means that a dependency did not do what it was asked.

use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// A dependency did not answer, or not with an answer that can be relied on. The call may have taken effect.
///
/// # Examples
///
/// See the example of [`Perform`](crate::Perform).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{dependency} is unavailable: {what}")]
pub struct Unavailable {
    /// Which dependency.
    pub dependency: &'static str,
    /// What was seen.
    pub what: String,
}

impl Unavailable {
    /// This dependency, and what was seen of it.
    pub fn new(dependency: &'static str, what: impl Into<String>) -> Self {
        Self { dependency, what: what.into() }
    }

    /// Of `DynamoDB`, when it was asked about this table.
    #[must_use]
    pub fn of_table(table: &str, what: &str) -> Self {
        Self::new("DynamoDB", format!("table {table}: {what}"))
    }

    /// Nothing that this build writes looks like what is in this table.
    #[must_use]
    pub fn not_ours(table: &str) -> Self {
        Self::of_table(table, "an item is not of our making")
    }
}

/// An SDK error in a few words: the service's code and message, or what happened to the connection.
pub fn explain<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: Debug,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => with_causes(error),
    }
}

/// An error down to the cause that a person can act on, such as a refused connection.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
