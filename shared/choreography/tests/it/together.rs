//! Two steps that follow each other in one service: taken one after the other, undone together.

use std::sync::LazyLock;

use contracts::{Event, Events, Failure, Purchase, Standing, StepType, effects, events, fulfillment, payment, steps};
use saga::step::{Acted, Answer, Ending, Failed, Heard, Signature, Step, StepList, Steps, Turn, Undone};
use saga::{Context, Declaration};
use testkit::{Decided, Trial};

/// What the steps ask of the world outside, each by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Do(&'static str),
    Undo(&'static str),
}

/// What the world outside answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    Yes,
    No,
}

/// Asks the world outside to do it, or to undo it.
fn act(name: &'static str, step: StepType, reply: Option<&Reply>) -> Acted<Effect, ()> {
    match reply {
        None => Acted::Ask(Effect::Do(name)),
        Some(Reply::Yes) => Acted::done(()),
        Some(Reply::No) => Acted::Refused(Failure::new("Refused", step, name), None),
    }
}

fn undo(name: &'static str, step: StepType, reply: Option<&Reply>) -> Undone<Effect, ()> {
    match reply {
        None => Undone::Ask(Effect::Undo(name)),
        Some(Reply::Yes) => Undone::done(()),
        Some(Reply::No) => Undone::Failed(Failure::new(&format!("Not undone: {name}"), step, name)),
    }
}

fn standing(name: &str) -> Option<Standing> {
    Some(Standing { effect: effects::CREDIT, id: name.to_owned(), amount: Some(fixtures::amount()) })
}

fn refused(answer: Answer<Event, ()>) -> Option<Event> {
    let Answer { subject: purchase, journey, ending } = answer;
    let (Ending::Refused(_, failed) | Ending::Undone((), failed) | Ending::Stands((), failed)) = ending else {
        return None;
    };
    let Failed { error, standing } = failed;
    let refused = fulfillment::Refused { purchase, charge: None, error, standing, journey };
    Some(Event::AccountCreditRefused(refused))
}

#[derive(Debug)]
struct First;

impl Step for First {
    type Vocabulary = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Facts = ();

    const SIGNATURE: Signature = Signature::new(steps::CHARGE_FARE, events::FARE_REGISTERED, events::PAYMENT_CAPTURED)
        .refused(events::ACCOUNT_CREDIT_REFUSED)
        .undone_by(steps::REFUND_FARE)
        .retried(&["Not undone: first"]);

    fn act(
        &self,
        _heard: &Heard<Event>,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Acted<Effect, ()> {
        act("first", steps::CHARGE_FARE, turn.reply)
    }

    fn undo(&self, _facts: &(), turn: &Turn<'_, Event, Reply>, _context: &Context<'_, Event>) -> Undone<Effect, ()> {
        undo("first", steps::REFUND_FARE, turn.reply)
    }

    fn standing(&self, _facts: &(), _purchase: &Purchase, _context: &Context<'_, Event>) -> Option<Standing> {
        standing("first")
    }

    fn answer(&self, answer: Answer<Event, ()>) -> Option<Event> {
        let Answer { subject: purchase, journey, ending: Ending::Done(()) } = answer else { return refused(answer) };
        let captured = payment::PaymentCaptured { purchase, charge: fixtures::charge(), journey };
        Some(Event::PaymentCaptured(captured))
    }
}

#[derive(Debug)]
struct Second;

impl Step for Second {
    type Vocabulary = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Facts = ();

    const SIGNATURE: Signature =
        Signature::new(steps::CREDIT_CUSTOMER_ACCOUNT, events::PAYMENT_CAPTURED, events::ACCOUNT_CREDITED)
            .refused(events::ACCOUNT_CREDIT_REFUSED)
            .undone_by(steps::SET_FARE_STATUS_FAILED)
            .on(&[events::UNWINDING_STARTED], &[events::ACCOUNT_CREDIT_REFUSED]);

    fn act(
        &self,
        _heard: &Heard<Event>,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Acted<Effect, ()> {
        act("second", steps::CREDIT_CUSTOMER_ACCOUNT, turn.reply)
    }

    fn undo(&self, _facts: &(), turn: &Turn<'_, Event, Reply>, _context: &Context<'_, Event>) -> Undone<Effect, ()> {
        undo("second", steps::SET_FARE_STATUS_FAILED, turn.reply)
    }

    fn standing(&self, _facts: &(), _purchase: &Purchase, _context: &Context<'_, Event>) -> Option<Standing> {
        standing("second")
    }

    fn answer(&self, answer: Answer<Event, ()>) -> Option<Event> {
        let Answer { subject: purchase, journey, ending: Ending::Done(()) } = answer else { return refused(answer) };
        let fulfilled = fulfillment::Fulfilled { purchase, charge: fixtures::charge(), journey };
        Some(Event::AccountCredited(fulfilled))
    }
}

fn steps() -> StepList<Event, Effect, Reply> {
    StepList::default().with(First).with(Second)
}

static DECLARATION: LazyLock<Declaration> = LazyLock::new(|| steps().declaration("both", "takes two steps"));

type Both = Trial<Event, Effect, Reply>;

fn both() -> Both {
    Trial::new(Steps::new(&DECLARATION, steps()))
}

fn registered() -> Event {
    Event::FareRegistered(fixtures::fare_registered("3"))
}

fn unwinding(round: u32) -> Event {
    Event::UnwindingStarted(fixtures::unwinding_started(fixtures::fare("3").into(), round))
}

/// The first step is done.
fn after_the_first() -> (Both, Event) {
    let mut both = both();
    assert_eq!(both.hears(registered()).asked(), Effect::Do("first"));
    let done = both.answers(&Reply::Yes).event();
    (both, done)
}

/// Both steps are done.
fn after_both() -> Both {
    let (mut both, done) = after_the_first();
    assert_eq!(both.hears(done).asked(), Effect::Do("second"));
    assert!(matches!(both.answers(&Reply::Yes).event(), Event::AccountCredited(_)));
    both
}

/// The steps on the way that an event tells, behind the one with which the saga began.
fn way(event: &Event) -> Vec<(StepType, bool)> {
    fixtures::taken(event.data().path()).split_off(1)
}

#[test]
fn the_declaration_says_what_is_undone_together_and_what_a_refusal_undoes_first() {
    let of = |event| DECLARATION.reaction_to(event).expect("it is heard");
    let unwound = of(events::UNWINDING_STARTED);
    assert_eq!(unwound.undoes, [steps::CREDIT_CUSTOMER_ACCOUNT, steps::CHARGE_FARE]);
    assert_eq!(unwound.steps, [steps::SET_FARE_STATUS_FAILED, steps::REFUND_FARE]);
    assert_eq!(of(events::PAYMENT_CAPTURED).withdraws, [steps::CHARGE_FARE]);
    assert_eq!(of(events::PAYMENT_CAPTURED).expects, Some("ChargeFare done"));
    assert!(of(events::FARE_REGISTERED).withdraws.is_empty());
}

#[test]
fn a_step_whose_predecessor_is_not_done_waits_for_it() {
    let (_, done) = after_the_first();
    let mut early = both();
    assert!(matches!(early.hears(done.clone()), Decided::NotYet));
    early.hears(registered());
    assert!(matches!(early.hears(done), Decided::NotYet));
    assert!(matches!(early.hears(unwinding(0)), Decided::NotYet), "a call is under way");
}

#[test]
fn a_refusal_is_told_after_the_step_before_it_is_undone_whenever_the_process_dies() {
    for dies in [false, true] {
        let (mut both, done) = after_the_first();
        both.hears(done.clone());
        assert!(matches!(both.answers(&Reply::No), Decided::Asks(Effect::Undo("first"), true)));
        assert!(matches!(both.hears(unwinding(0)), Decided::NotYet), "the message of the failed step goes first");
        assert!(matches!(both.hears(registered()), Decided::Again), "the message of another step leaves it alone");
        both.hears(done.clone());
        if dies {
            assert!(matches!(both.comes_again(), Decided::Asks(Effect::Undo("first"), false)));
        }
        let event = both.answers(&Reply::Yes).event();
        let told = [(steps::CHARGE_FARE, true), (steps::CREDIT_CUSTOMER_ACCOUNT, false), (steps::REFUND_FARE, true)];
        assert_eq!(way(&event), told);
        assert!(event.data().standing().is_empty());
        assert!(matches!(both.comes_again(), Decided::Again));
        assert!(matches!(both.hears(unwinding(0)), Decided::Again));
    }
}

#[test]
fn both_are_undone_in_reverse_and_told_in_one_event() {
    let mut both = after_both();
    assert!(matches!(both.hears(unwinding(0)), Decided::Asks(Effect::Undo("second"), true)));
    assert!(matches!(both.answers(&Reply::Yes), Decided::GoesOn(_)));
    // The process may die here: the end of the second is on record.
    assert!(matches!(both.comes_again(), Decided::Asks(Effect::Undo("first"), true)));
    let event = both.answers(&Reply::Yes).event();
    let undone = [(steps::SET_FARE_STATUS_FAILED, true), (steps::REFUND_FARE, true)];
    assert!(way(&event).ends_with(&undone), "{:?}", way(&event));
    assert!(event.data().standing().is_empty());
}

#[test]
fn what_cannot_be_undone_is_named_and_the_step_before_it_is_undone_all_the_same() {
    let mut both = after_both();
    both.hears(unwinding(0));
    assert!(matches!(both.answers(&Reply::No), Decided::GoesOn(_)), "no policy names its error");
    let mut delays = Vec::new();
    let event = loop {
        both.comes_again();
        let decided = both.answers(&Reply::No);
        let Decided::Retries(secs) = decided else { break decided.event() };
        delays.push(secs);
    };
    assert_eq!(delays, [1, 2], "the policy of the first names its error");
    let standing: Vec<_> = event.data().standing().iter().map(|standing| standing.id.as_str()).collect();
    assert_eq!(standing, ["second", "first"]);
    assert_eq!(event.data().failure().expect("it fails").also.len(), 2);

    // A further round tries again only what stands.
    assert!(matches!(both.hears(unwinding(1)), Decided::Asks(Effect::Undo("second"), true)));
    both.answers(&Reply::Yes);
    both.comes_again();
    let event = both.answers(&Reply::Yes).event();
    assert_eq!((event.data().nth(), event.data().standing().len()), (1, 0));
    let event = both.hears(unwinding(2)).event();
    assert_eq!(event.data().nth(), 2, "it is only told again");
    let undone = [(steps::SET_FARE_STATUS_FAILED, true), (steps::REFUND_FARE, true)];
    assert!(way(&event).ends_with(&undone), "{:?}", way(&event));
}

#[test]
fn a_saga_that_is_unwound_between_the_two_undoes_the_first_and_never_begins_the_second() {
    let (mut both, done) = after_the_first();
    assert!(matches!(both.hears(unwinding(0)), Decided::Asks(Effect::Undo("first"), true)));
    let event = both.answers(&Reply::Yes).event();
    let told = [(steps::CHARGE_FARE, true), (steps::CREDIT_CUSTOMER_ACCOUNT, false), (steps::REFUND_FARE, true)];
    assert_eq!(way(&event), told);
    assert!(matches!(both.hears(done), Decided::Again), "the second comes late");
    assert!(matches!(both.hears(registered()), Decided::Again));
}

#[test]
fn a_saga_that_is_unwound_before_it_was_heard_of_never_begins() {
    let mut both = both();
    let event = both.hears(unwinding(0)).event();
    assert_eq!(way(&event), [(steps::CHARGE_FARE, false)]);
    assert!(matches!(both.hears(registered()), Decided::Again));
}

/// A step after all that can fail.
#[derive(Debug)]
struct Receipt;

impl Step for Receipt {
    type Vocabulary = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Facts = ();

    const SIGNATURE: Signature =
        Signature::new(steps::SET_FARE_STATUS_COMPLETED, events::ACCOUNT_CREDITED, events::INVENTORY_RESERVED);

    fn act(
        &self,
        _heard: &Heard<Event>,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Acted<Effect, ()> {
        act("receipt", steps::SET_FARE_STATUS_COMPLETED, turn.reply)
    }

    fn answer(&self, answer: Answer<Event, ()>) -> Option<Event> {
        let Answer { subject: purchase, journey, .. } = answer;
        let fulfilled = fulfillment::Fulfilled { purchase, charge: fixtures::charge(), journey };
        Some(Event::InventoryReserved(fulfilled))
    }
}

#[test]
fn what_is_late_is_refused_but_for_a_step_that_cannot_be_refused() {
    let late = fixtures::deadline() + jiff::SignedDuration::from_secs(1);
    let mut both = both();
    both.now = late;
    assert_eq!(both.hears(registered()).event().data().failure().expect("it fails").name, "DeadlineExceeded");

    let declaration: &'static Declaration =
        Box::leak(Box::new(StepList::default().with(Receipt).declaration("one", "")));
    let mut receipt = Trial::new(Steps::new(declaration, StepList::default().with(Receipt)));
    receipt.now = late;
    let credited = Event::AccountCredited(fixtures::account_credited("3"));
    assert_eq!(receipt.hears(credited).asked(), Effect::Do("receipt"));
    assert!(!declaration.looks && DECLARATION.looks, "only where an event does not repeat all that stands");
}
