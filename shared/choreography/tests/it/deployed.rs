//! The templates, against what is committed and against what the guide says of them.

use choreography::cloudformation::Stack;
use choreography::{cloudformation, map};

use crate::golden::{committed, root};

#[test]
fn the_templates_are_as_committed() {
    for stack in Stack::ALL {
        committed(stack.file(), &cloudformation(&map(), stack));
    }
}

#[test]
fn the_guide_sets_only_parameters_that_the_template_has() {
    let guide = std::fs::read_to_string(root().join("docs/deploy.md")).unwrap();
    let mut set = 0;
    for command in guide.split("aws cloudformation deploy").skip(1) {
        let Some((head, rest)) = command.split_once("--parameter-overrides") else { continue };
        let stack = Stack::ALL.into_iter().find(|stack| head.contains(stack.file())).expect("it names a template");
        let template = cloudformation(&map(), stack);
        // Until a line that is not continued.
        let lines = rest.lines().scan(true, |goes_on, line| {
            let shown = goes_on.then_some(line);
            *goes_on = line.trim_end().ends_with('\\');
            shown
        });
        for word in lines.flat_map(str::split_whitespace) {
            let name = word.split_once('=').map_or("", |(name, _)| name);
            if name.starts_with(|first: char| first.is_ascii_uppercase()) && !name.contains("Name") {
                assert!(template.contains(&format!("\n  {name}:")), "{}: {name}", stack.file());
                set += 1;
            }
        }
    }
    assert!(set >= 10, "{set}");
}

#[test]
fn the_runbook_knows_every_alarm() {
    let runbook = std::fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let template = cloudformation(&map(), Stack::Topology);
    let (_, resources) = template.split_once("\nResources:\n").unwrap();
    let mut alarms = 0;
    let mut id = "";
    for line in resources.lines() {
        if let Some(name) = line.strip_prefix("  ").filter(|line| !line.starts_with([' ', '-'])) {
            id = name.split(':').next().unwrap();
        }
        if line.contains("AWS::CloudWatch::Alarm") {
            let name = if id.ends_with("HasErrors") { "HasErrors" } else { id };
            assert!(runbook.contains(name), "docs/runbook.md does not say what to do about {id}");
            alarms += 1;
        }
    }
    assert_eq!(alarms, choreography::PARTICIPANTS.len() + 4);
}
