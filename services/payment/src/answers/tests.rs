//! The table: every status for every act, and what the documents say of it.

use std::fmt::Write;

use super::*;

const ALL: [Act; 6] = [Act::Authorize, Act::Capture, Act::Debit, Act::Void, Act::Refund, Act::LookUp];
const NOTHING: &str = r#"{"authorization":null,"charge":null,"refund":null}"#;

fn error(code: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","message":"no"}}}}"#)
}

fn of(act: Act, status: u16, body: &str, fresh: bool) -> Meaning {
    meaning(act, status, &Body::read(act, body.as_bytes()), fresh)
}

#[test]
fn a_yes_names_what_was_done_and_nothing_else_is_one() {
    for act in ALL {
        for status in 100..600 {
            let said = if act == Act::LookUp { NOTHING } else { r#"{"id":"ch_1"}"# };
            let is_yes = status == 200 || (status == 201 && act != Act::LookUp);
            let expected = if is_yes { Meaning::Yes } else { Meaning::Unknown };
            assert_eq!(of(act, status, said, true), expected, "{act}: {status}");
        }
        for senseless in
            ["", "null", "{}", "[]", "<html>", r#"{"id":1}"#, r#"{"id":""}"#, r#"{"id":"a/b"}"#, r#"{"id":".."}"#]
        {
            assert_eq!(of(act, 200, senseless, true), Meaning::Unknown, "{act}: {senseless}");
        }
    }
}

#[test]
fn a_no_is_a_decision_about_this_request_that_can_be_read_and_no_other_status_is_one() {
    for act in ALL {
        for status in 100..600 {
            let expected = match status {
                402 if act != Act::LookUp => Meaning::No,
                _ => Meaning::Unknown,
            };
            assert_eq!(of(act, status, &error("declined"), false), expected, "{act}: {status}");
            let expected = match status {
                400 | 402 | 422 if act != Act::LookUp => Meaning::No,
                _ => Meaning::Unknown,
            };
            assert_eq!(of(act, status, &error("declined"), true), expected, "{act}: {status}, fresh");
        }
        for status in [400, 402, 404, 409, 422] {
            for senseless in ["", "{}", "<html>", r#"{"error":"no"}"#, r#"{"error":{"code":"","message":""}}"#] {
                assert_eq!(of(act, status, senseless, true), Meaning::Unknown, "{act}: {status}: {senseless}");
            }
        }
    }
}

#[test]
fn what_is_said_about_the_key_says_nothing_about_the_request() {
    for act in ALL {
        for (status, code) in [
            (400, "idempotency_key_reused"),
            (409, "idempotency_key_in_use"),
            (422, "idempotency_key_reused"),
            (422, "idempotency_error"),
        ] {
            assert_eq!(of(act, status, &error(code), true), Meaning::Unknown, "{act}: {status} {code}");
        }
    }
}

#[test]
fn what_was_done_already_is_a_yes_of_a_void_and_is_looked_up_after_a_capture_or_a_refund() {
    for (act, code, expected) in [
        (Act::Void, "already_voided", Meaning::Yes),
        (Act::Void, "already_captured", Meaning::No),
        (Act::Capture, "already_captured", Meaning::Unknown),
        (Act::Capture, "already_voided", Meaning::No),
        (Act::Refund, "already_refunded", Meaning::Unknown),
        (Act::Refund, "amount_mismatch", Meaning::No),
    ] {
        assert_eq!(of(act, 402, &error(code), true), expected, "{act}: {code}");
    }
}

#[test]
fn nothing_is_there_only_where_all_three_are_said_not_to_be() {
    let of = |body: &str| of(Act::LookUp, 200, body, false);
    assert_eq!(of(NOTHING), Meaning::Yes);
    for body in [
        r#"{"authorization":null,"charge":null}"#,
        r#"{"authorization":null,"charge":{},"refund":null}"#,
        r#"{"authorization":{"id":""},"charge":null,"refund":null}"#,
    ] {
        assert_eq!(of(body), Meaning::Unknown, "{body}");
    }
}

/// The table as the documents have it.
fn table() -> String {
    let mut table = String::from("| asked for | answered | saying | means |\n| --- | --- | --- | --- |\n");
    for rule in RULES {
        let acts: Vec<String> = rule.acts.iter().map(ToString::to_string).collect();
        let acts = if rule.acts.len() == ALL.len() { "anything".to_owned() } else { acts.join(", ") };
        let statuses: Vec<String> = rule.statuses.iter().map(ToString::to_string).collect();
        let statuses = if statuses.is_empty() { "anything else".to_owned() } else { statuses.join(", ") };
        let says = match rule.says {
            Says::Id => "an `id`".to_owned(),
            Says::Known => "`authorization`, `charge` and `refund`: each null, or with an `id`".to_owned(),
            Says::Code(code) => format!("the error `{code}`"),
            Says::KeyError => "an error `idempotency…`".to_owned(),
            Says::Error if rule.fresh => {
                "any other error, while no earlier call with the key can be at work".to_owned()
            }
            Says::Error => "any other error with a code and a message".to_owned(),
            Says::Anything => "anything, or nothing".to_owned(),
        };
        let means = match rule.means {
            Meaning::Yes => "yes",
            Meaning::No => "no",
            Meaning::Unknown => "unknown",
        };
        writeln!(table, "| {acts} | {statuses} | {says} | {means} |").expect("a String takes it");
    }
    table
}

#[test]
fn the_documents_show_this_table() {
    let semantics = include_str!("../../../../docs/semantics.md");
    assert!(semantics.contains(&table()), "docs/semantics.md should hold:\n{}", table());
}
