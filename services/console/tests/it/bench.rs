//! `ensemble bench`: what it counts and verifies. No test looks at how long anything took.

use serde_json::Value;

use crate::harness::{Ended, Env, Process, ensemble, wait_for};

/// Every figure, as a JSON pointer.
const FIGURES: [&str; 32] = [
    "/saga",
    "/mix",
    "/rate",
    "/verified",
    "/openMost",
    "/seconds",
    "/publishedPerSecond",
    "/sagasPerSecond/wholeRun",
    "/sagasPerSecond/middle80",
    "/latencyMs/p50",
    "/latencyMs/p95",
    "/latencyMs/p99",
    "/latencyMs/max",
    "/calls",
    "/perSaga/writes",
    "/perSaga/writeUnits",
    "/perSaga/readUnits",
    "/perSaga/emptyReceives",
    "/tables/booking/bytesPerItem",
    "/tables/booking/items",
    "/processes/endpoint/cpuSecondsPer1000",
    "/processes/booking/cpuSecondsPer1000",
    "/processes/load/peakMemoryMib",
    "/cpuSecondsPer1000",
    "/caveat",
    "/dollarsPerMillion/sns",
    "/dollarsPerMillion/sqs",
    "/dollarsPerMillion/dynamodb",
    "/dollarsPerMillion/total",
    "/dollarsPerMillion/stepFunctions",
    "/dollarsPerMillion/transitionsPerSaga",
    "/prices",
];

/// The one document of a run that went well.
fn document(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.err, "", "no progress where there is no terminal");
    let [document] = <[Value; 1]>::try_from(ended.json()).unwrap();
    document
}

fn number(document: &Value, pointer: &str) -> f64 {
    let found = document.pointer(pointer).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("{pointer} is no number: {document:#}"))
}

#[tokio::test]
async fn every_figure_of_twenty_fares_is_told_and_agrees_with_the_others() {
    let told = document(&ensemble(&["bench", "--count", "20", "--json"], &Env::new()).await);
    for pointer in FIGURES {
        assert!(told.pointer(pointer).is_some(), "{pointer} is missing: {told:#}");
    }
    assert_eq!((&told["saga"], &told["mix"], &told["rate"]), (&"fare".into(), &"happy".into(), &Value::Null));
    assert_eq!((number(&told, "/verified"), number(&told, "/openMost")), (20.0, 20.0));

    let calls = |name: &str| number(&told, &format!("/calls/{name}/calls"));
    assert_eq!(number(&told, "/perSaga/writes"), 5.0, "five conditional writes a fare: {told:#}");
    for name in ["sns:PublishBatch", "sqs:ReceiveMessage", "sqs:DeleteMessageBatch"] {
        let (calls, fill) = (calls(name), number(&told, &format!("/calls/{name}/fill")));
        assert!(calls > 0.0 && fill <= 10.0, "{name}: {told:#}");
    }
    assert!(told.pointer("/calls/sqs:GetQueueAttributes").is_none(), "what only the bench calls: {told:#}");
    assert_eq!(number(&told, "/tables/booking/items"), 20.0);
    assert!(number(&told, "/perSaga/writeUnits") >= 5.0, "{told:#}");

    let dollars = |of: &str| number(&told, &format!("/dollarsPerMillion/{of}"));
    let sum = dollars("sns") + dollars("sqs") + dollars("dynamodb");
    assert!((dollars("total") - sum).abs() < 0.001, "{told:#}");
    assert_eq!((dollars("transitionsPerSaga"), dollars("stepFunctions")), (6.0, 150.0));
    assert!(told["prices"].as_array().unwrap().iter().all(|price| price["source"].is_string()), "{told:#}");
}

#[tokio::test]
async fn a_mix_of_either_kind_ends_with_every_row_as_it_should() {
    for kind in ["fare", "order"] {
        let args = ["bench", "--count", "20", "--kind", kind, "--mix", "30", "--rate", "200", "--json"];
        let told = document(&ensemble(&args, &Env::new()).await);
        assert_eq!((&told["saga"], &told["mix"], &told["rate"]), (&kind.into(), &"30".into(), &200.into()));
        assert_eq!(number(&told, "/verified"), 20.0);
    }
}

#[tokio::test]
async fn people_are_shown_a_table() {
    let ended = ensemble(&["bench", "--count", "3"], &Env::new()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for words in
        ["3 sagas of kind fare", "processes of one machine", "middle 80 %", "p99", "sns:PublishBatch", "together"]
    {
        assert!(ended.out.contains(words), "{words}: {ended:?}");
    }
    assert!(ended.out.ends_with("✓ All 3 sagas ended as their rows want it, and so did the gateway's ledger.\n"));
}

#[tokio::test]
async fn an_interrupted_bench_stops_in_order_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let log = [("RUST_LOG".to_owned(), "info".to_owned())].to_vec();
    let args = ["bench", "--count", "1000", "--rate", "1"];
    let mut process = Process::start(folder.path(), "bench", &args, &log);
    wait_for("the services", async || (process.logged("ServiceStarted").len() == 4).then_some(())).await;
    process.signal("INT");
    let status = process.ended(crate::harness::PATIENCE).await.unwrap();
    assert_eq!(status.code(), Some(1), "{}", process.err());
    assert!(process.err().contains("stopped before its end"), "{}", process.err());
    assert_eq!(process.out(), "");
}
