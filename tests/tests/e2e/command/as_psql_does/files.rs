//! Password files, service files, and which of several hosts is taken.

use super::*;

/// A port that nobody listens on.
const CLOSED: &str = "1";

pub(super) fn hosts_and_passfiles(c: &Context<'_>) {
    let mut bench = Bench::new(c, "passfiles");
    let rest = "user=ann dbname=postgres sslmode=disable connect_timeout=10";
    let name = format!("host=localhost hostaddr=127.0.0.1 port={{port}} {rest}");
    let address = format!("hostaddr=127.0.0.1 port={{port}} {rest}");
    let several =
        format!("host=localhost,other hostaddr=127.0.0.1,127.0.0.1 port={CLOSED},{{port}} {rest}");
    let first_answers =
        format!("host=localhost,other hostaddr=127.0.0.1,127.0.0.1 port={{port}} {rest}");
    let right = |host: &str| format!("{host}:*:*:*:{PASSWORD}");
    let mut rows = vec![
        row("no file", &*name, Refused),
        row("more than a password in the file's line", &*name, Plain)
            .file(".pgpass", format!("*:*:*:*:{PASSWORD}:more")),
        row("a folder instead of a file", &*name, Refused).file(".pgpass/x", ""),
        row("an empty password ends the search", &*name, Refused)
            .file(".pgpass", format!("*:*:*:*:\n*:*:*:*:{PASSWORD}")),
        row("the string's password", format!("{name} password=wrong"), Refused)
            .file(".pgpass", right("*")),
        row("the string's empty password", format!("{name} password=''"), Plain)
            .file(".pgpass", right("*")),
        row("the variable's password", &*name, Refused)
            .file(".pgpass", right("*"))
            .variable("PGPASSWORD", "wrong"),
        row("the variable's empty password", &*name, Plain)
            .file(".pgpass", right("*"))
            .variable("PGPASSWORD", ""),
        row(
            "an empty password in the string hides the variable",
            format!("{name} password=''"),
            Refused,
        )
        .variable("PGPASSWORD", PASSWORD),
        row("the string's file", format!("{name} passfile={{mine}}"), Plain)
            .file(".pgpass", "*:*:*:*:wrong"),
        row("the variable's file", &*name, Plain)
            .variable("PGPASSFILE", "{mine}")
            .file(".pgpass", "*:*:*:*:wrong"),
        row("a file that others can read", &*name, Refused).variable("PGPASSFILE", "{open}"),
    ];
    for (lines, string, psql) in [
        (right("localhost"), &name, Plain),
        (right("LOCALHOST"), &name, Refused),
        (right("127.0.0.1"), &name, Refused),
        (right("localhost"), &address, Refused),
        (right("127.0.0.1"), &address, Plain),
        (right("*"), &address, Plain),
        (right("\\*"), &name, Refused),
        (right("loc*"), &name, Refused),
        (right("\\localhost"), &name, Plain),
        (format!("# {}\n#{}", right("*"), right("*")), &name, Refused),
        (format!(" {}", right("localhost")), &name, Refused),
        (format!("localhost:{{port}}:postgres:ann:{PASSWORD}"), &name, Plain),
        (format!("localhost:{CLOSED}:postgres:ann:{PASSWORD}"), &name, Refused),
        (format!("localhost:*:other:ann:{PASSWORD}"), &name, Refused),
        (format!("localhost:*:*:bob:{PASSWORD}"), &name, Refused),
        (format!("\u{e9}:*:*:\u{e9}:\u{e9}\n{}", right("localhost")), &name, Plain),
        (format!("{}\r\n", right("localhost")), &name, Plain),
        (format!("localhost:*:*:*:wrong\n{}", right("*")), &name, Refused),
        (format!("too:short\n{}", right("*")), &name, Plain),
        (format!("localhost:*:*:*:wrong\n{}", right("other")), &several, Plain),
        (format!("{}\nother:*:*:*:wrong", right("localhost")), &several, Refused),
        (right("localhost"), &several, Refused),
        (format!("localhost:*:*:*:wrong\n{}", right("other")), &first_answers, Refused),
        (right("other"), &first_answers, Refused),
        (right("localhost"), &first_answers, Plain),
        (right("localhost").replace("*:*:*", &format!("{CLOSED}:*:*")), &several, Refused),
    ] {
        rows.push(row("a line", &**string, psql).file(".pgpass", lines));
    }
    let pass = format!("password='{PASSWORD}'");
    let more = [
        row("nobody answers on the first", format!("{several} {pass}"), Plain),
        row(
            "a name that there is not, then one",
            format!("host=no.such.host.invalid,127.0.0.1 port={{port}} {rest} {pass}"),
            Plain,
        ),
        row(
            "one port for both",
            format!("host=127.0.0.2,127.0.0.1 port={{port}} {rest} {pass}"),
            Plain,
        ),
        row("too many ports", format!("{name} {pass}").replace("{port}", "{port},1"), Refused),
        row(
            "too few addresses",
            format!("host=a,b hostaddr=127.0.0.1 port={{port}} {rest} {pass}"),
            Refused,
        ),
        row(
            "an empty address is looked up",
            format!(
                "host=no.such.host.invalid,localhost hostaddr=127.0.0.1, port={{port}} {rest} \
                 {pass}"
            ),
            Plain,
        ),
        row("no address", format!("hostaddr=here port={{port}} {rest}"), Refused),
        row(
            "any order",
            format!(
                "host=127.0.0.1,127.0.0.1 port={{port}} {rest} load_balance_hosts=random {pass}"
            ),
            Plain,
        )
        .since(16),
        row("no such order", format!("{name} load_balance_hosts=sometimes {pass}"), Refused)
            .since(16),
        row(
            "a folder first",
            format!("host=/nonexistent,127.0.0.1 port={{port}} {rest} {pass}"),
            Plain,
        ),
        row("who can write", format!("{name} target_session_attrs=read-write {pass}"), Plain),
        row("who cannot write", format!("{name} target_session_attrs=read-only {pass}"), Refused),
        row("a standby", format!("{name} target_session_attrs=standby {pass}"), Refused),
        row("a primary", format!("{name} target_session_attrs=primary {pass}"), Plain),
    ];
    rows.extend(more);
    for (file, mode) in [("mine", 0o600), ("open", 0o644)] {
        let path = bench.folder.path().join(file);
        fs::write(&path, right("*")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    // Of a socket the folder is the name, unless it is libpq's own.
    bench.takes_only("local all all scram-sha-256\nhost all all all scram-sha-256");
    let socket = "host={socket} port={port} user=ann dbname=postgres";
    rows.push(row("a folder's own line", socket, Plain).file(".pgpass", right("{socket}")));
    rows.push(
        row("localhost's line for a folder", socket, Refused).file(".pgpass", right("localhost")),
    );
    none(&all(&mut bench, &rows));
}

pub(super) fn a_standby_is_told_apart(c: &Context<'_>) {
    let mut bench = Bench::new(c, "standby");
    // It waits for a primary that there is not, and lets sessions in that read.
    bench.own.0.write("standby.signal", "").unwrap();
    bench.own.0.restart().unwrap();
    let rows = [
        ("any", Plain),
        ("standby", Plain),
        ("prefer-standby", Plain),
        ("read-only", Plain),
        ("primary", Refused),
        ("read-write", Refused),
    ]
    .map(|(target, psql)| row(target, tcp(&format!("target_session_attrs={target}")), psql));
    none(&all(&mut bench, &rows));
}

pub(super) fn services(c: &Context<'_>) {
    let mut bench = Bench::new(c, "services");
    let section = format!(
        "[mine]\nhost=127.0.0.1\nport={{port}}\nuser=ann\ndbname=postgres\n\
         password={PASSWORD}\nsslmode=disable\n"
    );
    let service = |text: &str| row("", "service=mine", Plain).file(".pg_service.conf", text);
    let named = |why, mut row: Row| {
        row.why = why;
        row
    };
    let refused = |mut row: Row| {
        row.psql = Refused;
        row
    };
    let rows = [
        named("in the string", service(&section)),
        named(
            "in a variable",
            Row { string: String::new(), ..service(&section) }.variable("PGSERVICE", "mine"),
        ),
        named(
            "in a URL",
            Row { string: "postgresql:///?service=mine".into(), ..service(&section) },
        ),
        named(
            "another section first",
            service(&format!("# of others\n[other]\nhost=x\n\n{section}")),
        ),
        named("what comes first holds", service(&format!("{section}user=bob\n"))),
        named("of two sections the first", service(&format!("{section}\n[mine]\nuser=bob\n"))),
        named(
            "the string over the service",
            Row { string: "service=mine user=bob".into(), ..service(&section) }.user("bob"),
        ),
        named(
            "an option over the service",
            Row { string: "service=mine".into(), ..service(&section) }
                .with(&["-U", "bob"])
                .user("bob"),
        ),
        named(
            "the service over a variable",
            service(&section).variable("PGUSER", "bob").variable("PGSSLMODE", "require"),
        ),
        named(
            "a section that is missing",
            refused(Row { string: "service=other".into(), ..service(&section) }),
        ),
        named(
            "a beginning of a name",
            refused(Row { string: "service=min".into(), ..service(&section) }),
        ),
        named("no file", refused(row("", "service=mine", Plain))),
        named(
            "a file in a variable",
            row("", "service=mine", Plain).variable("PGSERVICEFILE", "{services}"),
        ),
        named(
            "a file in a variable that is missing",
            refused(service(&section).variable("PGSERVICEFILE", "{missing}")),
        ),
        named(
            "the file of the system",
            row("", "service=mine", Plain).file("pg_service.conf", section.clone()),
        ),
        named(
            "the user's file before the system's",
            service(&section).file("pg_service.conf", "[mine]\nhost=x\n"),
        ),
        named("a line without =", refused(service(&format!("{section}nonsense\n")))),
        named("a keyword that there is not", refused(service(&format!("{section}hots=x\n")))),
        named("spaces around =", refused(service(&format!("{section}connect_timeout = 5\n")))),
        named("spaces around a line", service(&format!("{section}  connect_timeout=5  \n"))),
        named("a service in a service", refused(service(&format!("{section}service=other\n")))),
        named("a demand", refused(service(&format!("{section}channel_binding=require\n")))),
        named("another demand", service(&format!("{section}require_auth=scram-sha-256\n")))
            .since(16),
        named("a demand that fails", refused(service(&format!("{section}require_auth=gss\n"))))
            .since(16),
        named(
            "a byte of another encoding elsewhere",
            service(&format!("[\u{e9}]\nuser=\u{e9}\n{section}")),
        ),
    ];
    fs::write(bench.folder.path().join("services"), bench.filled(&section)).unwrap();
    none(&all(&mut bench, &rows));
}
