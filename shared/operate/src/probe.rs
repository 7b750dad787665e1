//! What the runtime relies on, tried out on an endpoint by the calls that it makes itself.
//!
//! **Invariant:** nothing is touched but what the probe has made, under a prefix of its own, and that is deleted at the
//! end: also after a failure, and after a stop.

mod bench;
mod dynamodb;
mod finding;
mod sns;
mod sqs;

use runtime::{Aws, CancellationToken, ConfigError, Settings, Unavailable};
use saga::Topology;

use crate::probe::bench::Bench;
use crate::probe::finding::Group;

pub use crate::probe::finding::{Finding, Verdict};

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
///
/// # Examples
///
/// ```no_run
/// use ensemble_operate::probe::{Probe, Verdict};
/// use runtime::{Aws, CancellationToken, Settings};
///
/// async fn probe(aws: &Aws, settings: &Settings) -> Result<bool, Box<dyn std::error::Error>> {
///     let report = Probe::new(aws, settings)?.run(&CancellationToken::new()).await?;
///     Ok(report.findings.iter().all(|finding| finding.verdict == Verdict::Pass))
/// }
/// ```
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
