use super::*;

fn resources(stack: Stack) -> Value {
    Drawn::of(&crate::tests::map()).resources(stack)
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
    assert_eq!(imported.len(), crate::tests::map().participants.len(), "{imported:?}");
    for name in imported {
        let exported = format!("Export: {{Name: !Sub \"{}\"}}", name["Fn::Sub"].as_str().unwrap());
        assert!(topology.contains(&exported), "{exported}");
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
