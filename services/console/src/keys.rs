//! `ensemble keys`: makes a key pair for card data.
//!
//! **Invariant:** a key file is never overwritten: nobody else could open what was sealed to its pair.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use card::PrivateKey;
use console::{Error, draw};
use zeroize::Zeroizing;

use crate::cli::KeysOptions;

/// How the files of a pair are written: the private key for its owner alone.
const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// Prints a new key pair as shell exports, or sees to it that two files hold one.
pub(crate) fn keys(options: &KeysOptions) -> Result<(), Error> {
    match (&options.private_file, &options.public_file) {
        (Some(private), Some(public)) => keep(private, public),
        // clap has seen to it that neither comes alone.
        _ => print(),
    }
}

fn print() -> Result<(), Error> {
    let (private, public) = card::key_pair();
    let mut out = anstream::stdout();
    writeln!(out, "export {}={}", booking::CARD_KEY.name, public.to_base64())
        .and_then(|()| writeln!(out, "export {}={}", payment::CARD_KEY.name, &*private.expose_base64()))
        .map_err(Error::output)
}

/// The private file is written first: from it the public one can be made at any time, so a crash in between is mended
/// by the next call.
fn keep(private_file: &Path, public_file: &Path) -> Result<(), Error> {
    let (found_private, found_public) = (read(private_file)?, read(public_file)?);
    let private = match (&found_private, &found_public) {
        (Some(text), _) => {
            PrivateKey::from_base64(text).map_err(|error| broken(private_file, &format!("holds no key: {error}")))?
        }
        (None, Some(_)) => {
            let lost = format!("holds the key of a pair whose private key is not in {}", private_file.display());
            return Err(broken(public_file, &format!("{lost}; for a new pair, delete it")));
        }
        (None, None) => {
            let (private, _public) = card::key_pair();
            write(private_file, PRIVATE, &private.expose_base64())?;
            private
        }
    };
    let public = private.public_key().to_base64();
    match &found_public {
        Some(text) if text.trim() != public => {
            let other = format!("holds another key than that of the pair in {}", private_file.display());
            return Err(broken(public_file, &format!("{other}; delete one of the two")));
        }
        Some(_) => {}
        None => write(public_file, PUBLIC, &public)?,
    }
    let mut out = anstream::stdout();
    for (file, found) in [(private_file, found_private.is_some()), (public_file, found_public.is_some())] {
        let did = if found { draw::faint("found") } else { draw::strong("created") };
        writeln!(out, "{did:8} {}", file.display()).map_err(Error::output)?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Io(file.display().to_string(), error)),
    }
}

/// Fails where somebody else was faster.
fn write(file: &Path, mode: u32, key: &str) -> Result<(), Error> {
    let mut options = File::options();
    options.write(true).create_new(true);
    with_mode(&mut options, mode)
        .open(file)
        .and_then(|mut open| writeln!(open, "{key}").and_then(|()| open.sync_all()))
        .map_err(|error| Error::Io(file.display().to_string(), error))
}

#[cfg(unix)]
fn with_mode(options: &mut std::fs::OpenOptions, mode: u32) -> &mut std::fs::OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, mode)
}

#[cfg(not(unix))]
fn with_mode(options: &mut std::fs::OpenOptions, _mode: u32) -> &mut std::fs::OpenOptions {
    options
}

fn broken(file: &Path, what: &str) -> Error {
    Error::Input(format!("{}: {what}", file.display()))
}
