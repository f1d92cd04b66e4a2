//! Every line of pg_hba.conf that is about a ticket, with every mode, TLS or none, and a ticket or
//! none.

use kerbrole_tests::fixture::REALM;

use crate::Case;
use crate::modes::{REFUSED, expect};
use crate::world::Place;

pub const CASES: &[Case] = &[("each_line_takes_what_it_is_for", each_line_takes_what_it_is_for)];

const NONE: &str = "NoCredentials: no ticket";

/// A database, whose line has its name, and a mode; what comes of it with a ticket, with a ticket
/// and TLS where GSSAPI does not encrypt, without a ticket, and with TLS only.
const LINES: [(&str, &str, [&str; 4]); 12] = [
    ("encrypted", "disable", [REFUSED, REFUSED, REFUSED, REFUSED]),
    ("encrypted", "prefer", ["encrypted", "encrypted", REFUSED, REFUSED]),
    ("encrypted", "require", ["encrypted", "encrypted", NONE, NONE]),
    ("unencrypted", "disable", ["plain", "plain tls", NONE, NONE]),
    // It takes a second connection.
    ("unencrypted", "prefer", ["plain", "plain tls", NONE, NONE]),
    ("unencrypted", "require", [REFUSED, REFUSED, NONE, NONE]),
    ("tls", "disable", [REFUSED, "plain tls", REFUSED, NONE]),
    ("tls", "prefer", [REFUSED, "plain tls", REFUSED, NONE]),
    ("tls", "require", [REFUSED, REFUSED, NONE, NONE]),
    ("either", "disable", ["plain", "plain tls", NONE, NONE]),
    ("either", "prefer", ["encrypted", "encrypted", NONE, NONE]),
    ("either", "require", ["encrypted", "encrypted", NONE, NONE]),
];

fn each_line_takes_what_it_is_for(place: &Place<'_>) {
    let (alice, nobody) = (place.alice(), place.nobody());
    let root = format!("ca={}", place.root.display());
    for (database, mode, comes) in LINES {
        let mode = format!("gssencmode={mode}");
        let ways = [
            (&alice, vec![&*mode]),
            (&alice, vec![&mode, &root]),
            (&nobody, vec![&mode]),
            (&nobody, vec![&mode, &root]),
        ];
        for ((ticket, words), what) in ways.into_iter().zip(comes) {
            let is_in = ![REFUSED, NONE].contains(&what);
            let what = if is_in { format!("alice@{REALM} {what}") } else { what.into() };
            expect(place, ticket, &place.to(database), &words, &what);
        }
    }
}
