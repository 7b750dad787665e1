//! What several commands have in common: options, and how they run.
//!
//! # Examples
//!
//! An [`EndpointOption`] goes before the AWS variables, in whatever place of the line it stands:
//!
//! ```
//! use clap::{Args, FromArgMatches};
//! use ensemble_console::EndpointOption;
//!
//! let line = EndpointOption::augment_args(clap::Command::new("parcels"));
//! let read = line.try_get_matches_from(["parcels", "--endpoint-url", "http://127.0.0.1:4566"])?;
//! let option = EndpointOption::from_arg_matches(&read)?;
//! assert_eq!(option.endpoint_url.as_deref(), Some("http://127.0.0.1:4566"));
//! # Ok::<(), clap::Error>(())
//! ```

use clap::Args;

/// For a program to read.
#[derive(Clone, Copy, Debug, Args)]
pub struct JsonOption {
    /// Print JSON, one document a line.
    #[arg(long)]
    pub json: bool,
}

/// Which endpoint is called.
#[derive(Clone, Debug, Default, Args)]
pub struct EndpointOption {
    /// Where SQS, SNS and DynamoDB are, whatever variables and the AWS profile say.
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// How a command runs.
///
/// # Examples
///
/// A command of an application's own that serves until it is stopped, and logs what goes wrong:
///
/// ```
/// use ensemble_console::Manner;
///
/// const GATEWAY: Manner = Manner { log_filter: Some("error"), ..Manner::SERVES };
/// assert!(GATEWAY.stops_in_order);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// What is logged unless `RUST_LOG` says otherwise; `None`: INFO.
    pub log_filter: Option<&'static str>,
    /// Whether it ends in order at SIGTERM or Ctrl-C; if not, they end it wherever it is.
    pub stops_in_order: bool,
}

impl Manner {
    /// The output itself tells the story, and there is nothing to put in order.
    pub const SHORT: Self = Self { log_filter: Some("error"), stops_in_order: false };

    /// The output itself tells the story, and the command ends in order.
    pub const ENDS_IN_ORDER: Self = Self { stops_in_order: true, ..Self::SHORT };

    /// It serves until it is stopped, and logs what it does.
    pub const SERVES: Self = Self { log_filter: None, stops_in_order: true };

    /// It serves until it is stopped, and logs only what a person has to know.
    pub const SERVES_QUIETLY: Self = Self { log_filter: Some("warn"), stops_in_order: true };
}
