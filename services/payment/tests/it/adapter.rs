//! The HTTP adapter against the simulated gateway: what is a yes, what is a no, and what is neither.

use card::Card;
use contracts::{Identifier, Money, SagaId};
use gateway::{Fault, Options};
use payment::{Authorization, Gateway, GatewayError, HttpGateway, Known};
use runtime::Environment;
use uuid::Uuid;
use zeroize::Zeroizing;

struct World {
    gateway: gateway::Gateway,
    adapter: HttpGateway,
    saga: SagaId,
    card: Card,
}

impl World {
    async fn start(customer: &str) -> (Self, Identifier) {
        let listen = ([127, 0, 0, 1], 0).into();
        let gateway = gateway::Gateway::start(Options { listen, hooks: true, ..Options::default() }).await.unwrap();
        let environment = Environment::default().with(&payment::GATEWAY_URL, &gateway.url());
        let adapter = payment::gateway_of(&environment).unwrap();
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let Ok(card) = Card::new(text("2424 2424 2424 2424"), text("12/22"), text("111")) else { panic!("a card") };
        let world = Self { gateway, adapter, saga: SagaId::of_request("fare", "a"), card };
        (world, Identifier::parse(customer).unwrap())
    }

    fn key(&self, name: &str) -> Uuid {
        self.saga.derive(name)
    }

    async fn authorize(&self, customer: &Identifier) -> Result<Result<String, payment::Refusal>, GatewayError> {
        let asked = Authorization { customer, amount: amount(), card: &self.card };
        self.adapter.authorize(self.key("authorize"), self.saga, asked).await
    }

    fn faults(&self, faults: &[&str]) {
        self.gateway.set_faults(faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect());
    }
}

fn amount() -> Money {
    Money::parse_usd("$20.00").unwrap()
}

#[tokio::test]
async fn a_payment_is_held_taken_given_back_and_found_again() {
    let (world, customer) = World::start("3").await;
    assert_eq!(world.adapter.look_up(world.saga).await, Ok(Known::default()));
    let token = world.authorize(&customer).await.unwrap().unwrap();
    assert_eq!(world.authorize(&customer).await.unwrap().unwrap(), token, "the same key, the same answer");
    let charge = world.adapter.capture(world.key("capture"), &token, amount()).await.unwrap().unwrap();
    let refund = world.adapter.refund(world.key("refund"), &charge, amount()).await.unwrap().unwrap();
    let known = Known { charge_token: Some(token), charge_id: Some(charge), refund_id: Some(refund) };
    assert_eq!(world.adapter.look_up(world.saga).await, Ok(known));
    let ledger = world.gateway.ledger(&world.saga.to_string());
    assert_eq!([ledger.authorized, ledger.captured, ledger.refunded], [1, 1, 1]);
}

#[tokio::test]
async fn a_no_is_a_refusal_with_the_gateways_reason_and_letting_go_twice_is_none() {
    let (world, customer) = World::start("3_fail_charge").await;
    let token = world.authorize(&customer).await.unwrap().unwrap();
    let refusal = world.adapter.capture(world.key("capture"), &token, amount()).await.unwrap().unwrap_err();
    assert_eq!(refusal.message, "Forced charge transaction failure");
    assert_eq!(world.adapter.void(world.key("void"), &token).await, Ok(Ok(())));
    assert_eq!(world.adapter.void(world.key("another key"), &token).await, Ok(Ok(())), "it is gone already");
    assert!(world.adapter.refund(world.key("refund"), "ch_unknown", amount()).await.unwrap().is_err());
}

#[tokio::test]
async fn no_answer_a_lost_answer_and_a_breakdown_are_unknown_outcomes_and_the_same_key_finds_out() {
    let (world, customer) = World::start("3").await;
    world.faults(&["fail:authorize:times=1"]);
    assert!(world.authorize(&customer).await.is_err());
    assert_eq!(world.gateway.totals().authorized, 0);
    world.faults(&["lose:authorize:times=1"]);
    assert!(world.authorize(&customer).await.is_err());
    assert_eq!(world.gateway.totals().authorized, 1, "it acted");
    assert!(world.authorize(&customer).await.unwrap().is_ok());
    assert_eq!(world.gateway.totals().authorized, 1, "and not again");
    world.gateway.stop().await;
    assert!(world.adapter.look_up(world.saga).await.is_err());
}

#[test]
fn a_gateway_on_another_machine_is_refused_in_the_clear() {
    let with = |url: &str| payment::gateway_of(&Environment::default().with(&payment::GATEWAY_URL, url));
    for url in ["http://127.0.0.1:1/", "https://gateway.example/v2/"] {
        with(url).unwrap();
    }
    for url in ["http://gateway.example:80/", "ftp://gateway.example/", "gateway.example"] {
        let error = with(url).unwrap_err();
        assert_eq!(error.variable, "ENSEMBLE_GATEWAY_URL");
        assert!(!error.to_string().contains("example"), "{error}");
    }
}
