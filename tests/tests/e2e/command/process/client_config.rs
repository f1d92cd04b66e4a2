//! What `kerbrole client-config` prints has the form that each client reads, and what nobody can
//! log in by is one error. Whether they log in by it is tried in the suite gssapi.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;

const CLIENTS: [&str; 8] = ["psql", "jdbc", "npgsql", "odbc", "pgadmin", "python", "go", "rust"];

fn printed(arguments: &[&str]) -> Ended {
    program().arg("client-config").args(arguments).output().unwrap().into()
}

fn text(client: &str, arguments: &[&str]) -> String {
    let ended = printed(&[&[client], arguments].concat());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{client} {arguments:?}");
    ended.out
}

const ALICE: [&str; 6] = ["-h", "db.example.com", "-U", "alice@corp.example.com", "-d", "app"];

/// The settings of a service, as libpq reads such a file.
fn service(text: &str) -> BTreeMap<&str, &str> {
    text.lines()
        .filter(|line| !line.starts_with(['#', '[']))
        .map(|line| line.split_once('=').unwrap_or_else(|| panic!("{line}")))
        .collect()
}

pub(super) fn each_client_is_told_the_same(_: &Context<'_>) {
    for client in CLIENTS {
        let text = text(client, &ALICE);
        // In URLs the @ is written otherwise.
        let plain = text.replace("%40", "@");
        for part in ["db.example.com", "5432", "app", "alice@CORP.EXAMPLE.COM"] {
            assert!(plain.contains(part), "{client}, {part}: {text}");
        }
        for part in ["kinit alice@CORP.EXAMPLE.COM", "krb5-conf --realm CORP.EXAMPLE.COM"] {
            assert!(text.contains(part), "{client}, {part}: {text}");
        }
        assert!(text.contains("postgres/db.example.com"), "{client}: {text}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{client}: {text}");
    }
}

pub(super) fn the_server_is_said_as_elsewhere(_: &Context<'_>) {
    let by = |arguments: &[&str]| text("psql", arguments);
    let url =
        "postgresql://alice%40corp.example.com:s3cret@db.example.com:5433/app?sslmode=require";
    for (arguments, wanted) in [
        (&["-d", url][..], [("host", "db.example.com"), ("port", "5433"), ("dbname", "app")]),
        (
            &["-d", "host=a,b port=1,2 user=alice@corp.example.com dbname='x y'"],
            [("host", "a,b"), ("port", "1,2"), ("dbname", "x y")],
        ),
        (
            &["-h", "a,b", "-U", "alice", "-r", "corp.example.com"],
            [("host", "a,b"), ("port", "5432"), ("dbname", "postgres")],
        ),
        (
            &["-d", "host=a user=app dbname=app", "--principal", "alice@corp.example.com"],
            [("host", "a"), ("port", "5432"), ("dbname", "app")],
        ),
        (
            &["-h", "a", "-U", "alice", "--default-realm", "corp.example.com"],
            [("host", "a"), ("port", "5432"), ("dbname", "postgres")],
        ),
    ] {
        let text = by(arguments);
        assert!(!text.contains("s3cret"), "{text}");
        let settings = service(&text);
        assert_eq!(settings["user"], "alice@CORP.EXAMPLE.COM", "{arguments:?}");
        for (keyword, value) in wanted {
            assert_eq!(settings[keyword], value, "{arguments:?}: {text}");
        }
    }
    let mut command = program();
    command.args(["client-config", "psql"]);
    let ended: Ended = command
        .env("PGHOST", "db.example.com")
        .env("PGUSER", "Alice@corp.example.com")
        .env("PGDATABASE", "app")
        .env("PGSSLMODE", "verify-full")
        .env("PGSSLROOTCERT", "/etc/ca.pem")
        .env("PGGSSENCMODE", "require")
        .env("PGKRBSRVNAME", "POSTGRES")
        .env("PGPASSWORD", "s3cret")
        .output()
        .unwrap()
        .into();
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let settings = service(&ended.out);
    for (keyword, value) in [
        ("host", "db.example.com"),
        ("user", "Alice@CORP.EXAMPLE.COM"),
        ("dbname", "app"),
        ("sslmode", "verify-full"),
        ("sslrootcert", "/etc/ca.pem"),
        ("gssencmode", "require"),
        ("krbsrvname", "POSTGRES"),
    ] {
        assert_eq!(settings[keyword], value, "{}", ended.out);
    }
    assert!(!ended.out.contains("s3cret"));
}

/// Of what comes in no package that could be tried: pgAdmin's file and Npgsql's string.
pub(super) fn files_of_clients_that_are_not_tried(_: &Context<'_>) {
    let hard = ["-h", "db.example.com", "-U", "o'brien@corp.example.com", "-d", "it's; \"x\"\\1"];
    let servers: Value = serde_json::from_str(&text("pgadmin", &hard)).unwrap();
    let server = &servers["Servers"]["1"];
    // Those that pgAdmin does without are no error: it is these that it looks for.
    for (key, value) in [
        ("Host", Value::from("db.example.com")),
        ("Port", 5432.into()),
        ("MaintenanceDB", "it's; \"x\"\\1".into()),
        ("Username", "o'brien@CORP.EXAMPLE.COM".into()),
        ("Group", "Servers".into()),
        ("KerberosAuthentication", true.into()),
    ] {
        assert_eq!(server[key], value, "{server}");
    }
    let parameters = &server["ConnectionParameters"];
    assert_eq!(
        (&parameters["gssencmode"], &parameters["krbsrvname"]),
        (&"prefer".into(), &"postgres".into())
    );
    let file = text("npgsql", &hard);
    let file: String = file.lines().filter(|line| !line.starts_with("//")).collect();
    let settings: Value = serde_json::from_str(&file).unwrap();
    let string = settings["ConnectionStrings"]["Default"].as_str().unwrap();
    let pairs = of_net(string);
    for (keyword, value) in [
        ("Host", "db.example.com"),
        ("Port", "5432"),
        ("Database", "it's; \"x\"\\1"),
        ("Username", "o'brien@CORP.EXAMPLE.COM"),
        ("Kerberos Service Name", "postgres"),
    ] {
        assert_eq!(pairs[keyword], value, "{string}");
    }
}

/// A connection string, as the documentation of .NET has it read: a value in single or double
/// quotes, of which one inside is doubled, or none.
fn of_net(string: &str) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    let mut chars = string.chars().peekable();
    while chars.peek().is_some() {
        let keyword: String = chars.by_ref().take_while(|&c| c != '=').collect();
        let quote = chars.next_if(|&c| c == '"' || c == '\'');
        let mut value = String::new();
        while let Some(c) = chars.next() {
            match (c, quote) {
                (c, Some(quote)) if c == quote && chars.next_if_eq(&quote).is_none() => {
                    assert!(matches!(chars.next(), Some(';') | None), "{string}");
                    break;
                }
                (';', None) => break,
                (c, _) => value.push(c),
            }
        }
        pairs.insert(keyword, value);
    }
    pairs
}

/// What nobody can log in by is one error that says what to do.
pub(super) fn what_no_client_can_log_in_by_is_an_error(_: &Context<'_>) {
    for (arguments, said) in [
        (&["psql"][..], "on which host"),
        (&["psql", "-U", "alice@a.b", "-d", "app"], "on which host"),
        (&["psql", "-h", "/tmp", "-U", "alice@a.b"], "not over a Unix socket"),
        (&["psql", "-h", "db,/tmp", "-U", "alice@a.b"], "not over a Unix socket"),
        (&["psql", "-h", "10.0.0.1", "-U", "alice@a.b"], "10.0.0.1 is an address"),
        (&["psql", "-h", "fd00::5", "-U", "alice@a.b"], "fd00::5 is an address"),
        (&["psql", "-d", "hostaddr=10.0.0.1 user=alice@a.b"], "10.0.0.1 is an address"),
        (&["psql", "-h", "db:5432", "-U", "alice@a.b"], "-h db -p 5432"),
        (&["psql", "-h", "d b", "-U", "alice@a.b"], "is no host"),
        (&["psql", "-h", "db", "-U", "alice"], "of which realm is \"alice\""),
        (&["psql", "-h", "db", "-U", "a@b@c"], "more than one \"@\""),
        (&["psql", "-h", "db", "-U", "alice", "-r", "a b"], "realm"),
        (&["psql", "-h", "db", "-U", "alice@a.b", "-d", "a\nb"], "into a service file"),
        (&["odbc", "-h", "db", "-U", "alice@a.b", "-d", "a;b"], "into ODBC"),
        (&["pgadmin", "-h", "a,b", "-U", "alice@a.b"], "pgAdmin takes one host"),
        (&["go", "-h", "a,b", "-U", "alice@a.b"], "lib/pq takes one host"),
        (&["go", "-h", "a", "-U", "alice@a.b", "--gssencmode", "require"], "no driver of Go"),
        (&["jdbc", "-d", "host=a hostaddr=10.0.0.1 user=alice@a.b"], "JDBC has no hostaddr"),
        (&["psql", "-h", "a", "-U", "alice@a.b", "--krbsrvname", "a b"], "the krbsrvname"),
        (&["psql", "-d", "host=a user=alice@a.b krbsrvname=x"], "--krbsrvname"),
    ] {
        let ended = printed(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}: {}", ended.err);
        assert!(
            ended.err.starts_with("kerbrole: ")
                && ended.err.contains(said)
                && ended.err.lines().count() <= 2,
            "{arguments:?}: {}",
            ended.err
        );
    }
    for arguments in [&["sqlcmd", "-h", "db"][..], &[]] {
        let ended = printed(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}: {}", ended.err);
    }
}
