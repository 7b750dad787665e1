//! `ensemble demo`: the story in a few seconds, and a check that it came out right.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use contracts::{Notification, Outcome, SagaId};
use gateway::Ledger;
use runtime::Environment;
use runtime::operator::Outcomes;
use serde_json::{Value, json};

use crate::cli::{DemoOptions, StackOptions};
use crate::request::{Request, publish_fares};
use crate::stack::Stack;
use crate::{Error, draw};

/// How long the demo waits for a notification that does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A fare and how it must end.
struct Row {
    customer: &'static str,
    about: &'static str,
    outcome: Outcome,
    error: Option<&'static str>,
    path: &'static str,
    ledger: [u64; 4],
}

const ROWS: [Row; 5] = [
    Row {
        customer: "3",
        about: "everything goes well",
        outcome: Outcome::Completed,
        error: None,
        path: "RegisterFare ChargeFare CreditCustomerAccount SetFareStatusCompleted",
        ledger: [1, 1, 0, 0],
    },
    Row {
        customer: "3_fail_auth",
        about: "the card is not authorised",
        outcome: Outcome::Compensated,
        error: Some("PaymentAuthException"),
        path: "RegisterFare !ChargeFare SetFareStatusFailed",
        ledger: [0, 0, 0, 0],
    },
    Row {
        customer: "3_fail_charge",
        about: "the charge is refused, and the hold is voided",
        outcome: Outcome::Compensated,
        error: Some("PaymentChargeException"),
        path: "RegisterFare !ChargeFare SetFareStatusFailed",
        ledger: [1, 0, 1, 0],
    },
    Row {
        customer: "3_fail_credit",
        about: "the account is not credited, and the charge is refunded",
        outcome: Outcome::Compensated,
        error: Some("AccountCreditException"),
        path: "RegisterFare ChargeFare !CreditCustomerAccount RefundFare SetFareStatusFailed",
        ledger: [1, 1, 0, 1],
    },
    Row {
        customer: "3_fail_credit_fail_refund",
        about: "the account is not credited, and the refund fails too",
        outcome: Outcome::NeedsAttention,
        error: Some("AccountCreditException"),
        path: "RegisterFare ChargeFare !CreditCustomerAccount !RefundFare SetFareStatusFailed",
        ledger: [1, 1, 0, 0],
    },
];

/// A request for the fare `wr_563`, as clients send it.
pub(crate) fn request(customer: &str) -> String {
    // Written out, so that its fields stand in the order in which people know them.
    let card = r#""cc": "2424 2424 2424 2424", "expiryDate": "12/22", "cvv": "111""#;
    format!(r#"{{"customerId": "{customer}", "fareId": "wr_563", "fareAmount": "$20.00", {card}}}"#)
}

/// Plays the rows.
pub(crate) async fn demo(environment: &Environment, options: &DemoOptions) -> Result<(), Error> {
    let stack =
        Stack::start(environment, &StackOptions { port: options.port, gateway_port: options.gateway_port, data: None })
            .await?;
    let result = tokio::select! {
        result = play(&stack, options.output.json) => result,
        _ = tokio::signal::ctrl_c() => Err(Error::Unexpected("stopped before its end".to_owned())),
    };
    stack.stop().await;
    result
}

async fn play(stack: &Stack, json: bool) -> Result<(), Error> {
    let mut out = anstream::stdout();
    let topic = stack.settings.names.topic(saga::Channel::FareRequests);
    if !json {
        let text = [
            draw::strong("Ensemble: one fare, asked for five times, by choreography."),
            format!("  embedded AWS endpoint  {}  {}", stack.endpoint.url(), draw::faint("not for production")),
            format!("  simulated gateway      {}", stack.gateway.url()),
            "  services               booking, payment, fulfillment, notifier".to_owned(),
            String::new(),
            format!("Publishing {} FareRequested messages to {topic}", ROWS.len()),
        ];
        writeln!(out, "{}", text.join("\n")).map_err(Error::output)?;
    }
    let requests: Vec<_> = ROWS.iter().map(|row| Request::new(request(row.customer))).collect();
    let mut sagas = Vec::new();
    for published in publish_fares(&stack.aws, &stack.settings, requests).await {
        sagas.push(published?);
    }
    let mut found = BTreeMap::new();
    wait_for(stack, &sagas, &mut found, json).await?;
    let mut wrong = 0;
    for (row, saga) in ROWS.iter().zip(&sagas) {
        let ledger = stack.gateway.ledger(&saga.to_string());
        let notification = found.get(saga);
        let problems = problems(row, notification.map(|(notification, _)| notification), ledger);
        wrong += usize::from(!problems.is_empty());
        let text = if json {
            as_json(row, notification, ledger, &problems)
        } else {
            as_text(row, notification, ledger, &problems)
        };
        writeln!(out, "{text}").map_err(Error::output)?;
    }
    if wrong > 0 {
        return Err(Error::Unexpected(format!("{wrong} of {} fares did not end as they should", ROWS.len())));
    }
    if !json {
        let all = format!("\n{} All {} fares ended as they should.", draw::mark(true), ROWS.len());
        writeln!(out, "{all} Next: {}", draw::strong(format!("{} up", crate::up::program()))).map_err(Error::output)?;
    }
    Ok(())
}

type Found = BTreeMap<SagaId, (Notification, String)>;

/// Waits until every saga has its notification, and shows how many have.
async fn wait_for(stack: &Stack, sagas: &[SagaId], found: &mut Found, json: bool) -> Result<(), Error> {
    let outcomes = Outcomes::new(&stack.aws, &stack.settings);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut arriving = outcomes.watch();
    let mut shown = usize::MAX;
    while found.len() < sagas.len() {
        if shown != found.len() && !json {
            shown = found.len();
            progress(shown, sagas.len())?;
        }
        let arrived = tokio::select! {
            () = tokio::time::sleep_until(deadline) => break,
            arrived = arriving.recv() => arrived,
        };
        let Some(message) = arrived.transpose()? else {
            break;
        };
        if let Ok(notification) = serde_json::from_str::<Notification>(&message.body) {
            outcomes.delete(&message).await?;
            found.insert(notification.saga_id, (notification, message.body));
        }
    }
    if !json {
        progress(found.len(), sagas.len())?;
        if std::io::stdout().is_terminal() {
            writeln!(anstream::stdout()).map_err(Error::output)?;
        }
    }
    Ok(())
}

/// A line that is written over on a terminal, and written below the last elsewhere.
fn progress(done: usize, all: usize) -> Result<(), Error> {
    let mut out = anstream::stdout();
    let line = format!("Waiting for outcomes in the success and failure queues: {done} of {all}");
    let written = if std::io::stdout().is_terminal() { write!(out, "\r{line}") } else { writeln!(out, "{line}") };
    written.and_then(|()| out.flush()).map_err(Error::output)
}

/// What is not as it should be.
fn problems(row: &Row, notification: Option<&Notification>, ledger: Ledger) -> Vec<String> {
    let Some(notification) = notification else {
        return vec!["no notification came".to_owned()];
    };
    let path = |notification: &Notification| {
        let step = |step: &contracts::Step| format!("{}{}", if step.ok { "" } else { "!" }, step.step.as_str());
        notification.path.steps().iter().map(step).collect::<Vec<_>>().join(" ")
    };
    let error = notification.error.as_ref().map(|error| error.name.as_str());
    let counted = [ledger.authorized, ledger.captured, ledger.voided, ledger.refunded];
    let standing = usize::from(row.outcome == Outcome::NeedsAttention);
    let checks = [
        (notification.outcome == row.outcome, format!("the outcome should be {}", row.outcome.as_str())),
        (error == row.error, format!("the error should be {:?}", row.error)),
        (path(notification) == row.path, format!("the path should be {}", row.path)),
        (counted == row.ledger, format!("the gateway should have counted {:?}", row.ledger)),
        (notification.standing.len() == standing, format!("{standing} effects should be standing")),
    ];
    checks.into_iter().filter(|(good, _)| !good).map(|(_, problem)| problem).collect()
}

fn as_text(row: &Row, found: Option<&(Notification, String)>, ledger: Ledger, problems: &[String]) -> String {
    let mut lines = vec![String::new()];
    if let Some((notification, body)) = found {
        let queue = if notification.outcome.is_successful() { "success" } else { "failure" };
        let Ledger { authorized, captured, voided, refunded, .. } = ledger;
        lines.push(draw::block(notification, Some(row.about)));
        lines.push(format!(
            "  at the gateway: {authorized} authorized, {captured} captured, {voided} voided, {refunded} refunded"
        ));
        lines.push(format!("  found in the {queue} queue:"));
        lines.push(format!("    {}", draw::faint(body)));
    } else {
        lines.push(draw::strong(format!("customer {}", row.customer)));
    }
    lines.extend(problems.iter().map(|problem| format!("  {} {problem}", draw::mark(false))));
    lines.join("\n")
}

fn as_json(row: &Row, found: Option<&(Notification, String)>, ledger: Ledger, problems: &[String]) -> String {
    let notification = found.and_then(|(_, body)| serde_json::from_str::<Value>(body).ok());
    json!({
        "customerId": row.customer, "ok": problems.is_empty(), "problems": problems, "gateway": ledger,
        "notification": notification,
    })
    .to_string()
}
