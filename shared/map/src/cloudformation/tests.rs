use super::parts::either;
use super::*;

fn resources(stack: Stack) -> Value {
    let (map, names) = (crate::tests::map(), Names::in_template(PREFIX));
    Drawn { topology: topology(&map, &names), names, map: &map }.resources(stack)
}

/// Every value of this field, wherever it stands.
fn found<'a>(value: &'a Value, field: &str, all: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            all.extend(fields.get(field));
            fields.values().for_each(|value| found(value, field, all));
        }
        Value::Array(items) => items.iter().for_each(|value| found(value, field, all)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_templates_are_small_enough_to_be_sent_as_they_are() {
    for stack in Stack::ALL {
        let size = cloudformation(&crate::tests::map(), stack).len();
        assert!(size < TEMPLATE_MAX, "{stack:?}: {size} bytes");
    }
}

#[test]
fn what_the_services_import_the_topology_exports() {
    let (services, topology) = (resources(Stack::Services), cloudformation(&crate::tests::map(), Stack::Topology));
    let mut imported = Vec::new();
    found(&services, "Fn::ImportValue", &mut imported);
    assert_eq!(imported.len(), crate::tests::map().participants.len() + 3, "{imported:?}");
    for name in imported {
        let exported = format!("Export: {{Name: !Sub \"{}\"}}", name["Fn::Sub"].as_str().unwrap());
        assert!(topology.contains(&exported), "{exported}");
    }
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
    for declaration in &crate::tests::map().participants {
        let container = services::container(declaration);
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

#[test]
fn outside_of_a_trial_hooks_are_off_and_the_gateway_is_live() {
    for declaration in &crate::tests::map().participants {
        let environment = services::environment(declaration);
        let value = |name| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let live = either("IsTrial", &json!("simulated"), &json!("live"));
        assert_eq!(value("ENSEMBLE_GATEWAY_MODE"), Some(live));
        let off = either("IsTrial", &json!({ "Ref": "Hooks" }), &json!("off"));
        assert_eq!(value("ENSEMBLE_HOOKS"), Some(off));
    }
}

#[test]
fn no_role_may_do_everything_or_anything_to_everything() {
    for (stack, may_be_wild) in [(Stack::Topology, 0), (Stack::Services, crate::tests::map().participants.len())] {
        let all = resources(stack);
        let roles = all.as_object().unwrap().values().filter(|resource| resource["Type"] == roles::ROLE);
        let mut wild = 0;
        for role in roles {
            let (mut actions, mut on) = (Vec::new(), Vec::new());
            found(&role["Properties"]["Policies"], "Action", &mut actions);
            found(&role["Properties"]["Policies"], "Resource", &mut on);
            let actions = actions.into_iter().flat_map(|actions| actions.as_array().unwrap());
            for action in actions.map(|action| action.as_str().unwrap()) {
                assert!(!action.contains('*'), "{action}");
            }
            // The token with which ECR is called is given for no repository in particular.
            wild += on.iter().filter(|resource| **resource == "*").count();
        }
        assert_eq!(wild, may_be_wild, "{stack:?}");
    }
}

/// What a rule's function comes to, with these parameters.
fn holds(function: &Value, parameters: &[(&str, &str)]) -> bool {
    let text = |value: &Value| match value["Ref"].as_str() {
        Some(name) => parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).unwrap().to_owned(),
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
        let rules = parameters::rules();
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
