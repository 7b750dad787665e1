//! What must be true of a world: at every moment, at rest, and after everything came once more.
//!
//! The names O1 to O13 are those of the project's list of invariants.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{EffectName, Notification, Outcome, SagaId, effects};
use fastrand::Rng;
use fixtures::Kind;
use testkit::message::split_beside;
use testkit::{Storm, World};

use crate::cast::{Cast, Keys, saga};
use crate::rows::Row;
use crate::till::CARD;

type Verdict = Result<(), String>;

fn must(holds: bool, rule: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(rule()) }
}

/// What holds at every moment, whatever is under way.
pub(crate) fn always(cast: &Cast, world: &World<'_>) -> Verdict {
    let (booking, payment) = (world.service("booking").store(), world.service("payment").store());
    let mut sums: BTreeMap<SagaId, (usize, usize, i64)> = BTreeMap::new();
    for entry in cast.ledger().entries() {
        let (captured, refunded, kept_minor) = sums.entry(entry.saga).or_default();
        match entry.kind {
            Kind::Capture => {
                *captured += 1;
                *kept_minor += entry.amount_minor;
            }
            Kind::Refund => {
                *refunded += 1;
                *kept_minor -= entry.amount_minor;
            }
            Kind::Hold | Kind::Void => {}
        }
    }
    for (saga, (captured, refunded, kept_minor)) in sums {
        let registered = booking.state_of(saga).is_some_and(|state| !matches!(state, "Rejected" | "Withdrawn"));
        let intended = payment.state_of(saga).is_some();
        must(registered && intended, || format!("O3: {saga}: the gateway acted without a registration or an intent"))?;
        must(captured <= 1 && refunded <= captured, || format!("O2: {saga}: {captured} captures, {refunded} refunds"))?;
        let cancelled = booking.state_of(saga) == Some("Cancelled");
        must(!cancelled || kept_minor == 0, || format!("O6: {saga} is cancelled, and {kept_minor} is not given back"))?;
    }
    Ok(())
}

/// What holds when nothing is under way, after these requests.
pub(crate) fn at_rest(keys: &Keys, cast: &Cast, world: &World<'_>, asked: &[(String, &Row)]) -> Verdict {
    let told = at_peace(keys, cast, world)?;
    must(told.len() == asked.len(), || format!("O1: {} requests, {} outcomes", asked.len(), told.len()))?;
    asked.iter().try_for_each(|(request_id, row)| has_ended(cast, &told, request_id, row))
}

/// What holds of these requests when nothing can go on: they have ended as they should, whatever became of others.
pub(crate) fn some_have_ended(cast: &Cast, world: &World<'_>, asked: &[(String, &Row)]) -> Verdict {
    always(cast, world)?;
    must(world.waiting() == 0, || format!("O8: {} messages wait", world.waiting()))?;
    must(world.dead().is_empty(), || format!("O11: dead letters: {:?}", world.dead()))?;
    let told = notifications(world)?;
    asked.iter().try_for_each(|(request_id, row)| has_ended(cast, &told, request_id, row))
}

fn has_ended(cast: &Cast, told: &Told, request_id: &str, row: &Row) -> Verdict {
    let saga = saga(row.kind, request_id);
    let told = told.get(&saga).ok_or_else(|| format!("O8: {saga} ({}) has no outcome", row.id))?;
    let [told] = told.as_slice() else { return Err(format!("O1: {saga} was told {} outcomes", told.len())) };
    row.holds(cast, request_id, told)
}

/// What holds when nothing is under way, whatever was asked and however it ended: every saga has an outcome that is
/// true.
pub(crate) fn at_peace(keys: &Keys, cast: &Cast, world: &World<'_>) -> Result<Told, String> {
    always(cast, world)?;
    must(world.waiting() == 0, || format!("O8: {} messages wait", world.waiting()))?;
    must(world.dead().is_empty(), || format!("O11: dead letters: {:?}", world.dead()))?;
    one_body_for_each_id(keys, world)?;
    each_state_is_left_once(world)?;
    nothing_shows_the_card(world)?;
    let told = notifications(world)?;
    for told in told.values() {
        let last = told.last().ok_or("no notification")?;
        money_is_conserved(cast, world, last)?;
        outcome_is_honest(cast, world, last)?;
    }
    for saga in world.service("booking").store().records().keys() {
        must(told.contains_key(saga), || format!("O8: {saga} has no outcome"))?;
    }
    Ok(told)
}

/// O13: everything that was ever delivered comes twice more, in any order, and changes nothing.
pub(crate) fn after_a_replay(cast: &Cast, world: &mut World<'_>, rng: &mut Rng) -> Verdict {
    let stands = |world: &World<'_>| {
        let tables: Vec<_> = world.services().map(|service| service.store().records().clone()).collect();
        let ids: BTreeSet<_> = world.announcements().iter().map(|announcement| announcement.id).collect();
        (tables, ids, cast.ledger().entries().to_vec())
    };
    let before = stands(world);
    for delivered in 0..world.delivered().len() {
        world.redeliver(delivered);
        world.redeliver(delivered);
    }
    let calm = Storm { workers: 4, ..Storm::default() };
    let _did_nothing = calm.rage(world, rng, |_| {});
    must(before == stands(world), || "O13: a replay changed something".to_owned())
}

/// O1 and O13: what has one id is one body, byte for byte, wherever and whenever; a sealed card opens to the same.
fn one_body_for_each_id(keys: &Keys, world: &World<'_>) -> Verdict {
    let mut bodies = BTreeMap::new();
    for announcement in world.announcements() {
        let (body, sealed_card) = split_beside(&announcement.body);
        let first = bodies.entry(announcement.id).or_insert_with(|| body.clone());
        must(*first == body, || format!("O1: announced in two ways: {first} and {body}"))?;
        if let Some(sealed_card) = sealed_card {
            let envelope = contracts::Envelope::read(&announcement.body).map_err(|poison| poison.to_string())?;
            must(keys.opener.opens(envelope.saga, &sealed_card), || format!("{announcement:?}: does not open"))?;
        }
    }
    Ok(())
}

/// O4: no two writes of one saga began at the same state.
fn each_state_is_left_once(world: &World<'_>) -> Verdict {
    for service in world.services() {
        let mut left = BTreeSet::new();
        for write in service.store().writes() {
            // An attempt that failed leaves its intent for the same intent, with the attempt on record.
            let from = write.expected.clone();
            must(left.insert((write.saga, from)), || format!("O4: a state was left twice: {write:?}"))?;
        }
    }
    Ok(())
}

/// S1, where there is a table, an announcement or a notification.
fn nothing_shows_the_card(world: &World<'_>) -> Verdict {
    let announced = world.announcements().iter().map(|announcement| split_beside(&announcement.body).0);
    let recorded = world.services().flat_map(|service| {
        let records: Vec<String> = service.store().records().values().map(|record| format!("{record:?}")).collect();
        records
    });
    let [number, expiry, cvv] = CARD;
    // Three bare digits would be found in any id.
    let cvv = format!("\"{cvv}\"");
    for text in announced.chain(recorded) {
        let shown = [number, expiry, &cvv].iter().any(|secret| text.contains(secret));
        must(!shown, || format!("S1: the card stands in {text}"))?;
    }
    Ok(())
}

/// What each saga was told, first to last.
pub(crate) type Told = BTreeMap<SagaId, Vec<Notification>>;

/// O1: each saga is told one outcome, from the queue where it belongs; a further one only to resolve one that needed
/// attention.
fn notifications(world: &World<'_>) -> Result<Told, String> {
    let mut bodies: BTreeMap<uuid::Uuid, &str> = BTreeMap::new();
    let mut told = Told::new();
    for successful in [true, false] {
        for message in world.notifications(successful) {
            let read: Notification = serde_json::from_str(&message.body).map_err(|error| error.to_string())?;
            must(read.outcome.is_successful() == successful, || format!("{read:?} in the wrong queue"))?;
            let first = *bodies.entry(read.id).or_insert(&message.body);
            must(first == message.body, || format!("O1: one id, two bodies: {first} and {}", message.body))?;
            let of_saga = told.entry(read.saga_id).or_default();
            if !of_saga.contains(&read) {
                of_saga.push(read);
            }
        }
    }
    for of_saga in told.values_mut() {
        let mut chain: Vec<Notification> = Vec::new();
        while let Some(next) = of_saga.iter().position(|one| one.resolves == chain.last().map(|last| last.id)) {
            let next = of_saga.swap_remove(next);
            let may_follow = chain.last().is_none_or(|last| last.outcome == Outcome::NeedsAttention);
            must(may_follow, || format!("O1: {next:?} resolves what needed no attention"))?;
            chain.push(next);
        }
        must(of_saga.is_empty(), || format!("O1: two outcomes: {chain:?} and {of_saga:?}"))?;
        *of_saga = chain;
    }
    Ok(told)
}

/// Whether the saga passed its pivot.
fn fulfilled(world: &World<'_>, saga: SagaId) -> bool {
    matches!(
        world.service("fulfillment").store().state_of(saga),
        Some("CreditCustomerAccount done" | "ReserveInventory done")
    )
}

/// O5: what was taken and not given back is what the customer's account has, or what still stands.
fn money_is_conserved(cast: &Cast, world: &World<'_>, told: &Notification) -> Verdict {
    let ledger = cast.ledger();
    let saga = told.saga_id;
    let kept = ledger.sum_minor(saga, Kind::Capture) - ledger.sum_minor(saga, Kind::Refund);
    let holds = ledger.sum_minor(saga, Kind::Hold);
    // A debit takes without a hold.
    let held =
        if holds == 0 { 0 } else { holds - ledger.sum_minor(saga, Kind::Void) - ledger.sum_minor(saga, Kind::Capture) };
    let amount = told.about.amount.map_or(0, |amount| amount.minor);
    let credit = if fulfilled(world, saga) { amount } else { 0 };
    let standing = |effect: EffectName| -> i64 {
        let standing = told.standing.iter().filter(|standing| standing.effect == effect);
        standing.filter_map(|standing| standing.amount).map(|amount| amount.minor).sum()
    };
    must(kept == credit + standing(effects::CAPTURE), || format!("O5: {kept} kept, {credit} credited: {told:?}"))?;
    must(held == standing(effects::HOLD), || format!("O5: {held} is still held: {told:?}"))
}

/// O7: the outcome that was told is the one that the services have on record.
fn outcome_is_honest(cast: &Cast, world: &World<'_>, told: &Notification) -> Verdict {
    let saga = told.saga_id;
    let ledger = cast.ledger();
    let (captured, refunded) = (ledger.count(saga, Kind::Capture), ledger.count(saga, Kind::Refund));
    let payment = world.service("payment");
    let state = world.service("booking").store().state_of(saga).map(str::to_owned);
    let (on_record, holds) = match told.outcome {
        Outcome::Completed => ("Completed", captured == 1 && fulfilled(world, saga) && refunded == 0),
        Outcome::Compensated => ("Cancelled", captured == refunded && !fulfilled(world, saga)),
        Outcome::NeedsAttention if told.resolution.is_some() => ("Resolved", true),
        // Nobody knows what stands while an answer is owed.
        Outcome::NeedsAttention => {
            let owed = told.error.iter().flat_map(|error| &error.also).any(|also| also.name == "Unanswered");
            ("NeedsAttention", owed || !told.standing.is_empty() && !fulfilled(world, saga))
        }
        Outcome::Rejected => {
            ("Rejected", payment.store().state_of(saga).is_none() && ledger.count(saga, Kind::Hold) == 0)
        }
    };
    must(holds && state.as_deref() == Some(on_record), || format!("O7: {state:?}, {captured}, {refunded}: {told:?}"))
}
