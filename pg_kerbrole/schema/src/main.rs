//! Writes the install script of the extension: pgrx's macros leave what they know of the functions
//! in a section of the library, and pgrx's own graph puts it in order.
//!
//! `kerbrole-schema SECTION CONTROL`: the section `.pgrxsc` as objcopy(1) dumps it, and the control
//! file with its version filled in. The script goes to standard output, without the places in the
//! source, which would change with every line.

use std::env::args_os;
use std::fs;

use eyre::{WrapErr as _, eyre};
use pgrx_sql_entity_graph::section::decode_entities;
use pgrx_sql_entity_graph::{ControlFile, PgrxSql, SqlGraphEntity};

fn main() -> eyre::Result<()> {
    let [_, section, control] = args_os()
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| eyre!("usage: kerbrole-schema SECTION CONTROL"))?;
    let section = fs::read(&section).wrap_err_with(|| section.display().to_string())?;
    let control = fs::read_to_string(&control).wrap_err_with(|| control.display().to_string())?;
    let control = ControlFile::try_from(control.as_str())
        .map_err(|error| eyre!("the control file: {error}"))?;
    let mut entities = decode_entities(&section).map_err(|error| eyre!("the section: {error}"))?;
    entities.push(SqlGraphEntity::ExtensionRoot(control));
    let script = PgrxSql::build(entities.into_iter(), "pg_kerbrole".into(), false)?.to_sql()?;
    let is_place = |line: &str| {
        line.starts_with("-- ")
            && line
                .rsplit_once(".rs:")
                .is_some_and(|(_, end)| end.bytes().all(|b| b.is_ascii_digit()))
    };
    for line in script.lines().filter(|line| !is_place(line)) {
        println!("{}", line.trim_end());
    }
    Ok(())
}
