//! Access policies as `AddPermission` and `RemovePermission` write them. They are stored, and nobody reads them.
//!
//! **Invariant:** a change is made in full or refused; statements that others wrote are kept as they are.

use serde_json::{Value, json};

const LABEL_LENGTH_MAX: usize = 80;

/// AWS numbers the accounts with this many digits.
const ACCOUNT_LENGTH: usize = 12;

/// Whom to permit what.
#[derive(Debug)]
pub(crate) struct Permission<'a> {
    pub(crate) label: &'a str,
    pub(crate) accounts: &'a [String],
    pub(crate) actions: &'a [String],
}

/// What can be permitted.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    /// `SNS` or `SQS`.
    pub(crate) service: &'static str,
    pub(crate) actions: &'static [&'static str],
    /// The topic or the queue.
    pub(crate) resource: &'a str,
}

/// Why a policy is left as it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No accounts or no actions.
    Empty,
    Label,
    Account(String),
    Action(String),
    /// Another statement has this label.
    Taken,
    /// No statement has this label.
    NotFound,
    /// What is there is not a policy, and why.
    Unreadable(String),
}

/// The policy with one statement more.
pub(crate) fn add(policy: Option<&str>, scope: &Scope<'_>, permission: &Permission<'_>) -> Result<String, Refusal> {
    let Permission { label, accounts, actions } = permission;
    let labelled = (1..=LABEL_LENGTH_MAX).contains(&label.len())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !labelled {
        return Err(Refusal::Label);
    }
    if accounts.is_empty() || actions.is_empty() {
        return Err(Refusal::Empty);
    }
    let is_account = |id: &&String| id.len() == ACCOUNT_LENGTH && id.chars().all(|c| c.is_ascii_digit());
    if let Some(other) = accounts.iter().find(|id| !is_account(id)) {
        return Err(Refusal::Account(other.clone()));
    }
    if let Some(other) = actions.iter().find(|action| !scope.actions.contains(&action.as_str())) {
        return Err(Refusal::Action(other.clone()));
    }
    let Scope { service, resource, .. } = scope;
    let mut policy = match policy {
        Some(text) => read(text)?,
        None => json!({ "Version": "2008-10-17", "Id": format!("{resource}/{service}DefaultPolicy"), "Statement": [] }),
    };
    let statements = statements(&mut policy)?;
    if statements.iter().any(|statement| has_label(statement, label)) {
        return Err(Refusal::Taken);
    }
    let principals = accounts.iter().map(|id| json!(format!("arn:aws:iam::{id}:root")));
    let actions = actions.iter().map(|action| json!(format!("{service}:{action}")));
    statements.push(json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": { "AWS": one_or_many(principals) },
        "Action": one_or_many(actions),
        "Resource": resource,
    }));
    Ok(policy.to_string())
}

/// The policy without the statement of this label; `None` if it was the only one.
pub(crate) fn remove(policy: Option<&str>, label: &str) -> Result<Option<String>, Refusal> {
    let mut policy = read(policy.ok_or(Refusal::NotFound)?)?;
    let statements = statements(&mut policy)?;
    let before = statements.len();
    statements.retain(|statement| !has_label(statement, label));
    if statements.len() == before {
        return Err(Refusal::NotFound);
    }
    let none_left = statements.is_empty();
    Ok((!none_left).then(|| policy.to_string()))
}

fn read(policy: &str) -> Result<Value, Refusal> {
    serde_json::from_str(policy).map_err(|error| Refusal::Unreadable(error.to_string()))
}

/// The statements of a policy, which may have one outside of a list.
fn statements(policy: &mut Value) -> Result<&mut Vec<Value>, Refusal> {
    let unreadable = |reason: &str| Refusal::Unreadable(reason.to_owned());
    let policy = policy.as_object_mut().ok_or_else(|| unreadable("it is not an object"))?;
    let statements = policy.entry("Statement").or_insert_with(|| json!([]));
    if statements.is_object() {
        *statements = json!([statements.take()]);
    }
    statements.as_array_mut().ok_or_else(|| unreadable("its Statement is not a list"))
}

fn has_label(statement: &Value, label: &str) -> bool {
    statement.get("Sid").and_then(Value::as_str) == Some(label)
}

fn one_or_many(values: impl Iterator<Item = Value>) -> Value {
    let mut values: Vec<Value> = values.collect();
    match values.len() {
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(policy: Option<&str>, label: &str) -> Result<String, Refusal> {
        let scope = Scope { service: "SQS", actions: &["SendMessage"], resource: "arn:q" };
        let (accounts, actions) = (["000000000001".to_owned()], ["SendMessage".to_owned()]);
        add(policy, &scope, &Permission { label, accounts: &accounts, actions: &actions })
    }

    #[test]
    fn a_statement_outside_of_a_list_is_kept() {
        let policy = permitted(Some(r#"{"Statement":{"Sid":"mine","Effect":"Deny"}}"#), "ours").unwrap();
        assert_eq!(permitted(Some(&policy), "mine"), Err(Refusal::Taken));
        let policy = remove(Some(&policy), "ours").unwrap().unwrap();
        let policy: Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(policy["Statement"], json!([{ "Sid": "mine", "Effect": "Deny" }]));
    }

    #[test]
    fn what_is_not_a_policy_is_left_alone() {
        for text in ["no JSON", "[]", r#"{"Statement":1}"#] {
            assert!(matches!(permitted(Some(text), "label"), Err(Refusal::Unreadable(_))), "{text}");
            assert!(matches!(remove(Some(text), "label"), Err(Refusal::Unreadable(_))), "{text}");
        }
        assert_eq!(remove(None, "label"), Err(Refusal::NotFound));
    }
}
