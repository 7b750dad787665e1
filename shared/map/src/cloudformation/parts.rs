//! What the sections of a template are made of: names, resources, and the functions of `CloudFormation`.

use saga::Declaration;
use saga::topology::{Names, Topology};
use serde_json::{Map as Fields, Value, json};

use super::deployment::OfService;
use crate::Map;

/// The parameter that stands before every name.
pub(super) const PREFIX: &str = "Prefix";

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

/// What is drawn: a map, and its topology under names that are filled in where it is deployed.
pub(super) struct Drawn<'a> {
    pub(super) map: &'a Map,
    pub(super) names: Names,
    pub(super) topology: Topology,
}

impl Drawn<'_> {
    /// What a service needs besides what the map says.
    pub(super) fn of_service(&self, declaration: &Declaration) -> OfService {
        (self.map.deployment.of_service)(declaration)
    }

    pub(super) fn queue_id(&self, name: &str) -> String {
        format!("{}Queue", camel(self.names.short(name)))
    }

    pub(super) fn topic_id(&self, name: &str) -> String {
        format!("{}Topic", camel(self.names.short(name)))
    }

    pub(super) fn table_id(&self, name: &str) -> String {
        format!("{}Table", camel(self.names.short(name)))
    }
}

/// Resources, by logical id.
#[derive(Default)]
pub(super) struct Resources(pub(super) Fields<String, Value>);

impl Resources {
    pub(super) fn add(&mut self, id: &str, kind: &str, properties: Value) {
        self.add_with(id, kind, properties, json!({}));
    }

    /// A resource that goes with the stack, but is kept where an update replaces it.
    pub(super) fn add_kept(&mut self, id: &str, kind: &str, properties: Value) {
        self.add_with(id, kind, properties, json!({ "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Retain" }));
    }

    /// A resource that is made after another one.
    pub(super) fn add_after(&mut self, first: &str, id: &str, kind: &str, properties: Value) {
        self.add_with(id, kind, properties, json!({ "DependsOn": first }));
    }

    pub(super) fn add_with(&mut self, id: &str, kind: &str, properties: Value, mut resource: Value) {
        set(&mut resource, "Type", kind.into());
        set(&mut resource, "Properties", properties);
        self.0.insert(id.to_owned(), resource);
    }
}

/// Sets a field of an object.
pub(super) fn set(object: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(field.to_owned(), value);
    }
}

/// The value of a parameter, or the id of a resource.
#[must_use]
pub fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

pub(super) fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

pub(super) fn get(id: &str, attribute: &str) -> Value {
    json!({ "Fn::GetAtt": [id, attribute] })
}

pub(super) fn arn(id: &str) -> Value {
    get(id, "Arn")
}

/// One of two values.
#[must_use]
pub fn either(condition: &str, yes: &Value, no: &Value) -> Value {
    json!({ "Fn::If": [condition, yes, no] })
}

/// A property that is absent.
pub(super) fn absent() -> Value {
    reference("AWS::NoValue")
}

/// The name under which the topology's stack tells the services' stack of a resource.
pub(super) fn exported(id: &str) -> Value {
    sub(&format!("${{{PREFIX}}}-{id}"))
}

/// A resource of the topology's stack, in the services' stack.
pub(super) fn imported(id: &str) -> Value {
    json!({ "Fn::ImportValue": exported(id) })
}

/// A name as a logical id: letters and digits only.
pub(super) fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(word).collect()
}
