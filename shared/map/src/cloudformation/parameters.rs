//! What a person chooses at a deployment, and which choices do not go together.
//!
//! **Invariant:** every default is the safe one: no hooks, no trial, no public address, nothing deletable by accident.

use contracts::SagaKind;
use serde_json::{Value, json};

use super::parts::{PREFIX, Stack, camel, reference};

/// Whether this is a stack in which no money moves.
pub(super) const TRIAL: &str = "IsTrial";
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

pub(super) fn of_services() -> Value {
    let gateway = "where the payment gateway is, over TLS on port 443; none in a trial";
    let mut parameters = json!({
        PREFIX: prefix(),
        "Trial": switch("off", "on: the simulated payment gateway runs beside the service that charges, and no money moves"),
        "Hooks": switch("off", "on, in a trial only: forced failures, such as a customerId that ends with fail_auth"),
        "GatewayUrl": text("", r"^(https://[A-Za-z0-9.-]+(/[^?#\s]*)?)?$", gateway),
        "Repository": text("ensemble", "^[a-z0-9][a-z0-9._/-]*$", "the ECR repository of this account with the image"),
        "ImageTag": required("^[A-Za-z0-9][A-Za-z0-9._-]*$", "the image to run"),
        "Architecture": chosen("ARM64", &["ARM64", "X86_64"], "of the image"),
        "CardPublicKey": required("^[A-Za-z0-9+/]{43}=$", "cards are sealed to it; `ensemble keys` prints it"),
        "VpcId": required("^vpc-[0-9a-f]+$", "where the services run"),
        "Subnets": {
            "Type": "List<AWS::EC2::Subnet::Id>",
            "Description": "of the services; AWS and the payment gateway can be reached from there",
        },
        "AssignPublicIp": chosen("DISABLED", &["DISABLED", "ENABLED"], "ENABLED in subnets without NAT or endpoints"),
        "MinTasks": number(2, "tasks of each service at least; one in a trial"),
        "MaxTasks": number(20, "tasks of each service at most; one beside the simulated gateway"),
        "BacklogPerTask": number(100, "messages that wait, for each task, at which a service scales out"),
        "UnwindingSecs": number(900, "how long undoing a saga may take before it needs attention"),
    });
    let deadline = |kind| (deadline_of(kind), number(900, &format!("how long a saga of the kind {kind} may take")));
    if let Some(parameters) = parameters.as_object_mut() {
        parameters.extend(SagaKind::ALL.map(deadline));
    }
    parameters
}

/// The parameter that sets how long a saga of this kind may take.
pub(super) fn deadline_of(kind: SagaKind) -> String {
    format!("{}DeadlineSecs", camel(kind.as_str()))
}

/// Refused before anything is created
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>).
pub(super) fn rules() -> Value {
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

pub(super) fn conditions(stack: Stack) -> Value {
    match stack {
        Stack::Topology => {
            json!({ PROTECTED: is("DeletionProtection", "on"), TOLD: not(&is("AlarmTopicArn", "")) })
        }
        Stack::Services => json!({ TRIAL: is("Trial", "on") }),
    }
}

fn is(parameter: &str, value: &str) -> Value {
    json!({ "Fn::Equals": [reference(parameter), value] })
}

fn not(condition: &Value) -> Value {
    json!({ "Fn::Not": [condition] })
}

fn prefix() -> Value {
    text("ensemble", "^[A-Za-z0-9_-]{1,40}$", "stands before the name of every topic, queue and table")
}

fn required(pattern: &str, about: &str) -> Value {
    json!({ "Type": "String", "AllowedPattern": pattern, "Description": about })
}

fn text(default: &str, pattern: &str, about: &str) -> Value {
    json!({ "Type": "String", "Default": default, "AllowedPattern": pattern, "Description": about })
}

fn chosen(default: &str, among: &[&str], about: &str) -> Value {
    json!({ "Type": "String", "Default": default, "AllowedValues": among, "Description": about })
}

fn switch(default: &str, about: &str) -> Value {
    chosen(default, &["on", "off"], about)
}

fn number(default: u32, about: &str) -> Value {
    json!({ "Type": "Number", "Default": default, "MinValue": 1, "Description": about })
}
