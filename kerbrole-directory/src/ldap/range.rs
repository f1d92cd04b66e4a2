//! Values in portions: `member;range=0-1499` (MS-ADTS, section 3.1.1.3.1.3.3).

use rasn::types::OctetString;

use super::entry::Entry;
use crate::error::Error;

/// How many values are asked for at once: as many as Active Directory gives at most. A server may
/// give less, and says so. Without an end some would give all in one message.
const PORTION: u64 = 5_000;

/// What is asked for.
pub(crate) fn from(attribute: &str, first: u64) -> String {
    format!("{attribute};range={first}-{}", first + PORTION - 1)
}

/// A portion of an attribute's values.
#[derive(Debug)]
pub(crate) struct Portion<'e> {
    pub(crate) values: &'e [OctetString],
    /// Where the next one begins; `None` where this was the last one.
    pub(crate) next: Option<u64>,
}

/// The portion of the values that begins at `first`; `None` where there is none of the attribute.
///
/// # Errors
/// Where the answer is not the one to what was asked for, or does not lead on.
pub(crate) fn portion<'e>(
    entry: &'e Entry,
    attribute: &str,
    first: u64,
) -> Result<Option<Portion<'e>>, Error> {
    let mut found = None;
    for (description, values) in entry.attributes() {
        let (name, options) = match description.split_once(';') {
            Some((name, options)) => (name, Some(options)),
            None => (description, None),
        };
        if !name.eq_ignore_ascii_case(attribute) {
            continue;
        }
        let portion = match options {
            // A server that knows of no portions gives all.
            None if first == 0 => Portion { values, next: None },
            _ => options.and_then(|options| ranged(options, values, first)).ok_or_else(|| {
                let shown = crate::error::words(description);
                let object = entry.shown();
                Error::protocol(format!(
                    "{object}: {shown} with {} values is no portion from {first} on",
                    values.len()
                ))
            })?,
        };
        if found.replace(portion).is_some() {
            let object = entry.shown();
            return Err(Error::protocol(format!("{object}: {attribute} came more than once")));
        }
    }
    Ok(found)
}

fn ranged<'e>(options: &str, values: &'e [OctetString], first: u64) -> Option<Portion<'e>> {
    let (word, range) = options.split_once('=')?;
    let (low, high) = range.split_once('-')?;
    if !word.eq_ignore_ascii_case("range") || low.parse() != Ok(first) {
        return None;
    }
    if high == "*" {
        return Some(Portion { values, next: None });
    }
    // It has at least one value, so that the next portion begins further on.
    let next = high.parse::<u64>().ok()?.checked_add(1)?;
    let count = u64::try_from(values.len()).ok()?;
    (next.checked_sub(first) == Some(count)).then_some(Portion { values, next: Some(next) })
}

#[cfg(test)]
mod tests {
    use rasn::types::SetOf;
    use rasn_ldap::{PartialAttribute, SearchResultEntry};

    use super::*;

    fn entry(attributes: &[(&str, usize)]) -> Result<Entry, Error> {
        let each = attributes.iter().map(|(name, count)| {
            let values = (0..*count).map(|n| n.to_string().into_bytes().into()).collect();
            PartialAttribute::new((*name).into(), SetOf::from_vec(values))
        });
        SearchResultEntry::new("CN=g,DC=c".into(), each.collect()).try_into()
    }

    fn of(attributes: &[(&str, usize)], first: u64) -> Result<Option<(usize, Option<u64>)>, Error> {
        let entry = entry(attributes)?;
        let portion = portion(&entry, "member", first)?;
        Ok(portion.map(|portion| (portion.values.len(), portion.next)))
    }

    #[test]
    fn a_portion_says_where_the_next_one_begins() {
        let of = |attributes, first| of(attributes, first).unwrap();
        assert_eq!(of(&[("member;range=0-2", 3)], 0), Some((3, Some(3))));
        assert_eq!(of(&[("member", 0), ("member;Range=0-2", 3)], 0), Some((3, Some(3))));
        assert_eq!(of(&[("member;range=3-*", 2)], 3), Some((2, None)));
        assert_eq!(of(&[("member", 7)], 0), Some((7, None)));
        assert_eq!(of(&[("memberOf", 7)], 0), None);
        assert_eq!(of(&[("member", 0)], 0), None);
    }

    #[test]
    fn what_does_not_lead_on_is_an_error() {
        for (attributes, first) in [
            (&[("member;range=0-2", 3)][..], 3),
            (&[("member;range=0-2", 2)], 0),
            (&[("member;range=0-2", 4)], 0),
            (&[("member;range=3-2", 1)], 3),
            (&[("member;range=0-18446744073709551615", 1)], 0),
            (&[("member;range=0-0;range=1-1", 1)], 0),
            (&[("member;lang-de", 1)], 0),
            (&[("member;", 1)], 0),
            (&[("member", 3)], 3),
            (&[("member;range=0-2", 3), ("member;Range=0-2", 3)], 0),
            (&[("member;range=0-2", 3), ("member;range=0-*", 3)], 0),
        ] {
            assert!(of(attributes, first).is_err(), "{attributes:?} from {first}");
        }
    }
}
