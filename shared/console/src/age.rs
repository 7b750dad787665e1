//! Ages: as an operator types them, and as they are printed.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo, Timestamp};

/// Reads an age, such as `10m`, `1d 12h` or `PT90S`; a day has 24 hours.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let span: Span = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let age = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let age =
        age.map_err(|_calendar| "must be in weeks, days, hours, minutes and seconds, such as `1d 12h`".to_owned())?;
    Duration::try_from(age).map_err(|_negative| "must not be negative".to_owned())
}

/// The time of the operator's clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// How long ago that was, and never negative: clocks differ.
pub(crate) fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

/// An age in its two largest units: `3d 4h`, `5m 2s`, `0s`.
pub(crate) fn draw(age: Duration) -> String {
    let secs = age.as_secs();
    let (days, hours, minutes) = (secs / 86_400, secs / 3600 % 24, secs / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{secs}s"),
        (0, 0, _) => format!("{minutes}m {}s", secs % 60),
        (0, _, _) => format!("{hours}h {minutes}m"),
        (_, _, _) => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_read_as_people_write_it() {
        let secs = |text| parse(text).map(|age| age.as_secs());
        assert_eq!(secs("10m"), Ok(600));
        assert_eq!(secs("1d 12h"), Ok(129_600));
        assert_eq!(secs("2 weeks"), Ok(1_209_600));
        assert_eq!(secs("PT90S"), Ok(90));
        for bad in ["", "10", "ten minutes", "1 month", "-5m", "10 parsecs"] {
            assert!(secs(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_age_is_printed_in_its_two_largest_units() {
        let drawn = [0, 59, 302, 3600 * 5, 86_400 * 3 + 3600 * 4 + 59].map(|secs| draw(Duration::from_secs(secs)));
        assert_eq!(drawn, ["0s", "59s", "5m 2s", "5h 0m", "3d 4h"]);
    }
}
