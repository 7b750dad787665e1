//! Maps that are wrong, each by one change, and the rule that says so.

mod flow;

use contracts::events::{
    ACCOUNT_CREDIT_REFUSED, ACCOUNT_CREDITED, CANCEL_REQUESTED, FARE_CANCELLED, FARE_COMPLETED, FARE_NEEDS_ATTENTION,
    FARE_REGISTERED, FARE_REJECTED, FARE_REQUESTED, INVENTORY_REFUSED, ORDER_COMPLETED, ORDER_REJECTED,
    PAYMENT_CAPTURED, PAYMENT_DECLINED, PAYMENT_REFUND_FAILED, PAYMENT_REFUNDED, RETRY_REQUESTED, UNWINDING_STARTED,
};
use contracts::{Event, EventType, Events, StepType, steps};
use saga::topology::Names;
use saga::{Declaration, Reaction, RetryPolicy};

use saga::topology::Topology;

use super::*;
use crate::tests::map;

/// The map with one participant changed.
fn with(name: &str, change: impl FnOnce(&mut Declaration)) -> Map {
    let mut map = map();
    change(participant(&mut map, name));
    map
}

fn participant<'a>(map: &'a mut Map, name: &str) -> &'a mut Declaration {
    map.participants.iter_mut().find(|declaration| declaration.name == name).unwrap()
}

/// Changes a participant's reactions.
fn reactions(declaration: &mut Declaration, change: impl FnOnce(&mut Vec<Reaction>)) {
    let mut reactions = declaration.reactions.to_vec();
    change(&mut reactions);
    declaration.reactions = reactions.leak();
}

/// Changes a participant's reaction to an event.
fn reaction(declaration: &mut Declaration, to: EventType, change: impl FnOnce(&mut Reaction)) {
    reactions(declaration, |reactions| change(reactions.iter_mut().find(|reaction| reaction.to == to).unwrap()));
}

/// The map with one reaction of one participant changed.
fn with_reaction(name: &str, to: EventType, change: impl FnOnce(&mut Reaction)) -> Map {
    with(name, |declaration| reaction(declaration, to, change))
}

/// Lets a participant hear an event as it hears another.
fn hear(declaration: &mut Declaration, to: EventType, like: EventType) {
    let as_before = *declaration.reaction_to(like).unwrap();
    reactions(declaration, |reactions| reactions.push(Reaction { to, ..as_before }));
}

fn drop_reaction(declaration: &mut Declaration, to: EventType) {
    reactions(declaration, |reactions| reactions.retain(|reaction| reaction.to != to));
}

fn listed(events: &[EventType]) -> &'static [EventType] {
    events.to_vec().leak()
}

fn taken(steps: &[StepType]) -> &'static [StepType] {
    steps.to_vec().leak()
}

fn more(answers: &[EventType], also: EventType) -> &'static [EventType] {
    [answers, &[also]].concat().leak()
}

/// The names of the rules that a map breaks.
fn broken(map: &Map) -> Vec<&'static str> {
    report(map).iter().filter(|checked| !checked.problems.is_empty()).map(|checked| checked.rule.name()).collect()
}

/// What breaks a rule, and the events that show it.
fn found(map: &Map, rule: Rule) -> Vec<(String, Vec<EventType>)> {
    let problems = check(map).into_iter().filter(|problem| problem.rule == rule);
    problems.map(|problem| (problem.what, problem.path)).collect()
}

/// That this breaks a rule, among others at most.
fn breaks(map: &Map, rule: Rule, what: &str) {
    let found = found(map, rule);
    assert!(found.iter().any(|(known, _)| known == what), "{what}: {found:#?}");
}

#[test]
fn the_map_has_no_problem() {
    let problems: Vec<String> = check(&map()).iter().map(Problem::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn every_rule_says_what_it_was_held_on() {
    let report = report(&map());
    let lines: Vec<String> =
        report.iter().map(|checked| format!("{}: {}", checked.rule.name(), checked.what)).collect();
    let line = |rule: Rule| lines.iter().find(|line| line.starts_with(rule.name())).unwrap();
    let longest = "too-many-hops: at most 12 hops on each of 49 paths; the longest: fare 5, FareRequested → \
                   FareRegistered → PaymentCaptured → AccountCreditRefused → PaymentRefunded → FareCancelled; order 5, \
                   OrderRequested → OrderCreated → PaymentCaptured → InventoryRefused → PaymentRefunded → OrderCancelled";
    assert_eq!(*line(Rule::TooManyHops), longest);
    let undone = line(Rule::MissingCompensation);
    assert!(undone.ends_with(" of 49 paths, which end badly"), "{undone}");
    assert_ne!(undone.as_str(), "missing-compensation: all is undone on 0 of 49 paths, which end badly");
    assert_eq!(
        *line(Rule::OrphanEvent),
        format!("orphan-event: each of {} events is heard", Event::LEXICON.events.len())
    );
    assert_eq!(*line(Rule::NoDeadline), "no-deadline: every wait of 2 kinds of saga is watched by booking");
    assert_eq!(lines.len(), Rule::ALL.len());
    let names: std::collections::BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
}

#[test]
fn a_problem_reads_as_one_line() {
    let map = with("notifier", |notifier| drop_reaction(notifier, ORDER_REJECTED));
    let [problem] = check(&map).try_into().unwrap();
    assert_eq!(
        problem.to_string(),
        "orphan-event: OrderRejected is heard by nobody; path: OrderRequested → OrderRejected; hint: declare a \
         reaction to the event, or remove the event from the vocabulary"
    );
}

#[test]
fn an_event_that_nobody_hears_is_found() {
    let map = with("notifier", |notifier| drop_reaction(notifier, ORDER_REJECTED));
    assert_eq!(broken(&map), ["orphan-event"]);
    let map = with("fulfillment", |fulfillment| drop_reaction(fulfillment, PAYMENT_CAPTURED));
    breaks(&map, Rule::OrphanEvent, "PaymentCaptured is heard by nobody");
}

#[test]
fn an_event_that_nobody_publishes_is_found() {
    let mut unasked = map();
    unasked.requests.retain(|request| *request != FARE_REQUESTED);
    assert_eq!(
        found(&unasked, Rule::UnpublishedEvent),
        [("FareRequested is published by nobody".to_owned(), vec![FARE_REQUESTED])]
    );
    let map = with("fulfillment", |fulfillment| {
        reactions(fulfillment, |reactions| {
            for reaction in reactions {
                let kept = |answer: &&EventType| **answer != ACCOUNT_CREDIT_REFUSED;
                reaction.answers = reaction.answers.iter().filter(kept).copied().collect::<Vec<_>>().leak();
            }
        });
    });
    breaks(&map, Rule::UnpublishedEvent, "AccountCreditRefused is published by nobody");
    breaks(
        &map,
        Rule::ImpossibleFilter,
        "ensemble-payment filters ensemble-fulfillment-events for type account_credit_refused, which is not published \
         there",
    );
}

#[test]
fn events_that_only_follow_from_each_other_are_found() {
    // Refunds that fail are only published on a refund that failed.
    let map = with("payment", |payment| {
        reactions(payment, |reactions| {
            for reaction in reactions {
                let kept = |answer: &&EventType| **answer != PAYMENT_REFUND_FAILED;
                reaction.answers = reaction.answers.iter().filter(kept).copied().collect::<Vec<_>>().leak();
            }
        });
        hear(payment, PAYMENT_REFUND_FAILED, FARE_REGISTERED);
        reaction(payment, PAYMENT_REFUND_FAILED, |reaction| reaction.answers = listed(&[PAYMENT_REFUND_FAILED]));
    });
    assert_eq!(
        found(&map, Rule::UnreachableEvent),
        [("no request leads to PaymentRefundFailed".to_owned(), vec![PAYMENT_REFUND_FAILED])]
    );
}

#[test]
fn an_answer_that_is_anothers_to_publish_is_found() {
    let map = with_reaction("fulfillment", PAYMENT_CAPTURED, |reaction| {
        reaction.answers = more(reaction.answers, PAYMENT_DECLINED);
    });
    assert_eq!(
        found(&map, Rule::AnswerOfAnother),
        [(
            "fulfillment answers with PaymentDeclined, which is payment's to publish".to_owned(),
            vec![FARE_REQUESTED, FARE_REGISTERED, PAYMENT_CAPTURED, PAYMENT_DECLINED]
        )]
    );
}

#[test]
fn two_reactions_of_one_participant_to_one_event_are_found() {
    let map = with("fulfillment", |fulfillment| hear(fulfillment, PAYMENT_CAPTURED, PAYMENT_CAPTURED));
    assert_eq!(broken(&map), ["heard-twice"]);
    breaks(&map, Rule::HeardTwice, "fulfillment reacts to PaymentCaptured twice");
    let namesake = with("payment", |payment| payment.name = "booking");
    assert_eq!(found(&namesake, Rule::HeardTwice).len(), 2, "both hear what is refused");
}

#[test]
fn a_reader_of_a_version_that_is_not_written_is_found() {
    let map = with_reaction("payment", FARE_REGISTERED, |reaction| reaction.reads = 2);
    assert_eq!(broken(&map), ["unknown-schema"]);
    breaks(&map, Rule::UnknownSchema, "payment reads FareRegistered in version 2, written is 1");
}

#[test]
fn two_participants_that_answer_one_event_fight_over_it() {
    let map = with("booking", |booking| hear(booking, PAYMENT_CAPTURED, PAYMENT_DECLINED));
    breaks(&map, Rule::FightOverEvent, "booking and fulfillment both answer PaymentCaptured, in the fare saga");
    breaks(&map, Rule::FightOverEvent, "booking and fulfillment both answer PaymentCaptured, in the order saga");
}

#[test]
fn a_step_that_two_participants_take_is_found() {
    let map = with_reaction("booking", ACCOUNT_CREDITED, |reaction| reaction.steps = taken(&[steps::CHARGE_FARE]));
    assert_eq!(broken(&map), ["fight-over-event"]);
    breaks(&map, Rule::FightOverEvent, "booking and payment both take ChargeFare");
}

#[test]
fn a_filter_that_can_never_match_is_found() {
    let map = map();
    let names = Names::default();
    let facts = |topology: Topology| Facts { map: &map, topology, ways: ways::of(&map).0, crowded: false };
    let broken = |change: &dyn Fn(&mut Topology)| {
        let mut topology = topology(&map, &names);
        change(&mut topology);
        wiring::filters(&facts(topology)).into_iter().map(|problem| problem.what).collect::<Vec<_>>()
    };
    assert_eq!(broken(&|_| {}), Vec::<String>::new());

    fn to_payment(topology: &mut Topology) -> &mut saga::topology::Subscription {
        let of_payment = |known: &&mut saga::topology::Subscription| {
            known.queue == "ensemble-payment" && known.topic == "ensemble-booking-events"
        };
        topology.subscriptions.iter_mut().find(of_payment).unwrap()
    }
    let filter = |topology: &mut Topology, attribute: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        to_payment(topology).filter = Some((attribute.to_owned(), values));
    };
    let nothing = broken(&|topology| filter(topology, "type", &["payment_captured", "order_created"]));
    assert_eq!(
        nothing,
        [
            "ensemble-payment filters ensemble-booking-events for type payment_captured, which is not published there",
            "no subscription of ensemble-payment to ensemble-booking-events passes FareRegistered",
        ]
    );
    assert_eq!(broken(&|topology| filter(topology, "colour", &["red"])).len(), 3);
    assert_eq!(broken(&|topology| filter(topology, "type", &[])).len(), 3);
    assert_eq!(broken(&|topology| to_payment(topology).topic = "nowhere".to_owned()).len(), 5);
    assert_eq!(broken(&|topology| to_payment(topology).filter = None), Vec::<String>::new());
    let gone = broken(&|topology| topology.queues.retain(|queue| queue.name != "ensemble-success"));
    assert_eq!(gone, ["ensemble-success is subscribed to ensemble-notifications, and there is no such queue"]);
}

#[test]
fn a_policy_that_does_not_say_what_it_seems_to_say_is_found() {
    const PATIENT: RetryPolicy = RetryPolicy::PATIENT;
    const NAMED: RetryPolicy = RetryPolicy::of_compensation(&["ErrProcessRefund"]);
    let breaks = |retry: &[RetryPolicy], what: &str| {
        let retry: &'static [RetryPolicy] = retry.to_vec().leak();
        let map = with_reaction("payment", INVENTORY_REFUSED, |reaction| reaction.retry = retry);
        assert_eq!(broken(&map), ["bad-policy"], "{what}");
        breaks(&map, Rule::BadPolicy, &format!("payment on InventoryRefused: {what}"));
    };
    breaks(&[], "its last policy is not for States.ALL alone");
    breaks(&[NAMED], "its last policy is not for States.ALL alone");
    breaks(&[PATIENT, NAMED, PATIENT], "ErrProcessRefund is named by an earlier policy");
    breaks(&[NAMED, NAMED, PATIENT], "ErrProcessRefund is named by an earlier policy");
    breaks(&[RetryPolicy { errors: &[], ..NAMED }, PATIENT], "a policy names no error");
    breaks(&[RetryPolicy { max_attempts: 0, ..NAMED }, PATIENT], "ErrProcessRefund is never tried again");
    breaks(&[RetryPolicy { interval_secs: 0, ..PATIENT }], "States.ALL is tried again without a delay");
    breaks(&[RetryPolicy { backoff_rate_percent: 50, ..PATIENT }], "the delays of States.ALL shrink, to 50 % each");
    breaks(&[RetryPolicy { max_delay_secs: 50_000, ..PATIENT }], "the longest delay of States.ALL is 50000 s");
    let hasty = with_reaction("payment", INVENTORY_REFUSED, |reaction| reaction.timeout_secs = 0);
    assert_eq!(broken(&hasty), ["bad-policy"]);
}

#[test]
fn a_misnamed_step_is_found() {
    let unnamed = with_reaction("payment", INVENTORY_REFUSED, |reaction| reaction.undoes = &[]);
    breaks(&unnamed, Rule::MisnamedStep, "payment: ProcessRefund is named as a compensation, and undoes nothing");
    breaks(&unnamed, Rule::MissingCompensation, "payment: ProcessPayment is not undone");
    let forward = with_reaction("payment", INVENTORY_REFUSED, |reaction| {
        reaction.steps = taken(&[steps::RESERVE_INVENTORY]);
    });
    let what = "payment: ReserveInventory undoes ProcessPayment, and is not named as a compensation";
    assert_eq!(broken(&forward), ["misnamed-step"]);
    breaks(&forward, Rule::MisnamedStep, what);
    let silent = with_reaction("payment", INVENTORY_REFUSED, |reaction| reaction.steps = &[]);
    breaks(
        &silent,
        Rule::MisnamedStep,
        "payment: ProcessPayment is undone on InventoryRefused by a step without a name",
    );
}

#[test]
fn kinds_of_saga_that_are_mixed_are_found() {
    let step = with_reaction("payment", FARE_REGISTERED, |reaction| {
        reaction.steps = taken(&[steps::CHARGE_FARE, steps::PROCESS_PAYMENT]);
    });
    assert_eq!(broken(&step), ["mixed-kinds"]);
    breaks(&step, Rule::MixedKinds, "payment takes ProcessPayment, a step of the order saga, on FareRegistered");
    let answer = with_reaction("booking", ACCOUNT_CREDITED, |reaction| {
        reaction.answers = more(reaction.answers, ORDER_COMPLETED);
    });
    assert_eq!(broken(&answer), ["mixed-kinds"]);
    breaks(
        &answer,
        Rule::MixedKinds,
        "booking answers AccountCredited with OrderCompleted, an event of the order saga",
    );
    let two = with_reaction("booking", ACCOUNT_CREDITED, |reaction| {
        reaction.steps = taken(&[steps::SET_FARE_STATUS_COMPLETED, steps::CREDIT_CUSTOMER_ACCOUNT]);
    });
    breaks(&two, Rule::MixedKinds, "booking takes more than one step of the fare saga on AccountCredited");
}
