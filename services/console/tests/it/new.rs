//! `ensemble new`: what it writes, and what it refuses. `.ci/tutorial` builds and runs what it writes.

use std::path::{Path, PathBuf};

use crate::harness::{Ended, Env, ensemble};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

async fn new(folder: &Path, library: Option<&Path>) -> Ended {
    let mut args = vec!["new", folder.to_str().unwrap()];
    args.extend(library.into_iter().flat_map(|library| ["--library", library.to_str().unwrap()]));
    ensemble(&args, &Env::new()).await
}

/// Every file below a folder, by its path from there.
fn files_in(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for path in std::fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_package_of_the_name_of_its_folder_is_written_and_what_to_do_next_is_said() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("late-parcels");
    std::fs::create_dir(&folder).unwrap();
    let ended = new(&folder, None).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let files = files_in(&folder);
    for file in &files {
        assert!(ended.out.contains(&format!("created {file}\n")), "{file}: {ended:?}");
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        for word in ["your-saga", "your_saga", "0.0.0"] {
            assert!(!text.contains(word), "{file}: {word} is of the template");
        }
    }
    assert_eq!(files.len(), 10, "{files:?}");
    for words in [&format!("cd {}", folder.display()), "cargo run -- check", "cargo test", "docs/your-own-saga.md"] {
        assert!(ended.out.contains(words), "{words}: {ended:?}");
    }
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    assert!(read("Cargo.toml").starts_with("[package]\nname = \"late-parcels\"\n"));
    assert!(!read("Cargo.toml").contains("[patch"), "the library comes from the registry");
    assert!(read("src/main.rs").contains("use late_parcels::{map, services};"));
    for file in ["vocabulary.rs", "desk.rs", "carriers.rs", "notifier.rs"] {
        let of_example = std::fs::read_to_string(root().join("examples/parcel/src").join(file)).unwrap();
        assert_eq!(read(&format!("src/{file}")), of_example);
    }
}

#[tokio::test]
async fn the_library_is_found_in_a_checkout() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("parcels");
    let ended = new(&folder, Some(&root())).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let (_, patches) = manifest.split_once("[patch.crates-io]\n").unwrap();
    for (package, path) in
        [("console", "shared/console"), ("local-aws", "infra/local"), ("wire", "shared/wire"), ("door", "infra/door")]
    {
        let line = format!("ensemble-{package} = {{ path = \"{}\" }}", root().join(path).display());
        assert!(patches.lines().any(|patch| patch == line), "{line}: {patches}");
    }
    // Every crate of the library, by what its manifest says.
    let is_published = |path: &Path| {
        std::fs::read_to_string(path.join("Cargo.toml")).is_ok_and(|text| text.lines().any(|it| it == "publish = true"))
    };
    let groups = ["shared", "infra"].map(|group| std::fs::read_dir(root().join(group)).unwrap());
    let published = groups.into_iter().flatten().filter(|entry| is_published(&entry.as_ref().unwrap().path())).count();
    assert_eq!(patches.lines().filter(|line| line.starts_with("ensemble-")).count(), published, "{patches}");
}

#[tokio::test]
async fn a_library_that_lacks_a_crate_is_refused_and_nothing_is_written() {
    let [parent, library] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let folder = parent.path().join("parcels");
    let refused = async |what: &str| {
        let ended = new(&folder, Some(library.path())).await;
        assert!(ended.code == Some(65) && ended.err.contains(what), "{what}: {ended:?}");
        assert!(!folder.exists());
    };
    refused("`ensemble-console` is not there; expected is a checkout of Ensemble, or a folder with its packages").await;
    let console = library.path().join("console");
    std::fs::create_dir(&console).unwrap();
    std::fs::write(console.join("Cargo.toml"), "[package]\nname = \"ensemble-console\"\n").unwrap();
    refused("`ensemble-door` is not there").await;
    let ended = new(&folder, Some(&library.path().join("nowhere"))).await;
    assert!(ended.code == Some(1) && ended.err.contains("nowhere: "), "{ended:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_empty_stays_as_it_is() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("parcels");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("notes"), "mine").unwrap();
    let ended = new(&folder, None).await;
    assert_eq!(ended.code, Some(65), "{ended:?}");
    assert!(ended.err.contains(&format!("{}: the folder exists and is not empty", folder.display())), "{ended:?}");
    assert_eq!(files_in(&folder), ["notes"]);
    let ended = new(&folder.join("notes"), None).await;
    assert_eq!(ended.code, Some(1), "a file is no folder: {ended:?}");
}

#[tokio::test]
async fn a_name_that_no_package_can_have_is_wrong_usage() {
    let parent = tempfile::tempdir().unwrap();
    for (name, why) in [
        ("2parcels", "does not begin with a letter"),
        ("Parcels", "does not begin with a letter from a to z"),
        ("my parcels", "only a-z, 0-9, - and _ are allowed"),
        ("pärcels", "only a-z"),
        ("move", "a word of Rust"),
        ("saga", "another crate or folder"),
        ("ensemble-wire", "another crate or folder"),
    ] {
        let ended = new(&parent.path().join(name), None).await;
        let named = format!("`{name}` cannot be the name of a package: ");
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(&named) && ended.err.contains(why), "{ended:?}");
        assert!(ended.err.contains("the package has the name of its folder"), "{ended:?}");
    }
    assert_eq!(files_in(parent.path()), Vec::<String>::new());
}
