//! `parked`: messages that wait for a person: dead letters, and what SNS could not deliver.
//!
//! | file | what it does |
//! | --- | --- |
//! | `choice` | which messages an operator means |
//! | `look` | looks for them, and gives them back |
//! | `told` | what is printed of them |
//! | `settle` | redrives and discards, on record |
//!
//! **Invariant:** what was looked at and not settled is visible again at the end, also after Ctrl-C or an error.

mod choice;
mod look;
mod settle;
pub(crate) mod told;

use operate::audit::Audit;
use runtime::{Aws, CancellationToken, Environment, Settings};
use wire::Vocabulary;

use crate::cli::parked::{ListOptions, LogOptions, Parked, ShowOptions};
use crate::console::Console;
use crate::{Error, draw};

use look::{give_back, look};

/// Carries out a command on parked messages.
pub(crate) async fn parked<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    what: Parked,
    stop: &CancellationToken,
) -> Result<(), Error> {
    match what {
        Parked::List(options) => list(console, environment, &options, stop).await,
        Parked::Show(options) => show(console, environment, options, stop).await,
        Parked::Redrive(options) => settle::redrive(console, environment, &options, stop).await,
        Parked::Discard(options) => settle::discard(console, environment, &options, stop).await,
        Parked::Log(options) => log(console, environment, &options).await,
    }
}

async fn list<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &ListOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let (settings, all) = look(console, environment, &options.filter, stop).await?;
    let as_json = options.output.json;
    let lines = if options.each {
        let lines = all.iter().flat_map(|held| {
            let queue = choice::label(&settings, &held.place);
            held.letters().map(move |letter| told::line::<V>(&queue, letter, as_json))
        });
        lines.collect()
    } else {
        told::groups::<V>(&settings, &all, as_json)
    };
    give_back(all).await?;
    if lines.is_empty() && !as_json {
        return draw::print(
            &["No message waits that matches; one that somebody else looks at is not seen.".to_owned()],
        );
    }
    draw::print(&lines)
}

async fn show<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: ShowOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let ShowOptions { ids, mut filter, output } = options;
    filter.id.extend(ids);
    if filter.is_empty() {
        return Err(Error::Usage(
            "nothing is shown without a choice: give a message id, or options as for list".to_owned(),
        ));
    }
    let (settings, all) = look(console, environment, &filter, stop).await?;
    let shown = all.iter().flat_map(|held| {
        let queue = choice::label(&settings, &held.place);
        held.letters().map(move |letter| told::in_full::<V>(&queue, letter, output.json))
    });
    let shown: Vec<_> = shown.collect();
    give_back(all).await?;
    if shown.is_empty() {
        return Err(Error::Failed(
            "no message waits that matches; one that somebody else looks at is not seen".to_owned(),
        ));
    }
    draw::print(&shown)
}

async fn log<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &LogOptions,
) -> Result<(), Error> {
    let settings = Settings::read(environment)?;
    let places = choice::chosen(console, &settings, options.queue.as_deref())?;
    let audit = Audit::new(&Aws::connect(environment).await?, &settings, environment, console.cleaning())?;
    let mut entries = Vec::new();
    for place in places {
        let queue = choice::label(&settings, &place);
        entries.extend(audit.list(&place.name).await?.into_iter().map(|entry| (queue.clone(), entry)));
    }
    entries.sort_by(|(_, one), (_, other)| one.at.cmp(&other.at));
    let lines: Vec<_> = entries.iter().map(|(queue, entry)| told::entry(queue, entry, options.output.json)).collect();
    draw::print(&lines)
}
