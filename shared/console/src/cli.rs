//! The commands, their options and their help.
//!
//! What depends on the choreography is read as text: a kind of saga by the argument `kind`, a service by the argument
//! `services`. [`Console::adapted`](crate::Console::adapted) tells clap what they may be.
//!
//! # Examples
//!
//! A [`Command`] is read by clap, alone or flattened into an enum of commands, as at
//! [`Console::execute`](crate::Console::execute):
//!
//! ```
//! use clap::{FromArgMatches, Subcommand};
//! use ensemble_console::{Command, Manner};
//!
//! let line = Command::augment_subcommands(clap::Command::new("parcels"));
//! let read = line.try_get_matches_from(["parcels", "watch", "--once", "2"])?;
//! let command = Command::from_arg_matches(&read)?;
//! assert_eq!(command.manner(), Manner::ENDS_IN_ORDER);
//! # Ok::<(), clap::Error>(())
//! ```

#![expect(clippy::doc_markdown, reason = "these comments are help texts, read on a terminal")]

pub mod common;
pub mod parked;
pub mod render;
pub mod sagas;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use common::{EndpointOption, JsonOption, Manner};

/// What to do with a choreography, on any endpoint.
#[derive(Debug, Subcommand)]
pub enum Command {
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
    /// Reads the list that the owner of the sagas keeps, those due longest first, and looks closely only at those that
    /// it shows.
    Sagas(sagas::SagasOptions),
    /// Show the way of one saga across all services, and what it waits for now.
    Trace(sagas::TraceOptions),
    /// Answer what a saga asks, in place of the person whom it asks.
    Answer(sagas::AnswerOptions),
    /// Ask that a saga be undone, as far as it may be.
    ///
    /// Once it is fulfilled it is too late, and it completes. A saga whose request has not come yet ends when it comes.
    Cancel(sagas::AskOptions),
    /// Ask that what still stands of a saga that needs attention be undone after all.
    Retry(sagas::AskOptions),
    /// Close a saga that needs attention, because a person has seen to what still stood.
    Resolve(sagas::ResolveOptions),
    /// Show what operators did: to a saga, or to the dead letters of a queue.
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
    /// Draw the choreography as the services declare it. Needs no endpoint.
    Render {
        /// What to draw.
        #[command(subcommand)]
        what: render::Render,
    },
}

impl Command {
    /// How it runs.
    #[must_use]
    pub fn manner(&self) -> Manner {
        match self {
            Self::Run(_) | Self::Local(_) => Manner::SERVES,
            Self::Watch(_) | Self::Probe(_) => Manner::ENDS_IN_ORDER,
            Self::Parked { what } if !matches!(what, parked::Parked::Log(_)) => Manner::ENDS_IN_ORDER,
            Self::Parked { .. } | Self::Publish(_) | Self::Provision(_) | Self::Check(_) => Manner::SHORT,
            Self::Queues(_) | Self::Sagas(_) | Self::Trace(_) | Self::Audit(_) | Self::Render { .. } => Manner::SHORT,
            Self::Answer(_) | Self::Cancel(_) | Self::Retry(_) | Self::Resolve(_) => Manner::SHORT,
        }
    }
}

/// Options of `publish`.
#[derive(Debug, Args)]
pub struct PublishOptions {
    /// The kind of saga that is requested.
    #[arg(value_name = "KIND")]
    pub kind: String,
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
    /// A saga's id, or the name of a dead-letter queue, which ends with `-dlq`.
    #[arg(value_name = "SAGA|QUEUE")]
    pub subject: String,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// Which services.
    #[arg(required = true, value_name = "SERVICES")]
    pub services: Vec<String>,
}

/// Options of `local` and `up`: an embedded endpoint.
#[derive(Clone, Debug, Default, Args)]
pub struct LocalOptions {
    /// The port; 0 picks a free one and prints it.
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// Keep tables in this folder; messages are in memory in any case.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}
