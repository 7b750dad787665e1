//! `ensemble watch`: shows outcomes as they arrive.
//!
//! **Invariant:** a notification is deleted only after it was written out. A duplicate of one that was shown is deleted
//! without being shown again.

use std::collections::HashSet;
use std::io::Write;
use std::time::Duration;

use contracts::Notification;
use runtime::host::stop_on_signal;
use runtime::operator::{Found, Outcomes};
use runtime::{Aws, Environment, Settings, Unavailable};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::cli::WatchOptions;
use crate::{Error, draw};

/// How long one look into a queue waits for a message.
const WAIT: Duration = Duration::from_secs(20);

/// Shows outcomes until Ctrl-C, or until enough were shown.
pub(crate) async fn watch(environment: &Environment, options: &WatchOptions) -> Result<(), Error> {
    let settings = Settings::read(environment)?;
    let outcomes = Outcomes::new(&Aws::connect(environment).await?, &settings);
    let stop = stop_on_signal();
    let (sender, mut receiver) = mpsc::channel(1);
    for successful in [true, false] {
        tokio::spawn(look(outcomes.clone(), successful, sender.clone()));
    }
    let most = options.once.unwrap_or(usize::MAX);
    let mut shown = HashSet::new();
    while shown.len() < most {
        let found = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            found = receiver.recv() => found,
        };
        let Some(messages) = found else { return Ok(()) };
        for message in messages? {
            if shown.len() == most {
                // Not shown, so not deleted: it is visible again in a moment.
                break;
            }
            show(&message, options.output.json, &mut shown)?;
            outcomes.delete(&message).await?;
        }
    }
    Ok(())
}

/// Looks into one queue, again and again, for as long as anybody listens.
async fn look(
    outcomes: Outcomes,
    successful: bool,
    sender: mpsc::Sender<Result<Vec<Found>, Unavailable>>,
) {
    loop {
        let found = outcomes.receive(successful, WAIT).await;
        let failed = found.is_err();
        if sender.send(found).await.is_err() || failed {
            return;
        }
    }
}

fn show(message: &Found, json: bool, shown: &mut HashSet<Uuid>) -> Result<(), Error> {
    let notification = serde_json::from_str::<Notification>(&message.body);
    let id = notification.as_ref().map_or_else(
        |_| Uuid::new_v5(&Uuid::NAMESPACE_OID, message.body.as_bytes()),
        |n| n.id,
    );
    if !shown.insert(id) {
        return Ok(());
    }
    let text = match &notification {
        Ok(notification) if !json => draw::block(notification),
        Ok(_) | Err(_) => message.body.clone(),
    };
    let mut out = anstream::stdout();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(Error::output)
}
