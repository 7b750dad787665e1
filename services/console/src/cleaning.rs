//! What must not be kept, and is not shown.

use runtime::Cleaning;

/// Takes card data out, as the vocabulary does.
pub(crate) fn cleaning() -> Cleaning {
    Cleaning::of::<contracts::Event>()
}
