//! Logs, what is counted in them, and the alarms that wake a person.
//!
//! **Invariant:** an alarm is about something that docs/runbook.md says what to do about.

use saga::Declaration;
use serde_json::{Value, json};

use super::parameters::TOLD;
use super::parts::{Drawn, Resources, absent, arn, camel, either, get, reference, sub};
use super::storage::KEY;

/// Seconds that one point of a metric covers.
const PERIOD_SECS: u32 = 60;

/// The name of a service's logs.
pub(super) fn log_name(service: &str) -> String {
    format!("/${{Prefix}}/{service}")
}

/// The logical id of a service's logs.
fn log_group(service: &str) -> String {
    format!("{}Logs", camel(service))
}

pub(super) fn draw(drawn: &Drawn<'_>, all: &mut Resources) {
    for declaration in &drawn.map.participants {
        draw_logs(declaration, all);
        draw_errors(drawn, declaration, all);
        if declaration.deadlines {
            draw_attention(declaration, all);
        }
    }
    let topology = &drawn.topology;
    let dlqs: Vec<&str> = topology.queues.iter().filter_map(|queue| queue.dlq.as_deref()).collect();
    let undelivered: Vec<&str> = topology.queues.iter().filter_map(|queue| topology.undelivered(&queue.name)).collect();
    let of_services = topology.queues.iter().filter(|queue| queue.dlq.is_some());
    let of_services: Vec<&str> = of_services.map(|queue| queue.name.as_str()).collect();
    let waiting = "ApproximateNumberOfMessagesVisible";
    let what = json!("dead letters wait for a person: ensemble parked list");
    alarm(all, "DeadLettersWait", &what, &among(drawn, &dlqs, waiting, &json!(0), 1));
    let what = json!("messages that SNS could not deliver wait for a person: ensemble queues");
    alarm(all, "UndeliveredMessagesWait", &what, &among(drawn, &undelivered, waiting, &json!(0), 1));
    let late = among(drawn, &of_services, "ApproximateAgeOfOldestMessage", &reference("OldestMessageSecs"), 5);
    let what = json!("a message waits too long for its service: ensemble queues");
    alarm(all, "MessagesAreLate", &what, &late);
}

fn draw_logs(declaration: &Declaration, all: &mut Resources) {
    let logs = json!({
        "LogGroupName": sub(&log_name(declaration.name)),
        "RetentionInDays": reference("LogRetentionDays"),
        "KmsKeyId": arn(KEY),
    });
    all.add_kept(&log_group(declaration.name), "AWS::Logs::LogGroup", logs);
}

/// Counts the log lines that this pattern finds
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>); answers with the metric.
fn counted(all: &mut Resources, declaration: &Declaration, what: &str, pattern: &str) -> Value {
    let name = format!("{}{what}", camel(declaration.name));
    let filter = json!({
        "LogGroupName": reference(&log_group(declaration.name)),
        "FilterPattern": pattern,
        "MetricTransformations": [{ "MetricNamespace": reference("Prefix"), "MetricName": name, "MetricValue": "1" }],
    });
    all.add(&format!("{name}Count"), "AWS::Logs::MetricFilter", filter);
    json!({ "Namespace": reference("Prefix"), "MetricName": name })
}

/// A saga that needs a person is committed as such once.
fn draw_attention(declaration: &Declaration, all: &mut Resources) {
    let pattern = r#"{ $.message = "StateCommitted" && $.state = "NeedsAttention" }"#;
    let needing = counted(all, declaration, "NeedsAttention", pattern);
    let mut some = json!({ "Statistic": "Sum", "Period": PERIOD_SECS, "EvaluationPeriods": 1, "Threshold": 0 });
    merge(&mut some, &needing);
    let what = json!("a saga needs a person: ensemble sagas --attention");
    alarm(all, "SagaNeedsAttention", &what, &some);
}

/// Warnings and errors, for each hundred messages that were received.
fn draw_errors(drawn: &Drawn<'_>, declaration: &Declaration, all: &mut Resources) {
    let pattern = r#"{ $.level = "ERROR" || $.level = "WARN" }"#;
    let errors = counted(all, declaration, "Errors", pattern);
    let input = |id: &str, metric: &Value| {
        let stat = json!({ "Metric": metric, "Period": PERIOD_SECS, "Stat": "Sum" });
        json!({ "Id": id, "MetricStat": stat, "ReturnData": false })
    };
    let (received, sum) = of_queues(declaration, "received");
    let received = received
        .iter()
        .map(|(id, queue)| input(id, &of_queue(drawn, &drawn.names.of_service(queue), "NumberOfMessagesReceived")));
    let rate = format!("100 * FILL(errors, 0) / IF({sum} > 0, {sum}, 1)");
    let rate = json!({ "Id": "rate", "Expression": rate, "Label": "errors in a hundred messages" });
    let metrics: Vec<Value> = std::iter::once(input("errors", &errors)).chain(received).chain([rate]).collect();
    let more_than = json!({ "Metrics": metrics, "Threshold": reference("ErrorsPercent"), "EvaluationPeriods": 5, "DatapointsToAlarm": 3 });
    let id = format!("{}HasErrors", camel(declaration.name));
    let what = sub(&format!("too many warnings and errors: aws logs tail {}", log_name(declaration.name)));
    alarm(all, &id, &what, &more_than);
}

/// The queues of a service, each with an id for a metric of it, and the sum over them: what SQS says nothing of, because
/// nobody used it for long, counts as zero.
pub(super) fn of_queues(declaration: &Declaration, id: &str) -> (Vec<(String, String)>, String) {
    let queues: Vec<_> =
        declaration.queues().enumerate().map(|(nth, queue)| (format!("{id}{}", nth + 1), queue)).collect();
    let filled: Vec<String> = queues.iter().map(|(id, _)| format!("FILL({id}, 0)")).collect();
    let sum = if filled.len() == 1 { filled.concat() } else { format!("({})", filled.join(" + ")) };
    (queues, sum)
}

fn of_queue(drawn: &Drawn<'_>, queue: &str, name: &str) -> Value {
    metric("AWS/SQS", name, &[("QueueName", get(&drawn.queue_id(queue), "QueueName"))])
}

/// A metric, by its dimensions.
pub(super) fn metric(namespace: &str, name: &str, dimensions: &[(&str, Value)]) -> Value {
    let dimensions: Vec<Value> =
        dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    json!({ "Namespace": namespace, "MetricName": name, "Dimensions": dimensions })
}

/// More than this at the fullest or the latest of some queues, for as many periods.
fn among(drawn: &Drawn<'_>, queues: &[&str], name: &str, more_than: &Value, periods: u32) -> Value {
    let inputs = queues.iter().enumerate().map(|(index, queue)| {
        let stat = json!({ "Metric": of_queue(drawn, queue, name), "Period": PERIOD_SECS, "Stat": "Maximum" });
        json!({ "Id": format!("q{index}"), "MetricStat": stat, "ReturnData": false })
    });
    let most = json!({ "Id": "most", "Expression": "MAX(METRICS())", "Label": "the most" });
    let metrics: Vec<Value> = inputs.chain([most]).collect();
    json!({ "Metrics": metrics, "Threshold": more_than, "EvaluationPeriods": periods })
}

fn alarm(all: &mut Resources, id: &str, what: &Value, about: &Value) {
    let told = json!([reference("AlarmTopicArn")]);
    let mut properties = json!({
        "AlarmDescription": what,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": either(TOLD, &told, &absent()),
    });
    merge(&mut properties, about);
    all.add(id, "AWS::CloudWatch::Alarm", properties);
}

fn merge(properties: &mut Value, more: &Value) {
    if let (Value::Object(properties), Value::Object(more)) = (properties, more) {
        properties.extend(more.clone());
    }
}
