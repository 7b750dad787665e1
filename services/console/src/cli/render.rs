//! Options of `render`.

use clap::{Args, Subcommand};

use super::SagaName;

/// What to draw.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Render {
    /// Draw who announces which event to whom, as a Mermaid flowchart.
    ///
    /// Solid arrows lead on to a saga that ends well; dotted ones undo, or tell of a failure.
    Map(MapOptions),
    /// List every reaction of every service, as a Markdown table.
    Table,
}

/// Options of `render map`.
#[derive(Clone, Copy, Debug, Args)]
pub struct MapOptions {
    /// Only what occurs in sagas of this kind.
    #[arg(long, value_enum, value_name = "SAGA")]
    pub saga: Option<SagaName>,
}
