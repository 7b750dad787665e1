//! Commands that need no endpoint, and what the command line knows of the choreography.

use map::cloudformation::Stack;
use saga::topology::Names;
use trip::vocabulary::kinds;

use crate::harness::trips;

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn help_says_what_the_program_is_and_has_the_commands_of_any_choreography() {
    let help = trips(NOWHERE, &["--help"]);
    assert_eq!(help.code, Some(0), "{help:?}");
    assert!(help.out.starts_with("Trips with a room, a deposit, a flight and a car."), "{help:?}");
    assert!(help.out.contains("Usage: trips ") && help.out.contains("Exit codes: 0 done;"), "{help:?}");
    for command in [
        "up",
        "check",
        "provision",
        "publish",
        "watch",
        "parked",
        "queues",
        "sagas",
        "trace",
        "cancel",
        "retry",
        "resolve",
        "audit",
        "probe",
        "run",
        "local",
        "render",
    ] {
        assert!(help.out.lines().any(|line| line.split_whitespace().next() == Some(command)), "{command}: {help:?}");
    }
    let version = trips(NOWHERE, &["--version"]);
    assert_eq!((version.code, version.out), (Some(0), format!("trips {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn services_and_kinds_are_those_of_the_map_and_any_other_is_wrong_usage() {
    let help = trips(NOWHERE, &["run", "--help"]);
    for (service, about) in [("hotels", "Holds"), ("trips", "Registers trips, owns the outcome")] {
        assert!(help.out.contains(service) && help.out.contains(about), "{help:?}");
    }
    for (args, there_are) in [
        (&["run", "airlines"][..], "trips, hotels, flights, cars, notifier"),
        (&["publish", "cruise", "-"], "trip"),
        (&["render", "map", "--saga", "cruise"], "trip"),
        (&["cancel", "--request", "r", "--saga", "cruise"], "trip"),
    ] {
        let ended = trips(NOWHERE, args);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(&format!("[possible values: {there_are}]")), "{ended:?}");
    }
}

#[test]
fn check_holds_the_map_to_every_rule() {
    let ended = trips(NOWHERE, &["check"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for (line, rule) in ended.out.lines().zip(map::Rule::ALL) {
        assert!(line.starts_with(&format!("✓ {}: ", rule.name())), "{line}");
    }
    assert_eq!(ended.out.lines().count(), map::Rule::ALL.len(), "{ended:?}");
}

#[test]
fn render_draws_the_map() {
    let of_trips = trip::map();
    for (args, drawn) in [
        (&["map"][..], map::mermaid(&of_trips, None)),
        (&["map", "--saga", "trip"], map::mermaid(&of_trips, Some(kinds::TRIP))),
        (&["table"], map::table(&of_trips)),
        (&["asyncapi"], map::asyncapi(&of_trips, &Names::default())),
        (&["cloudformation", "topology"], map::cloudformation(&of_trips, Stack::Topology)),
        (&["cloudformation", "services"], map::cloudformation(&of_trips, Stack::Services)),
    ] {
        let ended = trips(NOWHERE, &[&["render"], args].concat());
        assert_eq!((ended.code, ended.out), (Some(0), drawn), "{args:?}");
    }
}

#[test]
fn an_endpoint_that_does_not_answer_has_an_exit_code_of_its_own() {
    for args in [&["provision"][..], &["queues"], &["sagas"], &["watch"]] {
        let ended = trips(NOWHERE, args);
        assert_eq!(ended.code, Some(69), "{ended:?}");
        assert!(ended.err.starts_with("error: ") && ended.err.contains("is unavailable"), "{ended:?}");
    }
}
