//! What the data of every event can be asked for.

use std::any::Any;

use crate::{Failure, Journey, Path, Standing};

/// What the data of every event can be asked for. `S`: what sagas are about.
///
/// The macro [`data!`](crate::data!) implements it by the names of fields.
///
/// # Examples
///
/// See the example of [`data!`](crate::data!).
pub trait Data<S>: Any {
    /// The way so far.
    fn path(&self) -> &Path;

    /// The same, to be altered.
    fn path_mut(&mut self) -> &mut Path;

    /// What the saga is about; a rejection is about nothing that could be read.
    fn subject(&self) -> Option<&S> {
        None
    }

    /// The journey of a saga that goes on; `None` for an outcome.
    fn journey(&self) -> Option<&Journey> {
        None
    }

    /// Which of its type the event is in its saga, from 0.
    fn nth(&self) -> u32 {
        self.journey().map_or(0, |journey| journey.round)
    }

    /// Why the saga fails, if it does.
    fn failure(&self) -> Option<&Failure> {
        None
    }

    /// The effects that could not be undone.
    fn standing(&self) -> &[Standing] {
        &[]
    }
}

/// Implements [`Data`] of types, for a subject, by the names of their fields.
///
/// All have `journey` or `path`; some have `subject`, `earlier`, `error` and `standing`. A subject in a field of another
/// name is `subject = name`.
///
/// # Examples
///
/// ```
/// use ensemble_wire::{Data, Journey};
/// use parcel::Parcel;
///
/// struct Weighed {
///     parcel: Parcel,
///     grams: u32,
///     journey: Journey,
/// }
///
/// ensemble_wire::data! {
///     about Parcel;
///     Weighed: subject = parcel, journey;
/// }
///
/// let journey = Journey::until(jiff::Timestamp::MAX);
/// let weighed = Weighed { parcel: parcel::parcel("Elm.Street"), grams: 300, journey };
/// assert_eq!(weighed.subject(), Some(&weighed.parcel));
/// assert!(weighed.failure().is_none() && weighed.grams < 500);
/// ```
#[macro_export]
macro_rules! data {
    (about $subject:ty; $($data:ty: $($field:ident $(= $name:ident)?),+;)+) => {
        $(impl $crate::Data<$subject> for $data { $($crate::field!($subject, $field $(, $name)?);)+ })+
    };
}

/// The method of [`Data`](crate::Data) that a field of a struct answers.
#[doc(hidden)]
#[macro_export]
macro_rules! field {
    ($subject:ty, subject) => {
        $crate::field!($subject, subject, subject);
    };
    ($subject:ty, subject, $name:ident) => {
        fn subject(&self) -> Option<&$subject> {
            Some(&self.$name)
        }
    };
    ($subject:ty, journey) => {
        fn journey(&self) -> Option<&$crate::Journey> {
            Some(&self.journey)
        }
        fn path(&self) -> &$crate::Path {
            &self.journey.path
        }
        fn path_mut(&mut self) -> &mut $crate::Path {
            &mut self.journey.path
        }
    };
    ($subject:ty, path) => {
        fn path(&self) -> &$crate::Path {
            &self.path
        }
        fn path_mut(&mut self) -> &mut $crate::Path {
            &mut self.path
        }
    };
    ($subject:ty, earlier) => {
        fn nth(&self) -> u32 {
            self.earlier
        }
    };
    ($subject:ty, error) => {
        fn failure(&self) -> Option<&$crate::Failure> {
            Some(&self.error)
        }
    };
    ($subject:ty, standing) => {
        fn standing(&self) -> &[$crate::Standing] {
            &self.standing
        }
    };
}
