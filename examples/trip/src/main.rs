//! Three trips on an embedded AWS endpoint: one goes well, one finds no car and is undone, one cannot be undone.

use std::process::ExitCode;

use local::{Endpoint, Options};
use operate::operator::{Outcomes, publish};
use operate::provision::provision;
use runtime::{Aws, Environment, Running, Settings};
use saga::{Announcement, Channel};
use trip::vocabulary::{Asked, events, kinds};
use wire::{EventType, Notification};

const TRAVELLERS: [&str; 3] = ["ann", "ben.RentCar", "cleo.RentCar.CancelFlight"];

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match runtime::host::run(|_signals| demo()).map_err(Failure::from).flatten() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn demo() -> Result<(), Failure> {
    let endpoint = Endpoint::start(Options::default())?;
    let (aws, settings) = (Aws::at(&endpoint.url()).await?, Settings::read(&Environment::default())?);
    provision(&aws, &map::topology(&trip::map(), &settings.names)).await?;
    let running = Running::start(trip::services(&settings.names), aws.clone(), settings.clone());
    let messages = TRAVELLERS.iter().flat_map(|who| [request(who), answer(who)]).collect();
    for published in publish(&aws, &settings, messages).await {
        published?;
    }
    let outcomes = Outcomes::new(&aws, &settings);
    let mut arriving = outcomes.watch();
    for _ in TRAVELLERS {
        let Some(found) = arriving.recv().await.transpose()? else { break };
        outcomes.delete(&found).await?;
        say(&drawn(&serde_json::from_str(&found.body)?));
    }
    running.stop().await;
    endpoint.stop();
    Ok(())
}

fn request(traveller: &str) -> Announcement {
    let body = serde_json::json!({ "traveller": traveller, "city": "Lisbon", "nights": 3, "car": true });
    message(traveller, events::TRIP_REQUESTED, &body)
}

/// Every traveller approves the plan.
fn answer(traveller: &str) -> Announcement {
    let saga = wire::SagaId::of_request("trip", traveller);
    let body = serde_json::json!({ "type": "answer_given", "sagaId": saga, "by": traveller, "answer": "yes" });
    message(&format!("{traveller} answers"), events::ANSWER_GIVEN, &body)
}

fn message(id: &str, event: EventType, body: &serde_json::Value) -> Announcement {
    Announcement {
        channel: Channel::Requests(kinds::TRIP),
        id: wire::SagaId::of_request("trip", id).uuid(),
        name: event.as_str().to_owned(),
        body: body.to_string(),
        attributes: vec![("requestId", id.to_owned())],
    }
}

/// `ben.RentCar: compensated: RegisterTrip ✓ → … → CallOffTrip ✓`.
fn drawn(told: &Notification<Asked>) -> String {
    let who = told.about.trip.as_ref().map_or("somebody", |plan| plan.traveller.as_str());
    let step = |step: &wire::Step| format!("{} {}", step.step, if step.ok { "✓" } else { "✗" });
    let way: Vec<String> = told.path.steps().iter().map(step).collect();
    let standing: Vec<&str> = told.standing.iter().map(|standing| standing.effect.as_str()).collect();
    let left = if standing.is_empty() { String::new() } else { format!("; still standing: {}", standing.join(", ")) };
    format!("{who}: {}: {}{left}", told.outcome.as_str(), way.join(" → "))
}

#[expect(clippy::print_stdout, reason = "the demo tells its story")]
fn say(line: &str) {
    println!("{line}");
}
