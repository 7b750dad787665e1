//! `ensemble sagas` where there are very many.

use std::collections::BTreeMap;

use contracts::SagaId;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::harness::wait_for;
use crate::service_processes::ServiceProcesses;

/// How many sagas are open; every fourth is overdue, and every fifth is of an order.
const SAGAS: u64 = 10_000;

/// Items of one call.
const WRITES_MAX: usize = 25;

/// Puts sagas onto the list: each is a copy of one that booking has registered.
async fn fill(services: &ServiceProcesses) {
    let saga = services.fare("r", "3").await;
    let get = json!({ "TableName": "ensemble-booking", "Key": { "saga": { "S": saga } } });
    let template = wait_for("a registered fare", async || {
        let found = services.aws.dynamodb("GetItem", &get).await;
        found.get("Item").cloned()
    })
    .await;
    let delete = json!({ "TableName": "ensemble-booking", "Key": { "saga": { "S": saga } } });
    services.aws.dynamodb("DeleteItem", &delete).await;
    let put = |index: u64| {
        let mut item = template.clone();
        let saga = SagaId::of_request("test", &index.to_string());
        let year = if index.is_multiple_of(4) { 2020 } else { 2999 };
        let due = format!("{year}-01-01T00:{:02}:{:02}.{:03}Z", index / 1000, index % 60, index % 1000);
        let kind = if index.is_multiple_of(5) { "order" } else { "fare" };
        for (name, value) in [
            ("saga", saga.to_string()),
            ("openShard", saga::List::Open.shard_of(saga)),
            ("dueAt", due),
            ("kind", kind.to_owned()),
        ] {
            item[name] = json!({ "S": value });
        }
        json!({ "PutRequest": { "Item": item } })
    };
    let puts: Vec<Value> = (0..SAGAS).map(put).collect();
    for chunk in puts.chunks(WRITES_MAX) {
        services.aws.dynamodb("BatchWriteItem", &json!({ "RequestItems": { "ensemble-booking": chunk } })).await;
    }
}

/// What was called of the database between two looks.
fn called(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let more = |(name, count): (&String, &u64)| (name.clone(), count - before.get(name).unwrap_or(&0));
    after.iter().map(more).filter(|(name, count)| name.starts_with("dynamodb:") && *count > 0).collect()
}

#[tokio::test]
async fn of_ten_thousand_open_sagas_only_those_that_are_shown_are_looked_at_and_no_table_is_scanned() {
    let mut services = ServiceProcesses::at(Emulator::Embedded, &[]).await;
    services.run("booking", &["booking"], &[]);
    fill(&services).await;
    services.stop("booking").await;
    for (args, total, overdue, shown, batches) in [
        (&["sagas", "--overdue"][..], 2_500, 2_500, 100, 3),
        (&["sagas"], 10_000, 2_500, 100, 3),
        (&["sagas", "--open", "--saga", "order", "--limit", "7"], 2_000, 500, 7, 3),
        (&["sagas", "--overdue", "--limit", "0"], 2_500, 2_500, 2_500, 75),
        (&["sagas", "--attention"], 0, 0, 0, 0),
    ] {
        let before = services.aws.calls().await;
        let lines = services.json(args).await;
        let calls = called(&before, &services.aws.calls().await);
        let totals = &lines[0];
        let expected = [total, overdue, shown].map(|count| json!(count));
        assert_eq!(["total", "overdue", "shown"].map(|name| totals[name].clone()), expected, "{args:?}");
        assert_eq!(lines.len(), shown + 1);
        assert_eq!(calls.get("dynamodb:BatchGetItem").copied().unwrap_or_default(), batches, "{args:?}: {calls:?}");
        let others: Vec<_> =
            calls.keys().filter(|name| !name.ends_with(":Query") && !name.ends_with("BatchGetItem")).collect();
        assert!(others.is_empty(), "{args:?}: {calls:?}");
        let due = lines[1..].iter().map(|line| line["due"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap());
        let due: Vec<_> = due.collect();
        assert!(due.is_sorted(), "those due longest come first");
        assert!(lines[1..].iter().all(|line| line["waits"][0]["service"] == "payment"), "{args:?}");
    }
}
