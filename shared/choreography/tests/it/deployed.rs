//! The templates, against what is committed.

use choreography::cloudformation::Stack;
use choreography::{cloudformation, map};

use crate::golden::{blessing, root};

#[test]
fn the_templates_are_as_committed() {
    for stack in Stack::ALL {
        let (path, drawn) = (root().join(stack.file()), cloudformation(&map(), stack));
        if blessing() {
            std::fs::write(&path, drawn).unwrap();
        } else {
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            let file = stack.file();
            assert!(committed == drawn, "{file} is of another map: run `BLESS=1 cargo test -p choreography`");
        }
    }
}
