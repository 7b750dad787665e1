//! What a saga is about: what is bought.

use serde::{Deserialize, Serialize};

use crate::each_kind::each_kind;
use crate::purchased::Purchased;
use crate::subject::Subject;
use wire::{Identifier, Money};

macro_rules! purchases {
    (
        $(
            $kind:ident of $constant:ident = $wire:literal about $purchase:path, told as $subject:path,
                rejected as $asked:path, status $status:ident;
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

each_kind!(purchases);

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
