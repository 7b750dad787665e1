//! Booking as a service: its settings.

use std::sync::LazyLock;

use card::PublicKey;
use runtime::{ConfigError, Environment, NoEffects, Service, Settings, Variable};
use saga::owner::Deadlines;

use crate::booking::Booking;
use crate::declaration::{DEADLINES, UNWINDING};

/// Every variable of booking.
pub static VARIABLES: LazyLock<Vec<&Variable>> = LazyLock::new(|| {
    let deadlines = DEADLINES.iter().map(|(_, variable)| variable);
    [&CARD_KEY, &CARD_KEY_FILE].into_iter().chain(deadlines).chain([&UNWINDING]).collect()
});

/// The key to which booking seals cards.
pub static CARD_KEY: Variable = Variable {
    name: "ENSEMBLE_CARD_PUBLIC_KEY",
    default: None,
    allowed: "an X25519 public key in base64, as `ensemble keys` prints it",
    about: "booking seals cards to this key",
};
/// The same, in a file.
pub static CARD_KEY_FILE: Variable = Variable {
    name: "ENSEMBLE_CARD_PUBLIC_KEY_FILE",
    default: None,
    allowed: "the path of a file that holds the key",
    about: "the same, in a file",
};

/// How long sagas may take, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn deadlines_of(environment: &Environment) -> Result<Deadlines, ConfigError> {
    let secs = |variable: &Variable| {
        environment.number(variable, 1..=604_800).map(|secs| u32::try_from(secs).unwrap_or(u32::MAX))
    };
    let of_unwinding = Deadlines::default().of_unwinding(secs(&UNWINDING)?);
    DEADLINES.iter().try_fold(of_unwinding, |all, (kind, variable)| Ok(all.of_kind(*kind, secs(variable)?)))
}

/// Booking, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn service(environment: &Environment) -> Result<Service, ConfigError> {
    let (hooks, _live) = switches::hooks(environment)?;
    let key = environment.secret(&CARD_KEY, &CARD_KEY_FILE)?;
    let key =
        PublicKey::from_base64(&key).map_err(|error| CARD_KEY.error(&format!("holds no key; a key is {error}")))?;
    let booking = Booking::new(key, &Settings::read(environment)?.names);
    Ok(Service::new(Booking { deadlines: deadlines_of(environment)?, hooks, ..booking }, NoEffects))
}
