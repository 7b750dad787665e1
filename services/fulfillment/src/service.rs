//! Fulfillment as a service: its settings.

use runtime::{ConfigError, Environment, Service, Stock, settings};

use crate::{StockEffects, fulfillment};

/// Fulfillment, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn service(environment: &Environment) -> Result<Service, ConfigError> {
    let (hooks, _live) = settings::hooks(environment)?;
    Ok(Service::joined(fulfillment(hooks), |aws, settings| StockEffects(Stock::new(aws, settings))))
}
