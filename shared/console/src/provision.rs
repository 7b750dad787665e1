//! `provision`: creates the topology, or brings it into line.

use std::io::Write;

use operate::provision::Did;
use runtime::{Aws, Environment, Settings};
use serde_json::json;
use wire::Vocabulary;

use crate::cli::JsonOption;
use crate::console::Console;
use crate::{Error, check, draw};

/// Provisions, and says what it did.
pub(crate) async fn provision<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    output: JsonOption,
) -> Result<(), Error> {
    check::refuse(&console.map)?;
    let settings = Settings::read(environment)?;
    let aws = Aws::connect(environment).await?;
    let changes = operate::provision::provision(&aws, &console.topology(&settings)).await?;
    let mut out = anstream::stdout();
    for change in &changes {
        let did = change.did.to_string();
        let text = if output.json {
            json!({ "did": did, "kind": change.kind, "name": change.name }).to_string()
        } else {
            let did = if change.did == Did::Found { draw::faint(&did) } else { draw::strong(&did) };
            format!("{did:8} {:12} {}", change.kind, change.name)
        };
        writeln!(out, "{text}").map_err(Error::output)?;
    }
    Ok(())
}
