//! What a participant says of itself, as data: the source of the map, of the filter policies and of the README's
//! picture. A test holds `decide` to it.

use contracts::{EventType, StepName};

/// A participant's card.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// Its name: of its crate, queue, table and the prefix of its topic.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Whether it keeps an item per saga.
    pub stateful: bool,
    /// What it hears and how it answers.
    pub reactions: &'static [Reaction],
}

impl Declaration {
    /// The reaction to an event of this type, if it hears it.
    #[must_use]
    pub fn reaction_to(&self, event_type: EventType) -> Option<&'static Reaction> {
        self.reactions.iter().find(|reaction| reaction.to == event_type)
    }
}

/// How a participant reacts to one type of event.
#[derive(Clone, Copy, Debug)]
pub struct Reaction {
    /// The event that is heard.
    pub to: EventType,
    /// The state in which it is expected, by name; the write is conditional on it.
    pub expects: &'static str,
    /// The step that it carries out, where the path names one.
    pub step: Option<StepName>,
    /// The events that it may answer with; of a forward step's, the first says that the step took effect.
    pub answers: &'static [EventType],
    /// The step that it undoes, for a compensation.
    pub undoes: Option<StepName>,
    /// How often and how patiently it is tried.
    pub retry: RetryPolicy,
}

/// How a step is retried: the fields of the Amazon States Language
/// (<https://states-language.net/spec.html#errors>), on SQS visibility.
///
/// The delay before attempt *n* + 1 is drawn evenly from zero to `interval × rate^(n-1)`, at most `max_delay`: full
/// jitter (<https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Seconds before the second attempt, at most.
    pub interval_secs: u32,
    /// By how much the delay grows with each attempt.
    pub backoff_rate: u32,
    /// No delay is longer, in seconds.
    pub max_delay_secs: u32,
    /// After this many attempts the message goes to the dead-letter queue with its reason.
    pub attempts_max: u32,
}

impl RetryPolicy {
    /// For steps and compensations alike: patient, since giving up leaves a saga for a person to finish.
    pub const PATIENT: Self = Self { interval_secs: 1, backoff_rate: 2, max_delay_secs: 60, attempts_max: 50 };

    /// The longest delay, in seconds, after this many attempts (from 1).
    #[must_use]
    pub fn ceiling_secs(&self, attempts: u32) -> u32 {
        let growth = self.backoff_rate.saturating_pow(attempts.saturating_sub(1));
        self.interval_secs.saturating_mul(growth).min(self.max_delay_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_their_ceiling_and_never_overflow() {
        let ceilings: Vec<u32> = [1, 2, 3, 7, 50, u32::MAX].map(|n| RetryPolicy::PATIENT.ceiling_secs(n)).into();
        assert_eq!(ceilings, [1, 2, 4, 60, 60, 60]);
    }
}
