//! Keeping passwords out of errors.
//!
//! A connection string holds a password, and errors repeat what cannot be understood: a string in
//! the wrong place is refused before anybody looks at it.

use crate::failure::Failure;

/// Whether all that may hold a password stands where one is looked for.
pub(crate) fn look(arguments: &[String]) -> Result<(), Failure> {
    let mut is_dbname = false;
    for argument in arguments {
        let (option, value) = split(argument, is_dbname);
        is_dbname = option.is_some_and(|option| option == "--dbname" || is_short_dbname(option))
            && value.is_none();
        let Some(value) = value else { continue };
        let belongs = option.is_some_and(|option| option == "--dbname" || is_short_dbname(option));
        if option == Some("--password") {
            return Err(Failure::usage(
                "--password asks for one and takes none: put it into ~/.pgpass, or into PGPASSWORD"
                    .into(),
            ));
        }
        if !belongs && is_connection_string(value) {
            return Err(Failure::usage(
                "a connection string stands where none is taken: give it with -d. It is not \
                 repeated here, since it may hold a password"
                    .into(),
            ));
        }
        if belongs && is_cut_within_password(value) {
            return Err(Failure::usage(
                "the connection URL is not understood: / and ? in a password are written %2F and \
                 %3F, @ in a database's name %40"
                    .into(),
            ));
        }
    }
    Ok(())
}

/// The option that an argument is, or belongs to, and the value that comes with it.
fn split(argument: &str, is_dbname: bool) -> (Option<&str>, Option<&str>) {
    if is_dbname {
        return (Some("-d"), Some(argument));
    }
    if argument.starts_with("--") {
        return match argument.split_once('=') {
            Some((option, value)) => (Some(option), Some(value)),
            None => (Some(argument), None),
        };
    }
    // In -dVALUE, -qd VALUE and -hVALUE the letters end with the first one that takes a value.
    let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
        return (None, Some(argument));
    };
    let takes_none = |c: char| matches!(c, 'w' | 'W' | 'q' | 'v' | '?' | 'n' | 'y');
    let at = letters.find(|c| !takes_none(c)).map_or(letters.len(), |at| at + 1);
    let at = if letters.is_char_boundary(at) { at } else { letters.len() };
    let (option, value) = argument.split_at(at + 1);
    (Some(option), Some(value.trim_start_matches('=')).filter(|value| !value.is_empty()))
}

fn is_short_dbname(option: &str) -> bool {
    !option.starts_with("--") && option.ends_with('d')
}

/// Whether it looks like a connection string. No name of a host, a user, a role or a principal
/// does.
fn is_connection_string(value: &str) -> bool {
    let url = ["postgres://", "postgresql://"].iter().any(|scheme| value.contains(scheme));
    // Any of them: a user or a database may be called so too.
    let mut words = value.match_indices("password").map(|(at, word)| &value[at + word.len()..]);
    url || words.any(|rest| rest.trim_start().starts_with('='))
}

/// Whether the first `/` or `?` of a URL seems to be in its password.
///
/// What comes after it would be taken for a database or a parameter and what is before it for a
/// host, and an error would say that there is no such host.
fn is_cut_within_password(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    matches!(scheme, "postgres" | "postgresql")
        && rest.find(['/', '?']).is_some_and(|at| {
            let query = rest[at..].split_once('?');
            let (path, query) = query.unwrap_or((&rest[at..], ""));
            // Without a colon there is neither a password nor what is left of one.
            let authority = &rest[..at];
            let in_query = || {
                query.split('&').any(|pair| {
                    pair.split_once('=').is_none_or(|(key, _)| key.contains('@'))
                        && pair.contains('@')
                })
            };
            authority.contains(':') && (path.contains('@') || in_query())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> bool {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        match look(&arguments) {
            Ok(()) => false,
            Err(failure) => {
                assert!(!failure.to_string().contains("s3cret"));
                true
            }
        }
    }

    #[test]
    fn a_string_stands_behind_d_only() {
        const URL: &str = "postgresql://u:s3cret@h/d";
        for good in [
            &["list", "-d", URL][..],
            &["list", "--dbname", URL],
            &["-qd", URL, "list"],
            &["list", &format!("--dbname={URL}")],
            &["list", &format!("-d{URL}")],
            &["list", "-d", "host=h password=s3cret"],
            &["list", "-d", "postgresql://u:s3cret@h/d?options=-c%20x"],
            &["list", "-d", "postgresql://u@h?password=s@cret"],
            &["list", "-d", "postgresql://h/my@database"],
            &["list", "-d", "postgresql://u:s3cret@h:5432/d?user=u@x"],
            &["add", "password@a.b", "-d", "x"],
            &["list", "-h", "db.example.com", "-W"],
        ] {
            assert!(!refused(good), "{good:?}");
        }
        for bad in [
            &["list", URL][..],
            &[URL, "list"],
            &["list", "-h", URL],
            &["list", &format!("-h{URL}")],
            &["list", &format!("--host={URL}")],
            &["add", "host=h password=s3cret"],
            &["add", "user=password password=s3cret"],
            &["list", "-qh", URL],
            &["list", "--password=s3cret"],
            &["list", "-d", "postgresql://u:12/s3cret@h/d"],
            &["list", "-d", "postgresql://u:s/s3cret@h/d"],
            &["list", "-d", "postgresql://u:s?s3cret@h/d"],
        ] {
            assert!(refused(bad), "{bad:?}");
        }
    }
}
