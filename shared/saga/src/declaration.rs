//! What a participant says of itself, as data: the source of the map, of the filter policies and of the README's
//! picture. A test holds `decide` to it.

use wire::{EventType, Lexicon, SagaKind, StepType};

use crate::door::Door;

/// What is appended to the name of a participant's second queue.
const ANSWERS: &str = "-answers";

/// What a participant says of itself.
///
/// # Examples
///
/// A list of [steps](crate::step::StepList::declaration) makes its own; that of an owner is written down, as
/// [`reactions`](crate::owner::reactions) shows.
///
/// ```
/// use parcel::{COURIERS, vocabulary::events, vocabulary::kinds, vocabulary::steps};
///
/// let reaction = COURIERS.reaction_to(events::PARCEL_LOADED).unwrap();
/// assert_eq!(reaction.step(kinds::PARCEL), Some(steps::DELIVER));
/// assert_eq!(reaction.done(kinds::PARCEL), Some(events::PARCEL_DELIVERED));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// Its name: of its crate, queue, table and the prefix of its topic. See [`Declaration::queue`] for a second queue.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// The vocabulary in which it hears and answers.
    pub lexicon: &'static Lexicon,
    /// Whether it keeps an item per saga.
    pub stateful: bool,
    /// Whether it reads its item first where an event does not say which state to expect.
    pub looks: bool,
    /// Whether it keeps the lists of sagas that are not over, and sweeps them for those whose time is up.
    pub deadlines: bool,
    /// The table of counters that it takes from, and gives back to, together with its own write; `None`: it has none.
    pub counters: Option<&'static str>,
    /// What it hears and how it answers.
    pub reactions: &'static [Reaction],
}

impl Declaration {
    /// Whether the chain of events ends with it: what keeps no state passes outcomes on to clients.
    #[must_use]
    pub const fn tells_clients(&self) -> bool {
        !self.stateful
    }

    /// The reaction to an event of this type, if it hears it.
    #[must_use]
    pub fn reaction_to(&self, event_type: EventType) -> Option<&'static Reaction> {
        self.reactions.iter().find(|reaction| reaction.to == event_type)
    }

    /// The step by which it undoes the last that it did in a saga of this kind.
    #[must_use]
    pub fn undoing(&self, kind: SagaKind) -> Option<StepType> {
        self.reactions.iter().find(|reaction| reaction.undone(kind).is_some())?.step(kind)
    }

    /// The doors by which it hears anything: each has a queue.
    pub fn doors(&self) -> impl Iterator<Item = Door> {
        Door::ALL.into_iter().filter(|door| self.reactions.iter().any(|reaction| Door::of(reaction.to) == *door))
    }

    /// The queue behind a door, without the prefix: of its own name, but for the events of a participant that hears
    /// clients too, to whose requests they are the answers.
    #[must_use]
    pub fn queue(&self, door: Door) -> String {
        let is_second = door == Door::Services && self.doors().any(|other| other == Door::Clients);
        format!("{}{}", self.name, if is_second { ANSWERS } else { "" })
    }

    /// Its queues, without the prefix.
    pub fn queues(&self) -> impl Iterator<Item = String> {
        self.doors().map(|door| self.queue(door))
    }
}

/// How a participant reacts to one type of event.
///
/// # Examples
///
/// See the example of [`Declaration`].
#[derive(Clone, Copy, Debug)]
pub struct Reaction {
    /// The event that is heard.
    pub to: EventType,
    /// The schema version of it that is read.
    pub reads: u32,
    /// The state in which it is expected, by name; the write is conditional on it. `None`: in any, so it is looked up.
    pub expects: Option<&'static str>,
    /// The step that it carries out, where the path names one: of each kind of saga.
    pub steps: &'static [StepType],
    /// The events that it may answer with; of a forward step's, the first of each kind of saga says that the step took
    /// effect.
    pub answers: &'static [EventType],
    /// The step that it undoes, for a compensation: of each kind of saga.
    pub undoes: &'static [StepType],
    /// The steps of its participant that are undone before it answers that its own step did not take effect.
    pub withdraws: &'static [StepType],
    /// How it is tried again: the first policy that names the error counts.
    pub retry: &'static [RetryPolicy],
    /// How long one attempt may take, in seconds; then it is abandoned and tried again like any that broke down.
    pub timeout_secs: u32,
}

impl Reaction {
    /// The step that it carries out in a saga of this kind.
    #[must_use]
    pub fn step(&self, kind: SagaKind) -> Option<StepType> {
        self.steps.iter().copied().find(|step| step.kind() == kind)
    }

    /// The step that it undoes in a saga of this kind.
    #[must_use]
    pub fn undone(&self, kind: SagaKind) -> Option<StepType> {
        self.undoes.iter().copied().find(|step| step.kind() == kind)
    }

    /// The event that says, in a saga of this kind, that its step took effect.
    #[must_use]
    pub fn done(&self, kind: SagaKind) -> Option<EventType> {
        self.answers(kind).next()
    }

    /// What it may answer with in a saga of this kind.
    pub fn answers(&self, kind: SagaKind) -> impl Iterator<Item = EventType> {
        self.answers.iter().copied().filter(move |answer| answer.kind().is_none_or(|of| of == kind))
    }

    /// Whether it is part of the way of a saga that goes well, rather than of its undoing or of what people ask.
    #[must_use]
    pub fn is_forward(&self) -> bool {
        self.undoes.is_empty() && self.expects.is_some() && !self.to.unwinds()
    }

    /// How a breakdown of the machinery is tried again.
    #[must_use]
    pub fn patience(&self) -> RetryPolicy {
        self.policy_for(RetryPolicy::ALL).copied().unwrap_or(RetryPolicy::PATIENT)
    }

    /// The delay before a compensation that failed with this error, for the `failed`-th time, is tried again; `None`
    /// when its policy is exhausted, or none names the error.
    #[must_use]
    pub fn retry(&self, error: &str, failed: u32) -> Option<Delay> {
        let policy = self.policy_for(error)?;
        (failed <= policy.max_attempts).then(|| policy.delay(failed))
    }

    fn policy_for(&self, error: &str) -> Option<&'static RetryPolicy> {
        self.retry.iter().find(|policy| policy.errors.contains(&error))
    }
}

/// How a step is retried: the fields of a retrier of the Amazon States Language
/// (<https://states-language.net/spec.html#errors>), on SQS visibility.
///
/// # Examples
///
/// ```
/// use ensemble_saga::RetryPolicy;
///
/// const STUCK: RetryPolicy = RetryPolicy::of_compensation(&["DoorIsStuck"]);
/// assert_eq!([1, 2].map(|failed| STUCK.delay(failed).secs), [1, 2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The names of the errors that it is for; [`RetryPolicy::ALL`] is any breakdown of the machinery.
    pub errors: &'static [&'static str],
    /// Seconds before the first retry.
    pub interval_secs: u32,
    /// How many retries there are, at most.
    pub max_attempts: u32,
    /// By how much the delay grows with each retry, in hundredths: 200 doubles it.
    pub backoff_rate_percent: u32,
    /// No delay is longer, in seconds.
    pub max_delay_secs: u32,
    /// Whether the delay is drawn at random.
    pub jitter: Jitter,
}

/// Whether a delay is drawn at random: `JitterStrategy` of the States Language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// The delay is what the policy says.
    None,
    /// Drawn evenly from zero to what the policy says
    /// (<https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>).
    Full,
}

/// A delay before a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// Seconds; with jitter, at most.
    pub secs: u32,
    /// Whether it is drawn at random.
    pub jitter: Jitter,
}

impl RetryPolicy {
    /// The error name that stands for any breakdown.
    pub const ALL: &str = "States.ALL";

    /// For breakdowns of steps and compensations alike: patient, since giving up leaves a saga for a person to finish.
    pub const PATIENT: Self = Self {
        errors: &[Self::ALL],
        interval_secs: 1,
        max_attempts: 49,
        backoff_rate_percent: 200,
        max_delay_secs: 60,
        jitter: Jitter::Full,
    };

    /// For a compensation that fails with this error: tried again after 1 s, and after 2 s more.
    #[must_use]
    pub const fn of_compensation(errors: &'static [&'static str]) -> Self {
        Self {
            errors,
            interval_secs: 1,
            max_attempts: 2,
            backoff_rate_percent: 200,
            max_delay_secs: 60,
            jitter: Jitter::None,
        }
    }

    /// The delay after the `failed`-th failure (from 1).
    #[must_use]
    pub fn delay(&self, failed: u32) -> Delay {
        let mut secs = u64::from(self.interval_secs);
        for _ in 1..failed {
            secs = secs.saturating_mul(u64::from(self.backoff_rate_percent)) / 100;
            if secs >= u64::from(self.max_delay_secs) {
                break;
            }
        }
        let secs = u32::try_from(secs).unwrap_or(u32::MAX).min(self.max_delay_secs);
        Delay { secs, jitter: self.jitter }
    }
}

/// How long a reaction may take unless it says otherwise: longer than any call that it makes.
pub const TIMEOUT_SECS: u32 = 60;

/// The policies of a reaction that says nothing of its own.
pub const PATIENT: &[RetryPolicy] = &[RetryPolicy::PATIENT];

#[cfg(test)]
mod tests {
    use wire::declared::{CANCEL_REQUESTED, EventDeclaration, Means};
    use wire::{Lexicon, Publisher};

    use super::*;

    const ANSWER: EventType = EventType::of(&EventDeclaration {
        nth: 0,
        wire: "room_refused",
        name: "RoomRefused",
        about: "",
        kind: None,
        version: 1,
        publisher: Publisher::service("hotels"),
        beside: None,
        means: Means::Step,
    });

    #[test]
    fn delays_grow_to_their_ceiling_and_never_overflow() {
        let ceilings: Vec<u32> = [1, 2, 3, 7, 50, u32::MAX].map(|n| RetryPolicy::PATIENT.delay(n).secs).into();
        assert_eq!(ceilings, [1, 2, 4, 60, 60, 60]);
        let slow = RetryPolicy { backoff_rate_percent: 150, interval_secs: 4, ..RetryPolicy::PATIENT };
        assert_eq!([1, 2, 3].map(|n| slow.delay(n).secs), [4, 6, 9]);
    }

    #[test]
    fn a_participant_that_hears_clients_and_services_has_a_queue_for_each() {
        const fn to(to: EventType) -> Reaction {
            Reaction {
                to,
                reads: 1,
                expects: None,
                steps: &[],
                answers: &[],
                undoes: &[],
                withdraws: &[],
                retry: PATIENT,
                timeout_secs: TIMEOUT_SECS,
            }
        }
        const CLIENT: Reaction = to(CANCEL_REQUESTED);
        const SERVICE: Reaction = to(ANSWER);
        let queues = |reactions: &'static [Reaction]| -> Vec<String> {
            let one = Declaration {
                name: "one",
                about: "",
                lexicon: &Lexicon { kinds: &[], steps: &[], effects: &[], events: &[] },
                stateful: true,
                looks: true,
                deadlines: false,
                counters: None,
                reactions,
            };
            one.queues().collect()
        };
        assert_eq!(queues(&[CLIENT, SERVICE]), ["one", "one-answers"]);
        assert_eq!(queues(&[CLIENT]), ["one"]);
        assert_eq!(queues(&[SERVICE]), ["one"]);
    }

    #[test]
    fn the_first_policy_that_names_the_error_counts_and_ends() {
        const RETRY: &[RetryPolicy] = &[RetryPolicy::of_compensation(&["ErrGiveBack"]), RetryPolicy::PATIENT];
        let reaction = Reaction {
            to: ANSWER,
            reads: 1,
            expects: Some("Captured"),
            steps: &[],
            answers: &[],
            undoes: &[],
            withdraws: &[],
            retry: RETRY,
            timeout_secs: TIMEOUT_SECS,
        };
        let after = |secs| Some(Delay { secs, jitter: Jitter::None });
        assert_eq!([1, 2, 3].map(|failed| reaction.retry("ErrGiveBack", failed)), [after(1), after(2), None]);
        assert_eq!(reaction.retry("ErrOther", 1), None);
        assert_eq!(reaction.patience(), RetryPolicy::PATIENT);
    }
}
