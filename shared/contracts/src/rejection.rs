//! The rejection of a request, whatever kind of saga it asks for.

use crate::booking::Rejected;
use crate::data::{Data, field};
use crate::vocabulary::kinds;
use crate::{Event, EventType, Failure, Money, Outcome, Path, SagaKind, Subject};

macro_rules! rejections {
    (
        $(
            $(#[doc = $doc:literal])+
            $kind:ident = $wire:literal about $purchase:path, told as $subject:path, rejected as $asked:path;
        )+
    ) => {
        impl Subject {
            /// The subject of a request for a saga of this kind of which nothing could be read.
            #[must_use]
            pub fn unknown(kind: SagaKind) -> Self {
                match kind {
                    $(SagaKind::$kind => Self::$kind(<$subject>::default()),)+
                }
            }

            /// The kind of saga.
            #[must_use]
            pub fn kind(&self) -> SagaKind {
                match self {
                    $(Self::$kind(_) => SagaKind::$kind,)+
                }
            }
        }

        impl Event {
            /// The rejection of a request of which so much could be read; its path is empty. `None` where the
            /// vocabulary has no such event.
            #[must_use]
            pub fn rejected(subject: Subject, amount: Option<Money>, error: Failure) -> Option<Self> {
                let told = EventType::telling(subject.kind(), Outcome::Rejected)?;
                let path = Path::default();
                match subject {
                    $(
                        Subject::$kind(subject) => {
                            let subject = <$asked>::from(subject);
                            Self::new(told, &Rejected { subject, amount, error, path })
                        }
                    )+
                }
            }
        }

        $(
            impl Data for Rejected<$asked> {
                field!(path);
                field!(error);

                fn rejected(&self) -> Option<(Subject, Option<Money>)> {
                    Some((Subject::$kind(self.subject.clone().into()), self.amount))
                }
            }
        )+
    };
}

kinds!(rejections);
