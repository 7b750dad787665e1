//! Options that several commands have.

use clap::{Args, ValueEnum};
use contracts::SagaKind;

/// For a program to read.
#[derive(Clone, Copy, Debug, Args)]
pub struct JsonOption {
    /// Print JSON, one document a line.
    #[arg(long)]
    pub json: bool,
}

/// A kind of saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SagaName {
    /// A fare is registered, charged and credited.
    Fare,
    /// An order is created, paid and reserved.
    Order,
}

impl SagaName {
    /// The kind that it names.
    #[must_use]
    pub fn kind(self) -> SagaKind {
        match self {
            Self::Fare => SagaKind::Fare,
            Self::Order => SagaKind::Order,
        }
    }
}
