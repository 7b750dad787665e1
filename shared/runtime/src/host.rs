//! The `main` of a service, and what every long-running command shares: settings, logs, signals.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::aws::Aws;
use crate::service::{Service, ServiceDied, run_all};
use crate::settings::{ConfigError, EX_CONFIG, Environment, Settings};
use crate::telemetry;

/// Runs services in this process until SIGTERM or Ctrl-C; the `main` of each service.
///
/// Exits with 0 after an orderly stop, with 78 for a setting that is not allowed, with 1 when a service died.
pub fn main(build: impl FnOnce(&Environment) -> Result<Vec<Service>, ConfigError>) -> ExitCode {
    let environment = Environment::of_process();
    match host(&environment, build) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(ServiceDied)) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::from(EX_CONFIG)
        }
    }
}

fn host(
    environment: &Environment,
    build: impl FnOnce(&Environment) -> Result<Vec<Service>, ConfigError>,
) -> Result<Result<(), ServiceDied>, ConfigError> {
    telemetry::start(environment, None)?;
    let settings = Settings::read(environment)?;
    let services = build(environment)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| ConfigError {
        variable: "the operating system",
        problem: format!("gives no threads ({error})"),
        allowed: "a few threads",
    })?;
    runtime.block_on(async {
        let aws = Aws::connect(environment).await?;
        let stop = stop_on_signal();
        Ok(run_all(services, &aws, &settings, &stop).await)
    })
}

#[expect(clippy::print_stderr, reason = "a bad setting is said plainly, also where no log is set up yet")]
fn complain(error: &ConfigError) {
    eprintln!("error: {error}");
}

/// A token that is cancelled by SIGTERM or Ctrl-C.
#[must_use]
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("StopRequested");
        token.cancel();
    });
    stop
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be heard; Ctrl-C can");
            drop(tokio::signal::ctrl_c().await);
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}
