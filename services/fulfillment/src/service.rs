//! Fulfillment as a service: its settings.

use contracts::Event;
use runtime::{ConfigError, Counters, Environment, Service};
use saga::step::Steps;

use crate::effects::{Effect, Reply, STOCK, StockEffects};

/// Joins fulfillment, with hooks or without, to the stock.
pub(crate) fn joined(
    environment: &Environment,
    fulfillment: fn(bool) -> Steps<Event, Effect, Reply>,
) -> Result<Service, ConfigError> {
    let (hooks, _live) = switches::hooks(environment)?;
    Ok(Service::joined(fulfillment(hooks), |aws, settings| StockEffects(Counters::new(aws, settings, STOCK))))
}
