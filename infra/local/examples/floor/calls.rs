//! The calls of a fare on which everything goes well, as the services make them.

use serde_json::{Value, json};

use crate::Outcome;
use crate::http::Connection;

/// What is done with the messages of a queue.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) queue: &'static str,
    /// Of a record, by number.
    pub(crate) writes: &'static [usize],
    /// The topic, the attribute by which subscriptions filter, and its value.
    pub(crate) publishes: Option<(&'static str, &'static str, &'static str)>,
}

/// In the order of a fare.
pub(crate) const HOPS: [Hop; 6] = [
    Hop { queue: "booking", writes: &[0], publishes: Some(("booking-events", "type", "fare_registered")) },
    Hop { queue: "payment", writes: &[1, 2], publishes: Some(("payment-events", "type", "payment_captured")) },
    Hop { queue: "fulfillment", writes: &[3], publishes: Some(("fulfillment-events", "type", "account_credited")) },
    Hop { queue: "booking-answers", writes: &[4], publishes: Some(("booking-events", "type", "fare_completed")) },
    Hop { queue: "notifier", writes: &[], publishes: Some(("notifications", "IsSuccessful", "true")) },
    Hop { queue: "success", writes: &[], publishes: None },
];

/// Subscriptions: topic, queue, and the filter of those that are raw.
const SUBSCRIPTIONS: [(&str, &str, Option<&str>); 10] = [
    ("fare-requests", "booking", None),
    ("booking-events", "payment", Some(r#"{"type":["fare_registered","order_created"]}"#)),
    ("booking-events", "fulfillment", Some(r#"{"type":["unwinding_started"]}"#)),
    (
        "booking-events",
        "notifier",
        Some(
            r#"{"type":["fare_completed","fare_cancelled","fare_rejected","fare_needs_attention","order_completed","order_cancelled","order_rejected","order_needs_attention"]}"#,
        ),
    ),
    ("payment-events", "booking-answers", Some(r#"{"type":["payment_declined","payment_refunded"]}"#)),
    ("payment-events", "fulfillment", Some(r#"{"type":["payment_captured"]}"#)),
    ("fulfillment-events", "booking-answers", Some(r#"{"type":["account_credited","inventory_reserved"]}"#)),
    ("fulfillment-events", "payment", Some(r#"{"type":["account_credit_refused","inventory_refused"]}"#)),
    ("notifications", "success", Some(r#"{"IsSuccessful":["true"]}"#)),
    ("notifications", "failure", Some(r#"{"IsSuccessful":["false"]}"#)),
];

/// Creates tables, queues, topics and subscriptions.
pub(crate) fn provision(connection: &mut Connection) -> Outcome<()> {
    let saga = json!({ "AttributeName": "saga", "AttributeType": "S" });
    for table in ["booking", "payment", "fulfillment"] {
        let mut create = json!({
            "TableName": table,
            "AttributeDefinitions": [saga],
            "KeySchema": [{ "AttributeName": "saga", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        if let Some(create) = create.as_object_mut().filter(|_| table == "booking") {
            let text = |name| json!({ "AttributeName": name, "AttributeType": "S" });
            create.insert("AttributeDefinitions".into(), json!([saga, text("openShard"), text("dueAt")]));
            let key = json!([
                { "AttributeName": "openShard", "KeyType": "HASH" },
                { "AttributeName": "dueAt", "KeyType": "RANGE" },
            ]);
            let projection = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["state", "kind", "updatedAt"] });
            let index = json!([{ "IndexName": "open", "KeySchema": key, "Projection": projection }]);
            create.insert("GlobalSecondaryIndexes".into(), index);
        }
        connection.json("DynamoDB_20120810.CreateTable", &create.to_string())?;
    }
    for (topic, queue, filter) in SUBSCRIPTIONS {
        for name in [format!("{queue}-dlq"), queue.to_owned()] {
            let target = json!({ "deadLetterTargetArn": arn("sqs", &format!("{queue}-dlq")), "maxReceiveCount": 1000 });
            let policy = if name == queue { target.to_string() } else { String::new() };
            let attributes = json!({ "VisibilityTimeout": "30", "RedrivePolicy": policy });
            let create = json!({ "QueueName": name, "Attributes": attributes });
            connection.json("AmazonSQS.CreateQueue", &create.to_string())?;
        }
        connection.form(&format!("Action=CreateTopic&Version=2010-03-31&Name={topic}"))?;
        let mut subscribe = format!(
            "Action=Subscribe&Version=2010-03-31&Protocol=sqs&TopicArn={}&Endpoint={}",
            arn("sns", topic),
            arn("sqs", queue)
        );
        if let Some(filter) = filter {
            subscribe.push_str("&Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true");
            subscribe.push_str("&Attributes.entry.2.key=FilterPolicy&Attributes.entry.2.value=");
            subscribe.push_str(&encoded(filter));
        }
        connection.form(&subscribe)?;
    }
    Ok(())
}

/// The client's publish of fares.
pub(crate) fn request(sagas: &[String]) -> String {
    let entry = |saga: &String| {
        let body = json!({
            "requestId": saga, "customerId": "3", "fareId": "wr_563", "fareAmount": "$20.00",
            "cc": "2424 2424 2424 2424", "expiryDate": "12/22", "cvv": "111",
        });
        (body.to_string(), saga.clone())
    };
    batch("fare-requests", "requestId", sagas.iter().map(entry))
}

/// What follows from the messages of a queue.
pub(crate) fn publish(hop: &Hop, sagas: &[String]) -> Option<String> {
    let (topic, attribute, value) = hop.publishes?;
    Some(batch(topic, attribute, sagas.iter().map(|saga| (event(value, saga, 3), value.to_owned()))))
}

fn batch(topic: &str, attribute: &str, entries: impl Iterator<Item = (String, String)>) -> String {
    let topic = encoded(&arn("sns", topic));
    entries.zip(1..).fold(format!("Action=PublishBatch&Version=2010-03-31&TopicArn={topic}"), |form, (entry, number)| {
        let (body, value) = entry;
        let at = format!("PublishBatchRequestEntries.member.{number}");
        let of = format!("{at}.MessageAttributes.entry.1");
        let (id, body) = (number - 1, encoded(&body));
        format!(
            "{form}&{at}.Id={id}&{at}.Message={body}&{of}.Name={attribute}&{of}.Value.DataType=String&{of}.Value.StringValue={value}"
        )
    })
}

pub(crate) fn receive(queue: &str, port: u16) -> String {
    format!(
        r#"{{"QueueUrl":"http://127.0.0.1:{port}/000000000000/{queue}","MessageSystemAttributeNames":["ApproximateReceiveCount","SentTimestamp"],"MessageAttributeNames":["All"],"MaxNumberOfMessages":10,"VisibilityTimeout":30,"WaitTimeSeconds":1}}"#
    )
}

pub(crate) fn delete(queue: &str, port: u16, receipts: &[String]) -> String {
    let entry = |(at, receipt): (usize, &String)| json!({ "Id": at.to_string(), "ReceiptHandle": receipt });
    let entries: Vec<Value> = receipts.iter().enumerate().map(entry).collect();
    json!({ "QueueUrl": format!("http://127.0.0.1:{port}/000000000000/{queue}"), "Entries": entries }).to_string()
}

/// One of the five writes of a fare.
pub(crate) fn update(write: usize, saga: &str) -> String {
    let table = ["booking", "payment", "payment", "fulfillment", "booking"].get(write);
    let opens = write == 0;
    let closes = write == 4;
    let mut names = json!({
        "#version": "version", "#facts": "facts", "#at": "updatedAt", "#state": "state", "#announced": "announced",
    });
    let announced: Vec<Value> =
        (write != 1).then(|| json!({ "S": event("fare_registered", saga, write) })).into_iter().collect();
    let mut values = json!({
        ":announced": { "L": announced }, ":at": { "S": "2026-12-01T03:05:36.234Z" }, ":one": { "N": "1" },
        ":state": { "S": format!("after {write}") }, ":facts": { "S": facts(write) },
    });
    let mut set = "SET #state = :state, #facts = :facts, #announced = :announced, #at = :at".to_owned();
    let before = match write {
        2 => Some(1),
        4 => Some(0),
        _ => None,
    };
    if let (Some(names), Some(values)) = (names.as_object_mut(), values.as_object_mut()) {
        if opens {
            set.push_str(", openShard = :shard, dueAt = :due, #kind = :kind");
            names.insert("#kind".into(), "kind".into());
            values.insert(":shard".into(), json!({ "S": "open-3" }));
            values.insert(":due".into(), json!({ "S": "2026-12-01T03:20:36.210Z" }));
            values.insert(":kind".into(), json!({ "S": "fare" }));
        }
        if let Some(before) = before {
            values.insert(":expected_state".into(), json!({ "S": format!("after {before}") }));
            values.insert(":expected_facts".into(), json!({ "S": facts(before) }));
        }
    }
    let condition =
        before.map_or("attribute_not_exists(saga)", |_| "#state = :expected_state AND #facts = :expected_facts");
    let remove = if closes { "REMOVE stuck, openShard, dueAt" } else { "REMOVE stuck" };
    json!({
        "TableName": table,
        "Key": { "saga": { "S": saga } },
        "UpdateExpression": format!("{set} ADD #version :one {remove}"),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    })
    .to_string()
}

fn facts(write: usize) -> String {
    let fare = json!({
        "amount": { "currency": "USD", "minor": 2000 }, "customerId": "3", "fareAmount": "$20.00", "fareId": "wr_563",
    });
    json!({ "fare": fare, "steps": { "ChargeFare": { "write": write, "since": "2026-12-01T03:05:36.223Z" } } })
        .to_string()
}

/// An event of about the size that events have after this many steps.
fn event(kind: &str, saga: &str, steps: usize) -> String {
    let step = json!({ "step": "CreditCustomerAccount", "ok": true, "at": "2026-12-01T03:05:36.242Z" });
    json!({
        "specversion": "1.0", "id": "cc34f1aa-230c-53f0-8952-62d8c5217dfb", "source": "/ensemble/fulfillment", "type": kind,
        "subject": saga, "time": "2026-12-01T03:05:36.242Z", "datacontenttype": "application/json", "schemaversion": 1,
        "correlationid": saga, "causationid": "f0263cb6-bba2-5cdb-a93f-823d1bfbc960",
        "traceparent": "00-58ca20d6759756bba3d6963989d2ec5b-cc34f1aa230c53f0-01",
        "data": {
            "fare": {
                "customerId": "3", "fareId": "wr_563", "fareAmount": "$20.00",
                "amount": { "minor": 2000, "currency": "USD" },
            },
            "charge": { "chargeToken": "tok_bb95466adeca5e72a21199d91663ad03", "chargeId": "ch_9b23d9e14413554f88e61b2a1ef5ac23" },
            "deadline": "2026-12-01T03:20:36.21Z",
            "path": vec![step; steps],
        },
    })
    .to_string()
}

/// The saga that a message belongs to: a request in SNS's envelope, or an event.
pub(crate) fn saga_of(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let body = match body.get("Message").and_then(Value::as_str) {
        Some(message) => serde_json::from_str(message).ok()?,
        None => body,
    };
    let saga = body.get("requestId").or_else(|| body.get("subject"))?;
    saga.as_str().map(ToOwned::to_owned)
}

fn arn(service: &str, name: &str) -> String {
    format!("arn:aws:{service}:us-east-1:000000000000:{name}")
}

/// As it stands in a form.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
