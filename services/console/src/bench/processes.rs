//! The processes of a run: the endpoint, the gateway and each service alone, as on machines of their own.
//!
//! **Invariant:** none outlives a bench that ends, fails or is interrupted.

use std::process::Stdio;
use std::time::Duration;

use choreography::PARTICIPANTS;
use console::Error;
use gateway::Ledger;
use local::Calls;
use runtime::telemetry::LOG;
use runtime::{Environment, Settings};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::process::Usage;

/// How often it is looked whether the services look into their queues.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a process used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    /// `endpoint`, `gateway`, the name of a service, or `load`: the bench itself.
    pub(super) name: &'static str,
    pub(super) usage: Usage,
}

impl Used {
    /// What it used since then.
    pub(super) fn since(self, earlier: &Self) -> Self {
        Self { usage: self.usage.since(&earlier.usage), ..self }
    }
}

#[derive(Debug)]
struct Process {
    name: &'static str,
    child: Child,
}

/// All processes but this one, on free ports.
#[derive(Debug)]
pub(super) struct Processes {
    /// Where SQS, SNS and `DynamoDB` are.
    pub(super) endpoint: String,
    gateway: String,
    client: reqwest::Client,
    running: Vec<Process>,
}

impl Processes {
    /// Starts the endpoint and the gateway. Services come later, when there are queues.
    pub(super) async fn start(environment: &Environment) -> Result<Self, Error> {
        let (first, endpoint) = Process::listening(environment, "endpoint", &["local", "--port", "0"]).await?;
        let (second, gateway) = Process::listening(environment, "gateway", &["gateway", "--gateway-port", "0"]).await?;
        // Both are on this machine: no proxy that the environment names is asked for them.
        let client = reqwest::Client::builder().no_proxy().build().map_err(|error| Error::because(&error))?;
        Ok(Self { endpoint, gateway, client, running: vec![first, second] })
    }

    /// Starts the services, with a key pair of their own, and waits until each looks into its queues.
    pub(super) async fn start_services(&mut self, environment: &Environment, settings: &Settings) -> Result<(), Error> {
        let (private, public) = card::key_pair();
        for declaration in &*PARTICIPANTS {
            let mut command = command(environment, &["--endpoint-url", &self.endpoint, "run", declaration.name])?;
            command.env(payment::GATEWAY_URL.name, &self.gateway).env(booking::CARD_KEY.name, public.to_base64());
            for other in [&booking::CARD_KEY_FILE, &payment::CARD_KEY_FILE, &payment::CARD_KEY] {
                command.env_remove(other.name);
            }
            if declaration.name == payment::DECLARATION.name {
                command.env(payment::CARD_KEY.name, &*private.expose_base64());
            }
            self.running.push(Process::spawn(declaration.name, command)?);
        }
        let doors: usize = PARTICIPANTS.iter().map(|declaration| declaration.doors().count()).sum();
        let first_looks = u64::try_from(doors * settings.pollers).unwrap_or(u64::MAX);
        while self.calls().await?.get("sqs:ReceiveMessage") < first_looks {
            self.all_run()?;
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Whether every process still runs.
    pub(super) fn all_run(&mut self) -> Result<(), Error> {
        for Process { name, child } in &mut self.running {
            if let Some(status) = child.try_wait().map_err(|error| Error::because(&error))? {
                let hint = format!("with {}=warn its log is shown", LOG.name);
                return Err(Error::Failed(format!("the process of `{name}` ended before its time ({status}); {hint}")));
            }
        }
        Ok(())
    }

    /// What each process used until now, this one too.
    pub(super) fn used(&self) -> Vec<Used> {
        let of = |process: &Process| Used { name: process.name, usage: Usage::of(process.child.id()) };
        let load = Used { name: "load", usage: Usage::of(Some(std::process::id())) };
        self.running.iter().map(of).chain([load]).collect()
    }

    /// Counts of calls at the endpoint.
    pub(super) async fn calls(&self) -> Result<Calls, Error> {
        self.get(&format!("{}/_ensemble/calls", self.endpoint)).await
    }

    /// What these calls carried.
    pub(super) async fn carried(&self) -> Result<Calls, Error> {
        self.get(&format!("{}/_ensemble/carried", self.endpoint)).await
    }

    /// Tables, their items and their bytes.
    pub(super) async fn tables(&self) -> Result<Vec<(String, u64, u64)>, Error> {
        self.get(&format!("{}/_ensemble/tables", self.endpoint)).await
    }

    /// What the gateway did for a saga, or for all.
    pub(super) async fn ledger(&self, saga: Option<&str>) -> Result<Ledger, Error> {
        let query = saga.map(|saga| format!("?saga={saga}")).unwrap_or_default();
        self.get(&format!("{}/ledger{query}", self.gateway)).await
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, Error> {
        let answer = self.client.get(url).send().await.and_then(reqwest::Response::error_for_status);
        answer.map_err(|error| Error::because(&error))?.json().await.map_err(|error| Error::because(&error))
    }

    /// Ends them: the endpoint keeps nothing, so none has to stop in order.
    pub(super) async fn end(self) -> Result<(), Error> {
        for Process { mut child, .. } in self.running {
            child.kill().await.map_err(|error| Error::because(&error))?;
        }
        Ok(())
    }
}

impl Process {
    /// Starts one that says first where it listens.
    async fn listening(
        environment: &Environment,
        name: &'static str,
        arguments: &[&str],
    ) -> Result<(Self, String), Error> {
        let mut command = command(environment, arguments)?;
        command.stdout(Stdio::piped());
        let mut process = Self::spawn(name, command)?;
        let out = process.child.stdout.take().map(BufReader::new);
        let mut line = String::new();
        if let Some(mut out) = out {
            out.read_line(&mut line).await.map_err(|error| Error::because(&error))?;
        }
        let url = line.split([' ', ';', '\n']).find(|word| word.starts_with("http://")).map(str::to_owned);
        let url = url.ok_or_else(|| Error::Failed(format!("the process of `{name}` does not say where it listens")))?;
        Ok((process, url))
    }

    fn spawn(name: &'static str, mut command: Command) -> Result<Self, Error> {
        let child = command.spawn().map_err(|error| Error::because(&error))?;
        Ok(Self { name, child })
    }
}

/// This program with these arguments, and the forced failures on. Where a log level is set, the processes log to where
/// the bench logs; else as they do by default, and nobody reads it.
fn command(environment: &Environment, arguments: &[&str]) -> Result<Command, Error> {
    let program = std::env::current_exe().map_err(|error| Error::because(&error))?;
    let mut command = Command::new(program);
    command.args(arguments).env(switches::HOOKS.name, "on").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    if !environment.is_set(&LOG) {
        command.stderr(Stdio::null());
    }
    Ok(command)
}
