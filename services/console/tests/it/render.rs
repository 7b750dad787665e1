//! `ensemble render`, which needs no endpoint.

use std::path::Path;

use crate::harness::{Env, ensemble};

#[tokio::test]
async fn what_is_rendered_stands_in_the_page_as_it_is_committed() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/choreography.md");
    let page = std::fs::read_to_string(page).unwrap();
    for args in [
        &["render", "map"][..],
        &["render", "map", "--saga", "fare"],
        &["render", "map", "--saga", "order"],
        &["render", "table"],
    ] {
        let ended = ensemble(args, &Env::new()).await;
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(ended.out.lines().count() > 20, "{args:?}: {}", ended.out);
        assert!(page.contains(&ended.out), "{args:?} prints what docs/choreography.md does not show: {}", ended.out);
    }
}

#[tokio::test]
async fn the_document_for_tools_is_printed_as_it_is_committed() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/asyncapi.yaml");
    let ended = ensemble(&["render", "asyncapi"], &Env::new()).await;
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_eq!(ended.out, std::fs::read_to_string(committed).unwrap());
}

#[tokio::test]
async fn the_map_of_one_kind_has_no_event_of_the_other() {
    let map = |saga| async move { ensemble(&["render", "map", "--saga", saga], &Env::new()).await.out };
    let (fare, order) = (map("fare").await, map("order").await);
    assert!(fare.contains("FareRegistered") && !fare.contains("OrderCreated"), "{fare}");
    assert!(order.contains("OrderCreated") && !order.contains("FareRegistered"), "{order}");
    for map in [fare, order] {
        assert!(map.contains("PaymentCaptured") && map.contains("CancelRequested"), "{map}");
    }
}

#[tokio::test]
async fn the_templates_are_printed_as_they_are_committed() {
    for (stack, file) in [("topology", "template.yaml"), ("services", "services.yaml")] {
        let ended = ensemble(&["render", "cloudformation", stack], &Env::new()).await;
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/cloudformation").join(file);
        assert_eq!(ended.out, std::fs::read_to_string(path).unwrap(), "{file}");
    }
}
