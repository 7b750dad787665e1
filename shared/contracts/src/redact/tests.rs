//! What is removed, and what is kept.

use proptest::prelude::*;

use super::*;

/// What people put between the digits of a card number.
const SEPARATORS: [&str; 40] = [
    " ", "\u{a0}", "\u{2000}", "\u{2003}", "\u{2009}", "\u{200a}", "\u{200b}", "\u{200c}", "\u{200d}", "\u{202f}",
    "\u{205f}", "\u{2060}", "\u{3000}", "\u{feff}", "\u{ad}", "-", "\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}",
    "\u{2212}", "\t", "\n", "\r\n", "/", "\\", "_", ",", ".", "(", ")", "[", "]", "\"", "'", "\u{201c}", "+", "*",
    " - ", ", ",
];

/// A number with a valid Luhn sum: these digits, and the one that makes it valid.
fn card(digits: &[u8]) -> String {
    let text = |last: u8| digits.iter().chain(&[last]).map(|digit| char::from(b'0' + digit)).collect::<String>();
    (0..=9).map(text).find(|text| !number::places(text).is_empty()).expect("one of ten is valid")
}

/// A card number of which each digit is of one of these scripts, with something between some of them.
fn cut_up() -> impl Strategy<Value = (String, String)> {
    let digits = proptest::collection::vec(0_u8..=9, 12..=18).prop_map(|digits| card(&digits));
    let cuts = proptest::collection::vec(proptest::option::weighted(0.4, 0..SEPARATORS.len()), 19);
    let zeros = proptest::collection::vec(prop_oneof![8 => Just('0'), 1 => Just('０'), 1 => Just('٠')], 19);
    (digits, cuts, zeros).prop_map(|(plain, cuts, zeros)| {
        let mut written = String::new();
        for ((digit, cut), zero) in plain.chars().zip(cuts).zip(zeros) {
            let value = digit.to_digit(10).expect("a digit");
            written.extend(char::from_u32(u32::from(zero) + value));
            written.extend(cut.and_then(|cut| SEPARATORS.get(cut)).copied());
        }
        (plain, written)
    })
}

/// The digits of a text, in ASCII.
fn digits_of(text: &str) -> String {
    let value =
        |c: char| (0..=9).find(|value| ['0', '０', '٠'].iter().any(|zero| u32::from(*zero) + value == u32::from(c)));
    text.chars().filter_map(value).filter_map(|value| char::from_digit(value, 10)).collect()
}

proptest! {
    #[test]
    fn a_card_number_never_survives_however_it_is_cut_up(
        (plain, written) in cut_up(), before in "[a-zé:]{0,6}|[a-z] ", after in "[a-zé:]{0,6}| 11/27 391",
    ) {
        let said = format!("{before}{written}{after}");
        let clean = text(&said);
        prop_assert!(!digits_of(&clean).contains(&plain), "{said:?} became {clean:?}");
        let kept = clean.split_once(REMOVED).map(|(kept, _)| kept);
        prop_assert_eq!(kept, Some(before.as_str()));
        let letter = serde_json::json!({ "note": said, (said.as_str()): 1 }).to_string();
        prop_assert!(!digits_of(&body(&letter)).contains(&plain), "{said:?}");
    }

    #[test]
    fn a_text_without_thirteen_digits_in_a_row_keeps_its_bytes(said in "([a-z ,.:/é-]{1,9}[0-9]{0,12}[a-z:]){0,6}") {
        prop_assert_eq!(text(&said), said.as_str());
    }

    #[test]
    fn ids_keep_their_bytes(bytes in any::<[u8; 16]>(), more in any::<[u8; 8]>()) {
        let id = uuid::Uuid::from_bytes(bytes);
        let simple = id.simple().to_string();
        let span: String = more.iter().map(|byte| format!("{byte:02x}")).collect();
        let with_letters = simple.bytes().any(|byte| byte.is_ascii_alphabetic());
        let mut said = format!("saga {id} in 00-{simple}-{span}-01 of urn:uuid:{id}");
        if with_letters {
            said.push_str(&format!(", charge ch_{simple}, trace {simple}"));
        }
        prop_assert_eq!(text(&said), said.as_str());
    }
}

#[test]
fn only_the_number_and_the_digits_behind_it_are_removed_from_words() {
    for (said, kept) in [
        ("card 4929 7182 6403 5517 was stolen", "card [removed] was stolen"),
        ("cust4929718264035517x", "cust[removed]x"),
        ("(4929-7182-6403-5517, 11/27, 391)", "([removed])"),
        ("4929718264035517 and 4111/1111/1111/1111.", "[removed] and [removed]."),
        ("order 12 4929 7182 6403 5517", "order [removed]"),
        // Nothing tells where the number begins.
        ("492971826403551711273", "[removed]"),
        ("4929\u{200b}7182\u{a0}6403–5517", "[removed]"),
        ("４９２９７１８２６４０３５５１７", "[removed]"),
    ] {
        assert_eq!(text(said), kept, "{said}");
    }
}

#[test]
fn numbers_that_are_no_card_numbers_are_kept() {
    for said in [
        "order 4929718264035518",
        "call +49 30 901820, or 0171 2345678 on Monday",
        "at 2026-11-21T22:00:00.123456789Z and 1763762400123",
        "1763762400123456789 ns",
        "arn:aws:sns:us-east-1:123456789012:ensemble-booking-events",
        "10.120.130.140:54321",
        "00000000-0000-0000-0000-000000000000",
        "411111111111",
        "½⅓4111",
        "",
    ] {
        assert_eq!(text(said), said);
    }
}

#[test]
fn card_data_is_removed_wherever_it_stands() {
    let bodies = [
        r#"{"customerId":"3","cc":"2424 2424 2424 2424","expiryDate":"12/22","cvv":"111"}"#,
        r#"{"type":"fare_asked","data":{"card":{"number":"2424-2424-2424-2424"},"CVV":111,"expiry_date":"12/22"}}"#,
        r#"{"Message":"{\"cc\":\"2424 2424 2424 2424\",\"expiryDate\":\"12/22\",\"cvv\":\"111\"}"}"#,
        r#"{"Message":" [{\"creditCardNo\":\"2424 2424 2424 2424\",\"expiryDate\":\"12/22\",\"cvv\":\"111\"}]"}"#,
        r#"{"note":"card 2424242424242420 ends 12","list":[2424242424242420]}"#,
        r#"{"note":"2424 2424 2424 2420","note":"none"}"#,
        r#"{"a":[{"note":"2424 2424 2424 2420","note":"none"}]}"#,
        r#"{"float":2424242424242420.0,"exponent":2424242424242420e-1}"#,
        r#"{"fraction":242424242424242420.5}"#,
        r#"{"data_base64":"MjQyNCAyNDI0"}"#,
        r#"{"2424 2424 2424 2420":1}"#,
        r#"["2424 2424 2424 2424"]"#,
        "2424 2424 2424 2424",
        "{\"cc\":\"2424 2424 2424 2424",
    ];
    for given in bodies {
        let kept = body(given);
        for secret in ["2424", "12/22", "111", "MjQy"] {
            assert!(!kept.contains(secret), "{secret} stands in {kept}");
        }
    }
}

#[test]
fn a_body_without_card_data_keeps_its_bytes() {
    let given = r#"{ "id":"12345678-1234-4123-8123-123456789012", "time":"2026-11-21T22:00:00.123456789Z","traceparent":"00-11111111111111111111111111111111-2222222222222222-01","chargeId":"ch_111111111111111111","amount":{"minor":2000},"fare":{"customerId":"4929718264035517"},"TopicArn":"arn:aws:sns:us-east-1:123456789012:t","key":"abc123456789012345","sealedcard":"c2VhbGVk","note":"[urgent] order 123456789012345"}"#;
    assert_eq!(body(given), given);
}

#[test]
fn what_was_redacted_is_marked() {
    for given in [r#"{"cvv":"111"}"#, "not JSON"] {
        assert!(body(given).contains(r#""redacted":true"#), "{given}");
    }
}

#[test]
fn what_lies_too_deep_is_removed() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
    assert!(body(&deep).contains(REMOVED));
    assert!(body(&"[".repeat(100_000)).contains("not a JSON object"));
}
