//! The options that say by which rules a server is asked.

use super::*;

fn doctor(c: &Context<'_>, principal: &str, more: &[&str]) -> (i32, Vec<(String, String)>, String) {
    let Ticket { cache, config } = c.kdc.ticket_of("ruled").unwrap();
    let port = somebody(Ipv4Addr::LOCALHOST).unwrap().to_string();
    let database = format!(
        "host=localhost hostaddr=127.0.0.1 port={} user=rds_master password='only here' \
         dbname=postgres sslmode=disable",
        c.server.port
    );
    let mut command = Command::new(built("kerbrole"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent");
    command.env("KRB5_CONFIG", config).env("KRB5CCNAME", cache);
    command.args([
        "doctor",
        "--realm",
        &REALM.to_lowercase(),
        "--kdc",
        &format!("127.0.0.1:{}", c.kdc.port),
        "--principal",
        principal,
    ]);
    command
        .args([
            "--dns-port",
            &port,
            "--password-port",
            &port,
            "--timeout",
            "5",
            "--format",
            "csv",
            "-d",
            &database,
        ])
        .args(more);
    let output = command.output().unwrap();
    let rows = csv::Reader::from_reader(&output.stdout[..]).into_records().map(Result::unwrap);
    let rows = rows.map(|row| (row[0].to_string(), row[1].to_string())).collect();
    (
        output.status.code().unwrap(),
        rows,
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr),
    )
}

fn wrong(rows: &[(String, String)]) -> Vec<&str> {
    rows.iter().filter(|(_, ok)| ok == "no").map(|(what, _)| what.as_str()).collect()
}

/// Other roles than rds_ad and rds_iam, a realm for who comes without one, a NetBIOS domain.
pub(super) fn rules_are_gone_by(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(&format!(
        "ALTER ROLE rds_master PASSWORD 'only here'; CREATE ROLE kerberos; CREATE ROLE cloud; \
         CREATE USER \"ruled@{REALM}\" IN ROLE kerberos"
    ));
    let roles = ["--ad-role", "kerberos", "--iam-role", "cloud"];
    for (principal, more) in [
        (&*format!("ruled@{REALM}"), &[][..]),
        (&format!("ruled@{}", REALM.to_lowercase()), &[]),
        ("ruled", &["--default-realm", "corp.example.com"]),
        ("CORP\\ruled", &["--netbios-domains", "CORP=corp.example.com"]),
    ] {
        let (code, rows, text) = doctor(c, principal, &[&roles[..], more].concat());
        assert_eq!((code, wrong(&rows)), (0, vec![]), "{principal}: {text}");
        assert!(
            rows.iter().any(|(what, ok)| what == "KDC: ruled" && ok == "yes"),
            "{principal}: {text}"
        );
        assert!(rows.iter().any(|(what, _)| what == "server: role_exists"), "{principal}: {text}");
    }
    // Without them it is asked about rds_ad, of which it is no member.
    let (code, rows, text) = doctor(c, &format!("ruled@{REALM}"), &[]);
    assert_eq!((code, wrong(&rows)), (1, vec!["server: rds_ad"]), "{text}");
    // The backend that was asked for is not here; a role of the rules is not.
    for more in [&["--backend", "extension"][..], &["--ad-role", "missing"]] {
        let (code, rows, text) = doctor(c, &format!("ruled@{REALM}"), more);
        assert_eq!((code, wrong(&rows)), (1, vec!["server"]), "{more:?}: {text}");
    }
}

/// Where the extension is its settings hold, and who asks for others is told so.
pub(super) fn rules_of_others_are_refused(c: &Context<'_>) {
    c.superuser().run("ALTER ROLE rds_master PASSWORD 'only here'; CREATE ROLE kerberos");
    c.master().run(&format!("SELECT kerb_add_principal('ruled@{REALM}')"));
    for (option, value, setting) in [
        ("--ad-role", "kerberos", "kerbrole.ad_role"),
        ("--default-realm", "a.b", "kerbrole.default_realm"),
    ] {
        let (code, _, text) = doctor(c, &format!("ruled@{REALM}"), &[option, value]);
        assert!(code == 2 && text.contains(option) && text.contains(setting), "{code} {text}");
    }
    let (code, rows, text) =
        doctor(c, &format!("ruled@{REALM}"), &["--backend", "sql", "--ad-role", "kerberos"]);
    assert_eq!((code, wrong(&rows)), (1, vec!["server: rds_ad"]), "{text}");
}

/// As with other subcommands, where --realm is that of those who come without one.
pub(super) fn whoever_has_no_realm_is_of_the_directory(c: &Context<'_>) {
    c.superuser().run("ALTER ROLE rds_master PASSWORD 'only here'");
    c.master().run(&format!("SELECT kerb_add_principal('ruled@{REALM}')"));
    let (code, rows, text) = doctor(c, "ruled", &[]);
    assert_eq!((code, wrong(&rows)), (0, vec![]), "{text}");
    assert!(rows.iter().any(|(what, _)| what == "KDC: ruled"), "{text}");
}
