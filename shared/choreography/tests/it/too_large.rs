//! A message of which the consequence could not be said is refused before anything is written or done.

use contracts::order::Item;
use contracts::{Event, Failure, MAX_BODY_BYTES, Order, Path, Purchase, Reason, SagaId, kinds, steps};
use fixtures::Kind;
use saga::Settlement;
use testkit::{Message, Service, Step};

use crate::cast::{Cast, Keys, fare, saga};

/// The order of the workshop, with items of this many bytes.
fn order_of(bytes: usize) -> Order {
    let mut order = fixtures::order("4");
    let line = Item { description: "x".repeat(200).into(), ..order.items[0].clone() };
    let each = serde_json::to_string(&line).unwrap().len();
    order.items = vec![line; bytes / each];
    order
}

/// Hands a message over, act by act, until it is settled.
fn handle(service: &dyn Service, message: &Message) -> Settlement {
    let mut work = service.take_up(message, fixtures::NOW).unwrap();
    loop {
        if let Step::Settled(settlement) = work.step(fixtures::NOW, false) {
            return settlement;
        }
    }
}

/// Refused as too large, and everything stands as it did.
fn is_refused(cast: &Cast, service: &str, saga: SagaId, event: Event) {
    let message = Message::of_event(saga, event, None);
    assert!(message.body.len() <= MAX_BODY_BYTES, "it can be read: {} bytes", message.body.len());
    let world = cast.world();
    let service = world.service(service);
    let before = (service.store().records().clone(), cast.ledger().entries().to_vec());
    let Settlement::DeadLetter(poison) = handle(service, &message) else { panic!("not refused") };
    assert_eq!(poison.reason, Reason::TooLarge, "{poison}");
    assert_eq!((service.store().records().clone(), cast.ledger().entries().to_vec()), before);
}

/// The largest event that can still be read: `event` of so many bytes of padding.
fn largest(saga: SagaId, event: impl Fn(usize) -> Event) -> Event {
    let bytes = |padding: usize| Message::of_event(saga, event(padding), None).body.len();
    event(MAX_BODY_BYTES - bytes(0) - 8)
}

fn error(padding: usize) -> Failure {
    let message = "x".repeat(padding);
    Failure { message, ..Failure::new("SagaCancelled", steps::RESERVE_INVENTORY, "") }
}

#[test]
fn payment_takes_no_money_for_what_it_could_not_tell_afterwards() {
    let keys = Keys::new();
    for bytes in [50 * 1024, 62 * 1024] {
        let cast = Cast::new(&keys);
        let saga = saga(kinds::ORDER, "r");
        let mut created = fixtures::order_created("4");
        created.subject = Purchase::Order(order_of(bytes));
        is_refused(&cast, "payment", saga, Event::OrderCreated(created));
        assert_eq!(cast.ledger().count(saga, Kind::Capture), 0);
    }
}

#[test]
fn fulfillment_refuses_nothing_that_it_could_not_tell() {
    let keys = Keys::new();
    let cast = Cast::new(&keys);
    let saga = saga(kinds::ORDER, "r");
    let started = |padding| {
        let mut started = fixtures::unwinding_started(fixtures::order("4").into(), 0);
        started.error = error(padding);
        Event::UnwindingStarted(started)
    };
    is_refused(&cast, "fulfillment", saga, largest(saga, started));
}

#[test]
fn booking_ends_no_saga_that_it_could_not_tell() {
    let keys = Keys::new();
    let cast = Cast::new(&keys);
    let mut world = cast.world();
    world.send("booking", &fare("3", "$20.00"));
    let message = world.delivered()[0].1.clone();
    let saga = SagaId::of_request("fare", &message.id);
    assert_eq!(handle(world.service("booking"), &message), Settlement::Delete);
    let refunded = |padding| {
        let mut refunded = fixtures::payment_refunded("3");
        refunded.error = error(padding);
        refunded.journey.path = Path::default();
        Event::PaymentRefunded(refunded)
    };
    is_refused(&cast, "booking", saga, largest(saga, refunded));
}

#[test]
fn the_notification_of_the_largest_event_can_be_sent() {
    let keys = Keys::new();
    let cast = Cast::new(&keys);
    let saga = saga(kinds::FARE, "r");
    let failed = |padding| {
        let purchase = fixtures::fare("3").into();
        let failed = contracts::booking::Failed::new(purchase, error(padding), Path::default());
        Event::FareCancelled(contracts::booking::Failed { earlier: 4_000_000, ..failed })
    };
    let message = Message::of_event(saga, largest(saga, failed), None);
    assert!(message.body.len() > MAX_BODY_BYTES - 16);
    assert_eq!(handle(cast.world().service("notifier"), &message), Settlement::Delete);
}
