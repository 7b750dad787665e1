//! What can be wrong with a map: every rule by name, and what breaks it.
//!
//! **Invariant:** nothing is taken on trust: a step needs a compensation if the map shows a failure that can follow it,
//! whatever the step says of itself. So the pivot is not marked; it is the step after which nothing on the map fails.
//!
//! | file | rules |
//! | --- | --- |
//! | `ways` | none: every way that a saga can go, on which the rules are held |
//! | `events` | who publishes and who hears, whose steps and names they are |
//! | `undo` | what failed is undone, in the order in which it has to be |
//! | `ends` | one outcome, no loop, a deadline, not too far |
//! | `wiring` | filters, fights over an event, policies |

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

/// The most hops of a saga, from its request to its outcome: about twice as many as the longest has. Each is a message
/// that may come late, and all of them have to fit into one deadline.
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

            /// Its name, which is never changed.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)+
                }
            }

            /// What to change where it is broken.
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
    /// Every event of the vocabulary is heard.
    OrphanEvent = "orphan-event", hint "declare a reaction to it, or take it out of the vocabulary";
    /// Every event that is heard is published.
    UnpublishedEvent = "unpublished-event", hint "let its publisher answer with it, or drop the reaction to it";
    /// Every event follows from something that a client asks for.
    UnreachableEvent = "unreachable-event", hint "let a request lead to it, or drop the reactions that publish it";
    /// A participant publishes only what is its own.
    AnswerOfAnother = "answer-of-another", hint "answer with an event of this participant's own";
    /// A participant reacts to an event in one way.
    HeardTwice = "heard-twice", hint "make it one reaction, which decides by its state";
    /// Who hears an event reads the schema version that its publisher writes.
    UnknownSchema = "unknown-schema", hint "have the participant read that version, and say so in `reads`";
    /// No two participants answer one event, or take one step.
    FightOverEvent = "fight-over-event", hint "let one of them hear what the other publishes instead";
    /// Every failure reaches a compensation of every step that took effect before it.
    MissingCompensation = "missing-compensation", hint "let the failure reach a reaction that undoes the step";
    /// A later step is undone before an earlier one.
    CompensationOrder = "compensation-order", hint "let the earlier step's compensation hear the later one's end";
    /// A compensation undoes a step of its own participant.
    UndoesNothing = "undoes-nothing", hint "undo a step that this participant takes";
    /// No way announces more than one outcome.
    TwoOutcomes = "two-outcomes", hint "let nothing but one stateless participant hear an outcome";
    /// Every way ends with an outcome.
    NoOutcome = "no-outcome", hint "let somebody who hears it answer, in a way that leads to an outcome";
    /// No event leads back to itself.
    UnboundedLoop = "unbounded-loop", hint "answer with an event that leads on, and repeat by the policy of a reaction";
    /// Every wait is watched by somebody who keeps deadlines.
    NoDeadline = "no-deadline", hint "let a participant with `deadlines: true` begin the saga and publish its outcomes";
    /// No way is longer than [`HOPS_MAX`].
    TooManyHops = "too-many-hops", hint "join steps that always follow each other";
    /// Every subscription can match, and brings all that its service hears.
    ImpossibleFilter = "impossible-filter", hint "subscribe to the topic of the event's publisher, by the event's type";
    /// Every reaction has a timeout, and policies that end and leave no breakdown out.
    BadPolicy = "bad-policy", hint "see the fields of `RetryPolicy`; `States.ALL` stands alone, and last";
    /// What is named as a compensation is one, and nothing else is.
    MisnamedStep = "misnamed-step", hint "name the step that it undoes, or a step that is no compensation";
    /// Steps and answers are of the kind of saga of the event that is heard, one step of each.
    MixedKinds = "mixed-kinds", hint "keep the kinds of saga apart: a reaction to an event of one kind is of that kind";
}

/// Something wrong with a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule that is broken.
    pub rule: Rule,
    /// By what.
    pub what: String,
    /// The events that show it, one following from the other; none where it is not about an event.
    pub path: Vec<EventType>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: Vec<&str> = self.path.iter().map(|event| event.name()).collect();
        let path = if path.is_empty() { "–".to_owned() } else { path.join(" → ") };
        write!(f, "{}: {}; path: {path}; hint: {}", self.rule.name(), self.what, self.rule.hint())
    }
}

/// What came out of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The rule.
    pub rule: Rule,
    /// What it was held on, with numbers.
    pub what: String,
    /// What breaks it.
    pub problems: Vec<Problem>,
}

/// A map, and what the rules are held on.
#[derive(Debug)]
struct Facts<'a> {
    map: &'a Map,
    topology: Topology,
    ways: Vec<Way>,
    /// Whether there were too many ways to look at them all.
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

/// Everything that is wrong with a map.
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

    /// What a rule is held on, in words.
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
            Rule::UnknownSchema => format!("{reactions} reactions read the schema version that is written"),
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

    /// The longest way of a kind of saga, the first if there are more.
    fn longest(&self, kind: SagaKind) -> Option<&Way> {
        self.ways.iter().rev().filter(|way| way.kind == kind).max_by_key(|way| way.hops.len())
    }

    fn farthest(&self, kind: SagaKind) -> String {
        let Some(way) = self.longest(kind) else { return format!("{kind} none") };
        let events: Vec<&str> = way.events().iter().map(|event| event.name()).collect();
        format!("{kind} {}, {}", way.hops.len(), events.join(" → "))
    }

    /// The shortest path by which an event comes about; the event alone if there is none.
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
