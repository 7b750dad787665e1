//! What is asked of a saga: that it be cancelled, that what still stands be tried again, that it be closed.
//!
//! A `CloudEvent` with the fields in its `data`, or a bare object with the fields beside its `type`.

use wire::declared::{ANSWER_GIVEN, CANCEL_REQUESTED, RESOLVE_REQUESTED, RETRY_REQUESTED};
use wire::{ActionKind, EventType, Identifier, Lexicon, Poison, Reason, SagaId, Vocabulary};
use zeroize::Zeroizing;

use super::super::incoming::{Ask, Incoming};
use super::beside::Beside;
use super::event;
use super::fields::{Fields, words};
use crate::Received;

/// Of a reason or a name, what is kept: this many characters.
pub(super) const TEXT_MAX: usize = 500;

/// What can be asked, and what it is called.
const ASKED: [(EventType, ActionKind); 4] = [
    (CANCEL_REQUESTED, ActionKind::Cancel),
    (RETRY_REQUESTED, ActionKind::Retry),
    (RESOLVE_REQUESTED, ActionKind::Resolve),
    (ANSWER_GIVEN, ActionKind::Answer),
];

/// Whether something is asked of a saga by an event of this type.
pub(super) fn is_asked(event: EventType) -> bool {
    ASKED.iter().any(|(asked, _)| *asked == event)
}

/// What is asked, by which event that this vocabulary has, if anything is.
pub(super) fn asked(lexicon: &Lexicon, fields: &Fields<'_>) -> Option<(EventType, ActionKind)> {
    let found = fields.text("type")?;
    let mut known = ASKED.into_iter().filter(|(event, _)| lexicon.events.contains(event));
    known.find(|(wanted, _)| found == wanted.as_str() || found == wanted.name())
}

/// Whether clients may ask by a topic: to cancel, and to answer. The rest is for operators, who may send to the queue.
#[must_use]
pub fn is_for_clients(event: EventType) -> bool {
    event == CANCEL_REQUESTED || event == ANSWER_GIVEN
}

/// What a client may ask for by a topic.
pub(super) fn from_client(asked: (EventType, ActionKind)) -> Result<(EventType, ActionKind), Poison> {
    if is_for_clients(asked.0) {
        Ok(asked)
    } else {
        Err(Poison::new(Reason::UnexpectedEnvelope, "type: an operator's message came from a topic for clients"))
    }
}

/// Reads it. Only what says which saga is meant, and which question this is, can be wrong with it, and an answer that is
/// missing: nobody who asks for a saga to be stopped is passed over for the words that go with it.
pub(super) fn read<V: Vocabulary>(
    (asked, what): (EventType, ActionKind),
    fields: &Fields<'_>,
    beside: &Beside,
) -> Result<Received<Incoming<V>>, Poison> {
    let unreadable = |rule: String| Poison::new(Reason::Unreadable, rule);
    if !event::is_of_version_1(fields) {
        let rule = format!("schemaversion: {} is read in version 1 only", asked.as_str());
        return Err(Poison::new(Reason::UnknownVersion, rule));
    }
    let mut room = Zeroizing::default();
    let inner = if event::is_event(fields) {
        let broken = event::broken(fields);
        if !broken.is_empty() {
            return Err(unreadable(broken.join("; ")));
        }
        let (source, id) = event::identity(fields).map_err(|rules| unreadable(rules.join("; ")))?;
        let data = event::data(fields, &mut room).map_err(unreadable)?;
        Some((data, SagaId::of_event(asked.as_str(), &source, &id).to_string()))
    } else {
        None
    };
    let data = inner.as_ref().map_or(fields, |(data, _)| data);
    let saga: Option<SagaId> = data.text("sagaId").and_then(|text| text.parse().ok());
    let saga = saga.ok_or_else(|| unreadable("sagaId: must be the UUID of a saga".to_owned()))?;
    if data.count("sagaId") > 1 {
        return Err(unreadable("sagaId: stands twice".to_owned()));
    }
    let reason = match what {
        ActionKind::Answer => said::<V>(data, "answer").ok_or_else(|| unreadable("answer: is missing".to_owned()))?,
        ActionKind::Cancel | ActionKind::Expire | ActionKind::Retry | ActionKind::Resolve => {
            said::<V>(data, "reason").unwrap_or_else(|| "no reason given".to_owned())
        }
    };
    let is_expired = data.get("expired").is_some_and(|expired| expired.get() == "true");
    let what = if is_expired && what == ActionKind::Cancel { ActionKind::Expire } else { what };
    let request = inner.as_ref().map_or_else(|| identity::<V>(fields, beside, saga), |(_, request)| request.clone());
    Ok(Received {
        saga,
        event_type: asked,
        event_id: request.clone(),
        traceparent: beside.traceparent(fields),
        incoming: Incoming::Asked(Ask {
            what,
            by: said::<V>(data, "by").unwrap_or_else(|| "a client".to_owned()),
            reason,
            // A deadline is not recognised by an id: whether it has passed is in the record.
            request: (what != ActionKind::Expire).then_some(request),
        }),
    })
}

/// What identifies a bare question: its own id, or else what came beside it.
fn identity<V: Vocabulary>(fields: &Fields<'_>, beside: &Beside, saga: SagaId) -> String {
    let own = fields.text("id").filter(|id| !id.is_empty());
    let id = own.unwrap_or_else(|| beside.identity().0.to_owned());
    let is_tame = Identifier::parse(&id).is_ok() && V::cleaned(&id) == id;
    if is_tame { id } else { saga.derive(&id).to_string() }
}

/// What the owner of this name sends itself when the time of a saga is up. From anybody else it means the same: the
/// owner looks at its own record and clock.
pub(in crate::owner) fn expired(owner: &str, saga: SagaId) -> String {
    let data = serde_json::json!({
        "sagaId": saga, "by": owner, "reason": "its time is up", "expired": true,
    });
    serde_json::json!({
        "specversion": "1.0",
        "id": saga.derive("deadline"),
        "source": format!("/ensemble/{owner}"),
        "type": CANCEL_REQUESTED.as_str(),
        "data": data,
    })
    .to_string()
}

/// What somebody says, on one line, cut, and without what must not be kept; a number or a truth value by its text,
/// and anything else as if it were not there.
fn said<V: Vocabulary>(fields: &Fields<'_>, name: &str) -> Option<String> {
    let text = fields.given(name).and_then(|raw| {
        let text: Option<String> = serde_json::from_str(raw.get()).ok();
        text.or_else(|| (!raw.get().starts_with(['"', '[', '{'])).then(|| raw.get().to_owned()))
    });
    text.map(|text| words::<V>(&text, TEXT_MAX)).filter(|text| !text.is_empty())
}
