//! The four services, the world between them, and the requests of the two workshops.

use std::cell::RefMut;
use std::rc::Rc;

use booking::Booking;
use card::PublicKey;
use contracts::SagaId;
use fulfillment::Fulfillment;
use notifier::Notifier;
use payment::Payment;
use saga::Channel;
use saga::topology::Names;
use testkit::{Ledger, Node, Nothing, Service, World};

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

/// All services, with nothing on record.
pub(crate) struct Cast {
    booking: Node<Booking, Nothing>,
    payment: Node<Payment, Till>,
    fulfillment: Node<Fulfillment, Nothing>,
    notifier: Node<Notifier, Nothing>,
    till: Till,
}

impl Cast {
    pub(crate) fn new(keys: &Keys) -> Self {
        let booking =
            Booking { key: keys.public.clone(), requests_topic: Names::default().topic(Channel::FareRequests) };
        let till = Till::new(&keys.opener);
        Self {
            booking: Node::new(booking, Nothing),
            payment: Node::new(Payment, till.clone()),
            fulfillment: Node::new(Fulfillment { hooks: true }, Nothing),
            notifier: Node::new(Notifier, Nothing),
            till,
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
pub(crate) fn saga(request_id: &str) -> SagaId {
    SagaId::of_request("fare", request_id)
}

/// A customer's request, as the workshop has it.
pub(crate) fn body(customer: &str, amount: &str) -> String {
    let [number, expiry, cvv] = CARD;
    format!(
        r#"{{"customerId": "{customer}", "fareId": "wr_563", "fareAmount": "{amount}",
            "cc": "{number}", "expiryDate": "{expiry}", "cvv": "{cvv}"}}"#
    )
}
