//! What can be said, and how each mistake is told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kerbrole_core::{AbsentPolicy, RemovalLimit};

use super::{AccessFile, Login};

/// The part without which nothing is an access file.
const DIRECTORY: &str = "version = 1\n[directories.\"corp.example.com\"]\nservers = \
                         [\"ldaps://dc1.corp.example.com\"]\nkerberos = true\n";
const ACCESS: &str = "[[access]]\ngroup = 'CORP\\DB Users'\nroles = []\n";

fn parse(text: &str) -> Result<AccessFile, String> {
    AccessFile::parse(text, Path::new("/etc/kerbrole")).map_err(|error| error.to_string())
}

#[test]
fn all_that_can_be_said() {
    let file = parse(
        r#"version = 1

[directories."Corp.Example.com"]
servers = ["ldaps://dc1.corp.example.com", "ldap://dc2.corp.example.com:3389"]
ca_file = "corp-ca.pem"
bind_user = "svc-kerbrole@corp.example.com"
password_file = "/run/secrets/ldap"

[directories."emea.example.com"]
servers = ["ldaps://dc1.emea.example.com"]
kerberos = true

[[access]]
group = "CN=DB Analysts,OU=Groups,DC=corp,DC=example,DC=com"
roles = ["analysts", "Readers of \"orders\""]

[[access]]
group = "S-1-5-21-1-2-3-1104"
roles = ["analysts"]
may_be_empty = true

[people]
absent = "disable"
except = ["administrator@corp.example.com"]
machines = true
end_sessions = true

[limits]
removals = 25
read_timeout = "90s"
total_timeout = 1800

[[servers]]
name = "orders"
dsn = "host=orders.example.com dbname=postgres"
"#,
    )
    .unwrap();
    let realms: Vec<_> = file.directories.iter().map(|one| one.realm.as_str()).collect();
    assert_eq!(realms, ["CORP.EXAMPLE.COM", "EMEA.EXAMPLE.COM"]);
    let corp = &file.directories[0];
    assert_eq!(corp.servers.len(), 2);
    assert_eq!(corp.ca_file.as_deref(), Some(Path::new("/etc/kerbrole/corp-ca.pem")));
    assert_eq!(
        corp.login,
        Login::Password {
            user: "svc-kerbrole@corp.example.com".into(),
            file: PathBuf::from("/run/secrets/ldap")
        }
    );
    assert_eq!(file.directories[1].login, Login::Kerberos);
    assert_eq!(file.roles(), ["analysts", "Readers of \"orders\""]);
    assert!(file.access[1].may_be_empty && !file.access[0].may_be_empty);
    assert_eq!(file.people.absent, AbsentPolicy::Disable);
    assert!(file.people.machines && file.people.end_sessions == Some(true));
    assert_eq!(file.removals, RemovalLimit::People(25));
    let limits = (file.read_timeout, file.total_timeout);
    assert_eq!(limits, (Duration::from_secs(90), Duration::from_secs(1_800)));
    assert_eq!(file.servers[0].name, "orders");
}

#[test]
fn what_is_not_said_is_careful() {
    let file = parse(&format!("{DIRECTORY}{ACCESS}")).unwrap();
    assert_eq!(file.people.absent, AbsentPolicy::Keep);
    assert!(!file.people.machines && file.people.end_sessions.is_none());
    assert!(!file.access[0].may_be_empty);
    assert_eq!(file.removals, RemovalLimit::Percent(10));
    assert!(file.servers.is_empty() && file.directories[0].ca_file.is_none());
}

#[test]
fn each_mistake_has_its_place_and_says_what_to_write() {
    let with = |more: &str| format!("{DIRECTORY}{ACCESS}{more}");
    let login = |lines: &str| {
        let directory = DIRECTORY.replace("kerberos = true\n", lines);
        format!("{directory}{ACCESS}")
    };
    let server =
        |url: &str| format!("{DIRECTORY}{ACCESS}").replace("ldaps://dc1.corp.example.com", url);
    let cases = [
        // The whole of it.
        (String::new(), None, "version = 1"),
        (with("").replace("version = 1", "version = 2"), Some((1, 11)), "version 1"),
        (ACCESS.into(), None, "version = 1"),
        (format!("version = 1\n{ACCESS}"), None, "names no directory"),
        (DIRECTORY.into(), None, "gives nobody access"),
        (with("[person]\nabsent = 'keep'\n"), Some((8, 2)), "`people`"),
        (with("absent = 'keep'\n"), Some((8, 1)), "`may_be_empty`"),
        (with("[people\n"), Some((8, 8)), ""),
        // Directories.
        (with("").replace("corp.example.com\"]\n", "corp example\"]\n"), Some((2, 14)), "domain"),
        (
            with("[directories.\"CORP.example.com\"]\nservers = ['ldaps://a']\nkerberos = true\n"),
            None,
            "the same directory",
        ),
        (with("").replace("[\"ldaps://dc1.corp.example.com\"]", "[]"), Some((3, 11)), "one server"),
        (server("https://dc1"), Some((3, 12)), "ldaps://"),
        (server("ldaps://"), Some((3, 12)), ""),
        (server("dc1"), Some((3, 12)), "ldaps://"),
        // As whom.
        (login(""), Some((2, 14)), "kerberos = true"),
        (login("kerberos = false\n"), Some((2, 14)), "kerberos = true"),
        (login("password = 's3cret'\n"), Some((4, 1)), "no password stands in this file"),
        (login("passwordfile = '/p'\n"), Some((4, 1)), "`password_file`"),
        (login("bind_user = 'a@b.c'\n"), Some((4, 13)), "password_file"),
        (login("password_file = '/p'\n"), Some((4, 17)), "bind_user"),
        (login("bind_user = ' '\npassword_file = '/p'\n"), Some((4, 13)), "anonymous"),
        (
            login("kerberos = true\nbind_user = 'a@b.c'\npassword_file = '/p'\n"),
            Some((4, 12)),
            "either",
        ),
        // Access.
        (with("[[access]]\ngroup = 'x'\nroles = []\n"), Some((9, 9)), "CORP"),
        (with("[[access]]\nroles = []\n"), Some((8, 1)), "`group`"),
        (with("[[access]]\ngroup = 'S-1-5-21-1-2-3-4'\n"), Some((8, 1)), "`roles`"),
        (with("[[access]]\ngroup = 'corp\\db users'\nroles = []\n"), Some((9, 9)), "twice"),
        (with("").replace("roles = []", "roles = ['a', 'a']"), Some((7, 15)), "twice"),
        (with("").replace("roles = []", "roles = ['']"), Some((7, 10)), "no role"),
        (with("").replace("roles = []", "roles = 'a'"), Some((7, 9)), "sequence"),
        // People and limits.
        (with("[people]\nabsent = 'remove'\n"), Some((9, 10)), "\"keep\", \"disable\", \"drop\""),
        (with("[people]\nexcept = ['root']\n"), Some((9, 11)), "user@realm"),
        (with("[limits]\nremovals = '101%'\n"), Some((9, 12)), "10%"),
        (with("[limits]\nremovals = '-1'\n"), Some((9, 12)), "10%"),
        (with("[limits]\nremovals = 1.5\n"), Some((9, 12)), "10%"),
        (with("[limits]\nremoval = 1\n"), Some((9, 1)), "`removals`"),
        (with("[limits]\nread_timeout = 0\n"), Some((9, 16)), "\"15min\""),
        (with("[limits]\nread_timeout = '0s'\n"), Some((9, 16)), "\"15min\""),
        (with("[limits]\nread_timeout = -1\n"), Some((9, 16)), "\"15min\""),
        (with("[limits]\nread_timeout = 1.5\n"), Some((9, 16)), "\"15min\""),
        (with("[limits]\nread_timeout = 'soon'\n"), Some((9, 16)), "\"15min\""),
        (with("[limits]\ntotal_timeout = '15 m'\n"), Some((9, 17)), "\"15min\""),
        (with("[limits]\ntotal_timeout = '99999999999999999999s'\n"), Some((9, 17)), "a month"),
        (with("[limits]\ntotal_timeout = '32d'\n"), Some((9, 17)), "a month"),
        (with("[limits]\ntimeout = '60s'\n"), Some((9, 1)), "`read_timeout`"),
        // Servers.
        (with("[[servers]]\nname = ''\ndsn = 'host=a'\n"), Some((9, 8)), "a name"),
        (with("[[servers]]\nname = 'a'\ndsn = ' '\n"), Some((10, 7)), "dsn"),
        (
            with("[[servers]]\nname = 'a'\ndsn = 'host=a'\n")
                + "[[servers]]\nname = 'a'\ndsn = 'host=b'\n",
            Some((12, 8)),
            "two servers",
        ),
    ];
    for (text, place, said) in cases {
        let error = AccessFile::parse(&text, Path::new("")).expect_err(&text);
        assert!(error.message().contains(said), "{text}\n{error}");
        assert!(!error.message().contains("s3cret"), "{error}");
        if let Some((line, column)) = place {
            assert_eq!(
                (error.line(), error.column()),
                (Some(line), Some(column)),
                "{text}\n{error}"
            );
        }
    }
}

#[test]
fn a_time_is_seconds_or_has_a_unit_as_postgresql_writes_it() {
    let both = |text: &str| {
        let file = parse(&format!("{DIRECTORY}{ACCESS}[limits]\n{text}\n")).unwrap();
        (file.read_timeout, file.total_timeout)
    };
    let of = |seconds: u64, milliseconds: u32| Duration::new(seconds, milliseconds * 1_000_000);
    assert_eq!(both(""), (of(60, 0), of(900, 0)));
    for (text, expected) in [
        ("5", of(5, 0)),
        ("'5'", of(5, 0)),
        ("'1500ms'", of(1, 500)),
        ("'90s'", of(90, 0)),
        ("'90 s'", of(90, 0)),
        ("'15min'", of(900, 0)),
        ("'2h'", of(7_200, 0)),
        ("'1d'", of(86_400, 0)),
    ] {
        assert_eq!(both(&format!("read_timeout = {text}")), (expected, of(900, 0)), "{text}");
        assert_eq!(both(&format!("total_timeout = {text}")), (of(60, 0), expected), "{text}");
    }
}

#[test]
fn a_file_is_named_with_its_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.toml");
    let error = AccessFile::read(&path).unwrap_err().to_string();
    assert!(error.starts_with(&path.display().to_string()), "{error}");
    std::fs::write(&path, format!("{DIRECTORY}{ACCESS}x = 1\n")).unwrap();
    let error = AccessFile::read(&path).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}, line 8, column 1: ", path.display())), "{error}");
    std::fs::write(&path, "#".repeat((1 << 20) + 1)).unwrap();
    assert!(AccessFile::read(&path).unwrap_err().to_string().contains("mebibyte"));
    std::fs::write(&path, format!("{DIRECTORY}ca_file = 'ca.pem'\n{ACCESS}")).unwrap();
    let file = AccessFile::read(&path).unwrap();
    assert_eq!(file.directories[0].ca_file, Some(folder.path().join("ca.pem")));
}
