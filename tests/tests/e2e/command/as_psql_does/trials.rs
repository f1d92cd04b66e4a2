//! What is tried of each parameter that is the same to psql and kerbrole.

use super::*;

/// A parameter, with values that let one in and values that do not. Each is given in the string
/// and, where there is one, by the variable.
#[derive(Default)]
pub(super) struct Trial<'t> {
    pub(super) keyword: &'t str,
    /// What else the string says, or leaves out.
    pub(super) with: &'t [(&'t str, &'t str)],
    pub(super) without: &'t [&'t str],
    pub(super) files: &'t [(&'static str, &'t str)],
    pub(super) works: &'t [(&'t str, Is)],
    pub(super) fails: &'t [&'t str],
    pub(super) user: Who,
}

/// Who it is: `ann` has a password, `certified` a certificate.
#[derive(Clone, Copy, Default)]
pub(super) enum Who {
    #[default]
    Ann,
    Certified,
}

impl From<Who> for String {
    fn from(who: Who) -> Self {
        match who {
            Who::Ann => "ann".into(),
            Who::Certified => "certified".into(),
        }
    }
}

const REQUIRE: (&str, &str) = ("sslmode", "require");
const VERIFY: [(&str, &str); 2] = [("sslmode", "verify-full"), ("sslrootcert", "{ca}")];
const CERTIFIED: [(&str, &str); 4] =
    [REQUIRE, ("user", "certified"), ("sslcert", "{client}"), ("sslkey", "{client.key}")];
const SERVICE: &str = "[mine]\nuser=ann\n";

pub(super) fn trials() -> Vec<Trial<'static>> {
    let of = |keyword, works, fails| Trial { keyword, works, fails, ..Trial::default() };
    let certified = |keyword, works, fails| Trial {
        with: &CERTIFIED,
        user: Who::Certified,
        ..of(keyword, works, fails)
    };
    vec![
        Trial {
            without: &["user"],
            files: &[(".pg_service.conf", SERVICE)],
            ..of("service", &[("mine", Tls)], &["other"])
        },
        Trial {
            with: &[("service", "mine")],
            without: &["user"],
            ..of("servicefile", &[("{services}", Tls)], &["{missing}"])
        },
        of("user", &[("ann", Tls)], &["nobody_here"]),
        of("password", &[(PASSWORD, Tls)], &["wrong"]),
        Trial {
            without: &["password"],
            ..of("passfile", &[("{mine}", Tls)], &["{missing}", "{open}"])
        },
        of("channel_binding", &[("require", Tls), ("disable", Tls)], &["sometimes"]),
        Trial {
            with: &[("sslmode", "disable")],
            ..of("channel_binding", &[("prefer", Plain)], &["require"])
        },
        of("connect_timeout", &[("10", Tls), ("0", Tls)], &["soon"]),
        of("dbname", &[("postgres", Tls)], &["nowhere"]),
        Trial {
            without: &["hostaddr"],
            ..of("host", &[("127.0.0.1", Tls), ("/nonexistent,127.0.0.1", Tls)], &["/nonexistent"])
        },
        of("hostaddr", &[("127.0.0.1", Tls)], &["here", "127.0.0.1,127.0.0.1"]),
        Trial {
            with: &[("host", "a,b")],
            ..of("hostaddr", &[("127.0.0.1,127.0.0.1", Tls)], &["127.0.0.1"])
        },
        of("port", &[("{port}", Tls)], &["1", "{port},1", "here"]),
        Trial {
            with: &[("host", "a,b"), ("hostaddr", "127.0.0.1,127.0.0.1")],
            ..of("port", &[("{port}", Tls), ("1,{port}", Tls)], &["1,1"])
        },
        of("options", &[("-c search_path=x", Tls)], &["-c no_such=x"]),
        of("application_name", &[("{application}", Tls)], &[]),
        of("keepalives", &[("0", Tls), ("1", Tls)], &["often"]),
        of("keepalives_idle", &[("9", Tls)], &["often"]),
        of("keepalives_interval", &[("9", Tls)], &["often"]),
        of("keepalives_count", &[("9", Tls)], &["often"]),
        of("tcp_user_timeout", &[("9000", Tls), ("0", Tls)], &["soon"]),
        of("sslmode", &[("require", Tls), ("disable", Plain)], &["verify-full", "sometimes"]),
        Trial {
            with: &[REQUIRE],
            ..of("sslnegotiation", &[("direct", Tls), ("postgres", Tls)], &["sometimes"])
        },
        of("sslnegotiation", &[], &["direct"]),
        certified("sslcert", &[("{client}", Tls)], &["{missing}", "{ca}", "{empty}"]),
        certified("sslkey", &[("{client.key}", Tls)], &["{missing}", "{open.key}", "{other.key}"]),
        certified("sslcertmode", &[("allow", Tls)], &["disable", "sometimes"]),
        Trial {
            with: &[
                REQUIRE,
                ("user", "certified"),
                ("sslcert", "{client}"),
                ("sslkey", "{locked.key}"),
            ],
            ..certified("sslpassword", &[("opens", Tls)], &["wrong", ""])
        },
        Trial {
            with: &[("sslmode", "verify-full")],
            ..of("sslrootcert", &[("{ca}", Tls)], &["{other}", "{missing}", "{empty}", "system"])
        },
        Trial { with: &VERIFY, ..of("sslcrl", &[("{harmless.crl}", Tls)], &["{revoked.crl}"]) },
        Trial { with: &VERIFY, ..of("sslcrldir", &[("{harmless}", Tls)], &["{revoked}"]) },
        of("sslsni", &[("0", Tls), ("1", Tls)], &[]),
        Trial {
            with: &[REQUIRE],
            ..of("ssl_min_protocol_version", &[("TLSv1.3", Tls), ("TLSv1", Tls)], &["SSLv3"])
        },
        Trial {
            with: &[REQUIRE, ("ssl_max_protocol_version", "TLSv1.2")],
            ..of("ssl_min_protocol_version", &[("TLSv1.2", Tls)], &["TLSv1.3"])
        },
        Trial {
            with: &[REQUIRE],
            ..of("ssl_max_protocol_version", &[("tlsv1.2", Tls), ("TLSv1.3", Tls)], &["SSLv3"])
        },
        of("min_protocol_version", &[("3.0", Tls)], &["2.0"]),
        // Without a ticket; with one in tickets.rs.
        of("gssencmode", &[("disable", Tls), ("prefer", Tls)], &["require", "sometimes", ""]),
        of("krbsrvname", &[("postgres", Tls), ("other", Tls), ("", Tls)], &[]),
        of("gssdelegation", &[("0", Tls), ("1", Tls), ("", Tls)], &[]),
        of(
            "require_auth",
            &[("scram-sha-256", Tls), ("gss,scram-sha-256", Tls), ("!gss,!none", Tls)],
            &["gss", "none", "!scram-sha-256", "md5,!gss", "gss,gss", "kerberos", "gss, md5", ""],
        ),
        of(
            "target_session_attrs",
            &[("any", Tls), ("read-write", Tls), ("primary", Tls), ("prefer-standby", Tls)],
            &["read-only", "standby", "sometimes"],
        ),
        Trial {
            with: &[("options", "-c default_transaction_read_only=on")],
            ..of(
                "target_session_attrs",
                &[("read-only", Tls), ("primary", Tls)],
                &["read-write", "standby"],
            )
        },
        of("load_balance_hosts", &[("random", Tls), ("disable", Tls)], &["sometimes"]),
    ]
}

/// The server with TLS, the certificates and the lists that the trials name.
pub(super) fn prepare(bench: &mut Bench<'_>) {
    let folder = bench.folder.path().to_path_buf();
    let ca = Kind { common_name: "ours", is_ca: true, ..Kind::default() };
    let ours = Certificate::new(&ca, None);
    let other = Certificate::new(&Kind { common_name: "other", ..ca }, None);
    let named = ["db.example.com"];
    let server = Certificate::new(&Kind { dns: &named, ..Kind::default() }, Some(&ours));
    let client =
        Certificate::new(&Kind { common_name: "certified", ..Kind::default() }, Some(&ours));
    for (name, certificate) in [("ca", &ours), ("other", &other), ("client", &client)] {
        bench.keep(name, certificate);
    }
    for (name, text, mode) in [
        ("empty", String::new(), 0o600),
        ("mine", format!("*:*:*:*:{PASSWORD}"), 0o600),
        ("open", format!("*:*:*:*:{PASSWORD}"), 0o644),
        ("services", SERVICE.into(), 0o600),
        ("client.key", client.key_pem(), 0o600),
        ("open.key", client.key_pem(), 0o644),
        ("other.key", other.key_pem(), 0o600),
        ("locked.key", client.locked_key_pem("opens"), 0o600),
    ] {
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    ours.revokes(&folder, "harmless", None);
    ours.revokes(&folder, "revoked", Some(&server));
    bench.own.0.write("clients-ca.crt", &ours.pem()).unwrap();
    let mut su = bench.superuser();
    su.run("CREATE ROLE certified LOGIN");
    su.run("ALTER SYSTEM SET ssl_ca_file = 'clients-ca.crt'");
    bench.shows(&server);
    bench.takes_only("hostssl all certified all cert\nhost all ann all scram-sha-256");
}
