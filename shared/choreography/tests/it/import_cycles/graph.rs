//! Which file of a crate imports from which other, and where imports lead back to the file that they come from.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::{Module, Modules, Segments, Sources, read};

/// The files from which each file imports, each with one of the paths that do it.
pub(super) type Imports = BTreeMap<String, BTreeMap<String, String>>;

/// What a path leads to.
#[derive(Debug)]
enum Target {
    Module(Segments),
    /// The file that defines the item.
    Item(String),
}

/// Every import of one file of a crate from another.
///
/// A file imports an item from the file that defines it: by a `use` or by a path in its code, also through a re-export.
/// To declare, import or re-export a module is no import, because no item is taken. To re-export an item is none either:
/// so a parent may re-export what its children define, and they may import from it.
pub(super) fn imports(sources: &Sources) -> Imports {
    let mut imports = Imports::new();
    for root in ["lib.rs", "main.rs"].into_iter().filter(|root| sources.contains_key(*root)) {
        let modules = read(sources, root);
        for (path, module) in &modules {
            for reference in &module.references {
                if let Some(Target::Item(file)) = resolve(&modules, path, reference, &mut BTreeSet::new())
                    && file != module.file
                {
                    imports.entry(module.file.clone()).or_default().entry(file).or_insert(reference.join("::"));
                }
            }
        }
    }
    imports
}

/// The names that are being resolved, each with its module and whether more follows it: a name that leads to itself is
/// not one of the crate's.
type Pending = BTreeSet<(Segments, String, bool)>;

/// What a path, as it is written in a module, leads to; nothing if it leads out of the crate.
fn resolve(modules: &Modules, from: &Segments, path: &[String], pending: &mut Pending) -> Option<Target> {
    match path.split_first()? {
        (first, rest) if first == "crate" => walk(modules, Segments::new(), rest, pending),
        (first, rest) if first == "self" => walk(modules, from.clone(), rest, pending),
        (first, _) if first == "super" => walk(modules, from.clone(), path, pending),
        (first, rest) => look_up(modules, from, first, rest, pending),
    }
}

/// Follows a path through the modules of the crate. Where no file shows the item, because a macro defines it, the item
/// counts to the file of the last module of the path.
fn walk(modules: &Modules, at: Segments, path: &[String], pending: &mut Pending) -> Option<Target> {
    let Some((first, rest)) = path.split_first() else { return Some(Target::Module(at)) };
    if first == "super" {
        return walk(modules, at.split_last()?.1.to_vec(), rest, pending);
    }
    let file = modules.get(&at)?.file.clone();
    look_up(modules, &at, first, rest, pending).or(Some(Target::Item(file)))
}

/// Finds a name in a module, and what follows it in the path.
fn look_up(modules: &Modules, at: &Segments, name: &str, rest: &[String], pending: &mut Pending) -> Option<Target> {
    let Module { file, children, defined, imported, globs, .. } = modules.get(at)?;
    let key = (at.clone(), name.to_owned(), rest.is_empty());
    if !pending.insert(key.clone()) {
        return None;
    }
    let is_child = children.contains(name);
    // A module and a function may have the same name: only the module is followed by more.
    let found = if is_child && (!rest.is_empty() || !(imported.contains_key(name) || defined.contains(name))) {
        walk(modules, at.iter().cloned().chain([name.to_owned()]).collect(), rest, pending)
    } else if let Some(path) = imported.get(name) {
        resolve(modules, at, path, pending).and_then(|target| follow(modules, target, rest, pending))
    } else if defined.contains(name) {
        Some(Target::Item(file.clone()))
    } else {
        globs.iter().find_map(|glob| match resolve(modules, at, glob, pending)? {
            Target::Module(module) => look_up(modules, &module, name, rest, pending),
            item @ Target::Item(_) => Some(item),
        })
    };
    pending.remove(&key);
    found
}

/// What follows an item in a path belongs to the item, such as a variant to an enum.
fn follow(modules: &Modules, target: Target, rest: &[String], pending: &mut Pending) -> Option<Target> {
    match target {
        Target::Module(module) => walk(modules, module, rest, pending),
        item @ Target::Item(_) => Some(item),
    }
}

/// For every file that imports itself by way of others, a shortest such cycle. Each cycle is given once.
pub(super) fn cycles(imports: &Imports) -> BTreeSet<Vec<String>> {
    imports.keys().filter_map(|file| way_back(imports, file)).map(from_the_first).collect()
}

fn way_back(imports: &Imports, start: &str) -> Option<Vec<String>> {
    let mut reached = BTreeSet::new();
    let mut ways = VecDeque::from([vec![start.to_owned()]]);
    while let Some(way) = ways.pop_front() {
        let last = way.last()?;
        for next in imports.get(last).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                return Some(way);
            }
            if reached.insert(next.clone()) {
                ways.push_back(way.iter().chain([next]).cloned().collect());
            }
        }
    }
    None
}

/// The same cycle, begun with the file whose name is the first in the alphabet.
fn from_the_first(mut cycle: Vec<String>) -> Vec<String> {
    let first = cycle.iter().enumerate().min_by_key(|(_, file)| *file).map_or(0, |(index, _)| index);
    cycle.rotate_left(first);
    cycle
}
