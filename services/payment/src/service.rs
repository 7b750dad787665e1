//! Payment as a service: its settings.

use card::PrivateKey;
use contracts::Event;
use runtime::{ConfigError, Environment, Service, Variable};
use saga::step::Steps;
use url::Url;
use zeroize::Zeroizing;

use crate::adapter::HttpGateway;
use crate::effects::{Effect, GatewayEffects, Reply};

/// Every variable of payment.
pub const VARIABLES: &[&Variable] = &[&CARD_KEY, &CARD_KEY_FILE, &GATEWAY_URL];

/// The key with which payment opens cards.
pub const CARD_KEY: Variable = Variable {
    name: "ENSEMBLE_CARD_PRIVATE_KEY",
    default: None,
    allowed: "an X25519 private key in base64, as `ensemble keys` prints it",
    about: "payment opens cards with this key",
};
/// The same, in a file.
pub const CARD_KEY_FILE: Variable = Variable {
    name: "ENSEMBLE_CARD_PRIVATE_KEY_FILE",
    default: None,
    allowed: "the path of a file that holds the key",
    about: "the same, in a file",
};
/// Where the payment gateway is.
pub const GATEWAY_URL: Variable = Variable {
    name: "ENSEMBLE_GATEWAY_URL",
    default: Some("http://127.0.0.1:4567/"),
    allowed: "an https:// URL; or http:// on this machine, or on another with ENSEMBLE_ALLOW_REMOTE_ENDPOINT on",
    about: "where the payment gateway is; its certificate is checked against the system's, or SSL_CERT_FILE",
};

/// Joins payment, with hooks or without, to the gateway that the environment names.
pub(crate) fn joined(
    environment: &Environment,
    payment: fn(bool) -> Steps<Event, Effect, Reply>,
) -> Result<Service, ConfigError> {
    // Refuses forced failures beside a live gateway, also where only payment is told of them.
    let (hooks, _live) = switches::hooks(environment)?;
    let key = environment.secret(&CARD_KEY, &CARD_KEY_FILE).map(Zeroizing::new)?;
    let key =
        PrivateKey::from_base64(&key).map_err(|error| CARD_KEY.error(&format!("holds no key; a key is {error}")))?;
    Ok(Service::new(payment(hooks), GatewayEffects::new(gateway_of(environment)?, key)))
}

/// The gateway that the environment names.
///
/// # Errors
///
/// [`ConfigError`] for an address to which cards must not be sent.
pub fn gateway_of(environment: &Environment) -> Result<HttpGateway, ConfigError> {
    let of_web = |url: &Url| ["http", "https"].contains(&url.scheme());
    let url = environment.read(&GATEWAY_URL, |text| Url::parse(text).ok().filter(of_web))?;
    if !runtime::may_send_to(environment, url.as_str())? {
        return Err(GATEWAY_URL.error("is on another machine, and cards would be sent there in the clear"));
    }
    HttpGateway::new(url).map_err(|error| GATEWAY_URL.error(&error.0))
}
