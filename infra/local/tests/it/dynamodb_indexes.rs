//! Global secondary indexes that hold some of the items: a shard of what is open, by the time it is due.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexDescription, GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, Projection,
    ProjectionType, PutRequest, ScalarAttributeType, Select, WriteRequest,
};
use ensemble_local_aws::Options;

use crate::dynamodb::{item, n, s};
use crate::world::World;

const INDEX: &str = "open-by-due";

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}

fn index_keys() -> Vec<KeySchemaElement> {
    vec![key("openShard", KeyType::Hash), key("dueAt", KeyType::Range)]
}

fn index_attributes() -> [AttributeDefinition; 2] {
    [attribute("openShard", ScalarAttributeType::S), attribute("dueAt", ScalarAttributeType::N)]
}

fn projection() -> Projection {
    Projection::builder().projection_type(ProjectionType::Include).non_key_attributes("state").build()
}

/// A table `orders` with key `id`, with its index or without.
async fn create_table(world: &World, with_index: bool) {
    let create = world.dynamodb.create_table().table_name("orders").billing_mode(BillingMode::PayPerRequest);
    let mut create =
        create.key_schema(key("id", KeyType::Hash)).attribute_definitions(attribute("id", ScalarAttributeType::S));
    if with_index {
        let index = GlobalSecondaryIndex::builder().index_name(INDEX).set_key_schema(Some(index_keys()));
        create = create.global_secondary_indexes(index.projection(projection()).build().unwrap());
        for attribute in index_attributes() {
            create = create.attribute_definitions(attribute);
        }
    }
    create.send().await.unwrap();
}

async fn add_index(world: &World) {
    let index = CreateGlobalSecondaryIndexAction::builder().index_name(INDEX).set_key_schema(Some(index_keys()));
    let index = index.projection(projection()).build().unwrap();
    let mut update = world.dynamodb.update_table().table_name("orders");
    update = update.global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(index).build());
    for attribute in index_attributes() {
        update = update.attribute_definitions(attribute);
    }
    update.send().await.unwrap();
}

async fn described(world: &World) -> Vec<GlobalSecondaryIndexDescription> {
    let description = world.dynamodb.describe_table().table_name("orders").send().await.unwrap().table.unwrap();
    description.global_secondary_indexes.unwrap_or_default()
}

async fn world() -> World {
    let world = World::start();
    create_table(&world, true).await;
    world
}

async fn put(world: &World, id: &str, due_at: i64) {
    let put = world.dynamodb.put_item().table_name("orders").item("id", s(id)).item("state", s("placed"));
    put.item("note", s("not in the index")).item("openShard", s("0")).item("dueAt", n(due_at)).send().await.unwrap();
}

async fn update(world: &World, id: &str, expression: &str, values: &[(&str, AttributeValue)]) {
    let update = world.dynamodb.update_item().table_name("orders").key("id", s(id)).update_expression(expression);
    let values = (!values.is_empty()).then(|| item(values));
    update.set_expression_attribute_values(values).send().await.unwrap();
}

/// What is open and due by then.
fn due(world: &World, by: i64) -> QueryFluentBuilder {
    let query = world.dynamodb.query().table_name("orders").index_name(INDEX);
    let query = query.key_condition_expression("openShard = :s AND dueAt <= :t");
    query.expression_attribute_values(":s", s("0")).expression_attribute_values(":t", n(by))
}

fn ids(items: &[HashMap<String, AttributeValue>]) -> Vec<String> {
    items.iter().map(|item| item["id"].as_s().unwrap().clone()).collect()
}

async fn due_ids(world: &World, by: i64) -> Vec<String> {
    ids(due(world, by).send().await.unwrap().items())
}

#[tokio::test]
async fn an_index_made_with_its_table_is_active() {
    let world = world().await;
    let [index] = described(&world).await.try_into().unwrap();
    assert_eq!((index.index_name(), index.index_status()), (Some(INDEX), Some(&IndexStatus::Active)));
    assert_eq!(index.key_schema(), index_keys());
    assert_eq!(index.projection(), Some(&projection()));
    assert_ne!(index.backfilling(), Some(true));
}

#[tokio::test]
async fn an_index_can_be_added_to_a_table_with_items() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().to_owned()), ..Options::default() };
    let world = World::with(options.clone());
    create_table(&world, false).await;
    for (id, due_at) in [("b", 2), ("a", 1), ("c", 30)] {
        put(&world, id, due_at).await;
    }
    let put_closed = world.dynamodb.put_item().table_name("orders").item("id", s("closed"));
    put_closed.send().await.unwrap();
    assert_eq!(crate::code!(due(&world, 10).send().await), "ValidationException", "there is no index yet");

    add_index(&world).await;
    let status = |indexes: &[GlobalSecondaryIndexDescription]| indexes[0].index_status().cloned().unwrap();
    while status(&described(&world).await) != IndexStatus::Active {}
    assert_eq!(due_ids(&world, 10).await, ["a", "b"]);
    put(&world, "d", 3).await;
    assert_eq!(due_ids(&world, 10).await, ["a", "b", "d"]);
    world.endpoint.stop();

    let world = World::with(options);
    assert_eq!(status(&described(&world).await), IndexStatus::Active);
    assert_eq!(due_ids(&world, 10).await, ["a", "b", "d"]);
}

#[tokio::test]
async fn an_update_moves_an_item_into_the_index_and_out_of_it() {
    let world = world().await;
    update(&world, "a", "SET note = :n", &[(":n", s("x"))]).await;
    assert!(due_ids(&world, 100).await.is_empty());
    // One of the two attributes is not enough.
    update(&world, "a", "SET openShard = :s", &[(":s", s("0"))]).await;
    assert!(due_ids(&world, 100).await.is_empty());
    update(&world, "a", "SET dueAt = :t", &[(":t", n(50))]).await;
    assert_eq!(due_ids(&world, 100).await, ["a"]);
    // It moves within the index.
    update(&world, "a", "SET dueAt = dueAt + :t", &[(":t", n(100))]).await;
    assert!(due_ids(&world, 100).await.is_empty());
    assert_eq!(due_ids(&world, 150).await, ["a"]);
    update(&world, "a", "SET openShard = :s", &[(":s", s("1"))]).await;
    assert!(due_ids(&world, 150).await.is_empty());
    update(&world, "a", "SET openShard = :s", &[(":s", s("0"))]).await;
    update(&world, "a", "REMOVE openShard, dueAt", &[]).await;
    assert!(due_ids(&world, 1000).await.is_empty());
    let get = world.dynamodb.get_item().table_name("orders").key("id", s("a")).send().await.unwrap();
    assert_eq!(get.item.unwrap(), item(&[("id", s("a")), ("note", s("x"))]));
}

#[tokio::test]
async fn an_index_holds_its_keys_those_of_the_table_and_what_it_includes() {
    let world = world().await;
    put(&world, "a", 1).await;
    let [found] = due(&world, 1).send().await.unwrap().items.unwrap().try_into().unwrap();
    let expected = [("id", s("a")), ("openShard", s("0")), ("dueAt", n(1)), ("state", s("placed"))];
    assert_eq!(found, item(&expected));
    let all = due(&world, 1).select(Select::AllAttributes).send().await;
    assert_eq!(crate::code!(all), "ValidationException", "an index does not read the table");
    let consistent = due(&world, 1).consistent_read(true).send().await;
    assert_eq!(crate::code!(consistent), "ValidationException");
}

#[tokio::test]
async fn an_index_is_read_in_either_order_and_counted() {
    let world = world().await;
    // As text, 10 comes before 9.
    for (id, due_at) in [("x", 10), ("y", 9), ("z", -1), ("late", 11)] {
        put(&world, id, due_at).await;
    }
    assert_eq!(due_ids(&world, 10).await, ["z", "y", "x"]);
    let backwards = due(&world, 10).scan_index_forward(false).send().await.unwrap();
    assert_eq!(ids(backwards.items()), ["x", "y", "z"]);
    let counted = due(&world, 10).select(Select::Count).send().await.unwrap();
    assert_eq!((counted.count(), counted.scanned_count(), counted.items.as_deref()), (3, 3, None));
    let first = due(&world, 10).select(Select::Count).limit(2).send().await.unwrap();
    assert_eq!(first.count(), 2);
    let rest = due(&world, 10).select(Select::Count).set_exclusive_start_key(first.last_evaluated_key);
    let rest = rest.send().await.unwrap();
    assert_eq!((rest.count(), rest.last_evaluated_key), (1, None));
}

/// All ids in the order of the pages, and how many pages there were.
async fn pages(world: &World, by: i64, size: i32, forward: bool) -> (Vec<String>, usize) {
    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let query = due(world, by).limit(size).scan_index_forward(forward).set_exclusive_start_key(after);
        let page = query.send().await.unwrap();
        assert!(page.items().len() <= usize::try_from(size).unwrap());
        found.extend(ids(page.items()));
        pages += 1;
        after = page.last_evaluated_key;
        let Some(key) = &after else { return (found, pages) };
        let names: BTreeSet<_> = key.keys().map(String::as_str).collect();
        assert_eq!(names, BTreeSet::from(["dueAt", "id", "openShard"]));
    }
}

#[tokio::test]
async fn pages_hold_each_item_once_also_where_many_are_due_at_once() {
    let world = world().await;
    for index in 0..23 {
        put(&world, &format!("o-{index:02}"), index / 10).await;
    }
    for forward in [true, false] {
        let (found, pages) = pages(&world, 1, 3, forward).await;
        assert_eq!(found.len(), 20);
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 20);
        assert_eq!(pages, 7);
    }
    // An item that leaves the index between two pages does not end the paging.
    let first = due(&world, 1).limit(5).send().await.unwrap();
    let last = ids(first.items()).pop().unwrap();
    update(&world, &last, "REMOVE openShard, dueAt", &[]).await;
    let rest = due(&world, 1).set_exclusive_start_key(first.last_evaluated_key).send().await.unwrap();
    assert_eq!(rest.items().len(), 15);
}

#[tokio::test]
async fn a_page_that_ends_with_the_last_item_may_be_followed_by_an_empty_one() {
    let world = world().await;
    put(&world, "a", 1).await;
    put(&world, "b", 2).await;
    let page = due(&world, 2).limit(2).send().await.unwrap();
    let key = page.last_evaluated_key.expect("DynamoDB does not look ahead");
    let next = due(&world, 2).set_exclusive_start_key(Some(key)).send().await.unwrap();
    assert_eq!((next.items().len(), next.last_evaluated_key), (0, None));
}

#[tokio::test]
async fn a_large_index_is_read_page_by_page() {
    let world = world().await;
    for batch in 0..80 {
        let writes = (0..25).map(|offset| {
            let index = batch * 25 + offset;
            let put = PutRequest::builder().item("id", s(&format!("o-{index}"))).item("state", s("placed"));
            let put = put.item("openShard", s("0")).item("dueAt", n(index)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let write = world.dynamodb.batch_write_item().request_items("orders", writes.collect());
        write.send().await.unwrap();
    }
    let all = due(&world, 2000).select(Select::Count).send().await.unwrap();
    assert_eq!(all.count(), 2000);
    assert_eq!(due_ids(&world, 99).await.len(), 100);
    update(&world, "o-1000", "REMOVE openShard, dueAt", &[]).await;
    let (found, pages) = pages(&world, 2000, 500, true).await;
    assert_eq!((found.len(), pages), (1999, 4));
}

#[tokio::test]
async fn an_attribute_of_an_index_keeps_its_type() {
    let world = world().await;
    put(&world, "a", 1).await;
    for (expression, value) in [
        ("SET openShard = :v", n(0)),
        ("SET openShard = :v", s("")),
        ("SET dueAt = :v", s("1")),
        ("SET dueAt = :v", AttributeValue::Null(true)),
    ] {
        let update = world.dynamodb.update_item().table_name("orders").key("id", s("a"));
        let update = update.update_expression(expression).expression_attribute_values(":v", value).send().await;
        assert_eq!(crate::code!(update), "ValidationException", "{expression}");
    }
    assert_eq!(due_ids(&world, 1).await, ["a"]);
}
