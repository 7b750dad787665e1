//! Creates a table with its index, or adds the index to a table that is there.
//!
//! **Invariant:** no table, item or index is ever deleted. A key that differs is an error, since no key can be changed.

use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::operation::update_table::UpdateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexDescription, GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableDescription, TableStatus,
};
use runtime::tools::{clients, explain};
use runtime::{Aws, Unavailable};
use saga::topology::{Index, Table};

use super::change::Did;

/// How often a table that is at work is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Brings a table into line, and waits until it and its index can be used.
pub(super) async fn table(aws: &Aws, wanted: &Table) -> Result<Did, Unavailable> {
    let failed = |what: String| Unavailable::of_table(&wanted.name, &what);
    let mut did = Did::Found;
    loop {
        let described = clients(aws).dynamodb.describe_table().table_name(&wanted.name).send().await;
        let found = match described {
            Ok(described) => described.table.unwrap_or_else(|| TableDescription::builder().build()),
            Err(error) if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) => {
                create_table(aws, wanted).await.map_err(failed)?;
                did = Did::Created;
                continue;
            }
            Err(error) => return Err(failed(explain(&error))),
        };
        if !is_at_rest(&found) {
            tokio::time::sleep(LOOK_EVERY).await;
            continue;
        }
        check_key("the table", found.key_schema(), &wanted.key, wanted.sort.as_deref()).map_err(failed)?;
        let Some(index) = &wanted.index else {
            return Ok(did);
        };
        let found = found.global_secondary_indexes().iter().find(|found| found.index_name() == Some(&index.name));
        if let Some(found) = found {
            let what = format!("its index {}", index.name);
            check_key(&what, found.key_schema(), &index.key, Some(&index.sort)).map_err(failed)?;
            return Ok(did);
        }
        add_index(aws, wanted, index).await.map_err(failed)?;
        did = Did::Updated;
    }
}

/// Whether the table and all its indexes are active: until then it takes no further change.
fn is_at_rest(table: &TableDescription) -> bool {
    let is_active = |index: &GlobalSecondaryIndexDescription| index.index_status() == Some(&IndexStatus::Active);
    table.table_status() == Some(&TableStatus::Active) && table.global_secondary_indexes().iter().all(is_active)
}

fn check_key(what: &str, found: &[KeySchemaElement], key: &str, sort: Option<&str>) -> Result<(), String> {
    let found: Vec<_> = found.iter().map(KeySchemaElement::attribute_name).collect();
    let wanted: Vec<_> = std::iter::once(key).chain(sort).collect();
    if found == wanted {
        return Ok(());
    }
    Err(format!(
        "the key of {what} is ({}) and must be ({}), and no key can be changed",
        found.join(", "),
        wanted.join(", ")
    ))
}

async fn create_table(aws: &Aws, wanted: &Table) -> Result<(), String> {
    let built = |error: BuildError| error.to_string();
    let create = clients(aws)
        .dynamodb
        .create_table()
        .table_name(&wanted.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(wanted).map_err(built)?))
        .set_key_schema(Some(key_schema(&wanted.key, wanted.sort.as_deref()).map_err(built)?));
    let indexes = wanted.index.iter().map(|index| {
        GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_schema(&index.key, Some(&index.sort))?))
            .projection(projection(index))
            .build()
    });
    let indexes: Vec<_> = indexes.collect::<Result<_, _>>().map_err(built)?;
    let create = create.set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes));
    match create.send().await {
        Ok(_) => Ok(()),
        // Our own call, whose answer was lost.
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => Ok(()),
        Err(error) => Err(explain(&error)),
    }
}

async fn add_index(aws: &Aws, table: &Table, index: &Index) -> Result<(), String> {
    let built = |error: BuildError| error.to_string();
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name(&index.name)
        .set_key_schema(Some(key_schema(&index.key, Some(&index.sort)).map_err(built)?))
        .projection(projection(index))
        .build()
        .map_err(built)?;
    let update = clients(aws)
        .dynamodb
        .update_table()
        .table_name(&table.name)
        .set_attribute_definitions(Some(attributes(table).map_err(built)?))
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build());
    match update.send().await {
        Ok(_) => Ok(()),
        // Our own call, whose answer was lost, or somebody else's: the next look shows what came of it.
        Err(error) if error.as_service_error().is_some_and(UpdateTableError::is_resource_in_use_exception) => Ok(()),
        Err(error) => Err(explain(&error)),
    }
}

/// The attributes of all keys, as strings.
fn attributes(table: &Table) -> Result<Vec<AttributeDefinition>, BuildError> {
    let of_index = table.index.iter().flat_map(|index| [&index.key, &index.sort]);
    let names = std::iter::once(&table.key).chain(&table.sort).chain(of_index);
    let definition = |name: &String| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    names.map(definition).collect()
}

fn key_schema(key: &str, sort: Option<&str>) -> Result<Vec<KeySchemaElement>, BuildError> {
    let keys = std::iter::once((key, KeyType::Hash)).chain(sort.map(|sort| (sort, KeyType::Range)));
    keys.map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build()).collect()
}

fn projection(index: &Index) -> Projection {
    Projection::builder()
        .projection_type(ProjectionType::Include)
        .set_non_key_attributes(Some(index.includes.clone()))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_differs_is_named() {
        let schema = key_schema("saga", None).unwrap();
        assert_eq!(check_key("the table", &schema, "saga", None), Ok(()));
        let error = check_key("the table", &schema, "subject", Some("at")).unwrap_err();
        assert!(error.contains("is (saga) and must be (subject, at)"), "{error}");
    }
}
