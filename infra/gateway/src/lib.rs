//! The simulated payment gateway: authorises, captures, voids, debits and refunds over HTTP, and
//! moves no money.
//!
//! **Invariant:** an idempotency key acts once. What it did is durable before it is answered, and
//! is answered again whenever the key returns.
//!
//! | file | holds |
//! | --- | --- |
//! | `request.rs`, `card.rs`, `invalid.rs` | what a caller may ask, its form, and what is wrong with it |
//! | `answer.rs` | what a caller hears |
//! | `payments.rs` | the rules, pure: which request is accepted, refused or turned away |
//! | `ledger.rs`, `record.rs`, `journal.rs` | the counts, one call written down, and the ledger file |
//! | `processor.rs` | the lock under which a request is decided and written |
//! | `keys.rs` | the keys that are being worked on |
//! | `faults.rs`, `connection.rs` | the ways in which an answer goes missing |
//! | `server.rs` | the routes |
//!
//! | call | does |
//! | --- | --- |
//! | `POST /v1/authorizations` | holds an amount on a card |
//! | `POST /v1/authorizations/{id}/capture` | takes a held amount, or less of it |
//! | `POST /v1/authorizations/{id}/void` | lets a held amount go |
//! | `POST /v1/debits` | takes an amount from the customer's account at once, without a card |
//! | `POST /v1/charges/{id}/refund` | gives back what a capture or a debit took |
//! | `GET /v1/payments?reference=` | the newest payment of a saga; `authorization` is null for a debit |
//! | `GET /ledger`, `GET /ledger?saga=` | what was really done |
//! | `GET`, `PUT`, `DELETE /faults` | the fault rules |
//! | `GET /health` | that it runs, and that it is simulated |
//!
//! What is asked under a key that is being worked on is answered with 409 `idempotency_key_in_use`. What the status of a
//! payment does not allow is refused with 402, for good under its key; a payment that never was is a 404.
//!
//! A customer's suffix refuses captures, authorisations and refunds, and never a debit.
//!
//! Card data ends in `request.rs`: its form is checked and it is dropped, so no type behind that
//! file can hold it.

mod answer;
mod card;
mod connection;
mod error;
mod faults;
mod invalid;
mod journal;
mod keys;
mod ledger;
mod payments;
mod processor;
mod record;
mod request;
mod server;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use error::StartError;
pub use faults::{Fault, FaultError, FaultKind, Operation};
pub use ledger::Ledger;

use journal::Journal;
use processor::Processor;
use server::App;

/// How long [`Gateway::stop`] waits for calls in flight.
const GRACE: Duration = Duration::from_secs(5);

/// The port of the gateway unless told otherwise.
const PORT: u16 = 4567;

/// How a gateway is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// By which names it may be called besides this machine's own; it answers 403 under any other.
    pub hosts: Vec<String>,
    /// The ledger file; without one the ledger is lost with the process.
    pub ledger: Option<PathBuf>,
    /// Whether a customer's suffix (`3_fail_charge`) forces a refusal.
    pub hooks: bool,
    /// The faults to begin with.
    pub faults: Vec<Fault>,
}

impl Default for Options {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
        Self { listen, hosts: Vec::new(), ledger: None, hooks: false, faults: Vec::new() }
    }
}

/// A running gateway.
///
/// Dropping it closes the ledger at once; the port follows when the runtime gets to it.
pub struct Gateway {
    addr: SocketAddr,
    app: Arc<App>,
    stopping: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Gateway {
    /// Starts a gateway on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or the ledger file is in use, unreadable or corrupt.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { addr: options.listen, source };
        // The port first: a gateway that loses the race for it must not touch the ledger.
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let (journal, payments) = match options.ledger {
            Some(path) => Journal::open(path)?,
            None => Default::default(),
        };
        let (stopping, stopped) = watch::channel(false);
        let app = Arc::new(App::new(Processor::new(payments, journal, options.hooks), options.faults, stopped));
        let server = tokio::spawn(server::serve(listener, Arc::clone(&app), options.hosts));
        tracing::info!(%addr, hooks = options.hooks, "simulated payment gateway: no money moves");
        Ok(Self { addr, app, stopping, server })
    }

    /// The base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What was really done for one saga; all zeros for one never heard of.
    pub fn ledger(&self, saga: &str) -> Ledger {
        self.app.processor.ledger(saga)
    }

    /// What was really done for all sagas together.
    pub fn totals(&self) -> Ledger {
        self.app.processor.totals()
    }

    /// Replaces the fault rules, and starts their counts anew.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.app.faults.replace(faults);
    }

    /// Refuses new connections, answers what is in flight, then closes the ledger.
    ///
    /// # Cancel safety
    ///
    /// Cancelling the wait is the same as dropping the gateway.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        match tokio::time::timeout(GRACE, &mut self.server).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the payment gateway had failed"),
            Err(_elapsed) => tracing::warn!("calls to the payment gateway were cut off"),
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
        self.server.abort();
        // A call still in flight holds the processor, which can do nothing more without its journal.
        self.app.processor.close();
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("addr", &self.addr).finish_non_exhaustive()
    }
}
