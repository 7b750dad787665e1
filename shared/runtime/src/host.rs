//! The `main` of a service, and what every command shares: threads, signals, settings, logs.
//!
//! **Invariant:** signals are heard before anything else is done, so that an early stop is an orderly one too.

use std::num::NonZero;
use std::process::ExitCode;

use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use crate::aws::Aws;
use crate::service::{Service, ServiceDied, run_all};
use crate::settings::{ConfigError, EX_CONFIG, Environment, Settings};
use crate::telemetry;

/// Runs services in this process until SIGTERM or Ctrl-C; the `main` of each service. `own`: the crates of the
/// application, which may log below INFO.
///
/// Exits with 0 after an orderly stop, with 78 for a setting that is not allowed, with 1 when a service died.
///
/// # Examples
///
/// See the example of [the crate](crate).
pub fn main(own: telemetry::Crates, build: impl FnOnce(&Environment) -> Result<Vec<Service>, ConfigError>) -> ExitCode {
    let hosted = run(|signals| async {
        let environment = Environment::of_process();
        telemetry::start(&environment, own, None)?;
        let stop = signals.stop();
        host(&environment, build, &stop).await
    });
    match hosted.flatten() {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(ServiceDied)) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::from(EX_CONFIG)
        }
    }
}

/// Runs the services that `build` makes until the stop.
///
/// # Errors
///
/// [`ConfigError`] for a setting that is not allowed; within, [`ServiceDied`].
pub async fn host(
    environment: &Environment,
    build: impl FnOnce(&Environment) -> Result<Vec<Service>, ConfigError>,
    stop: &CancellationToken,
) -> Result<Result<(), ServiceDied>, ConfigError> {
    let settings = Settings::read(environment)?;
    let services = build(environment)?;
    // Looking for credentials and a region may take a while.
    let aws = tokio::select! {
        biased;
        () = stop.cancelled() => return Ok(Ok(())),
        aws = Aws::connect(environment) => aws?,
    };
    Ok(run_all(services, &aws, &settings, stop).await)
}

/// Runs a program on the threads of this machine, and hears signals for it from the beginning.
///
/// # Examples
///
/// ```
/// let sum = ensemble_runtime::host::run(|_signals| async { 2 + 3 });
/// assert_eq!(sum, Ok(5));
/// ```
///
/// # Errors
///
/// [`ConfigError`] when the system gives no threads or no signals.
pub fn run<F: Future>(program: impl FnOnce(Signals) -> F) -> Result<F::Output, ConfigError> {
    let failed = |error| ConfigError {
        variable: "the operating system",
        problem: format!("gives no threads or no signals ({error})"),
        allowed: "a few threads",
    };
    // Counted here, because tokio would read a variable that is not ours, and panic over a bad one.
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build().map_err(failed)?;
    runtime.block_on(async { Ok(program(Signals::hear().map_err(failed)?).await) })
}

#[expect(clippy::print_stderr, reason = "a bad setting is said plainly, also where no log is set up yet")]
fn complain(error: &ConfigError) {
    eprintln!("error: {error}");
}

/// SIGTERM and Ctrl-C, heard since this was made.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// A token that the first signal cancels, also one that has come already.
    #[must_use]
    pub fn stop(mut self) -> CancellationToken {
        let stop = CancellationToken::new();
        let token = stop.clone();
        tokio::spawn(async move {
            self.first().await;
            tracing::info!("StopRequested");
            token.cancel();
        });
        stop
    }

    /// The first signal ends the process as if nobody heard it: for a command that has no orderly stop.
    pub fn end(mut self) {
        tokio::spawn(async move {
            let signal = self.first().await;
            #[cfg(unix)]
            if let Err(error) = signal_hook::low_level::emulate_default_handler(signal) {
                tracing::error!(%error, "the signal is not obeyed");
            }
            #[cfg(not(unix))]
            std::process::exit(signal);
        });
    }
}

#[cfg(unix)]
impl Signals {
    fn hear() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The number of the signal that comes first.
    async fn first(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => signal_hook::consts::SIGTERM,
            _ = self.interrupt.recv() => signal_hook::consts::SIGINT,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
    fn hear() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// The exit code of a process that Ctrl-C ends.
    async fn first(&mut self) -> i32 {
        drop(tokio::signal::ctrl_c().await);
        130
    }
}
