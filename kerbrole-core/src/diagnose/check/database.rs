//! What a login asks about the database, and about the limits on connections.

use crate::diagnose::check::answer::Check;
use crate::diagnose::check::facts::ConnectionLimit;
use crate::diagnose::check::questions::Questions;
use crate::diagnose::check::startup::Room;
use crate::text::counted;

impl Questions<'_> {
    pub(super) fn database(&self) -> Check {
        let database = &self.facts.database;
        let name = self.database_name();
        if !database.allows_connections {
            return Check::wrong(
                "database",
                format!("database \"{name}\" takes no connections"),
                self.of_database("ALTER DATABASE ", " ALLOW_CONNECTIONS true"),
            );
        }
        let fix = self.of_database("ALTER DATABASE ", " CONNECTION LIMIT -1");
        self.limit("database", database.limit, &format!("database \"{name}\""), fix)
    }

    pub(super) fn limit(
        &self,
        name: &'static str,
        limit: ConnectionLimit,
        what: &str,
        fix: String,
    ) -> Check {
        let there_are = counted(limit.sessions as usize, "session");
        match u32::try_from(limit.limit) {
            Err(_) => Check::ok(name, format!("{what} takes any number of connections")),
            Ok(at_most) if self.is_superuser() => Check::ok(
                name,
                format!("{what} takes {at_most} connections, which does not hold for superusers"),
            ),
            Ok(at_most) if limit.sessions < at_most => Check::ok(
                name,
                format!("{what} takes {at_most} connections; there is room: {there_are}"),
            ),
            Ok(at_most) => Check::wrong(
                name,
                format!("{what} takes {at_most} connections; there are no more left: {there_are}"),
                fix,
            ),
        }
    }

    pub(super) fn connect(&self) -> Check {
        let database = &self.facts.database;
        let name = self.database_name();
        self.of_role("connect", |role| {
            if database.may_connect {
                Check::ok("connect", format!("CONNECT on database \"{name}\""))
            } else {
                Check::wrong(
                    "connect",
                    format!("no CONNECT on database \"{name}\""),
                    self.of_database(
                        "GRANT CONNECT ON DATABASE ",
                        &format!(" TO {}", role.name.quoted()),
                    ),
                )
            }
        })
    }

    /// Whether the server has room: `InitPostgres` in src/backend/utils/init/postinit.c looks at it
    /// when the new session has its slot already.
    pub(super) fn slots(&self) -> Check {
        const NAME: &str = "connection_slots";
        let slots = &self.facts.startup.slots;
        let kept = match slots.reserved {
            0 => String::new(),
            reserved => format!(", {reserved} of which are kept from this role"),
        };
        let server = format!("the server takes {} connections{kept}", slots.connections);
        let fix = "-- end sessions, or raise max_connections and restart the server";
        self.of_role(NAME, |_| match slots.room {
            Room::Enough => Check::ok(NAME, format!("{server}; there is room")),
            Room::None => Check::wrong(NAME, format!("{server}; there are no more left"), fix),
            Room::Unknown => {
                Check::unknown(NAME, format!("{server}; there may be no more left"), fix)
            }
        })
    }
}
