//! What an owner hears.

use jiff::Timestamp;
use wire::{Action, ActionKind, Vocabulary};

use super::state::Case;
use crate::Reaction;
use crate::step::Heard;

/// What an owner hears.
#[derive(Clone, Debug)]
pub enum Incoming<V: Vocabulary> {
    /// A client asks for a saga; a secret that came with the request, sealed.
    Requested(V::Subject, Option<String>),
    /// A client asks, and the request breaks a rule: the rejection. Its path is empty until it is decided upon.
    BadRequest(Box<V>),
    /// Another service has done or refused its step, or has undone it.
    Told(Box<Heard<V>>),
    /// Somebody asks for something to be done to the saga, or its time is up.
    Asked(Ask),
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What.
    pub what: ActionKind,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The id of the request; none for a deadline.
    pub request: Option<String>,
}

impl Ask {
    /// What is done where the owner acts on it.
    pub(super) fn action(&self, at: Timestamp) -> Action {
        let Self { what, by, reason, request } = self.clone();
        Action { what, by, reason, at, request }
    }

    /// Whether this very request has been acted upon.
    pub(super) fn is_known_to<S>(&self, case: &Case<S>) -> bool {
        self.request.as_deref().is_some_and(|request| case.actions.is_known(request))
    }
}

/// What an event of another service means to the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// All is done: the saga completes.
    Done,
    /// The pivot has refused: another service owes the rest.
    Refused,
    /// Everything that the others did is undone, or cannot be: the saga ends.
    Failed,
}

impl Meaning {
    /// What the event means to which the owner declares this reaction.
    pub(super) fn of(reaction: &Reaction) -> Self {
        match (reaction.undoes.is_empty(), reaction.answers.is_empty()) {
            (false, _) => Self::Failed,
            (true, true) => Self::Refused,
            (true, false) => Self::Done,
        }
    }
}
