//! Options of `parked` and of `queues`.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::common::JsonOption;

/// What to do with messages that wait for a person.
#[derive(Debug, Subcommand)]
pub enum Parked {
    /// Count them by queue, reason, event type and detail.
    List(ListOptions),
    /// Print messages with all that is known of them.
    ///
    /// What must not be kept is left out of the body.
    Show(ShowOptions),
    /// Send messages back to where they were meant for, and delete them here.
    ///
    /// Sent again, a message changes nothing that was done already. One from which something was removed is not sent:
    /// its request has to be made anew. Leaves a record before and after.
    Redrive(RedriveOptions),
    /// Delete messages.
    ///
    /// They cannot be brought back. Leaves a record before and after.
    Discard(DiscardOptions),
    /// Show who redrove and discarded what.
    Log(LogOptions),
}

/// Which messages. All that is given must hold.
#[derive(Debug, Default, Args)]
pub struct Filter {
    /// Those in this queue: the name of a service is its dead letters, `<service>-undelivered` what SNS could not
    /// deliver to it.
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
    /// Those with this reason, such as `exhausted` or `undelivered`.
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
    /// Those of this saga.
    #[arg(long, value_name = "ID")]
    pub saga: Option<String>,
    /// Those of this type of event, by its name on the wire.
    #[arg(long = "type", value_name = "EVENT")]
    pub event_type: Option<String>,
    /// Those that were first sent longer ago than this, such as `10m` or `1d 12h`.
    #[arg(long, value_name = "AGE", value_parser = crate::age::parse)]
    pub older_than: Option<Duration>,
    /// Those that were first sent less long ago than this.
    #[arg(long, value_name = "AGE", value_parser = crate::age::parse)]
    pub newer_than: Option<Duration>,
    /// The one with this message id; may be given more than once.
    #[arg(long, value_name = "MESSAGE_ID")]
    pub id: Vec<String>,
}

/// Options of `parked list`.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Which messages.
    #[command(flatten)]
    pub filter: Filter,
    /// Print a line for each message.
    #[arg(long)]
    pub each: bool,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `parked show`.
#[derive(Debug, Args)]
pub struct ShowOptions {
    /// The message id, as `parked list` prints it.
    #[arg(value_name = "MESSAGE_ID")]
    pub ids: Vec<String>,
    /// Which messages.
    #[command(flatten)]
    pub filter: Filter,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// What `redrive` and `discard` have in common.
#[derive(Debug, Args)]
pub struct SettleOptions {
    /// Which messages.
    #[command(flatten)]
    pub filter: Filter,
    /// All messages of all queues, in place of a choice.
    #[arg(long, conflicts_with_all = ["queue", "reason", "saga", "event_type", "older_than", "newer_than", "id"])]
    pub all: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `parked redrive`.
#[derive(Debug, Args)]
pub struct RedriveOptions {
    /// Which messages, and how.
    #[command(flatten)]
    pub settle: SettleOptions,
    /// Messages a second from each queue, at most.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
    /// The queue to send them to, instead of the one that they were meant for.
    #[arg(long, value_name = "QUEUE")]
    pub to: Option<String>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub why: String,
}

/// Options of `parked discard`.
#[derive(Debug, Args)]
pub struct DiscardOptions {
    /// Which messages, and how.
    #[command(flatten)]
    pub settle: SettleOptions,
    /// Why, for the record.
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "dry_run",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub why: Option<String>,
}

/// Options of `parked log`.
#[derive(Debug, Args)]
pub struct LogOptions {
    /// What was done in this queue only.
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `queues`.
#[derive(Debug, Args)]
pub struct QueuesOptions {
    /// Also look for how long messages have been waiting, in a sample of up to 10 of each queue.
    ///
    /// SQS does not say it otherwise. Looking counts as one receive of each message in the sample, and a service gives
    /// up a message after 50 attempts: do not repeat it every second.
    #[arg(long)]
    pub age: bool,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}
