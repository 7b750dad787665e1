//! The modules of one crate: which file each stands in, which names it has, and to which paths it refers.
//!
//! Modules under `#[cfg(test)]` are left out: a test may look at everything.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, Item, ItemMod, ItemUse, Macro, Meta, UseTree, Visibility};

/// The segments of a path, as it is written.
pub(super) type Segments = Vec<String>;

/// The text of every file of a crate, by its path below `src`.
pub(super) type Sources = BTreeMap<String, String>;

/// A module.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) file: String,
    pub(super) children: BTreeSet<String>,
    /// Items that the module defines.
    pub(super) defined: BTreeSet<String>,
    /// Names that a `use` brings into the module, each with the path that it stands for.
    pub(super) imported: BTreeMap<String, Segments>,
    /// Modules of which a `use` brings in every name.
    pub(super) globs: Vec<Segments>,
    /// Every path that the module itself needs. The path of a re-export is none.
    pub(super) references: BTreeSet<Segments>,
}

/// All modules, each by the names of its ancestors and its own; the root has no name.
pub(super) type Modules = BTreeMap<Segments, Module>;

/// Reads the modules that are reached from a root file, such as `lib.rs`.
pub(super) fn read(sources: &Sources, root: &str) -> Modules {
    let mut reader = Reader { sources, modules: Modules::new(), path: Segments::new() };
    reader.read_file(root.to_owned());
    reader.modules
}

struct Reader<'a> {
    sources: &'a Sources,
    modules: Modules,
    /// The module that is being read.
    path: Segments,
}

impl Reader<'_> {
    fn read_file(&mut self, file: String) {
        let text = self.sources.get(&file).unwrap_or_else(|| panic!("{file}: there is no such file"));
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.modules.insert(self.path.clone(), Module { file, ..Module::default() });
        self.visit_file(&parsed);
    }

    fn module(&mut self) -> &mut Module {
        self.modules.get_mut(&self.path).unwrap()
    }

    fn refer(&mut self, path: Segments) {
        self.module().references.insert(path);
    }

    /// Notes every path in the tokens of a macro or of an attribute.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                    path.push(ident.unraw().to_string());
                    colons = 0;
                }
                TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => {
                    self.refer(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Ident(ident) = &token {
                        path.push(ident.unraw().to_string());
                    }
                    if let TokenTree::Group(group) = token {
                        self.read_tokens(group.stream());
                    }
                }
            }
        }
        self.refer(path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Some(name) = defined_name(item) {
            self.module().defined.insert(name);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.attrs.iter().any(is_cfg_test) {
            return;
        }
        let name = item.ident.unraw().to_string();
        self.module().children.insert(name.clone());
        let parent = self.module().file.clone();
        self.path.push(name);
        match &item.content {
            Some((_, items)) => {
                self.modules.insert(self.path.clone(), Module { file: parent, ..Module::default() });
                for item in items {
                    self.visit_item(item);
                }
            }
            None => self.read_file(format!("{}.rs", self.path.join("/"))),
        }
        self.path.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_private = matches!(item.vis, Visibility::Inherited);
        for import in imports(&item.tree, &[]) {
            let module = self.module();
            if is_private {
                module.references.insert(import.path.clone());
            }
            match import.name {
                Some(name) => drop(module.imported.insert(name, import.path)),
                None => module.globs.push(import.path),
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.refer(segments(path).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.read_tokens(mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.read_tokens(list.tokens.clone());
            for text in quoted(list.tokens.clone()) {
                if let Ok(path) = syn::parse_str::<syn::Path>(&text) {
                    // Where it names a module, functions of it are what is needed.
                    self.refer(segments(&path).chain(["serialize".to_owned()]).collect());
                }
            }
        }
    }
}

fn segments(path: &syn::Path) -> impl Iterator<Item = String> {
    path.segments.iter().map(|segment| segment.ident.unraw().to_string())
}

/// What one leaf of a `use` brings in.
struct Import {
    path: Segments,
    /// The name that it gets here; a glob has none.
    name: Option<String>,
}

fn imports(tree: &UseTree, before: &[String]) -> Vec<Import> {
    let path = |ident: &Ident| -> Segments {
        let ident = ident.unraw().to_string();
        // `use a::{self}` stands for `a`.
        let last = Some(ident).filter(|ident| ident != "self" || before.is_empty());
        before.iter().cloned().chain(last).collect()
    };
    match tree {
        UseTree::Path(tree) => imports(&tree.tree, &path(&tree.ident)),
        UseTree::Name(tree) => {
            let path = path(&tree.ident);
            vec![Import { name: path.last().cloned(), path }]
        }
        UseTree::Rename(tree) => {
            vec![Import { path: path(&tree.ident), name: Some(tree.rename.unraw().to_string()) }]
        }
        UseTree::Glob(_) => vec![Import { path: before.to_vec(), name: None }],
        UseTree::Group(tree) => tree.items.iter().flat_map(|tree| imports(tree, before)).collect(),
    }
}

fn defined_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::ExternCrate(_) | Item::ForeignMod(_) | Item::Impl(_) | Item::Mod(_) | Item::TraitAlias(_) => return None,
        Item::Use(_) | Item::Verbatim(_) | _ => return None,
    };
    Some(ident.unraw().to_string())
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<Ident>().is_ok_and(|ident| ident == "test")
}

/// The texts in the tokens of an attribute, such as the path in `#[serde(with = "crate::money")]`.
fn quoted(tokens: TokenStream) -> Vec<String> {
    let literals = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Literal(literal) => syn::parse_str::<syn::LitStr>(&literal.to_string()).ok(),
        TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => None,
    });
    literals.map(|literal| literal.value()).collect()
}
