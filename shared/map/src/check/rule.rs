//! The rules by name, and what breaks one.

use std::fmt;

use wire::EventType;

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $name:literal, hint $hint:literal;)+) => {
        /// A rule that every map has to keep.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $rule,)+
        }

        impl Rule {
            /// Every rule, in the order in which they are reported.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// The name of the rule, which never changes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)+
                }
            }

            /// The change that repairs a broken rule.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self {
                    $(Self::$rule => $hint,)+
                }
            }
        }
    };
}

rules! {
    /// A participant must hear every event of the vocabulary.
    OrphanEvent = "orphan-event", hint "declare a reaction to the event, or remove the event from the vocabulary";
    /// A participant or a client must publish every event that is heard.
    UnpublishedEvent = "unpublished-event", hint "let its publisher answer with it, or remove the reaction to it";
    /// Every event must follow from a request.
    UnreachableEvent = "unreachable-event", hint "let a request lead to it, or remove the reactions that publish it";
    /// A participant must answer with its own events only.
    AnswerOfAnother = "answer-of-another", hint "answer with an event that this participant publishes";
    /// A participant must have one reaction to an event.
    HeardTwice = "heard-twice", hint "join the reactions to one, which decides by the state";
    /// A reaction must read the schema version that is published.
    UnknownSchema = "unknown-schema", hint "let the participant read the published version, and set `reads` to it";
    /// No two participants may answer one event, or take one step.
    FightOverEvent = "fight-over-event", hint "let one participant hear the event that the other publishes";
    /// Every failure must reach a compensation of every step that took effect before the failure.
    MissingCompensation = "missing-compensation", hint "let the failure reach a reaction that undoes the step";
    /// A later step must be undone before an earlier step.
    CompensationOrder = "compensation-order", hint "let the earlier compensation hear the later compensation's answer";
    /// A compensation must undo a step of its own participant.
    UndoesNothing = "undoes-nothing", hint "name a step that this participant takes in `undoes`";
    /// The participant that takes the last step that can be refused must decide whether a saga is undone.
    MisplacedDecision = "misplaced-decision", hint "let the last step that can be refused decide on UnwindingStarted";
    /// No way of a saga may announce more than one outcome.
    TwoOutcomes = "two-outcomes", hint "let one participant hear the outcome, and let that participant keep no state";
    /// Every way of a saga must end with an outcome.
    NoOutcome = "no-outcome", hint "let a participant answer the last event, with an event that leads to an outcome";
    /// No event may lead back to itself.
    UnboundedLoop = "unbounded-loop", hint "answer with an event that leads on, and repeat with a retry policy";
    /// A participant that keeps deadlines must watch every wait.
    NoDeadline = "no-deadline", hint "let a participant with `deadlines: true` begin the saga and publish its outcomes";
    /// No way of a saga may be longer than [`HOPS_MAX`](super::HOPS_MAX).
    TooManyHops = "too-many-hops", hint "join steps that always follow each other";
    /// Every subscription must be able to match, and must deliver every event that its service hears.
    ImpossibleFilter = "impossible-filter", hint "subscribe to the topic of the event's publisher, by the event's type";
    /// Every reaction must have a timeout, and retry policies that end and cover every breakdown.
    BadPolicy = "bad-policy", hint "correct the `RetryPolicy`; `States.ALL` must stand alone, in the last policy";
    /// Every compensation must have the name of a compensation, and no other step may have one.
    MisnamedStep = "misnamed-step", hint "name the undone step in `undoes`, or a forward step in `steps`";
    /// Steps and answers must be of the same kind of saga as the event that is heard, with one step of each kind.
    MixedKinds = "mixed-kinds", hint "give the reaction only steps and answers of the event's kind of saga";
}

/// A problem of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule that is broken.
    pub rule: Rule,
    /// The fact that breaks the rule.
    pub what: String,
    /// The events that show the problem, each following from the one before; empty if no event shows it.
    pub path: Vec<EventType>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: Vec<&str> = self.path.iter().map(|event| event.name()).collect();
        let path = if path.is_empty() { "–".to_owned() } else { path.join(" → ") };
        write!(f, "{}: {}; path: {path}; hint: {}", self.rule.name(), self.what, self.rule.hint())
    }
}
