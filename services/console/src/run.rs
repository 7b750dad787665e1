//! `ensemble run`: chosen services in this process.

use std::collections::BTreeSet;

use runtime::{CancellationToken, Environment};

use crate::Error;
use crate::cli::{RunOptions, ServiceName};

/// Runs until the stop.
pub(crate) async fn run(
    environment: &Environment,
    options: &RunOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    // A name given twice is one service.
    let chosen: BTreeSet<_> = options.services.iter().copied().collect();
    let build = |environment: &Environment| {
        let services = chosen.into_iter().map(|name| match name {
            ServiceName::Booking => booking::service(environment),
            ServiceName::Payment => payment::service(environment),
            ServiceName::Fulfillment => fulfillment::service(environment),
            ServiceName::Notifier => notifier::service(environment),
        });
        services.collect()
    };
    Ok(runtime::host::host(environment, build, stop).await??)
}
