//! Options of `sagas`, `trace`, `answer`, `cancel`, `retry` and `resolve`.

use clap::Args;
use wire::SagaId;

use super::common::JsonOption;

/// The longest text that goes with a question to a service, in characters.
const TEXT_MAX: usize = 500;

/// Options of `sagas`.
#[derive(Debug, Args)]
pub struct SagasOptions {
    /// Those that are under way; this is the default.
    #[arg(long, group = "list")]
    pub open: bool,
    /// Those under way whose time is up.
    #[arg(long, group = "list")]
    pub overdue: bool,
    /// Those that need attention: something still stands, or nobody knows.
    #[arg(long, group = "list")]
    pub attention: bool,
    /// Those of this kind only.
    #[arg(long = "saga", value_name = "KIND")]
    pub kind: Option<String>,
    /// How many to show, those due longest first; 0 shows all.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// One saga: by its id, or by the request that started it.
#[derive(Debug, Args)]
pub struct WhichSaga {
    /// The saga's id, a UUID.
    #[arg(value_name = "SAGA", required_unless_present = "request", conflicts_with = "request")]
    pub id: Option<SagaId>,
    /// The identity of the request that started it, in place of its id.
    #[arg(long, value_name = "ID", requires = "kind")]
    pub request: Option<String>,
    /// The source of that request, if it was a `CloudEvent`, whose source and id identify it together.
    #[arg(long, value_name = "SOURCE", requires = "request")]
    pub source: Option<String>,
    /// What that request was for.
    #[arg(long = "saga", value_name = "KIND", requires = "request")]
    pub kind: Option<String>,
}

impl WhichSaga {
    /// Its id.
    #[must_use]
    pub fn saga(&self) -> Option<SagaId> {
        let of_request = || {
            let (kind, id) = (self.kind.as_ref()?, self.request.as_ref()?);
            Some(match &self.source {
                Some(source) => SagaId::of_event(kind, source, id),
                None => SagaId::of_request(kind, id),
            })
        };
        self.id.or_else(of_request)
    }
}

/// Options of `trace`.
#[derive(Debug, Args)]
pub struct TraceOptions {
    /// Which saga.
    #[command(flatten)]
    pub which: WhichSaga,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `cancel` and `retry`.
#[derive(Debug, Args)]
pub struct AskOptions {
    /// Which saga, and in whose name.
    #[command(flatten)]
    pub asking: AskingOptions,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub reason: Option<String>,
}

/// Options of `resolve`.
#[derive(Debug, Args)]
pub struct ResolveOptions {
    /// Which saga, and in whose name.
    #[command(flatten)]
    pub asking: AskingOptions,
    /// What was done about what still stood; the client is told.
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub reason: String,
}

/// Options of `answer`.
#[derive(Debug, Args)]
pub struct AnswerOptions {
    /// Which saga, and in whose name.
    #[command(flatten)]
    pub asking: AskingOptions,
    /// The answer; the first one counts.
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub answer: String,
}

/// What `answer`, `cancel`, `retry` and `resolve` have in common.
#[derive(Debug, Args)]
pub struct AskingOptions {
    /// Which saga.
    #[command(flatten)]
    pub which: WhichSaga,
    /// Who asks, instead of `ENSEMBLE_OPERATOR` or the system's `USER`.
    #[arg(long, value_name = "NAME", value_parser = said)]
    pub by: Option<String>,
    /// Wait until the saga has ended or needs attention again, and print that.
    ///
    /// The exit code is 0 if it has completed, is compensated, withdrawn or resolved, and 1 otherwise.
    #[arg(long)]
    pub wait: bool,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// A text that a service takes.
fn said(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
        return Err(format!("must be 1 to {TEXT_MAX} characters, none of them a control character"));
    }
    Ok(text.to_owned())
}
