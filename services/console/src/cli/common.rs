//! Options that several commands have.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use contracts::{Event, Events, SagaKind};

/// For a program to read.
#[derive(Clone, Copy, Debug, Args)]
pub struct JsonOption {
    /// Print JSON, one document a line.
    #[arg(long)]
    pub json: bool,
}

/// Reads the name of a kind of saga.
pub(super) fn saga_kind() -> impl TypedValueParser<Value = SagaKind> {
    let name = |kind: SagaKind| PossibleValue::new(kind.as_str()).help(kind.about());
    let named = |name: String| {
        Event::LEXICON.kinds.iter().copied().into_iter().find(|kind| kind.as_str() == name).ok_or("is no kind of saga")
    };
    PossibleValuesParser::new(Event::LEXICON.kinds.iter().copied().map(name)).try_map(named)
}
