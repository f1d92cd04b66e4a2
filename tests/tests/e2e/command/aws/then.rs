//! `--then`: the server and the client after the control plane, against a real server.

use super::*;
use crate::fixture::REALM;

pub(super) fn the_whole_guide_is_walked(c: &Context<'_>) {
    c.superuser().run(&format!("CREATE USER \"walker@{REALM}\" IN ROLE rds_ad"));
    let mut world = world::read("rds");
    let name = REALM.to_ascii_lowercase();
    world::change(
        &mut world,
        &format!("ds describe-directories /DirectoryDescriptions/0/Name = \"{name}\""),
    );
    let stage = Stage::of(&world);
    let on_server = |command: &mut Command| {
        command.env("PGHOST", c.server.socket()).env("PGPORT", c.server.port.to_string());
        command.env("PGUSER", "rdsadmin").env("PGDATABASE", "postgres");
    };
    let principal = format!("walker@{REALM}");
    let then = ["--db-instance", "app", "--region", "eu-central-1", "--then", &principal];
    let mut command = stage.command(&[&then[..], &["--kdc", "127.0.0.1:1"]].concat());
    on_server(&mut command);
    let ended = Ended::from(command.output().unwrap());
    // There is no KDC on that port, which is wrong with the client's side.
    assert_eq!((ended.code, &*ended.err), (1, ""), "{}", ended.out);
    let rows = rows::of_table(&ended.out);
    let steps: Vec<_> = rows.iter().map(|row| row.step.as_str()).collect();
    let mut in_order = steps.clone();
    in_order.dedup();
    assert_eq!(
        in_order,
        [
            "account",
            "directory",
            "trust",
            "role",
            "users",
            "network",
            "database",
            "parameters",
            "logins",
            "client"
        ]
    );
    // The server's own rows are those of check, in its order.
    let mut check = Command::new(built("kerbrole"));
    check.env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    check.args(["check", &principal, "--format", "json"]);
    on_server(&mut check);
    let check = Ended::from(check.output().unwrap());
    let check: serde_json::Value = serde_json::from_str(&check.out).unwrap();
    let names = check.as_array().unwrap().iter().map(|row| row["check"].as_str().unwrap());
    let logins: Vec<_> = rows.iter().filter(|row| row.step == "logins").collect();
    let own: Vec<_> = logins.iter().map(|row| row.what.as_str()).collect();
    assert_eq!(own, names.chain(["memberships of the user"]).collect::<Vec<_>>());
    assert!(logins.iter().all(|row| row.status != "wrong"), "{logins:#?}");
    assert!(rows.iter().any(|row| row.step == "client" && row.status == "wrong"));
    c.superuser().run(&format!("DROP ROLE \"{principal}\""));
}

/// Where nobody says which server, it is the one that AWS names.
pub(super) fn the_endpoint_is_asked_where_no_host_is_named(_: &Context<'_>) {
    let mut world = world::read("rds");
    world::change(
        &mut world,
        r#"rds describe-db-instances /DBInstances/0/Endpoint =
            {"Address": "127.0.0.1", "Port": 1}"#,
    );
    let stage = Stage::of(&world);
    let client = |variables: &[(&str, &str)]| {
        let arguments = ["--db-instance", "app", "--region", "eu-central-1", "--then", "a@B.C"];
        let mut command = stage.command(&[&arguments[..], &["--kdc", "127.0.0.1:1"]].concat());
        command.envs(variables.iter().copied());
        let ended = Ended::from(command.output().unwrap());
        let rows = rows::of_table(&ended.out);
        let row = rows.iter().find(|row| row.what.starts_with("database ")).cloned();
        row.unwrap_or_else(|| panic!("{ended:?}")).what
    };
    assert_eq!(client(&[]), "database 127.0.0.1:1");
    assert_eq!(client(&[("PGPORT", "2")]), "database 127.0.0.1:2");
    // Its port is no other host's.
    assert_eq!(client(&[("PGHOST", "127.0.0.2")]), "database 127.0.0.2:5432");
}
