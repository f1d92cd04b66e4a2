//! krb5.conf as MIT Kerberos reads it: several files, those that they include, sections that come again, finality.
//!
//! The syntax is that of src/util/profile/prof_parse.c; which file comes first, that of prof_init.c.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How deep files may include each other. MIT has no bound but the number of files that it may open.
const DEEPEST: usize = 16;
/// How many files are read, and how much of each: a person's configuration is far from either.
const MOST_FILES: usize = 1_000;
const LARGEST: u64 = 4 << 20;

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

/// A relation, or a block of them. The first node of a file is its root.
#[derive(Debug, Default)]
struct Node {
    name: String,
    /// None: a block.
    value: Option<String>,
    parent: usize,
    children: Vec<usize>,
    /// What comes in later files does not count.
    is_final: bool,
}

/// One file of the list, with what it includes.
#[derive(Debug)]
struct Source {
    nodes: Vec<Node>,
}

/// What the files say.
#[derive(Debug, Default)]
pub(super) struct Profile {
    sources: Vec<Source>,
    /// Files of the list that are not there or may not be read: MIT passes them over.
    pub(super) missing: Vec<PathBuf>,
}

impl Profile {
    /// Reads a list as KRB5_CONFIG has it. An empty name ends it.
    pub(super) fn read(list: &str) -> Result<Self, Unread> {
        let mut profile = Self::default();
        let mut why = String::new();
        for path in list.split(':').take_while(|path| !path.is_empty()).map(Path::new) {
            let mut reader = Reader::default();
            let read = match path.is_dir() {
                true => reader.folder(path, 0),
                false => match text(path) {
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
                        "{}: a module line counts in the first file only, and not where it is included",
                        path.display()
                    )));
                }
                None => profile.sources.push(Source { nodes: reader.nodes }),
            }
        }
        match profile.sources.is_empty() {
            true => Err(Unread::Missing(why)),
            false => Ok(profile),
        }
    }

    /// The values of a relation, in the order in which they count; `path` leads to it through sections and blocks.
    pub(super) fn values(&self, path: &[&str]) -> Vec<&str> {
        let Some((name, blocks)) = path.split_last() else { return Vec::new() };
        let mut values = Vec::new();
        for source in &self.sources {
            let mut at = Some(0);
            let mut is_final = false;
            for block in blocks {
                at = at.and_then(|at| source.block(at, block));
                is_final |= at.is_some_and(|at| source.nodes[at].is_final);
            }
            let relations = at.map(|at| source.nodes[at].children.as_slice()).unwrap_or_default();
            for relation in relations.iter().map(|&at| &source.nodes[at]).filter(|node| node.name == *name) {
                values.extend(relation.value.as_deref());
                is_final |= relation.is_final;
            }
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

impl Source {
    fn block(&self, at: usize, name: &str) -> Option<usize> {
        block(&self.nodes, at, name)
    }
}

fn block(nodes: &[Node], at: usize, name: &str) -> Option<usize> {
    nodes[at].children.iter().copied().find(|&child| nodes[child].name == name && nodes[child].value.is_none())
}

/// A file, up to a bound. Whatever is no UTF-8 can be no name that is looked for.
fn text(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads one file of the list, and those that it includes, into one tree.
#[derive(Debug)]
struct Reader {
    nodes: Vec<Node>,
    files: usize,
    module: Option<String>,
    /// Whether the module line is in a file that another includes.
    is_included: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], files: 0, module: None, is_included: false }
    }
}

/// Where in a file the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first line that begins with `[`: whatever is there is a comment.
    Comment,
    Relations,
    /// `name =` was the last line.
    Brace,
}

impl Reader {
    /// The files of a folder whose names end in `.conf`, or are letters, digits, `-` and `_` only, in the order of their names.
    fn folder(&mut self, path: &Path, depth: usize) -> Result<(), String> {
        let cannot = |error: std::io::Error| format!("includedir {}: {error}", path.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(cannot)? {
            names.extend(entry.map_err(cannot)?.file_name().into_string());
        }
        names.sort();
        let counts = |name: &&String| {
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            !name.starts_with('.') && (plain || name.len() >= 5 && name.ends_with(".conf"))
        };
        for name in names.iter().filter(counts) {
            self.include(&path.join(name), depth)?;
        }
        Ok(())
    }

    fn include(&mut self, path: &Path, depth: usize) -> Result<(), String> {
        if depth >= DEEPEST {
            return Err(format!("{}: files include each other without end", path.display()));
        }
        let text = text(path).map_err(|error| format!("include {}: {error}", path.display()))?;
        self.file(path, &text, depth + 1)
    }

    fn file(&mut self, path: &Path, text: &str, depth: usize) -> Result<(), String> {
        self.files += 1;
        if self.files > MOST_FILES {
            return Err(format!("{}: that is file number {}", path.display(), self.files));
        }
        let mut state = State::Comment;
        let mut at = 0;
        let mut level = 0usize;
        let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        for (line, number) in lines.zip(1usize..) {
            let wrong = |what: &str| format!("{}, line {number}: {what}", path.display());
            let line = line.trim_end_matches('\r');
            let after = |word: &str| {
                line.strip_prefix(word)
                    .filter(|rest| rest.starts_with(is_space))
                    .map(|rest| rest.trim_start_matches(is_space))
            };
            if let Some(included) = after("include") {
                self.include(Path::new(included), depth).map_err(|what| wrong(&what))?;
                continue;
            }
            if let Some(folder) = after("includedir") {
                self.folder(Path::new(folder), depth).map_err(|what| wrong(&what))?;
                continue;
            }
            match state {
                State::Comment => {
                    if let Some(module) = after("module") {
                        self.module = Some(module.into());
                        self.is_included = depth > 0;
                        return Ok(());
                    }
                    if !line.starts_with('[') {
                        continue;
                    }
                    state = State::Relations;
                }
                State::Brace if line.trim_start_matches(is_space).starts_with('{') => {
                    state = State::Relations;
                    continue;
                }
                State::Brace => return Err(wrong("a \"{\" is missing, which has to come right after \"name =\"")),
                State::Relations => {}
            }
            let line = line.trim_start_matches(is_space);
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                if level > 0 {
                    return Err(wrong("a section begins before a \"{\" is closed"));
                }
                let Some((name, rest)) = rest.split_once(']') else { return Err(wrong("a \"]\" is missing")) };
                at = self.enter(0, name);
                let (is_final, rest) = rest.strip_prefix('*').map_or((false, rest), |rest| (true, rest));
                self.nodes[at].is_final |= is_final;
                if !rest.trim_matches(is_space).is_empty() {
                    return Err(wrong("there is something after \"]\", where not even a comment may be"));
                }
            } else if let Some(rest) = line.strip_prefix('}') {
                level = level.checked_sub(1).ok_or_else(|| wrong("a \"}\" closes nothing"))?;
                self.nodes[at].is_final |= rest.starts_with('*');
                at = self.nodes[at].parent;
            } else {
                let Some((name, value)) = line.split_once('=') else { return Err(wrong("there is no \"=\"")) };
                let name = name.trim_end_matches(is_space);
                if name.is_empty() || name.contains(is_space) {
                    return Err(wrong("what is before \"=\" has to be one word"));
                }
                let (name, is_final) = name.split_once('*').map_or((name, false), |(name, _)| (name, true));
                let value = value.trim_start_matches(is_space);
                let opens = value.strip_prefix('{').is_some_and(|rest| rest.trim_matches(is_space).is_empty());
                if value.is_empty() || opens {
                    at = self.enter(at, name);
                    self.nodes[at].is_final |= is_final;
                    level += 1;
                    state = if opens { State::Relations } else { State::Brace };
                } else {
                    let value = match value.strip_prefix('"') {
                        Some(quoted) => unquoted(quoted),
                        None => value.trim_end_matches(is_space).into(),
                    };
                    self.push(Node { name: name.into(), value: Some(value), parent: at, is_final, ..Node::default() });
                }
            }
        }
        Ok(())
    }

    /// The block of that name: one that is there already goes on.
    fn enter(&mut self, parent: usize, name: &str) -> usize {
        match block(&self.nodes, parent, name) {
            Some(at) => at,
            None => self.push(Node { name: name.into(), parent, ..Node::default() }),
        }
    }

    fn push(&mut self, node: Node) -> usize {
        let at = self.nodes.len();
        self.nodes[node.parent].children.push(at);
        self.nodes.push(node);
        at
    }
}

/// As isspace() in C.
fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\x0b'
}

/// What stands between quotes; what comes after them is passed over.
fn unquoted(text: &str) -> String {
    let mut value = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => value.extend(rest.next().map(|c| match c {
                'n' => '\n',
                't' => '\t',
                'b' => '\u{8}',
                other => other,
            })),
            c => value.push(c),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Profile, Unread> {
        let folder = std::env::temp_dir().join(format!(
            "kerbrole-profile-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        fs::create_dir_all(&folder).unwrap();
        let paths: Vec<_> = (0..texts.len()).map(|at| folder.join(at.to_string()).display().to_string()).collect();
        for (path, text) in paths.iter().zip(texts) {
            fs::write(path, text.replace("FOLDER", &folder.display().to_string())).unwrap();
        }
        let read = Profile::read(&paths.join(":"));
        fs::remove_dir_all(&folder).unwrap();
        read
    }

    #[test]
    fn blocks_sections_and_files_go_together() {
        let one = "a = comment\n[realms] \n A.B = {\n  kdc = x\n }\n[libdefaults]\n default_realm = A.B # no comment\n[realms]\n A.B =\n {\n  kdc = \"y z\" w\n }*\n C.D = { kdc = v }\n";
        let profile =
            read(&[one, "[realms]\n A.B = {\n  kdc = hidden\n }\n[libdefaults]\n default_realm = X\n other* = Y\n"])
                .unwrap();
        assert_eq!(profile.values(&["realms", "A.B", "kdc"]), ["x", "y z"]);
        assert_eq!(profile.value(&["libdefaults", "default_realm"]), Some("A.B # no comment"));
        assert_eq!(profile.value(&["libdefaults", "other"]), Some("Y"));
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
            ("[a]\nb = {\n[c]\n", 3),
            ("[a]\nb =\n\n{\n", 3),
        ] {
            match read(&[text]) {
                Err(Unread::Wrong(what)) => assert!(what.contains(&format!(", line {line}: ")), "{text}: {what}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        for text in ["", "[a]\nb = {\n", "[a]\nb =\n", "x\n"] {
            assert!(read(&[text]).is_ok(), "{text}");
        }
        assert!(matches!(read(&["include FOLDER/0\n"]), Err(Unread::Wrong(_))));
        assert!(matches!(read(&["module x.so:y\n"]), Err(Unread::Module(_))));
        assert!(matches!(read(&["[a]\n", "module x.so:y\n"]), Err(Unread::Wrong(_))));
        assert!(matches!(read(&["include FOLDER/1\n[a]\n", "module x.so:y\n"]), Err(Unread::Wrong(_))));
        assert!(matches!(Profile::read("/nonexistent/krb5.conf"), Err(Unread::Missing(_))));
    }
}
