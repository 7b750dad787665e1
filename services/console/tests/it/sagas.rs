//! `ensemble sagas`, `trace`, `cancel`, `retry` and `resolve`, on services that stop, fail and come back.

use serde_json::{Value, json};

use crate::emulator::{Emulator, on_both_endpoints};
use crate::harness::{ensemble, wait_for};
use crate::service_processes::{ALL, ServiceProcesses};

/// The steps of a trace, `!` before those that failed.
fn steps(trace: &Value) -> String {
    let steps = trace["way"].as_array().unwrap().iter().filter_map(|mark| {
        let step = mark["step"].as_str()?;
        Some(if mark["ok"] == true { step.to_owned() } else { format!("!{step}") })
    });
    steps.collect::<Vec<_>>().join(" ")
}

/// What was done to a saga: what and by whom.
fn actions(trace: &Value) -> Vec<(String, String)> {
    let marks = trace["way"].as_array().unwrap().iter().filter(|mark| mark["action"].is_string());
    marks.map(|mark| (mark["action"].as_str().unwrap().to_owned(), mark["by"].as_str().unwrap().to_owned())).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

async fn a_service_that_is_down_is_named_and_its_late_answer_ends_the_saga(emulator: Emulator) {
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    let deadlines = [("ENSEMBLE_FARE_DEADLINE_SECS", "1"), ("ENSEMBLE_UNWINDING_SECS", "2")];
    let sweep = |secs: &'static str| [deadlines[0], deadlines[1], ("ENSEMBLE_SWEEP_SECS", secs)];
    services.run("others", &["fulfillment", "notifier"], &[]);
    // Nobody sweeps yet, so the saga stays overdue for as long as it is looked at.
    services.run("booking", &["booking"], &sweep("3600"));
    let saga = services.fare("r", "3").await;
    let overdue = wait_for("an overdue saga", async || {
        let lines = services.json(&["sagas", "--overdue"]).await;
        lines.get(1).cloned()
    })
    .await;
    assert_eq!(overdue["sagaId"], json!(saga));
    let owed = json!([{
        "service": "payment", "events": ["PaymentCaptured", "PaymentDeclined"], "to": "FareRegistered", "doing": null,
    }]);
    assert_eq!(overdue["waits"], owed);
    let text = services.ensemble(&["sagas", "--overdue", "--saga", "fare"]).await.out;
    assert!(text.starts_with("1 overdue\n"), "{text}");
    assert!(text.contains("payment owes PaymentCaptured or PaymentDeclined in answer to FareRegistered"), "{text}");
    let orders = services.json(&["sagas", "--overdue", "--saga", "order"]).await;
    assert_eq!((orders.len(), &orders[0]["total"]), (1, &json!(0)));

    services.stop("booking").await;
    services.run("booking", &["booking"], &sweep("1"));
    let first = services.told(&saga, 1).await.remove(0);
    assert_eq!(first["outcome"], "needs_attention");
    assert_eq!(first["error"]["name"], "DeadlineExceeded");
    let lines = services.json(&["sagas", "--attention"]).await;
    assert_eq!((lines.len(), &lines[0]["total"]), (2, &json!(1)));
    let [owed] = lines[1]["waits"].as_array().unwrap().as_slice() else { panic!("{lines:?}") };
    assert_eq!((&owed["service"], &owed["to"]), (&json!("payment"), &json!("AccountCreditRefused")));
    let trace = services.trace(&saga).await;
    assert_eq!(actions(&trace), pairs(&[("expire", "booking"), ("expire", "booking")]));
    assert_eq!(trace["services"]["payment"], Value::Null);
    assert_eq!(trace["services"]["booking"]["state"], "NeedsAttention");

    services.run("payment", &["payment"], &[]);
    let told = services.told(&saga, 2).await;
    assert_eq!((&told[1]["outcome"], &told[1]["resolves"]), (&json!("compensated"), &first["id"]));
    assert_eq!(services.gateway.ledger(&saga).await.calls, 0);
    for list in ["--open", "--overdue", "--attention"] {
        assert_eq!(services.json(&["sagas", list]).await.len(), 1, "{list}");
    }
}

async fn what_still_stands_is_undone_when_an_operator_has_it_tried_again(emulator: Emulator) {
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    services.run("others", &["booking", "payment", "notifier"], &[]);
    services.run("fulfillment", &["fulfillment"], &[]);
    services.json(&["stock", "set", "567", "5"]).await;
    let left =
        async |services: &ServiceProcesses| services.json(&["stock", "show", "567"]).await[0]["available"].clone();
    let saga = services.order("33-1", &[("567", "1")]).await;
    let first = services.told(&saga, 1).await.remove(0);
    assert_eq!(left(&services).await, "4", "the reservation stands");
    assert_eq!(first["outcome"], "needs_attention");
    assert_eq!(first["standing"][0]["effect"], "reservation");
    let row = services.json(&["sagas", "--attention"]).await.remove(1);
    assert_eq!((&row["sagaId"], &row["standing"][0]["effect"]), (&json!(saga), &json!("reservation")));
    let text = services.ensemble(&["sagas", "--attention"]).await.out;
    assert!(text.contains("ErrReleaseInventory") && text.contains("still standing: reservation rsv_"), "{text}");

    let trace = services.trace(&saga).await;
    let way = "ProcessOrder ProcessPayment !ReserveInventory !ReleaseInventory ProcessRefund UpdateOrderStatus";
    assert_eq!(steps(&trace), way);
    let released = trace["way"].as_array().unwrap().iter().find(|mark| mark["step"] == "ReleaseInventory").unwrap();
    let attempts = released["attempts"].as_array().unwrap();
    let told = attempts.iter().map(|tried| (&tried["attempt"], &tried["of"], &tried["receive"], &tried["error"]));
    let told: Vec<_> = told.map(|(nth, of, receive, error)| json!([nth, of, receive, error])).collect();
    let expected = [1, 2, 3].map(|nth| json!([nth, 3, nth, "ErrReleaseInventory"]));
    assert_eq!(told, expected);
    let times: Vec<_> = attempts.iter().map(|tried| tried["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let text = services.ensemble(&["trace", &saga]).await.out;
    for words in ["attempt 1 of 3 failed at", "(received 3×): ErrReleaseInventory", "order 33-1 of customer 8d04ea6f"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }

    services.stop("fulfillment").await;
    services.run("fulfillment", &["fulfillment"], &[("ENSEMBLE_HOOKS", "off")]);
    let retry = ["retry", &saga, "--reason", "the warehouse is back", "--wait"];
    let done = services.json(&retry).await.remove(0);
    assert_eq!((&done["outcome"], &done["standing"]), (&json!("compensated"), &json!([])));
    let told = services.told(&saga, 2).await;
    assert_eq!((&told[1]["outcome"], &told[1]["resolves"]), (&json!("compensated"), &first["id"]));
    let trace = services.trace(&saga).await;
    assert_eq!(actions(&trace), pairs(&[("retry", "ann")]));
    assert!(steps(&trace).starts_with(way), "{trace}");
    assert!(steps(&trace).contains("!ReleaseInventory") && steps(&trace).contains(" ReleaseInventory"), "{trace}");
    assert_eq!((&trace["round"], &trace["waits"]), (&json!(1), &json!([])));
    assert_eq!(left(&services).await, "5", "it was given back");
    let ledger = services.gateway.ledger(&saga).await;
    assert_eq!((ledger.captured, ledger.refunded), (1, 1));
    let audit = services.audit(&format!("saga/{saga}")).await;
    let [(action, why, detail)] = audit.as_slice() else { panic!("{audit:?}") };
    assert_eq!((action.as_str(), why.as_str()), ("retry", "the warehouse is back"));
    let request = &trace["way"].as_array().unwrap().iter().find(|mark| mark["action"] == "retry").unwrap()["request"];
    assert_eq!(detail, &json!({ "by": "ann", "state": "NeedsAttention", "request": request }));
}

async fn a_person_closes_a_saga_and_the_client_is_told_how(emulator: Emulator) {
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    services.run("all", ALL, &[]);
    let saga = services.fare("r", "3_fail_credit_fail_refund").await;
    let first = services.told(&saga, 1).await.remove(0);
    assert_eq!(first["outcome"], "needs_attention");
    let cancel = services.ensemble(&["cancel", &saga]).await;
    assert_eq!(cancel.code, Some(1), "{cancel:?}");
    assert!(cancel.err.contains("`retry` or `resolve`"), "{cancel:?}");

    let resolve = ["resolve", &saga, "--reason", "paid back by cheque", "--wait"];
    let done = services.ensemble(&resolve).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("is resolved"), "{done:?}");
    let told = services.told(&saga, 2).await;
    assert_eq!(told[1]["resolves"], first["id"]);
    let resolution = &told[1]["resolution"];
    assert_eq!((&resolution["by"], &resolution["reason"]), (&json!("ann"), &json!("paid back by cheque")));
    assert!(resolution["at"].is_string(), "{resolution}");
    assert_eq!(services.json(&["sagas", "--attention"]).await.len(), 1);
    assert_eq!(services.trace(&saga).await["resolution"], *resolution);
    let retry = services.ensemble(&["retry", &saga]).await;
    assert_eq!(retry.code, Some(1), "{retry:?}");
    assert!(retry.err.contains("is resolved, and does not need attention"), "{retry:?}");
    let again = services.ensemble(&resolve).await;
    assert_eq!(again.code, Some(1), "{again:?}");
    assert_eq!(services.audit(&format!("saga/{saga}")).await.len(), 1);
}

async fn a_saga_is_cancelled_while_it_runs_and_not_when_it_is_done(emulator: Emulator) {
    let mut services = ServiceProcesses::at(emulator, &["--fault", "late:any:2500ms:times=2"]).await;
    services.run("all", ALL, &[]);
    let saga = services.fare("r", "3").await;
    wait_for("payment's intent", async || {
        let trace =
            services.ensemble(&["trace", "--request", "r", "--source", "/test", "--saga", "fare", "--json"]).await;
        (trace.code == Some(0) && trace.json()[0]["services"]["payment"]["state"] == "ChargeFare doing").then_some(())
    })
    .await;
    let waits = services.trace(&saga).await["waits"][0].clone();
    assert_eq!((&waits["service"], &waits["doing"]), (&json!("payment"), &json!("doing ChargeFare")));
    let cancel = ["cancel", &saga, "--by", "the customer", "--reason", "changed plans", "--wait"];
    let done = services.json(&cancel).await.remove(0);
    assert_eq!((&done["outcome"], &done["error"]["name"]), (&json!("compensated"), &json!("SagaCancelled")));
    let told = services.told(&saga, 1).await.remove(0);
    assert_eq!(told["outcome"], "compensated");
    let ledger = services.gateway.ledger(&saga).await;
    assert_eq!((ledger.captured, ledger.refunded), (1, 1));
    assert_eq!(actions(&services.trace(&saga).await), pairs(&[("cancel", "the customer")]));

    let saga = services.fare("done", "3").await;
    services.told(&saga, 1).await;
    let late = services.ensemble(&["cancel", &saga]).await;
    assert_eq!(late.code, Some(0), "{late:?}");
    assert!(late.out.contains("is completed, so nothing was asked"), "{late:?}");
}

async fn a_saga_that_nobody_knows_is_withdrawn_when_its_request_comes(emulator: Emulator) {
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    services.run("all", ALL, &[]);
    let by_request = ["--request", "never", "--source", "/test", "--saga", "order"];
    let unknown = services.ensemble(&[&["trace"], &by_request[..]].concat()).await;
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.err.contains("no service has anything on record"), "{unknown:?}");
    let retry = services.ensemble(&[&["retry"], &by_request[..]].concat()).await;
    assert_eq!(retry.code, Some(1), "{retry:?}");
    assert!(retry.err.contains("is unknown"), "{retry:?}");
    let cancel = services.ensemble(&[&["cancel"], &by_request[..]].concat()).await;
    assert_eq!(cancel.code, Some(0), "{cancel:?}");
    assert!(cancel.out.contains("if its request comes, it is withdrawn"), "{cancel:?}");
    let again = services.json(&[&["cancel", "--wait"], &by_request[..]].concat()).await.remove(0);
    assert_eq!(again["outcome"], "withdrawn");
    let saga = services.order("never", &[("567", "1")]).await;
    let told = services.told(&saga, 1).await.remove(0);
    assert_eq!((&told["outcome"], &told["error"]["name"]), (&json!("compensated"), &json!("SagaCancelled")));
    assert_eq!(services.gateway.ledger(&saga).await.calls, 0);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_is_sent() {
    let saga = "00000000-0000-0000-0000-000000000000";
    for args in [
        &["sagas", "--open", "--attention"][..],
        &["sagas", "--limit", "-1"],
        &["trace"],
        &["trace", "r"],
        &["trace", "--request", "r"],
        &["trace", saga, "--request", "r", "--saga", "fare"],
        &["resolve", saga],
        &["cancel", saga, "--reason", ""],
        &["retry", saga, "--by", "a\nb"],
    ] {
        let ended = ensemble(args, &Vec::new()).await;
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
    }
}

on_both_endpoints! {
    a_service_that_is_down_is_named_and_its_late_answer_ends_the_saga,
    what_still_stands_is_undone_when_an_operator_has_it_tried_again,
    a_person_closes_a_saga_and_the_client_is_told_how,
    a_saga_is_cancelled_while_it_runs_and_not_when_it_is_done,
    a_saga_that_nobody_knows_is_withdrawn_when_its_request_comes,
}
