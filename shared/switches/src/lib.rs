//! The settings that several services of fares and orders have in common.

use runtime::{ConfigError, Environment, Variable};

/// The crates of these services, none of which logs a body.
pub const CRATES: &[&str] = &[
    "booking",
    "card",
    "choreography",
    "contracts",
    "ensemble",
    "fulfillment",
    "gateway",
    "notifier",
    "payment",
    "switches",
];

/// Every variable here.
pub const VARIABLES: &[&Variable] = &[&HOOKS, &GATEWAY_MODE];

/// Whether the forced failures of the workshops are honoured.
pub const HOOKS: Variable = Variable {
    name: "ENSEMBLE_HOOKS",
    default: Some("off"),
    allowed: "on or off; never on beside a live gateway",
    about: "honours the forced failures, such as a customerId that ends with fail_auth",
};

/// Whether real money moves at the payment gateway.
pub const GATEWAY_MODE: Variable = Variable {
    name: "ENSEMBLE_GATEWAY_MODE",
    default: Some("simulated"),
    allowed: "simulated or live",
    about: "whether real money moves at the payment gateway",
};

/// Reads [`HOOKS`] and [`GATEWAY_MODE`]: whether the hooks are on, and whether the gateway is live.
///
/// # Errors
///
/// [`ConfigError`] for a value that is not allowed, or for both at once: a random id often looks like a hook.
pub fn hooks(environment: &Environment) -> Result<(bool, bool), ConfigError> {
    let hooks = environment.switch(&HOOKS)?;
    let live = environment.read(&GATEWAY_MODE, |text| match text {
        "simulated" => Some(false),
        "live" => Some(true),
        _ => None,
    })?;
    if hooks && live {
        return Err(HOOKS.error("is on, and ENSEMBLE_GATEWAY_MODE is live"));
    }
    Ok((hooks, live))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn hooks_are_off_unless_asked_for_and_refused_beside_a_live_gateway() {
        let read = |variables: &[(&str, &str)]| hooks(&environment(variables)).map_err(|error| error.variable);
        assert_eq!(read(&[]), Ok((false, false)));
        assert_eq!(read(&[("ENSEMBLE_HOOKS", "on")]), Ok((true, false)));
        assert_eq!(read(&[("ENSEMBLE_GATEWAY_MODE", "live")]), Ok((false, true)));
        assert_eq!(read(&[("ENSEMBLE_HOOKS", "on"), ("ENSEMBLE_GATEWAY_MODE", "live")]), Err("ENSEMBLE_HOOKS"));
        assert_eq!(read(&[("ENSEMBLE_HOOKS", "maybe")]), Err("ENSEMBLE_HOOKS"));
        assert_eq!(read(&[("ENSEMBLE_GATEWAY_MODE", "test")]), Err("ENSEMBLE_GATEWAY_MODE"));
    }
}
