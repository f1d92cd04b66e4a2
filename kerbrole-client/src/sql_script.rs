//! The functions in PL/pgSQL as they come to a server: sql/kerbrole.sql, and the same for pg_tle.

use std::borrow::Cow;

/// In which form the functions in PL/pgSQL come to a server.
///
/// Either is one statement, does all or nothing, and upgrades what an earlier one left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SqlScript {
    /// A schema with what is in it, for any server: sql/kerbrole.sql.
    #[default]
    Plain,
    /// An extension of the name kerbrole, by pg_tle, whose text is that script.
    PgTle,
}

impl SqlScript {
    /// The script, as psql takes it.
    pub fn text(self) -> Cow<'static, str> {
        const PLAIN: &str = include_str!("sql_script/kerbrole.sql");
        const PG_TLE: &str = include_str!("sql_script/pg_tle.sql");
        match self {
            Self::Plain => PLAIN.into(),
            Self::PgTle => PG_TLE
                .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
                .replace("@SCRIPT@", PLAIN)
                .into(),
        }
    }
}

/// What is there after [`Kerbrole::install_sql_functions`](crate::Kerbrole::install_sql_functions).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct InstalledFunctions {
    /// Their version.
    pub version: String,
    /// The version that was there before; `None` where there was none.
    pub replaced: Option<String>,
    /// The role whose functions they are: `kerbrole_owner`, or the connection's user where that
    /// may not make such a role.
    pub owner: String,
}

impl InstalledFunctions {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(
        version: impl Into<String>,
        replaced: Option<String>,
        owner: impl Into<String>,
    ) -> Self {
        Self { version: version.into(), replaced, owner: owner.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_holds_what_pg_tle_forbids_or_a_mark() {
        for script in [SqlScript::Plain, SqlScript::PgTle] {
            let text = script.text();
            assert!(!text.contains("$_pgtle_"), "{script:?}");
            assert!(!text.contains("@VERSION@") && !text.contains("@SCRIPT@"), "{script:?}");
            let version = format!("-- kerbrole {}", env!("CARGO_PKG_VERSION"));
            assert!(text.starts_with(&version), "{script:?}");
        }
        // What quotes the one is nowhere in it.
        assert!(!SqlScript::Plain.text().contains("$kerbrole_tle$"));
        assert!(!SqlScript::Plain.text().contains("$pg_tle$"));
        assert!(SqlScript::PgTle.text().contains(&*SqlScript::Plain.text()));
    }
}
