//! `docs/configuration.md` is rendered from the variables that the programs read.

use std::fmt::Write;
use std::path::Path;

use runtime::Variable;

fn rendered() -> String {
    let mut text = "\
# Configuration

Every setting comes from the environment and is read at start. A value that is not allowed, or is not UTF-8, stops the
program with exit code 78. The program names the variable and the allowed values, and never prints the value. An empty
variable counts as not set. A variable that Ensemble does not read may hold anything. The AWS variables and the AWS
profile have their usual meaning; Ensemble itself also reads the AWS variables below.

Ensemble takes the address of SQS, SNS and DynamoDB from the first of these that is set: `--endpoint-url`;
`AWS_ENDPOINT_URL_SQS`, `_SNS` and `_DYNAMODB`; `AWS_ENDPOINT_URL`; `endpoint_url` in the `services` section of the AWS
profile; `endpoint_url` in the profile; AWS itself. With `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true` the option alone
counts. The rule for `AWS_ENDPOINT_URL` below holds for all of them. If all three services have an endpoint, credentials
may be left out, unless `AWS_PROFILE` is set: then the profile must have them.

This page is rendered from the code: `BLESS=1 cargo test -p ensemble --test it configuration`.
"
    .to_owned();
    let groups: [(&str, &[&Variable]); 6] = [
        ("Every service, and `ensemble`", runtime::settings::VARIABLES),
        ("Booking, payment, fulfillment and the simulated gateway", switches::VARIABLES),
        ("What operators do, with `ensemble`", operate::audit::VARIABLES),
        ("`booking`", &booking::VARIABLES),
        ("`payment`", payment::VARIABLES),
        ("What listens for development: `ensemble local`, `gateway`, `up`, `demo` and `bench`", console::VARIABLES),
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
        "docs/configuration.md is out of date: BLESS=1 cargo test -p ensemble --test it configuration"
    );
}
