//! Who sends and who receives what: every participant, from what it declares, and its clients.

use saga::topology::Channel;
use saga::{Declaration, Reaction};
use serde_json::{Map as Fields, Value, json};
use wire::{EventType, Publisher, StepType};

use super::document::{Document, present};
use super::messages;

/// Whoever is no participant.
const CLIENT: &str = Publisher::CLIENT.as_str();

impl Document<'_> {
    /// Every operation; its id says who does what.
    pub(super) fn operations(&self) -> Value {
        let asked = self.map.requests.iter().flat_map(|event| {
            // By a topic, or straight to the queue of whoever hears it.
            let queues = self.map.heard(*event).map(|(declaration, _)| self.queue_of(declaration, *event));
            let ways: Vec<String> = self.topics(*event).into_iter().chain(queues).collect();
            ways.into_iter().map(|way| self.sending(CLIENT, event.as_str(), event.about(), &way))
        });
        let answered = self.map.participants.iter().flat_map(|declaration| {
            let answers = |event: &EventType| declaration.reactions.iter().any(|one| one.answers.contains(event));
            let events = self.map.lexicon.events.iter().filter(move |event| answers(event));
            let ways = events.flat_map(|event| self.topics(*event).into_iter().map(move |topic| (event, topic)));
            ways.map(|(event, topic)| self.sending(declaration.name, event.as_str(), event.about(), &topic))
        });
        let heard = self.map.reactions().map(|(declaration, reaction)| self.hearing(declaration, reaction));
        let told = self.map.participants.iter().filter(|declaration| declaration.tells_clients()).map(|declaration| {
            let topic = self.names.topic(Channel::Notifications);
            self.sending(declaration.name, messages::NOTIFICATION, messages::ABOUT_NOTIFICATION, &topic)
        });
        let watched = [true, false].map(|successful| self.watching(&self.names.outcomes(successful)));
        let all: Fields<String, Value> = asked.chain(answered).chain(heard).chain(told).chain(watched).collect();
        Value::Object(all)
    }

    /// Somebody sends a message to a topic, or to a queue.
    fn sending(&self, who: &str, message: &str, about: &str, channel: &str) -> (String, Value) {
        let short = self.names.short(channel);
        let is_topic = self.topology.topics.iter().any(|topic| topic == channel);
        let operation = present(json!({
            "action": "send",
            "channel": { "$ref": format!("#/channels/{short}") },
            "messages": [messages::in_channel(short, message)],
            "summary": about,
            "tags": [{ "name": who }],
            "bindings": is_topic.then(|| json!({ "$ref": format!("#/components/operationBindings/{short}") })),
        }));
        (format!("{who}-sends-{message}-to-{short}"), operation)
    }

    /// A service reacts to an event.
    fn hearing(&self, declaration: &Declaration, reaction: &Reaction) -> (String, Value) {
        let event = reaction.to;
        let forms = [event.as_str()].into_iter().chain(self.is_wrapped(event).then_some(messages::SNS_ENVELOPE));
        let operation = self.receiving(
            declaration.name,
            &self.queue_of(declaration, event),
            forms,
            &reaction_in_prose(declaration, reaction),
        );
        (format!("{}-hears-{}", declaration.name, event.as_str()), operation)
    }

    /// A client looks how sagas ended.
    fn watching(&self, queue: &str) -> (String, Value) {
        let about = "How sagas ended.";
        let operation = self.receiving(CLIENT, queue, [messages::NOTIFICATION], about);
        (format!("{CLIENT}-receives-{}-from-{}", messages::NOTIFICATION, self.names.short(queue)), operation)
    }

    fn receiving<'m>(&self, who: &str, queue: &str, forms: impl IntoIterator<Item = &'m str>, about: &str) -> Value {
        let short = self.names.short(queue);
        let forms: Vec<Value> = forms.into_iter().map(|form| messages::in_channel(short, form)).collect();
        json!({
            "action": "receive",
            "channel": { "$ref": format!("#/channels/{short}") },
            "messages": forms,
            "summary": about,
            "tags": [{ "name": who }],
        })
    }
}

/// What comes of an event: the state in which it is expected, the steps, what they undo, and the answers.
fn reaction_in_prose(declaration: &Declaration, reaction: &Reaction) -> String {
    let expected = match reaction.expects {
        Some(state) => format!("Expected in the state {state}."),
        None if declaration.stateful => "Heard in any state.".to_owned(),
        None => "Heard without a state.".to_owned(),
    };
    let step = |step: &StepType| step.as_str();
    let more = [
        ("Carries out", reaction.steps.iter().map(step).collect::<Vec<_>>().join(", ")),
        ("Where it refuses, undoes", reaction.withdraws.iter().map(step).collect::<Vec<_>>().join(", ")),
        ("Undoes", reaction.undoes.iter().map(step).collect::<Vec<_>>().join(", ")),
        ("Answers with", reaction.answers.iter().map(|answer| answer.name()).collect::<Vec<_>>().join(" or ")),
    ];
    let more = more.iter().filter(|(_, what)| !what.is_empty()).map(|(does, what)| format!("{does} {what}."));
    std::iter::once(expected).chain(more).collect::<Vec<_>>().join(" ")
}
