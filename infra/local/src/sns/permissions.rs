//! `AddPermission` and `RemovePermission`, which write the topic's policy.
//!
//! **Invariant:** the attribute `Policy` is what they leave, as if it had been set by hand.

use crate::policy::{self, Permission, Refusal, Scope};
use crate::query::Params;
use crate::sns::error::Error;
use crate::sns::parameters::required;
use crate::sns::service::Sns;

/// What can be permitted.
const ACTIONS: [&str; 9] = [
    "AddPermission",
    "DeleteTopic",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "Publish",
    "Receive",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
];

const POLICY: &str = "Policy";

pub(super) fn add(sns: &Sns, params: &Params) -> Result<(), Error> {
    let (arn, label) = (required(params, "TopicArn")?, required(params, "Label")?);
    let (accounts, actions) = (params.texts("AWSAccountId"), params.texts("ActionName"));
    let scope = Scope { service: "SNS", actions: &ACTIONS, resource: arn };
    let permission = Permission { label, accounts: &accounts, actions: &actions };
    sns.topics.change(arn, |topic| {
        let policy = topic.attributes.get(POLICY).map(String::as_str).filter(|policy| !policy.is_empty());
        let changed = policy::add(policy, &scope, &permission).map_err(refused)?;
        topic.attributes.insert(POLICY.to_owned(), changed);
        Ok(())
    })?
}

pub(super) fn remove(sns: &Sns, params: &Params) -> Result<(), Error> {
    let (arn, label) = (required(params, "TopicArn")?, required(params, "Label")?);
    sns.topics.change(arn, |topic| {
        let policy = topic.attributes.get(POLICY).map(String::as_str).filter(|policy| !policy.is_empty());
        match policy::remove(policy, label).map_err(refused)? {
            Some(changed) => topic.attributes.insert(POLICY.to_owned(), changed),
            None => topic.attributes.remove(POLICY),
        };
        Ok(())
    })?
}

fn refused(refusal: Refusal) -> Error {
    let reason = match refusal {
        Refusal::Empty => "AWSAccountId and ActionName Reason: there must be one member at least".to_owned(),
        Refusal::Label => "Label Reason: must be 1 to 80 alphanumeric characters, hyphens or underscores".to_owned(),
        Refusal::Account(account) => format!("AWSAccountId Reason: {account} is not an account of 12 digits"),
        Refusal::Action(action) => {
            format!("ActionName Reason: {action} cannot be permitted; what can is {}", ACTIONS.join(", "))
        }
        Refusal::Taken => "Label Reason: Statement already exists".to_owned(),
        Refusal::NotFound => "Label Reason: Statement does not exist".to_owned(),
        Refusal::Unreadable(reason) => format!("Policy Reason: the attribute of the topic is not a policy: {reason}"),
    };
    Error::invalid(&reason)
}
