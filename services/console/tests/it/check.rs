//! The check of the choreography, as it is printed.

use crate::harness::{Env, ensemble, env};

#[tokio::test]
async fn check_prints_a_line_for_each_rule_and_needs_no_endpoint() {
    let nowhere = env(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]);
    let ended = ensemble(&["check"], &nowhere).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines: Vec<&str> = ended.out.lines().collect();
    assert_eq!(lines.len(), choreography::Rule::ALL.len(), "{ended:?}");
    for (line, rule) in lines.iter().zip(choreography::Rule::ALL) {
        assert!(line.starts_with(&format!("✓ {}: ", rule.name())), "{line}");
    }
    let longest = lines.iter().find(|line| line.starts_with("✓ too-many-hops: at most 12 hops "));
    assert!(longest.is_some_and(|line| line.contains("; order 5, OrderRequested → OrderCreated → ")), "{ended:?}");
}

#[tokio::test]
async fn check_prints_json_for_a_program() {
    let ended = ensemble(&["check", "--json"], &Env::new()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let rules = ended.json();
    assert_eq!(rules.len(), choreography::Rule::ALL.len());
    assert!(rules.iter().all(|rule| rule["ok"] == true && rule["problems"] == serde_json::json!([])), "{rules:?}");
    assert_eq!(rules[0]["rule"], "orphan-event");
}
