//! `AddPermission` and `RemovePermission` of both services.

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::code;
use crate::world::{World, queue_arn};

#[tokio::test]
async fn a_permission_of_a_queue_stands_in_its_policy_until_it_is_removed() {
    let world = World::start();
    let queue = world.queue("q").await;
    let add = |label: &str, account: &str, action: &str| {
        let add = world.sqs.add_permission().queue_url(&queue).label(label);
        add.aws_account_ids(account).actions(action).send()
    };
    let policy = async || {
        let get = world.sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::Policy);
        let attributes = get.send().await.unwrap().attributes.unwrap_or_default();
        attributes.get(&QueueAttributeName::Policy).map(|text| serde_json::from_str::<Value>(text).unwrap())
    };
    add("one", "000000000001", "SendMessage").await.unwrap();
    add("two", "000000000002", "*").await.unwrap();
    let statement = |label: &str, account: &str, action: &str| {
        json!({
            "Sid": label,
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": format!("SQS:{action}"),
            "Resource": queue_arn("q"),
        })
    };
    let two = statement("two", "000000000002", "*");
    assert_eq!(policy().await.unwrap()["Statement"], json!([statement("one", "000000000001", "SendMessage"), two]));

    for (label, account, action) in [
        ("one", "000000000001", "SendMessage"),
        ("a b", "000000000001", "SendMessage"),
        ("three", "1", "SendMessage"),
        ("three", "000000000001", "Nonsense"),
    ] {
        assert_eq!(code!(add(label, account, action).await), "InvalidParameterValue", "{label} {account} {action}");
    }
    let remove = |label: &str| world.sqs.remove_permission().queue_url(&queue).label(label).send();
    assert_eq!(code!(remove("three").await), "InvalidParameterValue");
    remove("one").await.unwrap();
    assert_eq!(policy().await.unwrap()["Statement"], json!([two]));
    remove("two").await.unwrap();
    assert_eq!(policy().await, None);
}

#[tokio::test]
async fn a_permission_of_a_topic_stands_in_its_policy_until_it_is_removed() {
    let world = World::start();
    let topic = world.topic("t").await;
    let add = |label: &str, account: &str, action: &str| {
        let add = world.sns.add_permission().topic_arn(&topic).label(label);
        add.aws_account_id(account).action_name(action).send()
    };
    let labels = async || {
        let get = world.sns.get_topic_attributes().topic_arn(&topic).send().await.unwrap();
        let policy: Value = serde_json::from_str(&get.attributes.unwrap()["Policy"]).unwrap();
        let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
        statements.iter().map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    add("one", "000000000001", "Publish").await.unwrap();
    add("two", "000000000002", "Subscribe").await.unwrap();
    assert_eq!(labels().await, ["one", "two"]);
    for (label, account, action) in
        [("one", "000000000001", "Publish"), ("three", "1", "Publish"), ("three", "000000000001", "Nonsense")]
    {
        assert_eq!(code!(add(label, account, action).await), "InvalidParameter", "{label} {account} {action}");
    }
    let remove = |label: &str| world.sns.remove_permission().topic_arn(&topic).label(label).send();
    assert_eq!(code!(remove("three").await), "InvalidParameter");
    remove("one").await.unwrap();
    remove("two").await.unwrap();
    assert!(labels().await.is_empty());
}
