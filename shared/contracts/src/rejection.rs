//! The rejection of a request, whatever kind of saga it asks for.

use wire::{Events, Failure, Money, Outcome, Path, SagaKind};

use crate::booking::Rejected;
use crate::each_kind::each_kind;
use crate::notification::About;
use crate::{Event, Purchase, Subject};

/// What a request was for, as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it was about.
    pub subject: Subject,
    /// The amount, where it is money.
    pub amount: Option<Money>,
}

impl From<&Purchase> for Asked {
    fn from(purchase: &Purchase) -> Self {
        Self { subject: purchase.subject(), amount: Some(purchase.amount()) }
    }
}

macro_rules! rejections {
    (
        $(
            $kind:ident of $constant:ident = $wire:literal about $purchase:path, told as $subject:path,
                rejected as $asked:path, status $status:ident;
        )+
    ) => {
        /// The rejection of a request for a saga of this kind, of which so much could be read; its path is empty.
        /// `None` where the vocabulary has no such event.
        pub(crate) fn rejected(kind: SagaKind, asked: Asked, error: Failure) -> Option<Event> {
            let told = Event::LEXICON.telling(kind, Outcome::Rejected)?;
            let Asked { subject, amount } = asked;
            let path = Path::default();
            match subject {
                $(
                    Subject::$kind(subject) => {
                        let subject = <$asked>::from(subject);
                        Event::new(told, &Rejected { subject, amount, error, path })
                    }
                )+
            }
        }

        /// What the client is told of a rejection; `None` for any other event.
        pub(crate) fn about(event: &Event) -> Option<About> {
            $(
                if let Some(rejected) = event.holds::<Rejected<$asked>>() {
                    let subject = Subject::$kind(rejected.subject.clone().into());
                    return Some(About::unpaid(subject, rejected.amount));
                }
            )+
            None
        }
    };
}

each_kind!(rejections);
