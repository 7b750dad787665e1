//! Booking as a service: its settings.

use card::PublicKey;
use runtime::{ConfigError, Environment, NoEffects, Service, Settings, Variable, settings};
use saga::Channel;

use crate::booking::Booking;
use crate::deadlines::Deadlines;

/// Every variable of booking.
pub const VARIABLES: &[&Variable] = &[&KEY, &KEY_FILE, &FARE_DEADLINE, &ORDER_DEADLINE, &UNWINDING];

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

const FARE_DEADLINE: Variable = Variable {
    name: "ENSEMBLE_FARE_DEADLINE_SECS",
    default: Some("900"),
    allowed: SECS,
    about: "how long a fare's saga may take before booking has it undone",
};
const ORDER_DEADLINE: Variable = Variable {
    name: "ENSEMBLE_ORDER_DEADLINE_SECS",
    about: "how long an order's saga may take before booking has it undone",
    ..FARE_DEADLINE
};
const UNWINDING: Variable = Variable {
    name: "ENSEMBLE_UNWINDING_SECS",
    about: "how long undoing a saga may take before it needs attention",
    ..FARE_DEADLINE
};
const SECS: &str = "a whole number from 1 to 604800";

/// How long sagas may take, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn deadlines_of(environment: &Environment) -> Result<Deadlines, ConfigError> {
    let secs = |variable: &Variable| {
        environment.number(variable, 1..=604_800).map(|secs| u32::try_from(secs).unwrap_or(u32::MAX))
    };
    Ok(Deadlines {
        fare_secs: secs(&FARE_DEADLINE)?,
        order_secs: secs(&ORDER_DEADLINE)?,
        unwinding_secs: secs(&UNWINDING)?,
    })
}

/// Booking, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn service(environment: &Environment) -> Result<Service, ConfigError> {
    let (hooks, _live) = settings::hooks(environment)?;
    let key = environment.secret(&KEY, &KEY_FILE)?;
    let key = PublicKey::from_base64(&key).map_err(|error| KEY.error(&format!("holds no key; a key is {error}")))?;
    let names = Settings::read(environment)?.names;
    let request_topics = [Channel::FareRequests, Channel::OrderRequests].map(|channel| names.topic(channel));
    let booking = Booking { key, request_topics, deadlines: deadlines_of(environment)?, hooks };
    Ok(Service::new(booking, NoEffects))
}
