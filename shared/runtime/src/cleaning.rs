//! What a vocabulary says must not be kept, as the machinery takes it out of texts.

use std::borrow::Cow;

use wire::Vocabulary;

/// The two functions of a vocabulary that clean.
///
/// # Examples
///
/// ```
/// use ensemble_runtime::Cleaning;
///
/// let cleaning = Cleaning::of::<parcel::Event>();
/// assert_eq!((cleaning.text)("leave it at the door"), "leave it at the door");
/// ```
#[derive(Clone, Copy)]
pub struct Cleaning {
    /// Cleans a text that people wrote.
    pub text: fn(&str) -> Cow<'_, str>,
    /// Cleans the body of a dead letter.
    pub body: fn(&str) -> String,
}

impl std::fmt::Debug for Cleaning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cleaning")
    }
}

impl Cleaning {
    /// Keeps everything.
    pub const NOTHING: Self = Self { text: |text| Cow::Borrowed(text), body: str::to_owned };

    /// As this vocabulary cleans.
    #[must_use]
    pub fn of<V: Vocabulary>() -> Self {
        Self { text: V::cleaned, body: V::cleaned_body }
    }
}
