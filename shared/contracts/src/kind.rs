//! The kinds of saga.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::vocabulary::kinds;

macro_rules! saga_kinds {
    (
        $(
            $(#[doc = $doc:literal])+
            $kind:ident = $wire:literal about $purchase:path, told as $subject:path, rejected as $asked:path;
        )+
    ) => {
        /// The kinds of saga.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum SagaKind {
            $(
                $(#[doc = $doc])+
                #[serde(rename = $wire)]
                $kind,
            )+
        }

        impl SagaKind {
            const COUNT: usize = [$($wire),+].len();

            /// Every kind.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$kind),+];

            /// The wire name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $wire,)+
                }
            }

            /// What happens in a saga that goes well, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

kinds!(saga_kinds);

impl fmt::Display for SagaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
