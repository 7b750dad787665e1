//! Options of `render`.

use clap::{Args, Subcommand, ValueEnum};
use map::cloudformation::Stack;

/// What to draw.
#[derive(Clone, Debug, Subcommand)]
pub enum Render {
    /// Draw who announces which event to whom, as a Mermaid flowchart.
    ///
    /// Solid arrows lead on to a saga that ends well; dotted ones undo, or tell of a failure.
    Map(MapOptions),
    /// List every reaction of every service, as a Markdown table.
    Table,
    /// Describe topics, queues, who sends and receives what, and the schema of every message, as an `AsyncAPI` document.
    Asyncapi,
    /// Write a template for AWS `CloudFormation`.
    #[command(name = "cloudformation")]
    CloudFormation(CloudFormationOptions),
}

/// Options of `render cloudformation`.
#[derive(Clone, Copy, Debug, Args)]
pub struct CloudFormationOptions {
    /// Of which stack.
    #[arg(value_enum, value_name = "STACK")]
    pub stack: StackName,
}

/// A stack, in the order in which they are deployed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum StackName {
    /// Topics, queues, tables, the key, roles, logs and alarms.
    Topology,
    /// The services on ECS Fargate.
    Services,
}

impl From<StackName> for Stack {
    fn from(name: StackName) -> Self {
        match name {
            StackName::Topology => Self::Topology,
            StackName::Services => Self::Services,
        }
    }
}

/// Options of `render map`.
#[derive(Clone, Debug, Args)]
pub struct MapOptions {
    /// Only what occurs in sagas of this kind.
    #[arg(long = "saga", value_name = "SAGA")]
    pub kind: Option<String>,
}
