//! `docs/configuration.md` is rendered from the variables that the programs read.

use std::fmt::Write;
use std::path::Path;

use runtime::Variable;

fn rendered() -> String {
    let mut text = "\
# Configuration

Every setting comes from the environment and is read once, at start. A value that is not allowed stops the program with
exit code 78, the variable's name and what is allowed; the value itself is never printed. A variable that is set to
nothing counts as not set. The AWS variables mean what they mean everywhere; those below are read by Ensemble itself too.

This page is rendered from the code: `BLESS=1 cargo test -p console --test it configuration`.
"
    .to_owned();
    let groups: [(&str, &[&Variable]); 4] = [
        ("Every service, and `ensemble`", runtime::settings::VARIABLES),
        ("What operators do, with `ensemble`", runtime::audit::VARIABLES),
        ("`booking`", booking::VARIABLES),
        ("`payment`", payment::VARIABLES),
    ];
    for (title, variables) in groups {
        write!(text, "\n## {title}\n\n| variable | default | allowed | what for |\n| --- | --- | --- | --- |\n")
            .unwrap();
        for Variable { name, default, allowed, about } in variables {
            let default = default.map_or_else(|| "–".to_owned(), |default| format!("`{default}`"));
            writeln!(text, "| `{name}` | {default} | {allowed} | {about} |").unwrap();
        }
    }
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "BLESS is a switch of this test, not a setting")]
fn the_configuration_page_lists_every_variable() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var("BLESS").is_ok() {
        std::fs::write(&page, rendered()).unwrap();
    }
    let found = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        found == rendered(),
        "docs/configuration.md is out of date: BLESS=1 cargo test -p console --test it configuration"
    );
}
