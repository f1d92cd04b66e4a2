//! Reading one file of the list, and those that it includes, into one tree.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use super::tree::{Node, Tree};

/// How deep files may include each other. MIT has no bound but the number of files that it may
/// open.
const DEEPEST: usize = 16;

/// How many files are read. A person's configuration is far from that.
const MOST_FILES: usize = 1_000;

/// How much of each file is read.
const LARGEST: u64 = 4 << 20;

/// A file, up to a bound. Whatever is no UTF-8 can be no name that is looked for.
pub(super) fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What was read.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) tree: Tree,
    files: usize,
    /// The module that everything comes from, where there is such a line.
    pub(super) module: Option<String>,
    /// Whether the module line is in a file that another includes.
    pub(super) is_included: bool,
}

/// Where in a file the reader is.
#[derive(Debug)]
struct Cursor {
    state: State,
    /// The block that goes on.
    at: usize,
    /// How many braces are open.
    level: usize,
}

/// What the next line can be.
#[derive(Debug)]
enum State {
    /// Before the first line that begins with `[`: whatever is there is a comment.
    Comment,
    Relations,
    /// `name =` was the last line.
    Brace,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { tree: Tree::new(), files: 0, module: None, is_included: false }
    }

    /// Reads the files of a folder whose names end in `.conf`, or are letters, digits, `-` and `_`
    /// only, in the order of their names.
    pub(super) fn folder(&mut self, path: &Path, depth: usize) -> Result<(), String> {
        let cannot = |error: io::Error| format!("includedir {}: {error}", path.display());
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
        // A folder in the place of a file, or within one that is included, is empty to MIT.
        if path.is_dir() {
            return Ok(());
        }
        let text = text(path).map_err(|error| format!("include {}: {error}", path.display()))?;
        self.file(path, &text, depth + 1)
    }

    /// Reads a file's text. A module line ends it.
    pub(super) fn file(&mut self, path: &Path, text: &str, depth: usize) -> Result<(), String> {
        self.files += 1;
        if self.files > MOST_FILES {
            return Err(format!("{}: that is file number {}", path.display(), self.files));
        }
        let mut cursor = Cursor { state: State::Comment, at: Tree::ROOT, level: 0 };
        // With its end, which is white space after a lone "include".
        let lines = text.split_inclusive('\n');
        for (line, number) in lines.zip(1usize..) {
            let read = self.line(&mut cursor, line, depth);
            let wrong = |what: String| format!("{}, line {number}: {what}", path.display());
            if read.map_err(wrong)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn line(
        &mut self,
        cursor: &mut Cursor,
        line: &str,
        depth: usize,
    ) -> Result<ControlFlow<()>, String> {
        const GO_ON: ControlFlow<()> = ControlFlow::Continue(());
        if let Some(included) = after(line, "include") {
            return self.include(Path::new(included), depth).map(|()| GO_ON);
        }
        if let Some(folder) = after(line, "includedir") {
            return self.folder(Path::new(folder), depth).map(|()| GO_ON);
        }
        let line = line.trim_end_matches(['\r', '\n']);
        let text = line.trim_start_matches(is_space);
        match cursor.state {
            State::Comment => {
                if let Some(module) = after(line, "module") {
                    self.module = Some(module.into());
                    self.is_included = depth > 0;
                    return Ok(ControlFlow::Break(()));
                }
                if !line.starts_with('[') {
                    return Ok(GO_ON);
                }
                cursor.state = State::Relations;
            }
            State::Brace if text.starts_with('{') => {
                cursor.state = State::Relations;
                return Ok(GO_ON);
            }
            State::Brace => {
                return Err("a \"{\" is missing, which has to come right after \"name =\"".into());
            }
            State::Relations => {}
        }
        if text.is_empty() || text.starts_with(['#', ';']) {
            return Ok(GO_ON);
        }
        if let Some(rest) = text.strip_prefix('[') {
            self.section(cursor, rest)?;
        } else if let Some(rest) = text.strip_prefix('}') {
            self.close(cursor, rest)?;
        } else {
            self.relation(cursor, text)?;
        }
        Ok(GO_ON)
    }

    /// `name]`, or `name]*`
    fn section(&mut self, cursor: &mut Cursor, rest: &str) -> Result<(), String> {
        if cursor.level > 0 {
            return Err("a section begins before a \"{\" is closed".into());
        }
        let Some((name, rest)) = rest.split_once(']') else {
            return Err("a \"]\" is missing".into());
        };
        cursor.at = self.tree.enter(Tree::ROOT, name);
        let (is_final, rest) = rest.strip_prefix('*').map_or((false, rest), |rest| (true, rest));
        self.tree.make_final(cursor.at, is_final);
        match rest.trim_matches(is_space).is_empty() {
            true => Ok(()),
            false => Err("there is something after \"]\", where not even a comment may be".into()),
        }
    }

    /// What comes after `}`: an asterisk makes the block final.
    fn close(&mut self, cursor: &mut Cursor, rest: &str) -> Result<(), String> {
        cursor.level = cursor.level.checked_sub(1).ok_or("a \"}\" closes nothing")?;
        self.tree.make_final(cursor.at, rest.starts_with('*'));
        cursor.at = self.tree.node(cursor.at).parent;
        Ok(())
    }

    /// `name = value`, `name = {`, or `name =` with the brace on the next line; `name*` is final.
    fn relation(&mut self, cursor: &mut Cursor, text: &str) -> Result<(), String> {
        let (name, value) = text.split_once('=').ok_or("there is no \"=\"")?;
        let name = name.trim_end_matches(is_space);
        if name.is_empty() || name.contains(is_space) {
            return Err("what is before \"=\" has to be one word".into());
        }
        let (name, is_final) = match name.split_once('*') {
            Some((name, _)) => (name, true),
            None => (name, false),
        };
        let value = value.trim_start_matches(is_space);
        let after_brace = value.strip_prefix('{');
        let opens = after_brace.is_some_and(|rest| rest.trim_matches(is_space).is_empty());
        if value.is_empty() || opens {
            cursor.at = self.tree.enter(cursor.at, name);
            self.tree.make_final(cursor.at, is_final);
            cursor.level += 1;
            cursor.state = if opens { State::Relations } else { State::Brace };
            return Ok(());
        }
        let value = match value.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => value.trim_end_matches(is_space).into(),
        };
        let parent = cursor.at;
        self.tree.push(Node { name: name.into(), value: Some(value), parent, ..Node::default() });
        Ok(())
    }
}

/// What a line says after a word that it begins with.
fn after<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let rest = line.strip_prefix(word).filter(|rest| rest.starts_with(is_space))?;
    Some(rest.trim_start_matches(is_space).trim_end_matches(['\r', '\n']))
}

/// The white space of isspace(3) in the C locale.
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
            '\\' => value.push(match rest.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('b') => '\u{8}',
                Some(other) => other,
                // At the end of the line it stands for itself.
                None => c,
            }),
            c => value.push(c),
        }
    }
    value
}
