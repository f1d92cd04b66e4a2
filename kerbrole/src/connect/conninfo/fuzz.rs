//! What holds whatever stands in a connection string or URL: what is in `corpus`, with something
//! done to it. `make fuzz` goes on for as long as one likes, and compares with libpq.

mod conninfo;
mod url;

use kerbrole_fuzz::Oracle;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::{Connection, Given, Parameters, as_string, has_password, text};
use crate::secrets;

/// Stands in passwords of the corpus, and nowhere else.
const SECRET: &str = "s3cret";

/// What libpq makes of it. `Err` has its words. Nothing where it cannot be asked, or where its
/// values are no text.
fn by_libpq(oracle: &Oracle, text: &str) -> Option<Result<Parameters, String>> {
    let answer = oracle.ask(text.as_bytes())?;
    let mut texts = answer.split(|&byte| byte == 0);
    let mut next = || texts.next().map(|bytes| String::from_utf8(bytes.into()));
    if next()?.ok()? != "yes" {
        return Some(Err(next()?.unwrap_or_default()));
    }
    let mut parameters = Parameters::new();
    loop {
        let keyword = next()?.ok()?;
        if keyword.is_empty() {
            return Some(Ok(parameters));
        }
        parameters.insert(keyword, next()?.ok()?);
    }
}

/// Whether a text with bytes in hexadecimal is one that is no UTF-8.
fn is_no_utf8(text: &str) -> bool {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.first_chunk::<2>().and_then(|two| str::from_utf8(two).ok());
        let byte = digits.filter(|_| first == b'%');
        match byte.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).is_err()
}

fn check(oracle: Option<&Oracle>, bytes: &[u8]) -> TestCaseResult {
    let given = String::from_utf8_lossy(bytes);
    let parsed = text::parse(&given);
    // No error tells a password, whichever part of it was taken for something else. The path of a
    // file of services is said where it is not there.
    let found = Connection::find(
        &Given { dbname: Some(given.to_string()), ..Given::default() },
        None,
        |_| None,
    );
    let may_be_said = parsed.as_ref().is_ok_and(|parameters| {
        parameters.get("servicefile").is_some_and(|path| path.contains(SECRET))
    });
    for error in [parsed.as_ref().err(), found.as_ref().err()].into_iter().flatten() {
        let error = error.to_string();
        prop_assert!(may_be_said || !error.contains(SECRET), "{error}");
        // Whatever else it says does not come from the text.
        let is_path = error.starts_with("PGSERVICEFILE or servicefile ");
        prop_assert!(is_path || error.len() < 1_000, "{error}");
    }
    if let Ok(parameters) = &parsed {
        let is_word = |text: &String| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        if !parameters.is_empty() && parameters.keys().all(is_word) {
            let again = text::parse(&as_string(parameters)).map_err(|error| error.to_string());
            prop_assert_eq!(again.as_ref(), Ok(parameters));
        }
        let has = |keyword: &str| parameters.get(keyword).is_some_and(|value| !value.is_empty());
        // Where none is taken, one that has a password is never repeated.
        if (has("password") || has("sslpassword")) && !given.starts_with('-') {
            prop_assert!(has_password(&given).is_ok_and(|has| has));
            let arguments = ["list".to_string(), given.to_string()];
            prop_assert!(secrets::look(&arguments).is_err(), "taken for a name");
        }
    }
    // Whatever is neither a URL nor has a "=" is a database's name to psql, which asks libpq only
    // for the others.
    let is_name = !given.contains('=')
        && !["postgres://", "postgresql://"].iter().any(|scheme| given.starts_with(scheme));
    let Some(oracle) = oracle.filter(|_| !given.contains('\0') && !is_name) else { return Ok(()) };
    match (&parsed, by_libpq(oracle, &given)) {
        (_, None) => {}
        (Ok(parameters), Some(Ok(by_libpq))) => prop_assert_eq!(parameters, &by_libpq),
        // A keyword that libpq does not know is refused later, or known to a newer libpq.
        (Ok(_), Some(Err(why))) => prop_assert!(
            why.contains("invalid connection option")
                || why.contains("invalid URI query parameter"),
            "libpq: {why}"
        ),
        // A value that is no UTF-8 is refused, also where a later one takes its place.
        (Err(_), Some(Ok(_))) if is_no_utf8(&given) => {}
        (Err(error), Some(Ok(_))) => prop_assert!(false, "libpq takes it: {error}"),
        (Err(_), Some(Err(_))) => {}
    }
    Ok(())
}
