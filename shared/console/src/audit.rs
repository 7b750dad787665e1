//! `audit`: what operators did to a saga, to the dead letters of a queue, or to whatever else is on record.

use operate::audit::{Audit, Entry};
use runtime::{Aws, Environment, Settings};
use wire::{SagaId, Vocabulary};

use crate::Error;
use crate::cli::AuditOptions;
use crate::console::Console;
use crate::draw;
use crate::draw::escaped;
use crate::parked::told;

/// Shows what is on record, oldest first.
pub(crate) async fn audit<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &AuditOptions,
) -> Result<(), Error> {
    let settings = Settings::read(environment)?;
    let audit = Audit::new(&Aws::connect(environment).await?, &settings, environment, console.cleaning())?;
    let subject = match options.subject.parse::<SagaId>() {
        Ok(saga) => format!("saga/{saga}"),
        Err(_no_saga) => options.subject.clone(),
    };
    let entries = audit.list(&subject).await?;
    if entries.is_empty() && !options.output.json {
        return draw::print(&[format!("nobody did anything to {}", escaped(&subject))]);
    }
    let line = |entry: &Entry| if options.output.json { told::entry(&subject, entry, true) } else { in_words(entry) };
    draw::print(&entries.iter().map(line).collect::<Vec<_>>())
}

/// One record: when, by whom, what, in detail, and why.
fn in_words(entry: &Entry) -> String {
    let Entry { at, action, by, why, detail, .. } = entry;
    let time = at.split('#').next().unwrap_or(at);
    let fields = detail.as_object().into_iter().flatten().filter(|(name, value)| !value.is_null() && *name != "by");
    let details: String = fields
        .map(|(name, value)| {
            format!("  {name} {}", escaped(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        })
        .collect();
    let why = if why.is_empty() { String::new() } else { format!("  {}", escaped(why.as_str())) };
    format!("{time}  {}  {}{}{why}", escaped(by.as_str()), draw::strong(action), draw::faint(details))
}
