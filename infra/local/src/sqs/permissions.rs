//! `AddPermission` and `RemovePermission`, which write the queue's policy.
//!
//! **Invariant:** the attribute `Policy` is what they leave, as if it had been set by hand.

use rustack_sqs_model::input::{AddPermissionInput, RemovePermissionInput};

use crate::policy::{self, Permission, Refusal, Scope};
use crate::sqs::error::{Error, Kind};
use crate::sqs::service::Sqs;

/// What can be permitted.
const ACTIONS: [&str; 7] = [
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ReceiveMessage",
    "SendMessage",
];

pub(super) fn add(sqs: &Sqs, input: &AddPermissionInput) -> Result<(), Error> {
    let AddPermissionInput { queue_url, label, aws_account_ids: accounts, actions } = input;
    let queue = sqs.by_url(queue_url)?;
    let scope = Scope { service: "SQS", actions: &ACTIONS, resource: &queue.arn };
    queue.configure(|state| {
        let changed = policy::add(state.attributes.policy.as_deref(), &scope, &Permission { label, accounts, actions });
        state.attributes.policy = Some(changed.map_err(|refusal| refused(refusal, label))?);
        Ok(())
    })
}

pub(super) fn remove(sqs: &Sqs, input: &RemovePermissionInput) -> Result<(), Error> {
    let RemovePermissionInput { queue_url, label } = input;
    sqs.by_url(queue_url)?.configure(|state| {
        let changed = policy::remove(state.attributes.policy.as_deref(), label);
        state.attributes.policy = changed.map_err(|refusal| refused(refusal, label))?;
        Ok(())
    })
}

fn refused(refusal: Refusal, label: &str) -> Error {
    let invalid = |value: &str, parameter: &str, reason: &str| {
        Error::invalid(format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}"))
    };
    match refusal {
        Refusal::Empty => Error::new(
            Kind::MissingParameter,
            "The request must contain the parameters AWSAccountIds and Actions, with one member at least.",
        ),
        Refusal::Label => invalid(
            label,
            "Label",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
        ),
        Refusal::Account(account) => invalid(&account, "AWSAccountIds", "An account has 12 digits."),
        Refusal::Action(action) => {
            invalid(&action, "Actions", &format!("What can be permitted is {}.", ACTIONS.join(", ")))
        }
        Refusal::Taken => invalid(label, "Label", "Already exists."),
        Refusal::NotFound => invalid(label, "Label", "Can't find label."),
        Refusal::Unreadable(reason) => Error::new(
            Kind::InvalidAttributeValue,
            format!("The attribute Policy of the queue is not a policy: {reason}."),
        ),
    }
}
