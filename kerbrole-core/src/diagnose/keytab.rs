//! Which principals a keytab has keys of. Keys themselves are passed over.
//!
//! The format is MIT's "keytab file format" (version 0x0502): big-endian, entries with a length
//! before them, a negative length for a hole.

use std::collections::HashSet;

/// The principals of a keytab, as `postgres/db.example.com@CORP.EXAMPLE.COM`, each once, in the
/// order of the file.
///
/// `None` when this is no keytab of the version that is written since 1997, or a broken one: MIT
/// passes over all that comes after the first entry that it cannot read.
pub fn keytab_principals(bytes: &[u8]) -> Option<Vec<String>> {
    let mut rest = bytes.strip_prefix(&[5, 2])?;
    let mut found = Vec::new();
    let mut known = HashSet::new();
    while !rest.is_empty() {
        let length = i32::from_be_bytes(*rest.first_chunk()?);
        rest = &rest[4..];
        // The end to MIT, whatever comes after it (krb5_ktfileint_internal_read_entry in
        // src/lib/krb5/keytab/kt_file.c).
        if length == 0 {
            break;
        }
        let size = usize::try_from(length.unsigned_abs()).ok()?;
        let entry = rest.get(..size)?;
        rest = &rest[size..];
        if length > 0 {
            let principal = principal(entry)?;
            if known.insert(principal.clone()) {
                found.push(principal);
            }
        }
    }
    Some(found)
}

fn principal(mut entry: &[u8]) -> Option<String> {
    let components = number(&mut entry)?;
    let realm = text(&mut entry)?;
    let components: Option<Vec<_>> = (0..components).map(|_| text(&mut entry)).collect();
    // The kind of the name, the time, the version of the key and what the key is for come before
    // it.
    let mut key = entry.get(4 + 4 + 1 + 2..)?;
    let length = number(&mut key)?;
    key.get(..usize::from(length))?;
    Some(format!("{}@{realm}", components?.join("/")))
}

/// A number that MIT takes: it has a sign there, and none of them may be zero.
fn number(entry: &mut &[u8]) -> Option<u16> {
    let number = u16::from_be_bytes(*entry.first_chunk()?);
    *entry = &entry[2..];
    Some(number).filter(|number| (1..0x8000).contains(number))
}

fn text(entry: &mut &[u8]) -> Option<String> {
    let length = usize::from(number(entry)?);
    let bytes = entry.get(..length)?;
    *entry = &entry[length..];
    Some(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(components: &[&str], realm: &str) -> Vec<u8> {
        let counted = |text: &str| {
            [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat()
        };
        let mut body = u16::try_from(components.len()).unwrap().to_be_bytes().to_vec();
        body.extend(counted(realm));
        components.iter().for_each(|component| body.extend(counted(component)));
        body.extend([0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 18, 0, 3, b'k', b'e', b'y']);
        [&i32::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
    }

    #[test]
    fn principals_are_read_and_holes_skipped() {
        let hole = [&(-5i32).to_be_bytes()[..], &[9; 5]].concat();
        let one = entry(&["postgres", "localhost"], "A.B");
        let file = [&[5, 2], &one[..], &hole, &one, &entry(&["HOST$"], "A.B")].concat();
        assert_eq!(keytab_principals(&file).unwrap(), ["postgres/localhost@A.B", "HOST$@A.B"]);
        assert_eq!(keytab_principals(&[5, 2]).unwrap(), [""; 0]);
        for bytes in [&b""[..], b"5", &[5, 1], &[5, 2, 0, 0], &[5, 2, 0, 0, 0, 9, 1], &file[..20]] {
            assert_eq!(keytab_principals(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn an_entry_without_a_length_ends_the_file_as_it_does_for_mit() {
        let (one, other) = (entry(&["a"], "A.B"), entry(&["b"], "A.B"));
        let file = [&[5, 2], &one[..], &[0; 4], &other].concat();
        assert_eq!(keytab_principals(&file).unwrap(), ["a@A.B"]);
    }

    #[test]
    fn what_mit_takes_for_no_entry_makes_it_no_keytab() {
        let whole = entry(&["a"], "A.B");
        // The length of an entry is right, and it ends before its key does.
        let cut = |count: usize| {
            let body = &whole[4..whole.len() - count];
            [&i32::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
        };
        let mut keyless = cut(3);
        let length = keyless.len();
        keyless[length - 2..].fill(0);
        for broken in [
            entry(&[], "A.B"),
            entry(&["a"], ""),
            entry(&["a", ""], "A.B"),
            cut(1),
            cut(15),
            keyless,
        ] {
            assert_eq!(keytab_principals(&[&[5, 2], &whole[..], &broken].concat()), None);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_read_makes_it_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let _read = keytab_principals(&[&[5, 2], &bytes[..]].concat());
        }
    }
}
