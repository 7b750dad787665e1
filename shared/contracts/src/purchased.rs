//! What can be asked of the subject of a saga, whatever its kind.

use wire::{Identifier, Money};

/// What is bought in one kind of saga.
pub trait Purchased {
    /// What is to be paid.
    fn amount(&self) -> Money;

    /// Who pays.
    fn customer_id(&self) -> &Identifier;

    /// The client's own id of it; not unique.
    fn id(&self) -> &Identifier;
}

/// What clients are told of a purchase. A rejected request may not have said all of it.
pub trait Named {
    /// The customer.
    fn customer_id(&self) -> Option<&Identifier>;

    /// The client's own id of the purchase.
    fn id(&self) -> Option<&Identifier>;
}
