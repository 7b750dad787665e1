//! Sagas that are undone late, more than once, or by services that were repaired.

use serde_json::{Value, json};

use crate::emulator::{Emulator, on_both_endpoints};
use crate::harness::wait_for;
use crate::service_processes::{ALL, ServiceProcesses};

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

async fn orders_whose_compensations_failed_are_undone_when_their_services_are_repaired(emulator: Emulator) {
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    services.run("others", &["fulfillment", "notifier"], &[]);
    services.run("booking", &["booking", "payment"], &[]);
    let mut sagas = Vec::new();
    for (order, effect) in [("11-1", "order"), ("22-1", "capture")] {
        let saga = services.order(order, &[("567", "1")]).await;
        let first = services.told(&saga, 1).await.remove(0);
        assert_eq!(first["standing"][0]["effect"], effect);
        sagas.push(saga);
    }
    // Not repaired yet: what is tried again fails again, and needs attention once more.
    for saga in &sagas {
        let again = services.ensemble(&["retry", saga, "--wait"]).await;
        assert_eq!(again.code, Some(1), "{again:?}");
        assert!(again.out.contains("still standing") && again.err.contains("needs attention"), "{again:?}");
        let trace = services.trace(saga).await;
        let attempts = |mark: &Value| mark["attempts"].as_array().map_or(0, Vec::len);
        assert_eq!(trace["way"].as_array().unwrap().iter().map(attempts).sum::<usize>(), 6, "{trace}");
    }
    services.stop("booking").await;
    services.run("booking", &["booking", "payment"], &[("ENSEMBLE_HOOKS", "off")]);
    for saga in &sagas {
        let done = services.json(&["retry", saga, "--wait"]).await.remove(0);
        assert_eq!(done["outcome"], "compensated");
        is_a_chain(&services.told(saga, 3).await);
    }
    let ledger = services.gateway.ledger(&sagas[1]).await;
    assert_eq!((ledger.captured, ledger.refunded), (1, 1));
}

/// Tries sagas again while this service is down, and starts it.
async fn tried_again_while_it_is_down(emulator: Emulator, down: &'static str) {
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    let up: Vec<_> = ALL.iter().copied().filter(|service| *service != down).collect();
    services.run("others", &up, &SHORT);
    let sagas = [services.fare("r", "3").await, services.order("4-1", &[("567", "1")]).await];
    for saga in &sagas {
        services.told(saga, 1).await;
        let again = services.ensemble(&["retry", saga, "--wait"]).await;
        assert_eq!(again.code, Some(1), "{again:?}");
        services.told(saga, 2).await;
        let row = services.json(&["sagas", "--attention"]).await.remove(1);
        assert_eq!(row["waits"][0]["service"], down, "{row}");
    }
    services.run("late", &[down], &[]);
    for saga in &sagas {
        is_a_chain(&services.told(saga, 3).await);
        let ledger = services.gateway.ledger(saga).await;
        assert_eq!(ledger.captured, ledger.refunded, "{ledger:?}");
        assert_eq!(ledger.captured, u64::from(down == "fulfillment"), "{ledger:?}");
    }
}

async fn a_saga_that_is_tried_again_while_payment_is_down_ends_when_it_comes_back(emulator: Emulator) {
    tried_again_while_it_is_down(emulator, "payment").await;
}

async fn a_saga_that_is_tried_again_while_fulfillment_is_down_ends_when_it_comes_back(emulator: Emulator) {
    tried_again_while_it_is_down(emulator, "fulfillment").await;
}

async fn a_gateway_that_answers_too_late_is_refunded_and_the_saga_ends_by_itself(emulator: Emulator) {
    let mut services = ServiceProcesses::at(
        emulator,
        &["--fault", "late:capture:9000ms:times=1", "--fault", "late:debit:9000ms:times=1"],
    )
    .await;
    services.run("all", ALL, &SHORT);
    let sagas = [services.fare("r", "3").await, services.order("4-1", &[("567", "1")]).await];
    for saga in &sagas {
        services.told(saga, 1).await;
        let trace = services.trace(saga).await;
        assert_eq!(trace["services"]["booking"]["state"], "NeedsAttention", "{trace}");
        assert_eq!(trace["waits"][0]["service"], "payment", "{trace}");
    }
    for saga in &sagas {
        is_a_chain(&services.told(saga, 2).await);
        let ledger = services.gateway.ledger(saga).await;
        assert_eq!((ledger.captured, ledger.refunded), (1, 1));
    }
    wait_for("empty lists", async || {
        let left = services.json(&["sagas", "--attention"]).await.len() + services.json(&["sagas"]).await.len();
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
