//! The crate kerbrole-client against servers with the extension, and without.

use kerbrole_client::{AddAction, AddOptions, Backend, ErrorKind, Family, Kerbrole, Wanted};
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: adding_and_auditing, inside_a_transaction, the_backend_is_chosen_by_what_is_there,
        examples_do_what_they_say, over_tls;
    Bare: examples_do_what_they_say;
    Ends: a_list_beyond_every_portion_is_looked_at_whole;
    BareEnds: a_list_beyond_every_portion_is_looked_at_whole;
}

fn with_client<T>(c: &Context<'_>, user: &str, work: impl AsyncFnOnce(&mut Client) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut config = tokio_postgres::Config::new();
        config.host_path(c.server.socket()).port(c.server.port).user(user).dbname("postgres");
        let (mut client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        work(&mut client).await
    })
}

fn adding_and_auditing(c: &Context<'_>) {
    c.superuser().run(
        "CREATE ROLE g; GRANT g TO rds_master WITH ADMIN OPTION; CREATE ROLE wrong \
        IN ROLE rds_iam; CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam",
    );
    with_client(c, "rds_master", async |client| {
        let kerbrole = Kerbrole::new(client).await.unwrap();
        assert_eq!(kerbrole.canonicalize("o'brien", Some("a.b")).await.unwrap(), "o'brien@A.B");
        assert_eq!(
            kerbrole.add_principal("alice@a.b", None, &AddOptions::new().group("g")).await.unwrap(),
            "alice@A.B"
        );

        let error =
            kerbrole.add_principal("alice", Some("a.b"), &AddOptions::new()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code().unwrap().code()),
            (ErrorKind::AlreadyExists, "42710")
        );
        assert_eq!(error.to_string(), "role \"alice@A.B\" already exists");
        let error = kerbrole
            .add_principal("eve", Some("a.b"), &AddOptions::new().group("wrong"))
            .await
            .unwrap_err();
        assert_eq!(error.code().unwrap().code(), "0LP01");
        assert!(
            error.detail().unwrap().contains("{eve@A.B,wrong,rds_iam}")
                && error.hint().unwrap().contains("wrong")
        );

        let added = kerbrole
            .add_principals(&["alice@a.b", "bob@a.b"], &AddOptions::new().if_not_exists(true))
            .await
            .unwrap();
        let told: Vec<_> = added
            .iter()
            .map(|a| (a.principal.as_str(), a.role_name.as_str(), a.action.as_str()))
            .collect();
        assert_eq!(
            told,
            [("alice@a.b", "alice@A.B", "unchanged"), ("bob@a.b", "bob@A.B", "created")]
        );

        let conflicts = kerbrole.conflicts().await.unwrap();
        assert_eq!(conflicts.len(), 1);
        assert_eq!(conflicts[0].iam_path, ["both@A.B", "rds_iam"]);
        assert!(conflicts[0].fix.starts_with("REVOKE"));
    });
}

fn inside_a_transaction(c: &Context<'_>) {
    // Whatever the settings refuse, looking at them breaks no transaction.
    c.superuser().run("ALTER DATABASE postgres SET kerbrole.allowed_realms = 'A.B'");
    with_client(c, "rds_master", async |client| {
        let transaction = client.transaction().await.unwrap();
        let kerbrole = Kerbrole::new(&transaction).await.unwrap();
        kerbrole.add_principal("alice@a.b", None, &AddOptions::new()).await.unwrap();
        transaction.rollback().await.unwrap();
    });
    assert_eq!(c.superuser().one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
}

fn the_backend_is_chosen_by_what_is_there(c: &Context<'_>) {
    c.superuser().run("DROP EXTENSION pg_kerbrole; CREATE SCHEMA \"A b\"");
    with_client(c, "rds_master", async |client| {
        let kerbrole = Kerbrole::new(client).await.unwrap();
        assert_eq!(kerbrole.backend(), Backend::PlainSql);
        let server = kerbrole.server();
        assert_eq!(
            (server.major(), server.family, server.read_only),
            (c.major(), Family::Other, false)
        );
        assert_eq!(
            (server.krb_caseins_users, &server.extension, server.pg_tle_available),
            (Some(false), &None, false)
        );
        assert_eq!(
            (server.user.as_str(), server.is_superuser, server.nests_creators()),
            ("rds_master", false, c.major() >= 16)
        );
        let error = Kerbrole::<tokio_postgres::Client>::builder()
            .backend(Backend::Extension)
            .build(client)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BackendMissing);
        assert!(error.hint().is_some());
    });
    // In another schema, and not on the search path.
    c.superuser().run(
        "CREATE EXTENSION pg_kerbrole SCHEMA \"A b\"; GRANT USAGE ON SCHEMA \"A b\" \
        TO rds_superuser",
    );
    with_client(c, "rds_master", async |client| {
        let kerbrole = Kerbrole::new(client).await.unwrap();
        assert_eq!(kerbrole.backend(), Backend::Extension);
        assert_eq!(kerbrole.server().extension.as_ref().unwrap().schema, "A b");
        assert_eq!(
            kerbrole.add_principal("alice@a.b", None, &AddOptions::new()).await.unwrap(),
            "alice@A.B"
        );
        // The server's settings are the rules of a plan, too.
        let plan = kerbrole.plan_add(&["bob@a.b"], &AddOptions::new()).await.unwrap();
        assert_eq!(
            plan.sql(),
            "BEGIN;\nCREATE USER \"bob@A.B\" WITH LOGIN;\nGRANT \"rds_ad\" \
             TO \"bob@A.B\";\nCOMMIT;\n"
        );
        let plain = Kerbrole::<tokio_postgres::Client>::builder()
            .backend(Backend::PlainSql)
            .build(client)
            .await
            .unwrap();
        assert_eq!(
            plain.list_principals().await.unwrap(),
            kerbrole.list_principals().await.unwrap()
        );
    });
}

/// An example as cargo has built it for the tests.
fn example(name: &str, arguments: &[&str]) -> (bool, String) {
    let program = kerbrole_tests::version::built("examples").join(name);
    let output = std::process::Command::new(&program).args(arguments).output();
    let output = output.unwrap_or_else(|e| {
        panic!("{}: {e} (cargo build -p kerbrole-client --examples)", program.display())
    });
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr),
    )
}

fn examples_do_what_they_say(c: &Context<'_>) {
    let mut su = c.superuser();
    let server = format!(
        "host={} port={} user=rdsadmin dbname=postgres",
        c.server.socket().display(),
        c.server.port
    );
    let (ok, said) = example("add_one", &[&server, "alice", "corp.example.com"]);
    assert!(ok && said.starts_with("log in as \"alice@CORP.EXAMPLE.COM\" (made by "), "{said}");
    let (ok, said) = example("add_one", &[&server, "alice", "corp.example.com"]);
    assert!(
        !ok && said.starts_with(
            "role \"alice@CORP.EXAMPLE.COM\" already exists\n  With AddOptions::if_not_exists"
        ),
        "{said}"
    );

    let mut file = tempfile::NamedTempFile::new_in(c.sandbox.path()).unwrap();
    std::io::Write::write_all(
        &mut file,
        b"name,team\nalice@corp.example.com,a\n\"bob@corp.example.com\",b\n",
    )
    .unwrap();
    let (ok, said) = example("bulk_from_csv", &[&server, &file.path().display().to_string()]);
    assert!(ok && said == "2 of 2, 1 of the last 2 new\n", "{said}");

    assert_eq!(example("audit_fleet", &[&server, &server]), (true, String::new()));
    su.run("CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam");
    let (ok, said) = example("audit_fleet", &[&server]);
    assert!(!ok && said.contains("both@A.B (both@A.B > rds_iam); REVOKE"), "{said}");

    let (ok, said) = example("in_a_transaction", &[&server, "o'brien@corp.example.com"]);
    assert!(ok, "{said}");
    assert_eq!(
        su.one(
            "SELECT has_schema_privilege('o''brien@CORP.EXAMPLE.COM', \
            'o''brien@CORP.EXAMPLE.COM', 'CREATE')"
        ),
        "t"
    );
    let (ok, said) = example("in_a_transaction", &[&server, "o'brien@corp.example.com"]);
    assert!(!ok && said.contains("already exists"), "{said}");

    let (ok, said) = example("deadpool", &[&server]);
    assert!(ok && said.lines().count() == 4 && said.contains("alice@CORP.EXAMPLE.COM"), "{said}");
}

/// With a certificate of an authority that the client is told of, and of one that it is not.
fn over_tls(c: &Context<'_>) {
    let authority = |name: &str| {
        let mut parameters = rcgen::CertificateParams::new(vec![]).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = rcgen::KeyPair::generate().unwrap();
        (parameters.self_signed(&key).unwrap().pem(), rcgen::Issuer::new(parameters, key))
    };
    let ((ours, issuer), (others, _)) = (authority("ours"), authority("another"));
    let own = c.own_server("tls", &[]);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".into()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    own.0.write("server.crt", &certificate.pem()).unwrap();
    let path = own.0.write("server.key", &key.serialize_pem()).unwrap();
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut su = crate::fixture::Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    su.run("ALTER ROLE rds_master PASSWORD 'only here'");
    su.run("ALTER SYSTEM SET ssl = on");
    own.0.restart().unwrap();
    let server = format!(
        "host=localhost hostaddr=127.0.0.1 port={} user=rds_master password='only here' \
         dbname=postgres sslmode=require",
        own.0.port
    );
    let bundle = |pem: &str| own.0.write("bundle.pem", pem).unwrap().display().to_string();
    let (ok, said) = example("tls", &[&server, &bundle(&ours)]);
    assert!(ok && said == format!("Other, PostgreSQL {}, by PlainSql\n", c.major()), "{said}");
    let (ok, said) = example("tls", &[&server, &bundle(&others)]);
    assert!(!ok && said.contains("certificate"), "{said}");
    assert!(!said.contains("only here"), "{said}");
}

/// More than are looked at together: whoever is named in two portions is found, and nobody is
/// counted as new twice.
fn a_list_beyond_every_portion_is_looked_at_whole(c: &Context<'_>) {
    const MANY: usize = 20_003;
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION; \
         CREATE USER \"u5@A.B\" IN ROLE rds_ad, team; CREATE USER \"u20001@A.B\" IN ROLE rds_ad",
    );
    let before = su.traces();
    let named = |principal: String| Wanted { principal, groups: vec!["team".into()] };
    let many = || (0..MANY).map(|number| named(format!("u{number}@a.b")));
    let with = |last: &str| many().chain([named(last.into())]).collect::<Vec<_>>();
    let taken = AddOptions::new().if_not_exists(true);
    with_client(c, "rds_master", async |client| {
        let kerbrole = Kerbrole::<Client>::builder().backend(c.backend()).build(client).await;
        let kerbrole = kerbrole.unwrap();
        let mut told = Vec::new();
        let looked = kerbrole.preview_add_each(with("u2@A.B"), &taken, |one| told.push(one)).await;
        looked.unwrap();
        for (at, one) in told.iter().enumerate() {
            let action = match at {
                5 | MANY => AddAction::Unchanged,
                20_001 => AddAction::Adopted,
                _ => AddAction::Created,
            };
            assert_eq!(one.action, action, "{}", one.principal);
        }
        let principals: Vec<_> = told.iter().map(|one| one.principal.clone()).collect();
        assert_eq!(principals, with("u2@A.B").into_iter().map(|w| w.principal).collect::<Vec<_>>());

        let fails = async |list: Vec<Wanted>, options: &AddOptions| {
            let error = kerbrole.preview_add_each(list, options, drop).await.unwrap_err();
            (error.code().unwrap().code().to_string(), error.to_string())
        };
        let new = |number: usize| named(format!("new{number}@a.b"));
        let news = |last: Wanted| (0..MANY).map(new).chain([last]).collect::<Vec<_>>();
        let (code, said) = fails(news(named("new7@A.B".into())), &AddOptions::new()).await;
        assert!(code == "42710" && said.contains("new7@A.B"), "{code} {said}");
        let missing = Wanted { principal: "last@a.b".into(), groups: vec!["missing".into()] };
        let (code, said) = fails(news(missing), &taken).await;
        assert!(code == "42704" && said.contains("missing"), "{code} {said}");
        let (code, said) = fails(with("u5@A.B"), &AddOptions::new()).await;
        assert!(code == "42710" && said.contains("u5@A.B"), "{code} {said}");
    });
    assert_eq!(su.traces(), before);
}
