//! Each operator, on attributes and on the body.

use rustack_sqs_model::types::MessageAttributeValue;

use super::*;

fn message(attributes: &[(&str, &str, &str)], body: &str) -> Message {
    let attributes = attributes.iter().map(|(name, kind, value)| {
        let value = MessageAttributeValue {
            data_type: (*kind).to_owned(),
            string_value: Some((*value).to_owned()),
            binary_value: None,
        };
        ((*name).to_owned(), value)
    });
    Message {
        id: String::new(),
        body: body.to_owned(),
        subject: None,
        attributes: attributes.collect(),
        group: None,
        deduplication: None,
        sequence: None,
        trace_header: None,
        timestamp: String::new(),
    }
}

/// Asserts which of the values, as JSON, pass the rules for `k`; on the body and, where they can be, as attributes.
#[track_caller]
fn check(rules: &str, pass: &[&str], stay: &[&str]) {
    let policy = format!(r#"{{"k":{rules}}}"#);
    for (value, passes) in pass.iter().map(|v| (v, true)).chain(stay.iter().map(|v| (v, false))) {
        let on_body = message(&[], &format!(r#"{{"k":{value}}}"#));
        assert_eq!(Filter::parse(&policy, true).unwrap().matches(&on_body), passes, "{policy} on the body, {value}");
        let json: Value = serde_json::from_str(value).unwrap();
        let (kind, text) = match &json {
            Value::String(text) => ("String", text.clone()),
            Value::Number(_) => ("Number", (*value).to_owned()),
            Value::Array(_) => ("String.Array", (*value).to_owned()),
            Value::Null | Value::Bool(_) | Value::Object(_) => continue,
        };
        let on_attributes = message(&[("k", kind, &text)], "not JSON");
        let filter = Filter::parse(&policy, false).unwrap();
        assert_eq!(filter.matches(&on_attributes), passes, "{policy} on attributes, {value}");
    }
    // Something that is not there passes only if that is asked for.
    let absent = message(&[], "{}");
    let asked = rules.contains(r#""exists":false"#);
    assert_eq!(Filter::parse(&policy, true).unwrap().matches(&absent), asked, "{policy}");
    assert_eq!(Filter::parse(&policy, false).unwrap().matches(&absent), asked, "{policy}");
}

#[test]
fn exact_values_of_each_type() {
    check(r#"["a","b"]"#, &[r#""a""#, r#""b""#, r#"["x","a"]"#], &[r#""c""#, r#""A""#, "1", "[]", r#"["x"]"#]);
    check("[100, 3.5]", &["100", "100.0", "1e2", "3.5", "[100]"], &["101", r#""100""#]);
    check("[true]", &["true", "[true]"], &["false", r#""true""#]);
    check("[null]", &["null", "[null]"], &["false", r#""null""#]);
}

#[test]
fn prefix_suffix_and_case() {
    check(r#"[{"prefix":"bas"}]"#, &[r#""baseball""#, r#""bas""#], &[r#""Baseball""#, r#""ba""#, "1"]);
    check(r#"[{"suffix":"ball"}]"#, &[r#""baseball""#], &[r#""balls""#]);
    check(r#"[{"equals-ignore-case":"Tennis"}]"#, &[r#""tennis""#, r#""TENNIS""#], &[r#""tennis ""#]);
}

#[test]
fn anything_but_values_prefixes_and_suffixes() {
    check(r#"[{"anything-but":"a"}]"#, &[r#""b""#, "1"], &[r#""a""#]);
    check(r#"[{"anything-but":["a","b"]}]"#, &[r#""c""#, r#"["a","c"]"#], &[r#""a""#, r#""b""#, r#"["a","b"]"#]);
    check(r#"[{"anything-but":[100,500]}]"#, &["101", r#""100""#], &["100", "500.0"]);
    check(r#"[{"anything-but":{"prefix":"order-"}}]"#, &[r#""data-1""#], &[r#""order-1""#]);
    check(r#"[{"anything-but":{"suffix":["x","y"]}}]"#, &[r#""az""#], &[r#""ax""#, r#""ay""#]);
}

#[test]
fn numeric_comparisons_and_ranges() {
    check(r#"[{"numeric":["=",301.5]}]"#, &["301.5", "3.015e2"], &["301", r#""301.5""#]);
    check(r#"[{"numeric":["<",0]}]"#, &["-1"], &["0", "1"]);
    check(r#"[{"numeric":["<=",0]}]"#, &["-1", "0"], &["1"]);
    check(r#"[{"numeric":[">",0]}]"#, &["1"], &["0", "-1"]);
    check(r#"[{"numeric":[">=",0]}]"#, &["1", "0"], &["-1"]);
    check(r#"[{"numeric":[">",0,"<=",150]}]"#, &["1", "150"], &["0", "150.1"]);
}

#[test]
fn presence_and_absence() {
    check(r#"[{"exists":true}]"#, &[r#""a""#, "1", "[1]"], &[]);
    check(r#"[{"exists":false}]"#, &[], &[r#""a""#, "1"]);
    check(r#"[{"exists":false},{"anything-but":["a"]}]"#, &[r#""b""#], &[r#""a""#]);
}

#[test]
fn address_ranges() {
    check(
        r#"[{"cidr":"10.0.0.0/24"}]"#,
        &[r#""10.0.0.0""#, r#""10.0.0.255""#],
        &[r#""10.0.1.0""#, r#""10.0.0""#, r#""::ffff:a00:0""#],
    );
    check(r#"[{"cidr":"2001:db8::/32"}]"#, &[r#""2001:db8:1::1""#], &[r#""2001:db9::1""#, r#""10.0.0.1""#]);
    check(r#"[{"cidr":"0.0.0.0/0"}]"#, &[r#""255.1.2.3""#], &[r#""::1""#]);
}

#[test]
fn all_keys_must_match_and_one_alternative() {
    let policy = r#"{"source":["shop"],"$or":[{"metric":["cpu"]},{"size":[{"numeric":[">",10]}]}]}"#;
    let filter = Filter::parse(policy, false).unwrap();
    let shop = ("source", "String", "shop");
    assert!(filter.matches(&message(&[shop, ("metric", "String", "cpu")], "")));
    assert!(filter.matches(&message(&[shop, ("size", "Number", "11")], "")));
    assert!(!filter.matches(&message(&[shop, ("size", "Number", "10")], "")));
    assert!(!filter.matches(&message(&[shop], "")));
    assert!(!filter.matches(&message(&[("metric", "String", "cpu")], "")));
}

#[test]
fn nested_keys_and_lists_of_objects() {
    let filter = Filter::parse(r#"{"order":{"state":["paid"],"items":{"sku":[{"prefix":"a"}]}}}"#, true).unwrap();
    let passes = |body: &str| filter.matches(&message(&[], body));
    assert!(passes(r#"{"order":{"state":"paid","items":[{"sku":"b1"},{"sku":"a1"}]},"more":1}"#));
    assert!(passes(r#"{"order":{"state":["new","paid"],"items":{"sku":"a1"}}}"#));
    assert!(!passes(r#"{"order":{"state":"paid","items":[{"sku":"b1"}]}}"#));
    assert!(!passes(r#"{"order":{"state":"paid"}}"#));
    assert!(!passes(r#"{"state":"paid"}"#));
    assert!(!passes("[1]"));
    assert!(!passes("no JSON"));

    let absent = Filter::parse(r#"{"order":{"note":[{"exists":false}]}}"#, true).unwrap();
    assert!(absent.matches(&message(&[], r#"{"order":{"state":"paid"}}"#)));
    assert!(absent.matches(&message(&[], "{}")));
    assert!(!absent.matches(&message(&[], r#"{"order":{"note":"x"}}"#)));
}

#[test]
fn a_list_in_a_plain_string_attribute_is_a_string() {
    let filter = Filter::parse(r#"{"k":["a"]}"#, false).unwrap();
    assert!(!filter.matches(&message(&[("k", "String", r#"["a"]"#)], "")));
    assert!(filter.matches(&message(&[("k", "String.custom", "a")], "")));
}

#[test]
fn bad_policies_are_refused() {
    for policy in [
        "no JSON",
        "[]",
        r#"{"k":"a"}"#,
        r#"{"k":[]}"#,
        r#"{"k":{"nested":["a"]}}"#,
        r#"{"k":[["a"]]}"#,
        r#"{"k":[{"unknown":1}]}"#,
        r#"{"k":[{"prefix":1}]}"#,
        r#"{"k":[{"prefix":"a","suffix":"b"}]}"#,
        r#"{"k":[{"exists":"yes"}]}"#,
        r#"{"k":[{"numeric":[]}]}"#,
        r#"{"k":[{"numeric":["~",1]}]}"#,
        r#"{"k":[{"numeric":[">",5,"<",1]}]}"#,
        r#"{"k":[{"numeric":["<",5,">",1]}]}"#,
        r#"{"k":[{"anything-but":[]}]}"#,
        r#"{"k":[{"cidr":"10.0.0.0/33"}]}"#,
        r#"{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}"#,
    ] {
        let error = Filter::parse(policy, false).expect_err(policy);
        assert_eq!(error.code, "InvalidParameter", "{policy}");
    }
    let list = |count: usize| format!("{:?}", vec!["x"; count]);
    let complex = format!(r#"{{"a":{},"b":{},"c":{}}}"#, list(6), list(6), list(5));
    assert!(Filter::parse(&complex, false).unwrap_err().message.contains("too complex"));
}
