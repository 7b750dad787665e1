//! Of which kind of saga something is the subject.

use wire::{EffectName, SagaKind};

use crate::each_kind::each_kind;
use crate::vocabulary::{effects, kinds};
use crate::{Purchase, Subject};

macro_rules! of_kinds {
    (
        $(
            $kind:ident of $constant:ident = $wire:literal about $purchase:path, told as $subject:path,
                rejected as $asked:path, status $status:ident;
        )+
    ) => {
        impl Purchase {
            /// Which kind of saga this is.
            #[must_use]
            pub fn kind(&self) -> SagaKind {
                match self {
                    $(Self::$kind(_) => kinds::$constant,)+
                }
            }

            /// The effect of a status of it that could not be set.
            #[must_use]
            pub fn status(&self) -> EffectName {
                match self {
                    $(Self::$kind(_) => effects::$status,)+
                }
            }
        }

        impl Subject {
            /// The kind of saga.
            #[must_use]
            pub fn kind(&self) -> SagaKind {
                match self {
                    $(Self::$kind(_) => kinds::$constant,)+
                }
            }

            /// The subject of a request for a saga of this kind of which nothing could be read. A kind that is not in
            /// the list has the subject of the last.
            #[must_use]
            pub fn unknown(kind: SagaKind) -> Self {
                let unknown = [$((kinds::$constant, Self::$kind(<$subject>::default()))),+];
                let [.., (_, last)] = &unknown;
                unknown.iter().find(|(of, _)| *of == kind).map_or(last, |(_, subject)| subject).clone()
            }
        }
    };
}

each_kind!(of_kinds);

impl wire::Subject for Purchase {
    fn kind(&self) -> SagaKind {
        self.kind()
    }
}
