//! What a choreography gives, and what is said where that does not fit together.

use std::convert::Infallible;

use console::cli::{PublishOptions, RunOptions};
use console::{Command, Console, Error, JsonOption, LocalOptions, Stack};
use ensemble_console as console;
use runtime::{CancellationToken, Environment};
use saga::owner::{Broken, Form};
use trip::Event;
use trip::vocabulary::{Asked, kinds};
use wire::declared::CANCEL_REQUESTED;

fn trips() -> Console<Event> {
    Console::new("trips", trip::map(), |_, settings, _| Ok(trip::services(&settings.names)))
}

async fn execute(console: &Console<Event>, command: Command) -> Result<(), Error> {
    console.execute(command, &Environment::default(), &CancellationToken::new()).await
}

#[tokio::test]
async fn a_map_that_breaks_a_rule_does_not_run() {
    let mut map = trip::map();
    map.requests.retain(|request| *request != CANCEL_REQUESTED);
    let console = Console::<Event>::new("trips", map, |_, settings, _| Ok(trip::services(&settings.names)));
    let options = LocalOptions::default();
    let started = Stack::start(&console, &Environment::default(), &options, |_| Ok(Vec::new())).await;
    let error = started.unwrap_err().to_string();
    assert!(error.starts_with("the choreography breaks a rule: unpublished-event: CancelRequested"), "{error}");
}

#[tokio::test]
async fn a_service_of_the_map_that_is_not_made_is_named() {
    let console = Console::<Event>::new("trips", trip::map(), |names, settings, _| {
        assert_eq!(names, ["hotels", "cars"], "in the order of the map, each once");
        Ok(trip::services(&settings.names).into_iter().filter(|service| service.name() != "cars").collect())
    });
    let services = ["cars", "hotels", "cars"].map(str::to_owned).into();
    let error = execute(&console, Command::Run(RunOptions { services })).await.unwrap_err();
    assert_eq!(error.to_string(), "`trips` makes no service of the name `cars`");
    let services = vec!["airlines".to_owned()];
    let error = execute(&console, Command::Run(RunOptions { services })).await.unwrap_err();
    let there_are = "`airlines` is no service; there are trips, hotels, flights, cars, notifier";
    assert!(matches!(&error, Error::Usage(said) if said == there_are), "{error}");
}

#[tokio::test]
async fn a_request_is_checked_by_the_forms_that_are_given_before_any_is_sent() {
    const FORMS: &[Form<Event, Infallible>] = &[Form {
        kind: kinds::TRIP,
        fields: &["traveller"],
        read: |fields, mut rules| {
            rules.extend(fields.rule_of_unknown::<Event>(&["traveller"]).map(|rule| format!("body: {rule}")));
            Err(Box::new(Broken { asked: Asked::default(), rules }))
        },
        schema: ("TripRequest", || serde_json::json!({})),
    }];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trip.json");
    std::fs::write(&file, r#"{"traveller":"ann","boat":true}"#).unwrap();
    let publish = || PublishOptions {
        kind: "trip".to_owned(),
        file: file.clone(),
        partial: false,
        id: None,
        output: JsonOption { json: false },
    };
    let error = execute(&trips().forms(FORMS), Command::Publish(publish())).await.unwrap_err();
    let told = "line 1: body: a field is none of traveller: \"boat\"\nnone was sent; --partial sends the good ones";
    assert!(matches!(&error, Error::Input(said) if said == told), "{error}");
    let cruise = PublishOptions { kind: "cruise".to_owned(), ..publish() };
    let error = execute(&trips(), Command::Publish(cruise)).await.unwrap_err();
    assert!(matches!(&error, Error::Usage(said) if said == "`cruise` is no kind of saga; there are trip"), "{error}");
}
