//! Containers that are stopped and killed at bad moments, and started again.

use kerbrole_tests::sandbox::wait_until;

use crate::engine::{Container, Images, Volume, docker};

crate::tests![
    sigterm_shuts_down_cleanly,
    docker_stop_ends_sessions,
    sigterm_while_a_script_runs,
    killed_while_a_script_runs,
    killed_while_the_files_are_made,
    killed_while_the_files_move_in,
    killed_in_a_bulk_add,
];

const PASSWORD: [&str; 2] = ["-e", "POSTGRES_PASSWORD=x"];

/// A server that came down without a checkpoint says so when it comes up.
const UNCLEAN: &str = "database system was not properly shut down";

fn sigterm_shuts_down_cleanly(images: &Images) {
    let server = images.server(&PASSWORD);
    server.start_healthy();
    server.sql("CREATE TABLE kept AS SELECT 1 AS it");
    server.signal("TERM");
    assert_eq!(server.exit_code(), 0, "{}", server.log());
    let log = server.log();
    assert_eq!(log.matches("received smart shutdown request").count(), 1, "{log}");
    assert!(log.trim_end().ends_with("database system is shut down"), "{log}");
    server.start_healthy();
    assert_eq!(server.sql("SELECT it FROM kept"), "1");
    assert!(!server.log().contains(UNCLEAN), "{}", server.log());
}

fn docker_stop_ends_sessions(images: &Images) {
    let server = images.server(&PASSWORD);
    server.start_healthy();
    let mut session = a_session(&server, "SELECT pg_sleep(1000)");
    // Without a time limit: were it to wait for the session, it would never end.
    docker(&["stop", "--time", "-1", &server.name]);
    assert!(!session.wait().unwrap().success(), "the session ended as if nothing were");
    let log = server.log();
    assert_eq!(
        log.matches("database system is shut down").count(),
        2,
        "after the init scripts, and now: {log}"
    );
    server.start_healthy();
    assert!(!server.log().contains(UNCLEAN), "{}", server.log());
}

/// A session that is busy with a statement.
fn a_session(server: &Container, sql: &str) -> std::process::Child {
    let session = server.spawn(&["psql", "-X", "-U", "postgres", "-d", "postgres", "-c", sql]);
    let busy =
        format!("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = '{sql}'");
    wait_until(|| server.sql(&busy) == "1").unwrap();
    session
}

/// Waits until somebody has put a file there, and says that it does.
const GATE: &str = "psql -U rdsadmin -d postgres -c 'CREATE TABLE half ()'\ntouch /tmp/waiting\n\
     until [ -e /tmp/open ]; do sleep 0.1; done\npsql -U postgres -d postgres -c 'CREATE TABLE \
     whole ()'\n";

/// A server whose init script waits at the gate.
fn at_the_gate(images: &Images) -> Container {
    let server = images.server(&PASSWORD);
    server.init_script("1.sh", GATE);
    server.start();
    wait_until(|| server.try_exec(&[], &["test", "-e", "/tmp/waiting"]).status.success()).unwrap();
    server
}

/// The gate is open, and the next start comes to an end.
fn begins_anew(server: &Container) {
    server.put(b"", 0o644, "/tmp/open");
    server.start_healthy();
    let log = server.log();
    assert!(log.contains("the cluster is made anew, and init scripts run again"), "{log}");
    assert!(!log.contains(UNCLEAN), "{log}");
    assert_eq!(server.sql("SELECT to_regclass('half'), to_regclass('whole')"), "half|whole");
    assert_eq!(server.exec(&["bash", "-c", "ls -A $PGDATA | grep initialis || true"]), "");
}

fn sigterm_while_a_script_runs(images: &Images) {
    let server = at_the_gate(images);
    assert_eq!(server.health(), "starting");
    server.signal("TERM");
    assert_eq!(server.exit_code(), 143, "{}", server.log());
    assert!(server.log().contains("the next start makes it anew"), "{}", server.log());
    begins_anew(&server);
}

fn killed_while_a_script_runs(images: &Images) {
    let server = at_the_gate(images);
    server.signal("KILL");
    assert_eq!(server.exit_code(), 137);
    begins_anew(&server);
}

fn killed_while_the_files_are_made(images: &Images) {
    // At whatever point it has come to once there is something of each.
    for so_far in ["PG_VERSION", "base/1/PG_VERSION", "global/pg_control", "postmaster.pid"] {
        let server = images.server(&PASSWORD);
        server.start();
        let there = ["test", "-e", &format!("/var/lib/postgresql/data/.initialising/{so_far}")];
        wait_until(|| server.try_exec(&[], &there).status.success())
            .unwrap_or_else(|e| panic!("{so_far}: {e}"));
        server.signal("KILL");
        assert_eq!(server.exit_code(), 137);
        server.start_healthy();
        assert!(
            server.log().contains("The start before this one was interrupted"),
            "{so_far}: {}",
            server.log()
        );
        assert_eq!(
            server.sql("SELECT count(*) FROM pg_extension WHERE extname = 'pg_kerbrole'"),
            "1"
        );
    }
}

fn killed_while_the_files_move_in(images: &Images) {
    let volume = Volume::new(images);
    let data = volume.as_data();
    let options = [&PASSWORD[..], &["-v", &data]].concat();
    let server = images.server(&options);
    server.start_healthy();
    server.sql("CREATE TABLE kept AS SELECT 1 AS it");
    docker(&["stop", &server.name]);
    drop(server);
    // Some files have moved and others have not, which a kill at the right moment would leave.
    let back = "cd $PGDATA; mkdir -m 700 .initialised; mv base global pg_wal postgresql.conf \
        .initialised; chown postgres: .initialised";
    docker(&["run", "--rm", "-v", &volume.as_data(), &images.postgres(), "bash", "-ec", back]);
    let server = images.server(&options);
    server.init_script("1.sql", "CREATE TABLE should_not_be ();");
    server.start_healthy();
    assert_eq!(server.sql("SELECT it, to_regclass('should_not_be') FROM kept"), "1|");
}

fn killed_in_a_bulk_add(images: &Images) {
    let server =
        images.server(&[&PASSWORD[..], &["-e", "KERBROLE_REALM=CORP.EXAMPLE.COM"]].concat());
    server.start_healthy();
    server.sql("SELECT count(kerb_add_principal('before' || n)) FROM generate_series(1, 10) AS n");
    // Somebody is about to make a role of the same name: there the call has to wait, in the middle
    // of its work. By hand, since after CREATE ROLE the guard would let the call wait before it
    // begins.
    let stumbling_block = "SET allow_system_table_mods = on; CREATE TEMP TABLE one AS SELECT * \
        FROM pg_authid WHERE rolname = 'postgres'; \
         UPDATE one SET oid = 4000000, rolname = 'many4000@CORP.EXAMPLE.COM'; INSERT INTO \
         pg_authid SELECT * FROM one; SELECT pg_sleep(1000)";
    let mut somebody =
        server.spawn(&["psql", "-X", "-U", "rdsadmin", "-d", "postgres", "-c", stumbling_block]);
    wait_until(|| {
        server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1"
    })
    .unwrap();
    // One call, in one transaction, by the master user.
    let add = "SELECT count(*) FROM kerb_add_principals(ARRAY(SELECT 'many' || n FROM \
        generate_series(1, 5000) AS n))";
    let add = ["psql", "-X", "-A", "-t", "-U", "postgres", "-d", "postgres", "-c", add];
    let mut adding = server.spawn(&add);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'postgres' AND wait_event \
        = 'transactionid'";
    wait_until(|| server.sql(waiting) == "1").unwrap();
    server.signal("KILL");
    assert_eq!(server.exit_code(), 137);
    assert!(!somebody.wait().unwrap().success() && !adding.wait().unwrap().success());

    server.start_healthy();
    assert!(server.log().contains(UNCLEAN), "it was not killed: {}", server.log());
    let principals = |like: &str| {
        server.sql(&format!(
            "SELECT count(*) FROM kerb_list_principals() WHERE role_name LIKE '{like}%'"
        ))
    };
    assert_eq!((principals("before").as_str(), principals("many").as_str()), ("10", "0"));
    // And the same again comes to its end.
    assert_eq!(server.exec(&add), "5000");
}
