//! How it connects, and what it says when it cannot.

use super::*;

pub(super) fn what_cannot_be_reached(c: &Context<'_>) {
    let ended = run(c, &["list", "-h", "127.0.0.1", "-p", "1"]);
    assert_eq!((ended.code, ended.out.as_str()), (3, ""));
    assert!(
        ended.err.starts_with("kerbrole: cannot connect to 127.0.0.1 port 1: ")
            && ended.err.contains("refused"),
        "{}",
        ended.err
    );
    assert_eq!(run(c, &["list", "-d", "nowhere"]).code, 3);
    let mut su = c.superuser();
    su.run("ALTER ROLE rds_master PASSWORD 'the right one'");
    let port = c.server.port.to_string();
    let tcp = |password: &str| {
        let mut command = on(c, &["probe", "-h", "127.0.0.1", "-p", &port, "-U", "rds_master"]);
        command.env("PGPASSWORD", password);
        Ended::from(command.output().unwrap())
    };
    assert_eq!(tcp("the right one").code, 0);
    let ended = tcp("a wrong one");
    assert_eq!(ended.code, 3);
    assert!(
        ended.err.contains("password authentication failed for user \"rds_master\"")
            && !ended.err.contains("a wrong one"),
        "{}",
        ended.err
    );
    for bad in [
        "host=x user='unclosed",
        "hots=x",
        "host=x port=many",
        "postgresql://u:se%zz@h/d",
        "sslmode=sometimes",
    ] {
        let ended = run(c, &["list", "-d", bad]);
        assert_eq!(ended.code, 2, "{bad}: {}", ended.err);
    }
    // A password that is part of what cannot be understood is not repeated.
    let ended = run(c, &["list", "-d", "host=x password=secret port=many"]);
    assert!(ended.code == 2 && !ended.err.contains("secret"), "{}", ended.err);
}

pub(super) fn connections_as_psql_makes_them(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("ALTER ROLE rds_master PASSWORD 'from: a \\file'");
    let home = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let passfile = home.path().join(".pgpass");
    fs::write(
        &passfile,
        "# ours\nelsewhere:*:*:*:x\n127.0.0.1:*:*:rds_master:from\\: a \\\\file\n",
    )
    .unwrap();
    let services = format!(
        "[other]\nhost=nowhere\n\n[ours]\nhost=127.0.0.1\nport={}\nuser=rds_master\n\
         dbname=postgres\nsslmode=disable\n",
        c.server.port
    );
    fs::write(home.path().join(".pg_service.conf"), services).unwrap();
    let with = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = program();
        command
            .env("HOME", home.path())
            .envs(variables.iter().copied())
            .args(arguments)
            .args(["probe", "--format", "csv"]);
        Ended::from(command.output().unwrap())
    };
    fs::set_permissions(&passfile, fs::Permissions::from_mode(0o644)).unwrap();
    let ended = with(&[("PGSERVICE", "ours")], &[]);
    assert!(
        ended.code == 3
            && ended.err.contains("can be read by others")
            && ended.err.contains("password"),
        "{}",
        ended.err
    );
    fs::set_permissions(&passfile, fs::Permissions::from_mode(0o600)).unwrap();
    let port = c.server.port.to_string();
    let (socket, url_socket) = (
        c.server.socket().display().to_string(),
        c.server.socket().display().to_string().replace('/', "%2F"),
    );
    for (variables, arguments) in [
        (vec![("PGSERVICE", "ours")], vec![]),
        (vec![], vec!["-d".to_string(), "service=ours".into()]),
        (
            vec![],
            vec![
                "-d".into(),
                format!(
                    "host=127.0.0.1 port={port} user=rds_master dbname='postgres' sslmode=prefer \
                     connect_timeout=5"
                ),
            ],
        ),
        (
            vec![],
            vec![
                "-d".into(),
                format!("postgresql://rds_master@127.0.0.1:{port}/postgres?sslmode=disable"),
            ],
        ),
        (
            vec![("PGUSER", "rds_master"), ("PGPORT", &port), ("PGSSLMODE", "allow")],
            vec!["-h".into(), "127.0.0.1".into(), "-d".into(), "postgres".into()],
        ),
        (
            vec![("PGUSER", "nobody")],
            vec![
                "-h".into(),
                socket.clone(),
                "-p".into(),
                port.clone(),
                "-U".into(),
                "rds_master".into(),
                "-d".into(),
                "postgres".into(),
            ],
        ),
        (vec![], vec!["-d".into(), format!("postgres://rds_master@{url_socket}:{port}/postgres")]),
    ] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let ended = with(&variables, &arguments);
        assert_eq!(ended.code, 0, "{variables:?} {arguments:?}: {}", ended.err);
        assert!(ended.out.lines().any(|line| line == "user,rds_master"), "{}", ended.out);
    }
    assert_eq!(with(&[("PGSERVICE", "missing")], &[]).code, 2);
    // Nobody says who it is: the user of the system, which no server here knows.
    let mut command = program();
    command.env_clear().args(["list", "-h", &socket, "-p", &port, "-d", "postgres"]);
    let ended = Ended::from(command.output().unwrap());
    let me = Ended::from(Command::new("id").arg("-un").output().unwrap()).out;
    assert!(
        ended.code == 3 && ended.err.contains(&format!("role \"{}\" does not exist", me.trim())),
        "{}",
        ended.err
    );
}

pub(super) fn tls_modes(c: &Context<'_>) {
    let mut parameters = rcgen::CertificateParams::new(vec![]).unwrap();
    // As every CA: a certificate whose issuer has its own name is one that signed itself.
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "ours");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let ours = parameters.self_signed(&key).unwrap().pem();
    let issuer = rcgen::Issuer::new(parameters, key);
    let other_key = rcgen::KeyPair::generate().unwrap();
    let mut other = rcgen::CertificateParams::new(vec![]).unwrap();
    other.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let other = other.self_signed(&other_key).unwrap().pem();
    let own = c.own_server("command-tls", &[]);
    let server_key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["db.example.com".into()])
        .unwrap()
        .signed_by(&server_key, &issuer)
        .unwrap();
    own.0.write("server.crt", &certificate.pem()).unwrap();
    let path = own.0.write("server.key", &server_key.serialize_pem()).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    su.run("ALTER ROLE rds_master PASSWORD 'only here'");
    su.run("ALTER SYSTEM SET ssl = on");
    own.0.restart().unwrap();
    let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    let (ours, other) =
        (own.0.write("ours.pem", &ours).unwrap(), own.0.write("other.pem", &other).unwrap());
    let connects = |host: &str, mode: &str, root: Option<&std::path::Path>| {
        let root = root.map(|path| format!("sslrootcert={}", path.display())).unwrap_or_default();
        let mut command = program();
        command.env("PGPASSWORD", "only here").args(["probe", "-q", "-d"]).arg(format!(
            "host={host} hostaddr=127.0.0.1 port={} user=rds_master dbname=postgres sslmode={mode} \
             {root}",
            own.0.port
        ));
        let ended = Ended::from(command.output().unwrap());
        assert!(!ended.err.contains("only here"));
        assert_eq!(ended.code, if ended.err.is_empty() { 0 } else { 3 }, "{}", ended.err);
        ended
    };
    for (host, mode, root, works) in [
        ("db.example.com", "verify-full", Some(&ours), true),
        ("elsewhere", "verify-full", Some(&ours), false),
        ("elsewhere", "verify-ca", Some(&ours), true),
        ("db.example.com", "verify-full", Some(&other), false),
        ("db.example.com", "verify-ca", Some(&other), false),
        ("db.example.com", "verify-ca", None, false),
        ("elsewhere", "require", None, true),
        ("elsewhere", "require", Some(&other), false),
        ("elsewhere", "prefer", Some(&other), true),
        ("elsewhere", "allow", None, true),
        ("elsewhere", "disable", None, true),
    ] {
        let ended = connects(host, mode, root.map(|path| path.as_path()));
        assert_eq!(ended.code == 0, works, "{mode} to {host} with {root:?}: {}", ended.err);
        assert!(works || ended.err.contains("certificate"), "{}", ended.err);
    }
    let missing = connects(
        "db.example.com",
        "verify-full",
        Some(std::path::Path::new("/nonexistent/bundle.pem")),
    );
    assert!(
        missing
            .err
            .contains("cannot read the root certificates in /nonexistent/bundle.pem: No such file"),
        "{}",
        missing.err
    );
    // Whoever is sent to TLS by the server gets there from allow as well, and not from disable.
    own.0.write("pg_hba.conf", "local all all trust\nhostssl all all all scram-sha-256\n").unwrap();
    su.run("SELECT pg_reload_conf()");
    wait_until(|| connects("elsewhere", "disable", None).code == 3).unwrap();
    assert_eq!(connects("elsewhere", "allow", None).code, 0);
    assert_eq!(connects("elsewhere", "prefer", None).code, 0);
}

/// MIT Kerberos, kinit and psql, by nothing but the file that was printed; alone, and from a realm
/// that is trusted.
pub(super) fn a_krb5_conf_by_which_one_logs_in(c: &Context<'_>) {
    let onprem = format!("ONPREM{}.COM", c.major());
    let other = Kdc::start(c.sandbox, &onprem).unwrap();
    c.kdc.trust(&other).unwrap();
    c.master().run(&format!(
        "SELECT count(*) FROM kerb_add_principals('{{confd@{REALM},confd@{onprem}}}')"
    ));
    for kdc in [c.kdc, &other] {
        kdc.ticket_of("confd").unwrap();
    }
    let (kdc, trust) =
        (format!("127.0.0.1:{}", c.kdc.port), format!("{onprem}=127.0.0.1:{}", other.port));
    let printed = |arguments: &[&str]| {
        let ended = Ended::from(
            program()
                .args(["krb5-conf", "--realm", "corp.example.com", "--endpoint", "localhost"])
                .args(arguments)
                .output()
                .unwrap(),
        );
        assert_eq!((ended.code, ended.err.as_str()), (0, ""));
        let path = c.sandbox.path().join(format!("printed-{}-{}.conf", c.major(), arguments.len()));
        fs::write(&path, ended.out).unwrap();
        path
    };
    let alone = printed(&["--kdc", &kdc, "--rds"]);
    let ticket = c.kdc.ticket_by("confd", &alone).unwrap();
    let login = log_in(c.server, &ticket, &format!("confd@{REALM}")).unwrap();
    assert!(login.ok, "{}", login.said);
    let trusting = printed(&["--kdc", &kdc, "--trust", &trust]);
    for (kdc, role) in [(c.kdc, format!("confd@{REALM}")), (&other, format!("confd@{onprem}"))] {
        let ticket = kdc.ticket_by("confd", &trusting).unwrap();
        let login = log_in(c.server, &ticket, &role).unwrap();
        assert!(login.ok, "{role}: {}", login.said);
        assert_eq!(login.said, format!("{role}|{role}"));
    }
    // The same user name in two realms is two people.
    let ticket = other.ticket_by("confd", &trusting).unwrap();
    assert!(!log_in(c.server, &ticket, &format!("confd@{REALM}")).unwrap().ok);
    assert_eq!(
        Ended::from(program().args(["krb5-conf", "--realm", "a b"]).output().unwrap()).code,
        2
    );
}

/// psql and kerbrole with the same connection string, variables and password file: both connect, or
/// neither.
fn both(c: &Context<'_>, conninfo: &str, variables: &[(&str, &str)]) -> (bool, Ended) {
    let home = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let clean = |mut command: std::process::Command| {
        command.env("HOME", home.path()).env_remove("PGPASSWORD").envs(variables.iter().copied());
        command
    };
    let mut psql = clean(c.server.command("psql"));
    let psql = psql
        .args(["-X", "-w", "-c", "SELECT 1", "-d", conninfo])
        .output()
        .unwrap()
        .status
        .success();
    (psql, Ended::from(clean(program()).args(["probe", "-q", "-d", conninfo]).output().unwrap()))
}

/// What a variable or the string demands for safety is kept, or refused by name.
pub(super) fn demands_are_kept_or_refused(c: &Context<'_>) {
    let port = c.server.port;
    let socket =
        format!("host={} port={port} user=rds_master dbname=postgres", c.server.socket().display());
    for (variable, value, keyword, code) in [
        ("PGREQUIREAUTH", "scram-sha-256", "require_auth", 3),
        ("PGREQUIREPEER", "somebody", "requirepeer", 2),
        ("PGGSSENCMODE", "require", "gssencmode", 3),
        ("PGSSLCERTMODE", "require", "sslcertmode", 2),
        ("PGSSLNEGOTIATION", "direct", "sslnegotiation", 2),
    ] {
        for (conninfo, variables) in [
            (socket.clone(), vec![(variable, value)]),
            (format!("{socket} {keyword}={value}"), vec![]),
        ] {
            let (_, ended) = both(c, &conninfo, &variables);
            assert!(
                ended.code == code && ended.err.contains(keyword),
                "{variable}: {} {}",
                ended.code,
                ended.err
            );
        }
    }
    for (variable, value) in [
        ("PGGSSENCMODE", "prefer"),
        ("PGCHANNELBINDING", "prefer"),
        ("PGSSLMINPROTOCOLVERSION", "TLSv1.2"),
        // What is for TLS means nothing to a socket.
        ("PGSSLMINPROTOCOLVERSION", "TLSv1.3"),
        ("PGSSLCRL", "/revoked"),
        ("PGSSLCRLDIR", "/revoked"),
    ] {
        let (psql, ended) = both(c, &socket, &[(variable, value)]);
        assert_eq!((psql, ended.code), (true, 0), "{variable}: {}", ended.err);
    }
    // Without a password there is no channel to bind to.
    let (psql, ended) = both(c, &socket, &[("PGCHANNELBINDING", "require")]);
    assert_eq!((psql, ended.code), (false, 3), "{}", ended.err);
    // The certificates of the machine are for verify-full, which is what they stand for where no
    // mode is given; this server has no TLS.
    c.superuser().run("ALTER ROLE rds_master PASSWORD 'only here'");
    let tcp =
        format!("host=127.0.0.1 port={port} user=rds_master dbname=postgres password='only here'");
    assert_eq!(both(c, &tcp, &[]).1.code, 0);
    for system in [
        format!("{tcp} sslrootcert=system"),
        format!("{tcp} sslrootcert=system sslmode=verify-full"),
    ] {
        assert_eq!(both(c, &system, &[]).1.code, 3, "{system}");
    }
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let (_, ended) = both(c, &format!("{tcp} sslrootcert=system sslmode={mode}"), &[]);
        assert!(ended.code == 2 && ended.err.contains("verify-full"), "{mode}: {}", ended.err);
    }
}

/// A password of the file goes to the host that its line is for, and to no other.
pub(super) fn passwords_go_to_their_host(c: &Context<'_>) {
    c.superuser().run("ALTER ROLE rds_master PASSWORD 'right'");
    let port = c.server.port;
    let rest = "user=rds_master dbname=postgres sslmode=disable connect_timeout=5";
    let address = format!("hostaddr=127.0.0.1 port={port} {rest}");
    let name = format!("host=localhost hostaddr=127.0.0.1 port={port} {rest}");
    let several =
        format!("host=localhost,127.0.0.1 hostaddr=127.0.0.1,127.0.0.1 port=1,{port} {rest}");
    for (lines, conninfo, connects) in [
        ("localhost:*:*:*:right", &address, false),
        ("127.0.0.1:*:*:*:right", &address, true),
        ("127.0.0.1:*:*:*:right", &name, false),
        ("localhost:*:*:*:right", &name, true),
        ("\\*:*:*:*:right", &name, false),
        ("*:*:*:*:right", &name, true),
        ("localhost:*:*:*:wrong\n127.0.0.1:*:*:*:right", &several, true),
        ("localhost:*:*:*:right\n127.0.0.1:*:*:*:wrong", &several, false),
        ("localhost:*:*:*:right", &several, false),
        ("localhost:*:*:*:right", &format!("{name} password=''"), true),
        ("localhost:*:*:*:right", &format!("{name} password=wrong"), false),
    ] {
        let passfile = c.sandbox.path().join(format!("passfile-{port}"));
        // A byte that is no UTF-8 in a line before.
        let mut bytes = b"x:*:*:\xe9:y\n".to_vec();
        bytes.extend(lines.as_bytes());
        fs::write(&passfile, bytes).unwrap();
        fs::set_permissions(&passfile, fs::Permissions::from_mode(0o600)).unwrap();
        let (psql, ended) = both(c, conninfo, &[("PGPASSFILE", passfile.to_str().unwrap())]);
        assert_eq!(
            (psql, ended.code == 0),
            (connects, connects),
            "{lines} for {conninfo}: {}",
            ended.err
        );
    }
}

/// What cannot be understood may be a part of a password.
pub(super) fn nothing_of_a_string_is_repeated(c: &Context<'_>) {
    for bad in [
        "host=x password=pass s3cret x",
        "host=x password=pass s3cret=x",
        "host=x password='pass s3cret",
        "host=x sslmode=s3cret",
        "host=x connect_timeout=s3cret",
        "postgresql://u:pa?s3cret@h/d",
        "postgresql://u:p@h/d?password=pa&s3cret",
        "postgresql://u:p@h/d?password=pa&s3cret=x",
        "postgresql://u:s3cret%zz@h/d",
    ] {
        let ended = run(c, &["list", "-d", bad]);
        assert!(ended.code == 2 && !ended.err.contains("s3cret"), "{bad}: {}", ended.err);
    }
}

/// A directory that takes the connection and says nothing is not waited for longer than the file
/// says.
pub(super) fn a_silent_directory_is_given_up(_: &Context<'_>) {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    fs::write(&password, "s3cret").unwrap();
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    // The system takes connections for it, and nobody reads what they say.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let file = folder.path().join("access.toml");
    let text = |limit: &str| {
        format!(
            "version = 1\n[directories.\"corp.example.com\"]\n\
             servers = [\"ldaps://127.0.0.1:{port}\"]\nbind_user = \"reader@corp.example.com\"\n\
             password_file = \"password\"\n[[access]]\ngroup = 'CORP\\x'\nroles = []\n\
             [limits]\n{limit}\n"
        )
    };
    let check = |limit: &str| {
        fs::write(&file, text(limit)).unwrap();
        let mut command = program();
        Ended::from(command.args(["directory", "check"]).arg(&file).output().unwrap())
    };
    let ended = check("total_timeout = \"1500ms\"");
    assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{}", ended.err);
    for said in ["the time limit of 1.5 s for all of it is over", "HINT:  Nothing was changed"] {
        assert!(ended.err.contains(said), "{}", ended.err);
    }
    let ended = check("total_timeout = \"soon\"");
    assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{}", ended.err);
    assert!(ended.err.contains("line 10, column 17: how long"), "{}", ended.err);
}
