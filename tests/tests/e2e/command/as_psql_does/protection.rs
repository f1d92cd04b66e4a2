//! `sslmode` and its kin: certificates, pg_hba.conf, sockets.

use openssl::nid::Nid;

use super::*;

const FULL: &str = "sslmode=verify-full sslrootcert={ca}";
const CA: &str = "sslmode=verify-ca sslrootcert={ca}";

pub(super) fn certificates_of_every_kind(c: &Context<'_>) {
    let mut bench = Bench::new(c, "certificates");
    let server = Kind::default;
    let ca = |name: &'static str| {
        Certificate::new(&Kind { common_name: name, is_ca: true, ..server() }, None)
    };
    let (ours, other) = (ca("ours"), ca("other"));
    let old_root =
        Certificate::new(&Kind { common_name: "old root", is_v1: true, ..server() }, None);
    let between =
        Certificate::new(&Kind { common_name: "between", is_ca: true, ..server() }, Some(&ours));
    for (name, certificate) in
        [("ca", &ours), ("other", &other), ("old", &old_root), ("between", &between)]
    {
        bench.keep(name, certificate);
    }
    fs::write(bench.folder.path().join("empty"), "").unwrap();
    let named = ["db.example.com"];
    let mut wrong = Vec::new();

    bench
        .shows(&Certificate::new(&Kind { dns: &named, common_name: "x", ..server() }, Some(&ours)));
    wrong.extend(all(
        &mut bench,
        &[
            row("SAN, verify-full", tcp(FULL), Tls),
            row(
                "SAN, verify-full in other letters",
                tcp(FULL).replace("db.example", "DB.Example"),
                Tls,
            ),
            row("SAN, verify-ca", tcp(CA), Tls),
            row("another name, verify-full", tcp(FULL).replace("db.", "elsewhere."), Refused),
            row("another name, verify-ca", tcp(CA).replace("db.", "elsewhere."), Tls),
            row(
                "another name, require with a root",
                tcp("sslmode=require sslrootcert={ca}").replace("db.", "x."),
                Tls,
            ),
            row("unknown CA, verify-full", tcp("sslmode=verify-full sslrootcert={other}"), Refused),
            row("unknown CA, verify-ca", tcp("sslmode=verify-ca sslrootcert={other}"), Refused),
            row("unknown CA, require", tcp("sslmode=require sslrootcert={other}"), Refused),
            row(
                "unknown CA, prefer goes without TLS",
                tcp("sslmode=prefer sslrootcert={other}"),
                Plain,
            ),
            row("unknown CA, allow", tcp("sslmode=allow sslrootcert={other}"), Plain),
            row("no root, require", tcp("sslmode=require"), Tls),
            row("no root, prefer", tcp("sslmode=prefer"), Tls),
            row("no root, no mode", tcp(""), Tls),
            row("no root, verify-ca", tcp("sslmode=verify-ca"), Refused),
            row("no root, verify-full", tcp("sslmode=verify-full"), Refused),
            row(
                "a root that is missing, verify-full",
                tcp("sslmode=verify-full sslrootcert={missing}"),
                Refused,
            ),
            // libpq verifies nothing then: a file that was named is not passed over.
            row(
                "a root that is missing, require",
                tcp("sslmode=require sslrootcert={missing}"),
                Tls,
            )
            .but_kerbrole_says("cannot read the root certificates in"),
            row("a root that is missing, prefer", tcp("sslmode=prefer sslrootcert={missing}"), Tls),
            row("an empty root, require", tcp("sslmode=require sslrootcert={empty}"), Refused),
            row("a root at home, verify-full", tcp("sslmode=verify-full"), Tls)
                .file(".postgresql/root.crt", ours.pem()),
            row("another root at home, require", tcp("sslmode=require"), Refused)
                .file(".postgresql/root.crt", other.pem()),
            row("another root at home, prefer", tcp(""), Plain)
                .file(".postgresql/root.crt", other.pem()),
            row("the machine's roots", tcp("sslrootcert=system"), Refused).since(16),
            row(
                "the machine's roots, verify-full",
                tcp("sslrootcert=system sslmode=verify-full"),
                Refused,
            )
            .since(16),
            row("the machine's roots, require", tcp("sslrootcert=system sslmode=require"), Refused)
                .since(16),
            row("PGSSLROOTCERT, PGSSLMODE", tcp(""), Refused)
                .variable("PGSSLROOTCERT", "{other}")
                .variable("PGSSLMODE", "verify-ca"),
            row(
                "a list of the revoked that is not there",
                tcp(&format!("{FULL} sslcrl={{missing}}")),
                Tls,
            )
            .but_kerbrole_says("no list of revoked certificates"),
            row("a list of the revoked at home that is none", tcp(FULL), Tls)
                .file(".postgresql/root.crl", "")
                .but_kerbrole_says("root.crl"),
            row(
                "nothing older than TLS 1.3",
                tcp("sslmode=require ssl_min_protocol_version=TLSv1.3"),
                Tls,
            ),
            row(
                "a client certificate that is not asked for",
                tcp("sslmode=require sslcertmode=disable"),
                Tls,
            )
            .since(16),
            row(
                "a client certificate that has to be asked for",
                tcp("sslmode=require sslcertmode=require"),
                Refused,
            )
            .since(16),
            row(
                "an address alone, require",
                tcp("sslmode=require").replace("host=db.example.com ", ""),
                Tls,
            ),
            row("an address alone, verify-ca", tcp(CA).replace("host=db.example.com ", ""), Tls),
            row(
                "an address alone, verify-full",
                tcp(FULL).replace("host=db.example.com ", ""),
                Refused,
            ),
            row("an address alone, no mode", tcp("").replace("host=db.example.com ", ""), Tls),
            row("TLS from the first byte", tcp(&format!("{FULL} sslnegotiation=direct")), Tls)
                .since(17),
            row("TLS from the first byte, by a variable", tcp("sslmode=require"), Tls)
                .variable("PGSSLNEGOTIATION", "direct")
                .since(17),
            row(
                "TLS from the first byte, verified",
                tcp("sslmode=verify-ca sslrootcert={other} sslnegotiation=direct"),
                Refused,
            )
            .since(17),
            row("TLS from the first byte, prefer", tcp("sslnegotiation=direct"), Refused).since(17),
            row("bound to the channel", tcp("channel_binding=require"), Tls),
            row(
                "bound to the channel, without TLS",
                tcp("channel_binding=require sslmode=disable"),
                Refused,
            ),
        ],
    ));
    for (what, kind, issuer, root, full, verify_ca) in [
        ("CN only", server(), Some(&ours), "ca", Tls, Tls),
        ("CN only, v1", Kind { is_v1: true, ..server() }, Some(&ours), "ca", Tls, Tls),
        ("CN of another", Kind { common_name: "x", ..server() }, Some(&ours), "ca", Refused, Tls),
        (
            "CN, with the SAN of another",
            Kind { dns: &["x"], ..server() },
            Some(&ours),
            "ca",
            Refused,
            Tls,
        ),
        (
            "CN, with the SAN of an address",
            Kind { ip: Some("127.0.0.1"), ..server() },
            Some(&ours),
            "ca",
            Tls,
            Tls,
        ),
        (
            "CN with a wildcard",
            Kind { common_name: "*.example.com", ..server() },
            Some(&ours),
            "ca",
            Tls,
            Tls,
        ),
        ("a wildcard", Kind { dns: &["*.example.com"], ..server() }, Some(&ours), "ca", Tls, Tls),
        (
            "a wildcard for more",
            Kind { dns: &["*.com"], ..server() },
            Some(&ours),
            "ca",
            Refused,
            Tls,
        ),
        (
            "a wildcard in a part",
            Kind { dns: &["d*.example.com"], ..server() },
            Some(&ours),
            "ca",
            Refused,
            Tls,
        ),
        ("out of date", Kind { is_expired: true, ..server() }, Some(&ours), "ca", Refused, Refused),
        (
            "for clients",
            Kind { is_for_clients: true, ..server() },
            Some(&ours),
            "ca",
            Refused,
            Refused,
        ),
        ("on P-384", Kind { curve: Nid::SECP384R1, ..server() }, Some(&ours), "ca", Tls, Tls),
        ("on P-521", Kind { curve: Nid::SECP521R1, ..server() }, Some(&ours), "ca", Tls, Tls),
        ("of an unknown CA", server(), Some(&other), "ca", Refused, Refused),
        ("by one in between", server(), Some(&between), "ca", Tls, Tls),
        (
            "by one in between that is the only root",
            server(),
            Some(&between),
            "between",
            Refused,
            Refused,
        ),
        ("of a root of v1", server(), Some(&old_root), "old", Tls, Tls),
        ("its own root", Kind { is_ca: true, ..server() }, None, "shown", Tls, Tls),
        ("its own root, and no CA", server(), None, "shown", Tls, Tls),
        ("its own root, v1", Kind { is_v1: true, ..server() }, None, "shown", Tls, Tls),
        (
            "its own root, out of date",
            Kind { is_expired: true, ..server() },
            None,
            "shown",
            Refused,
            Refused,
        ),
        (
            "its own root, of another name",
            Kind { common_name: "x", ..server() },
            None,
            "shown",
            Refused,
            Tls,
        ),
        ("signed by itself, with another root", server(), None, "ca", Refused, Refused),
        ("no root itself, but named as one", server(), Some(&ours), "shown", Refused, Refused),
    ] {
        let certificate = Certificate::new(&kind, issuer);
        bench.shows(&certificate);
        bench.keep("shown", &certificate);
        for (mode, psql) in [("verify-full", full), ("verify-ca", verify_ca)] {
            let found =
                bench.trial(&row("", tcp(&format!("sslmode={mode} sslrootcert={{{root}}}")), psql));
            wrong.extend(found.into_iter().map(|found| format!("{what}, {mode}{found}")));
        }
        wrong.extend(bench.trial(&row("nothing verified", tcp("sslmode=require"), Tls)));
    }
    // Addresses.
    let by_address =
        |mode: &str| tcp(mode).replace("host=db.example.com hostaddr=127.0.0.1", "host=127.0.0.1");
    for (what, kind, psql) in [
        ("SAN of the address", Kind { ip: Some("127.0.0.1"), ..server() }, Tls),
        (
            "SAN of another address",
            Kind { ip: Some("127.0.0.2"), common_name: "127.0.0.1", ..server() },
            Refused,
        ),
        ("CN of the address", Kind { common_name: "127.0.0.1", ..server() }, Tls),
        ("SAN of a name that is the address", Kind { dns: &["127.0.0.1"], ..server() }, Tls),
        (
            "CN of the address, SAN of a name",
            Kind { dns: &named, common_name: "127.0.0.1", ..server() },
            Tls,
        ),
    ] {
        bench.shows(&Certificate::new(&kind, Some(&ours)));
        // libpq compares with a name, and hostaddr is none.
        wrong.extend(bench.trial(&row(
            "hostaddr alone",
            by_address(FULL).replace("host=", "hostaddr="),
            Refused,
        )));
        // Since 15 libpq knows addresses in certificates.
        let found = bench.trial(&row("", by_address(FULL), psql).since(15));
        wrong.extend(found.into_iter().map(|found| format!("{what}{found}")));
    }
    none(&wrong);
}

pub(super) fn modes_and_pg_hba(c: &Context<'_>) {
    let mut bench = Bench::new(c, "modes");
    let without = tcp("").replace(&format!("password='{PASSWORD}'"), "");
    let wrong_password = tcp("").replace(PASSWORD, "s3cret");
    let unknown = "host=localhost hostaddr=127.0.0.1 port={port} user=nobody_here dbname=postgres";
    let mut wrong = all(
        &mut bench,
        &[
            row("no TLS, disable", tcp("sslmode=disable"), Plain),
            row("no TLS, allow", tcp("sslmode=allow"), Plain),
            row("no TLS, prefer", tcp("sslmode=prefer"), Plain),
            row("no TLS, no mode", tcp(""), Plain),
            row("no TLS, require", tcp("sslmode=require"), Refused),
            row("no TLS, PGREQUIRESSL", tcp(""), Refused).variable("PGREQUIRESSL", "1"),
            row("no TLS, verify-ca", tcp("sslmode=verify-ca"), Refused),
            row(
                "no TLS from the first byte",
                tcp("sslmode=require sslnegotiation=direct"),
                Refused,
            )
            .since(17),
            row("no TLS to bind to", tcp("channel_binding=require"), Refused),
        ],
    );
    let root = Certificate::new(&Kind { is_ca: true, ..Kind::default() }, None);
    bench.shows(&root);
    for (hba, expected) in [
        ("host all all all scram-sha-256", [Plain, Plain, Tls, Tls]),
        ("hostssl all all all scram-sha-256", [Refused, Tls, Tls, Tls]),
        ("hostnossl all all all scram-sha-256", [Plain, Plain, Plain, Refused]),
        (
            "hostssl all all all reject\nhost all all all scram-sha-256",
            [Plain, Plain, Plain, Refused],
        ),
        ("hostnossl all all all reject\nhost all all all scram-sha-256", [Refused, Tls, Tls, Tls]),
        (
            "hostnossl all all all scram-sha-256\nhostssl all all all trust",
            [Plain, Plain, Tls, Tls],
        ),
        ("hostnossl all all all md5\nhostssl all all all password", [Plain, Plain, Tls, Tls]),
        ("host all all all reject", [Refused; 4]),
        ("hostssl all all all scram-sha-256 clientcert=verify-ca", [Refused; 4]),
    ] {
        bench.takes_only(hba);
        for (mode, psql) in ["disable", "allow", "prefer", "require"].into_iter().zip(expected) {
            let mut rows = vec![row("right", tcp(&format!("sslmode={mode}")), psql)];
            rows.push(row(
                "wrong password",
                format!("{wrong_password} sslmode={mode}"),
                match hba {
                    trusting if trusting.contains("trust") && psql == Tls => Tls,
                    // The second try is without a password.
                    trusting if trusting.contains("trust") && mode == "allow" => Tls,
                    _ => Refused,
                },
            ));
            if !hba.contains("trust") {
                rows.push(row("no password", format!("{without} sslmode={mode}"), Refused));
            }
            rows.push(row(
                "a role that is not there",
                format!("{unknown} sslmode={mode}"),
                Refused,
            ));
            let found = all(&mut bench, &rows);
            wrong.extend(found.into_iter().map(|found| format!("{hba}, {mode}: {found}")));
        }
    }
    bench.takes_only("host all all all gss include_realm=1");
    let ticket = c.kdc.ticket_of("kate").unwrap();
    let kate = format!("kate@{REALM}");
    bench.superuser().run(&format!("CREATE ROLE {} LOGIN", kerbrole_core::quote_identifier(&kate)));
    let with_ticket = |mode: &str, psql| {
        let string = format!(
            "host=localhost hostaddr=127.0.0.1 port={{port}} dbname=postgres user={kate} \
             sslmode={mode} gssencmode=disable"
        );
        row("a ticket", string, psql)
            .user(&*kate)
            .variable("KRB5_CONFIG", ticket.config.display().to_string())
            .variable("KRB5CCNAME", &*ticket.cache)
    };
    wrong.extend(all(&mut bench, &[with_ticket("disable", Plain), with_ticket("require", Tls)]));
    none(&wrong);
}

pub(super) fn sockets(c: &Context<'_>) {
    let mut bench = Bench::new(c, "sockets");
    bench.takes_only("local all all trust");
    let socket =
        |more: &str| format!("host={{socket}} port={{port}} user=ann dbname=postgres {more}");
    let rows = [
        row("no mode", socket(""), Plain),
        row("disable", socket("sslmode=disable"), Plain),
        row("allow", socket("sslmode=allow"), Plain),
        row("prefer", socket("sslmode=prefer"), Plain),
        row("require", socket("sslmode=require"), Plain),
        row("verify-ca", socket("sslmode=verify-ca"), Plain),
        row("verify-full", socket("sslmode=verify-full"), Plain),
        row(
            "verify-full, a root that is missing",
            socket("sslmode=verify-full sslrootcert={missing}"),
            Plain,
        ),
        row("the machine's roots", socket("sslrootcert=system"), Plain).since(16),
        row("a list of the revoked at home", socket(""), Plain)
            .file(".postgresql/root.crt", "")
            .file(".postgresql/root.crl", ""),
        row("PGSSLMODE", socket(""), Plain).variable("PGSSLMODE", "require"),
        row("TLS from the first byte", socket("sslmode=require sslnegotiation=direct"), Plain)
            .since(17),
        row("TLS from the first byte, no mode", socket("sslnegotiation=direct"), Refused).since(17),
        row("no such mode", socket("sslmode=sometimes"), Refused),
        row("bound to the channel", socket("channel_binding=require"), Refused),
        row("encrypted by Kerberos", socket("gssencmode=require"), Refused),
        row("a peer", socket("requirepeer=nobody_here"), Refused),
        row("a way to log in", socket("require_auth=scram-sha-256"), Refused).since(16),
        row("a way to log in that is taken", socket("require_auth=none"), Plain).since(16),
        row("another folder", socket("").replace("{socket}", "/nonexistent"), Refused),
        row(
            "a socket and an address",
            "host={socket} hostaddr=127.0.0.1 port={port} user=ann dbname=postgres",
            Refused,
        ),
    ];
    let wrong = all(&mut bench, &rows);
    none(&wrong);
}
