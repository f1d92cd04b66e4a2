//! The service file (PostgreSQL, "The Connection Service File"; `parseServiceFile` in
//! src/interfaces/libpq/fe-connect.c).

use std::fs;
use std::path::{Path, PathBuf};

use super::Parameters;
use crate::failure::Failure;

/// A section of the service file: `[name]`, then `keyword=value` a line, without spaces around the
/// `=`.
pub(super) fn from_service(
    name: &str,
    file: Option<String>,
    home: Option<&Path>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Parameters, Failure> {
    let named = file.map(PathBuf::from);
    if let Some(path) = &named
        && !path.exists()
    {
        return Err(Failure::usage(format!(
            "PGSERVICEFILE or servicefile names a file that is not there: {}",
            path.display()
        )));
    }
    let of_user = named.or_else(|| home.map(|home| home.join(".pg_service.conf")));
    let of_system = variable("PGSYSCONFDIR")
        .map(PathBuf::from)
        .unwrap_or_else(|| "/etc/postgresql-common".into());
    for path in of_user.into_iter().chain([of_system.join("pg_service.conf")]) {
        let Ok(bytes) = fs::read(&path) else { continue };
        // One line in another encoding does not hide the others.
        if let Some(parameters) = section(&String::from_utf8_lossy(&bytes), name, &path)? {
            return Ok(parameters);
        }
    }
    // Its name may be a part of a password that was not quoted.
    Err(Failure::usage(
        "the service is in none of ~/.pg_service.conf, PGSERVICEFILE and PGSYSCONFDIR".into(),
    ))
}

fn section(text: &str, name: &str, path: &Path) -> Result<Option<Parameters>, Failure> {
    let mut found: Option<Parameters> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            let is_this = header.strip_prefix(name).is_some_and(|rest| rest.starts_with(']'));
            found = is_this.then(Parameters::new);
        } else if let Some(parameters) = &mut found {
            let bad = |what: &str| {
                Failure::usage(format!("{}, line {}: {what}", path.display(), number + 1))
            };
            let (keyword, value) = line.split_once('=').ok_or_else(|| bad("there is no \"=\""))?;
            if keyword == "service" {
                return Err(bad("a service cannot refer to another"));
            }
            parameters.entry(keyword.into()).or_insert(value.into());
        }
    }
    Ok(found)
}
