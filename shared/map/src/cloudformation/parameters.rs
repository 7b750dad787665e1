//! What a person chooses at a deployment, and which choices do not go together.
//!
//! **Invariant:** every default is the safe one: no public address, nothing deletable by accident.

use serde_json::{Value, json};
use wire::SagaKind;

use super::parts::{PREFIX, Stack, camel, reference};
use crate::Map;

/// Whether tables are protected from deletion.
pub(super) const PROTECTED: &str = "IsProtected";
/// Whether alarms are told to somebody.
pub(super) const TOLD: &str = "AlarmsAreTold";

pub(super) fn of_topology() -> Value {
    json!({
        PREFIX: prefix(),
        "OldestMessageSecs": number(300, "age of a waiting message that raises an alarm"),
        "ErrorsPercent": number(5, "warnings and errors, for each hundred messages, that raise an alarm"),
        "AlarmTopicArn": text("", "^(arn:aws[a-z-]*:sns:.+)?$", "the topic that alarms are sent to; empty: none"),
        "LogRetentionDays": {
            "Type": "Number", "Default": 30, "AllowedValues": [1, 7, 14, 30, 90, 180, 365],
            "Description": "how long logs are kept",
        },
        "DeletionProtection": switch("on", "off: the tables go when the stack is deleted"),
    })
}

pub(super) fn of_services(map: &Map) -> Value {
    let mut parameters = json!({
        PREFIX: prefix(),
        "Repository": text("ensemble", "^[a-z0-9][a-z0-9._/-]*$", "the ECR repository of this account with the image"),
        "ImageTag": required("^[A-Za-z0-9][A-Za-z0-9._-]*$", "the image to run"),
        "Architecture": chosen("ARM64", &["ARM64", "X86_64"], "of the image"),
        "VpcId": required("^vpc-[0-9a-f]+$", "where the services run"),
        "Subnets": {
            "Type": "List<AWS::EC2::Subnet::Id>",
            "Description": "of the services; AWS, and what they call, can be reached from there",
        },
        "AssignPublicIp": chosen("DISABLED", &["DISABLED", "ENABLED"], "ENABLED in subnets without NAT or endpoints"),
        "MinTasks": number(2, "tasks of each service at least"),
        "MaxTasks": number(20, "tasks of each service at most"),
        "BacklogPerTask": number(100, "messages that wait, for each task, at which a service scales out"),
        "UnwindingSecs": number(900, "how long undoing a saga may take before it needs attention"),
    });
    let deadline = |kind| (deadline_of(kind), number(900, &format!("how long a saga of the kind {kind} may take")));
    if let Some(parameters) = parameters.as_object_mut() {
        parameters.extend(map.lexicon.kinds.iter().copied().map(deadline));
        parameters.extend(map.deployment.parameters.clone());
    }
    parameters
}

/// The parameter that sets how long a saga of this kind may take.
pub(super) fn deadline_of(kind: SagaKind) -> String {
    format!("{}DeadlineSecs", camel(kind.as_str()))
}

pub(super) fn conditions(map: &Map, stack: Stack) -> Value {
    match stack {
        Stack::Topology => {
            json!({ PROTECTED: is("DeletionProtection", "on"), TOLD: not(&is("AlarmTopicArn", "")) })
        }
        Stack::Services => map.deployment.conditions.clone().into(),
    }
}

/// Whether a parameter has this value.
#[must_use]
pub fn is(parameter: &str, value: &str) -> Value {
    json!({ "Fn::Equals": [reference(parameter), value] })
}

/// Whether a condition does not hold.
#[must_use]
pub fn not(condition: &Value) -> Value {
    json!({ "Fn::Not": [condition] })
}

fn prefix() -> Value {
    text("ensemble", "^[A-Za-z0-9_-]{1,40}$", "stands before the name of every topic, queue and table")
}

/// A parameter without a default.
#[must_use]
pub fn required(pattern: &str, about: &str) -> Value {
    json!({ "Type": "String", "AllowedPattern": pattern, "Description": about })
}

/// A parameter that is a text.
#[must_use]
pub fn text(default: &str, pattern: &str, about: &str) -> Value {
    json!({ "Type": "String", "Default": default, "AllowedPattern": pattern, "Description": about })
}

/// A parameter that is one of these.
#[must_use]
pub fn chosen(default: &str, among: &[&str], about: &str) -> Value {
    json!({ "Type": "String", "Default": default, "AllowedValues": among, "Description": about })
}

/// A parameter that is `on` or `off`.
#[must_use]
pub fn switch(default: &str, about: &str) -> Value {
    chosen(default, &["on", "off"], about)
}

fn number(default: u32, about: &str) -> Value {
    json!({ "Type": "Number", "Default": default, "MinValue": 1, "Description": about })
}
