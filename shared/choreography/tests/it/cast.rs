//! The four services, the world between them, and the requests of the two workshops.

use std::cell::RefMut;
use std::rc::Rc;

use booking::Booking;
use card::PublicKey;
use contracts::{Event, Events, SagaId, SagaKind};
use fixtures::Ledger;
use fulfillment::{Effect, Fulfillment, Reply, fulfillment};
use notifier::{Notifier, notifier};
use payment::{Payment, payment};
use saga::owner::Deadlines;
use saga::topology::Names;
use testkit::{Counters, Node, Nothing, Outside, Service, World};

use crate::sequence::{Calls, Overheard};
use crate::till::{CARD, Opener, Till};

/// Payment's key pair, drawn once for many casts.
pub(crate) struct Keys {
    public: PublicKey,
    pub(crate) opener: Rc<Opener>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        let (private, public) = card::key_pair();
        let opener = Opener::new(private);
        Self { public, opener }
    }
}

/// The world outside fulfillment: a look at the stock.
struct Shelf(Counters);

impl Outside<Fulfillment> for Shelf {
    fn name(&self, _effect: &Effect) -> &'static str {
        "count the stock"
    }

    fn perform(&self, _saga: SagaId, effect: Effect) -> Reply {
        match effect {
            Effect::Count(items) => Reply::Counted(self.0.count(&items)),
        }
    }
}

/// No saga of a test takes as long, unless the test is about time.
pub(crate) fn patient() -> Deadlines {
    let of_unwinding = Deadlines::default().of_unwinding(604_800);
    Event::LEXICON.kinds.iter().copied().fold(of_unwinding, |deadlines, kind| deadlines.of_kind(kind, 604_800))
}

/// All services, with nothing on record.
pub(crate) struct Cast {
    booking: Node<Booking, Nothing>,
    payment: Node<Payment, Overheard>,
    fulfillment: Node<Fulfillment, Shelf>,
    notifier: Node<Notifier, Nothing>,
    till: Till,
    pub(crate) calls: Calls,
    pub(crate) stock: Counters,
}

impl Cast {
    pub(crate) fn new(keys: &Keys) -> Self {
        Self::with(keys, patient())
    }

    /// The same, with other deadlines.
    pub(crate) fn with(keys: &Keys, deadlines: Deadlines) -> Self {
        let booking = Booking { deadlines, hooks: true, ..Booking::new(keys.public.clone(), &Names::default()) };
        let till = Till::new(&keys.opener);
        let calls = Calls::default();
        let stock = Counters::default();
        Self {
            booking: Node::new(booking, Nothing),
            payment: Node::new(payment(true), Overheard::new(&till, &calls)),
            fulfillment: Node::beside(fulfillment(true), Shelf(stock.clone()), stock.clone()),
            notifier: Node::new(notifier(), Nothing),
            till,
            calls,
            stock,
        }
    }

    pub(crate) fn world(&self) -> World<'_> {
        let names = Names::default();
        let topology = choreography::topology(&names);
        let services: [&dyn Service; 4] = [&self.booking, &self.payment, &self.fulfillment, &self.notifier];
        World::new(names, topology, &services)
    }

    pub(crate) fn ledger(&self) -> RefMut<'_, Ledger> {
        self.till.ledger()
    }
}

/// The saga of the request with this id.
pub(crate) fn saga(kind: SagaKind, request_id: &str) -> SagaId {
    SagaId::of_request(kind.as_str(), request_id)
}

/// A customer's request for a fare, as the workshop has it.
pub(crate) fn fare(customer: &str, amount: &str) -> String {
    let [number, expiry, cvv] = CARD;
    format!(
        r#"{{"customerId": "{customer}", "fareId": "wr_563", "fareAmount": "{amount}",
            "cc": "{number}", "expiryDate": "{expiry}", "cvv": "{cvv}"}}"#
    )
}

/// A request for an order, as the workshop has it.
pub(crate) fn order(order_id: &str, price: &str) -> String {
    format!(
        r#"{{"order_id": "{order_id}", "order_date": "2018-10-19T10:50:16+08:00",
            "customer_id": "8d04ea6f-c6b2-4422-8550-839a16f01feb",
            "items": [{{"item_id": "567", "qty": 1.0, "description": "Cart item 1", "unit_price": {price}}}]}}"#
    )
}

/// What is asked of a saga, as an operator's command sends it.
pub(crate) fn asked(what: &str, saga: SagaId, id: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"/test","type":"{what}",
            "data":{{"sagaId":"{saga}","by":"ada","reason":"a test"}}}}"#
    )
}
