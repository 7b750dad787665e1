//! Fulfillment as a service: its settings.

use runtime::{ConfigError, Environment, NoEffects, Service, settings};

use crate::Fulfillment;

/// Fulfillment, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn service(environment: &Environment) -> Result<Service, ConfigError> {
    let (hooks, _live) = settings::hooks(environment)?;
    Ok(Service::new(Fulfillment { hooks }, NoEffects))
}
