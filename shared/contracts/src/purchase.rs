//! What a saga is about: what is bought.

use serde::{Deserialize, Serialize};

use crate::purchased::Purchased;
use crate::vocabulary::kinds;
use crate::{Identifier, Money, SagaKind, Subject};

macro_rules! purchases {
    (
        $(
            $(#[doc = $doc:literal])+
            $kind:ident = $wire:literal about $purchase:path, told as $subject:path, rejected as $asked:path;
        )+
    ) => {
        /// What is bought; on the wire a field of the name of the kind of saga.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Purchase {
            $(
                #[doc = concat!("The subject of a saga of the kind `", $wire, "`.")]
                #[serde(rename = $wire)]
                $kind($purchase),
            )+
        }

        impl Purchase {
            /// Which kind of saga this is.
            #[must_use]
            pub fn kind(&self) -> SagaKind {
                match self {
                    $(Self::$kind(_) => SagaKind::$kind,)+
                }
            }

            /// What clients are told of it.
            #[must_use]
            pub fn subject(&self) -> Subject {
                match self {
                    $(Self::$kind(purchase) => Subject::$kind(purchase.into()),)+
                }
            }

            fn purchased(&self) -> &dyn Purchased {
                match self {
                    $(Self::$kind(purchase) => purchase,)+
                }
            }
        }

        $(
            impl From<$purchase> for Purchase {
                fn from(purchase: $purchase) -> Self {
                    Self::$kind(purchase)
                }
            }
        )+
    };
}

kinds!(purchases);

impl Purchase {
    /// What is to be paid.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.purchased().amount()
    }

    /// Who pays.
    #[must_use]
    pub fn customer_id(&self) -> &Identifier {
        self.purchased().customer_id()
    }

    /// The client's own id of it; not unique.
    #[must_use]
    pub fn id(&self) -> &Identifier {
        self.purchased().id()
    }
}
