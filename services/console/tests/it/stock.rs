//! `ensemble stock`, and orders that compete for what there is.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::emulator::{Emulator, on_both_endpoints};
use crate::harness::ensemble;
use crate::service_processes::{ALL, ServiceProcesses};

/// How much is available of an item.
async fn available(services: &ServiceProcesses, item: &str) -> Decimal {
    let row = services.json(&["stock", "show", item]).await.remove(0);
    row["available"].as_str().unwrap().parse().unwrap()
}

async fn set(services: &ServiceProcesses, item: &str, quantity: &str) {
    services.json(&["stock", "set", item, quantity]).await;
}

async fn the_stock_is_set_exactly_and_on_record(emulator: Emulator) {
    let services = ServiceProcesses::at(emulator, &[]).await;
    let none = services.ensemble(&["stock", "show"]).await;
    assert!(none.out.contains("No item is tracked"), "{none:?}");
    let set = ["stock", "set", "567", "123456789012345.123456789", "--why", "counted"];
    let done = services.json(&set).await.remove(0);
    assert_eq!(done, json!({ "item": "567", "before": null, "after": "123456789012345.123456789" }));
    let text = services.ensemble(&["stock", "set", "567", "0.50"]).await.out;
    assert!(text.contains("567: 0.5 available, before 123456789012345.123456789 available"), "{text}");
    services.json(&["stock", "set", "a", "3"]).await;
    let shown = services.json(&["stock", "show"]).await;
    assert_eq!(shown, [json!({ "item": "567", "available": "0.5" }), json!({ "item": "a", "available": "3" })]);
    let shown = services.json(&["stock", "show", "b", "a"]).await;
    assert_eq!(shown, [json!({ "item": "a", "available": "3" }), json!({ "item": "b", "available": null })]);
    let done = services.json(&["stock", "set", "567", "--untracked"]).await.remove(0);
    assert_eq!(done, json!({ "item": "567", "before": "0.5", "after": null }));

    let told = services.ensemble(&["audit", "stock/567"]).await.out;
    assert!(told.contains("counted") && told.contains("set"), "{told}");
    let none = services.ensemble(&["audit", "stock/none"]).await.out;
    assert!(none.contains("nobody did anything to stock/none"), "{none}");
    let audit = services.audit("stock/567").await;
    assert_eq!((audit.len(), audit[0].0.as_str(), audit[0].1.as_str()), (6, "set", "counted"));
    let ended: Vec<&Value> =
        audit.iter().map(|(_, _, detail)| detail).filter(|detail| detail["phase"] == "ended").collect();
    let changes = ended.iter().map(|detail| (detail["before"].clone(), detail["after"].clone()));
    let long = "123456789012345.123456789";
    let expected = [(json!(null), json!(long)), (json!(long), json!("0.5")), (json!("0.5"), json!(null))];
    assert_eq!(changes.collect::<Vec<_>>(), expected);
}

async fn a_row_that_somebody_else_made_is_named_and_can_be_set_right(emulator: Emulator) {
    let services = ServiceProcesses::at(emulator, &[]).await;
    let row = json!({ "item": { "S": "567" }, "available": { "S": "five" } });
    services.aws.dynamodb("PutItem", &json!({ "TableName": services.aws.name("stock"), "Item": row })).await;
    for args in [&["stock", "show"][..], &["stock", "show", "567"]] {
        let ended = services.ensemble(args).await;
        assert_eq!(ended.code, Some(69), "{ended:?}");
        assert!(ended.err.contains("the row of item 567 is not of our making"), "{ended:?}");
    }
    set(&services, "567", "5").await;
    assert_eq!(available(&services, "567").await, Decimal::from(5));
}

#[tokio::test]
async fn an_amount_that_makes_no_sense_is_refused() {
    for args in [
        &["stock", "set", "567", "-1"][..],
        &["stock", "set", "567", "five"],
        &["stock", "set", "567"],
        &["stock", "set", "567", "5", "--untracked"],
        &["stock", "set", "a b", "5"],
        &["stock", "show", "a/b"],
    ] {
        let ended = ensemble(args, &Vec::new()).await;
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
    }
}

async fn of_ten_orders_five_get_the_last_five_and_the_others_their_money_back(emulator: Emulator) {
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    services.run("all", ALL, &[]);
    set(&services, "567", "5").await;
    let mut sagas = Vec::new();
    for index in 0..10 {
        sagas.push(services.order(&format!("a-{index}"), &[("567", "1")]).await);
    }
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for saga in &sagas {
        let told = services.told(saga, 1).await.remove(0);
        let outcome = told["outcome"].as_str().unwrap();
        *outcomes.entry(outcome.to_owned()).or_default() += 1;
        if outcome == "compensated" {
            assert_eq!(told["error"]["name"], "ErrReserveInventory");
            assert!(told["error"]["message"].as_str().unwrap().contains("567"), "{told}");
        }
    }
    assert_eq!(outcomes, [("compensated".to_owned(), 5), ("completed".to_owned(), 5)].into());
    assert_eq!(available(&services, "567").await, Decimal::ZERO);
    let totals = services.gateway.totals().await;
    assert_eq!((totals.captured, totals.refunded), (10, 5));
}

async fn orders_that_compete_for_several_items_never_take_more_than_there_is(emulator: Emulator) {
    /// The items, and how much there is of each.
    const STOCK: [(&str, &str); 3] = [("a", "20"), ("b", "12.5"), ("c", "30")];
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    services.run("all", ALL, &[]);
    // A second fulfillment, so that the locks of one process are no help.
    services.run("fulfillment", &["fulfillment"], &[]);
    for (item, quantity) in STOCK {
        set(&services, item, quantity).await;
    }
    let mut sagas = Vec::new();
    for index in 0..64 {
        // Each order wants two of the three, some of them halves, in either order.
        let items = match index % 4 {
            0 => [("a", "1"), ("b", "0.5")],
            1 => [("b", "1.5"), ("c", "1")],
            2 => [("c", "2"), ("a", "1")],
            _ => [("b", "0.5"), ("a", "0.5")],
        };
        sagas.push((services.order(&format!("b-{index}"), &items).await, items));
    }
    let mut left: BTreeMap<&str, Decimal> =
        STOCK.iter().map(|(item, quantity)| (*item, quantity.parse().unwrap())).collect();
    let mut completed = 0;
    for (saga, items) in &sagas {
        let told = services.told(saga, 1).await.remove(0);
        if told["outcome"] == "completed" {
            completed += 1;
            for (item, quantity) in items {
                *left.get_mut(item).unwrap() -= quantity.parse::<Decimal>().unwrap();
            }
        } else {
            assert_eq!(
                (&told["outcome"], &told["error"]["name"]),
                (&json!("compensated"), &json!("ErrReserveInventory"))
            );
        }
    }
    for (item, quantity) in left {
        assert!(!quantity.is_sign_negative(), "{item}: {quantity}");
        assert_eq!(available(&services, item).await, quantity, "{item}");
    }
    let totals = services.gateway.totals().await;
    assert_eq!((totals.captured, totals.refunded), (64, 64 - completed));
    assert!((1..64).contains(&completed), "{completed}: some are short");
}

on_both_endpoints! {
    the_stock_is_set_exactly_and_on_record,
    a_row_that_somebody_else_made_is_named_and_can_be_set_right,
    of_ten_orders_five_get_the_last_five_and_the_others_their_money_back,
    orders_that_compete_for_several_items_never_take_more_than_there_is,
}
