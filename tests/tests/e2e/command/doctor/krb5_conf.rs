//! krb5.conf as MIT Kerberos reads it: MIT is asked by the same files, and kerbrole says the same.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use kerbrole_tests::answering_port::somebody;
use kerbrole_tests::kdc::Ticket;
use kerbrole_tests::version::built;

use super::*;

/// What kvno comes to, who asks for a ticket for `postgres/host`.
#[derive(Debug)]
struct Mit {
    /// None: the configuration is none.
    server: Option<String>,
    /// The realms that are asked in turn, where no rule names one.
    asked: Vec<String>,
}

fn mit(config: &str, cache: &str, host: &str) -> Mit {
    let mut kvno = Command::new("kvno");
    kvno.env("KRB5_CONFIG", config)
        .env("KRB5CCNAME", cache)
        .env("KRB5_TRACE", "/dev/stdout")
        .env("LC_ALL", "C");
    let output = kvno.args(["-S", "postgres", host]).stdin(Stdio::null()).output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    if err.contains("while initializing krb5 library") {
        return Mit { server: None, asked: Vec::new() };
    }
    let after = |word: &str| -> Vec<String> {
        out.lines().filter_map(|line| Some(line.split_once(word)?.1.trim().to_string())).collect()
    };
    let server = after("Getting credentials ")
        .first()
        .and_then(|line| line.split_once(" -> "))
        .map(|(_, server)| server.to_string());
    let server = server.unwrap_or_else(|| panic!("{config}: {out}{err}"));
    let realm = |principal: &String| principal.rsplit_once('@').map(|(_, realm)| realm.to_string());
    let first = after("Server has referral realm; starting with ").iter().find_map(realm);
    Mit {
        server: server
            .split_once(" using ccache")
            .and_then(|(server, _)| realm(&server.to_string())),
        asked: first.into_iter().chain(after("trying fallback realm ")).collect(),
    }
}

/// Who asks, and where nothing but the configuration matters.
struct Desk {
    dns: u16,
    cache: String,
    kdc: String,
}

impl Desk {
    /// The row about the file, and the one about a host; `yes`, `no` or `?`, and what was found.
    fn doctor(
        &self,
        config: &str,
        realm: &str,
        host: &str,
        principal: Option<&str>,
    ) -> (Vec<[String; 2]>, String) {
        let port = self.dns.to_string();
        let database =
            format!("host={host} hostaddr=127.0.0.1 port=1 user=x dbname=x sslmode=disable");
        let mut command = Command::new(built("kerbrole"));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent");
        command.env("KRB5_CONFIG", config).env("KRB5CCNAME", &self.cache);
        command.args([
            "doctor",
            "--realm",
            realm,
            "--kdc",
            &self.kdc,
            "--timeout",
            "2",
            "--format",
            "csv",
        ]);
        command.args(["--dns-port", &port, "--password-port", &port, "-d", &database]);
        command.args(principal.iter().flat_map(|principal| ["--principal", principal]));
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        let rows: Vec<_> = csv::Reader::from_reader(&output.stdout[..])
            .into_records()
            .map(Result::unwrap)
            .collect();
        let of = |what: String| {
            rows.iter()
                .find(|row| row[0] == what)
                .map(|row| [row[1].to_string(), row[2].to_string()])
        };
        let found = [format!("krb5.conf ({config})"), format!("krb5.conf: {host}")]
            .into_iter()
            .filter_map(of)
            .collect();
        (found, text)
    }
}

fn desk(c: &Context<'_>) -> Desk {
    let Ticket { cache, .. } = c.kdc.ticket_of("desk").unwrap();
    Desk {
        dns: somebody(Ipv4Addr::LOCALHOST).unwrap(),
        cache,
        kdc: format!("127.0.0.1:{}", c.kdc.port),
    }
}

/// The harness' own configuration with these rules instead of its own.
fn base(c: &Context<'_>, rules: &str) -> String {
    let text = fs::read_to_string(c.kdc.config()).unwrap();
    format!("{}[domain_realm]\n{rules}", text.split_once("[domain_realm]").unwrap().0)
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A rule with a dot and one without, nearer and further, in upper case; none, and a single word.
pub(super) fn a_host_is_of_the_realm_that_mit_takes_it_for(c: &Context<'_>) {
    let folder = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let desk = desk(c);
    let mut rules_seen = 0;
    for rules in [
        " a.b.c.d = ONE\n",
        " .b.c.d = ONE\n",
        " b.c.d = ONE\n",
        " d = ONE\n",
        " .d = ONE\n d = TWO\n",
        " c.d = TWO\n .b.c.d = ONE\n",
        " a.b.c.d = ONE\n a.b.c.d = TWO\n",
        " A.B.C.D = ONE\n",
        " .a.b.c.d = ONE\n",
        " a.b.c.d = \"ONE\" x\n",
        " a.b.c.d* = ONE\n",
        " a.b.c.d = {\n  x = ONE\n }\n c.d = TWO\n",
        " x = ONE\n",
        "",
    ] {
        let config = written(folder.path(), "rules", &base(c, rules));
        for host in ["a.b.c.d", "A.B.c.d", "b.c.d", "d", "x.e.f"] {
            let mit = mit(&config, &desk.cache, host);
            let server = mit.server.unwrap();
            let row = |realm: &str, principal: Option<&str>| {
                let (rows, text) = desk.doctor(&config, realm, host, principal);
                assert_eq!(rows.len(), 2, "{text}");
                rows[1].clone()
            };
            if !server.is_empty() {
                rules_seen += 1;
                assert_eq!(row(&server, None)[0], "yes", "{rules}{host} is of {server}");
                assert_eq!(row("OTHER.REALM", None)[0], "no", "{rules}{host} is of {server}");
                continue;
            }
            // No rule: the realm of the ticket first, whose KDC may know the server, and then what
            // the name says.
            assert_eq!(mit.asked[0], REALM, "{rules}{host}");
            assert_eq!(row(REALM, Some(&format!("desk@{REALM}")))[0], "yes", "{rules}{host}");
            let [ok, found] = row("OTHER.REALM", Some(&format!("desk@{REALM}")));
            assert_eq!(ok, "no", "{rules}{host}");
            for realm in &mit.asked {
                assert!(found.contains(realm.as_str()), "{rules}{host}: {found} and not {realm}");
            }
            if let Some(by_name) = mit.asked.get(1) {
                assert_eq!(row(by_name, Some(&format!("desk@{REALM}")))[0], "yes", "{rules}{host}");
            }
        }
    }
    assert!(rules_seen > 20, "{rules_seen}");
}

/// A KDC that knows the server gives a ticket without any rule, and none where a rule leads
/// elsewhere.
pub(super) fn a_ticket_without_a_rule_is_no_fault(c: &Context<'_>) {
    let folder = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let desk = desk(c);
    for (rules, gets_one) in [
        ("", true),
        (" localhost = OTHER.REALM\n", false),
        (&*format!(" localhost = {REALM}\n"), true),
    ] {
        let config = written(folder.path(), "rules", &base(c, rules));
        let mut kvno = Command::new("kvno");
        kvno.env("KRB5_CONFIG", &config).env("KRB5CCNAME", &desk.cache);
        assert_eq!(
            kvno.args(["-S", "postgres", "localhost"]).output().unwrap().status.success(),
            gets_one,
            "{rules}"
        );
        let (rows, text) = desk.doctor(&config, REALM, "localhost", Some(&format!("desk@{REALM}")));
        assert_eq!(rows[1][0] == "yes", gets_one, "{rules}{text}");
    }
}

/// Whatever MIT takes none of is told, with the line, and whatever it takes is read as it reads it.
pub(super) fn a_file_is_read_as_mit_reads_it(c: &Context<'_>) {
    let folder = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let desk = desk(c);
    let rule = "[domain_realm]\n a.b.c.d = ONE\n";
    for text in [
        "a.b.c.d = ZERO\n[domain_realm]\n a.b.c.d = ONE\n",
        " [domain_realm]\n a.b.c.d = ZERO\n[domain_realm]\n a.b.c.d = ONE\n",
        "[domain_realm] \n\ta.b.c.d\t=\tONE  \n",
        "[domain_realm] # c\n a.b.c.d = ONE\n",
        "[domain_realm] x\n a.b.c.d = ONE\n",
        "[domain_realm\n a.b.c.d = ONE\n",
        "[domain_realm]\n hello\n a.b.c.d = ONE\n",
        "[domain_realm]\n a b = ONE\n a.b.c.d = ONE\n",
        "[domain_realm]\n = ONE\n a.b.c.d = ONE\n",
        "[domain_realm]\n}\n a.b.c.d = ONE\n",
        "[realms]\nA.B =\n{\n kdc = x\n}\n[domain_realm]\na.b.c.d = ONE\n",
        "[realms]\nA.B =\n\n{\n kdc = x\n}\n[domain_realm]\na.b.c.d = ONE\n",
        "[realms]\nA.B = { kdc = x }\n[domain_realm]\na.b.c.d = ONE\n",
        "[realms]\nA.B = { # c\n kdc = x\n}\n[domain_realm]\na.b.c.d = ONE\n",
        "[realms]\nA.B = {\n kdc = x\n} x\n[domain_realm]\na.b.c.d = ONE\n",
        "[realms]\nA.B = {\n[domain_realm]\na.b.c.d = ONE\n",
        "[domain_realm]\na.b.c.d = ONE\n[realms]\nA.B = {\n kdc = x\n",
        "[domain_realm]\nx = y\n[libdefaults]\n[domain_realm]\na.b.c.d = ONE\n",
        "[ domain_realm ]\na.b.c.d = ONE\n",
        "[domain_realm]\r\n a.b.c.d = ONE\r\n",
        "\u{feff}[domain_realm]\n a.b.c.d = ONE\n",
        "[domain_realm]\n#a.b.c.d = ZERO\n;a.b.c.d = ZERO\n a.b.c.d = ONE",
        "include FOLDER/d/one.conf\n[domain_realm]\n a.b.c.d = TWO\n",
        "[domain_realm]\n a.b.c.d = ONE\ninclude FOLDER/d/one.conf\n",
        " include FOLDER/d/one.conf\n[domain_realm]\n a.b.c.d = TWO\n",
        "[realms]\nA.B = {\ninclude FOLDER/d/one.conf\n}\n",
        "include FOLDER/d/one.conf \n",
        "include FOLDER/none\n[domain_realm]\n a.b.c.d = ONE\n",
        "includedir FOLDER/none\n[domain_realm]\n a.b.c.d = ONE\n",
        "includedir FOLDER/d\n",
        "include FOLDER/file\n",
        "include FOLDER/module\n[domain_realm]\n a.b.c.d = ONE\n",
    ] {
        let here = folder.path().display().to_string();
        fs::create_dir_all(folder.path().join("d")).unwrap();
        written(folder.path(), "d/one.conf", "[domain_realm]\n a.b.c.d = INCLUDED\n");
        written(folder.path(), "d/0-first_Z", "[domain_realm]\n b.c.d = FURTHER\n");
        written(folder.path(), "d/0.txt", "[domain_realm]\n a.b.c.d = NOT.THIS\n");
        written(folder.path(), "d/.0.conf", "[domain_realm]\n a.b.c.d = NOR.THIS\n");
        written(folder.path(), "module", "module x.so:y\n");
        let config = written(folder.path(), "file", &text.replace("FOLDER", &here));
        same_as_mit(&desk, &config, text);
    }
    // Several files: the first that says something counts, those that are missing do not, and a
    // star ends it.
    written(folder.path(), "one", rule);
    written(folder.path(), "two", "[domain_realm]\n a.b.c.d = TWO\n b.c.d = THREE\n");
    written(folder.path(), "none-of-it", "[libdefaults]\n");
    written(folder.path(), "final", "[domain_realm]*\n b.c.d = FINAL\n");
    for list in [
        "one:two",
        "two:one",
        "none-of-it:two",
        "missing:two",
        "one:",
        ":two",
        "final:two",
        "d:two",
        "two:module",
        "one:file",
    ] {
        let config: Vec<_> = list
            .split(':')
            .map(|name| {
                if name.is_empty() {
                    String::new()
                } else {
                    folder.path().join(name).display().to_string()
                }
            })
            .collect();
        same_as_mit(&desk, &config.join(":"), list);
    }
}

fn same_as_mit(desk: &Desk, config: &str, what: &str) {
    let mit = mit(config, &desk.cache, "a.b.c.d");
    let (rows, text) = desk.doctor(
        config,
        mit.server.as_deref().filter(|realm| !realm.is_empty()).unwrap_or("OTHER.REALM"),
        "a.b.c.d",
        None,
    );
    match mit.server.as_deref() {
        // One row, which says where.
        None => {
            assert_eq!((rows.len(), rows[0][0].as_str()), (1, "no"), "{what}: {text}");
            assert!(rows[0][1].contains("/"), "{what}: {text}");
        }
        Some("") => assert!(rows.get(1).is_none_or(|row| row[0] == "no"), "{what}: {text}"),
        Some(realm) => assert_eq!(rows[1][0], "yes", "{what} is of {realm}: {text}"),
    }
}

/// A module, whatever it says, is not looked into, and nothing is claimed about it.
pub(super) fn what_comes_from_a_module_is_not_known(c: &Context<'_>) {
    let folder = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let config = written(
        folder.path(),
        "module",
        "module /nonexistent.so:y\n[domain_realm]\n a.b = OTHER\n",
    );
    let (rows, text) = desk(c).doctor(&config, REALM, "a.b", None);
    assert_eq!((rows.len(), rows[0][0].as_str()), (1, "?"), "{text}");
}
