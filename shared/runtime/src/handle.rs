//! Drives the protocol of one message: does what [`saga::Execution`] says, and gives back what came of it.

use jiff::Timestamp;
use saga::{Act, Answer, Execution, Participant, Received, Settlement};

use crate::announcer::Announcer;
use crate::effects::Perform;
use crate::error::Unavailable;
use crate::store::{Store, Written};

/// Handles one message, up to the point where it is to be settled.
///
/// # Errors
///
/// [`Unavailable`].
///
/// # Cancel safety
///
/// Dropped at any point, the message is handled again from the start, and finds what stands.
pub(crate) async fn handle<P: Participant, E: Perform<P>>(
    participant: &P,
    effects: &E,
    store: &Store,
    announcer: &Announcer,
    received: Received<P::Incoming>,
    receive: u32,
) -> Result<Settlement, Unavailable> {
    let (mut execution, mut act) = Execution::begin(participant, received, receive, now());
    loop {
        let answer = match act {
            Act::Settle(settlement) => return Ok(settlement),
            Act::Look(saga) => Answer::Found(store.read(saga).await?),
            Act::Commit(write) => match store.write(&write).await? {
                Written::Committed => {
                    tracing::info!(state = write.to.stored.state, "StateCommitted");
                    Answer::Committed
                }
                Written::Conflict(record) => {
                    let stands = record.as_ref().map_or("nothing", |record| record.stored.state.as_str());
                    tracing::debug!(stands, "StateDiffers");
                    Answer::Conflict(record)
                }
                Written::Short => {
                    tracing::debug!("StockDiffers");
                    Answer::Short
                }
            },
            // Crash here: the effect may have taken place; the intent stands, and the next attempt looks it up.
            Act::Perform(effect) => Answer::Replied(effects.perform(execution.saga(), effect).await?),
            // Crash here: the state stands and its events may be published or not; they are announced again.
            Act::Announce(announcements) => {
                let names: Vec<_> = announcements.iter().map(|announcement| announcement.name.clone()).collect();
                announcer.announce(announcements).await?;
                for name in names {
                    tracing::info!(announced = name, "EventAnnounced");
                }
                Answer::Announced
            }
        };
        act = execution.next(answer, now());
    }
}

/// The clock, to the millisecond: enough for a person, and short on the wire.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
