//! Looks for messages, and gives them back.

use operate::parked::Held;
use runtime::{Aws, CancellationToken, Environment, Settings};
use wire::Vocabulary;

use super::choice;
use crate::cli::parked::Filter;
use crate::console::Console;
use crate::{Error, age};

/// What matches, in all queues that can hold it.
pub(super) async fn look<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    filter: &Filter,
    stop: &CancellationToken,
) -> Result<(Settings, Vec<Held>), Error> {
    let settings = Settings::read(environment)?;
    let places = choice::chosen(console, &settings, filter.queue.as_deref())?;
    let aws = Aws::connect(environment).await?;
    let mut all = Held::read(&aws, places, stop).await?;
    let kept = keep(&mut all, filter).await;
    if stop.is_cancelled() || kept.is_err() {
        give_back(all).await?;
        return Err(kept.err().unwrap_or_else(stopped));
    }
    Ok((settings, all))
}

/// Gives back what is not meant.
pub(super) async fn keep(all: &mut [Held], filter: &Filter) -> Result<(), Error> {
    let now = age::now();
    for held in all {
        held.keep(|letter| filter.matches(letter, now)).await?;
    }
    Ok(())
}

/// Gives back everything, as far as it can be, and then says what could not be.
pub(super) async fn give_back(all: Vec<Held>) -> Result<(), Error> {
    let mut failed = None;
    for held in all {
        failed = held.give_back().await.err().or(failed);
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// The error of a command that was stopped.
pub(super) fn stopped() -> Error {
    Error::Failed("stopped before its end".to_owned())
}
