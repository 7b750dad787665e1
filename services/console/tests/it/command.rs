//! The command line: help, exit codes, what is printed and what is not.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory;
use ensemble::cli::Cli;
use serde_json::{Value, json};

use crate::clients::Endpoint;
use crate::harness::{Ended, Env, Process, card_keys, ensemble, ensemble_reading, env, wait_for, word_after};
use crate::rows::{order, request};
use crate::stacks::Up;

/// The card of every request here.
const CARD: [&str; 2] = ["2424 2424 2424 2424", "2424242424242424"];

/// Where nobody listens.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:1";

pub(crate) fn calling(endpoint: &Endpoint) -> Env {
    env(&[("AWS_ENDPOINT_URL", &endpoint.url), ("ENSEMBLE_PREFIX", endpoint.prefix())])
}

/// An embedded endpoint with the topology, and nobody who works there.
pub(crate) async fn provisioned(folder: &Path) -> (Process, Endpoint) {
    let mut process = Process::start(folder, "local", &["local", "--port", "0"], &Env::new());
    let endpoint = Endpoint::at(process.url_after("DynamoDB on").await);
    let provisioned = ensemble(&["provision"], &calling(&endpoint)).await;
    assert_eq!(provisioned.code, Some(0), "{provisioned:?}");
    (process, endpoint)
}

/// A command and all commands below it, each as the words that call it.
fn all_commands(command: &clap::Command, words: &[String], all: &mut Vec<Vec<String>>) {
    all.push(words.to_vec());
    for sub in command.get_subcommands() {
        all_commands(sub, &[words, &[sub.get_name().to_owned()]].concat(), all);
    }
}

/// One line of text, however it is wrapped.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_command_teaches_itself() {
    let root = Cli::command();
    let mut all = Vec::new();
    all_commands(&root, &[], &mut all);
    assert!(all.len() > 10, "{all:?}");
    for words in all {
        let of = words.iter().try_fold(&root, |command, word| command.find_subcommand(word));
        let args: Vec<_> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = ensemble(&args, &Env::new()).await;
        assert_eq!(help.code, Some(0), "{help:?}");
        let text = flat(&help.out);
        let of = of.unwrap();
        let about = flat(&of.get_about().expect("a command says what it does").to_string());
        assert!(text.contains(&about), "{words:?}: {text}");
        for argument in of.get_arguments().filter(|argument| argument.get_id() != "help") {
            let name = argument.get_id();
            let about = argument.get_help().map(|help| flat(&help.to_string()));
            let about = about.unwrap_or_else(|| panic!("{words:?}: {name} is not explained"));
            assert!(text.contains(&about), "{words:?}: {name}: {text}");
        }
    }
    let help = flat(&ensemble(&["--help"], &Env::new()).await.out);
    for lesson in [
        "Start with `ensemble demo`.",
        "AWS_ENDPOINT_URL",
        "Exit codes: 0 done; 1 failed; 2 wrong usage; 65 the input breaks a rule; 69 the endpoint does not answer; \
         78 a setting is missing or not allowed.",
    ] {
        assert!(help.contains(lesson), "{help}");
    }
}

#[tokio::test]
async fn wrong_usage_exits_with_2() {
    for args in [
        &[][..],
        &["play"],
        &["run"],
        &["run", "accounting"],
        &["publish"],
        &["publish", "fare"],
        &["publish", "order"],
        &["up", "--port", "eighty"],
        &["up", "--port", "65536"],
        &["watch", "--once", "-1"],
        &["gateway", "--fault", "lost:capture"],
        &["gateway", "--listen", "everywhere"],
        &["keys", "--private-file", "private"],
        &["keys", "--public-file", "public"],
        &["demo", "--quietly"],
        &["demo", "--row", "4"],
        &["demo", "--saga", "ride"],
        &["bench", "--kind", "ride"],
        &["bench", "--count", "0"],
        &["bench", "--mix", "31"],
        &["render"],
        &["render", "map", "--saga", "ride"],
    ] {
        let ended = ensemble(args, &Env::new()).await;
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
        assert!(ended.err.contains("Usage") || ended.err.contains("--help"), "{ended:?}");
    }
}

#[tokio::test]
async fn payment_without_its_key_exits_with_78_and_says_what_is_allowed() {
    let here = env(&[("AWS_ENDPOINT_URL", NOWHERE)]);
    let ended = ensemble(&["run", "payment"], &here).await;
    assert_eq!(ended.code, Some(78), "{ended:?}");
    for words in ["ENSEMBLE_CARD_PRIVATE_KEY", "X25519", "base64", "`ensemble keys`"] {
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
}

#[tokio::test]
async fn a_bad_value_of_any_variable_exits_with_78_and_is_not_repeated() {
    const BAD: &str = "b@d";
    let pair = card_keys().await;
    let variables = [runtime::settings::VARIABLES, &booking::VARIABLES, payment::VARIABLES];
    for variable in variables.concat() {
        let value = match variable.name {
            // A bare word is a target.
            "RUST_LOG" => "ensemble_runtime=b@d",
            _ => BAD,
        };
        let mut env = env(&[("AWS_ENDPOINT_URL", NOWHERE)]);
        env.extend(pair.clone());
        // Of a key and its file only one may be set.
        let other = variable.name.strip_suffix("_FILE");
        env.retain(|(name, _)| name != variable.name && Some(name.as_str()) != other);
        env.push((variable.name.to_owned(), value.to_owned()));
        let run = ["run", "booking", "payment", "fulfillment", "notifier"];
        let ended = ensemble(&run, &env).await;
        assert_eq!(ended.code, Some(78), "{variable:?}: {ended:?}");
        assert!(ended.err.contains(variable.name), "{ended:?}");
        assert!(ended.err.contains(variable.allowed), "{ended:?}");
        assert!(!ended.said().contains(BAD), "{ended:?}");
    }
}

#[tokio::test]
async fn forced_failures_beside_a_live_gateway_exit_with_78() {
    let keys = ensemble(&["keys"], &Env::new()).await.out;
    let key = word_after(&keys, "ENSEMBLE_CARD_PRIVATE_KEY=", "").unwrap();
    let env = env(&[
        ("AWS_ENDPOINT_URL", NOWHERE),
        ("ENSEMBLE_CARD_PRIVATE_KEY", &key),
        ("ENSEMBLE_HOOKS", "on"),
        ("ENSEMBLE_GATEWAY_MODE", "live"),
    ]);
    for args in [&["run", "payment"][..], &["run", "fulfillment"], &["gateway", "--gateway-port", "0"]] {
        let ended = ensemble(args, &env).await;
        assert_eq!(ended.code, Some(78), "{args:?}: {ended:?}");
        assert!(ended.err.contains("ENSEMBLE_HOOKS"), "{ended:?}");
        assert!(ended.err.contains("never on beside a live gateway"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_plain_endpoint_on_another_machine_exits_with_78() {
    let there = env(&[("AWS_ENDPOINT_URL", "http://10.11.12.13:4566")]);
    for args in [&["run", "notifier"][..], &["provision"], &["watch"], &["publish", "fare", "examples/fare.json"]] {
        let named = [&["--endpoint-url", "http://10.11.12.13:4566"], args].concat();
        let by_variable = ("AWS_ENDPOINT_URL", ensemble(args, &there).await);
        for (name, ended) in [by_variable, ("--endpoint-url", ensemble(&named, &Env::new()).await)] {
            assert_eq!(ended.code, Some(78), "{args:?}: {ended:?}");
            assert!(ended.err.contains(name), "{ended:?}");
            assert!(ended.err.contains("http:// URL on this machine"), "{ended:?}");
        }
    }
}

/// Five requests, of which those on lines 2, 3 and 5 break a rule.
fn with_bad_ones() -> String {
    let good = request("3");
    let bad = good.replace("$20.00", "20 dollars");
    let worse = good.replace(r#""cvv":"111""#, r#""cvv":"11x""#);
    assert!(bad != good && worse != good);
    let cut = &good[..good.len() - 3];
    format!("{good}\n{bad}\n{worse}\n\n{cut}\n{good}\n")
}

fn complains_of_the_bad_ones(ended: &Ended) {
    assert_eq!(ended.code, Some(65), "{ended:?}");
    for words in ["line 2: fareAmount: ", "line 3: cvv: ", "line 5: body: "] {
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
    for line in ["line 1:", "line 4:", "line 6:"] {
        assert!(!ended.err.contains(line), "{line}: {ended:?}");
    }
    for secret in CARD.iter().chain(&["2424", "11x", "12/22"]) {
        assert!(!ended.said().contains(secret), "{ended:?}");
    }
}

#[tokio::test]
async fn a_file_with_a_bad_request_is_refused_by_line_field_and_rule_and_none_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, endpoint) = provisioned(folder.path()).await;
    let file = folder.path().join("fares.jsonl");
    std::fs::write(&file, with_bad_ones()).unwrap();
    let file = file.to_string_lossy();
    for args in [&["publish", "fare", &file][..], &["publish", "fare", &file, "--json"]] {
        let ended = ensemble(args, &calling(&endpoint)).await;
        complains_of_the_bad_ones(&ended);
        assert_eq!(ended.out, "", "{ended:?}");
        assert!(ended.err.contains("none was sent"), "{ended:?}");
    }
    assert_eq!(endpoint.publishes().await, 0);
    assert_eq!(endpoint.held("ensemble-booking").await, [0, 0]);
}

#[tokio::test]
async fn partial_sends_the_good_requests_and_still_exits_with_65() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, endpoint) = provisioned(folder.path()).await;
    let file = folder.path().join("fares.jsonl");
    std::fs::write(&file, with_bad_ones()).unwrap();
    let publish = ["publish", "fare", &file.to_string_lossy(), "--partial", "--json"];
    let ended = ensemble(&publish, &calling(&endpoint)).await;
    complains_of_the_bad_ones(&ended);
    let lines: Vec<_> = ended.json().iter().map(|line| line["line"].clone()).collect();
    assert_eq!(lines, [1, 6]);
    assert_eq!(endpoint.held("ensemble-booking").await, [2, 0]);
}

#[tokio::test]
async fn a_request_comes_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, endpoint) = provisioned(folder.path()).await;
    let input = folder.path().join("input");
    let publish = ["publish", "fare", "-", "--id", "request-1", "--json"];
    let ended = ensemble_reading(&publish, &calling(&endpoint), &input, &request("3")).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let saga = contracts::SagaId::of_request("fare", "request-1");
    assert_eq!(ended.json(), [json!({ "line": 1, "sagaId": saga })]);
    let messages = endpoint.take("ensemble-booking").await;
    assert_eq!(messages.len(), 1);
    assert!(messages[0].contains("request-1"), "{messages:?}");

    let ended = ensemble_reading(&publish, &calling(&endpoint), &input, "").await;
    assert_eq!(ended.code, Some(65), "{ended:?}");

    // As editors save it, and as files are put together.
    let marked = format!("\u{feff}{}\r\n\u{feff}{}\r\n", request("3"), request("4"));
    let ended = ensemble_reading(&["publish", "fare", "-", "--json"], &calling(&endpoint), &input, &marked).await;
    assert_eq!((ended.code, ended.json().len()), (Some(0), 2), "{ended:?}");
}

#[tokio::test]
async fn orders_are_published_as_fares_are_and_to_their_own_topic() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, endpoint) = provisioned(folder.path()).await;
    let env = calling(&endpoint);
    let one = ["publish", "order", "examples/order.json", "--id", "request-1", "--json"];
    let ended = ensemble(&one, &env).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let saga = contracts::SagaId::of_request("order", "request-1");
    assert_eq!(ended.json(), [json!({ "line": 1, "sagaId": saga })]);
    let messages = endpoint.take("ensemble-booking").await;
    assert!(messages.len() == 1 && messages[0].contains(":ensemble-order-requests\""), "{messages:?}");

    let all = ensemble(&["publish", "order", "examples/orders.jsonl", "--json"], &env).await;
    assert_eq!(all.code, Some(0), "{all:?}");
    let sagas: BTreeSet<_> = all.json().iter().map(|line| line["sagaId"].to_string()).collect();
    assert_eq!(sagas.len(), 7);
    assert_eq!(endpoint.take("ensemble-booking").await.len(), 7);

    let good = order("4");
    let lines = [good.clone(), good.replace("1.0", "0"), request("3"), good.replace("199.99", "0.001")];
    let input = folder.path().join("input");
    let ended = ensemble_reading(&["publish", "order", "-"], &env, &input, &lines.join("\n")).await;
    assert_eq!(ended.code, Some(65), "{ended:?}");
    for words in
        ["line 2: items[0].qty: ", "line 3: body: a field is none of", "line 4: items[0]: qty", "none was sent"]
    {
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
    assert!(CARD.iter().all(|card| !ended.said().contains(card)), "{ended:?}");
    assert_eq!(endpoint.held("ensemble-booking").await, [0, 0]);

    let ended = ensemble_reading(&["publish", "fare", "-"], &env, &input, &good).await;
    assert_eq!(ended.code, Some(65), "an order is no fare: {ended:?}");
}

#[tokio::test]
async fn an_endpoint_that_is_down_exits_with_69() {
    let nowhere = env(&[("AWS_ENDPOINT_URL", NOWHERE)]);
    for args in [&["publish", "fare", "examples/fares.jsonl"][..], &["watch"], &["provision"]] {
        let ended = ensemble(args, &nowhere).await;
        assert_eq!(ended.code, Some(69), "{args:?}: {ended:?}");
        assert!(ended.err.contains("is unavailable"), "{ended:?}");
        assert!(ended.err.contains("Connection refused"), "{ended:?}");
    }
}

#[tokio::test]
async fn watch_shows_as_many_outcomes_as_asked_for_and_deletes_only_those() {
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(folder.path(), &[]).await;
    let published = ensemble(&["publish", "fare", "examples/fares.jsonl", "--json"], &calling(&up.aws)).await;
    assert_eq!(published.code, Some(0), "{published:?}");
    let all: BTreeSet<_> = published.json().iter().map(|line| line["sagaId"].to_string()).collect();
    assert_eq!(all.len(), 5);
    up.has(1, 4).await;
    // What `watch` receives and does not show is visible again after this.
    for queue in ["ensemble-success", "ensemble-failure"] {
        let soon = json!({ "QueueUrl": up.aws.queue_url(queue), "Attributes": { "VisibilityTimeout": "2" } });
        up.aws.sqs("SetQueueAttributes", &soon).await;
    }
    let watched = ensemble(&["watch", "--once", "2", "--json"], &calling(&up.aws)).await;
    assert_eq!(watched.code, Some(0), "{watched:?}");
    let mut seen: Vec<_> = watched.json().iter().map(|told| told["sagaId"].to_string()).collect();
    assert_eq!(seen.len(), 2, "{watched:?}");
    wait_for("the other three", async || {
        for queue in ["ensemble-success", "ensemble-failure"] {
            for body in up.aws.take(queue).await {
                let told: Value = serde_json::from_str(&body).unwrap();
                seen.push(told["sagaId"].to_string());
            }
        }
        (seen.len() >= 5).then_some(())
    })
    .await;
    assert_eq!(seen.len(), 5, "one was shown and not deleted: {seen:?}");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(up.interrupt().await, Some(0));
}

/// What `provision --json` did, and to what.
async fn provision(endpoint: &Endpoint) -> Vec<(String, String)> {
    let ended = ensemble(&["provision", "--json"], &calling(endpoint)).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let text = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let changes = ended.json();
    let change = |line| (text(line, "did"), format!("{} {}", text(line, "kind"), text(line, "name")));
    changes.iter().map(change).collect()
}

#[tokio::test]
async fn provisioning_twice_changes_nothing_and_undoes_what_was_changed_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path(), "local", &["local", "--port", "0"], &Env::new());
    let endpoint = Endpoint::at(process.url_after("DynamoDB on").await);
    let first = provision(&endpoint).await;
    assert!(first.len() > 20, "{first:?}");
    assert!(first.iter().all(|(did, _)| did == "created"), "{first:?}");
    let second = provision(&endpoint).await;
    let names = |changes: &[(String, String)]| changes.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&second), names(&first));
    assert!(second.iter().all(|(did, _)| did == "found"), "{second:?}");

    let topic = ("TopicArn", "arn:aws:sns:us-east-1:000000000000:ensemble-payment-events");
    let listed = endpoint.sns("ListSubscriptionsByTopic", &[topic]).await;
    let members = listed.split("<member>").skip(1);
    let of_fulfillment = members.clone().find(|member| member.contains(":ensemble-fulfillment<"));
    let arn = of_fulfillment.and_then(|member| member.split_once("<SubscriptionArn>"));
    let arn = arn.and_then(|(_, rest)| rest.split_once('<')).unwrap().0;
    let change =
        [("SubscriptionArn", arn), ("AttributeName", "FilterPolicy"), ("AttributeValue", r#"{"type":["nothing"]}"#)];
    endpoint.sns("SetSubscriptionAttributes", &change).await;
    let third = provision(&endpoint).await;
    let updated: Vec<_> = third.iter().filter(|(did, _)| did != "found").collect();
    let [(did, name)] = updated.as_slice() else {
        panic!("one should be updated: {third:?}");
    };
    assert_eq!(did, "updated");
    assert_eq!(name, "subscription ensemble-payment-events → ensemble-fulfillment");
    assert_eq!(provision(&endpoint).await, second);
}
