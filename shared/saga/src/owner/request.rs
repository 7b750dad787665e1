//! Reads what an owner hears: requests, what is asked of a saga, and events of other services.
//!
//! A request may be the bare JSON, a `CloudEvent` around it, or an SNS envelope around either.
//!
//! **Invariant:** a request that can be recognised as one becomes an outcome; whatever cannot is poison.

pub mod ask;
mod beside;
mod event;
pub mod fields;
mod rules;
pub mod schema;
mod whole;

use wire::{
    EventType, Events, Identifier, Lexicon, MARK, MAX_BODY_BYTES, Poison, Reason, SagaId, SagaKind, Vocabulary,
};
use zeroize::Zeroizing;

use super::contract::{Broken, Form, Owner, Requested};
use super::incoming::Incoming;
use super::reactions::first_step;
use crate::delivery;
use crate::step::Heard;
use crate::{Channel, Delivery, Door, Received};
use beside::Beside;
use event::{is_event, requested};
use fields::Fields;
pub use whole::whole;

/// A request, wherever it was found.
struct Request<'a> {
    kind: SagaKind,
    saga: SagaId,
    /// Its identity, or that part of it by which its sender knows it.
    id: String,
    traceparent: Option<String>,
    /// The rules that it breaks before its fields are looked at.
    broken: Vec<String>,
    /// Its fields, if it has any that can be read.
    fields: Option<Fields<'a>>,
}

/// What this owner hears.
type HeardOf<O> = Received<Incoming<<O as Owner>::Vocabulary>>;

/// Understands a message.
pub(super) fn read<O: Owner>(owner: &O, delivery: &Delivery<'_>) -> Result<HeardOf<O>, Poison> {
    let lexicon = O::Vocabulary::LEXICON;
    let beside = Beside::of_message(delivery);
    let fields = match Fields::of(delivery.body) {
        Ok(fields) => fields,
        Err(rule) => {
            let rule = event::rule_of_body(delivery.body, &rule);
            let kind = event::requested_in_batch(lexicon, delivery.body);
            let kind = kind.ok_or_else(|| Poison::new(Reason::Unreadable, rule.clone()))?;
            return decide_on(owner, Request::unread(kind, &beside, rule));
        }
    };
    if fields.given(MARK).is_some() {
        return Err(Poison::redacted());
    }
    if let Some(asked) = ask::asked(lexicon, &fields) {
        return ask::read::<O::Vocabulary>(asked, &fields, &beside);
    }
    if is_event(&fields) && requested(lexicon, &fields).is_none() {
        return delivery::read_event(delivery, |event: O::Vocabulary, _| {
            Owner::declaration(owner).reaction_to(event.event_type())?;
            Some(Incoming::Told(Box::new(Heard::new(event, None)?)))
        });
    }
    if delivery::looks_like_sns_envelope(delivery.body) {
        return Unwrapped::of(owner, &fields)?.read(owner);
    }
    let Some(kind) = kind_of(owner.forms(), &fields) else {
        return Err(Poison::new(Reason::NotForUs, "body: no kind of saga can be requested here"));
    };
    let mut room = Zeroizing::default();
    decide_on(owner, Request::of(lexicon, delivery.body, fields, &beside, kind, &mut room)?)
}

/// The kind of a bare request that came by no topic: the last one whose form has one of the fields, and no form before
/// it has that field; or else the first.
fn kind_of<V: Vocabulary, C>(forms: &[Form<V, C>], fields: &Fields<'_>) -> Option<SagaKind> {
    let is_new = |nth: usize, name: &str| !forms.iter().take(nth).any(|earlier| earlier.fields.contains(&name));
    let has =
        |nth: usize, form: &Form<V, C>| fields.names().any(|name| form.fields.contains(&name) && is_new(nth, name));
    let found = forms.iter().enumerate().rev().find(|(nth, form)| has(*nth, form)).map(|(_, form)| form);
    found.or(forms.first()).map(|form| form.kind)
}

/// Checks the bare request for a saga of this kind, for whoever wants to know before sending it.
///
/// # Errors
///
/// The fields and the rules that they break.
pub fn check<V: Vocabulary, C>(forms: &[Form<V, C>], kind: SagaKind, body: &str) -> Result<(), String> {
    let fields = Fields::of(body).map_err(|rule| format!("body: {rule}"))?;
    if body.len() > MAX_BODY_BYTES {
        return Err(too_large());
    }
    let form = form(forms, kind).ok_or_else(|| format!("body: no {kind} can be requested here"))?;
    let read = (form.read)(&fields, Vec::new());
    read.map(drop).map_err(|broken| rules::told(&broken.rules))
}

/// The rejection of a request that broke rules. `None` where the vocabulary has no such event.
pub(super) fn rejection<O: Owner>(owner: &O, broken: Broken<O::Vocabulary>, kind: SagaKind) -> Option<O::Vocabulary> {
    let Broken { asked, rules } = broken;
    let (step, _) = first_step(Owner::declaration(owner), kind)?;
    // A rule may name a field that is not ours.
    let rules: Vec<String> = rules.iter().map(|rule| O::Vocabulary::cleaned(rule).into_owned()).collect();
    O::Vocabulary::rejected(kind, asked, rules::failure(step, &rules))
}

fn form<V: Vocabulary, C>(forms: &[Form<V, C>], kind: SagaKind) -> Option<&Form<V, C>> {
    forms.iter().find(|form| form.kind == kind)
}

fn too_large() -> String {
    format!("body: must be at most {MAX_BODY_BYTES} bytes")
}

impl<'a> Request<'a> {
    /// One of which nothing could be read but that it is one.
    fn unread(kind: SagaKind, beside: &Beside, rule: String) -> Self {
        let (id, broken) = beside.identity();
        Self {
            kind,
            saga: SagaId::of_request(kind.as_str(), id),
            id: id.to_owned(),
            traceparent: None,
            broken: [rule].into_iter().chain(broken).collect(),
            fields: None,
        }
    }

    /// The request in a body: a `CloudEvent`'s data, or the body itself, which is then of this kind. `room` holds data
    /// that has to be decoded.
    fn of(
        lexicon: &Lexicon,
        body: &str,
        fields: Fields<'a>,
        beside: &Beside,
        kind: SagaKind,
        room: &'a mut Zeroizing<String>,
    ) -> Result<Self, Poison> {
        let traceparent = beside.traceparent(&fields);
        let is_too_large = (body.len() > MAX_BODY_BYTES).then(too_large);
        let request = if is_event(&fields) {
            Self::of_event(lexicon, &fields, beside, kind, room)?
        } else {
            let (id, broken) = beside.identity();
            let saga = SagaId::of_request(kind.as_str(), id);
            let (id, broken) = (id.to_owned(), broken.into_iter().collect());
            Self { kind, saga, id, traceparent: None, broken, fields: Some(fields) }
        };
        Ok(match is_too_large {
            Some(rule) => Self { traceparent, broken: vec![rule], fields: None, ..request },
            None => Self { traceparent, ..request },
        })
    }

    fn of_event(
        lexicon: &Lexicon,
        attributes: &Fields<'a>,
        beside: &Beside,
        kind: SagaKind,
        room: &'a mut Zeroizing<String>,
    ) -> Result<Self, Poison> {
        let kind = requested(lexicon, attributes).unwrap_or(kind);
        if !event::is_of_version_1(attributes) {
            let rule = format!("schemaversion: {kind}_requested is read in version 1 only");
            return Err(Poison::new(Reason::UnknownVersion, rule));
        }
        let mut broken = event::broken(attributes);
        let (saga, id) = match event::identity(attributes) {
            Ok((source, id)) => (SagaId::of_event(kind.as_str(), &source, &id), id),
            Err(rules) => {
                broken.extend(rules);
                let (id, rule) = beside.identity();
                broken.extend(rule);
                (SagaId::of_request(kind.as_str(), id), id.to_owned())
            }
        };
        if !event::says_json(attributes) {
            broken.push("datacontenttype: must be JSON, such as application/json".to_owned());
        }
        let fields = event::data(attributes, room).map_err(|rule| broken.push(rule)).ok();
        Ok(Self { kind, saga, id, traceparent: None, broken, fields })
    }
}

/// What was inside an SNS envelope.
struct Unwrapped {
    message: Zeroizing<String>,
    beside: Beside,
    kind: SagaKind,
}

impl Unwrapped {
    fn of<O: Owner>(owner: &O, envelope: &Fields<'_>) -> Result<Self, Poison> {
        let topic = envelope.text("TopicArn").unwrap_or_default();
        let name = topic.rsplit(':').next().unwrap_or_default();
        let mut kinds = owner.forms().iter().map(|form| form.kind);
        let kind = kinds
            .find(|kind| owner.names().topic(Channel::Requests(*kind)) == name)
            .ok_or_else(|| Poison::new(Reason::UnexpectedEnvelope, "TopicArn: is not a topic that carries requests"))?;
        let beside =
            Beside::of_envelope(envelope).ok_or_else(|| Poison::new(Reason::Unreadable, "MessageId: is missing"))?;
        Ok(Self { message: envelope.text("Message").unwrap_or_default().into(), beside, kind })
    }

    /// What is inside: whatever it is, it was meant to be a request, so its sender is told what is wrong with it.
    fn read<O: Owner>(&self, owner: &O) -> Result<HeardOf<O>, Poison> {
        let lexicon = O::Vocabulary::LEXICON;
        let mut room = Zeroizing::default();
        let request = match Fields::of(&self.message) {
            Ok(fields) => {
                if let Some(asked) = ask::asked(lexicon, &fields) {
                    return ask::from_client(asked)
                        .and_then(|asked| ask::read::<O::Vocabulary>(asked, &fields, &self.beside));
                }
                if is_event(&fields) && requested(lexicon, &fields).is_none() {
                    return Err(Poison::new(
                        Reason::UnexpectedEnvelope,
                        "Message: an event that is no request came in an SNS envelope",
                    ));
                }
                Request::of(lexicon, &self.message, fields, &self.beside, self.kind, &mut room)?
            }
            Err(rule) => Request::unread(self.kind, &self.beside, event::rule_of_body(&self.message, &rule)),
        };
        decide_on(owner, request)
    }
}

/// Checks the request by its form, and seals the secret of one that has a secret.
fn decide_on<O: Owner>(owner: &O, request: Request<'_>) -> Result<HeardOf<O>, Poison> {
    let Request { kind, saga, id, traceparent, broken, fields } = request;
    let requested = |event: &EventType| Door::of(*event) == Door::Clients && event.kind() == Some(kind);
    let mut heard = Owner::declaration(owner).reactions.iter().map(|reaction| reaction.to);
    let not_here = || Poison::new(Reason::NotForUs, format!("type: no {kind} can be requested here"));
    let (form, event_type) = form(owner.forms(), kind).zip(heard.find(requested)).ok_or_else(not_here)?;
    let read = match fields {
        None => Err(Box::new(Broken { asked: O::Vocabulary::unread(kind), rules: broken })),
        Some(fields) => (form.read)(&fields, broken),
    };
    let sealed = read.and_then(|Requested { subject, secret }| {
        match secret.map(|secret| owner.seal(&secret, saga)).transpose() {
            Ok(beside) => Ok(Incoming::Requested(subject, beside)),
            Err(rule) => Err(Box::new(Broken::whole(&subject, vec![rule]))),
        }
    });
    let incoming = match sealed {
        Ok(requested) => requested,
        Err(broken) => Incoming::BadRequest(Box::new(rejection(owner, *broken, kind).ok_or_else(not_here)?)),
    };
    Ok(Received { saga, event_type, event_id: causation::<O::Vocabulary>(&id, saga), traceparent, incoming })
}

/// The causation of what follows: the request's identity where it is a tame text, else an id derived from it.
fn causation<V: Vocabulary>(identity: &str, saga: SagaId) -> String {
    match Identifier::parse(identity) {
        Ok(tame) if V::cleaned(tame.as_str()) == identity => identity.to_owned(),
        _ => saga.derive("request").to_string(),
    }
}
