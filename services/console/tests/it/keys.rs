//! `ensemble keys`: a pair in two files.

use std::path::Path;

use card::{PrivateKey, PublicKey};

use crate::harness::{Ended, Env, ensemble};

async fn keys(folder: &Path) -> Ended {
    let [private, public] = ["private", "public"].map(|name| folder.join(name).to_string_lossy().into_owned());
    ensemble(&["keys", "--private-file", &private, "--public-file", &public], &Env::new()).await
}

fn pair(folder: &Path) -> (PrivateKey, PublicKey) {
    let [private, public] = ["private", "public"].map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
    (PrivateKey::from_base64(&private).unwrap(), PublicKey::from_base64(&public).unwrap())
}

/// What was done with the private and with the public file.
fn did(ended: &Ended) -> Vec<&str> {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

#[tokio::test]
async fn a_pair_in_files_stays_and_a_public_key_that_is_lost_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(did(&keys(folder).await), ["created", "created"]);
    let (private, public) = pair(folder);
    assert_eq!(private.public_key().to_base64(), public.to_base64());

    let again = keys(folder).await;
    assert_eq!(did(&again), ["found", "found"]);
    std::fs::remove_file(folder.join("public")).unwrap();
    assert_eq!(did(&keys(folder).await), ["found", "created"]);
    let (private_now, public_now) = pair(folder);
    assert_eq!(*private_now.expose_base64(), *private.expose_base64());
    assert_eq!(public_now.to_base64(), public.to_base64());
    assert!(!again.said().contains(private.expose_base64().as_str()), "{again:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_but_its_owner_may_read_a_private_key() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(did(&keys(folder.path()).await), ["created", "created"]);
    let mode = std::fs::metadata(folder.path().join("private")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn files_that_are_no_pair_are_named_and_stay_as_they_are() {
    let [folder, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let folder = folder.path();
    keys(folder).await;
    keys(other.path()).await;
    let refused = async |file: &str, why: &str| {
        let before = ["private", "public"].map(|name| std::fs::read(folder.join(name)).ok());
        let ended = keys(folder).await;
        assert_eq!(ended.code, Some(65), "{ended:?}");
        let named = format!("{}: holds", folder.join(file).display());
        assert!(ended.err.contains(&named) && ended.err.contains(why), "{ended:?}");
        assert_eq!(["private", "public"].map(|name| std::fs::read(folder.join(name)).ok()), before);
    };
    std::fs::copy(other.path().join("public"), folder.join("public")).unwrap();
    refused("public", "another key").await;
    std::fs::write(folder.join("private"), "").unwrap();
    refused("private", "32 bytes in base64").await;
    std::fs::remove_file(folder.join("private")).unwrap();
    refused("public", "for a new pair, delete it").await;
}
