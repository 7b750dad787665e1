//! Writes that travel together, in which single members, whole batches and their answers fail.

use ensemble_runtime::tools::{Store, Written, clients};
use ensemble_runtime::{Aws, Unavailable};
use jiff::Timestamp;
use local::{Endpoint, FailWith, Options};
use saga::{Record, Stored, Write};
use tokio::task::JoinSet;
use wire::SagaId;

/// Writers at once: more than a batch holds.
const WRITERS: usize = 60;

struct World {
    endpoint: Endpoint,
    aws: Aws,
    store: Store,
}

impl World {
    async fn start() -> Self {
        let endpoint = Endpoint::start(Options::default()).unwrap();
        let aws = Aws::at(&endpoint.url()).await.unwrap();
        create(&aws).await;
        let store = Store::new(clients(&aws).dynamodb.clone(), "sagas".to_owned(), None, false);
        Self { endpoint, aws, store }
    }

    /// Carries out writes at once; what came of each, in order.
    async fn write(&self, writes: Vec<Write>) -> Vec<Result<Written, Unavailable>> {
        let mut writers = JoinSet::new();
        for (index, write) in writes.into_iter().enumerate() {
            let store = self.store.clone();
            writers.spawn(async move { (index, store.write(&write).await) });
        }
        let mut results = writers.join_all().await;
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn called(&self, operation: &str) -> u64 {
        self.endpoint.calls().get(&format!("dynamodb:{operation}"))
    }

    /// Holds each saga to standing where this write left it.
    async fn stand(&self, writes: &[Write]) {
        for write in writes {
            assert_eq!(self.store.read(write.saga).await, Ok(Some(write.to.clone())));
        }
    }
}

async fn create(aws: &Aws) {
    use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
    let key = KeySchemaElement::builder().attribute_name("saga").key_type(KeyType::Hash).build().unwrap();
    let attribute = AttributeDefinition::builder().attribute_name("saga").attribute_type(ScalarAttributeType::S);
    let table = clients(aws).dynamodb.create_table().table_name("sagas").billing_mode(BillingMode::PayPerRequest);
    table.key_schema(key).attribute_definitions(attribute.build().unwrap()).send().await.unwrap();
}

fn record(state: &str) -> Record {
    let facts = format!(r#"{{"of": "{state}", "n": 1.0}}"#);
    Record {
        stored: Stored { state: state.to_owned(), facts }, announced: vec![format!(r#"{{"é": "漢字 {state}"}}"#)]
    }
}

fn write(saga: SagaId, expected: Option<&str>, to: &str) -> Write {
    let expected = expected.map(|state| record(state).stored);
    Write { saga, expected, to: record(to), takes: vec![], due: None, at: Timestamp::now() }
}

fn sagas() -> Vec<SagaId> {
    (0..WRITERS).map(|nth| SagaId::of_request("together", &nth.to_string())).collect()
}

fn each(expected: Option<&str>, to: &str) -> Vec<Write> {
    sagas().into_iter().map(|saga| write(saga, expected, to)).collect()
}

fn committed(results: &[Result<Written, Unavailable>]) -> bool {
    results.iter().all(|result| matches!(result, Ok(Written::Committed)))
}

#[tokio::test]
async fn writes_that_meet_are_few_calls_and_each_takes_place() {
    let world = World::start().await;
    let (first, second) = (each(None, "First"), each(Some("First"), "Second"));
    assert!(committed(&world.write(first).await));
    assert!(committed(&world.write(second.clone()).await));
    world.stand(&second).await;
    assert!(world.called("BatchExecuteStatement") >= 2, "{:?}", world.endpoint.calls());
    assert_eq!(world.called("conditional-write"), 2 * u64::try_from(WRITERS).unwrap());
    assert_eq!(world.called("condition-failed"), 0);
    // The same item as a write leaves that goes alone.
    let alone = write(SagaId::of_request("together", "alone"), None, "First");
    assert!(matches!(world.store.write(&alone).await, Ok(Written::Committed)));
    let alone = Write { expected: Some(record("First").stored), to: record("Second"), ..alone };
    assert!(matches!(world.store.write(&alone).await, Ok(Written::Committed)));
    let found = clients(&world.aws).dynamodb.scan().table_name("sagas").send().await.unwrap().items.unwrap();
    let of_all = |name: &str| found.iter().map(|item| item.get(name).cloned()).collect::<Vec<_>>();
    assert_eq!(found.len(), WRITERS + 1);
    for name in ["state", "facts", "announced", "version"] {
        assert!(of_all(name).windows(2).all(|pair| pair[0] == pair[1] && pair[0].is_some()), "{name}");
    }
}

#[tokio::test]
async fn a_member_whose_condition_fails_brings_back_what_stands_and_fails_no_other() {
    let world = World::start().await;
    let there = sagas().into_iter().step_by(2).map(|saga| write(saga, None, "There")).collect::<Vec<_>>();
    assert!(committed(&world.write(there.clone()).await));
    for (index, result) in world.write(each(None, "New")).await.into_iter().enumerate() {
        match result.unwrap() {
            Written::Conflict(found) => assert_eq!((index % 2, found), (0, Some(record("There")))),
            Written::Committed => assert_eq!(index % 2, 1),
            Written::Short => panic!("{index}: nothing is taken"),
        }
    }
    // An update of what is not there brings nothing back.
    let nobody = |nth: usize| write(SagaId::of_request("nobody", &nth.to_string()), Some("There"), "Changed");
    for result in world.write((0..WRITERS).map(nobody).collect()).await {
        assert!(matches!(result, Ok(Written::Conflict(None))));
    }
    world.stand(&there).await;
}

#[tokio::test]
async fn of_many_who_write_one_saga_at_once_one_wins() {
    let world = World::start().await;
    let saga = sagas()[0];
    let writes: Vec<_> = (0..WRITERS).map(|nth| write(saga, None, &format!("Writer{nth}"))).collect();
    let results = world.write(writes.clone()).await;
    let won: Vec<_> =
        results.iter().zip(&writes).filter(|(result, _)| matches!(result, Ok(Written::Committed))).collect();
    let [(_, winner)] = won.as_slice() else { panic!("{} won", won.len()) };
    for result in &results {
        assert!(
            matches!(result, Ok(Written::Committed))
                || matches!(result, Ok(Written::Conflict(Some(found))) if *found == winner.to)
        );
    }
}

#[tokio::test]
async fn a_batch_that_fails_is_sent_again_by_the_sdk_and_takes_place_once() {
    let world = World::start().await;
    for with in [FailWith::ServerError, FailWith::Throttled] {
        world.endpoint.fail_next("dynamodb:BatchExecuteStatement", with, 1);
    }
    let writes = each(None, "First");
    assert!(committed(&world.write(writes.clone()).await));
    world.stand(&writes).await;
}

#[tokio::test]
async fn a_batch_that_fails_for_good_is_told_as_unavailable_to_each_of_its_writes() {
    let world = World::start().await;
    world.endpoint.fail_next("dynamodb:BatchExecuteStatement", FailWith::ServerError, 60);
    let results = world.write(each(None, "First")).await;
    let failed = results.iter().filter(|result| result.is_err()).count();
    assert!(failed > 1, "{results:?}");
    for (result, saga) in results.iter().zip(sagas()) {
        assert_eq!(world.store.read(saga).await.unwrap().is_some(), result.is_ok());
    }
    assert!(world.store.writes_travel_together(), "an endpoint that fails may serve batches later");
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_brings_each_write_back_as_what_stands() {
    let world = World::start().await;
    let writes = each(None, "First");
    assert!(committed(&world.write(writes.clone()).await));
    // Sent again, as after a lost answer.
    for (result, write) in world.write(writes.clone()).await.into_iter().zip(&writes) {
        assert!(matches!(result, Ok(Written::Conflict(Some(found))) if found == write.to));
    }
}

#[tokio::test]
async fn where_batches_are_refused_every_write_goes_alone() {
    let world = World::start().await;
    world.endpoint.fail_next("dynamodb:BatchExecuteStatement", FailWith::Refused, 60);
    let writes = each(None, "First");
    assert!(committed(&world.write(writes.clone()).await));
    world.stand(&writes).await;
    assert!(!world.store.writes_travel_together());
    let batches = world.called("BatchExecuteStatement");
    assert!(committed(&world.write(each(Some("First"), "Second")).await));
    assert_eq!(world.called("BatchExecuteStatement"), batches, "nobody asks again");
}
