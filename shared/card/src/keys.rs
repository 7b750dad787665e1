//! Payment's key pair: X25519, as HPKE's DHKEM takes it.
//!
//! **Invariant:** a private key can be written out only by the call that says so, and is never printed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hpke::{Deserializable, Kem as _, Serializable};
use zeroize::Zeroizing;

pub(crate) type Kem = hpke::kem::X25519HkdfSha256;

/// The key that seals; booking has it.
#[derive(Clone)]
pub struct PublicKey(pub(crate) <Kem as hpke::Kem>::PublicKey);

/// The key that opens; only payment has it.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a private key must not be printable")]
pub struct PrivateKey(pub(crate) <Kem as hpke::Kem>::PrivateKey);

/// Why a text is not a key. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an X25519 key: 32 bytes in base64, as `ensemble keys` prints it")]
pub struct InvalidKey;

/// Draws a key pair.
#[must_use]
pub fn key_pair() -> (PrivateKey, PublicKey) {
    let (private, public) = Kem::gen_keypair();
    (PrivateKey(private), PublicKey(public))
}

impl PublicKey {
    /// Reads a key in base64.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`].
    pub fn from_base64(text: &str) -> Result<Self, InvalidKey> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_err| InvalidKey)?;
        Deserializable::from_bytes(&bytes).map(Self).map_err(|_err| InvalidKey)
    }

    /// A short name of the key, by which a sealed card says which key it is for: its first bytes.
    pub(crate) fn id(&self) -> String {
        self.0.to_bytes().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Writes the key in base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0.to_bytes())
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.to_base64())
    }
}

impl PrivateKey {
    /// Reads a key in base64.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`].
    pub fn from_base64(text: &str) -> Result<Self, InvalidKey> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_err| InvalidKey)?);
        Deserializable::from_bytes(&bytes).map(Self).map_err(|_err| InvalidKey)
    }

    /// Writes the key out in base64, to be stored by whoever made it.
    #[must_use]
    pub fn expose_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.to_bytes()))
    }

    /// The key that seals for this one.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(Kem::sk_to_pk(&self.0))
    }
}
