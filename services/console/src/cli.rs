//! The commands, their options and their help.

#![expect(clippy::doc_markdown, reason = "these comments are help texts, read on a terminal")]

pub mod common;
pub mod parked;
pub mod render;
pub mod sagas;
pub mod stock;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use contracts::SagaKind;

use crate::demo;

pub use common::JsonOption;
use common::saga_kind;

/// Choreographed sagas on Amazon SNS and SQS.
///
/// Three services (booking, payment, fulfillment) react to each other's events, each with one local write, and undo
/// their own work when a later step fails. A notifier routes every outcome to a success or a failure queue.
///
/// Start with `ensemble demo`. Then `ensemble up`, and in a second terminal `ensemble publish` and `ensemble watch`.
#[derive(Debug, Parser)]
#[command(name = "ensemble", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// Where SQS, SNS and DynamoDB are, whatever variables and the AWS profile say.
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Environment: the usual AWS variables (AWS_ENDPOINT_URL, AWS_REGION, credentials) name the endpoint; \
docs/configuration.md lists the rest.

Exit codes: 0 done; 1 failed; 2 wrong usage; 65 the input breaks a rule; 69 the endpoint does not answer; \
78 a setting is missing or not allowed.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play fares and orders on an embedded endpoint: one of each completes, others fail and are undone, one is cancelled.
    ///
    /// Needs nothing but this program. Ends by itself: with 0 if every saga ended as it should.
    Demo(DemoOptions),
    /// Run everything in this process until Ctrl-C, on an embedded endpoint.
    ///
    /// Prints how to publish and watch with the AWS CLI and with `ensemble`.
    Up(StackOptions),
    /// Hold the declared choreography to its rules, without running anything.
    ///
    /// Prints a line for each rule: what it was held on, or what breaks it, the events that show it and what to change.
    /// Ends with 1 if a rule is broken.
    Check(JsonOption),
    /// Create topics, queues, subscriptions and tables; or bring them into line.
    ///
    /// Works on whatever endpoint the AWS variables name. Run again, it changes nothing.
    Provision(JsonOption),
    /// Publish requests.
    ///
    /// Publishes one request, or a JSON-lines file of them. Each is checked first. A bad one names its line, field and
    /// rule, and none is sent unless --partial.
    Publish(PublishOptions),
    /// Show outcomes as they arrive in the success and the failure queue.
    ///
    /// Deletes from the queues only what it has shown. Ends with Ctrl-C.
    Watch(WatchOptions),
    /// Look after messages that wait for a person: dead letters, and what SNS could not deliver.
    ///
    /// Looking at messages hides them from others for a moment. They are visible again at the end, after Ctrl-C and
    /// after an error at once, and after a crash in a minute.
    Parked {
        /// What to do with them.
        #[command(subcommand)]
        what: parked::Parked,
    },
    /// Show how much waits in every queue, and how many dead letters it has.
    Queues(parked::QueuesOptions),
    /// Show sagas that are not over: what each waits for, and which service owes it.
    ///
    /// Reads the list that booking keeps, those due longest first, and looks closely only at those that it shows.
    Sagas(sagas::SagasOptions),
    /// Show the way of one saga across all services, and what it waits for now.
    Trace(sagas::TraceOptions),
    /// Ask that a saga be undone, as far as it may be.
    ///
    /// Once it is fulfilled it is too late, and it completes. A saga whose request has not come yet ends when it comes.
    Cancel(sagas::AskOptions),
    /// Ask that what still stands of a saga that needs attention be undone after all.
    Retry(sagas::AskOptions),
    /// Close a saga that needs attention, because a person has seen to what still stood.
    Resolve(sagas::ResolveOptions),
    /// Look at the stock, or set it.
    Stock {
        /// What to do with it.
        #[command(subcommand)]
        what: stock::Stock,
    },
    /// Show what operators did: to a saga, to an item of the stock, or to the dead letters of a queue.
    Audit(AuditOptions),
    /// Try out whether the endpoint does what the services rely on: conditions, visibility, delivery and so on.
    ///
    /// CREATES tables, queues and a topic of its own, on AWS too if that is what the AWS variables name, and deletes
    /// them at the end, also after Ctrl-C; it says what it could not delete. It touches nothing else. Prints a line for
    /// each thing that it tried: pass, differs, or unknown, such as for want of a permission. Ends with 1 if anything
    /// differs.
    Probe(JsonOption),
    /// Run services in this process until SIGTERM or Ctrl-C.
    Run(RunOptions),
    /// Serve the embedded AWS endpoint alone: SQS, SNS and DynamoDB on one port. Not for production.
    Local(LocalOptions),
    /// Serve the simulated payment gateway alone.
    Gateway(GatewayOptions),
    /// Draw the choreography as the services declare it. Needs no endpoint.
    Render {
        /// What to draw.
        #[command(subcommand)]
        what: render::Render,
    },
    /// Make a key pair for card data, and print it as shell exports or keep it in two files.
    ///
    /// `eval "$(ensemble keys)"` sets it for services that are started from this shell. Booking needs the public key,
    /// only payment the private one.
    Keys(KeysOptions),
}

impl Command {
    /// What is logged unless `RUST_LOG` says otherwise: nothing where the output itself tells the story.
    pub(crate) fn log_filter(&self) -> Option<&'static str> {
        match self {
            Self::Demo(_) | Self::Publish(_) | Self::Watch(_) | Self::Provision(_) | Self::Keys(_) => Some("error"),
            Self::Check(_) | Self::Parked { .. } | Self::Queues(_) | Self::Stock { .. } => Some("error"),
            Self::Sagas(_) | Self::Trace(_) | Self::Audit(_) | Self::Probe(_) | Self::Render { .. } => Some("error"),
            Self::Cancel(_) | Self::Retry(_) | Self::Resolve(_) => Some("error"),
            Self::Up(_) => Some("warn"),
            Self::Run(_) | Self::Local(_) | Self::Gateway(_) => None,
        }
    }

    /// Whether it ends in order at SIGTERM or Ctrl-C; the others are ended by it wherever they are.
    pub(crate) fn stops_in_order(&self) -> bool {
        match self {
            Self::Up(_) | Self::Run(_) | Self::Local(_) | Self::Gateway(_) => true,
            Self::Demo(_) | Self::Watch(_) | Self::Probe(_) => true,
            Self::Parked { what } => !matches!(what, parked::Parked::Log(_)),
            Self::Publish(_) | Self::Provision(_) | Self::Keys(_) | Self::Check(_) => false,
            Self::Queues(_) | Self::Stock { .. } | Self::Sagas(_) | Self::Trace(_) | Self::Audit(_) => false,
            Self::Render { .. } | Self::Cancel(_) | Self::Retry(_) | Self::Resolve(_) => false,
        }
    }
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoOptions {
    /// Only sagas of this kind.
    #[arg(long, value_parser = saga_kind(), value_name = "SAGA")]
    pub saga: Option<SagaKind>,
    /// Only rows of this name; may be given more than once.
    #[arg(long, value_name = "ROW", value_parser = demo::row_names())]
    pub row: Vec<String>,
    /// The port of the embedded endpoint; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// The port of the simulated payment gateway; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    pub gateway_port: u16,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `up`.
#[derive(Clone, Debug, Args)]
pub struct StackOptions {
    /// The port of the embedded endpoint; 0 picks a free one and prints it.
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// The port of the simulated payment gateway; 0 picks a free one and prints it.
    #[arg(long, default_value_t = 4567)]
    pub gateway_port: u16,
    /// Keep tables and the gateway's ledger in this folder; messages are in memory in any case.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Options of `publish`.
#[derive(Debug, Args)]
pub struct PublishOptions {
    /// The kind of saga that is requested.
    #[arg(value_parser = saga_kind(), value_name = "KIND")]
    pub kind: SagaKind,
    /// The file; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
    /// Send the good ones even if others are bad.
    #[arg(long)]
    pub partial: bool,
    /// The identity of the request: the same again is the same saga. For one request only.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `watch`.
#[derive(Debug, Args)]
pub struct WatchOptions {
    /// End after this many outcomes.
    #[arg(long, value_name = "N")]
    pub once: Option<usize>,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `audit`.
#[derive(Debug, Args)]
pub struct AuditOptions {
    /// A saga's id, `stock/<item>`, or the name of a dead-letter queue such as `ensemble-payment-dlq`.
    #[arg(value_name = "SAGA|stock/ITEM|QUEUE")]
    pub subject: String,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum ServiceName {
    /// Registers the fare, creates the order, owns the outcome.
    Booking,
    /// Charges the card or the account, voids, refunds.
    Payment,
    /// Credits the customer's account, reserves the inventory.
    Fulfillment,
    /// Routes each outcome to the success or the failure queue.
    Notifier,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// Which services.
    #[arg(required = true, value_enum)]
    pub services: Vec<ServiceName>,
}

/// Options of `local`.
#[derive(Debug, Args)]
pub struct LocalOptions {
    /// The port; 0 picks a free one and prints it.
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// Keep tables in this folder; messages are in memory in any case.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Options of `gateway`.
#[derive(Debug, Args)]
pub struct GatewayOptions {
    /// The address to listen on. Card data comes in the clear: any other than the default is for a network of
    /// containers on this machine.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub listen: IpAddr,
    /// The port; 0 picks a free one and prints it.
    #[arg(long, default_value_t = 4567)]
    pub gateway_port: u16,
    /// Keep the ledger in this file.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Answer late, act late, lose an answer after acting, or fail: `late:any:500ms`, `slow:debit:5000ms`,
    /// `lose:capture:every=3`, `fail:authorize:times=2`, `fail:any:customer=<the end of its id>`. May be given more
    /// than once.
    #[arg(long, value_name = "RULE")]
    pub fault: Vec<gateway::Fault>,
}

/// Options of `keys`.
#[derive(Debug, Args)]
pub struct KeysOptions {
    /// Keep the private key in this file, for its owner alone. A pair that is there already stays.
    #[arg(long, value_name = "FILE", requires = "public_file")]
    pub private_file: Option<PathBuf>,
    /// Keep the public key in this file.
    #[arg(long, value_name = "FILE", requires = "private_file")]
    pub public_file: Option<PathBuf>,
}
