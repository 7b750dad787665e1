//! Messages that no one of ours would send, made from those that they do.
//!
//! **Invariant:** whatever arrives is refused or understood, the same way each time, and a refusal never repeats a
//! value of the message.

#![expect(clippy::panic, reason = "a suite for tests: a participant that does not conform has to stop the test")]

use std::collections::BTreeSet;

use saga::{Participant, Settlement};
use serde_json::{Value, json};
use wire::{Events, Lexicon, MAX_BODY_BYTES, Outcome};

use crate::message::{split_beside, timeless};
use crate::node::ACTS_MAX;
use crate::{Conformance, Message, NOW, Outside, Service, Step};

/// Attributes of the envelope that say nothing which is not said elsewhere.
const UNREAD: [&str; 3] = ["datacontenttype", "source", "subject"];

/// The attribute that is 1 where it is absent.
const VERSION: &str = "schemaversion";

/// How a hostile message ended.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// As poison, or with an event that rejects a request; the text is what was said of it.
    Refused(String),
    /// As any other message; these are its traces.
    Understood(Vec<String>),
}

/// Tries them all; answers with their number.
pub(crate) fn check<P: Participant, W: Outside<P>>(suite: &Conformance<'_, P, W>) -> usize {
    let mut tried = 0;
    let mut tolerated = BTreeSet::new();
    let messages = suite.stories.iter().flat_map(|story| &story.messages);
    for message in messages {
        for body in broken(P::Vocabulary::LEXICON, &message.body, suite.secrets) {
            match verdict(suite, message, &body) {
                Verdict::Refused(said) => keeps_secrets(suite, &said),
                Verdict::Understood(_) => panic!("was understood: {}", excerpt(&body)),
            }
            tried += 1;
        }
        for (field, body) in altered(&message.body, suite.secrets) {
            match verdict(suite, message, &body) {
                Verdict::Refused(said) => keeps_secrets(suite, &said),
                Verdict::Understood(_) => {
                    tolerated.insert(field);
                }
            }
            tried += 1;
        }
    }
    let expected: BTreeSet<&str> = suite.tolerates.iter().copied().collect();
    let mut tolerated: BTreeSet<&str> = tolerated.iter().map(String::as_str).collect();
    tolerated.retain(|field| !UNREAD.contains(field) && *field != VERSION);
    assert_eq!(tolerated, expected, "fields that were tolerated, fields that may be");
    tried
}

fn keeps_secrets<P: Participant, W: Outside<P>>(suite: &Conformance<'_, P, W>, said: &str) {
    for secret in suite.secrets {
        assert!(!said.contains(secret), "shows a secret: {said}");
    }
}

/// Handles a message of this body twice, each time where nothing is on record.
fn verdict<P: Participant, W: Outside<P>>(suite: &Conformance<'_, P, W>, message: &Message, body: &str) -> Verdict {
    let message = Message { body: body.to_owned(), ..message.clone() };
    let [one, two] = [(); 2].map(|()| once(suite, &message));
    assert_eq!(one, two, "is not handled the same way each time: {}", excerpt(body));
    one
}

fn once<P: Participant, W: Outside<P>>(suite: &Conformance<'_, P, W>, message: &Message) -> Verdict {
    let node = (suite.node)();
    let mut work = match node.take_up(message, NOW) {
        Ok(work) => work,
        Err(poison) => return Verdict::Refused(poison.to_string()),
    };
    let mut announced = Vec::new();
    let mut settlement = None;
    for _ in 0..ACTS_MAX {
        match work.step(NOW, false) {
            Step::Unseen => {}
            Step::Published(announcements) => announced.extend(announcements),
            Step::Settled(settled) => {
                settlement = Some(settled);
                break;
            }
        }
    }
    assert!(settlement.is_some(), "is never settled: {}", excerpt(&message.body));
    if let Some(Settlement::DeadLetter(poison)) = settlement {
        return Verdict::Refused(poison.to_string());
    }
    let mut traces: Vec<String> = announced.iter().map(timeless).collect();
    let records = node.store().records().clone();
    traces.extend(records.values().map(|record| format!("{:?}", record.stored)));
    let rejects =
        |name: &str| P::Vocabulary::LEXICON.event(name).is_some_and(|event| event.outcome() == Some(Outcome::Rejected));
    if announced.iter().any(|announcement| rejects(&announcement.name)) {
        let bodies = announced.iter().map(|one| split_beside(&one.body).0);
        let said: Vec<String> = bodies.chain(traces).collect();
        return Verdict::Refused(said.join("\n"));
    }
    Verdict::Understood(traces)
}

/// Bodies that have to be refused, whoever reads them.
fn broken(lexicon: &Lexicon, good: &str, secrets: &[&str]) -> Vec<String> {
    let secret = secrets.first().copied().unwrap_or("secret");
    let mut bodies: Vec<String> =
        ["", " ", "null", "true", "42", "-1e999", "\"text\"", "[]", "{}", "{", "}", "nonsense", "\u{0}", "\u{feff}{}"]
            .map(str::to_owned)
            .into();
    bodies.extend([
        format!("\"{secret}\""),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good}x"),
        format!("{{\"specversion\":\"1.0\",{}", good.get(1..).unwrap_or_default()),
        "[".repeat(100_000),
        "{\"a\":".repeat(10_000),
        format!("{{\"a\":{}1{}}}", "[".repeat(120), "]".repeat(120)),
        format!("{{\"{secret}\":\"{secret}\"}}"),
        json!({ "text": "x".repeat(MAX_BODY_BYTES + 1) }).to_string(),
        json!({ "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:us-east-1:000000000000:other", "Message": good }).to_string(),
    ]);
    let eighths = (1..8).map(|eighth| good.len() * eighth / 8);
    bodies.extend(eighths.filter_map(|end| good.get(..end)).map(str::to_owned));
    if let Ok(Value::Object(fields)) = serde_json::from_str(good)
        && fields.contains_key("specversion")
    {
        let own = fields.get("type").and_then(Value::as_str).unwrap_or_default();
        let types = [format!("{own}_imagined"), own.to_uppercase(), String::new(), secret.to_owned()];
        let changes = types.map(|name| ("type", json!(name))).into_iter().chain([
            ("specversion", json!("0.3")),
            ("schemaversion", json!(99)),
            ("schemaversion", json!(0)),
            ("padding", json!("x".repeat(MAX_BODY_BYTES))),
        ]);
        // What is asked of a saga is read at any length: no more of it is kept than a line.
        let is_question = fields
            .get("type")
            .and_then(Value::as_str)
            .and_then(|wire| lexicon.event(wire))
            .is_some_and(|asked| asked.is_request() && asked.kind().is_none());
        let changes = changes.filter(|(name, _)| !(is_question && *name == "padding"));
        for (name, value) in changes {
            let mut changed = fields.clone();
            changed.insert(name.to_owned(), value);
            bodies.push(Value::Object(changed).to_string());
        }
    }
    bodies
}

/// The body with each field in turn removed, or holding something else; with the name of that field.
fn altered(good: &str, secrets: &[&str]) -> Vec<(String, String)> {
    let Ok(value) = serde_json::from_str::<Value>(good) else {
        return Vec::new();
    };
    let mut pointers = Vec::new();
    list(&value, "", &mut pointers);
    let mut bodies = Vec::new();
    for pointer in pointers {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        let secret = secrets.first().copied().unwrap_or("secret");
        let others = [Value::Null, json!(true), json!(-1.5), json!([secret]), json!({ secret: secret })];
        let mut value = value.clone();
        for other in others {
            if let Some(place) = value.pointer_mut(&pointer)
                && std::mem::discriminant(place) != std::mem::discriminant(&other)
            {
                let kept = std::mem::replace(place, other);
                bodies.push((field.clone(), value.to_string()));
                if let Some(place) = value.pointer_mut(&pointer) {
                    *place = kept;
                }
            }
        }
        if let Some((parent, name)) = pointer.rsplit_once('/')
            && let Some(Value::Object(fields)) = value.pointer_mut(parent)
        {
            fields.remove(name);
            bodies.push((field, value.to_string()));
        }
    }
    bodies
}

/// JSON pointers to all fields (<https://www.rfc-editor.org/rfc/rfc6901>).
fn list(value: &Value, here: &str, pointers: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, value) in inner {
        let pointer = format!("{here}/{name}");
        list(value, &pointer, pointers);
        pointers.push(pointer);
    }
}

fn excerpt(body: &str) -> String {
    body.chars().take(400).collect()
}
