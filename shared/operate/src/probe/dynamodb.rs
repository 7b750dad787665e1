//! What is relied on of `DynamoDB`: conditions, transactions, reads, exact numbers, and the index of the sweeper.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use runtime::tools::{Store, Written};
use runtime::{Counters, Unavailable};
use rust_decimal::Decimal;
use saga::{Due, List, Record, Stored, Take, Write};
use tokio::task::JoinSet;
use tokio::time::Instant;
use wire::declared::KindDeclaration;
use wire::{SagaId, SagaKind};

use super::bench::{Bench, PATIENCE};
use super::finding::{Finding, Group, Odd, Tried, holds};

/// Who write at once.
const WRITERS: u32 = 16;

/// How often a write is read back.
const READS: u32 = 10;

/// How often the index, which lags, is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn try_all(bench: &Bench, group: Group) -> Vec<Finding> {
    vec![
        group.tried("a write whose condition fails brings back what stands", "ADR 0007", stands(bench)).await,
        group.tried("of many who write an item at once, one wins", "ADR 0002", one_wins(bench)).await,
        group.tried("of writes that travel together, each takes place by itself", "ADR 0044", together(bench)).await,
        group.tried("what was written is read at once", "ADR 0018", read_at_once(bench)).await,
        group.tried("a transaction takes place whole, or says which condition failed", "ADR 0021", whole(bench)).await,
        group.tried("transactions that meet each take place whole or not", "ADR 0021", meet(bench)).await,
        group.tried("numbers are exact decimals", "semantics: Counters", exact(bench)).await,
        group.tried("an index holds what has its keys, in order, and no more", "ADR 0020", sparse(bench)).await,
    ]
}

fn saga() -> SagaId {
    SagaId::of_request("probe", &format!("{:032x}", fastrand::u128(..)))
}

/// One that is listed in this shard.
fn saga_in(shard: &str) -> SagaId {
    loop {
        let saga = saga();
        if List::Open.shard_of(saga) == shard {
            return saga;
        }
    }
}

/// A state of this name, with something to compare byte for byte.
fn record(state: &str) -> Record {
    let stored = Stored { state: state.to_owned(), facts: format!(r#"{{"of": "{state}", "n": 1.0}}"#) };
    Record { stored, announced: vec![format!(r#"{{"é": "漢字 {state}"}}"#)] }
}

fn write(saga: SagaId, expected: Option<&str>, to: &str) -> Write {
    let expected = expected.map(|state| record(state).stored);
    Write { saga, expected, to: record(to), takes: vec![], due: None, at: Timestamp::now() }
}

fn in_words(written: &Written) -> String {
    match written {
        Written::Committed => "the write took place".to_owned(),
        Written::Conflict(None) => "the condition failed, and nothing came back".to_owned(),
        Written::Conflict(Some(found)) => {
            format!("the condition failed, and this came back: {}", found.stored.state)
        }
        Written::Short => "another condition failed".to_owned(),
    }
}

fn committed(written: &Written) -> Tried {
    holds(matches!(written, Written::Committed), || in_words(written))
}

/// The condition failed, and this came back.
fn conflict(written: &Written, expected: Option<&Record>) -> Tried {
    let right = matches!(written, Written::Conflict(found) if found.as_ref() == expected);
    holds(right, || in_words(written))
}

async fn stands(bench: &Bench) -> Tried {
    let (store, saga) = (bench.store(), saga());
    conflict(&store.write(&write(saga, Some("First"), "Second")).await?, None)?;
    committed(&store.write(&write(saga, None, "First")).await?)?;
    conflict(&store.write(&write(saga, None, "Second")).await?, Some(&record("First")))?;
    conflict(&store.write(&write(saga, Some("Second"), "Third")).await?, Some(&record("First")))?;
    committed(&store.write(&write(saga, Some("First"), "Second")).await?)
}

async fn one_wins(bench: &Bench) -> Tried {
    let (store, saga) = (bench.store(), saga());
    let writes = (0..WRITERS).map(|writer| write(saga, None, &format!("Writer{writer}")));
    let results = at_once(&store, writes.collect()).await?;
    let won: Vec<_> = results.iter().filter(|(_, written)| matches!(written, Written::Committed)).collect();
    let [(winner, _)] = won.as_slice() else {
        return Err(Odd::Differs(format!("{} of {WRITERS} won", won.len())));
    };
    let mut others = results.iter().filter(|(_, written)| !matches!(written, Written::Committed));
    others.try_for_each(|(_, written)| conflict(written, Some(&winner.to)))
}

/// What came of each of these writes.
async fn at_once(store: &Store, writes: Vec<Write>) -> Result<Vec<(Write, Written)>, Odd> {
    let mut writers = JoinSet::new();
    for write in writes {
        let store = store.clone();
        writers.spawn(async move { store.write(&write).await.map(|written| (write, written)) });
    }
    let mut results = Vec::new();
    while let Some(ended) = writers.join_next().await {
        results.push(ended.map_err(|died| Unavailable::new("DynamoDB", died.to_string()))??);
    }
    Ok(results)
}

/// At once: some write what is new, some change what stands, and one writes what is there already and is refused.
async fn together(bench: &Bench) -> Tried {
    let store = bench.store();
    let standing: Vec<_> = (0..WRITERS).map(|_| saga()).collect();
    for saga in &standing {
        committed(&store.write(&write(*saga, None, "First")).await?)?;
    }
    let new = (0..WRITERS).map(|_| write(saga(), None, "First"));
    let (there, changed) = standing.split_last().ok_or_else(|| Odd::Differs("nobody writes".to_owned()))?;
    let changes = changed.iter().map(|saga| write(*saga, Some("First"), "Second"));
    let writes = new.chain(changes).chain([write(*there, None, "Again")]).collect();
    for (written, outcome) in at_once(&store, writes).await? {
        if written.saga == *there {
            conflict(&outcome, Some(&record("First")))?;
        } else {
            committed(&outcome)?;
            let found = store.read(written.saga).await?;
            holds(found.as_ref() == Some(&written.to), || format!("{found:?} was read after it was written"))?;
        }
    }
    holds(store.writes_travel_together(), || "batches of writes are refused: each write goes alone".to_owned())
}

async fn read_at_once(bench: &Bench) -> Tried {
    let (store, counters, saga) = (bench.store(), bench.counters(), saga());
    let mut before = None;
    for nth in 0..READS {
        let state = format!("State{nth}");
        committed(&store.write(&write(saga, before.as_deref(), &state)).await?)?;
        let found = store.read(saga).await?;
        holds(found.as_ref() == Some(&record(&state)), || format!("after {state} was written, {found:?} was read"))?;
        counters.set("read", Some(Decimal::from(nth))).await?;
        left(&counters, "read", Decimal::from(nth)).await?;
        before = Some(state);
    }
    Ok(())
}

/// Holds the counters to having this much of an item.
async fn left(counters: &Counters, item: &str, expected: Decimal) -> Tried {
    let counted = counters.count(&[item.to_owned()]).await?;
    let right = matches!(counted.as_slice(), [(_, available)] if *available == expected);
    holds(right, || format!("of {expected} that should be there, {counted:?} was read"))
}

fn take(item: &str, quantity: Decimal) -> Take {
    Take { item: item.to_owned(), quantity }
}

async fn whole(bench: &Bench) -> Tried {
    let (store, counters, saga) = (bench.store(), bench.counters(), saga());
    let (five, one) = (Decimal::from(5), Decimal::ONE);
    counters.set("whole", Some(five)).await?;
    counters.set("part", Some(one)).await?;
    let reserve =
        |of_part| Write { takes: vec![take("whole", one), take("part", of_part)], ..write(saga, None, "Reserved") };
    let short = store.write(&reserve(five)).await?;
    holds(matches!(short, Written::Short), || in_words(&short))?;
    let found = store.read(saga).await?;
    holds(found.is_none(), || "a part of what was refused was written".to_owned())?;
    left(&counters, "whole", five).await?;
    committed(&store.write(&reserve(one)).await?)?;
    // Sent again, it is refused by the first condition, which brings back what stands.
    conflict(&store.write(&reserve(one)).await?, Some(&record("Reserved")))?;
    left(&counters, "whole", five - one).await?;
    left(&counters, "part", Decimal::ZERO).await
}

async fn meet(bench: &Bench) -> Tried {
    let (store, counters) = (bench.store(), bench.counters());
    counters.set("met", Some(Decimal::from(5))).await?;
    let reserve = |_| Write { takes: vec![take("met", Decimal::ONE)], ..write(saga(), None, "Reserved") };
    let mut taken = Decimal::ZERO;
    for (write, written) in at_once(&store, (0..WRITERS).map(reserve).collect()).await? {
        // One that met another may be refused for that alone.
        let took_place = matches!(written, Written::Committed);
        holds(took_place || matches!(written, Written::Short), || in_words(&written))?;
        let stands = store.read(write.saga).await?.is_some();
        holds(stands == took_place, || format!("{}, but its item says otherwise", in_words(&written)))?;
        taken += Decimal::from(u8::from(took_place));
    }
    holds(taken > Decimal::ZERO, || "none of them took place".to_owned())?;
    left(&counters, "met", Decimal::from(5) - taken).await
}

async fn exact(bench: &Bench) -> Tried {
    let (store, counters) = (bench.store(), bench.counters());
    let [much, little] = [(123_456_789_012_345_123_456_789, 9), (1, 9)]
        .map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale));
    counters.set("exact", Some(much)).await?;
    let reserve = Write { takes: vec![take("exact", little)], ..write(saga(), None, "Reserved") };
    committed(&store.write(&reserve).await?)?;
    left(&counters, "exact", much - little).await
}

async fn sparse(bench: &Bench) -> Tried {
    let (store, now, shard) = (bench.store(), Timestamp::now(), List::Open.shard(0));
    let [later, first, second, never] = std::array::from_fn(|_| saga_in(&shard));
    let kind = SagaKind::of(&KindDeclaration { nth: 0, name: "probed", about: "" });
    let due = |secs| Some(Due { list: List::Open, kind, at: now + SignedDuration::from_secs(secs) });
    for (saga, due) in [(later, due(3600)), (second, due(-1)), (never, None), (first, due(-60))] {
        committed(&store.write(&Write { due, ..write(saga, None, "First") }).await?)?;
    }
    listed(&store, &shard, now, &[first, second]).await?;
    committed(&store.write(&write(first, Some("First"), "Over")).await?)?;
    listed(&store, &shard, now, &[second]).await
}

/// The sagas of a shard that are due, page by page, one saga on each.
async fn pages(store: &Store, shard: &str, now: Timestamp) -> Result<Vec<SagaId>, Unavailable> {
    let (mut found, mut place) = store.overdue(shard, now, 1, None).await?;
    while place.is_some() {
        let (sagas, next) = store.overdue(shard, now, 1, place).await?;
        found.extend(sagas);
        place = next;
    }
    Ok(found)
}

/// Waits until these are the sagas of a shard that are due.
async fn listed(store: &Store, shard: &str, now: Timestamp, expected: &[SagaId]) -> Tried {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = pages(store, shard, now).await?;
        if found == expected {
            return Ok(());
        }
        holds(Instant::now() < deadline, || format!("{expected:?} should be listed, and {found:?} are"))?;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
