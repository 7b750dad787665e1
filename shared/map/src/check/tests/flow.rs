//! Maps whose ways are wrong: of what is not undone, and of how a saga ends.

use super::*;
use contracts::{Event, Events, events, kinds, steps};

#[test]
fn a_step_that_a_later_failure_does_not_undo_is_found() {
    // Booking marks the fare failed as soon as it is not credited, and nobody gives the charge back.
    let mut map = map();
    let booking = participant(&mut map, "booking");
    drop_reaction(booking, ACCOUNT_CREDIT_REFUSED);
    hear(booking, ACCOUNT_CREDIT_REFUSED, PAYMENT_REFUNDED);
    reaction(booking, ACCOUNT_CREDIT_REFUSED, |reaction| {
        reaction.steps = taken(&[steps::SET_FARE_STATUS_FAILED]);
        (reaction.undoes, reaction.answers) = (taken(&[steps::REGISTER_FARE]), listed(&[FARE_CANCELLED]));
    });
    drop_reaction(participant(&mut map, "payment"), ACCOUNT_CREDIT_REFUSED);
    let shown = found(&map, Rule::MissingCompensation);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(shown[0].0, "payment: ChargeFare is not undone");
    assert_eq!(broken(&map), ["missing-compensation"]);
}

#[test]
fn what_people_ask_to_be_undone_is_undone_as_far_as_it_can_have_come() {
    // Payment ends what is cancelled, and keeps what it may have charged.
    let mut map = map();
    drop_reaction(participant(&mut map, "fulfillment"), UNWINDING_STARTED);
    let payment = participant(&mut map, "payment");
    hear(payment, UNWINDING_STARTED, FARE_REGISTERED);
    reaction(payment, UNWINDING_STARTED, |reaction| {
        (reaction.expects, reaction.steps, reaction.answers) = (None, &[], listed(&[PAYMENT_DECLINED]));
    });
    assert_eq!(broken(&map), ["missing-compensation", "misplaced-decision"]);
    let path = vec![CANCEL_REQUESTED, UNWINDING_STARTED, PAYMENT_DECLINED, FARE_CANCELLED];
    assert_eq!(
        found(&map, Rule::MissingCompensation).first(),
        Some(&("payment: ChargeFare is not undone".to_owned(), path))
    );
}

#[test]
fn the_pivot_needs_no_compensation_until_something_can_fail_after_it() {
    let map = with_reaction("booking", ACCOUNT_CREDITED, |reaction| {
        reaction.answers = listed(&[FARE_COMPLETED, FARE_NEEDS_ATTENTION]);
    });
    let what: Vec<String> = found(&map, Rule::MissingCompensation).into_iter().map(|(what, _)| what).collect();
    for step in ["booking: RegisterFare", "payment: ChargeFare", "fulfillment: CreditCustomerAccount"] {
        assert!(what.contains(&format!("{step} is not undone")), "{what:?}");
    }
    assert_eq!(what.len(), 3, "{what:?}");
    assert_eq!(broken(&map), ["missing-compensation", "misplaced-decision"]);
}

#[test]
fn an_earlier_step_that_is_undone_before_a_later_one_is_found() {
    // Booking marks the fare failed before it lets payment give the charge back.
    let mut map = map();
    let booking = participant(&mut map, "booking");
    drop_reaction(booking, ACCOUNT_CREDIT_REFUSED);
    hear(booking, ACCOUNT_CREDIT_REFUSED, PAYMENT_DECLINED);
    reaction(booking, ACCOUNT_CREDIT_REFUSED, |reaction| reaction.answers = listed(&[UNWINDING_STARTED]));
    for asked in [CANCEL_REQUESTED, RETRY_REQUESTED] {
        reaction(booking, asked, |reaction| reaction.answers = &[]);
    }
    drop_reaction(participant(&mut map, "fulfillment"), UNWINDING_STARTED);
    let payment = participant(&mut map, "payment");
    hear(payment, UNWINDING_STARTED, ACCOUNT_CREDIT_REFUSED);
    drop_reaction(payment, ACCOUNT_CREDIT_REFUSED);
    let found = found(&map, Rule::CompensationOrder);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "RegisterFare is undone before ChargeFare, which followed it");
    let way = [
        FARE_REQUESTED,
        FARE_REGISTERED,
        PAYMENT_CAPTURED,
        ACCOUNT_CREDIT_REFUSED,
        UNWINDING_STARTED,
        PAYMENT_REFUNDED,
    ];
    assert_eq!(found[0].1[..6], way);
}

#[test]
fn a_compensation_of_what_another_did_is_found() {
    let map = with_reaction("payment", ACCOUNT_CREDIT_REFUSED, |reaction| {
        reaction.undoes = taken(&[steps::REGISTER_FARE]);
    });
    breaks(&map, Rule::UndoesNothing, "payment undoes RegisterFare, a step that it does not take");
    breaks(&map, Rule::MissingCompensation, "payment: ChargeFare is not undone");
}

#[test]
fn a_decision_that_is_not_taken_where_the_last_step_can_be_refused_is_found() {
    let mut map = map();
    drop_reaction(participant(&mut map, "fulfillment"), UNWINDING_STARTED);
    let nobody = "nobody decides whether a fare is undone, and fulfillment: CreditCustomerAccount can be refused last";
    breaks(&map, Rule::MisplacedDecision, nobody);
    hear(participant(&mut map, "payment"), UNWINDING_STARTED, ACCOUNT_CREDIT_REFUSED);
    let early = "payment decides whether a fare is undone, and fulfillment: CreditCustomerAccount can be refused last";
    breaks(&map, Rule::MisplacedDecision, early);
}

#[test]
fn a_second_outcome_is_found() {
    // Booking goes on after it has told the client that the fare is cancelled.
    let map = with("booking", |booking| {
        hear(booking, FARE_CANCELLED, ACCOUNT_CREDITED);
        reaction(booking, FARE_CANCELLED, |reaction| reaction.answers = listed(&[FARE_REJECTED]));
    });
    breaks(&map, Rule::TwoOutcomes, "FareRejected is announced after FareCancelled");
}

#[test]
fn an_outcome_that_is_told_by_two_is_found() {
    let mut map = map();
    let notifier = *participant(&mut map, "notifier");
    map.participants.push(Declaration { name: "crier", ..notifier });
    breaks(&map, Rule::TwoOutcomes, "FareCompleted is told by notifier and by crier");
    assert_eq!(broken(&map), ["two-outcomes"]);
}

#[test]
fn a_saga_that_ends_without_an_outcome_is_found() {
    let map = with_reaction("booking", PAYMENT_REFUND_FAILED, |reaction| reaction.answers = &[]);
    assert_eq!(broken(&map), ["no-outcome"]);
    breaks(&map, Rule::NoOutcome, "the fare saga ends with PaymentRefundFailed, which nobody answers or tells");
}

#[test]
fn a_loop_is_found() {
    // What could not be given back is unwound again, for ever: no person asks for it.
    let map = with_reaction("booking", PAYMENT_REFUND_FAILED, |reaction| {
        reaction.answers = more(reaction.answers, UNWINDING_STARTED);
    });
    assert_eq!(broken(&map), ["unbounded-loop"]);
    breaks(&map, Rule::UnboundedLoop, "UnwindingStarted leads to itself again, in the fare saga");
    let aside = with("booking", |booking| {
        drop_reaction(booking, PAYMENT_REFUND_FAILED);
        hear(booking, PAYMENT_REFUND_FAILED, RETRY_REQUESTED);
    });
    breaks(&aside, Rule::UnboundedLoop, "UnwindingStarted leads to itself again, in the order saga");
    let circle =
        with_reaction("fulfillment", PAYMENT_CAPTURED, |reaction| reaction.answers = listed(&[PAYMENT_CAPTURED]));
    breaks(&circle, Rule::UnboundedLoop, "PaymentCaptured leads to itself again, in the fare saga");
}

#[test]
fn a_wait_without_a_deadline_is_found() {
    let unwatched = with("booking", |booking| booking.deadlines = false);
    assert_eq!(broken(&unwatched), ["no-deadline"]);
    breaks(&unwatched, Rule::NoDeadline, "nobody keeps the deadlines of the fare saga");

    // Payment keeps deadlines, and hears neither of the beginning nor of the end.
    let mut elsewhere = unwatched;
    participant(&mut elsewhere, "payment").deadlines = true;
    breaks(
        &elsewhere,
        Rule::NoDeadline,
        "nobody who keeps deadlines knows of FareRequested when FareRegistered is waited for",
    );

    // Payment charges what is requested before booking has heard of it.
    let begun = with("payment", |payment| {
        hear(payment, FARE_REQUESTED, FARE_REGISTERED);
        reaction(payment, FARE_REQUESTED, |reaction| reaction.answers = listed(&[PAYMENT_CAPTURED]));
    });
    breaks(
        &begun,
        Rule::NoDeadline,
        "nobody who keeps deadlines knows of FareRequested when PaymentCaptured is waited for",
    );
}

#[test]
fn an_end_of_which_nobody_hears_who_keeps_deadlines_is_found() {
    let map = with_reaction("fulfillment", PAYMENT_CAPTURED, |reaction| {
        reaction.answers = more(reaction.answers, FARE_COMPLETED);
    });
    breaks(&map, Rule::NoDeadline, "booking keeps deadlines, and does not hear of the end FareCompleted");
}

#[test]
fn a_saga_of_too_many_hops_is_found() {
    // One event after the other, each of its own.
    let mut map = map();
    let kinds = |event: &&EventType| event.kind().is_none_or(|kind| kind == kinds::FARE);
    let long: Vec<EventType> = Event::LEXICON.events.iter().filter(kinds).copied().collect();
    assert!(long.len() > HOPS_MAX + 1, "{long:?}");
    let payment = participant(&mut map, "payment");
    for pair in long.windows(2) {
        drop_reaction(payment, pair[0]);
        hear(payment, pair[0], events::ORDER_CREATED);
        reaction(payment, pair[0], |reaction| reaction.answers = listed(&[pair[1]]));
    }
    breaks(&map, Rule::TooManyHops, "the fare saga takes more than 12 hops");
    let shown = &found(&map, Rule::TooManyHops)[0].1;
    assert_eq!(shown.len(), HOPS_MAX + 2, "{shown:?}");
}

#[test]
fn a_map_of_too_many_ways_is_found_and_not_followed_for_ever() {
    let mut map = map();
    let payment = participant(&mut map, "payment");
    for event in Event::LEXICON.events.iter().take(5) {
        drop_reaction(payment, *event);
        hear(payment, *event, events::ORDER_CREATED);
        reaction(payment, *event, |reaction| reaction.answers = Event::LEXICON.events);
    }
    breaks(&map, Rule::TooManyHops, "there are 1000 paths or more; the rest was not looked at");
}
