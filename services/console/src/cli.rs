//! The commands, their options and their help.

#![expect(clippy::doc_markdown, reason = "these comments are help texts, read on a terminal")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Choreographed sagas on Amazon SNS and SQS.
///
/// Three services (booking, payment, fulfillment) react to each other's events, each with one local write, and undo
/// their own work when a later step fails. A notifier routes every outcome to a success or a failure queue.
///
/// Start with `ensemble demo`. Then `ensemble up`, and in a second terminal `ensemble publish` and `ensemble watch`.
#[derive(Debug, Parser)]
#[command(name = "ensemble", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// Where SQS, SNS and DynamoDB are, instead of `AWS_ENDPOINT_URL`.
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
    /// Play five fares on an embedded endpoint: one completes, four fail and are undone.
    ///
    /// Needs nothing but this program. Ends by itself: with 0 if every fare ended as it should.
    Demo(DemoOptions),
    /// Run everything in this process until Ctrl-C, on an embedded endpoint.
    ///
    /// Prints how to publish and watch with the AWS CLI and with `ensemble`.
    Up(StackOptions),
    /// Create topics, queues, subscriptions and tables; or bring them into line.
    ///
    /// Works on whatever endpoint the AWS variables name. Run again, it changes nothing.
    Provision(JsonOption),
    /// Publish requests.
    Publish {
        /// What to publish.
        #[command(subcommand)]
        what: Publish,
    },
    /// Show outcomes as they arrive in the success and the failure queue.
    ///
    /// Deletes from the queues only what it has shown. Ends with Ctrl-C.
    Watch(WatchOptions),
    /// Run services in this process until SIGTERM or Ctrl-C.
    Run(RunOptions),
    /// Serve the embedded AWS endpoint alone: SQS, SNS and DynamoDB on one port. Not for production.
    Local(LocalOptions),
    /// Serve the simulated payment gateway alone.
    Gateway(GatewayOptions),
    /// Make a key pair for card data and print it as shell exports.
    ///
    /// `eval "$(ensemble keys)"` sets it for services that are started from this shell. Booking needs the public key,
    /// only payment the private one.
    Keys,
}

impl Command {
    /// What is logged unless `RUST_LOG` says otherwise: nothing where the output itself tells the story.
    pub(crate) fn log_filter(&self) -> Option<&'static str> {
        match self {
            Self::Demo(_) | Self::Publish { .. } | Self::Watch(_) | Self::Provision(_) | Self::Keys => Some("error"),
            Self::Up(_) => Some("warn"),
            Self::Run(_) | Self::Local(_) | Self::Gateway(_) => None,
        }
    }
}

/// For a program to read.
#[derive(Clone, Copy, Debug, Args)]
pub struct JsonOption {
    /// Print JSON, one document a line.
    #[arg(long)]
    pub json: bool,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoOptions {
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

/// What to publish.
#[derive(Debug, Subcommand)]
pub enum Publish {
    /// Publish one request for a fare, or a JSON-lines file of them.
    ///
    /// Each is checked first. A bad one names its line, field and rule, and none is sent unless --partial.
    Fare(PublishOptions),
}

/// Options of `publish`.
#[derive(Debug, Args)]
pub struct PublishOptions {
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

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum ServiceName {
    /// Registers the fare, owns the outcome.
    Booking,
    /// Charges the card, voids, refunds.
    Payment,
    /// Credits the customer's account.
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
    /// The port on 127.0.0.1; 0 picks a free one and prints it.
    #[arg(long, default_value_t = 4567)]
    pub gateway_port: u16,
    /// Keep the ledger in this file.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Answer late, lose an answer after acting, or fail: `late:any:500ms`, `lose:capture:every=3`,
    /// `fail:authorize:times=2`. May be given more than once.
    #[arg(long, value_name = "RULE")]
    pub fault: Vec<gateway::Fault>,
}
