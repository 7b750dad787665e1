//! The endpoint's own limit: how many fares a second it can serve, and what a thousand of them cost it in CPU time.
//!
//! The endpoint runs in a process of its own. This one drives it with the calls of a fare as the AWS SDK sends them, over
//! plain sockets, so that nearly all of the cores is the endpoint's.
//!
//! **Invariant:** what is measured is the endpoint's process alone, and only after a warm-up.

mod calls;
mod http;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ensemble_local_aws::{Endpoint, Options};
use serde_json::Value;

use crate::calls::{HOPS, Hop};
use crate::http::Connection;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Fares before the measurement, and during it if no argument says otherwise.
const WARM_UP: usize = 1_000;
const MEASURED: usize = 5_000;

/// Fares under way at once, and receivers of each queue: with these, a receive finds about five messages.
const IN_FLIGHT: usize = 100;
const RECEIVERS: usize = 4;

/// Fares in one publish of the client.
const BATCH: usize = 6;

fn main() -> Outcome<()> {
    match std::env::args().nth(1).as_deref() {
        Some("serve") => serve(),
        Some(fares) => measure(fares.parse()?),
        None => measure(MEASURED),
    }
}

/// The other process: the endpoint, until the standard input ends.
#[expect(clippy::print_stdout, reason = "the port is told to the process that measures")]
fn serve() -> Outcome<()> {
    let endpoint = Endpoint::start(Options::default())?;
    println!("{}", endpoint.port());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    endpoint.stop();
    Ok(())
}

#[expect(clippy::print_stdout, clippy::float_arithmetic, reason = "the figures are for a reader")]
fn measure(fares: usize) -> Outcome<()> {
    let mut child =
        Command::new(std::env::current_exe()?).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let port = line.trim().parse()?;

    calls::provision(&mut Connection::open(port)?)?;
    let load = Load::start(port);
    load.play(WARM_UP)?;
    let (before, counted, since) = (cpu_ticks(&child)?, load.counted(), Instant::now());
    load.play(fares)?;
    let (took, ticks) = (since.elapsed().as_secs_f64(), cpu_ticks(&child)? - before);
    let counts = load.counted();
    load.stopped.store(true, Ordering::Relaxed);

    let count = f64::from(u32::try_from(fares)?);
    println!("{:.0} fares a second", count / took);
    // The kernel counts in hundredths of a second.
    println!("{:.3} s of CPU for 1,000 fares", f64::from(ticks) / 100.0 / count * 1000.0);
    for (name, now) in counts {
        let made = u32::try_from(now - counted.get(name).copied().unwrap_or_default())?;
        println!("{:.2} {name} a fare", f64::from(made) / count);
    }
    drop(child.stdin.take());
    child.wait()?;
    Ok(())
}

/// The CPU time of a process, in user mode and in the kernel (`man 5 proc_pid_stat`).
fn cpu_ticks(child: &Child) -> Outcome<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
    let (_, fields) = stat.rsplit_once(')').ok_or("not a stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    Ok(ticks.sum::<Result<u32, _>>()?)
}

type Counts = BTreeMap<&'static str, usize>;

/// The client, and the receivers of all queues.
#[derive(Debug)]
struct Load {
    port: u16,
    ended: AtomicUsize,
    begun: AtomicUsize,
    counts: Mutex<Counts>,
    stopped: AtomicBool,
}

impl Load {
    fn start(port: u16) -> Arc<Self> {
        let load = Arc::new(Self {
            port,
            ended: AtomicUsize::default(),
            begun: AtomicUsize::default(),
            counts: Mutex::default(),
            stopped: AtomicBool::default(),
        });
        for hop in HOPS.iter().flat_map(|hop| std::iter::repeat_n(hop, RECEIVERS)) {
            let load = Arc::clone(&load);
            std::thread::spawn(move || {
                let received = load.receive(hop);
                assert!(load.stopped.load(Ordering::Relaxed), "{}: {received:?}", hop.queue);
            });
        }
        load
    }

    /// Publishes so many fares, and waits until all have ended.
    fn play(&self, fares: usize) -> Outcome<()> {
        let mut connection = Connection::open(self.port)?;
        let mut left = fares;
        while left > 0 || self.in_flight() > 0 {
            if left == 0 || self.in_flight() + BATCH > IN_FLIGHT {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            let batch = BATCH.min(left);
            let sagas: Vec<String> = (0..batch).map(|_| uuid::Uuid::new_v4().to_string()).collect();
            self.begun.fetch_add(batch, Ordering::Relaxed);
            connection.form(&calls::request(&sagas))?;
            self.count("sns:PublishBatch", batch);
            left -= batch;
        }
        Ok(())
    }

    fn in_flight(&self) -> usize {
        self.begun.load(Ordering::Relaxed) - self.ended.load(Ordering::Relaxed)
    }

    /// What a service does with one queue: receive, write, publish, delete.
    fn receive(&self, hop: &Hop) -> Outcome<()> {
        let mut connection = Connection::open(self.port)?;
        let receive = calls::receive(hop.queue, self.port);
        while !self.stopped.load(Ordering::Relaxed) {
            let answer: Value = serde_json::from_slice(&connection.json("AmazonSQS.ReceiveMessage", &receive)?)?;
            let messages = answer.get("Messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            self.count("sqs:ReceiveMessage", messages.len());
            if messages.is_empty() {
                continue;
            }
            let text = |message: &Value, name: &str| message.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
            let bodies = messages.iter().filter_map(|message| text(message, "Body"));
            let sagas: Vec<String> = bodies.filter_map(|body| calls::saga_of(&body)).collect();
            let receipts: Vec<String> = messages.iter().filter_map(|message| text(message, "ReceiptHandle")).collect();
            for saga in &sagas {
                for write in hop.writes {
                    connection.json("DynamoDB_20120810.UpdateItem", &calls::update(*write, saga))?;
                    self.count("dynamodb:UpdateItem", 1);
                }
            }
            if let Some(publish) = calls::publish(hop, &sagas) {
                connection.form(&publish)?;
                self.count("sns:PublishBatch", sagas.len());
            }
            connection.json("AmazonSQS.DeleteMessageBatch", &calls::delete(hop.queue, self.port, &receipts))?;
            self.count("sqs:DeleteMessageBatch", receipts.len());
            if hop.publishes.is_none() {
                self.ended.fetch_add(sagas.len(), Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn count(&self, name: &'static str, carried: usize) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(name).or_default() += 1;
        *counts.entry("entries and messages").or_default() += if name.starts_with("dynamodb") { 0 } else { carried };
    }

    fn counted(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
