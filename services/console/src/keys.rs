//! `ensemble keys`: makes a key pair for card data.

use std::io::Write;

use crate::Error;

/// Prints a new key pair as shell exports.
pub(crate) fn keys() -> Result<(), Error> {
    let (private, public) = card::key_pair();
    let mut out = anstream::stdout();
    writeln!(out, "export ENSEMBLE_CARD_PUBLIC_KEY={}", public.to_base64())
        .and_then(|()| writeln!(out, "export ENSEMBLE_CARD_PRIVATE_KEY={}", &*private.expose_base64()))
        .map_err(Error::output)
}
