//! The compact form of an envelope, for a place that holds what the envelope says besides: the item of its saga.
//!
//! A compact envelope leaves out what is the same in every envelope, what follows from the id of the saga, and the
//! members of `data` that stand in the facts beside it. A step of the path that took effect is one text, its name and
//! its time. It is JSON that people can read.
//!
//! **Invariant:** [`expand`] gives back every byte that [`compact`] was given, in this build and in each later one. It
//! knows no event and no type of data, so no change of these can alter what was announced before. An envelope that it
//! would not give back stays whole.
//!
//! # Examples
//!
//! ```
//! use ensemble_wire::compact::{Rest, compact, expand};
//! use ensemble_wire::{Envelope, Journey, SagaId, told::Done};
//! use parcel::{Event, parcel};
//!
//! let (saga, now) = (SagaId::of_request("parcel", "request-1"), jiff::Timestamp::UNIX_EPOCH);
//! let done = Done { subject: parcel("Elm.Street"), journey: Journey::until(jiff::Timestamp::MAX) };
//! let whole = Envelope::new(Event::ParcelLoaded(done), saga, "request-1", None, now).to_json();
//!
//! let time = now.to_string();
//! let rest = Rest { saga, time: &time, facts: r#"{"parcel":{"address":"Elm.Street"},"steps":{}}"# };
//! let short = compact(&whole, &rest);
//! assert!(short.len() < whole.len() / 2 && !short.contains("Elm.Street"));
//! assert_eq!(expand(&short, &rest), whole);
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::SagaId;
use crate::envelope::child_trace;

/// What stands beside a compact envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest<'a> {
    /// The saga.
    pub saga: SagaId,
    /// When the item was written, which is the time of most of the events in it.
    pub time: &'a str,
    /// The facts, as JSON.
    pub facts: &'a str,
}

/// The members of an envelope, by name and as they are written.
type Members = BTreeMap<String, Box<RawValue>>;

/// An envelope without what [`Rest`] says. A build that knows further fields writes another form than this one.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Compact {
    r#type: String,
    source: String,
    causationid: String,
    /// Left out where it is the one that the saga and the type lead to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// Left out where it is the time of the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// Left out where it is the first.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    schemaversion: u32,
    /// Left out where the saga and the id lead to it, as in each saga whose client sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    /// Of the data, the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<Vec<Box<RawValue>>>,
    /// The other data that stands nowhere else.
    data: Members,
    /// The names of the other members of the data, which stand in the facts.
    facts: Vec<String>,
}

/// An envelope in full. The order of the fields is the order of the bytes, and stays.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    specversion: String,
    id: Uuid,
    source: String,
    r#type: String,
    subject: SagaId,
    time: String,
    datacontenttype: String,
    schemaversion: u32,
    correlationid: SagaId,
    causationid: String,
    traceparent: String,
    data: Members,
}

/// A step of a path that took effect, and of which nothing more is told.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    at: String,
    ok: bool,
    step: String,
}

const SPEC_VERSION: &str = "1.0";

const CONTENT_TYPE: &str = "application/json";

/// The member of the data that holds the steps so far.
const PATH: &str = "path";

fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_first(version: &u32) -> bool {
    *version == first()
}

/// The compact form of an envelope, or the envelope itself where [`expand`] would not give back the same bytes.
#[must_use]
pub fn compact(whole: &str, rest: &Rest<'_>) -> String {
    shorter(whole, rest).filter(|short| expand(short, rest) == whole).unwrap_or_else(|| whole.to_owned())
}

/// The envelope of which this is the compact form. Any other text stays as it is: an envelope in full, or the form of
/// a build that knows more than this one.
#[must_use]
pub fn expand(short: &str, rest: &Rest<'_>) -> String {
    longer(short, rest).unwrap_or_else(|| short.to_owned())
}

fn shorter(whole: &str, rest: &Rest<'_>) -> Option<String> {
    let Whole { id, source, r#type, time, schemaversion, causationid, traceparent, mut data, .. } =
        serde_json::from_str(whole).ok()?;
    let stands = |name: &str, value: &RawValue| member(rest.facts, name).is_some_and(|fact| fact.get() == value.get());
    let facts: Vec<_> = data.iter().filter(|(name, value)| stands(name, value)).map(|(name, _)| name.clone()).collect();
    data.retain(|name, _| !facts.contains(name));
    let path = data.get(PATH).and_then(|path| serde_json::from_str::<Vec<_>>(path.get()).ok());
    if path.is_some() {
        data.remove(PATH);
    }
    let short = Compact {
        id: Some(id).filter(|id| *id != rest.saga.derive(&r#type)),
        time: Some(time).filter(|time| time != rest.time),
        traceparent: Some(traceparent).filter(|trace| *trace != child_trace(None, rest.saga, id)),
        r#type,
        source,
        causationid,
        schemaversion,
        path: path.map(|steps| steps.into_iter().map(step_as_text).collect()),
        data,
        facts,
    };
    serde_json::to_string(&short).ok()
}

fn longer(short: &str, rest: &Rest<'_>) -> Option<String> {
    let Compact { r#type, source, causationid, id, time, schemaversion, traceparent, path, mut data, facts } =
        serde_json::from_str(short).ok()?;
    for name in facts {
        let fact = member(rest.facts, &name)?.to_owned();
        data.insert(name, fact);
    }
    if let Some(path) = path {
        let steps: Vec<_> = path.into_iter().map(step_of_text).collect();
        data.insert(PATH.to_owned(), to_raw_value(&steps).ok()?);
    }
    let id = id.unwrap_or_else(|| rest.saga.derive(&r#type));
    let whole = Whole {
        specversion: SPEC_VERSION.to_owned(),
        id,
        source,
        r#type,
        subject: rest.saga,
        time: time.unwrap_or_else(|| rest.time.to_owned()),
        datacontenttype: CONTENT_TYPE.to_owned(),
        schemaversion,
        correlationid: rest.saga,
        causationid,
        traceparent: traceparent.unwrap_or_else(|| child_trace(None, rest.saga, id)),
        data,
    };
    serde_json::to_string(&whole).ok()
}

/// The member of this name: of the object itself, or else of the first object in it that has one, in the order of names.
fn member<'a>(object: &'a str, name: &str) -> Option<&'a RawValue> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(object).ok()?;
    members.get(name).copied().or_else(|| members.values().find_map(|inner| member(inner.get(), name)))
}

/// A step as a text, if it took effect and has no more than a name and a time; any other as it is.
fn step_as_text(step: Box<RawValue>) -> Box<RawValue> {
    let taken = serde_json::from_str(step.get()).ok().filter(|taken: &Taken| taken.ok);
    taken.and_then(|Taken { at, step, .. }| to_raw_value(&format!("{step} {at}")).ok()).unwrap_or(step)
}

fn step_of_text(step: Box<RawValue>) -> Box<RawValue> {
    let text: Option<String> = serde_json::from_str(step.get()).ok();
    let taken = text.as_deref().and_then(|text| text.rsplit_once(' '));
    let taken = taken.map(|(step, at)| Taken { at: at.to_owned(), ok: true, step: step.to_owned() });
    taken.and_then(|taken| to_raw_value(&taken).ok()).unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const TIME: &str = "2026-01-01T00:00:00.123Z";

    const FACTS: &str = r#"{"fare":{"customerId":"3","fareId":"wr_563"},"steps":{"ChargeFare":{"done":{"charge":{"chargeId":"ch_1"}}}}}"#;

    fn rest(facts: &str) -> Rest<'_> {
        Rest { saga: SagaId::of_request("fare", "a"), time: TIME, facts }
    }

    /// The envelope with this data, whose attributes are those that its saga and its type lead to, but for these.
    fn whole(attributes: &Value, data: &Value) -> String {
        let saga = rest("").saga;
        let id = saga.derive("paid");
        let mut all = json!({
            "id": id, "time": TIME, "schemaversion": 1, "causationid": "x", "traceparent": child_trace(None, saga, id),
        });
        all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        let [id, time, version, cause, trace] =
            ["id", "time", "schemaversion", "causationid", "traceparent"].map(|name| &all[name]);
        let of_saga = format!(r#""source":"/ensemble/payment","type":"paid","subject":"{saga}","time":{time}"#);
        let of_data = format!(r#""datacontenttype":"application/json","schemaversion":{version}"#);
        let of_cause = format!(r#""correlationid":"{saga}","causationid":{cause},"traceparent":{trace}"#);
        format!(r#"{{"specversion":"1.0","id":{id},{of_saga},{of_data},{of_cause},"data":{data}}}"#)
    }

    /// Items that stand in tables are expanded by each later build: a change here alters what was announced already.
    #[test]
    fn the_expansion_is_frozen() {
        let short = concat!(
            r#"{"type":"paid","source":"/ensemble/payment","causationid":"x","#,
            r#""path":["Charge T","A b T",{"at":"T","ok":false,"step":"Credit"}],"#,
            r#""data":{"sum":1.50,"why":"漢"},"facts":["charge","fare"]}"#,
        );
        let whole = concat!(
            r#"{"specversion":"1.0","id":"92edaf47-04ed-5b76-a8d9-66acd165945e","source":"/ensemble/payment","#,
            r#""type":"paid","subject":"ff550941-cf15-5872-a7e4-de465464f053","time":"2026-01-01T00:00:00.123Z","#,
            r#""datacontenttype":"application/json","schemaversion":1,"#,
            r#""correlationid":"ff550941-cf15-5872-a7e4-de465464f053","causationid":"x","#,
            r#""traceparent":"00-ff550941cf155872a7e4de465464f053-92edaf4704ed5b76-01","#,
            r#""data":{"charge":{"chargeId":"ch_1"},"fare":{"customerId":"3","fareId":"wr_563"},"#,
            r#""path":[{"at":"T","ok":true,"step":"Charge"},{"at":"T","ok":true,"step":"A b"},"#,
            r#"{"at":"T","ok":false,"step":"Credit"}],"sum":1.50,"why":"漢"}}"#,
        );
        assert_eq!(expand(short, &rest(FACTS)), whole);
        assert_eq!(compact(whole, &rest(FACTS)), short);
    }

    #[test]
    fn what_nothing_beside_it_says_is_kept() {
        let (saga, other) = (rest("").saga, Uuid::from_u128(7));
        for (attributes, kept) in [
            (json!({}), vec![]),
            (json!({ "causationid": "another" }), vec![]),
            (json!({ "time": "2026-01-01T00:00:01Z" }), vec!["time"]),
            (json!({ "schemaversion": 2 }), vec!["schemaversion"]),
            (json!({ "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" }), vec!["traceparent"]),
            (json!({ "id": other, "traceparent": child_trace(None, saga, other) }), vec!["id"]),
        ] {
            let whole = whole(&attributes, &json!({ "fare": { "customerId": "4" } }));
            let short = compact(&whole, &rest(FACTS));
            assert_eq!(expand(&short, &rest(FACTS)), whole);
            let members: Value = serde_json::from_str(&short).unwrap();
            let expected: Vec<_> = ["type", "source", "causationid", "data", "facts"].into_iter().chain(kept).collect();
            assert_eq!(members.as_object().unwrap().len(), expected.len(), "{short}");
            assert!(expected.iter().all(|name| members.get(name).is_some()), "{short}");
            assert_eq!(
                (&members["facts"], &members["data"]["fare"]["customerId"]),
                (&json!([]), &json!("4")),
                "{short}"
            );
        }
    }

    #[test]
    fn a_text_of_another_form_stays_as_it_is() {
        let envelope = whole(&json!({}), &json!({ "fare": 1 }));
        for other in [
            "",
            "{}",
            "no JSON",
            // An attribute more, and another order.
            &envelope.replace(r#","data""#, r#","more":1,"data""#),
            &envelope.replace(r#"{"specversion":"1.0","#, "{").replace(r#","data""#, r#","specversion":"1.0","data""#),
            &envelope.replace(":1}", ": 1}"),
            // The form of a build that leaves out more than this one knows of.
            r#"{"type":"paid","source":"/ensemble/payment","causationid":"x","data":{},"facts":[],"path":"left out"}"#,
        ] {
            assert_eq!(compact(other, &rest(FACTS)), other);
            assert_eq!(expand(other, &rest(FACTS)), other);
        }
        for path in [json!("A T"), json!(["A T"]), json!([{ "at": "T U", "ok": true, "step": "A" }, 1, "AT"])] {
            let whole = whole(&json!({}), &json!({ "path": path }));
            assert_eq!(expand(&compact(&whole, &rest(FACTS)), &rest(FACTS)), whole);
        }
        // Facts that do not hold what the form refers to.
        let short = compact(&whole(&json!({}), &json!({ "charge": { "chargeId": "ch_1" } })), &rest(FACTS));
        assert_eq!(expand(&short, &rest("null")), short);
    }

    /// JSON of all kinds, with few names, so that facts and data have some in common.
    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-c\"\\\\é\u{0}\u{1f600}]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let object = prop::collection::btree_map("[a-cé\"]|path|at|ok|step", inner.clone(), 0..4);
            let list = prop::collection::vec(inner, 0..3).prop_map(Value::from);
            prop_oneof![object.prop_map(|members| Value::Object(members.into_iter().collect())), list]
        })
    }

    proptest! {
        #[test]
        fn every_byte_comes_back(data in anything(), facts in anything(), cause in ".{0,8}", trace in ".{0,4}") {
            let whole = whole(&json!({ "causationid": cause, "traceparent": trace }), &data);
            let facts = facts.to_string();
            prop_assert_eq!(expand(&compact(&whole, &rest(&facts)), &rest(&facts)), whole.clone());
            if data.is_object() {
                prop_assert!(compact(&whole, &rest(&facts)).len() < whole.len());
            }
        }
    }
}
