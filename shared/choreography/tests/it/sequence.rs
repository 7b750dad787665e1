//! A run of the services as a Mermaid sequence diagram (<https://mermaid.js.org/syntax/sequenceDiagram.html>).
//!
//! **Invariant:** a line is drawn only for what was seen in the world: a message in a queue, a call at the gateway, a
//! state on record. Nothing is drawn because it is expected. What a test does to the world is said by
//! [`Sequence::asks`] and [`Sequence::remark`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use choreography::{Map, map};
use contracts::{Envelope, Event, Events, Notification, Outcome, SagaId};
use payment::{Effect, Payment, Refusal, Reply};
use saga::Announcement;
use saga::topology::Names;
use serde_json::Value;
use testkit::world::Hand;
use testkit::{Outside, World};
use uuid::Uuid;

use crate::till::Till;

/// After this many deliveries a run that is not at rest never will be.
const DELIVERIES_MAX: usize = 200;

/// Who can take part, in the order in which they stand.
const STAGE: [(&str, &str); 8] = [
    ("actor", "client"),
    ("participant", "booking"),
    ("participant", "payment"),
    ("participant", "gateway"),
    ("participant", "fulfillment"),
    ("participant", "notifier"),
    ("queue", "success"),
    ("queue", "failure"),
];

/// What was asked of the gateway, in order.
pub(crate) type Calls = Rc<RefCell<Vec<Call>>>;

/// A call at the gateway.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    undoes: bool,
    refusal: Option<String>,
}

/// The till, with somebody who listens.
pub(crate) struct Overheard {
    till: Till,
    calls: Calls,
}

impl Overheard {
    pub(crate) fn new(till: &Till, calls: &Calls) -> Self {
        Self { till: till.clone(), calls: Rc::clone(calls) }
    }
}

impl Outside<Payment> for Overheard {
    fn name(&self, effect: &Effect) -> &'static str {
        match effect {
            Effect::LookUp => "look up",
            Effect::Authorize { .. } => "authorize",
            Effect::Capture { .. } => "capture",
            Effect::Debit { .. } => "debit",
            Effect::Void { .. } => "void",
            Effect::Refund { .. } => "refund",
        }
    }

    fn perform(&self, saga: SagaId, effect: Effect) -> Reply {
        let name = self.name(&effect);
        let undoes = matches!(effect, Effect::Void { .. } | Effect::Refund { .. });
        let reply = self.till.perform(saga, effect);
        let refusal = refusal(&reply).map(|refusal| refusal.message.clone());
        self.calls.borrow_mut().push(Call { name, undoes, refusal });
        reply
    }

    fn key(&self, effect: &Effect) -> Option<testkit::Key> {
        self.till.key(effect)
    }

    fn in_use(&self, effect: &Effect) -> Option<Reply> {
        self.till.in_use(effect)
    }

    fn effects(&self) -> Vec<String> {
        self.till.effects()
    }
}

fn refusal(reply: &Reply) -> Option<&Refusal> {
    match reply {
        Reply::AuthorizeRefused(refusal) | Reply::DebitRefused(refusal) | Reply::RefundRefused(refusal) => {
            Some(refusal)
        }
        Reply::CaptureRefused { refusal, .. } | Reply::VoidRefused(refusal) => Some(refusal),
        Reply::Known(_)
        | Reply::Authorized { .. }
        | Reply::Captured { .. }
        | Reply::Voided
        | Reply::Debited { .. }
        | Reply::Refunded { .. } => None,
    }
}

/// How much has been drawn of what the world holds.
#[derive(Default)]
struct Drawn {
    calls: usize,
    announcements: usize,
    delivered: usize,
    notifications: [usize; 2],
    /// The state of each service, how many attempts it has on record, and how many actions.
    records: BTreeMap<String, (String, usize, usize)>,
    /// The steps of the path, each with how it went.
    steps: BTreeSet<(String, bool)>,
    /// The ids of events and notifications.
    ids: BTreeSet<Uuid>,
}

/// A saga, as it runs.
pub(crate) struct Sequence<'n> {
    pub(crate) world: World<'n>,
    map: Map,
    saga: SagaId,
    calls: Calls,
    drawn: Drawn,
    /// A note that is not finished: over whom, and its lines.
    note: Option<(String, Vec<String>)>,
    on_stage: BTreeSet<String>,
    lines: Vec<String>,
    events: BTreeSet<String>,
}

impl<'n> Sequence<'n> {
    pub(crate) fn new(world: World<'n>, saga: SagaId, calls: &Calls) -> Self {
        Self {
            world,
            map: map(),
            saga,
            calls: Rc::clone(calls),
            drawn: Drawn::default(),
            note: None,
            on_stage: BTreeSet::new(),
            lines: Vec::new(),
            events: BTreeSet::new(),
        }
    }

    /// Somebody who is no service does something to the world, which puts messages on queues.
    pub(crate) fn asks(&mut self, who: Option<&str>, what: &str, act: impl FnOnce(&mut World<'n>)) {
        act(&mut self.world);
        let leads_on = Event::LEXICON.events.iter().any(|event| event.name() == what && self.map.leads_on(*event));
        for (queue, _) in self.world.delivered().get(self.drawn.delivered..).unwrap_or_default().to_vec() {
            let to = service_of(&queue);
            self.arrow(who.unwrap_or(&to), &to, leads_on, what);
        }
        self.events.insert(what.to_owned());
        self.drawn.delivered = self.world.delivered().len();
    }

    /// Says something of a service that the world does not show.
    pub(crate) fn remark(&mut self, over: &str, text: &str) {
        self.remember(over, text);
        self.finish_note();
    }

    /// Handles everything that waits.
    pub(crate) fn settle(&mut self) {
        for _ in 0..DELIVERIES_MAX {
            let Some((queue, index)) = self.world.choices().first().cloned() else { return };
            let hand = self.world.receive(&queue, index, false).unwrap();
            self.finish(&service_of(&queue), hand);
        }
        panic!("the run does not come to rest: {:?}", self.world.choices());
    }

    /// Takes a service's first message in hand.
    pub(crate) fn begin(&mut self, service: &str) -> Hand<'n> {
        self.world.receive(&Names::default().of_service(service), 0, false).unwrap()
    }

    /// Carries on with a message in hand, to its end.
    pub(crate) fn finish(&mut self, service: &str, mut hand: Hand<'n>) {
        while !self.step(service, &mut hand) {}
    }

    /// Carries out one act of a message in hand; tells whether that was the last.
    pub(crate) fn step(&mut self, service: &str, hand: &mut Hand<'n>) -> bool {
        let settled = self.world.step(hand, false);
        self.draw_record(service);
        self.draw_calls(service);
        self.draw_announcements(service);
        self.draw_notifications(service);
        settled
    }

    /// Whether the last call at the gateway was this.
    pub(crate) fn has_called(&self, name: &str) -> bool {
        self.calls.borrow().last().is_some_and(|call| call.name == name)
    }

    /// The names of all events that were drawn.
    pub(crate) fn events(&self) -> &BTreeSet<String> {
        &self.events
    }

    /// The diagram.
    pub(crate) fn diagram(mut self) -> String {
        self.finish_note();
        let mut lines = vec!["sequenceDiagram".to_owned()];
        for (what, name) in STAGE.iter().filter(|(_, name)| self.on_stage.contains(*name)) {
            lines.push(match *what {
                "queue" => format!("    participant {name} as {name} queue"),
                _ => format!("    {what} {name}"),
            });
        }
        lines.append(&mut self.lines);
        lines.push(String::new());
        lines.join("\n")
    }

    /// The state that a service has on record, with what it has on record of attempts and of what people did.
    fn draw_record(&mut self, service: &str) {
        let found = self.world.service(service).store().records().get(&self.saga).map(|record| record.stored.clone());
        let Some(stored) = found else { return };
        let facts: Value = serde_json::from_str(&stored.facts).unwrap();
        let listed = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
        // Those of a service that is a list of steps stand beside each step.
        let steps = facts["steps"].as_object().into_iter().flat_map(|steps| steps.values());
        let beside = steps.flat_map(|step| step.as_object().into_iter().flat_map(|how| how.values()));
        let attempts: Vec<Value> =
            std::iter::once(&facts).chain(beside).flat_map(|of| listed(of, "attempts")).collect();
        let actions = listed(&facts, "actions");
        let now = (stored.state, attempts.len(), actions.len());
        let before = self.drawn.records.insert(service.to_owned(), now.clone()).unwrap_or_default();
        for action in actions.get(before.2..).unwrap_or_default() {
            self.remember(
                service,
                &format!("{}, by {}: {}", text(action, "what"), text(action, "by"), text(action, "reason")),
            );
        }
        for (number, attempt) in attempts.iter().enumerate().skip(before.1) {
            self.remember(service, &format!("attempt {} fails: {}", number + 1, text(attempt, "error")));
        }
        if before.0 != now.0 {
            self.remember(service, &format!("[{}]", now.0));
        }
    }

    fn draw_calls(&mut self, service: &str) {
        let calls = Rc::clone(&self.calls);
        for call in calls.borrow().iter().skip(self.drawn.calls) {
            self.arrow(service, "gateway", !call.undoes, call.name);
            if let Some(refusal) = &call.refusal {
                self.remark("gateway", &format!("refused: {refusal}"));
            }
            self.drawn.calls += 1;
        }
    }

    fn draw_announcements(&mut self, service: &str) {
        let new: Vec<Announcement> =
            self.world.announcements().iter().skip(self.drawn.announcements).cloned().collect();
        for announcement in &new {
            let Some(event_type) = Event::LEXICON.event(&announcement.name) else { continue };
            self.draw_steps(service, &announcement.body);
            let label = self.label(event_type.name(), announcement.id);
            let delivered: Vec<_> = self.world.delivered().iter().skip(self.drawn.delivered).cloned().collect();
            let heard = delivered.iter().filter(|(_, message)| message.body == announcement.body);
            for (queue, _) in heard {
                self.arrow(service, &service_of(queue), self.map.leads_on(event_type), &label);
            }
            self.events.insert(event_type.name().to_owned());
        }
        self.drawn.announcements += new.len();
        self.drawn.delivered = self.world.delivered().len();
    }

    /// The steps of an event's path that no event before it told.
    fn draw_steps(&mut self, service: &str, body: &str) {
        let event = serde_json::to_value(Envelope::read(body).unwrap().event).unwrap();
        let error = &event["error"];
        let errors: Vec<&Value> =
            std::iter::once(error).chain(error["also"].as_array().into_iter().flatten()).collect();
        for step in event["path"].as_array().into_iter().flatten() {
            let (name, ok) = (text(step, "step"), step["ok"] == true);
            if self.drawn.steps.insert((name.clone(), ok)) {
                let why = errors.iter().find(|error| !ok && error["step"] == step["step"]);
                let why = why.map(|error| format!(": {}", text(error, "name"))).unwrap_or_default();
                self.remember(service, &format!("{} {name}{why}", if ok { '✓' } else { '✗' }));
            }
        }
    }

    fn draw_notifications(&mut self, service: &str) {
        for (index, (successful, queue)) in [(true, "success"), (false, "failure")].into_iter().enumerate() {
            let messages = self.world.notifications(successful).to_vec();
            for message in messages.iter().skip(self.drawn.notifications[index]) {
                let told: Notification = serde_json::from_str(&message.body).unwrap();
                let is_new = !self.drawn.ids.contains(&told.id);
                let label = self.label(told.outcome.as_str(), told.id);
                self.arrow(service, queue, successful, &label);
                if is_new {
                    self.draw_outcome(queue, &told);
                }
            }
            self.drawn.notifications[index] = messages.len();
        }
    }

    fn draw_outcome(&mut self, queue: &str, told: &Notification) {
        let errors = told.error.iter().flat_map(|error| std::iter::once(error).chain(&error.also));
        for error in errors {
            self.remember(queue, &format!("{}: {}", error.name, error.message));
        }
        for standing in &told.standing {
            self.remember(queue, &format!("still stands: the {}", standing.effect.as_str()));
        }
        if told.resolves.is_some() {
            self.remember(queue, "resolves the notification before it");
        }
        if told.outcome == Outcome::Completed {
            self.remember(queue, "every step took effect");
        }
        self.finish_note();
    }

    /// What is written on an arrow: whoever hears it tells by its id that it is a duplicate.
    fn label(&mut self, name: &str, id: Uuid) -> String {
        if self.drawn.ids.insert(id) { name.to_owned() } else { format!("{name}, again") }
    }

    fn arrow(&mut self, from: &str, to: &str, leads_on: bool, label: &str) {
        self.finish_note();
        self.on_stage.extend([from.to_owned(), to.to_owned()]);
        let arrow = if leads_on { "->>" } else { "-->>" };
        self.lines.push(format!("    {from}{arrow}{to}: {label}"));
    }

    fn remember(&mut self, over: &str, line: &str) {
        if self.note.as_ref().is_some_and(|(whose, _)| whose != over) {
            self.finish_note();
        }
        // A semicolon would end the statement.
        let line = line.replace(';', "#59;");
        self.note.get_or_insert_with(|| (over.to_owned(), Vec::new())).1.push(line);
    }

    fn finish_note(&mut self) {
        if let Some((over, lines)) = self.note.take() {
            self.lines.push(format!("    Note over {over}: {}", lines.join("<br/>")));
            self.on_stage.insert(over);
        }
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// The service whose queue this is.
fn service_of(queue: &str) -> String {
    let names = Names::default();
    let is_its = |one: &&&saga::Declaration| one.queues().any(|own| names.of_service(&own) == queue);
    let found = choreography::PARTICIPANTS.iter().find(is_its);
    found.unwrap_or_else(|| panic!("{queue} is no service's")).name.to_owned()
}
