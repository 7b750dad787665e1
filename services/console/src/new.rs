//! `ensemble new`: writes the package of a saga of one's own, which `docs/your-own-saga.md` explains.
//!
//! **Invariant:** nothing that exists is overwritten. The code that it writes stands nowhere else: it is that of
//! `examples/parcel` and of the folder `template`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use console::{Error, draw};

use crate::cli::NewOptions;

/// Each file, with what it holds.
const FILES: [(&str, &str); 10] = [
    ("Cargo.toml", include_str!("../template/Cargo.toml")),
    ("README.md", include_str!("../template/README.md")),
    (".gitignore", "/target/\n"),
    ("src/vocabulary.rs", include_str!("../../../examples/parcel/src/vocabulary.rs")),
    ("src/desk.rs", include_str!("../../../examples/parcel/src/desk.rs")),
    ("src/carriers.rs", include_str!("../../../examples/parcel/src/carriers.rs")),
    ("src/notifier.rs", include_str!("../../../examples/parcel/src/notifier.rs")),
    ("src/lib.rs", include_str!("../template/lib.rs")),
    ("src/main.rs", include_str!("../template/main.rs")),
    ("tests/saga.rs", include_str!("../template/tests/saga.rs")),
];

/// How the template calls the package, its crate, and the version of the library.
const PACKAGE: &str = "your-saga";
const CRATE: &str = "your_saga";
const VERSION: &str = "\"0.0.0\"";

/// The packages of the library: what the package depends on, and what these depend on.
const LIBRARY: [&str; 9] = [
    "ensemble-console",
    "ensemble-door",
    "ensemble-local-aws",
    "ensemble-map",
    "ensemble-operate",
    "ensemble-runtime",
    "ensemble-saga",
    "ensemble-testkit",
    "ensemble-wire",
];

/// Names that a package cannot have: the crates beside it, those of Rust, the folders of a build.
const TAKEN: [&str; 18] = [
    "alloc",
    "build",
    "console",
    "core",
    "deps",
    "examples",
    "fastrand",
    "incremental",
    "map",
    "runtime",
    "saga",
    "schemars",
    "serde",
    "serde_json",
    "std",
    "test",
    "testkit",
    "wire",
];

/// The words of Rust that no crate can have as its name.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Writes the package into a new folder, and says what to do next.
pub(crate) fn new(options: &NewOptions) -> Result<(), Error> {
    let package = package_of(&options.folder)?;
    let patches = options.library.as_deref().map(patches).transpose()?.unwrap_or_default();
    make(&options.folder)?;
    let mut out = anstream::stdout();
    for (file, text) in FILES {
        let text = filled(text, &package);
        let text = if file == "Cargo.toml" { text + &patches } else { text };
        write(&options.folder.join(file), &text)?;
        writeln!(out, "{} {file}", draw::strong("created")).map_err(Error::output)?;
    }
    let folder = options.folder.display();
    let next = format!(
        "\n{package} is a saga of its own. Next:\n  cd {folder}\n  cargo run -- check    # holds the choreography to \
         its rules\n  cargo test            # kills every service at every act of every message\n  cargo run -- up       \
         # runs everything, and says how to publish and watch\n\ndocs/your-own-saga.md explains each file."
    );
    writeln!(out, "{next}").map_err(Error::output)
}

/// The name of the package: that of its folder.
fn package_of(folder: &Path) -> Result<String, Error> {
    let absolute = std::path::absolute(folder).map_err(|error| Error::Io(folder.display().to_string(), error))?;
    let name = absolute.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let wrong = |why: &str| {
        Err(Error::Usage(format!(
            "`{name}` cannot be the name of a package: {why}; the package has the name of its folder"
        )))
    };
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return wrong("it does not begin with a letter from a to z");
    }
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c)) {
        return wrong("only a-z, 0-9, - and _ are allowed");
    }
    let crate_name = name.replace('-', "_");
    if KEYWORDS.contains(&crate_name.as_str()) {
        return wrong("it is a word of Rust");
    }
    if TAKEN.contains(&crate_name.as_str()) || LIBRARY.contains(&name.replace('_', "-").as_str()) {
        return wrong("another crate or folder of the build has this name");
    }
    Ok(name)
}

/// A file of the template, with the names of this package.
fn filled(text: &str, package: &str) -> String {
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    text.replace(PACKAGE, package).replace(CRATE, &package.replace('-', "_")).replace(VERSION, &version)
}

/// Makes the folder, unless there is one that is empty.
fn make(folder: &Path) -> Result<(), Error> {
    let failed = |error| Error::Io(folder.display().to_string(), error);
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => return Err(failed(error)),
    };
    if !is_empty {
        return Err(Error::Input(format!("{}: the folder exists and is not empty", folder.display())));
    }
    for folder in [folder.join("src"), folder.join("tests")] {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    File::create_new(file)
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .map_err(|error| Error::Io(file.display().to_string(), error))
}

/// What tells cargo to take the library from a folder, as the end of the manifest.
fn patches(folder: &Path) -> Result<String, Error> {
    let found = packages_in(folder)?;
    let mut lines = "\n# The library of this version comes from a folder.\n[patch.crates-io]\n".to_owned();
    for package in LIBRARY {
        let Some(path) = found.get(package) else {
            return Err(Error::Input(format!(
                "{}: `{package}` is not there; expected is a checkout of Ensemble, or a folder with its packages",
                folder.display()
            )));
        };
        // A string of JSON is one of TOML.
        let path = serde_json::Value::from(path.to_string_lossy().into_owned());
        lines.push_str(&format!("{package} = {{ path = {path} }}\n"));
    }
    Ok(lines)
}

/// The packages of the library one or two levels below a folder, with where they are.
fn packages_in(folder: &Path) -> Result<BTreeMap<&'static str, PathBuf>, Error> {
    let root = folder.canonicalize().map_err(|error| Error::Io(folder.display().to_string(), error))?;
    let mut found = BTreeMap::new();
    for above in folders_in(&root) {
        for path in std::iter::once(above.clone()).chain(folders_in(&above)) {
            let manifest = std::fs::read_to_string(path.join("Cargo.toml")).unwrap_or_default();
            let is_named = |package: &&&str| manifest.lines().any(|line| line == format!("name = \"{package}\""));
            if let Some(package) = LIBRARY.iter().find(is_named) {
                found.entry(*package).or_insert(path);
            }
        }
    }
    Ok(found)
}

/// The folders in a folder, in their order; none in one that cannot be read.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}
