//! The template, deployed on `LocalStack` with the AWS CLI: it makes what `ensemble provision` makes.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::clients::Endpoint;
use crate::emulator::Emulator;
use crate::service_processes::ServiceProcesses;

/// `aws` with these arguments, at this endpoint; it must succeed. `infra/localstack/test.sh` has it on the PATH.
pub(crate) fn aws(url: &str, args: &[&str]) -> Value {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let identity =
        [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_DEFAULT_REGION", "us-east-1")];
    let mut aws = Command::new("aws");
    aws.args(["--endpoint-url", url, "--output", "json"]).args(args).envs(identity).current_dir(root);
    let ended = aws.output().expect("the AWS CLI is on the PATH");
    let err = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{args:?}: {err}");
    serde_json::from_slice(&ended.stdout).unwrap_or_default()
}

/// Deploys the topology's template under this prefix, as `docs/deploy.md` says.
pub(crate) fn deploy(url: &str, prefix: &str) {
    let prefix_is = format!("Prefix={prefix}");
    let stack = ["cloudformation", "deploy", "--template-file", "infra/cloudformation/template.yaml"];
    let options = ["--stack-name", prefix, "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", &prefix_is];
    aws(url, &[&stack[..], &options].concat());
}

/// The values that stand between these tags, as they are meant.
fn between<'a>(xml: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = String> + 'a {
    let parts = xml.split(open).skip(1).filter_map(move |rest| rest.split_once(close));
    parts.map(|(value, _)| value.replace("&quot;", "\"").replace("&amp;", "&"))
}

/// All that is called by an endpoint's prefix, by the AWS API, without the prefix and without what only AWS needs.
async fn described(endpoint: &Endpoint) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for kind in [tables(endpoint).await, queues(endpoint).await, subscriptions(endpoint).await] {
        all.extend(kind);
    }
    let text = serde_json::to_string(&all).unwrap();
    serde_json::from_str(&text.replace(endpoint.prefix(), "ensemble")).unwrap()
}

async fn tables(endpoint: &Endpoint) -> Vec<(String, Value)> {
    let names = endpoint.dynamodb("ListTables", &json!({})).await;
    let mut found = Vec::new();
    for name in names["TableNames"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
        if !name.starts_with(&endpoint.name("")) {
            continue;
        }
        let table = endpoint.dynamodb("DescribeTable", &json!({ "TableName": name })).await["Table"].take();
        let keys = |value: &Value| {
            let mut keys = value.as_array().cloned().unwrap_or_default();
            keys.sort_by_key(ToString::to_string);
            keys
        };
        let index = |index: &Value| json!([index["IndexName"], keys(&index["KeySchema"]), index["Projection"]]);
        let indexes: Vec<Value> = table["GlobalSecondaryIndexes"].as_array().into_iter().flatten().map(index).collect();
        let billing = &table["BillingModeSummary"]["BillingMode"];
        let what = json!([keys(&table["KeySchema"]), keys(&table["AttributeDefinitions"]), indexes, billing]);
        found.push((format!("table {name}"), what));
    }
    found
}

async fn queues(endpoint: &Endpoint) -> Vec<(String, Value)> {
    let urls = endpoint.sqs("ListQueues", &json!({ "QueueNamePrefix": endpoint.name("") })).await;
    let mut found = Vec::new();
    for url in urls["QueueUrls"].as_array().unwrap() {
        let asked = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let attributes = endpoint.sqs("GetQueueAttributes", &asked).await["Attributes"].take();
        let document = |name: &str| serde_json::from_str::<Value>(attributes[name].as_str().unwrap_or("null")).unwrap();
        // That nobody sends in the clear is for AWS: an emulator is spoken to in the clear.
        let statements = document("Policy")["Statement"].take();
        let statements = statements.as_array().into_iter().flatten().filter(|one| one["Effect"] == "Allow");
        let what = json!({
            "visibility": attributes["VisibilityTimeout"],
            "retention": attributes["MessageRetentionPeriod"],
            "redrive": loosely(&document("RedrivePolicy")),
            "redrivable": loosely(&document("RedriveAllowPolicy")),
            "policy": statements.map(loosely).collect::<Vec<_>>(),
        });
        found.push((format!("queue {}", url.as_str().unwrap().rsplit('/').next().unwrap()), what));
    }
    found
}

async fn subscriptions(endpoint: &Endpoint) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let topics = endpoint.sns("ListTopics", &[]).await;
    for topic in between(&topics, "<TopicArn>", "</TopicArn>").filter(|arn| arn.contains(&endpoint.name(""))) {
        found.push((format!("topic {topic}"), Value::Null));
        let listed = endpoint.sns("ListSubscriptionsByTopic", &[("TopicArn", &topic)]).await;
        for arn in between(&listed, "<SubscriptionArn>", "</SubscriptionArn>") {
            let got = endpoint.sns("GetSubscriptionAttributes", &[("SubscriptionArn", &arn)]).await;
            let names = between(&got, "<key>", "</key>");
            let attributes: BTreeMap<String, String> = names.zip(between(&got, "<value>", "</value>")).collect();
            let document = |name: &str| attributes.get(name).map(|text| serde_json::from_str::<Value>(text).unwrap());
            let what = json!([attributes["RawMessageDelivery"], document("FilterPolicy"), document("RedrivePolicy")]);
            found.push((format!("subscription of {} to {topic}", attributes["Endpoint"]), what));
        }
    }
    found
}

/// Numbers as texts, and a list of one as its element: as policies may be given back.
fn loosely(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        Value::Array(items) if items.len() == 1 => loosely(&items[0]),
        Value::Array(items) => items.iter().map(loosely).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), loosely(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

mod localstack {
    use super::*;

    #[tokio::test]
    async fn the_template_makes_what_provision_makes() {
        let scenario = "the_template_makes_what_provision_makes";
        let Some((one, other)) = Emulator::localstack(scenario).zip(Emulator::localstack(scenario)) else { return };
        let provisioned = ServiceProcesses::at(one, &[]).await.aws;
        let deployed = ServiceProcesses::before(other, &[]).await.aws;
        deploy(&deployed.url, deployed.prefix());
        let made = [described(&provisioned).await, described(&deployed).await];
        assert_eq!(made[0].len(), 5 + 19 + 6 + 11, "{:#?}", made[0].keys());
        assert_eq!(made[0], made[1]);
    }
}
