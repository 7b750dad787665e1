//! The map as two AWS `CloudFormation` templates: what holds state, and what runs.
//!
//! They are two stacks, because they change and go at different times: the services are replaced with each release and
//! can be taken away and put back, while messages and tables stay (`docs/adr/0025-two-stacks.md`).
//!
//! **Invariant:** what the map decides is rendered from the same [`Topology`] and the same
//! [`permissions`](crate::permissions()) that are provisioned, drawn and tested.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `parameters.rs` | what a person chooses, and which choices do not go together |
//! | `messages.rs` | topics, queues, their policies, subscriptions |
//! | `storage.rs` | the key, the tables, the secret |
//! | `roles.rs` | what each service may do, and what ECS may do to start it |
//! | `alarms.rs` | logs, what is counted in them, and alarms |
//! | `services.rs` | tasks, services and how they scale |

mod alarms;
mod messages;
mod parameters;
mod roles;
mod services;
mod storage;
mod tags;

use saga::topology::{Names, Topology};
use serde_json::{Map as Fields, Value, json};

use crate::{Map, topology, yaml};

/// The parameter that stands before every name.
const PREFIX: &str = "Prefix";

/// The longest template that `CloudFormation` takes from the command line, in bytes
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
pub const TEMPLATE_MAX: usize = 51_200;

/// One of the two stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// Topics, queues, tables, the key, roles, logs and alarms: what `ensemble provision` makes, and what AWS needs
    /// besides.
    Topology,
    /// The services on ECS Fargate.
    Services,
}

impl Stack {
    /// Both, in the order in which they are deployed.
    pub const ALL: [Self; 2] = [Self::Topology, Self::Services];

    /// The file of its template, from the root of the repository.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Topology => "infra/cloudformation/template.yaml",
            Self::Services => "infra/cloudformation/services.yaml",
        }
    }
}

/// The template of a stack.
#[must_use]
pub fn cloudformation(map: &Map, stack: Stack) -> String {
    let names = Names::in_template(PREFIX);
    let drawn = Drawn { topology: topology::of_map(map, &names), names, map };
    let (name, about, parameters, rules) = match stack {
        Stack::Topology => ("topology", "topics, queues, tables, roles, alarms", parameters::of_topology(), None),
        Stack::Services => ("services", "the services", parameters::of_services(), Some(parameters::rules())),
    };
    let sections = [
        ("AWSTemplateFormatVersion", Some(json!("2010-09-09"))),
        ("Description", Some(json!(format!("Ensemble, choreographed sagas on Amazon SNS and SQS: {about}")))),
        ("Parameters", Some(parameters)),
        ("Rules", rules),
        ("Conditions", Some(parameters::conditions(stack))),
        ("Resources", Some(drawn.resources(stack))),
        ("Outputs", Some(drawn.outputs(stack)).filter(|outputs| *outputs != json!({}))),
    ];
    let sections = sections.iter().filter_map(|(name, section)| Some((*name, tags::Tags(section.as_ref()?))));
    yaml::document(&format!("ensemble render cloudformation {name}"), sections)
}

/// What is drawn: a map, and its topology under names that are filled in where it is deployed.
struct Drawn<'a> {
    map: &'a Map,
    names: Names,
    topology: Topology,
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
        let shared = shared.chain([
            (storage::KEY.to_owned(), arn(storage::KEY)),
            (storage::SECRET.to_owned(), reference(storage::SECRET)),
        ]);
        let shared =
            shared.map(|(id, value)| (id.clone(), json!({ "Value": value, "Export": { "Name": exported(&id) } })));
        shown.chain(shared).collect::<Fields<_, _>>().into()
    }

    fn queue_id(&self, name: &str) -> String {
        format!("{}Queue", camel(self.names.short(name)))
    }

    fn topic_id(&self, name: &str) -> String {
        format!("{}Topic", camel(self.names.short(name)))
    }

    fn table_id(&self, name: &str) -> String {
        format!("{}Table", camel(self.names.short(name)))
    }
}

/// Resources, by logical id.
#[derive(Default)]
struct Resources(Fields<String, Value>);

impl Resources {
    fn add(&mut self, id: &str, kind: &str, properties: Value) {
        self.add_with(id, kind, properties, json!({}));
    }

    /// A resource that goes with the stack, but is kept where an update replaces it.
    fn add_kept(&mut self, id: &str, kind: &str, properties: Value) {
        self.add_with(id, kind, properties, json!({ "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Retain" }));
    }

    /// A resource that is made after another one.
    fn add_after(&mut self, first: &str, id: &str, kind: &str, properties: Value) {
        self.add_with(id, kind, properties, json!({ "DependsOn": first }));
    }

    fn add_with(&mut self, id: &str, kind: &str, properties: Value, mut resource: Value) {
        set(&mut resource, "Type", kind.into());
        set(&mut resource, "Properties", properties);
        self.0.insert(id.to_owned(), resource);
    }
}

/// Sets a field of an object.
fn set(object: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(field.to_owned(), value);
    }
}

fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

fn get(id: &str, attribute: &str) -> Value {
    json!({ "Fn::GetAtt": [id, attribute] })
}

fn arn(id: &str) -> Value {
    get(id, "Arn")
}

fn either(condition: &str, yes: &Value, no: &Value) -> Value {
    json!({ "Fn::If": [condition, yes, no] })
}

/// A property that is absent.
fn absent() -> Value {
    reference("AWS::NoValue")
}

/// The name under which the topology's stack tells the services' stack of a resource.
fn exported(id: &str) -> Value {
    sub(&format!("${{{PREFIX}}}-{id}"))
}

/// A resource of the topology's stack, in the services' stack.
fn imported(id: &str) -> Value {
    json!({ "Fn::ImportValue": exported(id) })
}

/// A name as a logical id: letters and digits only.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(word).collect()
}

#[cfg(test)]
mod tests;
