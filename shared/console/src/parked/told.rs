//! What is told of messages: in groups, one by one, and in full.
//!
//! **Invariant:** nothing that must not be kept and no control character of a message is printed.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use operate::audit;
use operate::parked::{Held, Letter};
use runtime::{Cleaning, Settings};
use serde_json::{Value, json};
use wire::Vocabulary;

use super::choice::label;
use crate::draw::escaped;
use crate::{age, draw};

/// What messages of one group have in common: queue, reason, event type, detail.
type Key = (String, String, String, String);

/// A group of messages.
struct Group {
    count: usize,
    oldest: Timestamp,
    newest: Timestamp,
    example: String,
}

/// The groups of what is held, a block of lines or a document for each.
pub(super) fn groups<V: Vocabulary>(settings: &Settings, all: &[Held], as_json: bool) -> Vec<String> {
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for (queue, letter) in
        all.iter().flat_map(|held| held.letters().map(|letter| (label(settings, &held.place), letter)))
    {
        let key = (
            queue,
            plain::<V>(&letter.reason),
            plain::<V>(letter.event_type.as_deref().unwrap_or("–")),
            plain::<V>(&letter.detail),
        );
        let seen = letter.first_seen;
        let group = groups.entry(key).or_insert_with(|| Group {
            count: 0,
            oldest: seen,
            newest: seen,
            example: letter.id.clone(),
        });
        group.count += 1;
        (group.oldest, group.newest) = (group.oldest.min(seen), group.newest.max(seen));
    }
    let now = age::now();
    let told = |((queue, reason, event_type, detail), group): (Key, Group)| {
        let Group { count, oldest, newest, example } = group;
        if as_json {
            return json!({
                "queue": queue, "reason": reason, "eventType": event_type, "detail": detail, "count": count,
                "oldest": oldest, "newest": newest, "example": example,
            })
            .to_string();
        }
        let ages = [oldest, newest].map(|time| age::draw(age::since(time, now)));
        let [oldest, newest] = ages;
        let title = draw::strong(format!("{queue}  {count} × {reason}  {event_type}"));
        let mut text = format!("{title}  oldest {oldest} ago, newest {newest} ago");
        for line in [detail, format!("such as {example}")].iter().filter(|line| !line.is_empty()) {
            text = format!("{text}\n  {}", draw::faint(line));
        }
        text
    };
    groups.into_iter().map(told).collect()
}

/// One message on one line.
pub(super) fn line<V: Vocabulary>(queue: &str, letter: &Letter, as_json: bool) -> String {
    let Letter { id, reason, detail, event_type, saga, first_seen, redacted, .. } = letter;
    if as_json {
        return json!({
            "queue": queue, "id": id, "reason": plain::<V>(reason), "detail": plain::<V>(detail),
            "eventType": event_type.as_deref().map(plain::<V>), "saga": saga.as_deref().map(plain::<V>),
            "firstSeen": first_seen, "redacted": redacted,
        })
        .to_string();
    }
    let age = age::draw(age::since(*first_seen, age::now()));
    let [event_type, saga] = [event_type, saga].map(|text| plain::<V>(text.as_deref().unwrap_or("–")));
    format!("{id}  {queue}  {}  {event_type}  saga {saga}  {age} ago", plain::<V>(reason))
}

/// One message with all that is known of it.
pub(super) fn in_full<V: Vocabulary>(queue: &str, letter: &Letter, as_json: bool) -> String {
    let body = letter.body_to_show(Cleaning::of::<V>());
    let body: Value = serde_json::from_str(&body).unwrap_or(Value::String(body));
    let attributes: BTreeMap<_, _> =
        letter.attributes.iter().map(|(name, value)| (plain::<V>(name), plain::<V>(value))).collect();
    if as_json {
        return json!({
            "queue": queue, "id": letter.id, "firstSeen": letter.first_seen, "attributes": attributes, "body": body,
        })
        .to_string();
    }
    let age = age::draw(age::since(letter.first_seen, age::now()));
    let mut text =
        format!("{}\n  first seen {} ({age} ago)", draw::strong(format!("{queue}  {}", letter.id)), letter.first_seen);
    for (name, value) in attributes {
        write!(text, "\n  {:12} {value}", format!("{name}:")).unwrap_or_default();
    }
    let pretty = serde_json::to_string_pretty(&body).unwrap_or_default();
    for line in pretty.lines() {
        write!(text, "\n    {}", escaped(line)).unwrap_or_default();
    }
    text
}

/// A record of what was done.
pub(crate) fn entry(queue: &str, entry: &audit::Entry, as_json: bool) -> String {
    let audit::Entry { at, action, by, why, detail, .. } = entry;
    if as_json {
        return json!({ "queue": queue, "at": at, "action": action, "by": by, "why": why, "detail": detail })
            .to_string();
    }
    let time = at.split('#').next().unwrap_or(at);
    let count = |name: &str| detail.get(name).and_then(Value::as_u64).unwrap_or_default();
    let text = |name: &str| detail.get(name).and_then(Value::as_str).map(escaped);
    let to = text("to").map(|to| format!(" to {to}")).unwrap_or_default();
    let what = match text("phase").as_deref() {
        Some("began") => format!("began, {} matched{to}", count("matched")),
        _ => format!("ended, {} done, {} left{to}", count("done"), count("left")),
    };
    let more = [text("error"), Some(escaped(why.as_str())).filter(|why| !why.is_empty())];
    let more: String = more.into_iter().flatten().map(|more| format!("  {}", draw::faint(more))).collect();
    format!("{time}  {}  {queue}  {action} {what}{more}", escaped(by.as_str()))
}

/// A short text of a message, without what must not be kept.
fn plain<V: Vocabulary>(text: &str) -> String {
    escaped(&V::cleaned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_neither_steers_the_terminal_nor_shows_a_card() {
        assert_eq!(plain::<contracts::Event>("a\u{1b}[2J\u{9b}b\n"), "a\\u{1b}[2J\\u{9b}b\\n");
        assert_eq!(plain::<contracts::Event>("2424 2424 2424 2420"), wire::REMOVED);
        assert_eq!(plain::<contracts::Event>("detail: is missing – é"), "detail: is missing – é");
    }
}
