//! SQS: queues in memory behind the JSON protocol, and behind the query protocol of older clients.
//!
//! The wire model, the rules for attributes and the digests are `rustack`'s; the queue itself is ours, because the
//! crate's lets nobody look into it, forgets expired receipts, and wakes receivers late. Another engine can take the
//! place of [`queue`] without the rest noticing.
//!
//! **Invariant:** messages move between queues under `transfers`, so that a dump sees each of them exactly once.

mod attributes;
mod batch;
mod error;
mod form;
mod limits;
mod message;
mod moves;
mod operations;
mod permissions;
mod queue;
mod state;
mod system;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, RwLock};

use axum::response::Response;
use rustack_sqs_model::types::Message;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::caller::Caller;
use crate::endpoint::stop_requested;
use crate::front::JsonAnswer;
use crate::query::Params;
use crate::sqs::moves::Task;
use crate::sqs::queue::{Queue, Sent, Wish};
use crate::sync::{lock, read, write};
use crate::xml::Answer;
use crate::{ACCOUNT, REGION};

pub(crate) use crate::sqs::error::Error;
pub(crate) use crate::sqs::limits::is_id;
pub(crate) use crate::sqs::message::{Attributes, NewMessage};
pub(crate) use crate::sqs::operations::SERVED;

/// The version of the API that is served.
pub(crate) const VERSION: &str = "2012-11-05";

const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

/// All queues.
#[derive(Debug)]
pub(crate) struct Sqs {
    queues: RwLock<BTreeMap<String, Arc<Queue>>>,
    /// Read by whoever moves messages between queues, written by whoever wants none to move.
    transfers: RwLock<()>,
    tasks: Mutex<Vec<Task>>,
    stopped: watch::Receiver<bool>,
}

impl Sqs {
    /// No queues yet. Receivers stop waiting when `stopped` says so.
    pub(crate) fn new(stopped: watch::Receiver<bool>) -> Self {
        Self { queues: RwLock::default(), transfers: RwLock::default(), tasks: Mutex::default(), stopped }
    }

    /// Executes one request of the JSON protocol.
    pub(crate) async fn answer(&self, operation: &str, body: &[u8], caller: &Caller) -> JsonAnswer {
        match operations::execute(self, operation, body, caller).await {
            Ok(json) => JsonAnswer::ok(json.to_string()),
            Err(error) => error.into_answer(),
        }
    }

    /// Executes one request of the query protocol, sent to this path.
    pub(crate) async fn answer_form(&self, action: &str, params: &Params, path: &str, caller: &Caller) -> Response {
        let answer = Answer { action, namespace: NAMESPACE };
        let executed = match form::to_json(action, params, path) {
            Ok(request) => operations::execute(self, action, request.to_string().as_bytes(), caller).await,
            Err(error) => Err(error),
        };
        match executed {
            Ok(json) => answer.success(&form::to_xml(action, &json)),
            Err(error) => answer.refusal(error.status(), error.code(), &error.message),
        }
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
    fn by_url(&self, url: &str) -> Result<Arc<Queue>, Error> {
        self.by_name(url.trim_end_matches('/').rsplit('/').next().unwrap_or_default())
    }

    /// Finds a queue by its ARN; the region does not matter.
    fn by_arn(&self, arn: &str) -> Result<Arc<Queue>, Error> {
        match arn.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "sqs", _, account, name] if *account == ACCOUNT => self.by_name(name),
            _ => Err(Error::no_such_queue()),
        }
    }

    fn by_name(&self, name: &str) -> Result<Arc<Queue>, Error> {
        read(&self.queues).get(name).cloned().ok_or_else(Error::no_such_queue)
    }

    /// Queues in the order of their names.
    fn all(&self) -> Vec<Arc<Queue>> {
        read(&self.queues).values().cloned().collect()
    }

    /// Creates a queue, or finds the one that is there with the same attributes.
    fn create(
        &self,
        name: &str,
        asked: HashMap<String, String>,
        tags: HashMap<String, String>,
    ) -> Result<Arc<Queue>, Error> {
        operations::check_name(name, &asked)?;
        let attributes = attributes::create(asked.clone(), queue::is_fifo(name))?;
        self.check_dead_letter_target(name, &asked)?;
        let mut queues = write(&self.queues);
        if let Some(queue) = queues.get(name) {
            let existing = queue.attributes(&["All".to_owned()]);
            return match attributes::difference(&existing, asked)? {
                None => Ok(Arc::clone(queue)),
                Some(attribute) => Err(Error::new(
                    error::Kind::QueueNameExists,
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

    fn delete(&self, queue: &Queue) {
        // Else a dead letter could be on its way into a queue that is gone.
        let _nothing_moves = write(&self.transfers);
        write(&self.queues).remove(&queue.name);
        queue.close();
    }

    /// Refuses a redrive policy that names no queue, or one of the other type.
    fn check_dead_letter_target(&self, name: &str, asked: &HashMap<String, String>) -> Result<(), Error> {
        let Some(arn) = attributes::dead_letter_target(asked) else {
            return Ok(());
        };
        let refused = |reason: &str| {
            Err(Error::invalid(format!("Value {arn} for parameter RedrivePolicy is invalid. Reason: {reason}")))
        };
        match self.by_arn(&arn) {
            Err(_) => refused("Dead letter target does not exist."),
            Ok(target) if target.fifo != queue::is_fifo(name) => {
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
    async fn receive(&self, queue: &Queue, wish: &Wish, wait_secs: i32) -> Result<Vec<Message>, Error> {
        let deadline = Instant::now() + queue::seconds(wait_secs);
        let mut stopped = self.stopped.clone();
        loop {
            // Enabled before looking, so that no change between the look and the wait is missed.
            let mut changed = std::pin::pin!(queue.changed.notified());
            changed.as_mut().enable();
            let (messages, due) = self.look(queue, wish)?;
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
    fn look(&self, queue: &Queue, wish: &Wish) -> Result<(Vec<Message>, Option<Instant>), Error> {
        let _moving = read(&self.transfers);
        // A dead-letter queue that was deleted takes nothing: better delivered again than lost.
        let dead_letters = queue.dead_letter_arn().and_then(|arn| self.by_arn(&arn).ok());
        let taken = queue.take(wish, dead_letters.is_some())?;
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

    fn tasks<T>(&self, change: impl FnOnce(&mut Vec<Task>) -> T) -> T {
        change(&mut lock(&self.tasks))
    }
}
