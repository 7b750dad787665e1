//! What the runtime relies on, tried out on an endpoint by the calls that it makes itself.
//!
//! **Invariant:** nothing is touched but what the probe has made, under a prefix of its own, and that is deleted at the
//! end: also after a failure, and after a stop.

mod bench;
mod dynamodb;
mod sns;
mod sqs;

use saga::Topology;
use tokio_util::sync::CancellationToken;

use crate::aws::Aws;
use crate::error::Unavailable;
use crate::probe::bench::Bench;
use crate::queue::SettleError;
use crate::settings::{ConfigError, Settings};

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

/// What a probe found, and what it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// A finding for each thing that was tried; none after a stop.
    pub findings: Vec<Finding>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// What could not be deleted, and why.
    pub left: Vec<String>,
}

/// A probe of one endpoint.
#[derive(Debug)]
pub struct Probe(Bench);

impl Probe {
    /// A probe that has made nothing yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a prefix that leaves no room for the probe's own.
    pub fn new(aws: &Aws, settings: &Settings) -> Result<Self, ConfigError> {
        Bench::new(aws, settings).map(Self)
    }

    /// What the names of all that it makes begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.0.prefix()
    }

    /// What it makes, and deletes again.
    #[must_use]
    pub fn topology(&self) -> Topology {
        self.0.topology()
    }

    /// Makes what it needs, tries everything, and deletes what it has made.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when nothing at all could be made.
    pub async fn run(&self, stop: &CancellationToken) -> Result<Report, Unavailable> {
        let tried = tokio::select! {
            tried = Box::pin(self.try_all()) => Some(tried),
            () = stop.cancelled() => None,
        };
        let left = self.0.clear().await;
        let stopped = tried.is_none();
        Ok(Report { findings: tried.transpose()?.unwrap_or_default(), stopped, left })
    }

    async fn try_all(&self) -> Result<Vec<Finding>, Unavailable> {
        let bench = &self.0;
        let (tables, queues, topic) =
            tokio::join!(bench.make(bench.tables()), bench.make(bench.queues()), bench.make(bench.topic()));
        if let (Err(error), Err(_), Err(_)) = (&tables, &queues, &topic) {
            return Err(error.clone());
        }
        let tried = tokio::join!(
            dynamodb::try_all(bench, Group::of("DynamoDB", tables)),
            sqs::try_all(bench, Group::of("SQS", queues)),
            sns::try_all(bench, Group::of("SNS", topic)),
        );
        Ok([tried.0, tried.1, tried.2].concat())
    }
}

/// What was made for the things that are tried of one service.
struct Group {
    service: &'static str,
    made: Result<(), Unavailable>,
}

impl Group {
    fn of<T>(service: &'static str, made: Result<T, Unavailable>) -> Self {
        Self { service, made: made.map(|_| ()) }
    }

    /// Tries one thing.
    async fn tried(
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
type Tried = Result<(), Odd>;

/// Why something is not known to be as it should be.
#[derive(Debug, PartialEq, Eq)]
enum Odd {
    /// It is otherwise: what was seen.
    Differs(String),
    /// It could not be tried.
    Unknown(String),
}

/// Holds the endpoint to what is relied on; else says what was seen.
fn holds(as_it_should_be: bool, seen: impl FnOnce() -> String) -> Tried {
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
