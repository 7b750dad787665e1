//! `check`: holds the declared choreography to its rules.
//!
//! **Invariant:** it looks at nothing but what is built into this program: no endpoint, no settings.

use map::{Checked, Map};
use serde_json::json;

use crate::cli::JsonOption;
use crate::{Error, draw};

/// Checks, and prints a line for each rule.
pub(crate) fn check(map: &Map, output: JsonOption) -> Result<(), Error> {
    let report = map::report(map);
    let lines: Vec<String> = report.iter().flat_map(|rule| lines(rule, output.json)).collect();
    draw::print(&lines)?;
    verdict(&report)
}

/// Refuses a map that breaks a rule.
pub(crate) fn refuse(map: &Map) -> Result<(), Error> {
    verdict(&map::report(map))
}

fn verdict(report: &[Checked]) -> Result<(), Error> {
    let problems: Vec<String> = report.iter().flat_map(|rule| &rule.problems).map(ToString::to_string).collect();
    match problems.as_slice() {
        [] => Ok(()),
        [problem] => Err(Error::Failed(format!("the choreography breaks a rule: {problem}"))),
        [first, ..] => {
            let more = problems.len() - 1;
            Err(Error::Failed(format!("the choreography breaks rules: {first} (and {more} more)")))
        }
    }
}

/// A rule as it is printed: in one line what it was held on, or each problem in a line of its own.
fn lines(checked: &Checked, json: bool) -> Vec<String> {
    let (rule, good) = (checked.rule.name(), checked.problems.is_empty());
    if json {
        let problems = checked.problems.iter().map(|problem| {
            let path: Vec<&str> = problem.path.iter().map(|event| event.name()).collect();
            json!({ "what": problem.what, "path": path, "hint": problem.rule.hint() })
        });
        let problems: Vec<_> = problems.collect();
        return vec![json!({ "rule": rule, "ok": good, "checked": checked.what, "problems": problems }).to_string()];
    }
    if good {
        return vec![format!("{} {rule}: {}", draw::mark(true), checked.what)];
    }
    checked.problems.iter().map(|problem| format!("{} {problem}", draw::mark(false))).collect()
}

#[cfg(test)]
mod tests {
    use contracts::events;

    use super::*;

    /// The map without what clients ask for.
    fn broken() -> Map {
        let mut map = choreography::map();
        map.requests.retain(|request| *request != events::CANCEL_REQUESTED);
        map
    }

    #[test]
    fn a_map_that_breaks_a_rule_is_refused_by_the_name_of_the_rule() {
        assert!(refuse(&choreography::map()).is_ok());
        let error = refuse(&broken()).unwrap_err();
        let said = error.to_string();
        let what = "the choreography breaks a rule: unpublished-event: CancelRequested is published by nobody; path: ";
        assert!(said.starts_with(what), "{said}");
    }

    #[test]
    fn a_broken_rule_is_printed_with_its_problems() {
        let report = map::report(&broken());
        let rule = report.iter().find(|rule| !rule.problems.is_empty()).unwrap();
        let text = lines(rule, false).join("\n");
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.starts_with("✗ unpublished-event: CancelRequested is published by nobody; path: "), "{text}");
        assert!(text.contains("; hint: "), "{text}");
        let line: serde_json::Value = serde_json::from_str(&lines(rule, true)[0]).unwrap();
        assert_eq!(line["ok"], false);
        assert_eq!(line["problems"][0]["path"], json!(["CancelRequested"]));
    }
}
