//! What goes wrong, by its name, and within the time.

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use kerbrole_tests::fixture::REALM;
use kerbrole_tests::kdc::Ticket;
use kerbrole_tests::sandbox::wait_until;

use crate::Case;
use crate::world::Place;

pub const CASES: &[Case] = &[
    ("each_fault_has_its_name", each_fault_has_its_name),
    ("a_silent_kdc_is_given_up_in_time", a_silent_kdc_is_given_up_in_time),
    ("a_silent_kdc_is_asked_once", a_silent_kdc_is_asked_once),
];

fn fails(place: &Place<'_>, ticket: &Ticket, connection: &str, words: &[&str], kind: &str) {
    let login = place.login(ticket, connection, words);
    let is_so = login.out.is_empty() && login.err.starts_with(&format!("{kind}: "));
    assert!(is_so, "{connection} {words:?}: {kind} was expected, and came to {login:?}");
}

/// alice's ticket, and a krb5.conf in which the KDC is at this port.
fn elsewhere(place: &Place<'_>, port: u16) -> Ticket {
    let mut ticket = place.alice();
    let here = format!("127.0.0.1:{}", place.kdc.port);
    let text = fs::read_to_string(&ticket.config).unwrap();
    // The tests on another server write theirs at the same time.
    ticket.config = place.sandbox.path().join(format!("krb5-{}-{port}.conf", place.server.port));
    fs::write(&ticket.config, text.replace(&here, &format!("127.0.0.1:{port}"))).unwrap();
    ticket
}

fn each_fault_has_its_name(place: &Place<'_>) {
    let (alice, to) = (place.alice(), place.to("either"));
    for mode in ["gssencmode=disable", "gssencmode=prefer", "gssencmode=require"] {
        fails(place, &place.nobody(), &to, &[mode], "NoCredentials");
        fails(place, &alice, &to, &[mode, "krbsrvname=nobody"], "UnknownService");
        fails(place, &elsewhere(place, 1), &to, &[mode], "KdcUnreachable");
    }
    // The library follows it as far as the stack goes.
    let mut round = alice.clone();
    round.config = place.sandbox.path().join(format!("krb5-{}-round.conf", place.server.port));
    fs::write(&round.config, format!("include {}\n", round.config.display())).unwrap();
    fails(place, &round, &to, &["gssencmode=disable"], "Gssapi");
    // Its key is one that the server's keytab has not got.
    place.kdc.keytab_of("other/localhost").unwrap();
    fails(place, &alice, &to, &["gssencmode=disable", "krbsrvname=other"], "WrongKey");
    fails(place, &alice, &to, &["gssencmode=require", "krbsrvname=other"], "Closed");
    place.kdc.ticket_of("short").unwrap();
    let short = place.kdc.short_ticket("short", "1s").unwrap();
    let to = to.replace("alice@", "short@");
    let is_expired = || {
        place.login(&short, &to, &["gssencmode=require"]).err.starts_with("CredentialsExpired: ")
    };
    wait_until(is_expired).unwrap();
    let said = place.run("ticket", &short, &[]);
    assert!(said.err.starts_with("CredentialsExpired: "), "{said:?}");
    let said = place.run("ticket", &place.nobody(), &[]);
    assert!(said.err.starts_with("NoCredentials: "), "{said:?}");
    let said = place.run("ticket", &alice, &[]);
    let (principal, seconds) = said.out.split_once(' ').unwrap();
    assert_eq!(principal, format!("alice@{REALM}"));
    assert!(seconds.parse::<u64>().unwrap() > 0);
}

/// A KDC that takes connections and says nothing: MIT's library waits for half a minute.
fn a_silent_kdc_is_given_up_in_time(place: &Place<'_>) {
    let silent = Silent::listen();
    let ticket = elsewhere(place, silent.port);
    let to = format!("{} connect_timeout=2", place.to("either"));
    for mode in ["gssencmode=disable", "gssencmode=prefer", "gssencmode=require"] {
        fails(place, &ticket, &to, &[mode], "TimedOut");
    }
}

/// Under prefer there are two connections, for both of which a ticket is wanted.
fn a_silent_kdc_is_asked_once(place: &Place<'_>) {
    if !place.is_newest {
        return;
    }
    let asked = thread::scope(|scope| {
        let modes = ["gssencmode=prefer", "gssencmode=require"].map(|mode| {
            scope.spawn(move || {
                let silent = Silent::listen();
                let ticket = elsewhere(place, silent.port);
                fails(place, &ticket, &place.to("either"), &[mode], "KdcUnreachable");
                silent.connections.load(Ordering::SeqCst)
            })
        });
        // A program that gives up does not wait for the call: it is gone before those that do.
        let silent = Silent::listen();
        let soon = format!("{} connect_timeout=2", place.to("either"));
        fails(place, &elsewhere(place, silent.port), &soon, &["gssencmode=require"], "TimedOut");
        assert!(modes.iter().all(|thread| !thread.is_finished()), "it waited for the KDC");
        modes.map(|thread| thread.join().unwrap())
    });
    assert!(asked[0] > 0 && asked[0] == asked[1], "prefer, require: {asked:?}");
}

/// A port that takes connections, and says nothing.
struct Silent {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Silent {
    fn listen() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        thread::spawn(move || {
            let mut open = Vec::new();
            for connection in listener.incoming() {
                open.push(connection);
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, connections }
    }
}
