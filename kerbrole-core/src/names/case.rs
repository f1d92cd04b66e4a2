//! Case as the server folds it: A–Z and nothing else.
//!
//! With `krb_caseins_users` the server compares with `pg_strcasecmp` (src/port/pgstrcasecmp.c),
//! which under UTF-8 and in the C locale folds A–Z only: `É` and `é` stay two letters. Unicode
//! rules and SQL's `lower()` would call users the same whom the server tells apart. Where it was
//! started with an `LC_CTYPE` of single bytes it folds bytes of other letters as well, and so
//! letters into each other that have nothing to do with one another: [`HighBytes`].

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// What the server does to bytes beyond ASCII when it ignores case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HighBytes {
    /// Nothing.
    Kept,
    /// It folds them as letters of single bytes, by the `LC_CTYPE` that it was started with.
    Folded {
        /// What that is called.
        locale: String,
    },
    /// It cannot be seen from here.
    Unknown,
}

impl HighBytes {
    /// Whether it folds them, where that is known.
    pub fn are_folded(&self) -> Option<bool> {
        match self {
            Self::Kept => Some(false),
            Self::Folded { .. } => Some(true),
            Self::Unknown => None,
        }
    }
}

/// `name` with A–Z in lower case and every other character as it is.
pub fn fold_case(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Whether the server would take the two for the same user with `krb_caseins_users` on.
pub fn equal_ignoring_case(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// A number that all names share which [`equal_ignoring_case`] calls equal, and hardly any others.
pub(crate) fn hash_ignoring_case(name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    name.bytes().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    hasher.finish()
}

/// Of names with their numbers, the numbers of those that [`equal_ignoring_case`] calls equal, from
/// the smallest on; of a name that has no equal nothing.
///
/// Of many names hardly any are alike: they are put in order by a hash, and the texts are compared
/// of those only that share one.
pub(crate) fn alike_ignoring_case<'n>(
    names: impl Iterator<Item = (&'n str, usize)>,
) -> Vec<Vec<usize>> {
    let mut all: Vec<_> =
        names.map(|(name, number)| (hash_ignoring_case(name), number, name)).collect();
    all.sort_unstable_by_key(|(hash, number, _)| (*hash, *number));
    let mut alike = Vec::new();
    for of_hash in all.chunk_by(|a, b| a.0 == b.0).filter(|names| names.len() > 1) {
        let mut folded: Vec<_> =
            of_hash.iter().map(|(_, number, name)| (fold_case(name), *number)).collect();
        folded.sort_unstable();
        let equal = folded.chunk_by(|a, b| a.0 == b.0).filter(|names| names.len() > 1);
        alike.extend(equal.map(|names| names.iter().map(|(_, number)| *number).collect()));
    }
    alike
}

/// The first spelling of `name`, in byte order, that differs from it at most by case and is not
/// before `key`.
///
/// This is what lets one find the spellings of a name that exist in a sorted index without reading
/// all of it: ask the index for the first entry at or after a spelling, ask here for the first
/// spelling at or after that entry, and so on until one side has no more. The number of look-ups
/// does not grow with the index.
///
/// The answer is bytes because a key may end inside a character.
pub fn case_variant_at_least(name: &str, key: &[u8]) -> Option<Vec<u8>> {
    let name = name.as_bytes();
    // Where the answer may leave the key: up to here it equals the key, here it has something
    // greater.
    let mut leave: Option<(usize, u8)> = None;
    for (i, &byte) in name.iter().enumerate() {
        let (upper, lower) = (byte.to_ascii_uppercase(), byte.to_ascii_lowercase());
        let Some(&wanted) = key.get(i) else {
            return Some(variant(name, i, &key[..i], None));
        };
        if upper > wanted {
            leave = Some((i, upper));
        } else if lower > wanted {
            leave = Some((i, lower));
        }
        if wanted != upper && wanted != lower {
            return leave.map(|(at, byte)| variant(name, at, &key[..at], Some(byte)));
        }
    }
    if key.len() == name.len() {
        return Some(key.to_vec());
    }
    leave.map(|(at, byte)| variant(name, at, &key[..at], Some(byte)))
}

/// `prefix`, then `byte` if there is one, then the rest of `name` in its first spelling: upper
/// case.
fn variant(name: &[u8], at: usize, prefix: &[u8], byte: Option<u8>) -> Vec<u8> {
    let mut out = prefix.to_vec();
    out.extend(byte);
    let rest = at + usize::from(byte.is_some());
    out.extend(name[rest..].iter().map(u8::to_ascii_uppercase));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn only_ascii_letters_fold() {
        assert_eq!(fold_case("ÉLISE Straße İ K"), "Élise straße İ k");
        assert!(equal_ignoring_case("ALICE@Corp", "alice@cORP"));
        assert!(!equal_ignoring_case("Élise", "élise"));
        // The Kelvin sign folds to k under Unicode rules, and must not here.
        assert!(!equal_ignoring_case("\u{212a}", "k"));
    }

    #[test]
    fn names_alike_are_found_together() {
        let names = ["b", "Aa", "É", "aA", "é", "c", "B", "AA"];
        let of = names.iter().enumerate().map(|(at, name)| (*name, at));
        let mut alike = alike_ignoring_case(of);
        alike.sort_unstable();
        assert_eq!(alike, [vec![0, 6], vec![1, 3, 7]]);
    }

    #[test]
    fn what_the_server_does_to_other_letters_is_known_or_not() {
        let folded = HighBytes::Folded { locale: "de_DE".into() };
        let known = [HighBytes::Kept, folded, HighBytes::Unknown].map(|bytes| bytes.are_folded());
        assert_eq!(known, [Some(false), Some(true), None]);
    }

    fn all_variants(name: &str) -> BTreeSet<Vec<u8>> {
        let mut all = BTreeSet::from([Vec::new()]);
        for byte in name.bytes() {
            let both = [byte.to_ascii_uppercase(), byte.to_ascii_lowercase()];
            all = all.iter().flat_map(|v| both.map(|b| [v.as_slice(), &[b]].concat())).collect();
        }
        all
    }

    proptest! {
        #[test]
        fn whoever_has_an_equal_is_among_those_alike(names in vec("[aAbBé]{1,3}", 0..12)) {
            let of = names.iter().enumerate().map(|(at, name)| (name.as_str(), at));
            let alike = alike_ignoring_case(of);
            for (at, name) in names.iter().enumerate() {
                let is_equal = |&other: &usize| equal_ignoring_case(&names[other], name);
                let equal: Vec<usize> = (0..names.len()).filter(is_equal).collect();
                let found: Vec<_> = alike.iter().filter(|all| all.contains(&at)).collect();
                match equal.len() {
                    1 => prop_assert!(found.is_empty()),
                    _ => prop_assert_eq!(found, vec![&equal]),
                }
            }
        }

        #[test]
        fn a_variant_is_the_first_at_or_after_the_key(
            name in "[a-cA-C@1é]{0,6}", key in "[a-cA-C@1é_]{0,7}",
        ) {
            let expected = all_variants(&name).range(key.as_bytes().to_vec()..).next().cloned();
            prop_assert_eq!(case_variant_at_least(&name, key.as_bytes()), expected);
        }

        #[test]
        fn leapfrogging_finds_every_spelling_in_an_index(
            name in "[a-bA-B@]{1,4}",
            index in proptest::collection::btree_set("[a-bA-B@]{1,4}", 0..40),
        ) {
            let mut found = Vec::new();
            let mut bound = case_variant_at_least(&name, b"");
            while let Some(at) = bound {
                let at_or_after = |entry: &&String| entry.as_bytes() >= at.as_slice();
                let Some(entry) = index.iter().find(at_or_after) else { break };
                if equal_ignoring_case(entry, &name) {
                    found.push(entry.clone());
                    bound = case_variant_at_least(&name, &[entry.as_bytes(), b"\0"].concat());
                } else {
                    bound = case_variant_at_least(&name, entry.as_bytes());
                }
            }
            let is_a_spelling = |entry: &&String| equal_ignoring_case(entry, &name);
            let expected: Vec<_> = index.iter().filter(is_a_spelling).cloned().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
