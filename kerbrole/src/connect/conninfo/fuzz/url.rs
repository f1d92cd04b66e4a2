//! Connection URLs.

use kerbrole_fuzz::{Corpus, Oracle, inputs};

use super::check;

const WORDS: &[&str] = &[
    "postgresql://",
    "postgres://",
    "s3cret",
    ":s3cret@",
    "alice:",
    "@",
    ":",
    "/",
    "//",
    "?",
    "&",
    "=",
    "[",
    "]",
    "[fd00::5]",
    ",",
    "%20",
    "%00",
    "%",
    "%2",
    "%zz",
    "%C3%A9",
    "%ff",
    "%3D",
    "p%61ssword=s3cret",
    "password=s3cret&",
    "ssl=true",
    "ssl=false",
    "requiressl=1&",
    "sslmode=require&",
    "host=a",
    "port=1",
    "dbname=x",
    "options=-c%20x%3Dy",
    "#",
    " ",
    "é",
    "'",
    "\\",
];

#[test]
fn urls_are_what_libpq_takes_them_for() {
    let oracle = Oracle::find("libpq");
    let corpus = Corpus::read(env!("CARGO_MANIFEST_DIR"), "url", WORDS);
    inputs(&corpus, "urls", |bytes| check(oracle.as_ref(), bytes));
}
