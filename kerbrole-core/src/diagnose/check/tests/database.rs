//! The database, and whether there is room.

use proptest::prelude::*;

use crate::diagnose::check::Room;
use crate::diagnose::check::tests::{Scene, limit};

#[test]
fn a_database_that_takes_no_connections_takes_none_of_a_superuser_either() {
    let mut scene = Scene::new();
    scene.database.allows_connections = false;
    scene.bob().elevated.superuser = true;
    assert_eq!(scene.ok("database"), Some(false));
    assert_eq!(scene.fix("database"), r#"ALTER DATABASE "app" ALLOW_CONNECTIONS true;"#);
}

/// `CheckMyDatabase` in src/backend/utils/init/postinit.c.
#[test]
fn a_databases_limit_on_connections_holds_for_all_but_superusers() {
    let mut scene = Scene::new();
    scene.database.limit = limit(3, 2);
    assert_eq!(scene.ok("database"), Some(true));
    scene.database.limit = limit(3, 3);
    assert_eq!(scene.ok("database"), Some(false));
    assert_eq!(scene.fix("database"), r#"ALTER DATABASE "app" CONNECTION LIMIT -1;"#);
    scene.bob().elevated.superuser = true;
    assert_eq!(scene.ok("database"), Some(true));
}

#[test]
fn who_has_no_connect_is_granted_it() {
    let mut scene = Scene::new();
    assert_eq!(scene.ok("connect"), Some(true));
    scene.database.may_connect = false;
    assert_eq!(scene.ok("connect"), Some(false));
    assert_eq!(scene.fix("connect"), r#"GRANT CONNECT ON DATABASE "app" TO "bob@A.B";"#);
}

/// A name in another encoding than this database's cannot be written here: the block asks for it.
#[test]
fn a_database_that_cannot_be_spelled_is_looked_up_where_the_fix_runs() {
    let mut scene = Scene::new();
    scene.database.name = b"caf\xe9".to_vec();
    scene.database.is_spelled = false;
    scene.database.may_connect = false;
    assert_eq!(
        scene.fix("connect"),
        "DO 'BEGIN EXECUTE pg_catalog.format(''%s%I%s'', ''GRANT CONNECT ON DATABASE '', \
         pg_catalog.current_database(), '' TO \"bob@A.B\"''); END';"
    );
    assert!(scene.detail("connect").ends_with("\"caf\u{fffd}\""));
}

#[test]
fn room_on_the_server_is_there_or_not_or_not_known() {
    let mut scene = Scene::new();
    for (room, ok) in [(Room::Enough, Some(true)), (Room::None, Some(false)), (Room::Unknown, None)]
    {
        scene.startup.slots.room = room;
        assert_eq!(scene.ok("connection_slots"), ok, "{room:?}");
        let detail = scene.detail("connection_slots");
        assert!(detail.contains("100 connections, 3 of which are kept from this role"), "{detail}");
    }
    assert!(scene.fix("connection_slots").contains("max_connections"));
    scene.startup.slots.reserved = 0;
    assert!(!scene.detail("connection_slots").contains("kept"));
}

proptest! {
    /// A quoted identifier ends at the first quote that is not doubled
    /// (src/backend/parser/scan.l).
    #[test]
    fn a_databases_name_is_the_whole_of_the_identifier(name in "[a-c\"'\\\\ ;é]{1,12}") {
        let mut scene = Scene::new();
        scene.database.name = name.clone().into();
        scene.database.limit = limit(0, 0);
        let fix = scene.fix("database");
        let quoted = fix.strip_prefix("ALTER DATABASE \"").unwrap();
        let inside = quoted.strip_suffix("\" CONNECTION LIMIT -1;").unwrap();
        prop_assert!(!inside.replace("\"\"", "").contains('"'), "{}", fix);
        prop_assert_eq!(inside.replace("\"\"", "\""), name);
    }
}
