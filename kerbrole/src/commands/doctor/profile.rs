//! krb5.conf as MIT Kerberos reads it: several files, those that they include, sections that come
//! again, finality.
//!
//! The syntax is that of src/util/profile/prof_parse.c; which file comes first, that of
//! prof_init.c.

mod reader;
mod tree;

use std::path::{Path, PathBuf};

use reader::Reader;
use tree::Tree;

/// Why nothing of it counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// None of the files is there, or may be read.
    Missing(String),
    /// MIT takes none of it.
    Wrong(String),
    /// What it says comes from a module of this name.
    Module(String),
}

/// What the files say.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// One for each file of the list, with what it includes.
    sources: Vec<Tree>,
    /// Files of the list that are not there or may not be read: MIT passes them over.
    pub(super) missing: Vec<PathBuf>,
}

impl Profile {
    /// Reads a list as KRB5_CONFIG has it. An empty name ends it.
    pub(super) fn read(list: &str) -> Result<Self, Unread> {
        let mut profile = Self::default();
        let mut why = String::new();
        for path in list.split(':').take_while(|path| !path.is_empty()).map(Path::new) {
            let mut reader = Reader::new();
            let read = match path.is_dir() {
                true => reader.folder(path, 0),
                false => match reader::text(path) {
                    Ok(text) => reader.file(path, &text, 0),
                    Err(error) => {
                        why = error.to_string();
                        profile.missing.push(path.into());
                        continue;
                    }
                },
            };
            read.map_err(Unread::Wrong)?;
            match reader.module {
                Some(module) if profile.sources.is_empty() && !reader.is_included => {
                    return Err(Unread::Module(module));
                }
                Some(_) => {
                    return Err(Unread::Wrong(format!(
                        "{}: a module line counts in the first file only, and not where it is \
                         included",
                        path.display()
                    )));
                }
                None => profile.sources.push(reader.tree),
            }
        }
        match profile.sources.is_empty() {
            true => Err(Unread::Missing(why)),
            false => Ok(profile),
        }
    }

    /// The values of a relation, in the order in which they count; `path` leads to it through
    /// sections and blocks.
    pub(super) fn values(&self, path: &[&str]) -> Vec<&str> {
        let Some((name, blocks)) = path.split_last() else { return Vec::new() };
        let mut values = Vec::new();
        for source in &self.sources {
            let mut at = Some(Tree::ROOT);
            let mut is_final = false;
            for block in blocks {
                at = at.and_then(|at| source.block(at, block));
                is_final |= at.is_some_and(|at| source.node(at).is_final);
            }
            let relations = at.map(|at| source.node(at).children.as_slice()).unwrap_or_default();
            let relations = relations.iter().map(|&at| source.node(at));
            // A relation may be said to be final too, which MIT passes over.
            let named = relations.filter(|node| node.name == *name);
            values.extend(named.filter_map(|node| node.value.as_deref()));
            if is_final {
                break;
            }
        }
        values
    }

    /// The first value, which is the one that counts where there can be one only.
    pub(super) fn value(&self, path: &[&str]) -> Option<&str> {
        self.values(path).first().copied()
    }

    /// A switch: what MIT does not understand is off.
    pub(super) fn is_on(&self, path: &[&str]) -> Option<bool> {
        let on = ["y", "yes", "true", "t", "1", "on"];
        self.value(path).map(|value| on.iter().any(|word| value.eq_ignore_ascii_case(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(texts: &[&str]) -> Result<Profile, Unread> {
        let folder = std::env::temp_dir().join(format!(
            "kerbrole-profile-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        fs::create_dir_all(&folder).unwrap();
        let paths: Vec<_> =
            (0..texts.len()).map(|at| folder.join(at.to_string()).display().to_string()).collect();
        for (path, text) in paths.iter().zip(texts) {
            fs::write(path, text.replace("FOLDER", &folder.display().to_string())).unwrap();
        }
        let read = Profile::read(&paths.join(":"));
        fs::remove_dir_all(&folder).unwrap();
        read
    }

    #[test]
    fn blocks_sections_and_files_go_together() {
        let one = "a = comment\n[realms] \n A.B = {\n  kdc = x\n }\n\
                   [libdefaults]\n default_realm = A.B # no comment\n\
                   [realms]\n A.B =\n {\n  kdc = \"y z\" w\n }*\n C.D = { kdc = v }\n";
        let other = "[realms]\n A.B = {\n  kdc = hidden\n }\n\
                     [libdefaults]\n default_realm* = X\n other* = Y\n";
        let third = "[libdefaults]\n other = Z\n other = \"a\\\n";
        let profile = read(&[one, other, third]).unwrap();
        assert_eq!(profile.values(&["realms", "A.B", "kdc"]), ["x", "y z"]);
        assert_eq!(profile.value(&["libdefaults", "default_realm"]), Some("A.B # no comment"));
        assert_eq!(profile.values(&["libdefaults", "other"]), ["Y", "Z", "a\\"]);
        assert_eq!(profile.values(&["realms", "C.D", "kdc"]), [""; 0]);
        assert_eq!(profile.value(&["realms", "A.B"]), None);
    }

    #[test]
    fn what_mit_takes_none_of_is_told_with_its_line() {
        for (text, line) in [
            ("[a\n", 1),
            ("[a] # c\n", 1),
            ("[a]\nb\n", 2),
            ("[a]\nb c = d\n", 2),
            ("[a]\n= d\n", 2),
            ("[a]\n}\n", 2),
            ("[a]\ninclude\n", 2),
            ("[a]\nb = {\n[c]\n", 3),
            ("[a]\nb =\n\n{\n", 3),
        ] {
            match read(&[text]) {
                Err(Unread::Wrong(what)) => {
                    assert!(what.contains(&format!(", line {line}: ")), "{text}: {what}")
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        for text in ["", "include FOLDER\n", "[a]\nb = {\n", "[a]\nb =\n", "x\n"] {
            assert!(read(&[text]).is_ok(), "{text}");
        }
        assert!(matches!(read(&["include FOLDER/0\n"]), Err(Unread::Wrong(_))));
        assert!(matches!(read(&["module x.so:y\n"]), Err(Unread::Module(_))));
        assert!(matches!(read(&["[a]\n", "module x.so:y\n"]), Err(Unread::Wrong(_))));
        assert!(matches!(
            read(&["include FOLDER/1\n[a]\n", "module x.so:y\n"]),
            Err(Unread::Wrong(_))
        ));
        assert!(matches!(Profile::read("/nonexistent/krb5.conf"), Err(Unread::Missing(_))));
    }
}
