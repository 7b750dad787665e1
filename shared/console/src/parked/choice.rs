//! Which messages an operator means.
//!
//! **Invariant:** whatever changes anything needs a choice, or `--all`.

use jiff::Timestamp;
use operate::parked::{Letter, Place, places};
use runtime::{Aws, Settings};
use serde_json::{Value, json};
use wire::Vocabulary;

use crate::cli::parked::Filter;
use crate::console::Console;
use crate::{Error, age};

/// The options that choose, for a complaint that none is there.
const OPTIONS: &str = "--queue, --reason, --saga, --type, --older-than, --newer-than or --id";

impl Filter {
    /// Refuses to go on without a choice.
    pub(super) fn require(&self, all: bool, what: &str) -> Result<(), Error> {
        if all || !self.is_empty() {
            return Ok(());
        }
        Err(Error::Usage(format!("nothing is {what} without a choice: give {OPTIONS}; or --all for every message")))
    }

    /// Whether nothing is chosen.
    pub(super) fn is_empty(&self) -> bool {
        let Self { queue, reason, saga, event_type, older_than, newer_than, id } = self;
        let texts = [queue, reason, saga, event_type];
        let ages = [older_than, newer_than];
        id.is_empty() && texts.iter().all(|text| text.is_none()) && ages.iter().all(|age| age.is_none())
    }

    /// Whether a message is meant, as seen at this time.
    pub(super) fn matches(&self, letter: &Letter, now: Timestamp) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        let letter_age = age::since(letter.first_seen, now);
        is(&self.reason, Some(&letter.reason))
            && is(&self.saga, letter.saga.as_deref())
            && is(&self.event_type, letter.event_type.as_deref())
            && self.older_than.is_none_or(|age| letter_age > age)
            && self.newer_than.is_none_or(|age| letter_age < age)
            && (self.id.is_empty() || self.id.contains(&letter.id))
    }

    /// The choice, for the record.
    pub(super) fn on_record<V: Vocabulary>(&self) -> Value {
        let secs = |age: Option<std::time::Duration>| age.map(|age| age.as_secs());
        let Self { queue, reason, saga, event_type, older_than, newer_than, id } = self;
        let [queue, reason, saga, event_type] =
            [queue, reason, saga, event_type].map(|text| text.as_deref().map(V::cleaned));
        let mut choice = json!({
            "queue": queue, "reason": reason, "saga": saga, "type": event_type,
            "olderThanSecs": secs(*older_than), "newerThanSecs": secs(*newer_than),
            "ids": (!id.is_empty()).then_some(id.len()),
        });
        if let Some(fields) = choice.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        choice
    }
}

/// What a person calls a place: the queue that it belongs to, or `<queue>-undelivered`.
pub(super) fn label(settings: &Settings, place: &Place) -> String {
    let name = if place.undelivered { &place.name } else { &place.meant_for };
    settings.names.short(name).to_owned()
}

/// The places of this name, or all.
pub(super) fn chosen<V: Vocabulary>(
    console: &Console<V>,
    settings: &Settings,
    queue: Option<&str>,
) -> Result<Vec<Place>, Error> {
    let all = places(&console.topology(settings));
    let Some(queue) = queue else {
        return Ok(all);
    };
    let labels: Vec<_> = all.iter().map(|place| label(settings, place)).collect();
    let is_called = |place: &Place| {
        label(settings, place) == queue || place.name == queue || settings.names.short(&place.name) == queue
    };
    let chosen: Vec<_> = all.into_iter().filter(is_called).collect();
    if chosen.is_empty() {
        let labels = labels.join(", ");
        return Err(Error::Usage(format!("--queue: there is no such queue for dead letters; there are {labels}")));
    }
    Ok(chosen)
}

/// The queue to which an operator wants messages to be sent, by its full name; it has to be there.
pub(super) async fn destination<V: Vocabulary>(
    console: &Console<V>,
    aws: &Aws,
    settings: &Settings,
    to: &str,
) -> Result<String, Error> {
    let ours = console.topology(settings).queues.into_iter().map(|queue| queue.name);
    let name = ours.into_iter().find(|name| settings.names.short(name) == to).unwrap_or_else(|| to.to_owned());
    let is_name = name.len() <= 80 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !is_name || !operate::depth::exists(aws, &name).await? {
        return Err(Error::Usage("--to: there is no queue of this name".to_owned()));
    }
    Ok(name)
}
