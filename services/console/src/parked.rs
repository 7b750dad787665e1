//! `ensemble parked`: messages that wait for a person: dead letters, and what SNS could not deliver.
//!
//! | file | what it does |
//! | --- | --- |
//! | `choice` | which messages an operator means |
//! | `told` | what is printed of them |
//! | `settle` | redrives and discards, on record |
//!
//! **Invariant:** what was looked at and not settled is visible again at the end, also after Ctrl-C or an error.

mod choice;
mod settle;
pub(crate) mod told;

use runtime::audit::Audit;
use runtime::parked::Held;
use runtime::{Aws, CancellationToken, Environment, Settings};

use crate::cli::parked::{Filter, ListOptions, LogOptions, Parked, ShowOptions};
use crate::{Error, age, draw};

pub(crate) use told::escaped;

/// Carries out a command on parked messages.
pub(crate) async fn parked(environment: &Environment, what: Parked, stop: &CancellationToken) -> Result<(), Error> {
    match what {
        Parked::List(options) => list(environment, &options, stop).await,
        Parked::Show(options) => show(environment, options, stop).await,
        Parked::Redrive(options) => settle::redrive(environment, &options, stop).await,
        Parked::Discard(options) => settle::discard(environment, &options, stop).await,
        Parked::Log(options) => log(environment, &options).await,
    }
}

async fn list(environment: &Environment, options: &ListOptions, stop: &CancellationToken) -> Result<(), Error> {
    let (settings, all) = look(environment, &options.filter, stop).await?;
    let as_json = options.output.json;
    let lines = if options.each {
        let lines = all.iter().flat_map(|held| {
            let queue = choice::label(&settings, &held.place);
            held.letters().map(move |letter| told::line(&queue, letter, as_json))
        });
        lines.collect()
    } else {
        told::groups(&settings, &all, as_json)
    };
    give_back(all).await?;
    if lines.is_empty() && !as_json {
        return draw::print(
            &["No message waits that matches; one that somebody else looks at is not seen.".to_owned()],
        );
    }
    draw::print(&lines)
}

async fn show(environment: &Environment, options: ShowOptions, stop: &CancellationToken) -> Result<(), Error> {
    let ShowOptions { ids, mut filter, output } = options;
    filter.id.extend(ids);
    if filter.is_empty() {
        return Err(Error::Usage(
            "nothing is shown without a choice: give a message id, or options as for list".to_owned(),
        ));
    }
    let (settings, all) = look(environment, &filter, stop).await?;
    let shown = all.iter().flat_map(|held| {
        let queue = choice::label(&settings, &held.place);
        held.letters().map(move |letter| told::in_full(&queue, letter, output.json))
    });
    let shown: Vec<_> = shown.collect();
    give_back(all).await?;
    if shown.is_empty() {
        return Err(Error::Unexpected(
            "no message waits that matches; one that somebody else looks at is not seen".to_owned(),
        ));
    }
    draw::print(&shown)
}

async fn log(environment: &Environment, options: &LogOptions) -> Result<(), Error> {
    let settings = Settings::read(environment)?;
    let places = choice::chosen(&settings, options.queue.as_deref())?;
    let audit = Audit::new(&Aws::connect(environment).await?, &settings, environment)?;
    let mut entries = Vec::new();
    for place in places {
        let queue = choice::label(&settings, &place);
        entries.extend(audit.list(&place.name).await?.into_iter().map(|entry| (queue.clone(), entry)));
    }
    entries.sort_by(|(_, one), (_, other)| one.at.cmp(&other.at));
    let lines: Vec<_> = entries.iter().map(|(queue, entry)| told::entry(queue, entry, options.output.json)).collect();
    draw::print(&lines)
}

/// What matches, in all queues that can hold it.
async fn look(
    environment: &Environment,
    filter: &Filter,
    stop: &CancellationToken,
) -> Result<(Settings, Vec<Held>), Error> {
    let settings = Settings::read(environment)?;
    let places = choice::chosen(&settings, filter.queue.as_deref())?;
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
async fn keep(all: &mut [Held], filter: &Filter) -> Result<(), Error> {
    let now = age::now();
    for held in all {
        held.keep(|letter| filter.matches(letter, now)).await?;
    }
    Ok(())
}

/// Gives back everything, as far as it can be, and then says what could not be.
async fn give_back(all: Vec<Held>) -> Result<(), Error> {
    let mut failed = None;
    for held in all {
        failed = held.give_back().await.err().or(failed);
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

fn stopped() -> Error {
    Error::Unexpected("stopped before its end".to_owned())
}
