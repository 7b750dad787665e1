//! Sagas that are undone late, more than once, or by services that were repaired.

use serde_json::{Value, json};

use crate::harness::wait_for;
use crate::place::{Place, on_both_endpoints};
use crate::troupe::{ALL, Troupe};

/// A saga's time is up at once, and so is that of its unwinding.
const SHORT: [(&str, &str); 4] = [
    ("ENSEMBLE_FARE_DEADLINE_SECS", "1"),
    ("ENSEMBLE_ORDER_DEADLINE_SECS", "1"),
    ("ENSEMBLE_UNWINDING_SECS", "1"),
    ("ENSEMBLE_SWEEP_SECS", "1"),
];

/// Every notification resolves the one before it, and only the last is not `needs_attention`.
fn is_a_chain(told: &[Value]) {
    for pair in told.windows(2) {
        assert_eq!(
            (&pair[0]["outcome"], &pair[1]["resolves"]),
            (&json!("needs_attention"), &pair[0]["id"]),
            "{told:#?}"
        );
    }
    assert_eq!(told.last().unwrap()["outcome"], "compensated");
}

async fn orders_whose_compensations_failed_are_undone_when_their_services_are_repaired(place: Place) {
    let mut troupe = Troupe::at(place, &[]).await;
    troupe.run("others", &["fulfillment", "notifier"], &[]);
    troupe.run("booking", &["booking", "payment"], &[]);
    let mut sagas = Vec::new();
    for (order, effect) in [("11-1", "order"), ("22-1", "capture")] {
        let saga = troupe.order(order, &[("567", "1")]).await;
        let first = troupe.told(&saga, 1).await.remove(0);
        assert_eq!(first["standing"][0]["effect"], effect);
        sagas.push(saga);
    }
    // Not repaired yet: what is tried again fails again, and needs attention once more.
    for saga in &sagas {
        let again = troupe.ensemble(&["retry", saga, "--wait"]).await;
        assert_eq!(again.code, Some(1), "{again:?}");
        assert!(again.out.contains("still standing") && again.err.contains("needs attention"), "{again:?}");
        let trace = troupe.trace(saga).await;
        let attempts = |mark: &Value| mark["attempts"].as_array().map_or(0, Vec::len);
        assert_eq!(trace["way"].as_array().unwrap().iter().map(attempts).sum::<usize>(), 6, "{trace}");
    }
    troupe.stop("booking").await;
    troupe.run("booking", &["booking", "payment"], &[("ENSEMBLE_HOOKS", "off")]);
    for saga in &sagas {
        let done = troupe.json(&["retry", saga, "--wait"]).await.remove(0);
        assert_eq!(done["outcome"], "compensated");
        is_a_chain(&troupe.told(saga, 3).await);
    }
    let ledger = troupe.till.ledger(&sagas[1]).await;
    assert_eq!((ledger.captured, ledger.refunded), (1, 1));
}

/// Tries sagas again while this service is down, and starts it.
async fn tried_again_while_it_is_down(place: Place, down: &'static str) {
    let mut troupe = Troupe::at(place, &[]).await;
    let up: Vec<_> = ALL.iter().copied().filter(|service| *service != down).collect();
    troupe.run("others", &up, &SHORT);
    let sagas = [troupe.fare("r", "3").await, troupe.order("4-1", &[("567", "1")]).await];
    for saga in &sagas {
        troupe.told(saga, 1).await;
        let again = troupe.ensemble(&["retry", saga, "--wait"]).await;
        assert_eq!(again.code, Some(1), "{again:?}");
        troupe.told(saga, 2).await;
        let row = troupe.json(&["sagas", "--attention"]).await.remove(1);
        assert_eq!(row["waits"][0]["service"], down, "{row}");
    }
    troupe.run("late", &[down], &[]);
    for saga in &sagas {
        is_a_chain(&troupe.told(saga, 3).await);
        let ledger = troupe.till.ledger(saga).await;
        assert_eq!(ledger.captured, ledger.refunded, "{ledger:?}");
        assert_eq!(ledger.captured, u64::from(down == "fulfillment"), "{ledger:?}");
    }
}

async fn a_saga_that_is_tried_again_while_payment_is_down_ends_when_it_comes_back(place: Place) {
    tried_again_while_it_is_down(place, "payment").await;
}

async fn a_saga_that_is_tried_again_while_fulfillment_is_down_ends_when_it_comes_back(place: Place) {
    tried_again_while_it_is_down(place, "fulfillment").await;
}

async fn a_gateway_that_answers_too_late_is_refunded_and_the_saga_ends_by_itself(place: Place) {
    let mut troupe =
        Troupe::at(place, &["--fault", "late:capture:9000ms:times=1", "--fault", "late:debit:9000ms:times=1"]).await;
    troupe.run("all", ALL, &SHORT);
    let sagas = [troupe.fare("r", "3").await, troupe.order("4-1", &[("567", "1")]).await];
    for saga in &sagas {
        troupe.told(saga, 1).await;
        let trace = troupe.trace(saga).await;
        assert_eq!(trace["services"]["booking"]["state"], "NeedsAttention", "{trace}");
        assert_eq!(trace["waits"][0]["service"], "payment", "{trace}");
    }
    for saga in &sagas {
        is_a_chain(&troupe.told(saga, 2).await);
        let ledger = troupe.till.ledger(saga).await;
        assert_eq!((ledger.captured, ledger.refunded), (1, 1));
    }
    wait_for("empty lists", async || {
        let left = troupe.json(&["sagas", "--attention"]).await.len() + troupe.json(&["sagas"]).await.len();
        (left == 2).then_some(())
    })
    .await;
}

on_both_endpoints! {
    orders_whose_compensations_failed_are_undone_when_their_services_are_repaired,
    a_saga_that_is_tried_again_while_payment_is_down_ends_when_it_comes_back,
    a_saga_that_is_tried_again_while_fulfillment_is_down_ends_when_it_comes_back,
    a_gateway_that_answers_too_late_is_refunded_and_the_saga_ends_by_itself,
}
