//! The commands, their options and their help.

pub mod stock;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use console::{Command as Common, EXIT_CODES, EndpointOption, JsonOption, Manner};

use crate::given::console;
use crate::rows;

/// Choreographed sagas on Amazon SNS and SQS.
///
/// Three services (booking, payment, fulfillment) react to each other's events, each with one local write, and undo
/// their own work when a later step fails. A notifier routes every outcome to a success or a failure queue.
///
/// Start with `ensemble demo`. Then `ensemble up`, and in a second terminal `ensemble publish` and `ensemble watch`.
#[derive(Debug, Args)]
pub struct Cli {
    /// Which endpoint is called.
    #[command(flatten)]
    pub endpoint: EndpointOption,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const ENVIRONMENT: &str = "Environment: the usual AWS variables (AWS_ENDPOINT_URL, AWS_REGION, credentials) name the \
                           endpoint; docs/configuration.md lists the rest.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play fares and orders on an embedded endpoint: one of each completes, others fail and are undone, one is cancelled.
    ///
    /// Needs nothing but this program. Ends by itself: with 0 if every saga ended as it should.
    Demo(DemoOptions),
    /// Measure sagas on an embedded endpoint: how many a second, how long each takes, what it calls, and what that costs.
    ///
    /// Holds every outcome, and what the gateway was asked for, to its row, and ends with 1 if one differs. The endpoint,
    /// the gateway and each service are processes of their own on this machine: the counts are those of AWS, the times are
    /// not. Their logs are shown where the log level is set.
    Bench(BenchOptions),
    /// Run everything in this process until Ctrl-C, on an embedded endpoint.
    ///
    /// Prints how to publish and watch with the AWS CLI and with `ensemble`.
    Up(StackOptions),
    #[command(flatten)]
    #[expect(missing_docs, reason = "its text would be the help of the commands that stand here")]
    Common(Common),
    /// Look at the stock, or set it.
    Stock {
        /// What to do with it.
        #[command(subcommand)]
        what: stock::Stock,
    },
    /// Serve the simulated payment gateway alone.
    Gateway(GatewayOptions),
    /// Make a key pair for card data, and print it as shell exports or keep it in two files.
    ///
    /// `eval "$(ensemble keys)"` sets it for services that are started from this shell. Booking needs the public key,
    /// only payment the private one.
    Keys(KeysOptions),
    /// Write the package of a saga of your own into a new folder.
    ///
    /// A parcel is accepted, loaded and delivered, or given back: a saga with a compensation, its services, its operator's
    /// command, and tests that kill each service at each act. Change one file after another.
    New(NewOptions),
}

impl Command {
    /// How it runs.
    pub(crate) fn manner(&self) -> Manner {
        match self {
            Self::Demo(_) | Self::Bench(_) => Manner::ENDS_IN_ORDER,
            Self::Up(_) => Manner::SERVES_QUIETLY,
            Self::Gateway(_) => Manner::SERVES,
            Self::Stock { .. } | Self::Keys(_) | Self::New(_) => Manner::SHORT,
            Self::Common(command) => command.manner(),
        }
    }
}

/// The command line, with the kinds of saga and the services of this choreography.
impl CommandFactory for Cli {
    fn command() -> clap::Command {
        let command = clap::Command::new("ensemble").version(env!("CARGO_PKG_VERSION"));
        // The stock's items have a record too.
        let with_stock = |argument: clap::Arg| {
            argument
                .value_name("SAGA|stock/ITEM|QUEUE")
                .help("A saga's id, `stock/<item>`, or the name of a dead-letter queue such as `ensemble-payment-dlq`")
        };
        let command = Self::augment_args(command).after_help(format!("{ENVIRONMENT}\n\n{EXIT_CODES}"));
        let command = command.mut_subcommand("audit", |audit| {
            audit
                .about("Show what operators did: to a saga, to an item of the stock, or to the dead letters of a queue")
                .mut_arg("subject", with_stock)
        });
        console().adapted(command)
    }

    fn command_for_update() -> clap::Command {
        Self::augment_args_for_update(clap::Command::new("ensemble"))
    }
}

impl Parser for Cli {}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoOptions {
    /// Only sagas of this kind.
    #[arg(long = "saga", value_name = "SAGA")]
    pub kind: Option<String>,
    /// Only rows of this name; may be given more than once.
    #[arg(long, value_name = "ROW", value_parser = rows::row_names())]
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

/// Options of `bench`.
#[derive(Debug, Args)]
pub struct BenchOptions {
    /// How many sagas.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub count: u32,
    /// Ask for so many a second; without it, for the next as soon as fewer than 500 are open.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rate: Option<u32>,
    /// The kind of saga.
    #[arg(long, value_name = "SAGA", default_value = "fare")]
    pub kind: String,
    /// How many fail: none, or 30 in a hundred, at each row in turn.
    #[arg(long, value_enum, default_value_t = Mix::Happy)]
    pub mix: Mix,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// How many sagas of a bench fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mix {
    /// None.
    Happy,
    /// 30 in a hundred.
    #[value(name = "30")]
    Thirty,
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

/// Options of `new`.
#[derive(Debug, Args)]
pub struct NewOptions {
    /// The folder, which may exist if it is empty. The package has its name.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Take the library from this folder: a checkout of Ensemble, or the unpacked packages of its crates. Unless given,
    /// from the registry.
    #[arg(long, value_name = "DIR")]
    pub library: Option<PathBuf>,
}
