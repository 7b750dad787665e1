//! What each service's task may do, and what starts it.
//!
//! **Invariant:** one role for each service, with exact ARNs; the only `*` is the token for ECR, which has no resource.

use saga::Declaration;
use serde_json::{Value, json};

use super::alarms::log_name;
use super::parts::{Drawn, Resources, arn, camel, imported, reference, set, sub};
use super::storage::KEY;
use crate::permissions::{Permission, Resource, permissions};
use crate::topology::OPEN;

/// The logical id of the role in which a service's code runs.
pub(super) fn task_role(service: &str) -> String {
    format!("{}Role", camel(service))
}

pub(super) fn draw(drawn: &Drawn<'_>, all: &mut Resources) {
    for declaration in &drawn.map.participants {
        let granted = permissions(declaration, &drawn.names);
        let mut statements: Vec<Value> = granted.iter().map(|permission| statement(drawn, permission)).collect();
        statements.push(key_use(declaration));
        all.add(&task_role(declaration.name), ROLE, role(&statements));
    }
}

pub(super) const ROLE: &str = "AWS::IAM::Role";

fn statement(drawn: &Drawn<'_>, permission: &Permission) -> Value {
    let resource = match &permission.resource {
        Resource::Queue(name) => arn(&drawn.queue_id(name)),
        Resource::Topic(name) => reference(&drawn.topic_id(name)),
        Resource::Table(name) => arn(&drawn.table_id(name)),
        Resource::Index(table) => sub(&format!("${{{}.Arn}}/index/{OPEN}", drawn.table_id(table))),
    };
    allowed(&permission.actions, &resource)
}

/// The key, through the services of AWS that hold what is encrypted with it, and no other way
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>).
fn key_use(declaration: &Declaration) -> Value {
    let mut actions = vec!["kms:Decrypt", "kms:GenerateDataKey"];
    let mut through = vec!["sns", "sqs"];
    if declaration.stateful {
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
        actions.extend(["kms:DescribeKey", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"]);
        through.push("dynamodb");
    }
    let through: Vec<Value> =
        through.iter().map(|service| sub(&format!("{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"))).collect();
    let mut statement = allowed(&actions, &arn(KEY));
    set(&mut statement, "Condition", json!({ "StringEquals": { "kms:ViaService": through } }));
    statement
}

/// The role with which ECS starts a service: pulls the image, takes the logs, and hands over the secrets that the service needs
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>).
pub(super) fn execution_role(drawn: &Drawn<'_>, declaration: &Declaration) -> Value {
    let repository = "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/${Repository}";
    let logs = format!(
        "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{}:*",
        log_name(declaration.name)
    );
    let pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
    let mut statements = vec![
        allowed(&["ecr:GetAuthorizationToken"], &json!("*")),
        allowed(&pull, &sub(repository)),
        allowed(&["logs:CreateLogStream", "logs:PutLogEvents"], &sub(&logs)),
    ];
    let secrets = drawn.of_service(declaration).secrets;
    for (_, id) in &secrets {
        statements.push(allowed(&["secretsmanager:GetSecretValue"], &imported(id)));
    }
    if !secrets.is_empty() {
        statements.push(allowed(&["kms:Decrypt"], &imported(KEY)));
    }
    role(&statements)
}

fn allowed(actions: &[&str], resource: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// A role that only tasks of this account's ECS may take on
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>).
fn role(statements: &[Value]) -> Value {
    let trust = json!({
        "Effect": "Allow",
        "Principal": { "Service": "ecs-tasks.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } },
            "ArnLike": { "aws:SourceArn": sub("arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*") },
        },
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    json!({
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [trust] },
        "Policies": [{ "PolicyName": "granted", "PolicyDocument": policy }],
    })
}
