//! `docs/asyncapi.yaml`, held against what really flows: every message of every row, of what people ask, and of time.
//!
//! **Invariant:** the document is open, as its consumers have to be. Here it is closed first, so that a field that it
//! does not show is found.

use std::collections::{BTreeMap, BTreeSet};

use boon::{Compiler, Draft, SchemaIndex};
use contracts::{Outcome, kinds};
use rust_decimal::Decimal;
use saga::owner::Deadlines;
use saga::topology::Names;
use serde_json::{Value, json};
use testkit::World;

use crate::cast::{Cast, Keys, asked, saga};
use crate::golden::root;
use crate::oracle;
use crate::rows::{COMPLETED, ORDERED, ROWS, Row, STANDING_CAPTURE, STANDING_RESERVATION};

/// The committed document, with a validator for each message: as it stands, and closed.
pub(crate) struct Document {
    pub(crate) json: Value,
    schemas: boon::Schemas,
    validators: BTreeMap<String, Validators>,
}

struct Validators {
    open: SchemaIndex,
    closed: SchemaIndex,
    attributes: SchemaIndex,
}

impl Document {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(root().join("docs/asyncapi.yaml")).unwrap();
        let json: Value = serde_saphyr::from_str(&text).unwrap();
        let mut schemas = boon::Schemas::new();
        let mut open = compiler(Draft::V7, "open.json", json.clone());
        // The draft that can say "and no other field" of what several schemas describe together.
        let mut closed = compiler(Draft::V2020_12, "closed.json", closed(json.clone()));
        let names = json["components"]["messages"].as_object().unwrap().keys();
        let mut compile = |compiler: &mut Compiler, file: &str, name: &str, part: &str| {
            compiler.compile(&format!("{file}#/components/messages/{name}/{part}"), &mut schemas).unwrap()
        };
        let validators = names.map(|name| {
            let validators = Validators {
                open: compile(&mut open, "open.json", name, "payload"),
                closed: compile(&mut closed, "closed.json", name, "payload"),
                attributes: compile(&mut closed, "closed.json", name, "headers"),
            };
            (name.clone(), validators)
        });
        let validators = validators.collect();
        Self { json, schemas, validators }
    }

    /// What is wrong with a body, by the document as it stands.
    pub(crate) fn check(&self, message: &str, body: &Value) -> Result<(), String> {
        self.validate(body, self.validators[message].open)
    }

    /// The same, where nothing may stand that the document does not show.
    fn check_closed(&self, message: &str, body: &Value) -> Result<(), String> {
        self.check(message, body)?;
        self.validate(body, self.validators[message].closed)
    }

    fn validate(&self, body: &Value, schema: SchemaIndex) -> Result<(), String> {
        self.schemas.validate(body, schema).map_err(|error| format!("{error}\n{body:#}"))
    }

    /// Whether a channel carries a message.
    pub(crate) fn carries(&self, channel: &str, message: &str) -> bool {
        let short = Names::default();
        self.json["channels"][short.short(channel)]["messages"].get(message).is_some()
    }

    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.validators.keys().cloned().collect()
    }
}

fn compiler(draft: Draft, file: &str, json: Value) -> Compiler {
    let mut compiler = Compiler::new();
    compiler.set_default_draft(draft);
    compiler.enable_format_assertions();
    compiler.add_resource(file, json).unwrap();
    compiler
}

/// The document, with every object in it closed where it is used.
fn closed(mut json: Value) -> Value {
    for message in json["components"]["messages"].as_object_mut().unwrap().values_mut() {
        close(&mut message["payload"], true);
        close(&mut message["headers"], true);
    }
    for schema in json["components"]["schemas"].as_object_mut().unwrap().values_mut() {
        close(schema, false);
    }
    json
}

/// Closes what describes a whole value; parts of a description (`allOf` and the like) are closed by the whole.
fn close(schema: &mut Value, whole: bool) {
    let Value::Object(fields) = schema else { return };
    for (key, value) in fields.iter_mut() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(|one| close(one, true)),
            ("items" | "additionalProperties", value) => close(value, true),
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => parts.iter_mut().for_each(|part| close(part, false)),
            _ => {}
        }
    }
    let describes = ["properties", "$ref", "allOf", "anyOf", "oneOf"].iter().any(|key| fields.contains_key(*key));
    if whole && describes {
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}

/// A message as it was seen: where, by which name, its body and its attributes.
struct Seen {
    channel: String,
    message: String,
    body: Value,
    attributes: Value,
}

/// What passed through a world: what was announced, and what was put on queues.
fn seen(world: &World<'_>) -> Vec<Seen> {
    let names = Names::default();
    let announced = world.announcements().iter().map(|announcement| {
        let attributes = announcement.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        (names.topic(announcement.channel), announcement.body.clone(), attributes.collect::<BTreeMap<_, _>>())
    });
    let delivered = world.delivered().iter();
    let told = [true, false].into_iter().flat_map(|successful| {
        world.notifications(successful).iter().map(move |message| (Names::default().outcomes(successful), message))
    });
    let queued = delivered.map(|(queue, message)| (queue.clone(), message)).chain(told);
    let queued = queued.map(|(queue, message)| (queue, message.body.clone(), message.attributes.clone()));
    let mut seen = Vec::new();
    for (channel, body, attributes) in announced.chain(queued) {
        let body: Value = serde_json::from_str(&body).unwrap();
        let attributes = json!(attributes);
        if let Some(inner) = body.get("Message") {
            let inner: Value = serde_json::from_str(inner.as_str().unwrap()).unwrap();
            let channel = body["TopicArn"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
            seen.push(Seen { channel, message: name_of(&inner), body: inner, attributes: json!({}) });
        }
        seen.push(Seen { channel, message: name_of(&body), body, attributes });
    }
    seen
}

/// The name of a message, by what stands in it.
fn name_of(body: &Value) -> String {
    let marks = [("Message", "sns_envelope"), ("outcome", "notification"), ("customerId", "fare_requested")];
    let bare = marks.iter().chain(&[("order_id", "order_requested")]).find(|(mark, _)| body.get(mark).is_some());
    let name = body["type"].as_str().or(bare.map(|(_, name)| *name));
    name.unwrap_or_else(|| panic!("what is this: {body}")).to_owned()
}

/// Runs a saga that somebody meddles with, and answers with everything that passed.
fn run(keys: &Keys, row: &Row, meddle: impl Fn(&Cast, &mut World<'_>)) -> Vec<Seen> {
    let cast = Cast::with(keys, Deadlines::default());
    let mut world = cast.world();
    row.request(&mut world, "r");
    meddle(&cast, &mut world);
    world.run(&[]);
    oracle::at_peace(keys, &cast, &world).unwrap_or_else(|rule| panic!("{}: {rule}", row.id));
    seen(&world)
}

/// Everything that passes in every row, and where people and time meddle.
fn everything() -> Vec<Seen> {
    let keys = Keys::new();
    let ask = |row: &'static Row, what: &'static str| {
        move |world: &mut World<'_>| world.send("booking", &asked(what, saga(row.kind, "r"), &format!("{what}-1")))
    };
    let mut all: Vec<Seen> = ROWS.iter().flat_map(|row| run(&keys, row, |_, _| {})).collect();
    for row in [&COMPLETED, &ORDERED] {
        all.extend(run(&keys, row, |_, world| ask(row, "cancel_requested")(world)));
        all.extend(run(&keys, row, |_, world| {
            world.stop("payment");
            // The deadline passes, and then the time for undoing.
            for _ in 0..2 {
                world.run(&[]);
                world.pass(1_000);
                assert_eq!(world.sweep(), 1);
            }
            world.run(&[]);
            world.start("payment");
        }));
    }
    for row in [&STANDING_CAPTURE, &STANDING_RESERVATION] {
        for healed in [false, true] {
            all.extend(run(&keys, row, |cast, world| {
                world.run(&[]);
                cast.ledger().healed = healed;
                ask(row, "retry_requested")(world);
                world.run(&[]);
                ask(row, "resolve_requested")(world);
            }));
        }
    }
    all.extend(run(&keys, &ORDERED, |cast, _| cast.stock.set("567", Decimal::ZERO)));
    // By the topic, and bare.
    all.extend(run(&keys, &COMPLETED, |_, world| {
        let saga = saga(COMPLETED.kind, "r");
        let bare = json!({ "type": "cancel_requested", "sagaId": saga, "by": null, "reason": "a test" }).to_string();
        world.request(saga::Channel::Requests(kinds::ORDER), &bare, "cancel-1");
    }));
    all
}

/// The requests of rows that break a rule which a schema can say.
fn breaks_a_rule(seen: &Seen) -> bool {
    let rejected = |row: &&Row| row.outcome == Outcome::Rejected && row.amount == "twenty";
    let rejected = ROWS.iter().find(rejected).unwrap();
    seen.message == "fare_requested" && seen.body["fareAmount"] == rejected.amount
}

#[test]
fn every_message_that_flows_is_documented_and_every_message_that_is_documented_flows() {
    let document = Document::read();
    let mut found = BTreeSet::new();
    let all = everything();
    for seen in &all {
        let Seen { channel, message, body, attributes } = seen;
        assert!(document.carries(channel, message), "{channel} is not documented to carry {message}");
        let sound = document.check_closed(message, body);
        assert_eq!(sound.is_err(), breaks_a_rule(seen), "{channel}: {message}: {sound:?}");
        document.validate(attributes, document.validators[message].attributes).unwrap();
        found.insert(message.clone());
    }
    println!("{} messages", all.len());
    assert_eq!(found, document.names());
}

/// The fields that may be missing from what services announce: each stands where there is something to say. An effect
/// that is no money has no amount.
const OPTIONAL: [&str; 12] = [
    "also",
    "amount",
    "charge",
    "chargeId",
    "chargeToken",
    "earlier",
    "refundId",
    "request",
    "resolution",
    "resolves",
    "round",
    "sealedcard",
];

#[test]
fn a_field_that_is_missing_unknown_or_of_another_type_is_noticed() {
    let document = Document::read();
    let (mut shapes, mut optional) = (BTreeSet::new(), BTreeSet::new());
    let of_service = |seen: &Seen| seen.message == "notification" || seen.body.get("causationid").is_some();
    for Seen { message, body, .. } in everything().into_iter().filter(of_service) {
        let shape = pointers(&body, "");
        if !shapes.insert((message.clone(), shape.clone())) {
            continue;
        }
        for pointer in shape {
            let mut other = body.clone();
            let there = other.pointer_mut(&pointer).unwrap();
            *there = if there.is_object() { json!([]) } else { json!({ "of": "another type" }) };
            assert!(document.check(&message, &other).is_err(), "{message}{pointer} may be of any type");
            let (parent, field) = pointer.rsplit_once('/').unwrap();
            let mut other = body.clone();
            if let Some(Value::Object(fields)) = other.pointer_mut(parent) {
                fields.remove(field);
                if document.check(&message, &other).is_ok() {
                    optional.insert(field.to_owned());
                }
            }
            let mut other = body.clone();
            if let Some(Value::Object(fields)) = other.pointer_mut(&pointer) {
                fields.insert("unknown".to_owned(), json!(1));
                assert!(document.check(&message, &other).is_ok(), "{message}{pointer} is closed to its consumers");
                assert!(document.check_closed(&message, &other).is_err(), "{message}{pointer} is open to the test");
            }
        }
    }
    println!("{} shapes", shapes.len());
    assert_eq!(optional, OPTIONAL.map(str::to_owned).into());
}

/// Where the values below a value stand, as JSON pointers.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(nth, value)| (format!("{at}/{nth}"), value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    below.into_iter().flat_map(|(at, value)| [vec![at.clone()], pointers(value, &at)].concat()).collect()
}
