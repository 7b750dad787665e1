//! `ensemble run`: chosen services in this process.

use std::collections::BTreeSet;

use runtime::host::stop_on_signal;
use runtime::{Aws, Environment, Settings};

use crate::Error;
use crate::cli::{RunOptions, ServiceName};

/// Runs until SIGTERM or Ctrl-C.
pub(crate) async fn run(environment: &Environment, options: &RunOptions) -> Result<(), Error> {
    let settings = Settings::read(environment)?;
    // A name given twice is one service.
    let chosen: BTreeSet<_> = options.services.iter().copied().collect();
    let services = chosen.into_iter().map(|name| match name {
        ServiceName::Booking => booking::service(environment),
        ServiceName::Payment => payment::service(environment),
        ServiceName::Fulfillment => fulfillment::service(environment),
        ServiceName::Notifier => notifier::service(environment),
    });
    let services = services.collect::<Result<Vec<_>, _>>()?;
    let aws = Aws::connect(environment).await?;
    Ok(runtime::run_all(services, &aws, &settings, &stop_on_signal()).await?)
}
