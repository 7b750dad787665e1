//! What an answer of a gateway means: one table, for every act.
//!
//! **Invariant:** a yes names what was done. A no is only what the gateway says that it decided about this very request,
//! in an error that can be read. Everything else is unknown, whatever its status. `docs/semantics.md` shows this table,
//! and a test compares the two.

use std::fmt;

use serde::Deserialize;

use crate::gateway::Known;

/// The longest id that is taken for one, in characters.
const ID_MAX: usize = 255;

/// What a gateway is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Authorize,
    Capture,
    Debit,
    Void,
    Refund,
    LookUp,
}

/// What a body says, as far as anybody can make sense of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// The id of what was done.
    Id(String),
    /// What there is under a reference, or that there is nothing.
    Known(Known),
    /// An error with a code and a message.
    Error(GatewaysError),
    /// Nothing that makes sense.
    Neither,
}

/// An error in the gateway's own words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct GatewaysError {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What an answer means for the act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It is done; or, looked up, this is what there is.
    Yes,
    /// It was not done, and under this key it never will be.
    No,
    /// It may be done, or be done yet, or not.
    Unknown,
}

/// What a rule wants the body to say.
#[derive(Clone, Copy, Debug)]
enum Says {
    Id,
    Known,
    Code(&'static str),
    /// An error about the key and not about the request.
    KeyError,
    Error,
    Anything,
}

/// A row of the table.
struct Rule {
    acts: &'static [Act],
    /// None: every status.
    statuses: &'static [u16],
    says: Says,
    /// Only where no earlier call with the key can still be at work.
    fresh: bool,
    means: Meaning,
}

/// Whatever changes something.
const CHANGES: &[Act] = &[Act::Authorize, Act::Capture, Act::Debit, Act::Void, Act::Refund];

/// The table: the first rule that fits counts, and the last one always fits.
const RULES: &[Rule] = &[
    Rule { acts: &[Act::LookUp], statuses: &[200], says: Says::Known, fresh: false, means: Meaning::Yes },
    Rule { acts: CHANGES, statuses: &[200, 201], says: Says::Id, fresh: false, means: Meaning::Yes },
    // Twice is no refusal: the hold is gone.
    Rule {
        acts: &[Act::Void],
        statuses: &[402],
        says: Says::Code("already_voided"),
        fresh: false,
        means: Meaning::Yes,
    },
    // Somebody did it, under a key that is not ours or that was forgotten: the look-up finds it.
    Rule {
        acts: &[Act::Capture],
        statuses: &[402],
        says: Says::Code("already_captured"),
        fresh: false,
        means: Meaning::Unknown,
    },
    Rule {
        acts: &[Act::Refund],
        statuses: &[402],
        says: Says::Code("already_refunded"),
        fresh: false,
        means: Meaning::Unknown,
    },
    Rule { acts: CHANGES, statuses: &[402], says: Says::Error, fresh: false, means: Meaning::No },
    Rule { acts: CHANGES, statuses: &[400, 422], says: Says::KeyError, fresh: false, means: Meaning::Unknown },
    // Turned away before it was carried out, which says nothing of an earlier call with the key.
    Rule { acts: CHANGES, statuses: &[400, 422], says: Says::Error, fresh: true, means: Meaning::No },
    Rule {
        acts: &[Act::Authorize, Act::Capture, Act::Debit, Act::Void, Act::Refund, Act::LookUp],
        statuses: &[],
        says: Says::Anything,
        fresh: false,
        means: Meaning::Unknown,
    },
];

/// What an answer with this status and body means. `fresh`: no earlier call with its key can still be at work.
pub(crate) fn meaning(act: Act, status: u16, body: &Body, fresh: bool) -> Meaning {
    let fits = |rule: &&Rule| {
        let status = rule.statuses.is_empty() || rule.statuses.contains(&status);
        rule.acts.contains(&act) && status && rule.says.fits(body) && (fresh || !rule.fresh)
    };
    RULES.iter().find(fits).map_or(Meaning::Unknown, |rule| rule.means)
}

impl Says {
    fn fits(self, body: &Body) -> bool {
        match (self, body) {
            (Self::Anything, _)
            | (Self::Id, Body::Id(_))
            | (Self::Known, Body::Known(_))
            | (Self::Error, Body::Error(_)) => true,
            (Self::Code(code), Body::Error(error)) => error.code == code,
            (Self::KeyError, Body::Error(error)) => error.code.starts_with("idempotency"),
            (Self::Id | Self::Known | Self::Code(_) | Self::KeyError | Self::Error, _) => false,
        }
    }
}

impl Body {
    /// Makes sense of the bytes of an answer to this act.
    pub(crate) fn read(act: Act, bytes: &[u8]) -> Self {
        if let Ok(Refused { error }) = serde_json::from_slice(bytes)
            && !error.code.is_empty()
        {
            return Self::Error(error);
        }
        let read = match act {
            Act::LookUp => serde_json::from_slice(bytes).ok().and_then(Payments::known).map(Self::Known),
            Act::Authorize | Act::Capture | Act::Debit | Act::Void | Act::Refund => {
                serde_json::from_slice(bytes).ok().and_then(Made::id).map(Self::Id)
            }
        };
        read.unwrap_or(Self::Neither)
    }
}

#[derive(Deserialize)]
struct Refused {
    error: GatewaysError,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Each field has to be there: what is left out is not said to be missing.
#[derive(Deserialize)]
struct Payments {
    #[serde(deserialize_with = "Option::deserialize")]
    authorization: Option<Made>,
    #[serde(deserialize_with = "Option::deserialize")]
    charge: Option<Made>,
    #[serde(deserialize_with = "Option::deserialize")]
    refund: Option<Made>,
}

impl Made {
    /// The id, if it is one: something that names one thing, and can stand in a path.
    fn id(self) -> Option<String> {
        let part_of_path = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '\\' | '?' | '#' | '%');
        let is_id = (1..=ID_MAX).contains(&self.id.len()) && self.id.chars().all(part_of_path);
        (is_id && !self.id.chars().all(|c| c == '.')).then_some(self.id)
    }
}

impl Payments {
    fn known(self) -> Option<Known> {
        // Something that is there, but without an id, makes no sense.
        let id = |made: Option<Made>| made.map_or(Some(None), |made| made.id().map(Some));
        Some(Known { charge_token: id(self.authorization)?, charge_id: id(self.charge)?, refund_id: id(self.refund)? })
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorize => "authorise",
            Self::Capture => "capture",
            Self::Debit => "debit",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::LookUp => "look up",
        })
    }
}

#[cfg(test)]
mod tests;
