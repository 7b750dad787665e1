//! `up`: everything in one process.

use std::path::Path;

use serde_json::{Value, json};

use crate::clients::{Endpoint, GatewayClient};
use crate::harness::{Env, Process, ensemble, env, wait_for, word_after};
use crate::rows::request;

/// `ensemble up`, on free ports.
pub(crate) struct Up {
    pub(crate) process: Process,
    pub(crate) aws: Endpoint,
    pub(crate) gateway: GatewayClient,
}

impl Up {
    pub(crate) async fn start(folder: &Path, more: &[&str]) -> Self {
        let args = [&["up", "--port", "0", "--gateway-port", "0"], more].concat();
        let mut process = Process::start(folder, "up", &args, &Env::new());
        let before = process.out().matches("Ctrl-C stops.").count();
        process.url_after("embedded AWS endpoint").await;
        wait_for("the guide", async || (process.out().matches("Ctrl-C stops.").count() > before).then_some(())).await;
        let out = process.out();
        let guide = out.rsplit("Ensemble is up.").next().unwrap();
        let url = |words| word_after(guide, words, "http://").unwrap();
        let ledger = url("simulated gateway");
        Self {
            aws: Endpoint::at(url("embedded AWS endpoint")),
            gateway: GatewayClient::at(ledger.strip_suffix("/ledger").unwrap().to_owned()),
            process,
        }
    }

    /// Ctrl-C; gives the exit code.
    pub(crate) async fn interrupt(mut self) -> Option<i32> {
        self.process.signal("INT");
        let status = self.process.ended(crate::harness::PATIENCE).await;
        status.expect("Ctrl-C ends it").code()
    }

    /// Waits until the outcome queues hold this many notifications.
    pub(crate) async fn has(&self, successes: u64, failures: u64) {
        wait_for("the outcomes", async || {
            let held = [self.aws.held_in_all("ensemble-success").await, self.aws.held_in_all("ensemble-failure").await];
            (held == [successes, failures]).then_some(())
        })
        .await;
    }
}

/// The words of a line for the shell.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Carries out what the AWS CLI would do; answers with the service's answer.
async fn as_aws_cli(aws: &Endpoint, words: &[String]) -> String {
    let option = |name: &str| {
        let place = words.iter().position(|word| word == name);
        let value = place.and_then(|place| words.get(place + 1));
        value.unwrap_or_else(|| panic!("{name}: {words:?}")).as_str()
    };
    assert_eq!(option("--endpoint-url"), aws.url);
    match (words[3].as_str(), words[4].as_str()) {
        ("sns", "publish") => {
            let publish = [("TopicArn", option("--topic-arn")), ("Message", option("--message"))];
            aws.sns("Publish", &publish).await
        }
        ("sqs", "send-message") => {
            let send = json!({ "QueueUrl": option("--queue-url"), "MessageBody": option("--message-body") });
            aws.sqs("SendMessage", &send).await.to_string()
        }
        ("sqs", "receive-message") => {
            let wait: u32 = option("--wait-time-seconds").parse().unwrap();
            let receive = json!({ "QueueUrl": option("--queue-url"), "WaitTimeSeconds": wait });
            aws.sqs("ReceiveMessage", &receive).await.to_string()
        }
        other => panic!("{other:?} is a command that this test does not know"),
    }
}

#[tokio::test]
async fn up_prints_commands_that_work_and_ctrl_c_ends_it_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(folder.path(), &[]).await;
    let guide = up.process.out().replace("\\\n", " ");
    let lines: Vec<_> = guide.lines().map(words).collect();
    let begins = |word: &str, line: &&Vec<String>| line.first().is_some_and(|first| first == word);

    // What to export, and what to type of ours; `watch` would go on until Ctrl-C.
    let exports: Vec<_> = lines.iter().filter(|line| begins("export", line)).collect();
    assert_eq!(exports.len(), 2, "{guide}");
    let environment = |line: &[String]| {
        let pairs = line[1..].iter().map(|pair| pair.split_once('=').unwrap());
        env(&pairs.collect::<Vec<_>>())
    };
    // Called from a build folder, it calls itself by way of cargo.
    let joined = lines.iter().map(|line| line.join(" "));
    let args_of = |line: String| {
        let args = line.strip_prefix("cargo run -- ");
        let args = args.or_else(|| line.strip_prefix("ensemble "))?;
        Some(args.to_owned())
    };
    let ours: Vec<_> = joined.filter_map(args_of).collect();
    assert_eq!(ours, ["publish fare examples/fare.json", "publish order examples/order.json", "watch"]);
    for export in &exports {
        for line in &ours {
            let mut args: Vec<_> = line.split(' ').collect();
            if args == ["watch"] {
                args.extend(["--once", "2"]);
            }
            let ended = ensemble(&args, &environment(export)).await;
            assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
        }
    }

    // What to type for the AWS CLI: publish, publish what fails, cancel what has completed, and receive.
    let (receives, publishes): (Vec<_>, Vec<_>) =
        lines.iter().filter(|line| begins("aws", line)).partition(|line| line.contains(&"receive-message".to_owned()));
    assert_eq!((publishes.len(), receives.len()), (5, 2), "{guide}");
    let (cancel, publishes) = publishes.split_last().unwrap();
    for line in publishes {
        as_aws_cli(&up.aws, line).await;
    }
    up.has(4, 0).await;
    let failing = publishes[0].iter().map(|word| word.replace(r#""3""#, r#""3_fail_auth""#));
    as_aws_cli(&up.aws, &failing.collect::<Vec<_>>()).await;
    for (line, outcome) in receives.iter().zip(["completed", "compensated"]) {
        let received = as_aws_cli(&up.aws, line).await;
        assert!(received.contains(&format!(r#"\"outcome\":\"{outcome}\""#)), "{received}");
    }
    as_aws_cli(&up.aws, cancel).await;
    // Too late: whoever asks is told the outcome once more.
    let told_again = up.aws.held_in_all("ensemble-success").await + 1;
    up.has(told_again, 1).await;
    assert_eq!(up.gateway.totals().await.captured, 8);
    assert_eq!(up.gateway.totals().await.refunded, 0);
    assert_eq!(up.interrupt().await, Some(0));
}

#[tokio::test]
async fn a_second_up_on_a_port_in_use_exits_with_1_and_names_the_port() {
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(folder.path(), &[]).await;
    let port = |url: &str| url.rsplit(':').next().unwrap().to_owned();
    let (endpoint, gateway) = (port(&up.aws.url), port(&up.gateway.url));
    for (args, taken) in [
        (["up", "--port", &endpoint, "--gateway-port", "0"], &endpoint),
        (["up", "--port", "0", "--gateway-port", &gateway], &gateway),
    ] {
        let ended = ensemble(&args, &Env::new()).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains(taken.as_str()), "{ended:?}");
        assert!(ended.err.contains("in use"), "{ended:?}");
        assert!(!ended.out.contains("Ensemble is up."), "{ended:?}");
    }
    assert_eq!(up.interrupt().await, Some(0));
}

#[tokio::test]
async fn up_with_a_data_folder_remembers_what_was_charged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = ["--data", &data.to_string_lossy()];
    let event = json!({
        "specversion": "1.0", "id": "my-request-1", "source": "/me", "type": "fare_requested",
        "data": serde_json::from_str::<Value>(&request("3")).unwrap(),
    })
    .to_string();
    let saga = contracts::SagaId::of_event("fare", "/me", "my-request-1").to_string();
    let topic = ("TopicArn", "arn:aws:sns:us-east-1:000000000000:ensemble-fare-requests");
    let mut lives = Vec::new();
    for _life in 0..2 {
        let up = Up::start(folder.path(), &data).await;
        let before = up.gateway.ledger(&saga).await;
        up.aws.sns("Publish", &[topic, ("Message", &event)]).await;
        up.has(1, 0).await;
        let told = up.aws.take("ensemble-success").await;
        lives.push((before, up.gateway.ledger(&saga).await, told));
        assert_eq!(up.interrupt().await, Some(0));
    }
    let [(unknown, after_first, told), (remembered, after_second, told_again)] = lives.as_slice() else {
        panic!("two lives");
    };
    assert_eq!(unknown.calls, 0);
    assert_eq!((after_first.authorized, after_first.captured), (1, 1));
    assert_eq!(remembered, after_first);
    assert_eq!(after_second, after_first, "it was not even asked again");
    assert_eq!(told_again, told, "told again, byte for byte");
    assert!(told[0].contains(&saga), "{told:?}");
}

#[tokio::test]
async fn a_gateway_listens_where_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["gateway", "--listen", "0.0.0.0", "--gateway-port", "0"];
    let mut gateway = Process::start(folder.path(), "gateway", &args, &Env::new());
    let url = gateway.url_after("payment gateway on").await;
    let port = url.strip_prefix("http://0.0.0.0:").unwrap_or_else(|| panic!("{url}"));
    let totals = GatewayClient::at(format!("http://127.0.0.1:{port}")).totals().await;
    assert_eq!(totals.calls, 0);
}
