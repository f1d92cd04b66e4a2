//! pg_hba.conf and pg_ident.conf: what the server's views show, and in the files themselves what
//! they do not.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr};
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use kerbrole_core::{ConfigLine, HbaLine, IdentLine, Word, config_lines, with_quotes};

use crate::server::encoding::Bytes;
use crate::server::login_facts::query::{rows, setting};

/// Longer than any that people write: the rest of one that is longer is not looked at.
const LONGEST: u64 = 1 << 20;

/// Files that a word leads to, one to the next: as many as the server follows
/// (`CONF_FILE_MAX_DEPTH` in src/include/utils/conffiles.h).
const MOST_FILES: usize = 10;

/// Files that were read, as lines; nothing where one cannot be read.
#[derive(Default)]
struct Files(HashMap<PathBuf, Option<Vec<ConfigLine>>>);

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    fs::File::open(path).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
    Some(text)
}

impl Files {
    fn lines(&mut self, path: &Path) -> Option<&[ConfigLine]> {
        pgrx::check_for_interrupts!();
        let read = || read(path).map(|text| config_lines(&text));
        self.0.entry(path.into()).or_insert_with(read).as_deref()
    }

    /// The words of a field, those of the files included that it leads to.
    fn field(&mut self, path: &Path, number: u32, place: usize) -> Option<Vec<Word>> {
        let line = self.lines(path)?.iter().find(|line| line.number == number)?;
        let mut words = line.fields.get(place)?.clone();
        let mut folder = path.parent()?.to_path_buf();
        for _ in 0..MOST_FILES {
            let Some(at) = words.iter().position(|word| word.file().is_some()) else {
                return Some(words);
            };
            let path = folder.join(OsStr::from_bytes(words[at].file()?));
            let inner: Vec<Word> =
                self.lines(&path)?.iter().flat_map(|line| line.fields.concat()).collect();
            // Names in it are relative to it: where that is another folder, and there are more of
            // them, it is not followed.
            let leads_on = inner.iter().chain(&words[at + 1..]).any(|word| word.file().is_some());
            let next = path.parent()?.to_path_buf();
            if leads_on && next != folder {
                return None;
            }
            folder = next;
            words.splice(at..=at, inner);
        }
        None
    }
}

/// The elements of an array that was joined: no word of a file holds the end of a line.
fn split(joined: Option<Bytes>) -> Vec<Vec<u8>> {
    joined.map_or_else(Vec::new, |joined| {
        joined.0.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
    })
}

/// Since 16 the views name the file, which may be one that is included.
fn file_column() -> &'static str {
    if cfg!(any(feature = "pg14", feature = "pg15")) {
        "NULL::pg_catalog.text"
    } else {
        "file_name"
    }
}

fn path(file_name: Option<Bytes>, otherwise: &CStr) -> PathBuf {
    match file_name {
        Some(name) => OsStr::from_bytes(&name.0).into(),
        None => setting(otherwise).into(),
    }
}

fn line_number(row: &pgrx::spi::SpiHeapTupleData<'_>) -> u32 {
    row.get::<i32>(1).ok().flatten().and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

pub(super) fn hba() -> Vec<HbaLine> {
    let query = format!(
        "SELECT line_number, type, pg_catalog.array_to_string(database, E'\\n'), \
         pg_catalog.array_to_string(user_name, E'\\n'), address, netmask, auth_method, \
         pg_catalog.array_to_string(options, E'\\n'), error, {} FROM pg_catalog.pg_hba_file_rules",
        file_column()
    );
    let mut files = Files::default();
    rows(&query, &[], |row| {
        let text = |place| row.get::<Bytes>(place).ok().flatten();
        let number = line_number(&row);
        let path = path(text(10), c"hba_file");
        let mut words =
            |column, place| with_quotes(split(text(column)), files.field(&path, number, place));
        Some(HbaLine {
            number,
            kind: text(2).map(|text| text.lossy()).unwrap_or_default(),
            databases: words(3, 1),
            users: words(4, 2),
            address: text(5).map(|text| text.lossy()),
            netmask: text(6).map(|text| text.lossy()),
            method: text(7).map(|text| text.lossy()).unwrap_or_default(),
            options: split(text(8)).into_iter().map(|option| Bytes(option).lossy()).collect(),
            error: text(9).map(|text| text.lossy()),
        })
    })
}

/// Nothing where one line is refused: the server goes on with the file that it read before.
#[cfg(not(feature = "pg14"))]
pub(super) fn ident() -> Option<Vec<IdentLine>> {
    let query = format!(
        "SELECT line_number, map_name, sys_name, pg_username, {} \
         FROM pg_catalog.pg_ident_file_mappings",
        file_column()
    );
    let mut files = Files::default();
    let lines: Vec<Option<IdentLine>> = rows(&query, &[], |row| {
        let text = |place| row.get::<Bytes>(place).ok().flatten();
        let (Some(map), Some(system_user), Some(role)) = (text(2), text(3), text(4)) else {
            return Some(None);
        };
        let written = files.field(&path(text(5), c"ident_file"), line_number(&row), 2);
        let role = with_quotes(vec![role.0], written).pop()?;
        Some(Some(IdentLine { map: map.0, system_user: system_user.0, role }))
    });
    lines.into_iter().collect()
}

/// Before 15 there is no view of pg_ident.conf. Like the view, this is the file as it is now.
#[cfg(feature = "pg14")]
pub(super) fn ident() -> Option<Vec<IdentLine>> {
    kerbrole_core::ident_lines(&read(Path::new(&setting(c"ident_file")))?)
}
