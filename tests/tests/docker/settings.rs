//! What the server's image is told, rightly and wrongly.

use crate::engine::{Images, assert_fails_with, assert_succeeds, docker};

crate::tests![
    a_password_is_needed,
    a_password_from_a_file,
    what_cannot_be_meant_is_refused,
    user_database_and_arguments,
    arguments_are_the_servers,
    the_functions_in_plpgsql_are_there_if_asked_for,
    other_programs_run_as_they_are,
];

fn a_password_is_needed(images: &Images) {
    let said = images.server(&[]).refuses();
    assert!(said.contains("there is no password for postgres"), "{said}");
    assert!(said.contains("Set POSTGRES_PASSWORD"), "{said}");
    // An empty file is no password either.
    let server = images.server(&["-e", "POSTGRES_PASSWORD_FILE=/tmp/secret"]);
    server.put(b"\n", 0o644, "/tmp/secret");
    let said = server.refuses();
    assert!(said.contains("there is no password for postgres"), "{said}");
}

fn a_password_from_a_file(images: &Images) {
    let server = images.server(&["-e", "POSTGRES_PASSWORD_FILE=/tmp/secret"]);
    // As secrets often are: root's alone. Characters that a quote or a shell could stumble over.
    server.put(b"it's \\ $HOME \"secret\"\n", 0o600, "/tmp/secret");
    server.start_healthy();
    assert_eq!(
        assert_succeeds(&server.login("postgres", "it's \\ $HOME \"secret\"", "postgres")),
        "postgres"
    );
    assert_fails_with(
        &server.login("postgres", "it's", "postgres"),
        "password authentication failed",
    );
    // The server itself does not know it any more.
    let environment =
        assert_succeeds(&server.try_exec(&["--user", "postgres"], &["cat", "/proc/1/environ"]));
    assert!(environment.contains("PGDATA=") && !environment.contains("secret\""), "{environment}");
}

fn what_cannot_be_meant_is_refused(images: &Images) {
    let cases: &[(&[&str], &str)] = &[
        (&["POSTGRES_PASSWORD_FILE=/nowhere"], "is no file that root can read"),
        (&["POSTGRES_PASSWORD=x", "POSTGRES_PASSWORD_FILE=/nowhere"], "only one can be meant"),
        (&["POSTGRES_PASSWORD=x", "POSTGRES_USER=rdsadmin"], "is not yours to take"),
        (&["POSTGRES_PASSWORD=x", "POSTGRES_USER=rds_me"], "is not yours to take"),
        (&["POSTGRES_PASSWORD=x", "POSTGRES_USER=a\nb"], "can be no master user"),
        (&["POSTGRES_PASSWORD=x", "POSTGRES_USER=\"all\""], "can be no master user"),
        (&["POSTGRES_PASSWORD=x", "POSTGRES_HOST_AUTH_METHOD=trust"], "mean nothing to this image"),
        (&["POSTGRES_PASSWORD=x", "KERBROLE_CASEINS=maybe"], "neither on nor off"),
        (&["POSTGRES_PASSWORD=x", "KERBROLE_EXTENSION=no"], "neither on nor off"),
        (&["POSTGRES_PASSWORD=x", "KERBROLE_SQL=yes"], "neither on nor off"),
        (&["POSTGRES_PASSWORD=x", "KERBROLE_SQL=on"], "Set KERBROLE_EXTENSION=off as well"),
        (&["POSTGRES_PASSWORD=x", "KERBROLE_REALM=CORP EXAMPLE"], "is no realm"),
        (&["POSTGRES_PASSWORD=x", "KERBROLE_KEYTAB=/keytab"], "KERBROLE_REALM is not"),
        (
            &["POSTGRES_PASSWORD=x", "KERBROLE_REALM=A.B", "KERBROLE_KEYTAB=/keytab"],
            "is no file that root can read",
        ),
        (
            &["POSTGRES_PASSWORD=x", "POSTGRES_INITDB_ARGS=--nonsense"],
            "The cluster could not be made",
        ),
    ];
    for (variables, why) in cases {
        let options: Vec<_> = variables.iter().flat_map(|variable| ["-e", variable]).collect();
        let said = images.server(&options).refuses();
        assert!(said.contains(why), "{variables:?}: {said}");
    }
}

fn user_database_and_arguments(images: &Images) {
    // Quotes group words.
    let server = images.server(&[
        "-e",
        "POSTGRES_PASSWORD=x",
        "-e",
        "POSTGRES_USER=Dba",
        "-e",
        "POSTGRES_DB=the app=1",
        "-e",
        "POSTGRES_INITDB_ARGS=--data-checksums '--text-search-config=simple'",
        "-e",
        "KERBROLE_REALM=corp.example.com",
    ]);
    server.start_healthy();
    assert_eq!(server.sql("SHOW data_checksums"), "on");
    assert_eq!(server.sql("SHOW default_text_search_config"), "pg_catalog.simple");
    assert_eq!(assert_succeeds(&server.login("Dba", "x", "dbname='the app=1'")), "Dba");
    let as_on_rds = "SELECT rolsuper, rolcreaterole, rolcreatedb, pg_has_role(oid, \
        'rds_superuser', 'MEMBER'), \
         pg_has_role(oid, 'rds_ad', 'MEMBER'), pg_has_role(oid, 'rds_iam', 'MEMBER') FROM pg_roles \
         WHERE rolname = 'Dba'";
    assert_eq!(server.sql(as_on_rds), "f|t|t|t|f|f");
    assert_eq!(
        server.sql("SELECT datdba::regrole FROM pg_database WHERE datname = 'the app=1'"),
        "\"Dba\""
    );
    // The extension is in that database, and knows the realm.
    let add = ["-c", "SELECT kerb_add_principal('alice')"];
    let psql = ["psql", "-X", "-A", "-t", "-U", "Dba", "-d", "dbname='the app=1'"];
    assert_eq!(server.exec(&[&psql[..], &add].concat()), "alice@CORP.EXAMPLE.COM");
}

fn arguments_are_the_servers(images: &Images) {
    let server = images.server_with(
        &["-e", "POSTGRES_PASSWORD=x"],
        &["-c", "max_connections=33", "-c", "work_mem=5 MB", "-c", "log_statement=all"],
    );
    // Init scripts see them, too: a library that they need may be among them.
    server.init_script(
        "1.sql",
        "CREATE TABLE seen AS SELECT current_setting('max_connections') AS value;",
    );
    server.start_healthy();
    assert_eq!(server.sql("SELECT value FROM seen"), "33");
    assert_eq!(server.sql("SHOW work_mem"), "5MB");
    // Everything is logged but the password.
    let log = server.log();
    assert!(log.contains("CREATE TABLE seen") && !log.contains("PASSWORD 'x'"), "{log}");
    assert_eq!(server.sql("SHOW shared_preload_libraries"), "pg_kerbrole");
}

fn the_functions_in_plpgsql_are_there_if_asked_for(images: &Images) {
    let server = images.server(&[
        "-e",
        "POSTGRES_PASSWORD=x",
        "-e",
        "POSTGRES_USER=dba",
        "-e",
        "KERBROLE_EXTENSION=off",
        "-e",
        "KERBROLE_SQL=on",
        "-e",
        "KERBROLE_REALM=corp.example.com",
    ]);
    // They are there before the init scripts.
    server.init_script("1.sql", "SELECT kerbrole.kerb_add_principal('alice');");
    server.start_healthy();
    assert!(!server.log().contains("WARNING:"), "{}", server.log());
    let as_dba = |sql: &str| server.exec(&["psql", "-XAt", "-U", "dba", "-d", "dba", "-c", sql]);
    assert_eq!(as_dba("SELECT kerbrole.kerb_add_principal('bob')"), "bob@CORP.EXAMPLE.COM");
    assert_eq!(
        as_dba("SELECT role_name, can_login FROM kerbrole.kerb_list_principals()"),
        "alice@CORP.EXAMPLE.COM|t\nbob@CORP.EXAMPLE.COM|t"
    );
    assert_eq!(as_dba("SELECT count(*) FROM pg_extension WHERE extname ~ 'kerb'"), "0");
    let owner = "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'kerbrole'";
    assert_eq!(as_dba(owner), "kerbrole_owner");
    let nested = "SELECT pg_has_role('dba', 'bob@CORP.EXAMPLE.COM', 'MEMBER')";
    assert_eq!(server.sql(nested), "f");
}

fn other_programs_run_as_they_are(images: &Images) {
    let image = images.postgres();
    let version = docker(&["run", "--rm", &image, "postgres", "--version"]);
    assert!(version.starts_with(&format!("postgres (PostgreSQL) {}", images.major)), "{version}");
    assert_eq!(docker(&["run", "--rm", &image, "echo", "as it is"]), "as it is");
}
