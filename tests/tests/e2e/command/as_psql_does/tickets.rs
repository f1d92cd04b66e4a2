//! Who has a ticket, in each mode and against each kind of line in pg_hba.conf.

use kerbrole_tests::kdc::Ticket;

use super::*;

/// To `kate`, by the name that her ticket is for.
fn kate(more: &str) -> String {
    format!("host=localhost port={{port}} user=kate@{REALM} dbname=postgres {more}")
}

fn with(ticket: &Ticket, mut row: Row) -> Row {
    row.user = format!("kate@{REALM}");
    row.variable("KRB5_CONFIG", ticket.config.display().to_string())
        .variable("KRB5CCNAME", &*ticket.cache)
}

pub(super) fn tickets_in_each_mode(c: &Context<'_>) {
    let mut bench = Bench::new(c, "tickets");
    bench.shows(&Certificate::new(&Kind { dns: &["localhost"], ..Kind::default() }, None));
    let kate_s = c.kdc.ticket_of("kate").unwrap();
    let nobody_s = Ticket {
        cache: format!("FILE:{}", bench.folder.path().join("no-cache").display()),
        config: c.kdc.config(),
    };
    bench.superuser().run(&format!("CREATE ROLE \"kate@{REALM}\" LOGIN PASSWORD '{PASSWORD}'"));
    // What comes of a ticket against each kind of line.
    let of_a_line: [(&str, &[(&str, Is)]); 5] = [
        (
            "hostgssenc all all all gss include_realm=1",
            &[("", Gss), ("gssencmode=require", Gss), ("gssencmode=disable", Refused)],
        ),
        (
            "hostnogssenc all all all gss include_realm=1",
            &[
                ("", Tls),
                ("sslmode=disable", Plain),
                ("gssencmode=disable", Tls),
                ("gssencmode=require", Refused),
            ],
        ),
        (
            "hostssl all all all gss include_realm=1",
            &[
                ("", Tls),
                ("sslmode=allow", Tls),
                ("sslmode=disable", Refused),
                ("gssencmode=require", Refused),
            ],
        ),
        (
            "hostnossl all all all gss include_realm=1",
            &[
                ("", Gss),
                ("sslmode=require", Gss),
                ("gssencmode=disable", Plain),
                ("gssencmode=disable sslmode=require", Refused),
            ],
        ),
        (
            "host all all all gss include_realm=1",
            &[
                ("", Gss),
                ("gssencmode=prefer sslmode=verify-full sslrootcert={missing}", Gss),
                ("gssencmode=disable", Tls),
                ("krbsrvname=other", Refused),
                ("gssencmode=disable krbsrvname=other", Refused),
                ("gssencmode=require krbsrvname=other", Refused),
                ("hostaddr=127.0.0.1", Gss),
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (hba, rows) in of_a_line {
        bench.takes_only(hba);
        let mut tried: Vec<_> = rows
            .iter()
            .map(|&(more, psql)| with(&kate_s, row("a ticket", kate(more), psql)))
            .collect();
        tried.push(with(&nobody_s, row("no ticket", kate(""), Refused)));
        tried.push(with(&nobody_s, row("no ticket", kate("gssencmode=require"), Refused)));
        let somebody = kate("").replace("user=kate", "user=somebody");
        tried.push(with(&kate_s, row("a role of somebody else", somebody, Refused)));
        let found = all(&mut bench, &tried);
        wrong.extend(found.into_iter().map(|found| format!("{hba}: {found}")));
    }
    // Which methods the server may ask for.
    for (hba, rows) in [
        // Who has shown a ticket for the encryption is not asked for one more.
        ("host all all all gss include_realm=1", [Gss, Tls, Refused, Refused, Gss]),
        ("host all all all scram-sha-256", [Refused, Refused, Gss, Tls, Gss]),
        ("host all all all trust", [Gss, Refused, Refused, Refused, Gss]),
    ] {
        bench.takes_only(hba);
        let demands = [
            "require_auth=gss",
            "require_auth=gss gssencmode=disable",
            "require_auth=scram-sha-256",
            "require_auth=scram-sha-256 gssencmode=disable",
            "require_auth=!gss",
        ];
        for (demand, psql) in demands.into_iter().zip(rows) {
            let string = kate(&format!("{demand} password='{PASSWORD}'"));
            let found = bench.trial(&with(&kate_s, row("a demand", string, psql)).since(16));
            wrong.extend(found.into_iter().map(|found| format!("{hba}, {demand}: {found}")));
        }
    }
    // Each host is asked for by its own name, and a variable says the same.
    bench.takes_only("hostgssenc all all all gss include_realm=1");
    let hosts =
        kate("").replace("host=localhost port={port}", "host=127.0.0.1,localhost port=1,{port}");
    let by_variable =
        |name, value| with(&kate_s, row(name, kate(""), Refused)).variable(name, value);
    let rows = [
        with(&kate_s, row("two hosts", hosts, Gss)),
        by_variable("PGGSSENCMODE", "disable"),
        by_variable("PGKRBSRVNAME", "other"),
        with(
            &kate_s,
            row("a service", "service=mine", Gss).file(
                ".pg_service.conf",
                format!(
                    "[mine]\nhost=localhost\nport={{port}}\nuser=kate@{REALM}\ndbname=postgres\n\
                     gssencmode=require\nkrbsrvname=postgres\n"
                ),
            ),
        ),
    ];
    wrong.extend(all(&mut bench, &rows));
    none(&wrong);
}
