//! The steps of the vocabulary.

use serde::{Deserialize, Serialize};

use crate::SagaKind;
use crate::vocabulary::{first, vocabulary};

macro_rules! steps {
    (
        steps {
            $($(#[doc = $step_doc:literal])+ $step:ident of $step_kind:ident $(undoes $undone:ident)?;)+
        }
        requests { $($requests:tt)* }
        events { $($events:tt)* }
    ) => {
        /// A step that a path can hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum StepName {
            $($(#[doc = $step_doc])+ $step,)+
        }

        impl StepName {
            /// Every step.
            pub const ALL: &[Self] = &[$(Self::$step),+];

            /// The name, as a path has it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$step => stringify!($step),)+
                }
            }

            /// The kind of saga that the step belongs to.
            #[must_use]
            pub const fn kind(self) -> SagaKind {
                match self {
                    $(Self::$step => SagaKind::$step_kind,)+
                }
            }

            /// The step that this one undoes; `None` for a step that goes forward.
            #[must_use]
            pub const fn undoes(self) -> Option<Self> {
                match self {
                    $(Self::$step => first!($(Some(Self::$undone),)? None),)+
                }
            }
        }
    };
}

vocabulary!(steps);

impl StepName {
    /// The step that undoes this one, if one does.
    #[must_use]
    pub fn undone_by(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|step| step.undoes() == Some(self))
    }
}
