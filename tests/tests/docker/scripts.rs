//! What lies in /docker-entrypoint-initdb.d.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::engine::{Images, Volume};

crate::tests![every_kind_runs_in_order_and_once, a_script_that_fails_ends_it];

/// What gzip makes of it.
fn gzip(text: &str) -> Vec<u8> {
    let mut gzip =
        Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    gzip.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    gzip.wait_with_output().unwrap().stdout
}

fn every_kind_runs_in_order_and_once(images: &Images) {
    let volume = Volume::new(images);
    let server = images.server(&[
        "-e",
        "POSTGRES_PASSWORD=x",
        "-e",
        "POSTGRES_DB=app",
        "-v",
        &volume.as_data(),
    ]);
    server.init_script(
        "1.sql",
        "CREATE TABLE ran (script text, as_user text, id int GENERATED \
        ALWAYS AS IDENTITY);\nINSERT INTO ran VALUES ('sql', current_user);",
    );
    server.put(
        &gzip("INSERT INTO ran VALUES ('gz', current_user);"),
        0o644,
        "/docker-entrypoint-initdb.d/2.sql.gz",
    );
    let with_psql = "psql -U \"$POSTGRES_USER\" -d \"$POSTGRES_DB\" -c \"INSERT INTO ran VALUES";
    server.init_script("3.sh", &format!("{with_psql} ('sh', current_user)\"\n"));
    // With an interpreter of its own, and as the superuser, who is nobody from outside.
    let executable = "#!/usr/bin/perl\nexec qw(psql -U rdsadmin -d app -c), \"INSERT INTO ran \
        VALUES ('perl', current_user)\";\n";
    server.put(executable.as_bytes(), 0o755, "/docker-entrypoint-initdb.d/4.sh");
    // A setting for the cluster that is being made.
    server.init_script("5.sh", "echo \"work_mem = '7MB'\" >> \"$PGDATA/postgresql.conf\"\n");
    server.init_script("6.txt", "not a script");
    server.start_healthy();

    let ran = |server: &crate::engine::Container| {
        server.exec(&[
            "psql",
            "-X",
            "-A",
            "-t",
            "-U",
            "postgres",
            "-d",
            "app",
            "-c",
            "SELECT string_agg(script || ' ' || as_user, ', ' ORDER BY id) FROM ran",
        ])
    };
    let once = "sql postgres, gz postgres, sh postgres, perl rdsadmin";
    assert_eq!(ran(&server), once);
    assert_eq!(server.sql("SHOW work_mem"), "7MB");
    let log = server.log();
    assert!(log.contains("Ignoring /docker-entrypoint-initdb.d/6.txt"), "{log}");
    assert_eq!(log.matches("Running /docker-entrypoint-initdb.d/").count(), 5, "{log}");

    docker_restart(&server);
    assert_eq!(ran(&server), once);
    assert_eq!(server.log().matches("Running /docker-entrypoint-initdb.d/").count(), 5);

    // Another container on the volume, with scripts again, and with another password, which is not
    // set.
    drop(server);
    let second = images.server(&["-e", "POSTGRES_PASSWORD=y", "-v", &volume.as_data()]);
    second.init_script("1.sql", "CREATE TABLE should_not_be ();");
    second.start_healthy();
    assert_eq!(ran(&second), once);
    assert_eq!(second.sql("SELECT to_regclass('should_not_be')"), "");
    assert!(
        second.log().contains("it is used as it is, and no init script runs"),
        "{}",
        second.log()
    );
    assert_eq!(crate::engine::assert_succeeds(&second.login("postgres", "x", "app")), "postgres");
    // None is needed for it.
    drop(second);
    images.server(&["-v", &volume.as_data()]).start_healthy();
}

fn docker_restart(server: &crate::engine::Container) {
    crate::engine::docker(&["restart", &server.name]);
    server.wait_healthy();
}

fn a_script_that_fails_ends_it(images: &Images) {
    for (name, script) in
        [("1.sql", "SELECT 1/0;"), ("1.sh", "false\necho not reached"), ("1.sql.gz", "not gzip")]
    {
        let server = images.server(&["-e", "POSTGRES_PASSWORD=x"]);
        server.init_script(name, script);
        let said = server.refuses();
        assert!(said.contains(&format!("/docker-entrypoint-initdb.d/{name} failed.")), "{said}");
        assert!(said.contains("start the container again: it begins anew"), "{said}");
        // Mended, it begins anew.
        let mended = if name == "1.sql.gz" { gzip("SELECT 1;") } else { b"-- nothing".to_vec() };
        let mended = if name == "1.sh" { b"true".to_vec() } else { mended };
        server.put(&mended, 0o644, &format!("/docker-entrypoint-initdb.d/{name}"));
        server.start_healthy();
    }
}
