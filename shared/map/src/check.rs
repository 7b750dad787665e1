//! The rules that every map has to keep, by name, and the problems that break them.
//!
//! **Invariant:** a step needs a compensation if the map shows a failure that can follow the step, whatever the step
//! declares. So the check finds the pivot by itself: the step after which nothing on the map fails.
//!
//! | file | rules |
//! | --- | --- |
//! | `rule`, `facts` | none: the rules by name; what they are held on |
//! | `ways` | none: finds every way that a saga can go; the rules hold on these ways |
//! | `events` | publishers and hearers of events, owners and names of steps |
//! | `undo` | every failure is undone, in the right order |
//! | `ends` | one outcome, no loop, a deadline, a bounded length |
//! | `wiring` | filters, events with two reactions, retry policies |

mod ends;
mod events;
mod facts;
mod rule;
#[cfg(test)]
mod tests;
mod undo;
mod ways;
mod wiring;

use saga::topology::Names;
use wire::SagaKind;

use crate::{Map, topology};
use facts::Facts;
use ways::Way;

pub use rule::{Problem, Rule};
pub use ways::HOPS_MAX;

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

/// Holds a map to every rule.
///
/// # Examples
///
/// ```
/// # use ensemble_map::Map;
/// # let map = Map::of::<parcel::Event>(&parcel::participants(), |_| None);
/// for checked in ensemble_map::report(&map) {
///     println!("{}: {}", checked.rule.name(), checked.what);
///     assert_eq!(checked.problems, []);
/// }
/// ```
#[must_use]
pub fn report(map: &Map) -> Vec<Checked> {
    let (ways, crowded) = ways::of(map);
    let facts = Facts { map, topology: topology(map, &Names::default()), ways, crowded };
    Rule::ALL
        .iter()
        .map(|rule| Checked { rule: *rule, what: facts.checked(*rule), problems: plain(facts.problems(*rule)) })
        .collect()
}

/// Every problem of a map.
///
/// # Examples
///
/// Without couriers, nobody hears that a parcel is loaded, and the map has problems:
///
/// ```
/// use ensemble_map::{Map, check};
///
/// let [desk, vans, _couriers, notifier] = parcel::participants();
/// let map = Map::of::<parcel::Event>(&[desk, vans, notifier], |_| None);
/// assert!(!check(&map).is_empty());
/// ```
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
            Rule::MisplacedDecision => undo::misplaced(self),
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
            Rule::OrphanEvent => format!("each of {} events is heard", self.map.lexicon.events.len()),
            Rule::UnpublishedEvent => format!("each of {} events is published", self.map.lexicon.events.len()),
            Rule::UnreachableEvent => {
                format!("each event follows from one of {} requests", self.map.requests.len())
            }
            Rule::AnswerOfAnother => format!("{reactions} reactions answer with their participants' own events"),
            Rule::HeardTwice => format!("{} participants hear each event once", self.map.participants.len()),
            Rule::UnknownSchema => format!("{reactions} reactions read the schema version that is published"),
            Rule::FightOverEvent => {
                format!("one participant at most answers each of {} events", self.map.lexicon.events.len())
            }
            Rule::MissingCompensation => {
                format!("all is undone on {} of {ways} paths, which end badly", undo::ways(self))
            }
            Rule::CompensationOrder => format!("the latest is undone first on {} of {ways} paths", undo::ways(self)),
            Rule::UndoesNothing => {
                let undoing = self.map.reactions().filter(|(_, reaction)| !reaction.undoes.is_empty()).count();
                format!("{undoing} reactions undo steps of their own participants")
            }
            Rule::MisplacedDecision => {
                format!(
                    "{} kinds of saga are decided on where the last step can be refused",
                    self.map.lexicon.kinds.len()
                )
            }
            Rule::TwoOutcomes => format!("no more than one outcome on each of {ways} paths"),
            Rule::NoOutcome => format!("an outcome at the end of each of {ways} paths"),
            Rule::UnboundedLoop => format!("no event twice on any of {ways} paths"),
            Rule::NoDeadline => {
                let keepers = self.map.participants.iter().filter(|declaration| declaration.deadlines);
                let names: Vec<&str> = keepers.map(|declaration| declaration.name).collect();
                format!(
                    "every wait of {} kinds of saga is watched by {}",
                    self.map.lexicon.kinds.len(),
                    names.join(", ")
                )
            }
            Rule::TooManyHops => {
                let farthest: Vec<String> = self.map.lexicon.kinds.iter().map(|kind| self.farthest(*kind)).collect();
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
            Rule::MixedKinds => {
                format!("{reactions} reactions keep {} kinds of saga apart", self.map.lexicon.kinds.len())
            }
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
}
