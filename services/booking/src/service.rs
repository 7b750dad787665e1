//! Booking as a service: its settings.

use card::PublicKey;
use runtime::{ConfigError, Environment, NoEffects, Service, Settings, Variable};
use saga::Channel;

use crate::Booking;

/// Every variable of booking.
pub const VARIABLES: &[&Variable] = &[&KEY, &KEY_FILE];

const KEY: Variable = Variable {
    name: "ENSEMBLE_CARD_PUBLIC_KEY",
    default: None,
    allowed: "an X25519 public key in base64, as `ensemble keys` prints it",
    about: "booking seals cards to this key",
};
const KEY_FILE: Variable = Variable {
    name: "ENSEMBLE_CARD_PUBLIC_KEY_FILE",
    default: None,
    allowed: "the path of a file that holds the key",
    about: "the same, in a file",
};

/// Booking, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn service(environment: &Environment) -> Result<Service, ConfigError> {
    let key = environment.secret(&KEY, &KEY_FILE)?;
    let key = PublicKey::from_base64(&key).map_err(|error| KEY.error(&format!("holds no key; a key is {error}")))?;
    let requests_topic = Settings::read(environment)?.names.topic(Channel::FareRequests);
    Ok(Service::new(Booking { key, requests_topic }, NoEffects))
}
