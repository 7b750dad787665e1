//! The key that everything at rest is encrypted with, the tables, and the secrets.
//!
//! **Invariant:** no table goes by accident: deletion is refused while it is protected, and a replaced one is kept.

use saga::topology::Table;
use serde_json::{Value, json};

use super::parameters::PROTECTED;
use super::parts::{Drawn, Resources, arn, either, set, sub};

/// The logical id of the key.
pub(super) const KEY: &str = "Key";

pub(super) fn draw(drawn: &Drawn<'_>, all: &mut Resources) {
    let key = json!({
        "Description": sub("${Prefix}: messages, tables and logs"),
        "EnableKeyRotation": true,
        "KeyPolicy": { "Version": "2012-10-17", "Statement": key_statements() },
    });
    all.add_kept(KEY, "AWS::KMS::Key", key);
    all.add("KeyAlias", "AWS::KMS::Alias", json!({ "AliasName": sub("alias/${Prefix}"), "TargetKeyId": arn(KEY) }));
    for table in &drawn.topology.tables {
        all.add_kept(&drawn.table_id(&table.name), "AWS::DynamoDB::Table", properties(table));
    }
    for secret in &drawn.map.deployment.secrets {
        // Without a value: a key in a parameter would be in the shell's history and in the stack's.
        let name = sub(&format!("${{Prefix}}-{}", secret.name));
        let properties = json!({ "Name": name, "Description": secret.about, "KmsKeyId": arn(KEY) });
        all.add_kept(secret.id, "AWS::SecretsManager::Secret", properties);
    }
}

/// Who may use the key: the account, as IAM says; topics, to write into encrypted queues
/// (<https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html>); and the
/// logs of this stack
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>).
fn key_statements() -> Value {
    json!([
        {
            "Sid": "TheAccountDecides",
            "Effect": "Allow",
            "Principal": { "AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root") },
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "TopicsMayUse",
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": { "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } },
        },
        {
            "Sid": "LogsMayUse",
            "Effect": "Allow",
            "Principal": { "Service": sub("logs.${AWS::Region}.amazonaws.com") },
            "Action": ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            "Resource": "*",
            "Condition": { "ArnLike": { "kms:EncryptionContext:aws:logs:arn":
                sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/${Prefix}/*") } },
        },
    ])
}

fn properties(table: &Table) -> Value {
    let index = table.index.as_ref();
    let of_index = index.into_iter().flat_map(|index| [&index.key, &index.sort]);
    let keys = std::iter::once(&table.key).chain(&table.sort).chain(of_index);
    let attributes: Vec<Value> = keys.map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
    let mut properties = json!({
        "TableName": sub(&table.name),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(&table.key, table.sort.as_ref()),
        "DeletionProtectionEnabled": either(PROTECTED, &json!(true), &json!(false)),
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": arn(KEY) },
    });
    if let Some(index) = index {
        set(
            &mut properties,
            "GlobalSecondaryIndexes",
            json!([{
                "IndexName": index.name,
                "KeySchema": key_schema(&index.key, Some(&index.sort)),
                "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": index.includes },
            }]),
        );
    }
    properties
}

fn key_schema(key: &str, sort: Option<&String>) -> Value {
    let keys = std::iter::once((key, "HASH")).chain(sort.map(|sort| (sort.as_str(), "RANGE")));
    keys.map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind })).collect()
}
