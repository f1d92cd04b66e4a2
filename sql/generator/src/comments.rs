//! The comments of the functions, which are those of the extension.

use std::error::Error;
use std::fs;
use std::path::Path;

/// The statements of the extension's install.sql that comment on functions and what stands beside
/// them, with the schema before their names.
pub(crate) fn statements(folder: &Path) -> Result<String, Box<dyn Error>> {
    let text = install_sql(folder)?;
    let mut statements = String::new();
    for statement in text.split_inclusive(";\n").map(str::trim_start) {
        let Some(rest) = statement.strip_prefix("COMMENT ON ") else { continue };
        let Some((kind, rest)) = rest.split_once(' ') else { continue };
        let rest = rest.replace("kerb_groups, ", "kerbrole.kerb_groups, ");
        statements.push_str(&format!("COMMENT ON {kind} kerbrole.{rest}"));
    }
    Ok(statements.trim_end().into())
}

/// The functions that have such a comment, each of those that people call: a line of literals.
pub(crate) fn functions(folder: &Path) -> Result<String, Box<dyn Error>> {
    let text = install_sql(folder)?;
    let of_line = |line: &str| {
        let function = line.strip_prefix("COMMENT ON FUNCTION ")?.strip_suffix(" IS")?;
        let function = function.replace("kerb_groups, ", "kerbrole.kerb_groups, ");
        Some(format!("                'kerbrole.{function}'"))
    };
    Ok(text.lines().filter_map(of_line).collect::<Vec<_>>().join(",\n"))
}

fn install_sql(folder: &Path) -> Result<String, Box<dyn Error>> {
    let path = folder.join("../../pg_kerbrole/install.sql");
    Ok(fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?)
}
