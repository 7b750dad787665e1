//! Logs: readable on a terminal, JSON otherwise.
//!
//! **Invariant:** what other crates log is capped at INFO, whatever is asked for: below that, HTTP and SDK crates log
//! bodies, and a body can hold a secret.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::settings::{ConfigError, Environment, Variable};

/// What is logged.
pub const LOG: Variable = Variable {
    name: "RUST_LOG",
    default: Some("info"),
    allowed: "directives of tracing-subscriber's EnvFilter, such as info or ensemble_runtime=debug",
    about: "what is logged; other crates than ours never below info",
};
pub(crate) const LOG_FORMAT: Variable = Variable {
    name: "ENSEMBLE_LOG_FORMAT",
    default: Some("auto"),
    allowed: "auto, text or json",
    about: "how it is logged; auto is text on a terminal and json otherwise",
};

/// The crates of this library, which log no body.
const OURS: &[&str] = &[
    "ensemble_console",
    "ensemble_door",
    "ensemble_local_aws",
    "ensemble_operate",
    "ensemble_runtime",
    "ensemble_saga",
    "ensemble_wire",
];

/// The crates that may log below INFO besides those of this library: an application's own, which log no body either.
pub type Crates = &'static [&'static str];

/// Sends logs to standard error from now on. `quiet` is the filter when `RUST_LOG` is not set; `own`: the crates of the
/// application.
///
/// # Errors
///
/// [`ConfigError`] for a filter or a format that is not allowed.
pub fn start(environment: &Environment, own: Crates, quiet: Option<&str>) -> Result<(), ConfigError> {
    start_to(environment, own, quiet, std::io::stderr)
}

/// The same, to somewhere else.
///
/// # Errors
///
/// [`ConfigError`] for a filter or a format that is not allowed.
pub fn start_to<W>(environment: &Environment, own: Crates, quiet: Option<&str>, writer: W) -> Result<(), ConfigError>
where
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let directives = match (environment.is_set(&LOG), quiet) {
        (false, Some(quiet)) => quiet.to_owned(),
        _ => environment.read(&LOG, |text| Some(text.to_owned()))?,
    };
    let filter = EnvFilter::try_new(&directives).map_err(|_err| LOG.error("has a value that is not allowed"))?;
    let json = environment.read(&LOG_FORMAT, |text| match text {
        "auto" => Some(!std::io::stderr().is_terminal()),
        "text" => Some(false),
        "json" => Some(true),
        _ => None,
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = if json {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(true).boxed()
    } else {
        lines.with_target(false).boxed()
    };
    let capped = tracing_subscriber::filter::filter_fn(move |metadata| may_log(own, metadata));
    // A second start, as tests do, keeps the first.
    let started = tracing_subscriber::registry().with(lines.with_filter(filter).with_filter(capped)).try_init();
    if started.is_err() {
        tracing::debug!("logs are sent elsewhere already");
    }
    Ok(())
}

/// Whether a line may be written at all.
fn may_log(own: Crates, metadata: &Metadata<'_>) -> bool {
    may_log_at(own, metadata.target(), *metadata.level())
}

fn may_log_at(own: Crates, target: &str, level: Level) -> bool {
    let krate = target.split("::").next().unwrap_or_default();
    OURS.contains(&krate) || own.contains(&krate) || level <= LevelFilter::INFO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_crates_never_log_below_info() {
        for target in ["aws_smithy_runtime::client", "hyper_util", "aws_sdk_sqs", "reqwest", "runtimes", ""] {
            assert!(may_log_at(&["hotels"], target, Level::INFO), "{target}");
            assert!(!may_log_at(&["hotels"], target, Level::DEBUG), "{target}");
            assert!(!may_log_at(&["hotels"], target, Level::TRACE), "{target}");
        }
        for target in ["ensemble_runtime::consumer", "hotels::book"] {
            assert!(may_log_at(&["hotels"], target, Level::TRACE), "{target}");
        }
    }
}
