//! The rules that every map has to keep, by name, and the problems that break them.
//!
//! **Invariant:** a step needs a compensation if the map shows a failure that can follow the step, whatever the step
//! declares. So the check finds the pivot by itself: the step after which nothing on the map fails.
//!
//! | file | rules |
//! | --- | --- |
//! | `ways` | none: finds every way that a saga can go; the rules hold on these ways |
//! | `events` | publishers and hearers of events, owners and names of steps |
//! | `undo` | every failure is undone, in the right order |
//! | `ends` | one outcome, no loop, a deadline, a bounded length |
//! | `wiring` | filters, events with two reactions, retry policies |

mod ends;
mod events;
#[cfg(test)]
mod tests;
mod undo;
mod ways;
mod wiring;

use std::fmt;

use contracts::{EventType, SagaKind};
use saga::topology::{Names, Topology};

use crate::{Map, topology};
use ways::Way;

/// The most hops of a saga, from its request to its outcome: about twice as many as the longest saga has. Each hop is a
/// message that may arrive late, and all hops have to fit into one deadline.
pub const HOPS_MAX: usize = 12;

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
    /// No way of a saga may announce more than one outcome.
    TwoOutcomes = "two-outcomes", hint "let one participant hear the outcome, and let that participant keep no state";
    /// Every way of a saga must end with an outcome.
    NoOutcome = "no-outcome", hint "let a participant answer the last event, with an event that leads to an outcome";
    /// No event may lead back to itself.
    UnboundedLoop = "unbounded-loop", hint "answer with an event that leads on, and repeat with a retry policy";
    /// A participant that keeps deadlines must watch every wait.
    NoDeadline = "no-deadline", hint "let a participant with `deadlines: true` begin the saga and publish its outcomes";
    /// No way of a saga may be longer than [`HOPS_MAX`].
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

/// The result of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The rule.
    pub rule: Rule,
    /// The objects that the rule was held on, with their numbers.
    pub what: String,
    /// The problems that break the rule.
    pub problems: Vec<Problem>,
}

/// A map, with the topology and the ways on which the rules are held.
#[derive(Debug)]
struct Facts<'a> {
    map: &'a Map,
    topology: Topology,
    ways: Vec<Way>,
    /// Whether the map has too many ways to look at all of them.
    crowded: bool,
}

/// Holds a map to every rule.
#[must_use]
pub fn report(map: &Map) -> Vec<Checked> {
    let (ways, crowded) = ways::of(map);
    let facts = Facts { map, topology: topology::of_map(map, &Names::default()), ways, crowded };
    Rule::ALL
        .iter()
        .map(|rule| Checked { rule: *rule, what: facts.checked(*rule), problems: plain(facts.problems(*rule)) })
        .collect()
}

/// Every problem of a map.
#[must_use]
pub fn check(map: &Map) -> Vec<Problem> {
    report(map).into_iter().flat_map(|checked| checked.problems).collect()
}

/// Each problem once, with the shortest path that shows it.
fn plain(problems: Vec<Problem>) -> Vec<Problem> {
    let mut plain: Vec<Problem> = Vec::new();
    for problem in problems {
        match plain.iter_mut().find(|known| known.what == problem.what) {
            Some(known) if known.path.len() > problem.path.len() => *known = problem,
            Some(_) => {}
            None => plain.push(problem),
        }
    }
    plain
}

impl Facts<'_> {
    fn problems(&self, rule: Rule) -> Vec<Problem> {
        match rule {
            Rule::OrphanEvent => events::orphans(self),
            Rule::UnpublishedEvent => events::unpublished(self),
            Rule::UnreachableEvent => events::unreachable(self),
            Rule::AnswerOfAnother => events::of_another(self),
            Rule::HeardTwice => events::heard_twice(self),
            Rule::UnknownSchema => events::unknown_schema(self),
            Rule::FightOverEvent => wiring::fights(self),
            Rule::MissingCompensation => undo::missing(self),
            Rule::CompensationOrder => undo::disordered(self),
            Rule::UndoesNothing => undo::of_nothing(self),
            Rule::TwoOutcomes => ends::two_outcomes(self),
            Rule::NoOutcome => ends::no_outcome(self),
            Rule::UnboundedLoop => ends::loops(self),
            Rule::NoDeadline => ends::no_deadline(self),
            Rule::TooManyHops => ends::too_long(self),
            Rule::ImpossibleFilter => wiring::filters(self),
            Rule::BadPolicy => wiring::policies(self),
            Rule::MisnamedStep => events::misnamed(self),
            Rule::MixedKinds => events::mixed(self),
        }
    }

    /// The objects that a rule is held on, in words.
    fn checked(&self, rule: Rule) -> String {
        let reactions = self.map.reactions().count();
        let ways = self.ways.len();
        match rule {
            Rule::OrphanEvent => format!("each of {} events is heard", EventType::ALL.len()),
            Rule::UnpublishedEvent => format!("each of {} events is published", EventType::ALL.len()),
            Rule::UnreachableEvent => {
                format!("each event follows from one of {} requests", self.map.requests.len())
            }
            Rule::AnswerOfAnother => format!("{reactions} reactions answer with their participants' own events"),
            Rule::HeardTwice => format!("{} participants hear each event once", self.map.participants.len()),
            Rule::UnknownSchema => format!("{reactions} reactions read the schema version that is published"),
            Rule::FightOverEvent => format!("one participant at most answers each of {} events", EventType::ALL.len()),
            Rule::MissingCompensation => {
                format!("all is undone on {} of {ways} paths, which end badly", undo::ways(self))
            }
            Rule::CompensationOrder => format!("the latest is undone first on {} of {ways} paths", undo::ways(self)),
            Rule::UndoesNothing => {
                let undoing = self.map.reactions().filter(|(_, reaction)| !reaction.undoes.is_empty()).count();
                format!("{undoing} reactions undo steps of their own participants")
            }
            Rule::TwoOutcomes => format!("no more than one outcome on each of {ways} paths"),
            Rule::NoOutcome => format!("an outcome at the end of each of {ways} paths"),
            Rule::UnboundedLoop => format!("no event twice on any of {ways} paths"),
            Rule::NoDeadline => {
                let keepers = self.map.participants.iter().filter(|declaration| declaration.deadlines);
                let names: Vec<&str> = keepers.map(|declaration| declaration.name).collect();
                format!("every wait of {} kinds of saga is watched by {}", SagaKind::ALL.len(), names.join(", "))
            }
            Rule::TooManyHops => {
                let farthest: Vec<String> = SagaKind::ALL.iter().map(|kind| self.farthest(*kind)).collect();
                format!("at most {HOPS_MAX} hops on each of {ways} paths; the longest: {}", farthest.join("; "))
            }
            Rule::ImpossibleFilter => format!("{} subscriptions can match", self.topology.subscriptions.len()),
            Rule::BadPolicy => {
                let policies: usize = self.map.reactions().map(|(_, reaction)| reaction.retry.len()).sum();
                format!("{policies} policies of {reactions} reactions end, and leave no breakdown out")
            }
            Rule::MisnamedStep => {
                let steps: usize = self.map.reactions().map(|(_, reaction)| reaction.steps.len()).sum();
                format!("{steps} steps are named as what they are")
            }
            Rule::MixedKinds => format!("{reactions} reactions keep {} kinds of saga apart", SagaKind::ALL.len()),
        }
    }

    /// The longest way of a kind of saga; the first of several.
    fn longest(&self, kind: SagaKind) -> Option<&Way> {
        self.ways.iter().rev().filter(|way| way.kind == kind).max_by_key(|way| way.hops.len())
    }

    fn farthest(&self, kind: SagaKind) -> String {
        let Some(way) = self.longest(kind) else { return format!("{kind} none") };
        let events: Vec<&str> = way.events().iter().map(|event| event.name()).collect();
        format!("{kind} {}, {}", way.hops.len(), events.join(" → "))
    }

    /// The shortest path that leads to an event; the event alone if no path does.
    fn path_to(&self, event: EventType) -> Vec<EventType> {
        let until = |way: &Way| {
            let events = way.events();
            let at = events.iter().position(|passed| *passed == event)?;
            Some(events.into_iter().take(at + 1).collect::<Vec<_>>())
        };
        self.ways.iter().filter_map(until).min_by_key(Vec::len).unwrap_or_else(|| vec![event])
    }

    /// Whether an event is told to clients.
    fn is_outcome(&self, event: EventType) -> bool {
        ways::is_outcome(self.map, event)
    }

    fn problem(&self, rule: Rule, what: String, event: EventType) -> Problem {
        Problem { rule, what, path: self.path_to(event) }
    }
}
