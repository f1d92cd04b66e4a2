//! What is said besides a mode: passwords, TLS, methods, caches and keytabs, hosts, other realms.

use kerbrole_tests::fixture::REALM;
use kerbrole_tests::kdc::Ticket;

use crate::Case;
use crate::world::{PASSWORD, Place, TRUSTED};

pub const CASES: &[Case] = &[
    ("a_ticket_encrypts_where_nothing_is_said", a_ticket_encrypts_where_nothing_is_said),
    ("without_a_ticket_prefer_goes_without", without_a_ticket_prefer_goes_without),
    ("tls_is_taken_where_gssapi_is_not", tls_is_taken_where_gssapi_is_not),
    ("require_auth_holds", require_auth_holds),
    ("a_cache_or_keytab_is_named", a_cache_or_keytab_is_named),
    ("a_ticket_is_handed_on_where_that_is_wanted", a_ticket_is_handed_on_where_that_is_wanted),
    ("each_host_has_its_turn", each_host_has_its_turn),
    ("a_unix_socket_has_no_ticket", a_unix_socket_has_no_ticket),
    ("a_ticket_of_a_trusted_realm_logs_in", a_ticket_of_a_trusted_realm_logs_in),
    ("a_blocking_client_can_cancel", a_blocking_client_can_cancel),
];

/// What alice's login has to come to: what the server says, or a part of the error.
pub fn expect(place: &Place<'_>, ticket: &Ticket, connection: &str, words: &[&str], what: &str) {
    let login = place.login(ticket, connection, words);
    let is_so = login.out == what || (login.out.is_empty() && login.err.contains(what));
    assert!(is_so, "{connection} {words:?}: {what} was expected, and came to {login:?}");
}

pub const REFUSED: &str = "no pg_hba.conf entry";

fn encrypted() -> String {
    format!("alice@{REALM} encrypted")
}

fn plain() -> String {
    format!("alice@{REALM} plain")
}

/// What each mode comes to with lines for tickets is in `lines`.
fn a_ticket_encrypts_where_nothing_is_said(place: &Place<'_>) {
    let (alice, either, trust) = (place.alice(), place.to("either"), place.to("trust"));
    expect(place, &alice, &either, &[], &encrypted());
    // Nobody has asked for the principal there: it is empty.
    expect(place, &alice, &trust, &["gssencmode=require"], "encrypted");
}

fn without_a_ticket_prefer_goes_without(place: &Place<'_>) {
    let nobody = place.nobody();
    let with_password = |database: &str| format!("{} password='{PASSWORD}'", place.to(database));
    for (database, mode, what) in [
        ("password", "prefer", "- plain"),
        ("scram", "prefer", "- plain"),
        ("scram", "disable", "- plain"),
        ("trust", "prefer", "- plain"),
        ("trust", "require", "NoCredentials: no ticket"),
        ("either", "prefer", "NoCredentials: no ticket"),
        ("either", "disable", "NoCredentials: no ticket"),
        ("encrypted", "prefer", REFUSED),
    ] {
        expect(place, &nobody, &with_password(database), &[&format!("gssencmode={mode}")], what);
    }
    // A password over a connection that a ticket encrypts.
    let login = place.login(&place.alice(), &with_password("scram"), &["gssencmode=require"]);
    assert_eq!(login.out, "encrypted", "{login:?}");
}

fn tls_is_taken_where_gssapi_is_not(place: &Place<'_>) {
    let (alice, root) = (place.alice(), format!("ca={}", place.root.display()));
    let over_tls = format!("alice@{REALM} plain tls");
    let (tls, either, trust) = (place.to("tls"), place.to("either"), place.to("trust"));
    let required = format!("{either} sslmode=require");
    // It takes a second connection: the first, which is encrypted, is refused by pg_hba.conf.
    expect(place, &alice, &tls, &[&root], &over_tls);
    expect(place, &alice, &tls, &[&root, "gssencmode=disable"], &over_tls);
    expect(place, &alice, &tls, &[&root, "gssencmode=require"], REFUSED);
    expect(place, &alice, &required, &[&root, "gssencmode=disable"], &over_tls);
    expect(place, &alice, &required, &[&root], &encrypted());
    expect(place, &alice, &required, &["gssencmode=disable"], "Tls: sslmode asks for TLS");
    expect(place, &place.nobody(), &trust, &[&root], "- plain tls");
    if place.server.major() >= 17 {
        let direct = format!("{tls} sslmode=require sslnegotiation=direct");
        expect(place, &alice, &direct, &[&root, "gssencmode=disable"], &over_tls);
        expect(place, &alice, &direct, &[&root], &over_tls);
    }
}

fn require_auth_holds(place: &Place<'_>) {
    let alice = place.alice();
    let with_password = |database: &str| format!("{} password='{PASSWORD}'", place.to(database));
    for (database, words, what) in [
        ("either", ["gssencmode=disable", "require_auth=gss"], plain()),
        ("either", ["gssencmode=require", "require_auth=gss"], encrypted()),
        ("scram", ["gssencmode=disable", "require_auth=scram-sha-256"], "- plain".into()),
        ("scram", ["gssencmode=disable", "require_auth=gss"], "MethodNotAllowed".into()),
        ("password", ["gssencmode=disable", "require_auth=!password"], "MethodNotAllowed".into()),
        ("trust", ["gssencmode=disable", "require_auth=!none"], "MethodNotAllowed".into()),
        ("either", ["gssencmode=disable", "require_auth=!gss"], "MethodNotAllowed".into()),
    ] {
        expect(place, &alice, &with_password(database), &words, &what);
    }
}

fn a_cache_or_keytab_is_named(place: &Place<'_>) {
    let (nobody, alice, to) = (place.nobody(), place.alice(), place.to("either"));
    let (ccache, principal) = (format!("ccache={}", alice.cache), format!("alice@{REALM}"));
    expect(place, &nobody, &to, &[&ccache], &encrypted());
    expect(place, &nobody, &to, &[&ccache, &format!("principal={principal}")], &encrypted());
    let other = format!("principal=bob@{REALM}");
    expect(place, &nobody, &to, &[&ccache, &other, "gssencmode=require"], "NoCredentials");
    let keytab = place.kdc.keytab_of("robot").unwrap();
    // It is the servers' user's, whose folder is open to whoever runs the tests as root only.
    if std::fs::File::open(&keytab).is_ok() {
        let keytab = format!("client_keytab=FILE:{}", keytab.display());
        let to = to.replace("alice@", "robot@");
        let (robot, root) = (format!("robot@{REALM}"), format!("ca={}", place.root.display()));
        let named = [&keytab, "ccache=MEMORY:robot"];
        for (mode, more, what) in [
            ("gssencmode=disable", None, "plain"),
            ("gssencmode=disable", Some(&*root), "plain tls"),
            ("gssencmode=prefer", None, "encrypted"),
            ("gssencmode=require", None, "encrypted"),
        ] {
            let words: Vec<_> = named.into_iter().chain([mode]).chain(more).collect();
            expect(place, &nobody, &to, &words, &format!("{robot} {what}"));
        }
    }
}

fn a_ticket_is_handed_on_where_that_is_wanted(place: &Place<'_>) {
    // Servers before 16 take it, and have no column for it.
    let delegated = if place.server.major() >= 16 { " delegated" } else { "" };
    let (alice, to) = (place.alice(), place.to("either"));
    let ticket = place.kdc.forwardable_ticket("alice").unwrap();
    for (mode, what) in [("require", encrypted()), ("disable", plain())] {
        let mode = format!("gssencmode={mode}");
        expect(place, &ticket, &to, &[&mode, "gssdelegation=1"], &format!("{what}{delegated}"));
        expect(place, &ticket, &to, &[&mode], &what);
        // What may not be handed on is good for a login all the same.
        expect(place, &alice, &to, &[&mode, "gssdelegation=1"], &what);
    }
    let words = [&format!("ca={}", place.root.display()), "gssencmode=disable", "gssdelegation=1"];
    expect(place, &ticket, &to, &words, &format!("{}{delegated} tls", plain()));
}

fn each_host_has_its_turn(place: &Place<'_>) {
    let (alice, port) = (place.alice(), place.server.port);
    let to = place.to("tls").replace("host=localhost", "host=localhost,localhost");
    // The first of them is nobody's port; the second takes TLS only, by a second connection.
    let to = to.replace(&format!("port={port}"), &format!("port=1,{port}"));
    let root = format!("ca={}", place.root.display());
    expect(place, &alice, &to, &[&root], &format!("alice@{REALM} plain tls"));
}

fn a_unix_socket_has_no_ticket(place: &Place<'_>) {
    let folder = place.server.socket().display().to_string();
    let to = place.to("either").replace("host=localhost", &format!("host={folder}"));
    expect(place, &place.alice(), &to, &[], "- plain");
    for words in ["gssencmode=require", "require_auth=gss"] {
        expect(place, &place.alice(), &to, &[words], "Configuration: ");
    }
}

fn a_ticket_of_a_trusted_realm_logs_in(place: &Place<'_>) {
    place.trusted.ticket_of("carol").unwrap();
    let both = place.kdc.config_with(&[place.trusted]).unwrap();
    let carol = place.trusted.ticket_by("carol", &both).unwrap();
    let to = place.to("either").replace(&format!("alice@{REALM}"), &format!("carol@{TRUSTED}"));
    for (mode, what) in [("disable", "plain"), ("prefer", "encrypted"), ("require", "encrypted")] {
        let what = format!("carol@{TRUSTED} {what}");
        expect(place, &carol, &to, &[&format!("gssencmode={mode}")], &what);
    }
    let root = format!("ca={}", place.root.display());
    let tls = to.replace("dbname=either", "dbname=tls");
    expect(place, &carol, &tls, &[&root], &format!("carol@{TRUSTED} plain tls"));
}

fn a_blocking_client_can_cancel(place: &Place<'_>) {
    for (database, mode) in
        [("encrypted", "require"), ("unencrypted", "disable"), ("either", "prefer")]
    {
        let said = place.run("blocking", &place.alice(), &[&place.to(database), mode]);
        assert_eq!(said.out, "cancelled", "{database} {mode}: {said:?}");
    }
}
