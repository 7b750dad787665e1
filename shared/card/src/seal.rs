//! Sealing and opening: HPKE (RFC 9180) in base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
//!
//! **Invariant:** a sealed card opens for its own saga only; put beside another saga's event, it does not open.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::SagaId;
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::keys::Kem;
use crate::{Card, PrivateKey, PublicKey};

type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

/// What the key is used for (RFC 9180, section 8.1), frozen.
const INFO: &[u8] = b"ensemble sealed card v1";

/// The version of the text's form.
const VERSION: &str = "v1";

/// The card could not be sealed: the machine's randomness or the public key is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the card could not be sealed")]
pub struct SealError;

/// Why a sealed card does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not a text that [`seal`] wrote.
    #[error("is not a sealed card")]
    Malformed,
    /// Sealed to another key than this one.
    #[error("is sealed to another key")]
    OtherKey,
    /// Sealed for another saga, or changed on the way.
    #[error("is sealed for another saga, or was changed on the way")]
    Refused,
}

/// Seals a card to payment's key, for one saga. Two sealings of one card differ.
///
/// # Errors
///
/// [`SealError`].
pub fn seal(card: &Card, key: &PublicKey, saga: SagaId) -> Result<String, SealError> {
    // The grammar of the three fields has no line feed in it.
    let plain = Zeroizing::new([&*card.number, &*card.expiry, &*card.cvv].map(String::as_str).join("\n"));
    let (encapsulated, sealed) = hpke::single_shot_seal::<Aead, Kdf, Kem>(
        &OpModeS::Base,
        &key.0,
        INFO,
        plain.as_bytes(),
        saga.uuid().as_bytes(),
    )
    .map_err(|_err| SealError)?;
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Ok(format!("{VERSION}.{}.{}.{}", key.id(), text(&encapsulated.to_bytes()), text(&sealed)))
}

/// Whether a sealed card is sealed to this key, as far as that can be said without opening it.
///
/// # Errors
///
/// [`OpenError::OtherKey`] or [`OpenError::Malformed`].
pub fn check(sealed: &str, key: &PrivateKey) -> Result<(), OpenError> {
    parts(sealed, key).map(|_parts| ())
}

/// What encapsulates the key of this card, and the card, where it is sealed to `key`.
fn parts<'a>(sealed: &'a str, key: &PrivateKey) -> Result<[&'a str; 2], OpenError> {
    let parts: Vec<_> = sealed.split('.').collect();
    match *parts.as_slice() {
        [VERSION, key_id, encapsulated, sealed] if key_id == key.public_key().id() => Ok([encapsulated, sealed]),
        [VERSION, _, _, _] => Err(OpenError::OtherKey),
        _ => Err(OpenError::Malformed),
    }
}

/// Opens a card that was sealed for this saga.
///
/// # Errors
///
/// [`OpenError`].
pub fn open(sealed: &str, key: &PrivateKey, saga: SagaId) -> Result<Card, OpenError> {
    let [encapsulated, sealed] = parts(sealed, key)?;
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_err| OpenError::Malformed);
    let encapsulated = Deserializable::from_bytes(&bytes(encapsulated)?).map_err(|_err| OpenError::Malformed)?;
    let plain = hpke::single_shot_open::<Aead, Kdf, Kem>(
        &OpModeR::Base,
        &key.0,
        &encapsulated,
        INFO,
        &bytes(sealed)?,
        saga.uuid().as_bytes(),
    )
    .map(Zeroizing::new)
    .map_err(|_err| OpenError::Refused)?;
    let plain = std::str::from_utf8(&plain).map_err(|_err| OpenError::Malformed)?;
    let mut fields = plain.split('\n').map(|field| Zeroizing::new(field.to_owned()));
    match (fields.next(), fields.next(), fields.next(), fields.next()) {
        (Some(number), Some(expiry), Some(cvv), None) => {
            Card::new(number, expiry, cvv).map_err(|_rules| OpenError::Malformed)
        }
        _ => Err(OpenError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InvalidKey, key_pair};

    fn card() -> Card {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let card = Card::new(text("2424 2424 2424 2424"), text("12/22"), text("111"));
        card.unwrap_or_else(|rules| panic!("{rules:?}"))
    }

    #[test]
    fn a_sealed_card_opens_to_the_same_and_never_looks_the_same() {
        let (private, public) = key_pair();
        let saga = SagaId::of_request("fare", "a");
        let (one, two) = (seal(&card(), &public, saga).unwrap(), seal(&card(), &public, saga).unwrap());
        assert_ne!(one, two);
        for sealed in [one, two] {
            assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')));
            let Ok(opened) = open(&sealed, &private, saga) else { panic!("does not open") };
            assert_eq!(opened.expose_number(), "2424 2424 2424 2424");
            assert_eq!(opened.expose_expiry(), "12/22");
            assert_eq!(opened.expose_cvv(), "111");
        }
    }

    #[test]
    fn neither_another_key_nor_another_saga_nor_a_changed_text_opens() {
        let (private, public) = key_pair();
        let saga = SagaId::of_request("fare", "a");
        let sealed = seal(&card(), &public, saga).unwrap();
        assert_eq!(open(&sealed, &key_pair().0, saga).err(), Some(OpenError::OtherKey));
        assert_eq!(check(&sealed, &key_pair().0), Err(OpenError::OtherKey));
        assert_eq!([check(&sealed, &private), check("v1.x", &private)], [Ok(()), Err(OpenError::Malformed)]);
        assert_eq!(open(&sealed, &private, SagaId::of_request("fare", "b")).err(), Some(OpenError::Refused));
        let mut changed = sealed.clone().into_bytes();
        let at = changed.len() - 4;
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(open(&changed, &private, saga).err(), Some(OpenError::Refused));
        let id = public.id();
        for malformed in ["", "v1", "v2.a.b.c", &format!("v1.{id}.!.!"), &format!("v1.{id}.YQ.YQ.YQ")] {
            assert_eq!(open(malformed, &private, saga).err(), Some(OpenError::Malformed), "{malformed}");
        }
    }

    #[test]
    fn keys_survive_being_written_down() {
        let (private, public) = key_pair();
        let private = PrivateKey::from_base64(&private.expose_base64()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(private.public_key().to_base64(), public.to_base64());
        assert_eq!(
            PublicKey::from_base64(&format!("{}\n", public.to_base64())).unwrap().to_base64(),
            public.to_base64()
        );
        for bad in ["", "x", "AAAA", "not base64 !"] {
            assert_eq!(PublicKey::from_base64(bad).err(), Some(InvalidKey), "{bad}");
        }
    }
}
