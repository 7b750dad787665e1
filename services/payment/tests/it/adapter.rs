//! The HTTP adapter against the simulated gateway, and against others that behave worse: what is a yes, what is a no,
//! and what is neither.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use card::Card;
use contracts::{Identifier, Money, SagaId};
use gateway::{Fault, Options};
use payment::{Authorization, Gateway, GatewayError, HttpGateway, Key, Known};
use runtime::Environment;
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

    fn key(&self, name: &str) -> Key {
        Key { id: self.saga.derive(name), fresh: true }
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
    let unknown = world.adapter.refund(world.key("refund"), "ch_unknown", amount()).await;
    assert!(unknown.is_err(), "a gateway that knows nothing of a charge has decided nothing: {unknown:?}");
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

#[tokio::test]
async fn a_key_that_is_in_use_is_an_unknown_outcome_and_the_first_call_takes_effect_once() {
    let (world, customer) = World::start("3").await;
    world.faults(&["slow:authorize:700ms:times=1"]);
    // Both are sent before either is answered; whichever comes first is slow.
    let (first, second) = tokio::join!(world.authorize(&customer), world.authorize(&customer));
    let unknown = [first, second].into_iter().find_map(Result::err).expect("one of them was turned away");
    assert!(unknown.0.contains("idempotency_key_in_use"), "{unknown:?}");
    assert!(settled(&world, &customer).await.is_ok());
    assert_eq!(world.gateway.totals().authorized, 1);
}

/// Asks until the outcome is known.
async fn settled(world: &World, customer: &Identifier) -> Result<String, payment::Refusal> {
    loop {
        if let Ok(decided) = world.authorize(customer).await {
            return decided;
        }
    }
}

/// A gateway that answers everything with these bytes and hangs up; counts its callers.
fn canned(answer: String) -> (HttpGateway, String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/below/", listener.local_addr().unwrap());
    let called = Arc::new(AtomicUsize::new(0));
    let calls = Arc::clone(&called);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            calls.fetch_add(1, Ordering::SeqCst);
            // Every request of these tests arrives in one piece, or the rest is of no interest.
            let mut request = [0; 4096];
            let read = connection.read(&mut request).unwrap();
            assert!(request[..read].windows(8).any(|part| part == b" /below/"), "a place below the base");
            // A caller that has heard enough may be gone.
            drop(connection.write_all(answer.as_bytes()));
            drop(connection.shutdown(Shutdown::Write));
            drop(connection.read_to_end(&mut Vec::new()));
        }
    });
    let environment = Environment::default().with(&payment::GATEWAY_URL, &url);
    (payment::gateway_of(&environment).unwrap(), url, called)
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Whatever\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

async fn debit(gateway: &HttpGateway, fresh: bool) -> Result<Result<String, payment::Refusal>, GatewayError> {
    let saga = SagaId::of_request("order", "a");
    let key = Key { id: saga.derive("debit"), fresh };
    gateway.debit(key, saga, &Identifier::parse("3").unwrap(), amount()).await
}

#[tokio::test]
async fn nobody_but_the_gateway_is_asked_wherever_it_points() {
    let (_, elsewhere, called) = canned(http(201, "", r#"{"id":"ch_1"}"#));
    for status in [300, 301, 302, 303, 307, 308] {
        let (gateway, ..) = canned(http(status, &format!("location: {elsewhere}v1/debits\r\n"), r#"{"id":"ch_1"}"#));
        assert!(debit(&gateway, true).await.is_err(), "{status}");
        assert!(gateway.look_up(SagaId::of_request("order", "a")).await.is_err(), "{status}");
    }
    assert_eq!(called.load(Ordering::SeqCst), 0, "a redirect was followed");
}

#[tokio::test]
async fn an_answer_that_is_cut_off_or_too_long_or_makes_no_sense_is_unknown() {
    let declined = r#"{"error":{"code":"card_declined","message":"no"}}"#;
    let cut_off = |status: u16, body: &str| format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 500\r\n\r\n{body}");
    let too_long = format!(r#"{{"error":{{"code":"card_declined","message":"{}"}}}}"#, "x".repeat(64 * 1024));
    for answer in [
        cut_off(402, declined),
        cut_off(201, r#"{"id":"ch_1"}"#),
        http(402, "", &too_long),
        http(201, "", ""),
        http(201, "", r#"{"status":"captured"}"#),
        http(202, "", r#"{"id":"ch_1"}"#),
        http(402, "", "<html>pay</html>"),
        String::new(),
    ] {
        let (gateway, ..) = canned(answer.clone());
        assert!(debit(&gateway, true).await.is_err(), "{answer:.200}");
    }
    let (gateway, ..) = canned(http(402, "", declined));
    assert_eq!(debit(&gateway, false).await.unwrap().unwrap_err().message, "no");
}

#[tokio::test]
async fn a_malformed_request_is_refused_only_while_no_earlier_call_can_be_at_work() {
    for status in [400, 422] {
        let (gateway, ..) = canned(http(status, "", r#"{"error":{"code":"invalid_request","message":"amount"}}"#));
        assert_eq!(debit(&gateway, true).await.unwrap().unwrap_err().message, "amount");
        let unknown = debit(&gateway, false).await.unwrap_err();
        assert!(unknown.0.contains("invalid_request"), "{unknown:?}");
    }
}

#[tokio::test]
async fn a_look_up_says_that_nothing_is_there_only_where_the_gateway_does() {
    let saga = SagaId::of_request("order", "a");
    let missing = r#"{"error":{"code":"not_found","message":"no"}}"#;
    for answer in [http(404, "", missing), http(404, "", ""), http(200, "", ""), http(200, "", "{}"), http(204, "", "")]
    {
        let (gateway, ..) = canned(answer.clone());
        assert!(gateway.look_up(saga).await.is_err(), "{answer}");
    }
    let (gateway, ..) = canned(http(200, "", r#"{"authorization":null,"charge":null,"refund":null}"#));
    assert_eq!(gateway.look_up(saga).await, Ok(Known::default()));
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
