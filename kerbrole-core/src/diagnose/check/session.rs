//! Whether a login gets from authentication to its first statement.

use crate::diagnose::check::answer::Check;
use crate::diagnose::check::questions::Questions;
use crate::diagnose::check::startup::{Library, PRELOAD, SettingOf, StartupSetting, preloaded};
use crate::quote::{literal, quote_identifier};
use crate::text::counted;

impl Questions<'_> {
    /// The statement that takes a setting away.
    fn reset(&self, setting: &StartupSetting) -> String {
        let name = &setting.name;
        let role = self.name.quoted();
        match setting.of {
            None => {
                format!("-- take it out of {name} in the server's configuration, and reload that")
            }
            Some(SettingOf::All) => format!("ALTER ROLE ALL RESET {name};"),
            Some(SettingOf::Database) => {
                self.of_database("ALTER DATABASE ", &format!(" RESET {name}"))
            }
            Some(SettingOf::Role) => format!("ALTER ROLE {role} RESET {name};"),
            Some(SettingOf::RoleInDatabase) => self
                .of_database(&format!("ALTER ROLE {role} IN DATABASE "), &format!(" RESET {name}")),
        }
    }

    /// A library that cannot be loaded ends the login (`process_session_preload_libraries`).
    pub(super) fn libraries(&self) -> Check {
        const NAME: &str = "preload_libraries";
        let startup = &self.facts.startup;
        let named = preloaded(&startup.settings);
        let reset =
            |name| startup.setting(name).map_or_else(String::new, |setting| self.reset(setting));
        let read = PRELOAD
            .into_iter()
            .chain(["dynamic_library_path"])
            .filter_map(|name| startup.setting(name));
        if let Some(long) = read.into_iter().find(|setting| !setting.is_usable) {
            let detail = format!("{} is longer than is looked at, 8192 bytes", long.name);
            return Check::unknown(NAME, detail, self.reset(long));
        }
        let Some(known) = &startup.libraries else {
            let Some((setting, _)) = named.first() else {
                return Check::ok(NAME, "none is set for the role or the database");
            };
            let of_setting = named.iter().filter(|(of, _)| of == setting);
            let libraries: Vec<_> = of_setting.map(|(_, library)| library.as_str()).collect();
            let libraries = libraries.join(", ");
            let detail = format!(
                "{setting} loads {libraries} at each login: whether the server can, only a \
                 superuser is shown"
            );
            return Check::unknown(NAME, detail, reset(setting));
        };
        // Each library with the setting that names it.
        let of = |wanted: Library| {
            let each = known.iter().zip(&named).filter(move |((_, is), _)| *is == wanted);
            each.map(|((library, _), (setting, _))| (*setting, library.as_str()))
        };
        let list = |wanted: Library, by: &str| {
            let of_setting = of(wanted).filter(|(setting, _)| *setting == by);
            of_setting.map(|(_, library)| library).collect::<Vec<_>>().join(", ")
        };
        if let Some((setting, _)) = of(Library::Missing).next() {
            let missing = list(Library::Missing, setting);
            return Check::wrong(
                NAME,
                format!("{setting} loads at each login what is not there: {missing}"),
                reset(setting),
            );
        }
        if let Some((setting, library)) = of(Library::There).next() {
            let there = list(Library::There, setting);
            return Check::unknown(
                NAME,
                format!(
                    "{setting} loads at each login: {there}; whether it can be loaded shows when \
                     it is"
                ),
                format!(
                    "LOAD {}; -- as a superuser: tries it, and this session knows then",
                    literal(library)
                ),
            );
        }
        let loaded: Vec<_> = of(Library::Loaded).map(|(_, library)| library).collect();
        if loaded.is_empty() {
            return Check::ok(NAME, "none is loaded at login");
        }
        Check::ok(NAME, format!("loaded at each login, and here as well: {}", loaded.join(", ")))
    }

    /// An encoding that cannot be converted ends the login of a client that names none
    /// (`InitializeClientEncoding` in src/backend/utils/mb/mbutils.c).
    pub(super) fn client_encoding(&self) -> Check {
        const NAME: &str = "client_encoding";
        match self.facts.startup.setting(NAME).filter(|setting| !setting.is_usable) {
            None => Check::ok(NAME, "none is set that this database has no conversion for"),
            Some(setting) => Check::unknown(
                NAME,
                format!(
                    "client_encoding is set to {}, which this database has no conversion for: a \
                     client that asks for no other is refused",
                    setting.value
                ),
                self.reset(setting),
            ),
        }
    }

    /// What an event trigger does cannot be known; an error in it ends the login
    /// (`EventTriggerOnLogin` in src/backend/commands/event_trigger.c).
    pub(super) fn login_triggers(&self) -> Check {
        const NAME: &str = "login_triggers";
        let startup = &self.facts.startup;
        let value = |name| startup.setting(name).map_or("", |setting| setting.value.as_str());
        let is_replica = value("session_replication_role").eq_ignore_ascii_case("replica");
        let silent = if is_replica { 'O' } else { 'R' };
        let are_off = is_off(value("event_triggers"));
        let firing: Vec<_> = startup
            .triggers
            .iter()
            .filter(|trigger| !are_off && trigger.enabled != silent)
            .collect();
        if firing.is_empty() {
            return Check::ok(NAME, "no event trigger fires at login");
        }
        let each: Vec<_> =
            firing.iter().map(|t| format!("\"{}\" ({})", t.name, t.function)).collect();
        let fixes: Vec<_> = firing
            .iter()
            .map(|t| format!("ALTER EVENT TRIGGER {} DISABLE;", quote_identifier(&t.name)))
            .collect();
        let verb = if firing.len() == 1 { "fires" } else { "fire" };
        Check::unknown(
            NAME,
            format!(
                "{} {verb} at login, and an error in one ends it: {}",
                counted(firing.len(), "event trigger"),
                each.join(", ")
            ),
            format!("-- look at what the functions do; {} lets everybody in", fixes.join(" ")),
        )
    }
}

/// Whether a boolean setting is off: ALTER ROLE and ALTER DATABASE keep its value as it was
/// written, and the server takes the beginning of a word for the word, in whatever case
/// (`parse_bool` in src/backend/utils/adt/bool.c).
fn is_off(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    match value.as_str() {
        "" | "o" => false,
        "0" => true,
        begun => ["false", "no", "off"].iter().any(|word| word.starts_with(begun)),
    }
}
