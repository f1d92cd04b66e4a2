//! Between authentication and the first statement: libraries, encoding, event triggers.

use crate::diagnose::check::tests::Scene;
use crate::diagnose::check::{Library, LoginTrigger, SettingOf, StartupSetting};

const LIBRARIES: &str = "session_preload_libraries";

fn set(of: Option<SettingOf>, name: &str, value: &str) -> StartupSetting {
    StartupSetting { of, name: name.into(), value: value.into(), is_usable: true }
}

fn with_setting(setting: StartupSetting) -> Scene {
    let mut scene = Scene::new();
    scene.startup.settings.push(setting);
    scene
}

#[test]
fn a_setting_is_taken_away_where_it_was_made() {
    use SettingOf::{All, Database, Role, RoleInDatabase};
    for (of, fix) in [
        (Some(All), "ALTER ROLE ALL RESET session_preload_libraries;"),
        (Some(Database), r#"ALTER DATABASE "app" RESET session_preload_libraries;"#),
        (Some(Role), r#"ALTER ROLE "bob@A.B" RESET session_preload_libraries;"#),
        (
            Some(RoleInDatabase),
            r#"ALTER ROLE "bob@A.B" IN DATABASE "app" RESET session_preload_libraries;"#,
        ),
    ] {
        let mut scene = with_setting(set(of, LIBRARIES, "gone"));
        scene.startup.libraries = Some(vec![("gone".into(), Library::Missing)]);
        assert_eq!(scene.fix("preload_libraries"), fix);
    }
    let mut scene = with_setting(set(None, LIBRARIES, "gone"));
    scene.startup.libraries = Some(vec![("gone".into(), Library::Missing)]);
    assert!(scene.fix("preload_libraries").starts_with("-- "), "no statement takes it away");
}

/// `load_libraries` in src/backend/utils/init/miscinit.c ends the login where one is not there.
#[test]
fn a_library_is_missing_or_there_or_loaded() {
    let ok = |library: Library| {
        let mut scene = with_setting(set(Some(SettingOf::Role), LIBRARIES, "one"));
        scene.startup.libraries = Some(vec![("one".into(), library)]);
        scene.row("preload_libraries")
    };
    let (missing, detail, _) = ok(Library::Missing);
    assert_eq!(missing, Some(false));
    assert!(detail.ends_with("what is not there: one"), "{detail}");
    let (there, _, fix) = ok(Library::There);
    assert_eq!(there, None);
    assert!(fix.unwrap().starts_with("LOAD 'one';"));
    let (loaded, _, fix) = ok(Library::Loaded);
    assert_eq!((loaded, fix), (Some(true), None));
}

#[test]
fn one_library_that_is_missing_is_enough() {
    let mut scene = with_setting(set(Some(SettingOf::Role), LIBRARIES, "a, b, c"));
    let known = [("a", Library::Loaded), ("b", Library::There), ("c", Library::Missing)];
    scene.startup.libraries =
        Some(known.map(|(name, library)| (name.to_string(), library)).to_vec());
    assert_eq!(scene.ok("preload_libraries"), Some(false));
    assert!(scene.detail("preload_libraries").ends_with(": c"));
}

#[test]
fn a_setting_is_said_to_load_what_it_names_itself() {
    let local = "local_preload_libraries";
    for library in [Library::Missing, Library::There] {
        let mut scene = with_setting(set(Some(SettingOf::Role), LIBRARIES, "ours"));
        scene.startup.settings.push(set(Some(SettingOf::Role), local, "theirs"));
        scene.startup.libraries = Some(vec![("ours".into(), library), ("theirs".into(), library)]);
        let detail = scene.detail("preload_libraries");
        assert!(detail.contains("ours") && !detail.contains("theirs"), "{detail}");
        scene.startup.libraries = None;
        let detail = scene.detail("preload_libraries");
        assert!(detail.contains("ours") && !detail.contains("theirs"), "{detail}");
        scene.startup.libraries =
            Some(vec![("ours".into(), Library::Loaded), ("theirs".into(), library)]);
        let (_, detail, fix) = scene.row("preload_libraries");
        assert!(detail.starts_with(local) && detail.contains("theirs"), "{detail}");
        let mends = if library == Library::Missing { local } else { "LOAD 'theirs';" };
        assert!(fix.unwrap().contains(mends));
    }
}

#[test]
fn a_library_with_a_quote_in_its_name_is_loaded_by_a_literal() {
    let mut scene = with_setting(set(Some(SettingOf::Role), LIBRARIES, r#""it's""#));
    scene.startup.libraries = Some(vec![("it's".into(), Library::There)]);
    assert!(scene.fix("preload_libraries").starts_with("LOAD 'it''s';"));
}

#[test]
fn where_libraries_are_not_looked_for_those_that_are_set_are_not_known() {
    let mut scene = Scene::new();
    scene.startup.libraries = None;
    assert_eq!(scene.ok("preload_libraries"), Some(true), "there are none");
    scene.startup.settings.push(set(Some(SettingOf::All), LIBRARIES, "one"));
    assert_eq!(scene.ok("preload_libraries"), None);
    assert_eq!(scene.fix("preload_libraries"), format!("ALTER ROLE ALL RESET {LIBRARIES};"));
}

#[test]
fn a_setting_that_is_longer_than_is_looked_at_is_not_known() {
    for name in [LIBRARIES, "local_preload_libraries", "dynamic_library_path"] {
        let scene = with_setting(StartupSetting {
            is_usable: false,
            ..set(Some(SettingOf::Role), name, "")
        });
        assert_eq!(scene.ok("preload_libraries"), None, "{name}");
        assert!(scene.fix("preload_libraries").ends_with(&format!("RESET {name};")));
    }
}

#[test]
fn an_encoding_without_a_conversion_is_refused_unless_the_client_names_another() {
    let role = Some(SettingOf::Role);
    let mut scene = with_setting(set(role, "client_encoding", "LATIN1"));
    assert_eq!(scene.ok("client_encoding"), Some(true));
    scene.startup.settings[0].is_usable = false;
    assert_eq!(scene.ok("client_encoding"), None);
    assert!(scene.detail("client_encoding").contains("set to LATIN1"));
    assert_eq!(scene.fix("client_encoding"), r#"ALTER ROLE "bob@A.B" RESET client_encoding;"#);
    // What is set for the role in this database overrides it.
    scene.startup.settings.push(set(Some(SettingOf::RoleInDatabase), "client_encoding", "UTF8"));
    assert_eq!(scene.ok("client_encoding"), Some(true));
}

fn with_trigger(enabled: char, settings: &[(&str, &str)]) -> Scene {
    let mut scene = Scene::new();
    let (name, function) = (r#"on "login""#.to_string(), "public.f".to_string());
    scene.startup.triggers.push(LoginTrigger { name, function, enabled });
    let set = |&(name, value): &(&str, &str)| set(Some(SettingOf::Role), name, value);
    scene.startup.settings.extend(settings.iter().map(set));
    scene
}

/// What is enabled fires by session_replication_role (ALTER EVENT TRIGGER).
#[test]
fn triggers_fire_by_the_role_in_replication() {
    let fires = |enabled, value: Option<&str>| {
        let setting = value.map(|value| ("session_replication_role", value));
        with_trigger(enabled, setting.as_slice()).ok("login_triggers").is_none()
    };
    for (value, origin, replica) in [
        (None, true, false),
        (Some("origin"), true, false),
        (Some("local"), true, false),
        (Some("replica"), false, true),
        // The value stays as it was written, and the server reads it whatever its case.
        (Some("REPLICA"), false, true),
    ] {
        let found = (fires('O', value), fires('R', value), fires('A', value));
        assert_eq!(found, (origin, replica, true), "{value:?}");
    }
}

/// Since 17 there is event_triggers, a boolean: `parse_bool` in src/backend/utils/adt/bool.c.
#[test]
fn triggers_are_off_in_every_spelling_of_off() {
    for (value, fires) in [
        ("off", false),
        ("OFF", false),
        ("of", false),
        ("false", false),
        ("F", false),
        ("no", false),
        ("n", false),
        ("0", false),
        ("on", true),
        ("true", true),
        ("yes", true),
        ("1", true),
    ] {
        let scene = with_trigger('O', &[("event_triggers", value)]);
        assert_eq!(scene.ok("login_triggers").is_none(), fires, "{value}");
    }
}

#[test]
fn triggers_that_fire_are_named_and_disabled() {
    let scene = with_trigger('A', &[]);
    let detail = scene.detail("login_triggers");
    assert!(detail.starts_with("1 event trigger fires at login"), "{detail}");
    assert!(detail.contains("(public.f)"), "{detail}");
    assert!(scene.fix("login_triggers").contains(r#"ALTER EVENT TRIGGER "on ""login""" DISABLE;"#));
}
