//! What the services of fares and orders need on AWS besides what the map says: keys for cards, a payment gateway, and a
//! trial in which no money moves.
//!
//! **Invariant:** forced failures are on only in a trial, and a trial has only the simulated gateway, which runs beside
//! payment and is reached by nobody else.

use map::cloudformation::{Deployment, Helper, OfService, Secret, either, is, not, reference, required, switch, text};
use saga::{Declaration, Door};
use serde_json::{Map, Value, json};

/// Whether this is a stack in which no money moves.
pub const TRIAL: &str = "IsTrial";

/// The secret that holds the key with which payment opens cards.
const PRIVATE_KEY: Secret =
    Secret { id: "CardPrivateKey", name: "card-private-key", about: "cards are opened with it" };

/// Where the simulated gateway listens, inside the task.
const SIMULATED_GATEWAY: &str = "http://127.0.0.1:4567/";

/// The deployment.
#[must_use]
pub fn deployment() -> Deployment {
    Deployment {
        parameters: fields(parameters()),
        rules: fields(rules()),
        conditions: fields(json!({ TRIAL: is("Trial", "on") })),
        secrets: vec![PRIVATE_KEY],
        small_if: Some(TRIAL),
        of_service,
    }
}

/// What a service needs: one that seals cards the public key, one that opens cards the private key and a gateway.
#[must_use]
pub fn of_service(declaration: &Declaration) -> OfService {
    let mut environment = vec![
        ("ENSEMBLE_GATEWAY_MODE".to_owned(), either(TRIAL, &json!("simulated"), &json!("live"))),
        ("ENSEMBLE_HOOKS".to_owned(), either(TRIAL, &reference("Hooks"), &json!("off"))),
    ];
    if seals_cards(declaration) {
        environment.push(("ENSEMBLE_CARD_PUBLIC_KEY".to_owned(), reference("CardPublicKey")));
    }
    if !opens_cards(declaration) {
        return OfService { environment, ..OfService::default() };
    }
    let url = either(TRIAL, &json!(SIMULATED_GATEWAY), &reference("GatewayUrl"));
    environment.push(("ENSEMBLE_GATEWAY_URL".to_owned(), url));
    let hooks = vec![("ENSEMBLE_HOOKS".to_owned(), reference("Hooks"))];
    let gateway = Helper { name: "gateway", command: &["gateway"], environment: hooks, only_if: TRIAL };
    OfService { environment, secrets: vec![("ENSEMBLE_CARD_PRIVATE_KEY", PRIVATE_KEY.id)], helper: Some(gateway) }
}

fn parameters() -> Value {
    let gateway = "where the payment gateway is, over TLS on port 443; none in a trial";
    json!({
        "Trial": switch("off", "on: the simulated payment gateway runs beside the service that charges, and no money moves"),
        "Hooks": switch("off", "on, in a trial only: forced failures, such as a customerId that ends with fail_auth"),
        "GatewayUrl": text("", r"^(https://[A-Za-z0-9.-]+(/[^?#\s]*)?)?$", gateway),
        "CardPublicKey": required("^[A-Za-z0-9+/]{43}=$", "cards are sealed to it; `ensemble keys` prints it"),
    })
}

/// Refused before anything is created
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>).
fn rules() -> Value {
    let asserted = |what: &Value, why: &str| json!([{ "Assert": what, "AssertDescription": why }]);
    let no_hooks = "Hooks: forced failures beside a real payment gateway are refused; set Trial=on";
    let no_gateway = "GatewayUrl: a trial has the simulated payment gateway; leave it empty";
    let gateway = "GatewayUrl: name the payment gateway, or set Trial=on";
    json!({
        "HooksAreForTrials": { "RuleCondition": is("Hooks", "on"), "Assertions": asserted(&is("Trial", "on"), no_hooks) },
        "TrialsHaveNoGateway": {
            "RuleCondition": is("Trial", "on"),
            "Assertions": asserted(&is("GatewayUrl", ""), no_gateway),
        },
        "OthersHaveAGateway": {
            "RuleCondition": is("Trial", "off"),
            "Assertions": asserted(&not(&is("GatewayUrl", "")), gateway),
        },
    })
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// Whether a service seals cards: it hears what clients ask for, and answers with an event beside which a card travels.
fn seals_cards(declaration: &Declaration) -> bool {
    let of_clients = declaration.reactions.iter().filter(|reaction| Door::of(reaction.to) == Door::Clients);
    of_clients.flat_map(|reaction| reaction.answers).any(|answer| answer.beside().is_some())
}

/// Whether a service opens cards: it hears an event beside which a card travels.
fn opens_cards(declaration: &Declaration) -> bool {
    declaration.reactions.iter().any(|reaction| reaction.to.beside().is_some())
}

#[cfg(test)]
mod tests {
    use map::cloudformation::container;

    use super::*;

    #[test]
    fn outside_of_a_trial_hooks_are_off_and_the_gateway_is_live() {
        for declaration in &crate::map().participants {
            let environment = of_service(declaration).environment;
            let value = |name| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            let live = either("IsTrial", &json!("simulated"), &json!("live"));
            assert_eq!(value("ENSEMBLE_GATEWAY_MODE"), Some(live));
            let off = either("IsTrial", &json!({ "Ref": "Hooks" }), &json!("off"));
            assert_eq!(value("ENSEMBLE_HOOKS"), Some(off));
        }
    }

    /// What a rule's function comes to, with these parameters.
    fn holds(function: &Value, parameters: &[(&str, &str)]) -> bool {
        let text = |value: &Value| match value["Ref"].as_str() {
            Some(name) => {
                parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).unwrap().to_owned()
            }
            None => value.as_str().unwrap().to_owned(),
        };
        let (name, arguments) = function.as_object().unwrap().iter().next().unwrap();
        match (name.as_str(), arguments.as_array().unwrap().as_slice()) {
            ("Fn::Equals", [one, other]) => text(one) == text(other),
            ("Fn::Not", [one]) => !holds(one, parameters),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hooks_beside_a_real_gateway_and_a_stack_without_any_gateway_are_refused() {
        let url = "https://payments.example.com/";
        let refusing = |trial, hooks, gateway| -> Vec<String> {
            let parameters = [("Trial", trial), ("Hooks", hooks), ("GatewayUrl", gateway)];
            let rules = rules();
            let broken = rules.as_object().unwrap().iter().filter(|(_, rule)| {
                let mut assertions = rule["Assertions"].as_array().unwrap().iter();
                holds(&rule["RuleCondition"], &parameters)
                    && !assertions.all(|assertion| holds(&assertion["Assert"], &parameters))
            });
            broken.map(|(name, _)| name.clone()).collect()
        };
        let nothing: [&str; 0] = [];
        assert_eq!(refusing("off", "off", url), nothing);
        assert_eq!(refusing("on", "off", ""), nothing);
        assert_eq!(refusing("on", "on", ""), nothing);
        assert_eq!(refusing("off", "on", url), ["HooksAreForTrials"]);
        assert_eq!(refusing("on", "on", url), ["TrialsHaveNoGateway"]);
        assert_eq!(refusing("off", "off", ""), ["OthersHaveAGateway"]);
    }

    #[test]
    fn a_service_is_given_every_setting_without_a_default_and_none_that_nobody_reads() {
        let read = |name: &str| -> Vec<(&'static str, bool)> {
            let variables = match name {
                "booking" => &booking::VARIABLES,
                "payment" => payment::VARIABLES,
                _ => &[],
            };
            variables.iter().map(|variable| (variable.name, variable.default.is_none())).collect()
        };
        let common = ["AWS_REGION", "ENSEMBLE_ACCOUNT", "ENSEMBLE_GATEWAY_MODE", "ENSEMBLE_HOOKS", "ENSEMBLE_PREFIX"];
        let map = crate::map();
        for declaration in &map.participants {
            let container = container(&map, declaration);
            let mut given: Vec<&str> = Vec::new();
            for place in ["Environment", "Secrets"] {
                let variables = container[place].as_array().into_iter().flatten();
                given.extend(variables.map(|variable| variable["Name"].as_str().unwrap()));
            }
            let read = read(declaration.name);
            for (name, is_required) in &read {
                let is_file = name.ends_with("_FILE");
                assert!(!is_required || is_file || given.contains(name), "{}: {name}", declaration.name);
            }
            for name in given {
                let is_read = common.contains(&name) || read.iter().any(|(known, _)| *known == name);
                assert!(is_read, "{}: {name}", declaration.name);
            }
        }
    }
}
