//! `ensemble stock`: how much of each item can be reserved.
//!
//! **Invariant:** nothing is set before it is on record that it is about to be, and what was there before is on record
//! after.

use std::collections::BTreeMap;
use std::io::Write;

use console::{Error, draw};
use operate::audit::Audit;
use runtime::{Aws, Counters, Environment, Settings};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::cli::stock::{SetOptions, ShowOptions, Stock};
use crate::given::console;

/// Items of one look.
const ITEMS_MAX: usize = 100;

/// Carries out a command on the stock.
pub(crate) async fn stock(environment: &Environment, what: &Stock) -> Result<(), Error> {
    match what {
        Stock::Show(options) => show(environment, options).await,
        Stock::Set(options) => set(environment, options).await,
    }
}

async fn show(environment: &Environment, options: &ShowOptions) -> Result<(), Error> {
    let stock = counters(&Aws::connect(environment).await?, &Settings::read(environment)?);
    let mut rows: BTreeMap<String, Option<Decimal>> = BTreeMap::new();
    if options.items.is_empty() {
        rows.extend(stock.all().await?.into_iter().map(|(item, available)| (item, Some(available))));
    }
    rows.extend(options.items.iter().map(|item| (item.to_string(), None)));
    let wanted: Vec<String> = if options.items.is_empty() { Vec::new() } else { rows.keys().cloned().collect() };
    for chunk in wanted.chunks(ITEMS_MAX) {
        rows.extend(stock.count(chunk).await?.into_iter().map(|(item, available)| (item, Some(available))));
    }
    let mut out = anstream::stdout();
    for (item, available) in &rows {
        let line = if options.output.json {
            json!({ "item": item, "available": exact(*available) }).to_string()
        } else {
            format!("{item:24} {}", in_words(*available))
        };
        writeln!(out, "{line}").map_err(Error::output)?;
    }
    if rows.is_empty() && !options.output.json {
        writeln!(out, "No item is tracked: any amount of anything can be ordered.").map_err(Error::output)?;
    }
    Ok(())
}

async fn set(environment: &Environment, options: &SetOptions) -> Result<(), Error> {
    let settings = Settings::read(environment)?;
    let aws = Aws::connect(environment).await?;
    let audit = Audit::new(&aws, &settings, environment, console().cleaning())?;
    let item = options.item.as_str();
    let (subject, after) = (format!("stock/{item}"), options.quantity);
    audit.append(&subject, "set", options.why.as_str(), &json!({ "phase": "began", "after": exact(after) })).await?;
    // Crash here: it is on record that it was about to be set; what stands there says whether it was.
    let before = counters(&aws, &settings).set(item, after).await?;
    let detail = json!({ "phase": "ended", "before": exact(before), "after": exact(after) });
    audit.append(&subject, "set", options.why.as_str(), &detail).await?;
    let line = if options.output.json {
        json!({ "item": item, "before": exact(before), "after": exact(after) }).to_string()
    } else {
        format!("{} {item}: {}, before {}", draw::mark(true), in_words(after), in_words(before))
    };
    writeln!(anstream::stdout(), "{line}").map_err(Error::output)
}

/// The exact decimal as a text: a JSON number would be read as a float.
fn exact(available: Option<Decimal>) -> Value {
    available.map_or(Value::Null, |available| Value::String(available.normalize().to_string()))
}

fn in_words(available: Option<Decimal>) -> String {
    available.map_or_else(|| "not tracked".to_owned(), |available| format!("{} available", available.normalize()))
}

/// The stock of this prefix.
fn counters(aws: &Aws, settings: &Settings) -> Counters {
    Counters::new(aws, settings, fulfillment::STOCK)
}
