//! Filters, fights over an event, policies.
//!
//! **Invariant:** filters are read off the topology that is provisioned, and not derived a second time.

use saga::topology::{Names, Subscription, Topology};
use saga::{Announcement, Door, Reaction, RetryPolicy};
use wire::{EventType, StepType};

use super::facts::Facts;
use super::rule::{Problem, Rule};
use super::ways;
use crate::Map;
use crate::topology::{IS_SUCCESSFUL, channel_of};

/// The longest that SQS keeps a message invisible: 12 hours
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>).
const DELAY_MAX_SECS: u32 = 43_200;

/// Events that two participants answer, and steps that two take.
pub(super) fn fights(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for kind in facts.map.lexicon.kinds.iter().copied() {
        for event in facts.map.lexicon.events.iter().filter(|event| ways::is_of(**event, kind)) {
            let answering = ways::answering(facts.map, *event, kind);
            for (index, (who, _)) in answering.iter().enumerate() {
                for (other, _) in answering.iter().take(index).filter(|(other, _)| other != who) {
                    let what = format!("{other} and {who} both answer {}, in the {kind} saga", event.name());
                    problems.push(facts.problem(Rule::FightOverEvent, what, *event));
                }
            }
        }
    }
    let mut takers: Vec<(StepType, &str)> = Vec::new();
    for (declaration, reaction) in facts.map.reactions().filter(|(_, reaction)| reaction.is_forward()) {
        for step in reaction.steps {
            for (_, other) in takers.iter().filter(|(taken, who)| taken == step && *who != declaration.name) {
                let what = format!("{other} and {} both take {}", declaration.name, step.as_str());
                problems.push(facts.problem(Rule::FightOverEvent, what, reaction.to));
            }
            takers.push((*step, declaration.name));
        }
    }
    problems
}

/// Subscriptions that can never match, and events that no subscription brings to who hears them.
pub(super) fn filters(facts: &Facts<'_>) -> Vec<Problem> {
    let names = Names::default();
    let mut problems = impossible(facts, &names, &facts.topology);
    for (declaration, reaction) in facts.map.reactions() {
        let queue = names.of_service(&declaration.queue(Door::of(reaction.to)));
        let Some(channel) = channel_of(facts.map.lexicon, reaction.to) else { continue };
        let topic = names.topic(channel);
        let brings = |subscription: &Subscription| {
            let passes = |(_, values): &(String, Vec<String>)| values.iter().any(|value| value == reaction.to.as_str());
            subscription.topic == topic
                && subscription.queue == queue
                && subscription.filter.as_ref().is_none_or(passes)
        };
        if !facts.topology.subscriptions.iter().any(brings) {
            let what = format!("no subscription of {queue} to {topic} passes {}", reaction.to.name());
            problems.push(facts.problem(Rule::ImpossibleFilter, what, reaction.to));
        }
    }
    problems
}

/// Subscriptions of a topology that can never match.
pub(super) fn impossible(facts: &Facts<'_>, names: &Names, topology: &Topology) -> Vec<Problem> {
    let mut problems = Vec::new();
    for subscription in &topology.subscriptions {
        let (topic, queue) = (&subscription.topic, &subscription.queue);
        let mut wrong = |what: String, event: Option<EventType>| {
            let path = event.map(|event| facts.path_to(event)).unwrap_or_default();
            problems.push(Problem { rule: Rule::ImpossibleFilter, what, path });
        };
        if !topology.topics.contains(topic) {
            wrong(format!("{queue} is subscribed to {topic}, and there is no such topic"), None);
        }
        if !topology.queues.iter().any(|known| known.name == *queue) {
            wrong(format!("{queue} is subscribed to {topic}, and there is no such queue"), None);
        }
        let Some((attribute, values)) = &subscription.filter else { continue };
        if values.is_empty() {
            wrong(format!("{queue} is subscribed to {topic} for nothing"), None);
        }
        for value in values.iter().filter(|value| !can_match(facts.map, names, topic, attribute, value)) {
            let what = format!("{queue} filters {topic} for {attribute} {value}, which is not published there");
            wrong(what, facts.map.lexicon.event(value));
        }
    }
    problems
}

/// Whether a topic can carry a message with this value of this attribute.
fn can_match(map: &Map, names: &Names, topic: &str, attribute: &str, value: &str) -> bool {
    match attribute {
        Announcement::TYPE => {
            map.lexicon.event(value).filter(|event| map.is_published(*event)).is_some_and(|event| {
                channel_of(map.lexicon, event).is_some_and(|channel| names.topic(channel) == topic)
            })
        }
        IS_SUCCESSFUL => ["true", "false"].contains(&value),
        _ => false,
    }
}

/// Reactions that are abandoned at once, and policies that do not say what they seem to say.
pub(super) fn policies(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (declaration, reaction) in facts.map.reactions() {
        for fault in faults(reaction) {
            let what = format!("{} on {}: {fault}", declaration.name, reaction.to.name());
            problems.push(facts.problem(Rule::BadPolicy, what, reaction.to));
        }
    }
    problems
}

fn faults(reaction: &Reaction) -> Vec<String> {
    let mut faults = Vec::new();
    if reaction.timeout_secs == 0 {
        faults.push("its timeout is 0".to_owned());
    }
    if reaction.retry.last().is_none_or(|last| last.errors != [RetryPolicy::ALL]) {
        faults.push(format!("its last policy is not for {} alone", RetryPolicy::ALL));
    }
    let mut named: Vec<&str> = Vec::new();
    for policy in reaction.retry {
        let errors = policy.errors.join(", ");
        if policy.errors.is_empty() {
            faults.push("a policy names no error".to_owned());
        }
        if policy.max_attempts == 0 {
            faults.push(format!("{errors} is never tried again"));
        }
        if policy.backoff_rate_percent < 100 {
            faults.push(format!("the delays of {errors} shrink, to {} % each", policy.backoff_rate_percent));
        }
        if policy.interval_secs == 0 {
            faults.push(format!("{errors} is tried again without a delay"));
        }
        if policy.max_delay_secs < policy.interval_secs || policy.max_delay_secs > DELAY_MAX_SECS {
            faults.push(format!("the longest delay of {errors} is {} s", policy.max_delay_secs));
        }
        for error in policy.errors {
            if named.contains(error) || named.contains(&RetryPolicy::ALL) {
                faults.push(format!("{error} is named by an earlier policy"));
            }
        }
        named.extend(policy.errors);
    }
    faults
}
