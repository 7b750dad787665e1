//! What was done about a resource.

use std::fmt;

/// What was done about one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// It was missing.
    Created,
    /// It differed.
    Updated,
    /// An earlier version had it, and this one must not.
    Removed,
    /// It was as it should be.
    Found,
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Found => "found",
        })
    }
}

/// A resource, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What was done.
    pub did: Did,
    /// Its kind: table, queue, topic or subscription.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}
