//! What came of trying one thing.

use runtime::Unavailable;
use runtime::tools::SettleError;

/// What came of trying one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as the runtime needs it.
    Pass,
    /// It is not.
    Differs,
    /// It could not be tried.
    Unknown,
}

impl Verdict {
    /// In one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Differs => "differs",
            Self::Unknown => "unknown",
        }
    }
}

/// What was found out about one thing that the runtime relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which service of AWS.
    pub service: &'static str,
    /// What is relied on.
    pub semantic: &'static str,
    /// Where it is said why: `ADR` and a number, or `semantics:` and a heading of `docs/semantics.md`.
    pub relied_on: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// What was seen instead, or why it could not be tried; nothing for a pass.
    pub seen: String,
}

/// What was made for the things that are tried of one service.
pub(super) struct Group {
    service: &'static str,
    made: Result<(), Unavailable>,
}

impl Group {
    pub(super) fn of<T>(service: &'static str, made: Result<T, Unavailable>) -> Self {
        Self { service, made: made.map(|_| ()) }
    }

    /// Tries one thing.
    pub(super) async fn tried(
        &self,
        semantic: &'static str,
        relied_on: &'static str,
        attempt: impl Future<Output = Tried>,
    ) -> Finding {
        let tried = match &self.made {
            Ok(()) => attempt.await,
            Err(error) => Err(error.clone().into()),
        };
        let (verdict, seen) = match tried {
            Ok(()) => (Verdict::Pass, String::new()),
            Err(Odd::Differs(seen)) => (Verdict::Differs, seen),
            Err(Odd::Unknown(why)) => (Verdict::Unknown, why),
        };
        Finding { service: self.service, semantic, relied_on, verdict, seen }
    }
}

/// It is as it should be, or [`Odd`].
pub(super) type Tried = Result<(), Odd>;

/// Why something is not known to be as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// It is otherwise: what was seen.
    Differs(String),
    /// It could not be tried.
    Unknown(String),
}

/// Holds the endpoint to what is relied on; else says what was seen.
pub(super) fn holds(as_it_should_be: bool, seen: impl FnOnce() -> String) -> Tried {
    if as_it_should_be { Ok(()) } else { Err(Odd::Differs(seen())) }
}

/// Words of errors by which the endpoint does not say how it behaves: it did not let us in, or did not answer.
const SAYS_NOTHING: [&str; 8] = [
    "AccessDenied",
    "AuthorizationError",
    "NotAuthorized",
    "Throttl",
    "ThroughputExceeded",
    "dispatch failure",
    "timeout",
    "ServiceUnavailable",
];

impl From<Unavailable> for Odd {
    /// A call that the runtime makes itself and that is refused is a difference.
    fn from(error: Unavailable) -> Self {
        let what = error.to_string();
        if SAYS_NOTHING.iter().any(|words| what.contains(words)) { Self::Unknown(what) } else { Self::Differs(what) }
    }
}

impl From<SettleError> for Odd {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::ReceiptLost(code) => Self::Differs(format!("a receipt that should be good is not ({code})")),
            SettleError::Unavailable(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_call_is_a_difference_and_a_missing_permission_says_nothing() {
        let odd = |what: &str| Odd::from(Unavailable::new("SQS", what));
        assert!(matches!(odd("ValidationException: no such parameter"), Odd::Differs(_)));
        assert!(matches!(odd("AccessDeniedException: not you"), Odd::Unknown(_)));
        assert!(matches!(odd("dispatch failure: connection refused"), Odd::Unknown(_)));
        assert!(matches!(Odd::from(SettleError::ReceiptLost("gone".to_owned())), Odd::Differs(_)));
    }

    #[tokio::test]
    async fn what_could_not_be_made_leaves_what_needs_it_unknown() {
        let group = Group::of::<()>("SNS", Err(Unavailable::new("SNS", "AuthorizationError: not you")));
        let finding = group.tried("a", "b", async { Ok(()) }).await;
        assert_eq!((finding.verdict, finding.seen.contains("not you")), (Verdict::Unknown, true));
    }
}
