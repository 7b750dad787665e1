//! Notifier as a service: it has no settings of its own.

use runtime::{ConfigError, Environment, NoEffects, Service};

use crate::Notifier;

/// Notifier.
///
/// # Errors
///
/// None today; the signature is that of every service.
pub fn service(_environment: &Environment) -> Result<Service, ConfigError> {
    Ok(Service::new(Notifier, NoEffects))
}
