//! One rule of a filter policy.
//!
//! **Invariant:** a rule for text never matches a number, nor the other way round.

use serde_json::{Map, Value};

use crate::sns::filter::cidr::Cidr;

/// Keys that make an object a rule.
pub(super) const OPERATORS: [&str; 7] =
    ["anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix"];

/// What a value must be.
#[derive(Debug)]
pub(super) enum Rule {
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    Prefix(String),
    Suffix(String),
    /// In lower case.
    IgnoreCase(String),
    /// None of these.
    AnythingBut(Vec<Rule>),
    /// All of these.
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
    Cidr(Cidr),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Rule {
    /// Reads a rule, or says what is wrong with it.
    pub(super) fn read(json: &Value) -> Result<Self, String> {
        match json {
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Number(number) => {
                number.as_f64().map(Self::Number).ok_or_else(|| format!("{number} is out of range"))
            }
            Value::Bool(flag) => Ok(Self::Bool(*flag)),
            Value::Null => Ok(Self::Null),
            Value::Object(object) => Self::read_operator(object),
            Value::Array(_) => Err("Match value must be String, number, true, false, or null".to_owned()),
        }
    }

    fn read_operator(object: &Map<String, Value>) -> Result<Self, String> {
        let mut entries = object.iter();
        let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
            return Err("Only one key allowed in match expression".to_owned());
        };
        match operator.as_str() {
            "prefix" => text(operator, operand).map(Self::Prefix),
            "suffix" => text(operator, operand).map(Self::Suffix),
            "equals-ignore-case" => text(operator, operand).map(|text| Self::IgnoreCase(text.to_lowercase())),
            "exists" => operand
                .as_bool()
                .map(Self::Exists)
                .ok_or_else(|| "exists match pattern must be either true or false.".to_owned()),
            "cidr" => text(operator, operand)?.parse().map(Self::Cidr),
            "numeric" => numeric(operand).map(Self::Numeric),
            "anything-but" => anything_but(operand).map(Self::AnythingBut),
            _ => Err(format!("Unrecognized match type {operator}")),
        }
    }

    /// Whether it matches a key that is not there.
    pub(super) fn matches_absence(&self) -> bool {
        matches!(self, Self::Exists(false))
    }

    /// Whether it matches a value, or any element of a list.
    pub(super) fn matches(&self, value: &Value) -> bool {
        match (self, value) {
            // Only leaves count as values.
            (_, Value::Object(_)) => false,
            (Self::Exists(exists), _) => *exists,
            (_, Value::Array(elements)) => elements.iter().any(|element| self.matches(element)),
            (Self::Text(wanted), Value::String(text)) => text == wanted,
            (Self::Prefix(prefix), Value::String(text)) => text.starts_with(prefix),
            (Self::Suffix(suffix), Value::String(text)) => text.ends_with(suffix),
            (Self::IgnoreCase(wanted), Value::String(text)) => text.to_lowercase() == *wanted,
            (Self::Cidr(range), Value::String(text)) => range.contains(text),
            (Self::Number(wanted), Value::Number(number)) => number.as_f64() == Some(*wanted),
            (Self::Numeric(all), Value::Number(number)) => number
                .as_f64()
                .is_some_and(|number| all.iter().all(|(comparison, bound)| comparison.holds(number, *bound))),
            (Self::Bool(wanted), Value::Bool(flag)) => wanted == flag,
            (Self::Null, Value::Null) => true,
            (Self::AnythingBut(rules), value) => !rules.iter().any(|rule| rule.matches(value)),
            _ => false,
        }
    }

    /// How much it counts against the limit of a policy.
    pub(super) fn combinations(&self) -> usize {
        match self {
            Self::AnythingBut(rules) => rules.len(),
            Self::Text(_)
            | Self::Number(_)
            | Self::Bool(_)
            | Self::Null
            | Self::Prefix(_)
            | Self::Suffix(_)
            | Self::IgnoreCase(_)
            | Self::Numeric(_)
            | Self::Exists(_)
            | Self::Cidr(_) => 1,
        }
    }
}

impl Comparison {
    fn read(operator: &str) -> Option<Self> {
        match operator {
            "=" => Some(Self::Equal),
            "<" => Some(Self::Less),
            "<=" => Some(Self::LessOrEqual),
            ">" => Some(Self::Greater),
            ">=" => Some(Self::GreaterOrEqual),
            _ => None,
        }
    }

    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Equal => number == bound,
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

fn text(operator: &str, operand: &Value) -> Result<String, String> {
    let text = operand.as_str().filter(|text| !text.is_empty());
    text.map(ToOwned::to_owned).ok_or_else(|| format!("{operator} match pattern must be a string"))
}

/// `["=", 5]`, `[">", 1]` or `[">=", 1, "<", 5]`.
fn numeric(operand: &Value) -> Result<Vec<(Comparison, f64)>, String> {
    let malformed = || "Value of numeric must be an array of one or two comparisons".to_owned();
    let parts = operand.as_array().ok_or_else(malformed)?;
    let pairs = parts.chunks(2).map(|pair| match pair {
        [Value::String(operator), Value::Number(number)] => Comparison::read(operator)
            .zip(number.as_f64())
            .ok_or_else(|| format!("Unrecognized numeric range operator: {operator}")),
        _ => Err(malformed()),
    });
    let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
    match pairs.as_slice() {
        [_] => Ok(pairs),
        [
            (Comparison::Greater | Comparison::GreaterOrEqual, low),
            (Comparison::Less | Comparison::LessOrEqual, high),
        ] if low < high => Ok(pairs),
        [_, _] => Err("Bottom must be less than top".to_owned()),
        _ => Err(malformed()),
    }
}

/// A value, a list of values, or an operator on text with one or a list of operands.
fn anything_but(operand: &Value) -> Result<Vec<Rule>, String> {
    let rules = match operand {
        Value::Array(members) => members.iter().map(plain).collect::<Result<Vec<_>, _>>()?,
        Value::Object(object) => {
            let mut entries = object.iter();
            let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
                return Err("Only one key allowed in match expression".to_owned());
            };
            if !["prefix", "suffix", "equals-ignore-case"].contains(&operator.as_str()) {
                return Err(format!("Unsupported anything-but pattern: {operator}"));
            }
            let operands = operand.as_array().map_or_else(|| vec![operand], |all| all.iter().collect());
            let rule = |operand: &Value| Rule::read(&serde_json::json!({ operator: operand }));
            operands.into_iter().map(rule).collect::<Result<Vec<_>, _>>()?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![plain(operand)?],
    };
    if rules.is_empty() {
        return Err("Inside anything-but list, at least one value is needed".to_owned());
    }
    Ok(rules)
}

fn plain(member: &Value) -> Result<Rule, String> {
    match member {
        Value::String(_) | Value::Number(_) => Rule::read(member),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err("Inside anything-but list, only strings and numbers are allowed".to_owned())
        }
    }
}
