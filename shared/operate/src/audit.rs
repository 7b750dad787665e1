//! What operators did, on record in a table of its own.
//!
//! The item: `subject` (key, such as the name of a queue), `at` (sort key), `action`, `by`, `why`, `detail` (JSON).
//!
//! **Invariant:** a record is only ever added; nothing here changes or deletes one, and no two have the same key. What a
//! person wrote in words stands in it without what must not be kept.

use jiff::Timestamp;
use runtime::tools::{Item, clients, explain, text, text_of};
use runtime::{Aws, Cleaning, ConfigError, Environment, Settings, Unavailable, Variable};
use serde_json::Value;
use uuid::Uuid;

/// Variables of the commands that leave a record.
pub const VARIABLES: &[&Variable] = &[&OPERATOR];

/// Characters of an operator's name.
const NAME_MAX: usize = 100;

const OPERATOR: Variable = Variable {
    name: "ENSEMBLE_OPERATOR",
    default: None,
    allowed: "1 to 100 characters, none of which is a control character",
    about: "who is on record for what `ensemble` does; the system's USER when it is not set, else unknown",
};
const USER: Variable = Variable { name: "USER", ..OPERATOR };

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What something was done to, such as a queue or a saga.
    pub subject: String,
    /// When, to the nanosecond, and a suffix that no other record has: `2026-01-02T03:04:05.000000006Z#1a2b3c4d`.
    pub at: String,
    /// What was done.
    pub action: String,
    /// By whom.
    pub by: String,
    /// Why, in the operator's words; may be empty.
    pub why: String,
    /// Counts, message ids, whatever belongs to the action. Holds no body of a message.
    pub detail: Value,
}

/// The record of what operators do.
///
/// # Examples
///
/// ```no_run
/// use ensemble_operate::audit::Audit;
/// use runtime::{Aws, Cleaning, Environment, Settings};
/// # use serde_json::json;
///
/// async fn note(aws: &Aws, settings: &Settings) -> Result<(), Box<dyn std::error::Error>> {
///     let audit = Audit::new(aws, settings, &Environment::of_process(), Cleaning::of::<parcel::Event>())?;
///     audit.append("vans", "redrive", "the van is repaired", &json!({ "letters": 3 })).await?;
///     for entry in audit.list("vans").await? {
///         println!("{} {} {}", entry.at, entry.by, entry.action);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Audit {
    client: aws_sdk_dynamodb::Client,
    table: String,
    by: String,
    cleaning: Cleaning,
}

impl Audit {
    /// The record, kept in the name of whom the environment names.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a name that is not allowed.
    pub fn new(
        aws: &Aws,
        settings: &Settings,
        environment: &Environment,
        cleaning: Cleaning,
    ) -> Result<Self, ConfigError> {
        let by = operator(environment, cleaning)?;
        Ok(Self { client: clients(aws).dynamodb.clone(), table: settings.names.audit_table(), by, cleaning })
    }

    /// In whose name it is kept.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Adds a record: this was done to `subject`, now. Answers with its `at`.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: the record may stand or not.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the same holds.
    #[expect(clippy::disallowed_methods, reason = "a record is no state of a saga, and derives from nothing")]
    pub async fn append(&self, subject: &str, action: &str, why: &str, detail: &Value) -> Result<String, Unavailable> {
        let unique = Uuid::new_v4().simple().to_string();
        // All nine digits, so that the order of texts is the order of times.
        let at = format!("{:.9}#{}", Timestamp::now(), unique.get(..8).unwrap_or(&unique));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("subject", text(subject))
            .item("at", text(&at))
            .item("action", text(action))
            .item("by", text(&self.by))
            .item("why", text(&(self.cleaning.text)(why)))
            .item("detail", text(&detail.to_string()))
            .send()
            .await;
        put.map(|_| at).map_err(|error| self.failed(&explain(&error)))
    }

    /// All records of a subject, the newest last.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn list(&self, subject: &str) -> Result<Vec<Entry>, Unavailable> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("subject = :subject")
            .expression_attribute_values(":subject", text(subject))
            .consistent_read(true);
        let found: Vec<_> =
            query.into_paginator().items().send().try_collect().await.map_err(|error| self.failed(&explain(&error)))?;
        found.iter().map(|item| entry(item).ok_or_else(|| self.failed("a record is not of our making"))).collect()
    }

    fn failed(&self, what: &str) -> Unavailable {
        Unavailable::of_table(&self.table, what)
    }
}

/// Who is on record.
fn operator(environment: &Environment, cleaning: Cleaning) -> Result<String, ConfigError> {
    let is_name = |text: &str| (1..=NAME_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let Some(variable) = [OPERATOR, USER].into_iter().find(|variable| environment.is_set(variable)) else {
        return Ok("unknown".to_owned());
    };
    environment.read(&variable, |text| is_name(text).then(|| (cleaning.text)(text).into_owned()))
}

fn entry(item: &Item) -> Option<Entry> {
    let text = |name: &str| text_of(item, name);
    Some(Entry {
        subject: text("subject")?,
        at: text("at")?,
        action: text("action")?,
        by: text("by")?,
        why: text("why")?,
        detail: serde_json::from_str(&text("detail")?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_who_the_environment_names() {
        let of = |variables: &[(&str, &str)]| {
            let cleaning = Cleaning { text: |text| text.replace("secret", "[removed]").into(), ..Cleaning::NOTHING };
            let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            operator(&environment, cleaning)
        };
        let named = |variables: &[(&str, &str)]| of(variables).unwrap();
        assert_eq!(named(&[]), "unknown");
        assert_eq!(named(&[("USER", "ann")]), "ann");
        assert_eq!(named(&[("USER", "ann secret")]), "ann [removed]");
        assert_eq!(named(&[("USER", "ann"), ("ENSEMBLE_OPERATOR", "Ann B.")]), "Ann B.");
        assert_eq!(of(&[("ENSEMBLE_OPERATOR", "a\nb")]).unwrap_err().variable, "ENSEMBLE_OPERATOR");
        assert_eq!(of(&[("USER", &"a".repeat(101))]).unwrap_err().variable, "USER");
    }
}
