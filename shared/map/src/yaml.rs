//! Rendered documents as YAML.
//!
//! **Invariant:** sections stand in the order in which they are given, and the fields below them by name, so that a
//! document changes only where the map does.

use std::collections::BTreeMap;

use serde::Serialize;

/// A document of these sections, below a comment that says where it comes from.
pub(crate) fn document<'a, T: Serialize>(made_by: &str, sections: impl IntoIterator<Item = (&'a str, T)>) -> String {
    let mut text = format!("# Rendered from the declarations of the services by `{made_by}`; do not edit.\n");
    for (name, section) in sections {
        let section: BTreeMap<_, _> = [(name, section)].into();
        text.push_str(&serde_saphyr::to_string(&section).expect("JSON has no shape that YAML lacks"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sections_keep_their_order_and_texts_that_look_like_something_else_are_quoted() {
        let drawn = document("ensemble render x", [("b", json!("2012-10-17")), ("a", json!({ "y": ["on", 1] }))]);
        let (comment, rest) = drawn.split_once('\n').unwrap();
        assert!(comment.contains("`ensemble render x`"));
        assert_eq!(rest, "b: \"2012-10-17\"\na:\n  \"y\":\n  - \"on\"\n  - 1\n");
    }
}
