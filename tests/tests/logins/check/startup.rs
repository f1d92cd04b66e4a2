//! What a login meets after authentication: connections that are left, libraries, event triggers.

use kerbrole_tests::sandbox::wait_until;

use super::set_ups::PRELOAD;
use super::{Scene, said};
use crate::fixture::{Context, REALM, Session};
use crate::{CHECK, REPORT};

/// Once this session has the library, it is known that it can be loaded.
pub(super) fn a_library_shows_when_it_is_loaded(scene: &mut Scene<'_>) {
    scene.su.run(&format!("CREATE USER \"loads@{REALM}\" IN ROLE rds_ad"));
    scene.su.run(&format!(
        "ALTER ROLE \"loads@{REALM}\" SET session_preload_libraries = 'latin2_and_win1250'"
    ));
    assert_eq!(scene.said("loads"), said(&[], PRELOAD));
    let fix = scene
        .app
        .one(&format!("SELECT fix FROM kerb_check_principal('loads', '{REALM}') WHERE ok IS NULL"));
    scene.app.run(&fix);
    assert_eq!(scene.said("loads"), said(&[], &[]));
    scene.clean_up();
}

/// What an event trigger does cannot be known, only whether there is one.
pub(super) fn event_triggers(c: &Context<'_>, scene: &mut Scene<'_>) {
    if c.major() < 17 {
        return;
    }
    let role = format!("triggered@{REALM}");
    let ticket = c.kdc.ticket_of("triggered").unwrap();
    scene.su.run(&format!("CREATE USER \"{role}\" IN ROLE rds_ad"));
    scene.app.run(
        "CREATE FUNCTION keep_out() RETURNS event_trigger LANGUAGE plpgsql AS \
         $$BEGIN IF session_user <> 'rdsadmin' THEN RAISE 'nobody comes in'; END IF; END$$; \
         CREATE FUNCTION look_on() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$; \
         CREATE EVENT TRIGGER doorman ON login EXECUTE FUNCTION keep_out()",
    );
    let triggers = said(&[], &["login_triggers"]);
    scene.compare_with(
        "an event trigger that lets nobody in",
        "triggered",
        &ticket,
        &triggers,
        false,
    );
    let detail =
        format!("SELECT detail FROM kerb_check_principal('triggered', '{REALM}') WHERE ok IS NULL");
    let detail = scene.app.one(&detail);
    assert!(detail.contains("\"doorman\"") && detail.contains("\"keep_out\""), "{detail}");
    // A setting is kept as it was written, and read in every spelling.
    scene.su.run(&format!("ALTER ROLE \"{role}\" SET event_triggers = 'No'"));
    scene.compare("event triggers, which are off for the role", "triggered", &ticket, &[]);
    scene.su.run(&format!("ALTER ROLE \"{role}\" RESET event_triggers"));
    scene.app.run("ALTER EVENT TRIGGER doorman ENABLE REPLICA");
    scene.compare("an event trigger for replicas", "triggered", &ticket, &[]);
    scene.su.run(&format!("ALTER ROLE \"{role}\" SET session_replication_role = 'Replica'"));
    scene.compare_with(
        "an event trigger for replicas, and a role that is one",
        "triggered",
        &ticket,
        &triggers,
        false,
    );
    scene.app.run(
        "ALTER EVENT TRIGGER doorman DISABLE; CREATE EVENT TRIGGER onlooker ON login EXECUTE \
         FUNCTION look_on(); \
         ALTER EVENT TRIGGER onlooker ENABLE ALWAYS",
    );
    scene.compare_with("an event trigger that does nothing", "triggered", &ticket, &triggers, true);
    scene.app.run("DROP EVENT TRIGGER doorman; DROP EVENT TRIGGER onlooker");
    scene.su.wait_for_no_sessions(&role);
    scene.clean_up();
}

/// Whether there is room for one more depends on who it is.
pub(super) fn connections_that_are_left(c: &Context<'_>) {
    let since_16 = c.major() >= 16;
    let reserved = if since_16 { "reserved_connections = 2" } else { "" };
    let own = c.own_server(
        "slots",
        &["max_connections = 8", "superuser_reserved_connections = 1", reserved],
    );
    let rows = REPORT.evidence(CHECK, &own.0, c.caseins, "hand");
    let mut scene = Scene::new(&own.0, rows);
    let kept = if since_16 { 3 } else { 1 };
    let who = [
        ("ordinary", "", kept),
        ("admitted", ", pg_use_reserved_connections", 1),
        ("super", "", 0),
    ];
    let mut held = Vec::new();
    for (user, group, kept) in who.into_iter().filter(|(user, ..)| since_16 || *user != "admitted")
    {
        let superuser = if user == "super" { "SUPERUSER" } else { "" };
        scene.su.run(&format!("CREATE USER \"{user}@{REALM}\" {superuser} IN ROLE rds_ad{group}"));
        let ticket = c.kdc.ticket_of(user).unwrap();
        for (left, wrong) in [(kept + 1, &[][..]), (kept, &["connection_slots"])] {
            // The two of the scene are there already. A session that has ended, or was refused,
            // keeps its slot for a moment.
            while held.len() < 8 - 2 - left {
                let open = || Session::open(scene.server, "rdsadmin", "postgres");
                wait_until(|| open().map(|session| held.push(session)).is_ok()).unwrap();
            }
            let should = said(wrong, &[]);
            wait_until(|| scene.said(user) == should).unwrap();
            let what = format!("{user}, {left} of 8 connections left");
            scene.compare(&what, user, &ticket, wrong);
        }
    }
    drop(held);
}
