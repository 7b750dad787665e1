//! Without arguments, three trips on an embedded AWS endpoint: one goes well, one finds no car and is undone, one cannot
//! be undone. With arguments, the operator's command of trips.

use std::process::ExitCode;

use console::{Console, Error, LocalOptions, Request, Stack, draw, publish_requests};
use operate::operator::Outcomes;
use operate::sagas::Sagas;
use runtime::Environment;
use trip::Event;
use trip::vocabulary::kinds;

const TRAVELLERS: [&str; 3] = ["ann", "ben.RentCar", "cleo.RentCar.CancelFlight"];

fn main() -> ExitCode {
    let console = Console::<Event>::new("trip", trip::map(), |_, settings, _| Ok(trip::services(&settings.names)))
        .about("Trips with a room, a deposit, a flight and a car.")
        .forms(trip::FORMS)
        .notification_title(|told| told.about.trip.as_ref().map_or_else(String::new, |plan| plan.traveller.to_string()))
        .logs(&["trip"]);
    if std::env::args_os().len() > 1 { console.main() } else { console::main(|_signals| demo(console)) }
}

async fn demo(console: Console<Event>) -> Result<(), Error> {
    let options = LocalOptions { port: 0, data: None };
    let services = |settings: &runtime::Settings| Ok(trip::services(&settings.names));
    let stack = Stack::start(&console, &Environment::default(), &options, services).await?;
    let request = |who| serde_json::json!({ "traveller": who, "city": "Lisbon", "nights": 3, "car": true }).to_string();
    let requests = TRAVELLERS.map(|who| Request::new(kinds::TRIP, request(who)));
    for saga in publish_requests::<Event>(&stack.aws, &stack.settings, requests.into()).await {
        // Every traveller approves the plan. Whether the trip has come so far does not matter.
        let answer = serde_json::json!({ "type": "answer_given", "sagaId": saga?, "answer": "yes" });
        Sagas::new(&stack.aws, &stack.settings).send("trips", &answer.to_string()).await?;
    }
    let outcomes = Outcomes::new(&stack.aws, &stack.settings);
    let mut arriving = outcomes.watch();
    for _ in TRAVELLERS {
        let Some(found) = arriving.recv().await.transpose()? else { break };
        outcomes.delete(&found).await?;
        let told = serde_json::from_str(&found.body).map_err(|error| Error::Failed(error.to_string()))?;
        draw::print(&[console.drawn(&told, None)])?;
    }
    stack.stop().await;
    Ok(())
}
