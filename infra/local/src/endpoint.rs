//! Starting and stopping the endpoint.
//!
//! It runs on one thread of its own, so that no work of the process around it can hold it up. One, because to wake another
//! for a request costs more than most requests; what takes longer, of the database, has threads beside it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::calls::{Calls, Counter};
use crate::carried::Carried;
use crate::dynamodb::{DynamoDb, FailWith, OpenError};
use crate::router::{self, Services};
use crate::shutdown::stop_requested;
use crate::sns::Sns;
use crate::sqs::Sqs;

/// Threads for what the database does not do at once. It works under one lock; more than one only to read and write JSON
/// beside it.
const DATABASE_WORKERS: usize = 4;

/// How long requests in flight may take to end after [`Endpoint::stop`]. Long polls end at once.
const GRACE: Duration = Duration::from_secs(2);

/// How to start.
///
/// # Examples
///
/// ```no_run
/// use ensemble_local_aws::{Endpoint, Options, StartError};
///
/// // On a port that others know, with tables that outlive the process.
/// let options = Options { port: 4566, data: Some("state".into()), ..Options::default() };
/// let endpoint = Endpoint::start(options)?;
/// # Ok::<(), StartError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 picks a free one.
    pub port: u16,
    /// Tables are kept in this folder, which is created if need be; `None` keeps them in memory.
    pub data: Option<PathBuf>,
    /// By which names it may be called besides this machine's own; it answers 403 under any other.
    pub hosts: Vec<String>,
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens there.
    #[error("port {port} on 127.0.0.1 is in use: stop what listens there, or choose another port (0 picks a free one)")]
    PortInUse {
        /// The port that was asked for.
        port: u16,
    },
    /// The socket could not be opened.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The tables could not be opened.
    #[error("cannot open the tables in {folder}: {reason}")]
    Data {
        /// The data folder, or "memory".
        folder: String,
        /// What went wrong.
        reason: String,
    },
    /// No thread or runtime to run on.
    #[error("cannot start the thread of the embedded AWS endpoint")]
    Thread(#[from] io::Error),
}

/// A running endpoint. It stops when dropped.
///
/// # Examples
///
/// See the example of [the crate](crate).
#[derive(Debug)]
pub struct Endpoint {
    port: u16,
    services: Arc<Services>,
    stopping: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Starts on 127.0.0.1, on a thread and a runtime of its own; returns when the socket is bound.
    ///
    /// # Errors
    ///
    /// When the port is in use, the tables cannot be opened, or the system gives no socket or thread.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let Options { port, data, hosts } = options;
        let listener = listen(port)?;
        let port = listener.local_addr()?.port();
        let url = format!("http://127.0.0.1:{port}");

        let (stopping, stopped) = watch::channel(false);
        let calls = Arc::new(Counter::default());
        let carried = Arc::new(Carried::default());
        let sqs = Arc::new(Sqs::new(stopped.clone(), Arc::clone(&carried)));
        let services = Arc::new(Services {
            dynamodb: DynamoDb::open(data.as_deref(), Arc::clone(&calls), Arc::clone(&carried))
                .map_err(|OpenError { folder, reason }| StartError::Data { folder, reason })?,
            sns: Sns::new(&url, Arc::clone(&sqs), Arc::clone(&carried)),
            sqs,
            calls,
            carried,
            url: url.clone(),
        });

        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(DATABASE_WORKERS)
            .thread_name("embedded-aws")
            .enable_all()
            .build()?;
        let served = Arc::clone(&services);
        let thread = std::thread::Builder::new()
            .name("embedded-aws".to_owned())
            .spawn(move || run(runtime, listener, served, hosts, stopped))?;

        tracing::warn!("embedded AWS endpoint on {url}: SQS, SNS and DynamoDB for development, not for production");
        Ok(Self { port, services, stopping, thread: Some(thread) })
    }

    /// Where clients find it, for instance `http://127.0.0.1:4566`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Exact counts by operation since the start.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.services.calls.snapshot()
    }

    /// What these calls carried since the start, by name:
    ///
    /// - a batch operation, such as `sns:PublishBatch`: the entries of its batches; `sqs:ReceiveMessage`: messages;
    /// - `sqs:empty-receive`: receive calls that found nothing;
    /// - `sns:more-64-KiB`, `sqs:more-64-KiB`: what AWS bills as a further request of a call, besides the first;
    /// - `dynamodb:read-unit-halves`, `dynamodb:write-unit-halves`: what items consumed of capacity, but not what
    ///   failed, was a single statement of `PartiQL` or a `BatchWriteItem`, or told its consumption to its caller.
    #[must_use]
    pub fn carried(&self) -> Calls {
        self.services.carried.snapshot()
    }

    /// Every table with its items and their bytes, as `DynamoDB` counts those for capacity. Blocks while it looks.
    #[must_use]
    pub fn tables(&self) -> Vec<(String, u64, u64)> {
        self.services.dynamodb.tables()
    }

    /// Lets the next calls of a `DynamoDB` operation fail without being executed, whoever makes them.
    ///
    /// The name is the one that [`Calls`] counts it under; `dynamodb:*` is every operation. Failures asked for before come first. Mind that an AWS
    /// client repeats calls by itself that were throttled or met a server error, and each attempt is a call.
    ///
    /// # Examples
    ///
    /// ```
    /// use ensemble_local_aws::{Endpoint, FailWith, Options};
    ///
    /// let endpoint = Endpoint::start(Options::default())?;
    /// endpoint.fail_next("dynamodb:TransactWriteItems", FailWith::TransactionConflict, 2);
    /// # Ok::<(), ensemble_local_aws::StartError>(())
    /// ```
    pub fn fail_next(&self, operation: &str, with: FailWith, times: u32) {
        match operation.strip_prefix("dynamodb:") {
            Some(operation) => self.services.dynamodb.fail_next(operation, with, times),
            None => tracing::error!(operation, "only operations of DynamoDB can be told to fail"),
        }
    }

    /// Every item of every table and every message in every queue, visible or not, without changing anything.
    ///
    /// Each is a place, such as `table ensemble-hotels` or `queue ensemble-hotels-dlq`, and the raw text of what is
    /// there: JSON with all attributes, in no order to rely on. Blocks for as long as it reads.
    #[must_use]
    pub fn dump(&self) -> Vec<(String, String)> {
        let mut all = self.services.dynamodb.dump();
        all.extend(self.services.sqs.dump());
        all
    }

    /// Stops: long polls are answered at once, other requests get a moment, and the port is free on return.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.stopping.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the embedded AWS endpoint panicked");
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.halt();
    }
}

fn listen(port: u16) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            StartError::PortInUse { port }
        } else {
            StartError::Listen { port, source }
        }
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The life of the thread.
fn run(
    runtime: Runtime,
    listener: TcpListener,
    services: Arc<Services>,
    hosts: Vec<String>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut over = stopped.clone();
    runtime.block_on(async move {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "the embedded AWS endpoint lost its socket");
                return;
            }
        };
        let routes = door::guarded(router::router(services), hosts, router::refused);
        let serving = door::serve(listener, routes, door::PATIENCE, |stream| (stream, ()), async move {
            stop_requested(&mut stopped).await;
        });
        let patience = async move {
            stop_requested(&mut over).await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = serving => {}
            () = patience => tracing::debug!("requests were still in flight at the stop"),
        }
    });
    runtime.shutdown_timeout(GRACE);
}
