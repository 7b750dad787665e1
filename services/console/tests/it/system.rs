//! The choreography in processes of its own: embedded endpoint, gateway, and one process for each service.
//!
//! **Invariant:** what a saga came to is judged from outside alone: by the notifications in the outcome queues and by
//! the gateway's ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use contracts::{Event, Events, Notification, Outcome};
use tempfile::TempDir;

use crate::cancelled::{assert_is_honest, cancel, path};
use crate::clients::{Endpoint, GatewayClient, QUEUES, SERVICES};
use crate::command::calling;
use crate::emulator::Emulator;
use crate::harness::{Ended, Env, Process, card_keys, ensemble, env, wait_for, within};
use crate::rows::Row;

/// How long the end of all sagas may take: what failed in an outage comes again as much later as that lasted.
const END_MAX: Duration = Duration::from_secs(240);

/// A port that is free, and below those that the system gives out: it stays free while nobody listens on it.
pub(crate) fn lasting_port() -> String {
    let ports = std::iter::repeat_with(|| fastrand::u16(10_000..30_000));
    let mut free = ports.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.next().unwrap().to_string()
}

/// Everything at work.
pub(crate) struct System {
    services: BTreeMap<&'static str, Process>,
    gateway_process: Process,
    gateway_args: Vec<String>,
    /// The process of an embedded endpoint.
    _endpoint: Option<Process>,
    pub(crate) aws: Endpoint,
    pub(crate) gateway: GatewayClient,
    env: Env,
    /// The rows that were asked for, by saga.
    asked: BTreeMap<String, &'static Row>,
    /// Those of them that were cancelled, at whatever moment.
    cancelled: BTreeSet<String>,
    /// Every body that was found in the success or the failure queue, by saga.
    heard: BTreeMap<String, BTreeSet<(bool, String)>>,
    folder: TempDir,
}

impl System {
    /// Starts everything on the embedded endpoint, the gateway with these arguments.
    pub(crate) async fn start(gateway_args: &[&str]) -> Self {
        Self::at(Emulator::Embedded, gateway_args).await
    }

    /// Starts everything on this emulator.
    pub(crate) async fn at(emulator: Emulator, gateway_args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let (endpoint, aws) = emulator.endpoint(at).await;

        let gateway_args = [&["gateway"], gateway_args].concat();
        let hooks = env(&[("ENSEMBLE_HOOKS", "on")]);
        let mut gateway_process = Process::start(at, "gateway", &gateway_args, &hooks);
        let gateway = GatewayClient::at(gateway_process.url_after("payment gateway on").await);

        let mut all = calling(&aws);
        all.extend(env(&[
            ("ENSEMBLE_GATEWAY_URL", &gateway.url),
            ("ENSEMBLE_HOOKS", "on"),
            // What a killed process held comes back as soon as the settings allow.
            ("ENSEMBLE_VISIBILITY_SECS", "3"),
            ("RUST_LOG", "info,ensemble_runtime=debug"),
            // Cards travel to the gateway in the clear: a proxy must never see them, and this one would lose them.
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("http_proxy", "http://127.0.0.1:1"),
        ]));
        all.extend(card_keys().await);
        let provisioned = ensemble(&["provision"], &all).await;
        assert_eq!(provisioned.code, Some(0), "{provisioned:?}");

        let mut system = Self {
            services: BTreeMap::new(),
            gateway_process,
            gateway_args: gateway_args.into_iter().map(str::to_owned).collect(),
            _endpoint: endpoint,
            aws,
            gateway,
            env: all,
            asked: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            heard: BTreeMap::new(),
            folder,
        };
        for name in SERVICES {
            system.start_service(name);
        }
        system
    }

    /// Starts a service that is not running.
    pub(crate) fn start_service(&mut self, name: &'static str) {
        let process = Process::start(self.folder.path(), name, &["run", name], &self.env);
        self.services.insert(name, process);
    }

    /// Starts a service once more, under a name of its own and with more settings.
    pub(crate) fn start_beside(&mut self, name: &'static str, service: &'static str, more: &Env) {
        let env = [self.env.clone(), more.clone()].concat();
        let process = Process::start(self.folder.path(), name, &["run", service], &env);
        self.services.insert(name, process);
    }

    /// Runs a command in the services' environment.
    pub(crate) async fn ensemble(&self, args: &[&str]) -> Ended {
        ensemble(args, &self.env).await
    }

    /// How many of these sagas have told their outcome so far.
    pub(crate) async fn ended(&mut self, sagas: &[String]) -> usize {
        self.listen().await;
        sagas.iter().filter(|saga| self.heard.contains_key(*saga)).count()
    }

    /// The process of a service.
    pub(crate) fn service(&mut self, name: &str) -> &mut Process {
        self.services.get_mut(name).unwrap()
    }

    /// SIGKILL to the gateway.
    pub(crate) fn kill_gateway(&mut self) {
        self.gateway_process.kill();
    }

    /// Starts the gateway again, as it was started at first.
    pub(crate) async fn start_gateway(&mut self) {
        let args: Vec<_> = self.gateway_args.iter().map(String::as_str).collect();
        let hooks = env(&[("ENSEMBLE_HOOKS", "on")]);
        self.gateway_process = Process::start(self.folder.path(), "gateway", &args, &hooks);
        self.gateway_process.url_after("payment gateway on").await;
        wait_for("the gateway", async || {
            // The words may be those of its former life.
            let address = self.gateway.url.strip_prefix("http://")?;
            std::net::TcpStream::connect(address).ok()
        })
        .await;
    }

    /// Publishes a request for each row with `ensemble publish`; answers with the sagas, those of fares first.
    pub(crate) async fn publish(&mut self, rows: &[&'static Row]) -> Vec<String> {
        let mut all = Vec::new();
        for kind in Event::LEXICON.kinds.iter().copied() {
            let rows: Vec<_> = rows.iter().copied().filter(|row| row.kind == kind).collect();
            if rows.is_empty() {
                continue;
            }
            let lines: Vec<_> = rows.iter().map(|row| row.request()).collect();
            let file: PathBuf = self.folder.path().join("requests.jsonl");
            std::fs::write(&file, lines.join("\n")).unwrap();
            let file = file.to_string_lossy();
            let published = ensemble(&["publish", kind.as_str(), &file, "--json"], &self.env).await;
            assert_eq!(published.code, Some(0), "{published:?}");
            let saga = |line: &serde_json::Value| line["sagaId"].as_str().unwrap().to_owned();
            let sagas: Vec<_> = published.json().iter().map(saga).collect();
            assert_eq!(sagas.len(), rows.len());
            self.asked.extend(sagas.iter().cloned().zip(rows));
            all.extend(sagas);
        }
        all
    }

    /// Cancels a saga, by a message straight to booking's queue.
    pub(crate) async fn cancel(&mut self, saga: &str) {
        let url = self.aws.queue_url(&self.aws.name("booking"));
        let body = cancel(saga.parse().unwrap());
        self.aws.sqs("SendMessage", &serde_json::json!({ "QueueUrl": url, "MessageBody": body })).await;
        self.cancelled.insert(saga.to_owned());
    }

    /// Takes what is in the outcome queues; answers with how many sagas have told their outcome so far.
    pub(crate) async fn listen(&mut self) -> usize {
        for successful in [true, false] {
            let queue = if successful { "success" } else { "failure" };
            for body in self.aws.take(&self.aws.name(queue)).await {
                let notification: Notification = serde_json::from_str(&body).unwrap();
                let saga = notification.saga_id.to_string();
                self.heard.entry(saga).or_default().insert((successful, body));
            }
        }
        self.heard.len()
    }

    /// Grows with every outcome and with every call to the gateway.
    pub(crate) async fn progress(&mut self) -> u64 {
        let outcomes = u64::try_from(self.listen().await).unwrap();
        outcomes + self.gateway.totals().await.calls
    }

    /// Waits until all that was asked for has ended and no message is left; then every saga must be right.
    pub(crate) async fn ends_well(&mut self) {
        let seen = within(END_MAX, async || {
            let ended = self.listen().await == self.asked.len();
            (ended && self.aws.is_quiet().await).then_some(())
        });
        assert!(seen.await.is_some(), "{} of {} sagas have ended", self.heard.len(), self.asked.len());
        self.listen().await;
        for queue in QUEUES {
            let dead = self.aws.take(&self.aws.name(&format!("{queue}-dlq"))).await;
            assert!(dead.is_empty(), "dead letters of {queue}: {dead:?}");
        }
        for (saga, row) in &self.asked {
            self.is_right(saga, row).await;
        }
    }

    /// The one notification of a saga.
    pub(crate) fn notification(&self, saga: &str) -> Notification {
        let bodies: Vec<_> = self.heard.get(saga).into_iter().flatten().collect();
        let [(successful, body)] = bodies.as_slice() else {
            panic!("saga {saga} should have one notification: {bodies:?}");
        };
        let notification: Notification = serde_json::from_str(body).unwrap();
        assert_eq!(*successful, notification.outcome == Outcome::Completed);
        notification
    }

    async fn is_right(&self, saga: &str, row: &Row) {
        let told = self.notification(saga);
        if self.cancelled.contains(saga) {
            assert_is_honest(&told, self.gateway.ledger(saga).await, &row.request());
            return;
        }
        let what = format!("saga {saga} of {row:?}: {told:?}");
        assert_eq!(told.outcome, row.outcome, "{what}");
        let error = told.error.as_ref().map(|error| error.name.as_str());
        assert_eq!(error, row.error, "{what}");
        assert_eq!(path(&told), row.path, "{what}");
        let standing = told.standing.iter().map(|left| left.effect.as_str());
        assert_eq!(standing.collect::<Vec<_>>(), row.standing, "{what}");

        let ledger = self.gateway.ledger(saga).await;
        let counts = [ledger.authorized, ledger.captured, ledger.voided, ledger.refunded];
        assert_eq!(counts, row.ledger, "{what}: {ledger:?}");
    }

    /// How many messages a service received this often or more, by its log.
    pub(crate) fn received(&mut self, service: &str, times: u64) -> usize {
        let log = self.service(service).log();
        let spans = log.iter().filter_map(|line| line["spans"].as_array()?.last());
        let often = spans.filter(|span| span["attempt"].as_u64() >= Some(times));
        let ids: BTreeSet<_> = often.map(|span| span["event.id"].to_string()).collect();
        ids.len()
    }
}
