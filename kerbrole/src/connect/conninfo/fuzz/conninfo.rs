//! Connection strings.

use kerbrole_fuzz::{Corpus, Oracle, inputs};

use super::check;

const WORDS: &[&str] = &[
    "host=",
    "hostaddr=",
    "port=",
    "user=",
    "dbname=",
    "password=",
    "password = '",
    "sslpassword=s3cret ",
    "passfile=/nonexistent/p",
    "service=",
    "sslmode=",
    "sslrootcert=system",
    "options=",
    "requiressl=",
    "require_auth=",
    "gssencmode=",
    "connect_timeout=",
    "tcp_user_timeout=",
    "load_balance_hosts=random",
    "target_session_attrs=",
    "channel_binding=",
    "s3cret",
    "'",
    "\\",
    "\\'",
    "=",
    " = ",
    " ",
    "\t",
    "\u{b}",
    "\n",
    ",",
    "é",
    "\u{a0}",
    "postgresql://",
];

#[test]
fn strings_are_what_libpq_takes_them_for() {
    let oracle = Oracle::find("libpq");
    let corpus = Corpus::read(env!("CARGO_MANIFEST_DIR"), "conninfo", WORDS);
    inputs(&corpus, "strings", |bytes| check(oracle.as_ref(), bytes));
}
