//! Services in processes as a test wants them: which, when, and in what environment. Ann operates them.
//!
//! **Invariant:** a test asks for sagas and reads their outcomes as a client does, and operates by the binary alone.

use std::collections::BTreeMap;

use contracts::SagaId;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clients::{Endpoint, GatewayClient, SERVICES};
use crate::command::calling;
use crate::emulator::Emulator;
use crate::harness::{Ended, Env, PATIENCE, Process, card_keys, ensemble, env, wait_for};

/// All services, as `ensemble run` calls them.
pub(crate) const ALL: &[&str] = &SERVICES;

/// An endpoint with the topology, a gateway, and the services that are running.
pub(crate) struct ServiceProcesses {
    services: BTreeMap<&'static str, Process>,
    pub(crate) aws: Endpoint,
    pub(crate) gateway: GatewayClient,
    pub(crate) env: Env,
    /// The notifications of each saga in the order in which they came: each once.
    heard: BTreeMap<String, Vec<Value>>,
    _gateway_process: Process,
    /// The process of an embedded endpoint.
    _endpoint: Option<Process>,
    folder: TempDir,
}

impl ServiceProcesses {
    /// The topology on this emulator, a gateway with these arguments, and no service yet.
    pub(crate) async fn at(emulator: Emulator, gateway_args: &[&str]) -> Self {
        let services = Self::before(emulator, gateway_args).await;
        let provisioned = services.ensemble(&["provision"]).await;
        assert_eq!(provisioned.code, Some(0), "{provisioned:?}");
        services
    }

    /// The same, before there is a topology.
    pub(crate) async fn before(emulator: Emulator, gateway_args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let (endpoint, aws) = emulator.endpoint(at).await;
        let hooks = env(&[("ENSEMBLE_HOOKS", "on")]);
        let args = [&["gateway", "--gateway-port", "0"], gateway_args].concat();
        let mut gateway_process = Process::start(at, "gateway", &args, &hooks);
        let gateway = GatewayClient::at(gateway_process.url_after("payment gateway on").await);
        let mut all = calling(&aws);
        all.extend(env(&[
            ("ENSEMBLE_GATEWAY_URL", &gateway.url),
            ("ENSEMBLE_OPERATOR", "ann"),
            ("ENSEMBLE_HOOKS", "on"),
            ("ENSEMBLE_VISIBILITY_SECS", "3"),
        ]));
        all.extend(card_keys().await);
        let (services, heard) = (BTreeMap::new(), BTreeMap::new());
        Self { services, aws, gateway, env: all, heard, folder, _gateway_process: gateway_process, _endpoint: endpoint }
    }

    /// Starts services in one process of this name, with these variables besides.
    pub(crate) fn run(&mut self, name: &'static str, services: &[&str], more: &[(&str, &str)]) {
        let mut all = self.env.clone();
        all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        all.extend(env(more));
        let args = [&["run"], services].concat();
        self.services.insert(name, Process::start(self.folder.path(), name, &args, &all));
    }

    /// The log lines of a process with this message.
    pub(crate) fn logged(&self, name: &str, message: &str) -> Vec<Value> {
        self.services[name].logged(message)
    }

    /// Stops a process, which must end well.
    pub(crate) async fn stop(&mut self, name: &str) {
        let mut process = self.services.remove(name).unwrap();
        process.signal("TERM");
        let ended = process.ended(PATIENCE).await.expect("SIGTERM ends it");
        assert!(ended.success(), "{ended:?}");
    }

    /// `ensemble` with these arguments, in Ann's name.
    pub(crate) async fn ensemble(&self, args: &[&str]) -> Ended {
        ensemble(args, &self.env).await
    }

    /// The same, which must succeed, as JSON.
    pub(crate) async fn json(&self, args: &[&str]) -> Vec<Value> {
        let ended = self.ensemble(&[args, &["--json"]].concat()).await;
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
        ended.json()
    }

    /// `ensemble trace` as JSON.
    pub(crate) async fn trace(&self, saga: &str) -> Value {
        self.json(&["trace", saga]).await.remove(0)
    }

    /// Asks for a fare; answers with its saga.
    pub(crate) async fn fare(&self, id: &str, customer: &str) -> String {
        let fare = json!({
            "customerId": customer, "fareId": "wr_563", "fareAmount": "$20.00",
            "cc": "2424 2424 2424 2424", "expiryDate": "12/22", "cvv": "111",
        });
        self.ask("fare", id, &fare).await
    }

    /// Asks for an order of so much of each of these; answers with its saga.
    pub(crate) async fn order(&self, order: &str, items: &[(&str, &str)]) -> String {
        let item = |(item, qty): &(&str, &str)| {
            json!({ "item_id": item, "qty": qty.parse::<Value>().unwrap(), "description": "Cart item",
                    "unit_price": 200 })
        };
        let order_id = order;
        let order = json!({
            "order_id": order_id, "order_date": "2018-10-19T10:50:16+08:00", "customer_id": "8d04ea6f",
            "items": items.iter().map(item).collect::<Vec<_>>(),
        });
        self.ask("order", order_id, &order).await
    }

    pub(crate) async fn ask(&self, kind: &str, id: &str, data: &Value) -> String {
        let body = json!({
            "specversion": "1.0", "id": id, "source": "/test", "type": format!("{kind}_requested"), "data": data,
        });
        let url = self.aws.queue_url(&self.aws.name("booking"));
        self.aws.sqs("SendMessage", &json!({ "QueueUrl": url, "MessageBody": body.to_string() })).await;
        SagaId::of_event(kind, "/test", id).to_string()
    }

    /// Waits until a saga has told this many notifications.
    pub(crate) async fn told(&mut self, saga: &str, count: usize) -> Vec<Value> {
        wait_for("a notification", async || {
            self.listen().await;
            self.heard.get(saga).filter(|told| told.len() >= count).cloned()
        })
        .await
    }

    async fn listen(&mut self) {
        for queue in ["success", "failure"] {
            for body in self.aws.take(&self.aws.name(queue)).await {
                let told: Value = serde_json::from_str(&body).unwrap();
                let of_saga = self.heard.entry(told["sagaId"].as_str().unwrap().to_owned()).or_default();
                if !of_saga.contains(&told) {
                    of_saga.push(told);
                }
            }
        }
    }

    /// What Ann did to this subject, on record: action, reason and detail.
    pub(crate) async fn audit(&self, subject: &str) -> Vec<(String, String, Value)> {
        let query = json!({
            "TableName": self.aws.name("audit"), "KeyConditionExpression": "subject = :subject",
            "ExpressionAttributeValues": { ":subject": { "S": subject } },
        });
        let found = self.aws.dynamodb("Query", &query).await;
        let entry = |item: &Value| {
            let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
            assert_eq!(text("by"), "ann");
            (text("action"), text("why"), serde_json::from_str(&text("detail")).unwrap())
        };
        found["Items"].as_array().unwrap().iter().map(entry).collect()
    }
}
