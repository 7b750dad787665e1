//! Gives money back: the compensation of `charge` and of `debit`, when the purchase was not fulfilled.
//!
//! **Invariant:** a refund is asked for under a key that counts the refusals before it: the same key until the gateway
//! has said no, a new one only after it has.

use contracts::outcome::Effect as Kind;
use contracts::{
    Attempt, Charge, Event, Failure, Journey, Path, Purchase, SagaKind, Standing, StepName, booking, fulfillment,
    payment,
};
use saga::{Context, Decision, Then};

use crate::gateway::{Known, Refusal};
use crate::state::{Refund, is_over};
use crate::{Effect, Payment, Reply, State, debit, refund_error};

/// What the answer tells besides the refund: why the saga fails, what stands, and the way so far.
pub(crate) struct Told {
    /// Whether payment itself has failed; then its answer is that it declines.
    own: bool,
    error: Failure,
    standing: Vec<Standing>,
    journey: Journey,
}

impl Told {
    fn of(refused: &fulfillment::Refused) -> Self {
        let fulfillment::Refused { error, standing, journey, .. } = refused.clone();
        Self { own: false, error, standing, journey }
    }

    /// Payment's own failure, if there is one.
    pub(crate) fn of_own_failure(registered: &booking::Registered, refund: &Refund) -> Option<Self> {
        let because = refund.because.as_ref()?;
        let journey = registered.journey.and(StepName::ProcessPayment, false, because.at);
        Some(Self { own: true, error: because.error.clone(), standing: Vec::new(), journey })
    }
}

/// The purchase was not fulfilled: give the money back, once in each round.
pub(crate) fn refund(
    payment: Payment,
    state: &State,
    refused: &fulfillment::Refused,
    reply: Option<&Reply>,
    context: &Context<'_>,
) -> Decision<Payment> {
    let round = refused.journey.round;
    let told = Told::of(refused);
    let another = |charge: &Charge| refused.charge.as_ref().is_some_and(|named| named != charge);
    match state {
        State::Unseen if refused.charge.is_some() && round == 0 => Decision::NotYet,
        // The request for the money may still come: it will find that it is declined.
        State::Unseen => declined(refused, None, Vec::new(), &told.error, round == 0, context),
        State::Charging { .. } => Decision::NotYet,
        State::Declined { hold, round: known, .. } if round > *known => match hold {
            Some(hold) => {
                let void = void(hold, &told.error, round, true);
                let (purchase, hold, since) = (refused.purchase.clone(), hold.clone(), Some(context.now));
                Decision::Commit(State::Voiding { purchase, hold, round, since }, Then::Perform(void))
            }
            None => declined(refused, None, Vec::new(), &told.error, false, context),
        },
        State::Declined { .. } if refused.charge.is_some() && round == 0 => {
            Decision::Contradiction("charge: there is none on record for this saga")
        }
        State::Declined { .. } => Decision::Announce,
        // In a later round too: the call that is under way is brought to its end, under its own key.
        State::Voiding { hold, round: known, since, .. } if round >= *known => {
            let again = void(hold, &told.error, *known, is_over(*since, context.now));
            voiding(refused, hold, again, reply, context)
        }
        State::Captured { charge, .. }
        | State::Refunding(Refund { charge, .. })
        | State::Refunded(Refund { charge, .. })
        | State::RefundFailed(Refund { charge, .. })
            if another(charge) =>
        {
            Decision::Contradiction("charge: is not the one on record for this saga")
        }
        State::Captured { purchase, charge } => {
            // A refusal that came before any payment was heard of. On record, since nothing else tells it from here on.
            let paid = refused.charge.is_none().then(|| paid_path(context));
            let refund = Refund { round, paid, ..Refund::new(purchase.clone(), charge.clone()) };
            begin(payment, refund, &told, context)
        }
        // The message that began it brings that to its end first: our own failure, or an earlier round.
        State::Refunding(refund) if refund.because.is_some() || round > refund.round => Decision::NotYet,
        State::Refunding(refund) if round == refund.round => go_on(payment, refund, &told, reply, context),
        State::Refunded(refund) if round > refund.round => {
            let refund = Refund { round, because: None, ..refund.clone() };
            ended(State::Refunded, refund, &told, None, context)
        }
        State::RefundFailed(refund) if round > refund.round => {
            begin(payment, Refund { round, because: None, ..refund.clone() }, &told, context)
        }
        // Of an earlier round, late.
        State::Voiding { .. } | State::Refunding(_) => Decision::Ignore,
        State::Refunded(_) | State::RefundFailed(_) => Decision::Announce,
    }
}

/// The intent, and the first attempt of a round.
pub(crate) fn begin(payment: Payment, refund: Refund, told: &Told, context: &Context<'_>) -> Decision<Payment> {
    let refund = Refund { since: Some(context.now), ..refund };
    match forced(payment, &refund.purchase) {
        Some(refusal) => refused_once(refund, told, &refusal, context),
        None => {
            let ask = ask(&refund, true);
            Decision::Commit(State::Refunding(refund), Then::Perform(ask))
        }
    }
}

/// The intent stands.
pub(crate) fn go_on(
    payment: Payment,
    refund: &Refund,
    told: &Told,
    reply: Option<&Reply>,
    context: &Context<'_>,
) -> Decision<Payment> {
    match reply {
        // Somebody may have asked already: look before repeating, as when charging.
        None => Decision::Perform(Effect::LookUp),
        Some(Reply::Known(Known { refund_id: Some(id), .. }) | Reply::Refunded { refund_id: id }) => {
            let refund = Refund { refund_id: Some(id.clone()), ..refund.clone() };
            ended(State::Refunded, refund, told, None, context)
        }
        Some(Reply::Known(Known { refund_id: None, .. })) => match forced(payment, &refund.purchase) {
            Some(refusal) => refused_once(refund.clone(), told, &refusal, context),
            None => Decision::Perform(ask(refund, is_over(refund.attempted_since(), context.now))),
        },
        Some(Reply::RefundRefused(refusal)) => refused_once(refund.clone(), told, refusal, context),
        Some(
            Reply::Authorized { .. }
            | Reply::AuthorizeRefused(_)
            | Reply::Captured { .. }
            | Reply::CaptureRefused { .. }
            | Reply::Voided { .. }
            | Reply::VoidRefused { .. }
            | Reply::Debited { .. }
            | Reply::DebitRefused(_),
        ) => Decision::Contradiction("the gateway answered a charge that was not asked for"),
    }
}

/// An attempt was refused: on record, and tried again as the policy says, or the money stands where it is.
fn refused_once(mut refund: Refund, told: &Told, refusal: &Refusal, context: &Context<'_>) -> Decision<Payment> {
    let error = refund_error(refund.purchase.kind());
    let (at, receive, round) = (context.now, context.receive, refund.round);
    Attempt::put_on_record(&mut refund.attempts, Attempt::new(error, round, at, receive));
    match context.retry(error, Attempt::in_round(&refund.attempts, round)) {
        Some(delay) => Decision::Commit(State::Refunding(refund), Then::Retry(delay)),
        None => ended(State::RefundFailed, refund, told, Some(refusal), context),
    }
}

/// The refund is done, or given up: announce it, whichever way this round began.
fn ended(
    to: fn(Refund) -> State,
    refund: Refund,
    told: &Told,
    refusal: Option<&Refusal>,
    context: &Context<'_>,
) -> Decision<Payment> {
    let Refund { purchase, charge, refund_id, paid, .. } = refund.clone();
    let step = match purchase.kind() {
        SagaKind::Fare => StepName::RefundFare,
        SagaKind::Order => StepName::ProcessRefund,
    };
    let (mut error, mut standing) = (told.error.clone(), told.standing.clone());
    if let Some(refusal) = refusal {
        error = error.and(Failure::new(refund_error(purchase.kind()), step, refusal.message.clone()));
        standing.push(Standing { effect: Kind::Capture, id: charge.charge_id.clone(), amount: purchase.amount() });
    }
    let so_far = told.journey.on(told.journey.path.merged(&paid.unwrap_or_default()));
    // In another round it may have been given back before; then it is only told again.
    let is_done = so_far.path.steps().iter().any(|taken| taken.step == step && taken.ok);
    let journey = if is_done { so_far } else { so_far.and(step, refusal.is_none(), context.now) };
    let event = match (told.own, refund_id) {
        (true, refund_id) => Event::PaymentDeclined(payment::PaymentDeclined {
            purchase,
            charge_token: charge.charge_token,
            charge_id: Some(charge.charge_id),
            refund_id,
            error,
            standing,
            journey,
        }),
        (false, Some(refund_id)) => {
            Event::PaymentRefunded(payment::PaymentRefunded { purchase, charge, refund_id, error, standing, journey })
        }
        (false, None) => {
            Event::PaymentRefundFailed(payment::PaymentRefundFailed { purchase, charge, error, standing, journey })
        }
    };
    Decision::Commit(to(refund), Then::Announce(vec![event]))
}

/// The hold that stood is being voided once more.
fn voiding(
    refused: &fulfillment::Refused,
    hold: &str,
    again: Effect,
    reply: Option<&Reply>,
    context: &Context<'_>,
) -> Decision<Payment> {
    match reply {
        Some(Reply::Voided { .. }) => declined(refused, Some(hold), Vec::new(), &refused.error, false, context),
        Some(Reply::VoidRefused { refusal, .. }) => {
            let error = Failure::new("PaymentVoidException", StepName::ChargeFare, refusal.message.clone());
            let stands = Standing { effect: Kind::Hold, id: hold.to_owned(), amount: refused.purchase.amount() };
            declined(refused, Some(hold), vec![stands], &refused.error.and(error), false, context)
        }
        // Twice is no refusal, so it need not be looked up.
        _ => Decision::Perform(again),
    }
}

/// Nothing was taken: say so, and keep it on record against a request for the money that comes late.
fn declined(
    refused: &fulfillment::Refused,
    hold: Option<&str>,
    own_standing: Vec<Standing>,
    error: &Failure,
    is_step: bool,
    context: &Context<'_>,
) -> Decision<Payment> {
    let step = match refused.purchase.kind() {
        SagaKind::Fare => StepName::ChargeFare,
        SagaKind::Order => StepName::ProcessPayment,
    };
    let journey = if is_step { refused.journey.and(step, false, context.now) } else { refused.journey.clone() };
    let stands = (!own_standing.is_empty()).then_some(hold).flatten().map(str::to_owned);
    let event = payment::PaymentDeclined {
        purchase: refused.purchase.clone(),
        charge_token: hold.map(str::to_owned),
        charge_id: None,
        refund_id: None,
        error: error.clone(),
        standing: refused.standing.iter().cloned().chain(own_standing).collect(),
        journey,
    };
    let state = State::Declined { purchase: refused.purchase.clone(), hold: stands, round: refused.journey.round };
    Decision::Commit(state, Then::Announce(vec![Event::PaymentDeclined(event)]))
}

fn ask(refund: &Refund, fresh: bool) -> Effect {
    Effect::Refund {
        charge_id: refund.charge.charge_id.clone(),
        amount: refund.purchase.amount(),
        refusals: Attempt::count(&refund.attempts),
        fresh,
    }
}

fn void(hold: &str, because: &Failure, round: u32, fresh: bool) -> Effect {
    let because = Refusal { message: because.message.clone() };
    Effect::Void { charge_token: hold.to_owned(), because, round, fresh }
}

/// The refusal that an order asks to be forced.
fn forced(payment: Payment, purchase: &Purchase) -> Option<Refusal> {
    let forced = payment.hooks && debit::hooks(purchase).fail_refund;
    forced.then(|| Refusal { message: "Forced refund failure".to_owned() })
}

/// The path that was announced with the payment.
fn paid_path(context: &Context<'_>) -> Path {
    let path = context.said.iter().find_map(|event| {
        let Event::PaymentCaptured(captured) = event else { return None };
        Some(captured.journey.path.clone())
    });
    path.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;
    use crate::tests::context;

    const PAYMENT: Payment = Payment { hooks: true };

    fn decide(state: &State, reply: Option<&Reply>) -> Decision<Payment> {
        refund(PAYMENT, state, &fixtures::account_credit_refused("3"), reply, &context(&[]))
    }

    fn purchase() -> Purchase {
        fixtures::fare("3").into()
    }

    fn refunding() -> State {
        State::Refunding(Refund::new(purchase(), fixtures::charge()))
    }

    #[test]
    fn the_intent_comes_before_the_call_and_before_its_time_nothing_happens() {
        let captured = State::Captured { purchase: purchase(), charge: fixtures::charge() };
        assert!(matches!(
            decide(&captured, None),
            Decision::Commit(State::Refunding(_), Then::Perform(Effect::Refund { .. }))
        ));
        assert!(matches!(decide(&State::Unseen, None), Decision::NotYet));
        assert!(matches!(decide(&State::Charging { purchase: purchase(), since: None }, None), Decision::NotYet));
        let declined = State::Declined { purchase: purchase(), hold: None, round: 0 };
        assert!(matches!(decide(&declined, None), Decision::Contradiction(_)));
    }

    #[test]
    fn a_refused_refund_leaves_the_capture_standing_with_both_reasons() {
        let reply = Reply::RefundRefused(Refusal { message: "Forced refund transaction failure".to_owned() });
        let Decision::Commit(State::RefundFailed(_), Then::Announce(events)) = decide(&refunding(), Some(&reply))
        else {
            panic!("no commit")
        };
        let [Event::PaymentRefundFailed(failed)] = events.as_slice() else { panic!("not failed") };
        assert_eq!(failed.error.name, "AccountCreditException");
        assert_eq!(failed.error.also[0].name, "RefundException");
        assert_eq!(failed.standing[0].effect, Kind::Capture);
    }

    #[test]
    fn a_refund_that_is_found_at_the_gateway_is_not_asked_for_again() {
        assert!(matches!(decide(&refunding(), None), Decision::Perform(Effect::LookUp)));
        let found = Reply::Known(Known { refund_id: Some("re_1".to_owned()), ..Known::default() });
        assert!(matches!(decide(&refunding(), Some(&found)), Decision::Commit(State::Refunded(_), _)));
    }

    #[test]
    fn a_refusal_without_a_charge_leaves_a_tombstone_or_gives_back_what_was_taken() {
        let mut refused = fixtures::account_credit_refused("3");
        refused.charge = None;
        let decide = |state: &State| refund(PAYMENT, state, &refused, None, &context(&[]));
        assert!(matches!(decide(&State::Unseen), Decision::Commit(State::Declined { .. }, Then::Announce(_))));
        let captured = State::Captured { purchase: purchase(), charge: fixtures::charge() };
        assert!(matches!(decide(&captured), Decision::Commit(State::Refunding(_), Then::Perform(_))));
        assert!(matches!(decide(&State::Declined { purchase: purchase(), hold: None, round: 0 }), Decision::Announce));
    }

    #[test]
    fn a_charge_that_the_refusal_knew_nothing_of_is_on_the_path_of_its_refund() {
        let mut refused = fixtures::account_credit_refused("3");
        refused.charge = None;
        let captured = fixtures::payment_captured("3");
        refused.journey =
            captured.journey.on(Path::default().and(StepName::CreditCustomerAccount, false, fixtures::NOW));
        let said = [Event::PaymentCaptured(captured.clone())];
        let state = State::Captured { purchase: purchase(), charge: captured.charge.clone() };
        let decision = refund(PAYMENT, &state, &refused, None, &context(&said));
        let Decision::Commit(intent, Then::Perform(_)) = decision else { panic!("no intent") };
        // From here on, the intent has nothing to announce.
        let reply = Reply::Refunded { refund_id: "re_1".to_owned() };
        let Decision::Commit(_, Then::Announce(events)) =
            refund(PAYMENT, &intent, &refused, Some(&reply), &context(&[]))
        else {
            panic!("no commit")
        };
        let [Event::PaymentRefunded(refunded)] = events.as_slice() else { panic!("{events:?}") };
        let path = refunded.journey.path.steps();
        assert!(captured.journey.path.steps().iter().all(|step| path.contains(step)), "{path:?}");
    }

    #[test]
    fn a_further_round_repeats_a_void_under_its_key_and_waits_for_a_refund_that_is_undecided() {
        let mut refused = fixtures::account_credit_refused("3");
        refused.journey.round = 2;
        let decide = |state: &State| refund(PAYMENT, state, &refused, None, &context(&[]));
        let voiding = State::Voiding { purchase: purchase(), hold: "tok_1".to_owned(), round: 1, since: None };
        assert!(matches!(decide(&voiding), Decision::Perform(Effect::Void { round: 1, fresh: false, .. })));
        let undecided = State::Refunding(Refund { round: 1, ..Refund::new(purchase(), fixtures::charge()) });
        assert!(matches!(decide(&undecided), Decision::NotYet));
    }

    #[test]
    fn another_round_tries_again_under_another_key_and_only_what_stands() {
        let mut refused = fixtures::account_credit_refused("3");
        refused.journey.round = 1;
        let decide = |state: &State| refund(PAYMENT, state, &refused, None, &context(&[]));
        let attempt = Attempt::new("RefundException", 0, fixtures::NOW, 1);
        let failed = Refund { attempts: vec![attempt], ..Refund::new(purchase(), fixtures::charge()) };
        let decision = decide(&State::RefundFailed(failed));
        let Decision::Commit(State::Refunding(again), Then::Perform(Effect::Refund { refusals, .. })) = decision else {
            panic!("not tried again")
        };
        assert_eq!((again.round, refusals), (1, 1));
        let done = Refund { refund_id: Some("re_1".to_owned()), ..Refund::new(purchase(), fixtures::charge()) };
        let Decision::Commit(State::Refunded(_), Then::Announce(events)) = decide(&State::Refunded(done)) else {
            panic!("not told again")
        };
        assert_eq!(events[0].nth(), 1);
        let held = State::Declined { purchase: purchase(), hold: Some("tok_1".to_owned()), round: 0 };
        assert!(matches!(
            decide(&held),
            Decision::Commit(State::Voiding { .. }, Then::Perform(Effect::Void { round: 1, .. }))
        ));
    }
}
