//! What a login meets between authentication and its first statement: libraries that are loaded,
//! the client's encoding, event triggers.

/// Whom a setting of ALTER ROLE or ALTER DATABASE is for.
///
/// The later ones override the earlier ones (`process_settings` in
/// src/backend/utils/init/postinit.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingOf {
    /// Everybody, in all databases.
    All,
    /// The database.
    Database,
    /// The role.
    Role,
    /// The role in the database.
    RoleInDatabase,
}

impl SettingOf {
    /// From the first column of [`login_settings_query`].
    pub fn from_rank(rank: i32) -> Self {
        match rank {
            0 => Self::All,
            1 => Self::Database,
            2 => Self::Role,
            _ => Self::RoleInDatabase,
        }
    }
}

/// One of the settings that a login can fail by: a row of [`login_settings_query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupSetting {
    /// Whom it is for; `None` for the server's configuration.
    pub of: Option<SettingOf>,
    /// What it is called.
    pub name: String,
    /// Its value; empty where it is longer than is looked at.
    pub value: String,
    /// Whether the server can work with it, as far as that is known: of an encoding, and of what is
    /// not longer than is looked at.
    pub is_usable: bool,
}

/// A library that is loaded at each login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// It is not there, or not where this setting may take it from.
    Missing,
    /// It is there. Whether it can be loaded shows when it is.
    There,
    /// This session has it already.
    Loaded,
}

/// An event trigger that fires at each login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginTrigger {
    /// What it is called.
    pub name: String,
    /// Its function, quoted and with its schema.
    pub function: String,
    /// `evtenabled`: `O` for where `session_replication_role` is not `replica`, `R` for where it
    /// is, `A` for both.
    pub enabled: char,
}

/// Whether there is room for one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Enough,
    /// There is not.
    None,
    /// Perhaps: not all of those that are counted need count.
    Unknown,
}

/// The server's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotFacts {
    /// `max_connections`
    pub connections: u32,
    /// How many of them are kept for others than the role.
    pub reserved: u32,
    /// Whether there is room for the role.
    pub room: Room,
}

/// What happens between authentication and the first statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupFacts {
    /// The settings that matter, in whatever order.
    pub settings: Vec<StartupSetting>,
    /// What is known of each of [`preloaded`]; nothing where it was not looked.
    pub libraries: Option<Vec<(String, Library)>>,
    /// The event triggers of this database that are not disabled.
    pub triggers: Vec<LoginTrigger>,
    /// The server's connections.
    pub slots: SlotFacts,
}

/// The settings that name libraries.
pub(super) const PRELOAD: [&str; 2] = ["session_preload_libraries", "local_preload_libraries"];

/// A query with one parameter, the OID of a role (0 for none), for the settings by which a login of
/// it to this database can fail, and that are set by ALTER ROLE or ALTER DATABASE: for
/// [`SettingOf::from_rank`], what it is called, its value, and [`StartupSetting::is_usable`].
///
/// Everything in the query is qualified. Anybody may run it.
///
/// Anybody may also set `local_preload_libraries` for their own role, to a list as long as the
/// server holds: the value is NULL where it has more than 8192 bytes.
///
/// Of other settings the server does no more than warn when it cannot take a value
/// (`ProcessGUCArray` in src/backend/utils/misc/guc.c).
pub const fn login_settings_query() -> &'static str {
    "SELECT (CASE WHEN s.setrole OPERATOR(pg_catalog.=) 0 THEN 0 ELSE 2 END OPERATOR(pg_catalog.+) \
         CASE WHEN s.setdatabase OPERATOR(pg_catalog.=) 0 THEN 0 ELSE 1 END)::pg_catalog.int4, \
       v.name, v.value, v.value IS NOT NULL AND (v.name OPERATOR(pg_catalog.<>) 'client_encoding' \
         OR coalesce( \
         d.encoding OPERATOR(pg_catalog.=) 0 OR e.number OPERATOR(pg_catalog.=) 0 \
         OR e.number OPERATOR(pg_catalog.=) d.encoding \
         OR (EXISTS (SELECT FROM pg_catalog.pg_conversion c WHERE c.condefault \
               AND c.conforencoding OPERATOR(pg_catalog.=) e.number \
               AND c.contoencoding OPERATOR(pg_catalog.=) d.encoding) \
           AND EXISTS (SELECT FROM pg_catalog.pg_conversion c WHERE c.condefault \
               AND c.conforencoding OPERATOR(pg_catalog.=) d.encoding \
               AND c.contoencoding OPERATOR(pg_catalog.=) e.number)), \
         false)) \
     FROM pg_catalog.pg_db_role_setting s \
       JOIN pg_catalog.pg_database d \
         ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() \
         AND (s.setdatabase OPERATOR(pg_catalog.=) 0 \
           OR s.setdatabase OPERATOR(pg_catalog.=) d.oid) \
       CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) u(line) \
       CROSS JOIN LATERAL (SELECT pg_catalog.split_part(pg_catalog.left(u.line, 64), '=', 1) \
           AS name, \
         CASE WHEN pg_catalog.octet_length(u.line) OPERATOR(pg_catalog.<=) 8192 \
         THEN pg_catalog.substr(u.line, pg_catalog.strpos(u.line, '=') OPERATOR(pg_catalog.+) 1) \
           END AS value) v \
       CROSS JOIN LATERAL (SELECT CASE WHEN v.name OPERATOR(pg_catalog.=) 'client_encoding' \
         THEN pg_catalog.pg_char_to_encoding(v.value::pg_catalog.name) END AS number) e \
     WHERE s.setrole OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, $1]) \
       AND v.name OPERATOR(pg_catalog.=) ANY \
       ('{session_preload_libraries,local_preload_libraries,dynamic_library_path,client_encoding,\
         event_triggers,session_replication_role}'::pg_catalog.text[])"
}

impl StartupFacts {
    /// The setting of this name that is in force for the login.
    pub fn setting(&self, name: &str) -> Option<&StartupSetting> {
        in_force(&self.settings, name)
    }
}

fn in_force<'s>(settings: &'s [StartupSetting], name: &str) -> Option<&'s StartupSetting> {
    settings.iter().filter(|setting| setting.name == name).max_by_key(|setting| setting.of)
}

/// The libraries that the settings in force name: the setting, and each library as it is written.
///
/// What is no list the server leaves out (`load_libraries` in src/backend/utils/init/miscinit.c).
pub fn preloaded(settings: &[StartupSetting]) -> Vec<(&'static str, String)> {
    let named = |name: &'static str| {
        let list = in_force(settings, name).filter(|setting| !setting.value.is_empty());
        let libraries = list.and_then(|setting| elements(&setting.value)).unwrap_or_default();
        libraries.into_iter().map(move |library| (name, library))
    };
    PRELOAD.into_iter().flat_map(named).collect()
}

/// The elements of a list, as `SplitDirectoriesString` in src/backend/utils/adt/varlena.c takes it
/// apart.
fn elements(list: &str) -> Option<Vec<String>> {
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
    let mut found = Vec::new();
    let mut rest = list.trim_start_matches(space);
    if rest.is_empty() {
        return Some(found);
    }
    loop {
        let element;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut text = String::new();
            let mut characters = quoted.char_indices().peekable();
            let end = loop {
                match characters.next()? {
                    (_, '"') if characters.next_if(|(_, c)| *c == '"').is_some() => text.push('"'),
                    (at, '"') => break at + 1,
                    (_, c) => text.push(c),
                }
            };
            element = text;
            rest = &quoted[end..];
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let text = rest[..end].trim_end_matches(space);
            if text.is_empty() {
                return None;
            }
            element = text.to_string();
            rest = &rest[end..];
        }
        found.push(element);
        rest = rest.trim_start_matches(space);
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start_matches(space),
            None => return rest.is_empty().then_some(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(of: Option<SettingOf>, name: &str, value: &str) -> StartupSetting {
        StartupSetting { of, name: name.into(), value: value.into(), is_usable: true }
    }

    #[test]
    fn the_most_particular_setting_counts() {
        use SettingOf::{All, Database, Role, RoleInDatabase};
        let name = "session_preload_libraries";
        let mut settings = vec![set(None, name, "server")];
        for (of, value) in
            [(All, "all"), (Database, "database"), (Role, "role"), (RoleInDatabase, "both")]
        {
            settings.insert(0, set(Some(of), name, value));
            assert_eq!(preloaded(&settings), [(name, value.to_string())]);
        }
        settings.push(set(Some(Role), "local_preload_libraries", "a, b"));
        assert_eq!(preloaded(&settings).len(), 3);
    }

    #[test]
    fn lists_of_libraries() {
        for (list, expected) in [
            ("", Some(&[][..])),
            ("a", Some(&["a"])),
            (" a , \"b, \"\"c\" ,$libdir/d ", Some(&["a", "b, \"c", "$libdir/d"])),
            ("\"\"", Some(&[""])),
            ("a,", None),
            ("\"a", None),
            ("\"a\" b", None),
        ] {
            let expected = expected
                .map(|list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(elements(list), expected, "{list}");
        }
    }

    proptest! {
        /// Whatever is in quotes, one doubled inside them, is one element.
        #[test]
        fn libraries_in_quotes_are_read_back(
            libraries in proptest::collection::vec("[a-c\"', $/\\\\é\t]{0,8}", 0..5),
            between in "[ \t]{0,2},[ \n]{0,2}",
        ) {
            let quoted = libraries.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
            let list = quoted.collect::<Vec<_>>().join(&between);
            prop_assert_eq!(elements(&list), Some(libraries));
        }

        #[test]
        fn no_list_of_libraries_makes_it_panic(list in "[a\", é]{0,12}") {
            let _read = elements(&list);
        }
    }
}
