//! Fulfillment as a service: its settings.

use runtime::{ConfigError, Environment, Service, Stock, settings};
use saga::step::Steps;

use crate::effects::{Effect, Reply, StockEffects};

/// Joins fulfillment, with hooks or without, to the stock.
pub(crate) fn joined(
    environment: &Environment,
    fulfillment: fn(bool) -> Steps<Effect, Reply>,
) -> Result<Service, ConfigError> {
    let (hooks, _live) = settings::hooks(environment)?;
    Ok(Service::joined(fulfillment(hooks), |aws, settings| StockEffects(Stock::new(aws, settings))))
}
