//! Card data leaks nowhere: sentinel values are looked for in every table, queue, dead letter, notification and log
//! line, in every form in which they might stand there.

use std::io::Write;
use std::sync::{Arc, Mutex};

use runtime::Environment;
use serde_json::json;

use crate::command::calling;
use crate::harness::ensemble;
use crate::world::{World, cloud_event, cloud_event_of, order_saga, saga_of};

/// Sentinels: of the right form, and like nothing else that a run writes.
const NUMBER: &str = "4929 1357 2468 9751";
const EXPIRY: &str = "11/2093";
const CVV: &str = "7391";

fn fare(customer: &str) -> String {
    json!({
        "customerId": customer, "fareId": "wr_563", "fareAmount": "$20.00",
        "cc": NUMBER, "expiryDate": EXPIRY, "cvv": CVV,
    })
    .to_string()
}

/// An order with what may be a card in the words of its client.
fn order(order_id: &str, description: &str) -> String {
    json!({
        "order_id": order_id, "order_date": "2018-10-19T10:50:16+08:00", "customer_id": "8d04ea6f",
        "items": [{"item_id": "567", "qty": 1.0, "description": description, "unit_price": 199.99}],
    })
    .to_string()
}

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Every form in which a sentinel might stand somewhere, with its name.
fn needles() -> Vec<(String, String)> {
    let digits = NUMBER.replace(' ', "");
    let plain =
        [NUMBER.to_owned(), digits.clone(), NUMBER.replace(' ', "-"), EXPIRY.to_owned(), EXPIRY.replace('/', "\\/")];
    let mut needles: Vec<_> = plain.iter().map(|text| ("plain".to_owned(), text.clone())).collect();
    for text in [NUMBER, &digits, EXPIRY] {
        needles.push(("hex".to_owned(), text.bytes().map(|byte| format!("{byte:02x}")).collect()));
        needles.push(("HEX".to_owned(), text.bytes().map(|byte| format!("{byte:02X}")).collect()));
        needles.push(("bytes".to_owned(), text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ")));
        needles.extend((0..3).map(|offset| (format!("base64 at {offset}"), base64_core(text, offset))));
    }
    needles.push(("url".to_owned(), NUMBER.replace(' ', "%20")));
    needles.push(("url".to_owned(), NUMBER.replace(' ', "+")));
    needles.push(("url".to_owned(), EXPIRY.replace('/', "%2F")));
    needles
}

/// What of a text is sure to stand in the base64 of any text that holds it behind `offset` other bytes (mod 3).
fn base64_core(text: &str, offset: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let skipped = (3 - offset) % 3;
    text.as_bytes()[skipped..]
        .chunks_exact(3)
        .flat_map(|three| {
            let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| char::from(ALPHABET[bits >> shift & 63]))
        })
        .collect()
}

/// Whether the verification value stands there by itself: its digits alone occur in any id.
fn holds_cvv(text: &str) -> bool {
    text.match_indices(CVV).any(|(at, _)| {
        let around = [text[..at].chars().next_back(), text[at + CVV.len()..].chars().next()];
        around.iter().all(|c| !c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))
    })
}

fn leaks(text: &str) -> Vec<String> {
    let mut found: Vec<_> = needles()
        .into_iter()
        .filter(|(_, needle)| text.contains(needle))
        .map(|(form, needle)| format!("{form}: {needle}"))
        .collect();
    if holds_cvv(text) {
        found.push(format!("plain: {CVV}"));
    }
    if holds_number(text) {
        found.push(format!("cut up: {NUMBER}"));
    }
    found
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    use base64::Engine;
    let b64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    for prefix in ["", "a", "ab", "{\"cc\":\""] {
        assert!(!leaks(&b64(&format!("{prefix}{NUMBER}\"}}"))).is_empty(), "{prefix}");
        assert!(!leaks(&b64(&format!("{prefix}{EXPIRY}\"}}"))).is_empty(), "{prefix}");
    }
    for text in
        ["cvv=7391", "\"7391\"", "7391", "card 4929135724689751", "11/2093", "34393239203133353720323436382039373531"]
    {
        assert!(!leaks(text).is_empty(), "{text}");
    }
    for text in ["", "ch_7391", "17391", "2026-11-21T22:00:00.7391Z", "11/93"] {
        assert!(leaks(text).is_empty(), "{text}");
    }
    for form in cut_up() {
        assert!(!leaks(&form).is_empty(), "{form}");
        assert!(!leaks(&json!({ "a": json!({ "b": form }).to_string() }).to_string()).is_empty(), "{form}");
    }
}

/// What people put between the digits of a number that they paste, and what stands before it.
const SEPARATORS: [&str; 30] = [
    "", "cust", " ", "\u{a0}", "\u{2003}", "\u{2009}", "\u{200b}", "\u{200d}", "\u{202f}", "\u{205f}", "\u{2060}",
    "\u{3000}", "\u{feff}", "\u{ad}", "-", "\u{2010}", "\u{2013}", "\u{2014}", "/", "\\", "_", ",", ".", ") (", "][",
    "\"", "'", "+", "*", "\u{ff0d}",
];

/// The sentinel in every form in which people paste it: cut up in fours, behind a letter, in other scripts' digits.
fn cut_up() -> Vec<String> {
    let groups: Vec<&str> = NUMBER.split(' ').collect();
    let mut forms: Vec<_> = SEPARATORS.iter().map(|between| groups.join(between)).collect();
    forms[1] = format!("cust{}x", groups.concat());
    let written_from = |zero: char| {
        let digit = |c: char| c.to_digit(10).and_then(|value| char::from_u32(u32::from(zero) + value)).unwrap();
        groups.concat().chars().map(digit).collect::<String>()
    };
    forms.extend([written_from('０'), written_from('٠'), format!("{} {EXPIRY} {CVV}", groups.concat())]);
    forms
}

/// Whether the sentinel stands there, cut up by whatever is neither letter nor digit.
fn holds_number(text: &str) -> bool {
    // What JSON escapes, and how often it did, makes no difference.
    let mut plain = text.replace("\\\\", "\\");
    for escaped in ["\\t", "\\n", "\\r"] {
        plain = plain.replace(escaped, " ");
    }
    let value = |c: char| {
        ['０', '٠'].iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10))
    };
    let digits = plain.chars().map(|c| value(c).and_then(|value| char::from_digit(value, 10)).unwrap_or(c));
    digits.filter(|c| c.is_alphanumeric()).collect::<String>().contains(&NUMBER.replace(' ', ""))
}

/// What clients and operators say in words, with the number in every form, at every place where they may say something.
fn in_words() -> Vec<(&'static str, String)> {
    let forms = cut_up();
    let items: Vec<_> = forms
        .iter()
        .map(|form| json!({"item_id": "567", "qty": 1, "description": format!("gift, {form}"), "unit_price": 1}))
        .collect();
    let order = json!({
        "order_id": "4", "order_date": "2018-10-19T10:50:16+08:00", "customer_id": "8d04ea6f", "items": items,
    });
    let mut said = vec![("booking", order.to_string())];
    for (index, form) in forms.iter().enumerate() {
        let asked = |words: &str| {
            let saga = saga_of(&format!("withdrawn {index}"));
            json!({"type": "cancel_requested", "sagaId": saga, "by": words, "reason": words, "id": form})
        };
        said.push(("booking", asked(&format!("card {form} is mine")).to_string()));
        let unknown = json!({ "order_id": "4", (format!("card {form}")): 1 });
        said.push(("booking", unknown.to_string()));
        let note = json!({ "type": "nothing of ours", "specversion": "1.0", "note": form, (form.as_str()): 1 });
        said.push(("payment", note.to_string()));
    }
    said
}

/// Operators say it too, at each of their doors; answers with what was printed.
async fn operators_speak(world: &World, standing: &str) -> String {
    let forms: Vec<String> = cut_up().into_iter().filter(|form| !form.chars().any(char::is_control)).collect();
    let of = |from: usize| forms.iter().skip(from).take(8).map(|form| format!("{form} or ")).collect::<String>();
    let mut env = calling(&world.aws);
    env.push(("ENSEMBLE_OPERATOR".to_owned(), format!("ann, {NUMBER}")));
    let all = of(0) + &of(8) + &of(16) + &of(24) + &of(32);
    let unknown = saga_of("of an operator").to_string();
    let mut printed = String::new();
    for args in [
        vec!["cancel", &unknown, "--by", &of(0), "--reason", &of(8)],
        vec!["cancel", &unknown, "--reason", &of(16)],
        vec!["retry", standing, "--by", &of(16), "--reason", &of(24), "--wait"],
        vec!["resolve", standing, "--by", &of(24), "--reason", &of(32), "--wait"],
        vec!["stock", "set", "568", "5", "--why", &all],
        vec!["parked", "redrive", "--queue", "fulfillment", "--why", &all],
        vec!["parked", "discard", "--queue", "notifier", "--why", &all],
        vec!["audit", "stock/568"],
        vec!["audit", standing],
        vec!["trace", standing],
        vec!["trace", &unknown],
        vec!["parked", "list"],
        vec!["parked", "list", "--each"],
        vec!["parked", "log"],
        vec!["parked", "show", "--queue", "payment"],
    ] {
        let ended = ensemble(&args, &env).await;
        assert!(matches!(ended.code, Some(0 | 1)), "{args:?}: {ended:?}");
        printed.push_str(&ended.said());
    }
    for expected in ["ann, [removed]", "[removed] or", "needs attention"] {
        assert!(printed.contains(expected), "nobody said {expected}: {printed}");
    }
    printed
}

/// Good rows, and bad ones that carry the card in every wrong place.
fn requests() -> Vec<(&'static str, String)> {
    let good = fare("3");
    let deep = format!("{}{good}{}", "{\"a\":".repeat(40), "}".repeat(40));
    vec![
        ("booking", fare("3")),
        ("booking", fare("3_fail_auth")),
        ("booking", fare("3_fail_charge")),
        ("booking", fare("3_fail_credit")),
        ("booking", fare("3_fail_credit_fail_refund")),
        ("booking", cloud_event("ce", &fare("4"))),
        ("booking", good[..good.len() - 3].to_owned()),
        ("booking", format!("my card is {NUMBER} {EXPIRY} {CVV}")),
        ("booking", format!("\"{NUMBER}\"")),
        ("booking", format!("[\"{NUMBER}\", \"{EXPIRY}\", \"{CVV}\"]")),
        ("booking", good.replace("$20.00", "$-1")),
        ("booking", good.replace("\"cc\"", "\"pan\"")),
        ("booking", good.replace(&format!("\"{CVV}\""), CVV)),
        ("booking", good.replace("\"3\"", &format!("\"{NUMBER}\""))),
        ("booking", good.replace("\"wr_563\"", &format!("{{\"card\": \"{NUMBER}\"}}"))),
        ("booking", good.replace("\"customerId\"", &format!("\"{NUMBER}\""))),
        ("booking", good.replace("\"fareId\"", "\"cc\"")),
        ("booking", good.replace("wr_563", &"x".repeat(66_000))),
        ("booking", deep),
        ("booking", cloud_event("ce-2", &good).replace("fare_requested", "ride_requested")),
        ("booking", cloud_event("ce-3", &good).replacen('{', "{\"schemaversion\":2,", 1)),
        ("booking", cloud_event(NUMBER, &good)),
        ("booking", cloud_event("ce-4", &format!("\"{}\"", good.replace('"', "\\\"")))),
        ("booking", json!({"Type": "Notification", "TopicArn": "a:b", "MessageId": "m", "Message": good}).to_string()),
        ("booking", order("4", NUMBER)),
        ("booking", order("2", &format!("pay with {NUMBER}, {EXPIRY}"))),
        ("booking", cloud_event_of("order_requested", "ce-6", &order("3", &NUMBER.replace(' ', "-")))),
        ("booking", order("4", "a gift").replace("a gift", &format!("a\\u0007{NUMBER}"))),
        ("booking", order(NUMBER, "a gift")),
        ("booking", order("4", "a gift").replacen('{', &format!("{{\"{NUMBER}\": 1,"), 1)),
        ("payment", order("4", NUMBER)),
        ("payment", good.clone()),
        ("fulfillment", cloud_event("ce-5", &good)),
        ("notifier", format!("{NUMBER} {EXPIRY} {CVV}")),
    ]
}

/// While all runs, a place may hold a request as it was sent, and nothing else of the card.
async fn look_while_all_runs(world: &World, requests: &[(&str, String)]) {
    let sent: Vec<_> = requests.iter().map(|(_, body)| body.clone()).collect();
    let as_sent = |text: &str| {
        let message: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let body = message["Body"].as_str().unwrap_or_default().to_owned();
        let inner = serde_json::from_str::<serde_json::Value>(&body).unwrap_or_default();
        sent.contains(&body) || inner["Message"].as_str().is_some_and(|inner| sent.iter().any(|sent| sent == inner))
    };
    let mut looks = 0;
    loop {
        for (place, text) in world.endpoint().dump() {
            assert!(as_sent(&text) || leaks(&text).is_empty(), "{place}: {:?}\n{text}", leaks(&text));
        }
        looks += 1;
        // Nothing was over before the first look, because the gateway was away until then.
        world.stack.gateway.set_faults(Vec::new());
        if world.is_quiet().await {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(looks > 1, "the run was over before it was looked at");
}

#[tokio::test]
async fn no_byte_of_a_card_is_anywhere_but_in_the_request_as_it_was_sent() {
    let log = Log::default();
    let writer = log.clone();
    let environment: Environment = [("RUST_LOG".to_owned(), "trace".to_owned())].into_iter().collect();
    runtime::telemetry::start_to(&environment, switches::CRATES, None, move || writer.clone()).unwrap();
    let mut world = World::start().await;
    world.stack.gateway.set_faults(vec!["fail:any".parse().unwrap()]);
    let requests = [requests(), in_words()].concat();
    for (index, (queue, body)) in requests.iter().enumerate() {
        world.send(queue, body, Some(&format!("r{index}"))).await;
        if *queue == "booking" {
            world.publish(body, Some(&format!("p{index}"))).await;
        }
    }
    look_while_all_runs(&world, &requests).await;

    // The rows ended as they should, so the scan is not of an empty world.
    for (index, successful) in [(0, true), (1, false), (2, false), (3, false), (4, false)] {
        assert_eq!(world.outcome_of(saga_of(&format!("r{index}"))).await.0, successful, "{index}");
    }
    let request = |wanted: &str| requests.iter().position(|(_, body)| body.contains(wanted)).unwrap();
    for (order_id, successful) in [("4", true), ("2", false)] {
        let index = request(&format!("\"order_id\":\"{order_id}\""));
        assert_eq!(world.outcome_of(order_saga(&format!("r{index}"))).await.0, successful, "{order_id}");
    }
    world.until("all is settled", World::is_quiet).await;
    let printed = operators_speak(&world, &saga_of("r4").to_string()).await;
    assert!(leaks(&printed).is_empty(), "the commands print {:?}\n{printed}", leaks(&printed));
    world.until("all is settled", World::is_quiet).await;
    world.watch_until(|world| world.found.get(&saga_of("r4")).is_some_and(|found| found.len() >= 3)).await;
    let dump = world.endpoint().dump();
    for place in [
        "table ensemble-booking",
        "table ensemble-payment",
        "table ensemble-fulfillment",
        "table ensemble-audit",
        "queue ensemble-payment-dlq",
    ] {
        assert!(dump.iter().any(|(found, _)| found == place), "nothing stands in {place}");
    }
    for (place, text) in dump {
        assert!(leaks(&text).is_empty(), "{place}: {:?}\n{text}", leaks(&text));
    }
    for (_, body) in world.found.values().flatten() {
        assert!(leaks(body).is_empty(), "a notification: {:?}\n{body}", leaks(body));
    }
    world.stack.stop().await;
    let log = log.text();
    for expected in ["StateCommitted", "MessageDeadLettered", "DEBUG", "saga"] {
        assert!(log.contains(expected), "the log does not hold {expected}");
    }
    for line in log.lines() {
        assert!(leaks(line).is_empty(), "a log line: {:?}\n{line}", leaks(line));
    }
}
