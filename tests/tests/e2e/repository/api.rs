//! Every public item of the crates that others build on, so that a change of one is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use kerbrole_tests::version::workspace;
use syn::{Attribute, Fields, ImplItem, Item, Type, UseTree, Visibility};

use crate::cases;
use crate::fixture::Context;

cases! {
    Nowhere: the_public_items_are_those_that_are_written_down;
}

/// The crates, those whose items they give away as well, and how many lines there are at least.
const CRATES: [(&str, &[&str], usize); 3] = [
    ("kerbrole-client", &["kerbrole-core"], 300),
    ("kerbrole-directory", &["kerbrole-core"], 100),
    ("tokio-postgres-gssapi", &[], 100),
];

/// What writes the lists anew.
const WRITES: &str = "KERBROLE_WRITE_PUBLIC_API";

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            found.push(path);
        }
    }
}

fn items(krate: &str) -> Vec<Item> {
    let mut files = Vec::new();
    sources(&workspace().join(krate).join("src"), &mut files);
    files.sort();
    let parse = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).items
    };
    files.iter().flat_map(parse).collect()
}

/// The names that the crate gives away.
fn given_away(krate: &str) -> BTreeSet<String> {
    fn names(tree: &UseTree, found: &mut BTreeSet<String>) {
        match tree {
            UseTree::Path(path) => names(&path.tree, found),
            UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
            UseTree::Name(name) => drop(found.insert(name.ident.to_string())),
            UseTree::Rename(rename) => drop(found.insert(rename.rename.to_string())),
            UseTree::Glob(_) => panic!("what a glob gives away nobody sees"),
        }
    }
    let text = fs::read_to_string(workspace().join(krate).join("src/lib.rs")).unwrap();
    let mut found = BTreeSet::new();
    for item in syn::parse_file(&text).unwrap().items {
        if let Item::Use(given) = item
            && matches!(given.vis, Visibility::Public(_))
        {
            names(&given.tree, &mut found);
        }
    }
    found
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// What belongs to the declaration, and is no comment.
fn keep(attributes: &mut Vec<Attribute>) {
    const KEPT: [&str; 3] = ["derive", "must_use", "non_exhaustive"];
    attributes.retain(|one| KEPT.iter().any(|name| one.path().is_ident(name)));
}

fn public_fields(fields: &mut Fields) {
    if let Fields::Named(named) = fields {
        let kept = named.named.clone().into_iter().filter(|field| is_public(&field.vis));
        named.named = kept.collect();
        named.named.iter_mut().for_each(|field| keep(&mut field.attrs));
    } else {
        *fields = Fields::Unit;
    }
}

/// The declaration of a public item without its body, and whose it is.
fn declaration(mut item: Item) -> Option<(String, Item)> {
    let name = match &mut item {
        Item::Struct(one) if is_public(&one.vis) => {
            keep(&mut one.attrs);
            public_fields(&mut one.fields);
            one.ident.to_string()
        }
        Item::Enum(one) if is_public(&one.vis) => {
            keep(&mut one.attrs);
            for variant in &mut one.variants {
                keep(&mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| keep(&mut field.attrs));
            }
            one.ident.to_string()
        }
        Item::Fn(one) if is_public(&one.vis) => {
            keep(&mut one.attrs);
            one.block = syn::parse_quote!({});
            one.sig.ident.to_string()
        }
        Item::Impl(one) => {
            one.attrs.clear();
            let Type::Path(of) = &*one.self_ty else { return None };
            let name = of.path.segments.last()?.ident.to_string();
            if one.trait_.is_some() {
                one.items.clear();
            }
            one.items.retain_mut(|item| match item {
                ImplItem::Fn(method) => {
                    keep(&mut method.attrs);
                    method.block = syn::parse_quote!({});
                    is_public(&method.vis)
                }
                ImplItem::Const(constant) => {
                    keep(&mut constant.attrs);
                    is_public(&constant.vis)
                }
                _ => false,
            });
            if one.trait_.is_none() && one.items.is_empty() {
                return None;
            }
            name
        }
        _ => return None,
    };
    Some((name, item))
}

fn list(krate: &str, others: &[&str]) -> String {
    let declared = |krate: &str| -> Vec<(String, Item)> {
        items(krate).into_iter().filter_map(declaration).collect()
    };
    let own = declared(krate);
    let names: BTreeSet<_> = own.iter().map(|(name, _)| name.clone()).collect();
    // A name that both crates have is the first one's own.
    let theirs = others.iter().flat_map(|other| declared(other));
    let theirs = theirs.filter(|(name, _)| !names.contains(name));
    let mut of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, item) in own.iter().cloned().chain(theirs) {
        let file = syn::File { shebang: None, attrs: Vec::new(), items: vec![item] };
        of.entry(name).or_default().push(prettyplease::unparse(&file));
    }
    let mut text = String::new();
    for name in given_away(krate) {
        let mut all = of.remove(&name).unwrap_or_else(|| panic!("where is {name} declared?"));
        all.sort();
        text.push_str(&format!("// {name}\n{}\n", all.concat()));
    }
    text
}

fn the_public_items_are_those_that_are_written_down(_: &Context<'_>) {
    for (krate, others, least) in CRATES {
        compare(krate, &list(krate, others), least);
    }
}

fn compare(krate: &str, now: &str, least: usize) {
    let file = format!("{krate}/public-api.txt");
    let path = workspace().join(&file);
    if std::env::var_os(WRITES).is_some() {
        fs::write(&path, now).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let (now, written): (Vec<_>, Vec<_>) = (now.lines().collect(), written.lines().collect());
    let only = |these: &[&str], those: &[&str], sign: char| -> Vec<String> {
        let others: BTreeSet<_> = those.iter().collect();
        let lines = these.iter().filter(|line| !others.contains(line));
        lines.map(|line| format!("{sign} {line}")).collect()
    };
    let change = [only(&written, &now, '-'), only(&now, &written, '+')].concat();
    assert!(
        now == written,
        "the public items of {krate} have changed (make public-api writes {file} anew, \
         CHANGELOG.md tells it):\n{}",
        change.join("\n")
    );
    assert!(now.len() > least, "{}", now.len());
}
