//! Reading rules and striking with them.

use super::*;

fn fault(text: &str) -> Fault {
    text.parse().expect("a good rule")
}

fn strikes(rules: &[&str], operations: &[Operation]) -> Vec<Option<FaultKind>> {
    let faults = Faults::new(rules.iter().copied().map(fault).collect());
    operations.iter().map(|operation| faults.strike(*operation, None)).collect()
}

#[test]
fn a_rule_has_a_command_line_form() {
    let every = |n| NonZeroU32::new(n).expect("not zero");
    for (text, expected) in [
        (
            "lose:capture:every=3",
            Fault {
                operation: Operation::Capture,
                kind: FaultKind::Lose,
                times: None,
                every: every(3),
                customer: None,
            },
        ),
        (
            "late:any:500ms",
            Fault {
                operation: Operation::Any,
                kind: FaultKind::Late(Duration::from_millis(500)),
                times: None,
                every: every(1),
                customer: None,
            },
        ),
        (
            "fail:authorize:times=2",
            Fault {
                operation: Operation::Authorize,
                kind: FaultKind::Fail,
                times: Some(2),
                every: every(1),
                customer: None,
            },
        ),
        (
            "lose:debit",
            Fault { operation: Operation::Debit, kind: FaultKind::Lose, times: None, every: every(1), customer: None },
        ),
    ] {
        assert_eq!(text.parse(), Ok(expected));
    }
}

#[test]
fn a_bad_rule_is_told_what_is_wrong() {
    for (text, message) in [
        ("", "`` is no kind of fault: late, slow, lose or fail"),
        ("loose:any", "`loose` is no kind of fault: late, slow, lose or fail"),
        ("lose", "`` is no operation: authorize, capture, void, refund, debit or any"),
        ("late:any", "`late` and `slow` need a delay: delayMs, or on a command line a part such as 500ms"),
        ("slow:any", "`late` and `slow` need a delay: delayMs, or on a command line a part such as 500ms"),
        ("lose:any:5ms", "only `late` and `slow` have a delay"),
        (
            "lose:any:every=0",
            "`every=0` is not understood: every=<1 or more>, times=<number>, customer=<the end of its id>, or for `late` and `slow` a delay such as 500ms",
        ),
    ] {
        assert_eq!(text.parse::<Fault>().map_err(|error| error.to_string()), Err(message.to_owned()));
    }
}

#[test]
fn a_rule_is_the_same_as_json() {
    let json = r#"{"operation":"any","kind":"late","times":2,"every":3,"delayMs":40}"#;
    let fault: Fault = serde_json::from_str(json).expect("a good rule");
    assert_eq!(fault, "late:any:times=2:every=3:40ms".parse().expect("a good rule"));
    assert_eq!(serde_json::to_string(&fault).expect("a rule is JSON"), json);
    let short: Fault = serde_json::from_str(r#"{"operation":"void","kind":"lose"}"#).expect("a good rule");
    assert_eq!(short, "lose:void".parse().expect("a good rule"));
    let debit: Fault = serde_json::from_str(r#"{"operation":"debit","kind":"fail"}"#).expect("a good rule");
    assert_eq!(debit, "fail:debit".parse().expect("a good rule"));
    let customer: Fault =
        serde_json::from_str(r#"{"operation":"any","kind":"fail","customer":"_broken"}"#).expect("a good rule");
    assert_eq!(customer, "fail:any:customer=_broken".parse().expect("a good rule"));
    for bad in [
        r#"{"operation":"void","kind":"late"}"#,
        r#"{"operation":"void","kind":"lose","delayMs":1}"#,
        r#"{"operation":"void","kind":"lose","tmies":1}"#,
        r#"{"operation":"void","kind":"lose","every":0}"#,
    ] {
        assert!(serde_json::from_str::<Fault>(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_rule_counts_matching_calls_and_strikes_until_used_up() {
    let (lose, capture) = (Some(FaultKind::Lose), Operation::Capture);
    assert_eq!(strikes(&["lose:capture:every=2:times=1"], &[capture; 4]), [None, lose, None, None]);
    assert_eq!(strikes(&["lose:capture"], &[Operation::Void, capture, capture]), [None, lose, lose]);
    assert_eq!(strikes(&["lose:any:times=1"], &[Operation::Void, capture]), [lose, None]);
    assert_eq!(strikes(&["lose:any:every=2"], &[Operation::Debit; 2]), [None, lose]);
}

#[test]
fn a_rule_for_some_customers_strikes_no_other() {
    let faults = Faults::new(vec![fault("fail:capture:customer=_broken")]);
    let strike = |operation, customer| faults.strike(operation, customer);
    assert_eq!(strike(Operation::Capture, Some("3_broken")), Some(FaultKind::Fail));
    assert_eq!(strike(Operation::Capture, Some("3")), None);
    assert_eq!(strike(Operation::Capture, None), None);
    assert_eq!(strike(Operation::Void, Some("3_broken")), None);
}

#[test]
fn the_first_rule_due_is_used_and_the_others_count() {
    let (fail, lose) = (Some(FaultKind::Fail), Some(FaultKind::Lose));
    let rules = ["fail:any:times=1", "lose:any:every=2:times=1"];
    assert_eq!(strikes(&rules, &[Operation::Refund; 3]), [fail, lose, None]);
}

#[test]
fn what_remains_is_shown() {
    let faults = Faults::new(vec![fault("fail:any:times=2"), fault("lose:void")]);
    faults.strike(Operation::Capture, None);
    assert_eq!(faults.remaining(), [fault("fail:any:times=1"), fault("lose:void")]);
    faults.replace(Vec::new());
    assert_eq!(faults.remaining(), []);
}
