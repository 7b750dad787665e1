//! The map as two AWS `CloudFormation` templates: what holds state, and what runs.
//!
//! They are two stacks, because they change and go at different times: the services are replaced with each release and
//! can be taken away and put back, while messages and tables stay (`docs/adr/0025-two-stacks.md`).
//!
//! **Invariant:** what the map decides is rendered from the same [`Topology`](saga::Topology) and the same
//! [`permissions`](crate::permissions()) that are provisioned, drawn and tested.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `parts.rs` | what the sections are made of |
//! | `parameters.rs` | what a person chooses, and which choices do not go together |
//! | `messages.rs` | topics, queues, their policies, subscriptions |
//! | `storage.rs` | the key, the tables, the secrets |
//! | `deployment.rs` | what a choreography needs besides what the map says |
//! | `roles.rs` | what each service may do, and what ECS may do to start it |
//! | `alarms.rs` | logs, what is counted in them, and alarms |
//! | `services.rs` | tasks, services and how they scale |

mod alarms;
mod deployment;
mod messages;
mod parameters;
mod parts;
mod roles;
mod services;
mod storage;
mod tags;

use saga::Declaration;
use saga::topology::Names;
use serde_json::{Map as Fields, Value, json};

use crate::{Map, topology, yaml};
use parts::{Drawn, PREFIX, Resources, arn, exported};

pub use deployment::{Deployment, Helper, OfService, Secret};
pub use parameters::{chosen, is, not, required, switch, text};
pub use parts::{Stack, either, reference};

/// The longest template that `CloudFormation` takes from the command line, in bytes
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
pub const TEMPLATE_MAX: usize = 51_200;

/// The template of a stack.
///
/// # Examples
///
/// ```
/// use ensemble_map::cloudformation::{Stack, cloudformation};
/// # use ensemble_map::Map;
/// # let map = Map::of::<parcel::Event>(&parcel::participants(), |_| None);
///
/// let template = cloudformation(&map, Stack::Topology);
/// assert!(template.contains("AWS::SQS::Queue") && template.contains("AWS::DynamoDB::Table"));
/// ```
#[must_use]
pub fn cloudformation(map: &Map, stack: Stack) -> String {
    let drawn = Drawn::of(map);
    let (name, about, parameters, rules) = match stack {
        Stack::Topology => ("topology", "topics, queues, tables, roles, alarms", parameters::of_topology(), None),
        Stack::Services => {
            ("services", "the services", parameters::of_services(map), Some(map.deployment.rules.clone().into()))
        }
    };
    let empty = |section: &Value| *section == json!({});
    let sections = [
        ("AWSTemplateFormatVersion", Some(json!("2010-09-09"))),
        ("Description", Some(json!(format!("Ensemble, choreographed sagas on Amazon SNS and SQS: {about}")))),
        ("Parameters", Some(parameters)),
        ("Rules", rules.filter(|rules| !empty(rules))),
        ("Conditions", Some(parameters::conditions(map, stack)).filter(|conditions| !empty(conditions))),
        ("Resources", Some(drawn.resources(stack))),
        ("Outputs", Some(drawn.outputs(stack)).filter(|outputs| !empty(outputs))),
    ];
    let sections = sections.iter().filter_map(|(name, section)| Some((*name, tags::Tags(section.as_ref()?))));
    yaml::document(&format!("ensemble render cloudformation {name}"), sections)
}

/// The container of a service, as the services' template has it.
#[must_use]
pub fn container(map: &Map, declaration: &Declaration) -> Value {
    services::container(&Drawn::of(map), declaration)
}

impl<'a> Drawn<'a> {
    fn of(map: &'a Map) -> Self {
        let names = Names::in_template(PREFIX);
        Self { topology: topology(map, &names), names, map }
    }
}

impl Drawn<'_> {
    fn resources(&self, stack: Stack) -> Value {
        let mut all = Resources::default();
        match stack {
            Stack::Topology => {
                storage::draw(self, &mut all);
                messages::draw(self, &mut all);
                roles::draw(self, &mut all);
                alarms::draw(self, &mut all);
            }
            Stack::Services => services::draw(self, &mut all),
        }
        Value::Object(all.0)
    }

    /// What a person needs next, where to publish and where to watch; and what the services are made of.
    fn outputs(&self, stack: Stack) -> Value {
        if stack == Stack::Services {
            return json!({});
        }
        let topics = self.topology.topics.iter().filter(|topic| topic.ends_with("-requests"));
        let topics = topics.map(|topic| self.topic_id(topic));
        let queues = [true, false].map(|successful| self.queue_id(&self.names.outcomes(successful)));
        let shown = topics.chain(queues).map(|id| (id.clone(), json!({ "Value": reference(&id) })));
        let roles = self.map.participants.iter().map(|declaration| roles::task_role(declaration.name));
        let shared = roles.map(|id| (id.clone(), arn(&id)));
        let secrets = self.map.deployment.secrets.iter().map(|secret| (secret.id.to_owned(), reference(secret.id)));
        let shared = shared.chain([(storage::KEY.to_owned(), arn(storage::KEY))]).chain(secrets);
        let shared =
            shared.map(|(id, value)| (id.clone(), json!({ "Value": value, "Export": { "Name": exported(&id) } })));
        shown.chain(shared).collect::<Fields<_, _>>().into()
    }
}

#[cfg(test)]
mod tests;
