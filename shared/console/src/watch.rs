//! `watch`: shows outcomes as they arrive.
//!
//! **Invariant:** a notification is deleted only after it was written out. A duplicate of one that was shown is deleted
//! without being shown again.

use std::collections::HashSet;
use std::io::Write;

use operate::operator::{Found, Outcomes};
use runtime::{Aws, CancellationToken, Environment, Settings};
use uuid::Uuid;
use wire::{Notification, Vocabulary};

use crate::Error;
use crate::cli::WatchOptions;
use crate::console::Console;

/// Shows outcomes until the stop, or until enough were shown.
pub(crate) async fn watch<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &WatchOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let settings = Settings::read(environment)?;
    let outcomes = Outcomes::new(&Aws::connect(environment).await?, &settings);
    let mut arriving = outcomes.watch();
    let most = options.once.unwrap_or(usize::MAX);
    let mut shown = HashSet::new();
    let watched = async {
        while shown.len() < most {
            let found = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                found = arriving.recv() => found,
            };
            let Some(message) = found.transpose()? else {
                return Ok(());
            };
            show(console, &message, options.output.json, &mut shown)?;
            outcomes.delete(&message).await?;
        }
        Ok(())
    }
    .await;
    watched.and(arriving.close().await.map_err(Error::from))
}

fn show<V: Vocabulary>(
    console: &Console<V>,
    message: &Found,
    json: bool,
    shown: &mut HashSet<Uuid>,
) -> Result<(), Error> {
    let notification = serde_json::from_str::<Notification<V::About>>(&message.body);
    let id =
        notification.as_ref().map_or_else(|_| Uuid::new_v5(&Uuid::NAMESPACE_OID, message.body.as_bytes()), |n| n.id);
    if !shown.insert(id) {
        return Ok(());
    }
    let text = match &notification {
        Ok(notification) if !json => console.drawn(notification, None),
        Ok(_) | Err(_) => message.body.clone(),
    };
    let mut out = anstream::stdout();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Error::output)
}
