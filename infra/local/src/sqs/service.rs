//! All queues: how one is found, created and deleted, and how messages move between them.
//!
//! **Invariant:** messages move between queues under `transfers`, so that a dump sees each of them exactly once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, RwLock};

use rustack_sqs_model::types::{ListMessageMoveTasksResultEntry, Message};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::carried::Carried;
use crate::shutdown::stop_requested;
use crate::sqs::attributes;
use crate::sqs::error::{Error, Kind};
use crate::sqs::message::{NewMessage, Sent};
use crate::sqs::queue::{Queue, ReceiveRequest, is_fifo};
use crate::sqs::time::seconds;
use crate::sync::{lock, read, write};
use crate::{ACCOUNT, REGION};

/// All queues.
#[derive(Debug)]
pub(crate) struct Sqs {
    queues: RwLock<BTreeMap<String, Arc<Queue>>>,
    /// Read by whoever moves messages between queues, written by whoever wants none to move.
    pub(super) transfers: RwLock<()>,
    /// Redrives, all done.
    tasks: Mutex<Vec<ListMessageMoveTasksResultEntry>>,
    stopped: watch::Receiver<bool>,
    pub(super) carried: Arc<Carried>,
}

impl Sqs {
    /// No queues yet. Receivers stop waiting when `stopped` says so.
    pub(crate) fn new(stopped: watch::Receiver<bool>, carried: Arc<Carried>) -> Self {
        Self { queues: RwLock::default(), transfers: RwLock::default(), tasks: Mutex::default(), stopped, carried }
    }

    /// Puts a message into the queue with this ARN.
    ///
    /// # Errors
    ///
    /// When there is no such queue, or it does not accept the message.
    pub(crate) fn deliver(&self, arn: &str, message: NewMessage) -> Result<(), Error> {
        self.by_arn(arn)?.send(message).map(|_: Sent| ())
    }

    /// Every message of every queue.
    pub(crate) fn dump(&self) -> Vec<(String, String)> {
        let _nothing_moves = write(&self.transfers);
        let queues: Vec<Arc<Queue>> = read(&self.queues).values().cloned().collect();
        let of = |queue: &Queue| {
            let place = format!("queue {}", queue.name);
            queue.dump().into_iter().map(move |text| (place.clone(), text))
        };
        queues.iter().flat_map(|queue| of(queue)).collect()
    }

    /// Finds a queue by its URL; neither the host nor a slash at the end matters.
    pub(super) fn by_url(&self, url: &str) -> Result<Arc<Queue>, Error> {
        self.by_name(url.trim_end_matches('/').rsplit('/').next().unwrap_or_default())
    }

    /// Finds a queue by its ARN; the region does not matter.
    pub(super) fn by_arn(&self, arn: &str) -> Result<Arc<Queue>, Error> {
        match arn.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "sqs", _, account, name] if *account == ACCOUNT => self.by_name(name),
            _ => Err(Error::no_such_queue()),
        }
    }

    pub(super) fn by_name(&self, name: &str) -> Result<Arc<Queue>, Error> {
        read(&self.queues).get(name).cloned().ok_or_else(Error::no_such_queue)
    }

    /// Queues in the order of their names.
    pub(super) fn all(&self) -> Vec<Arc<Queue>> {
        read(&self.queues).values().cloned().collect()
    }

    /// Creates a queue, or finds the one that is there with the same attributes.
    pub(super) fn create(
        &self,
        name: &str,
        asked: HashMap<String, String>,
        tags: HashMap<String, String>,
    ) -> Result<Arc<Queue>, Error> {
        check_name(name, &asked)?;
        let attributes = attributes::create(asked.clone(), is_fifo(name))?;
        self.check_dead_letter_target(name, &asked)?;
        let mut queues = write(&self.queues);
        if let Some(queue) = queues.get(name) {
            let existing = queue.attributes(&["All".to_owned()]);
            return match attributes::difference(&existing, asked)? {
                None => Ok(Arc::clone(queue)),
                Some(attribute) => Err(Error::new(
                    Kind::QueueNameExists,
                    format!(
                        "A queue already exists with the same name and a different value for attribute {attribute}"
                    ),
                )),
            };
        }
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}");
        let queue = Arc::new(Queue::new(name, arn, attributes));
        queue.configure(|state| state.tags = tags);
        queues.insert(name.to_owned(), Arc::clone(&queue));
        Ok(queue)
    }

    pub(super) fn delete(&self, queue: &Queue) {
        // Else a dead letter could be on its way into a queue that is gone.
        let _nothing_moves = write(&self.transfers);
        write(&self.queues).remove(&queue.name);
        queue.close();
    }

    /// Refuses a redrive policy that names no queue, or one of the other type.
    pub(super) fn check_dead_letter_target(&self, name: &str, asked: &HashMap<String, String>) -> Result<(), Error> {
        let Some(arn) = attributes::dead_letter_target(asked) else {
            return Ok(());
        };
        let refused = |reason: &str| {
            Err(Error::invalid(format!("Value {arn} for parameter RedrivePolicy is invalid. Reason: {reason}")))
        };
        match self.by_arn(&arn) {
            Err(_) => refused("Dead letter target does not exist."),
            Ok(target) if target.fifo != is_fifo(name) => {
                refused("Dead-letter queue must be of the same type as the source.")
            }
            Ok(_) => Ok(()),
        }
    }

    /// Receives, waiting up to `wait_secs` for the first message.
    ///
    /// # Cancel safety
    ///
    /// Messages are taken and returned without an `.await` in between: a receiver that goes away while it waits takes
    /// nothing along.
    pub(super) async fn receive(
        &self,
        queue: &Queue,
        request: &ReceiveRequest,
        wait_secs: i32,
    ) -> Result<Vec<Message>, Error> {
        let deadline = Instant::now() + seconds(wait_secs);
        let mut stopped = self.stopped.clone();
        queue.awaited(deadline);
        loop {
            // Enabled before looking, so that no change between the look and the wait is missed.
            let mut changed = std::pin::pin!(queue.changed.notified());
            changed.as_mut().enable();
            let (messages, due) = self.look(queue, request)?;
            if !messages.is_empty() || Instant::now() >= deadline {
                return Ok(messages);
            }
            let until = due.map_or(deadline, |due| due.min(deadline));
            tokio::select! {
                biased;
                () = stop_requested(&mut stopped) => return Ok(messages),
                () = &mut changed => {}
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// Takes what is there now; what was received too often goes to the dead-letter queue.
    fn look(&self, queue: &Queue, request: &ReceiveRequest) -> Result<(Vec<Message>, Option<Instant>), Error> {
        let _moving = read(&self.transfers);
        // A dead-letter queue that was deleted takes nothing: better delivered again than lost.
        let dead_letters = queue.dead_letter_arn().and_then(|arn| self.by_arn(&arn).ok());
        let taken = queue.take(request, dead_letters.is_some())?;
        if let Some(dead_letters) = dead_letters {
            for mut held in taken.dead {
                held.received_here = 0;
                held.receipt = None;
                held.source_arn = Some(queue.arn.clone());
                dead_letters.accept(held);
            }
        }
        Ok((taken.messages, taken.due))
    }

    pub(super) fn tasks<T>(&self, change: impl FnOnce(&mut Vec<ListMessageMoveTasksResultEntry>) -> T) -> T {
        change(&mut lock(&self.tasks))
    }
}

/// Checks the name of a new queue, and that it says whether the queue is a FIFO queue.
fn check_name(name: &str, attributes: &HashMap<String, String>) -> Result<(), Error> {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let valid = !stem.is_empty()
        && name.len() <= 80
        && stem.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !valid {
        return Err(Error::invalid(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    let asked = attributes.get("FifoQueue").is_some_and(|value| value == "true");
    if asked != is_fifo(name) {
        return Err(Error::invalid(
            "The name of a FIFO queue ends with .fifo, and only a queue with the attribute FifoQueue may be named so.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    use super::*;
    use crate::sqs::message::View;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn one_message_wakes_one_receiver_and_what_it_leaves_wakes_the_next() {
        let (_stopping, stopped) = watch::channel(false);
        let sqs = Sqs::new(stopped, Arc::default());
        let queue = sqs.create("queue", HashMap::new(), HashMap::new()).unwrap();
        let request = ReceiveRequest { count: 1, visibility_secs: Some(30), view: View::default() };
        let mut receivers = [
            pin!(sqs.receive(&queue, &request, 20)),
            pin!(sqs.receive(&queue, &request, 20)),
            pin!(sqs.receive(&queue, &request, 20)),
        ];
        let wakes: [Arc<Wakes>; 3] = Default::default();
        let woken = || wakes.each_ref().map(|wakes| wakes.0.load(Ordering::Relaxed));
        let mut poll = |at: usize| {
            let waker = Waker::from(Arc::clone(&wakes[at]));
            match Pin::as_mut(&mut receivers[at]).poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(received) => received.unwrap().len(),
                Poll::Pending => 0,
            }
        };
        assert_eq!([poll(0), poll(1), poll(2)], [0, 0, 0]);
        for body in ["a", "b"] {
            queue.send(NewMessage { body: body.to_owned(), ..NewMessage::default() }).unwrap();
        }
        assert_eq!(woken(), [1, 0, 0]);
        assert_eq!(poll(0), 1);
        assert_eq!(woken(), [1, 1, 0]);
        assert_eq!(poll(1), 1);
        assert_eq!(woken(), [1, 1, 0]);
        assert_eq!(poll(2), 0);
    }
}
