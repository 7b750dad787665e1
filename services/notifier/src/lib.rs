//! Notifier: tells clients how their sagas ended.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `…Completed`, `…Cancelled`, `…Rejected`, `…NeedsAttention`, of every kind of saga |
//! | decides | nothing: the outcome is booking's |
//! | publishes | a notification, routed by `IsSuccessful` to the success or the failure queue |
//! | undone by | nothing: it keeps no state |
//! | never | alters an outcome, or sends two different notifications for one |
//!
//! **Invariant:** a notification is a function of the outcome's event alone, so a duplicate of the one is a duplicate,
//! byte for byte, of the other.

use std::sync::LazyLock;

use contracts::Event;
use runtime::{ConfigError, Environment, NoEffects, Service};
use saga::{Declaration, notifier};

/// The notifier service.
pub type Notifier = notifier::Notifier<Event>;

/// The notifier's card, as data: it hears every outcome of every kind of saga.
pub static DECLARATION: LazyLock<Declaration> = LazyLock::new(|| {
    notifier::declaration::<Event>("notifier", "routes each outcome to the success or the failure queue")
});

/// The notifier service, without its effects: it has none.
#[must_use]
pub fn notifier() -> Notifier {
    Notifier::new(&DECLARATION)
}

/// Notifier, as the environment wants it.
///
/// # Errors
///
/// None today; the signature is that of every service.
pub fn service(_environment: &Environment) -> Result<Service, ConfigError> {
    Ok(Service::new(notifier(), NoEffects))
}
