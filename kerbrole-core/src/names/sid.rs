//! What a directory knows an account by, whatever it is called.

use std::fmt;
use std::str::FromStr;

use crate::names::error::NameError;

/// How many sub-authorities a SID has at most (`SID_MAX_SUB_AUTHORITIES`, MS-DTYP 2.4.2).
const MOST: usize = 15;

/// The authority of accounts: `NT AUTHORITY`.
const NT: u64 = 5;

/// Where the SIDs of a domain and of its accounts begin (`SECURITY_NT_NON_UNIQUE`).
const DOMAIN: u32 = 21;

/// A security identifier: `S-1-5-21-1004336348-1177238915-682003330-1104`.
///
/// It stays with an account when that is renamed, and is never given to another one: an account
/// that is deleted and made again has another SID.
///
/// There is one spelling of each, which `Display` writes and `FromStr` reads (MS-DTYP 2.4.2.1):
/// numbers without leading zeros; an authority of 2³² or more in twelve hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid(Held);

/// There may be one for each of a great many accounts: what nearly all of them are takes little
/// room. Each SID is held in one of these ways only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Held {
    /// `S-1-5-21-a-b-c`
    Domain([u32; 3]),
    /// `S-1-5-21-a-b-c-rid`
    Account([u32; 3], u32),
    /// Any other.
    Other(Box<Numbers>),
}

/// The numbers that a SID is made of.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Numbers {
    /// 48 bits.
    authority: u64,
    /// At least 1.
    count: u8,
    /// Zero beyond those that there are.
    sub_authorities: [u32; MOST],
}

impl Numbers {
    fn new(authority: u64, sub_authorities: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut all = Self { authority, count: 0, sub_authorities: [0; MOST] };
        for one in sub_authorities {
            *all.sub_authorities.get_mut(usize::from(all.count))? = one;
            all.count += 1;
        }
        (all.count > 0 && authority < 1 << 48).then_some(all)
    }

    fn sub_authorities(&self) -> &[u32] {
        &self.sub_authorities[..usize::from(self.count)]
    }
}

impl Sid {
    fn new(authority: u64, sub_authorities: impl IntoIterator<Item = u32>) -> Option<Self> {
        let numbers = Numbers::new(authority, sub_authorities)?;
        Some(Self(match (numbers.authority, numbers.sub_authorities()) {
            (NT, &[DOMAIN, a, b, c]) => Held::Domain([a, b, c]),
            (NT, &[DOMAIN, a, b, c, rid]) => Held::Account([a, b, c], rid),
            _ => Held::Other(Box::new(numbers)),
        }))
    }

    fn numbers(&self) -> Numbers {
        let of = |(count, [a, b, c]): (u8, [u32; 3]), rid: u32| {
            let mut sub_authorities = [0; MOST];
            sub_authorities[..5].copy_from_slice(&[DOMAIN, a, b, c, rid]);
            Numbers { authority: NT, count, sub_authorities }
        };
        match &self.0 {
            Held::Domain(domain) => of((4, *domain), 0),
            Held::Account(domain, rid) => of((5, *domain), *rid),
            Held::Other(numbers) => (**numbers).clone(),
        }
    }

    /// The SID in the bytes that a directory sends as `objectSid` (MS-DTYP 2.4.2.2): revision,
    /// number of sub-authorities, six bytes of the authority, and each sub-authority from its
    /// lowest byte on.
    ///
    /// # Errors
    /// 22023 for anything else, also where there are bytes too many.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NameError> {
        let read = || {
            let (head, rest) = bytes.split_first_chunk::<8>()?;
            let [revision, count, authority @ ..] = head;
            let (words, left) = rest.as_chunks::<4>();
            if *revision != 1 || !left.is_empty() || words.len() != usize::from(*count) {
                return None;
            }
            let authority = authority.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
            Self::new(authority, words.iter().map(|word| u32::from_le_bytes(*word)))
        };
        read().ok_or_else(|| {
            let shown: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
            NameError::Sid { text: format!("\\x{shown}") }
        })
    }

    /// The bytes that [`from_bytes`](Self::from_bytes) reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let numbers = self.numbers();
        let mut bytes = vec![1, numbers.count];
        bytes.extend(&numbers.authority.to_be_bytes()[2..]);
        bytes.extend(numbers.sub_authorities().iter().flat_map(|one| one.to_le_bytes()));
        bytes
    }

    /// The domain of an account, `S-1-5-21-a-b-c`; `None` for what is no account of a domain.
    pub fn domain(&self) -> Option<Self> {
        match self.0 {
            Held::Account(domain, _) => Some(Self(Held::Domain(domain))),
            _ => None,
        }
    }

    /// Whether this is the SID of a domain: `S-1-5-21-a-b-c`.
    pub fn is_domain(&self) -> bool {
        matches!(self.0, Held::Domain(_))
    }

    /// The last sub-authority: of an account, the number that tells it from others of its domain.
    pub fn rid(&self) -> u32 {
        self.numbers().sub_authorities().last().copied().unwrap_or(0)
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = self.numbers();
        match u32::try_from(numbers.authority) {
            Ok(authority) => write!(f, "S-1-{authority}")?,
            Err(_) => write!(f, "S-1-0x{:012X}", numbers.authority)?,
        }
        numbers.sub_authorities().iter().try_for_each(|one| write!(f, "-{one}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sid {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let read = || {
            let mut parts = text.strip_prefix("S-1-")?.split('-');
            let authority = parts.next()?;
            let authority = match authority.strip_prefix("0x") {
                Some(digits) if digits.len() == 12 => u64::from_str_radix(digits, 16).ok()?,
                _ => authority.parse::<u32>().ok()?.into(),
            };
            // More parts than there can be are not read.
            let parts: Vec<_> =
                parts.take(MOST + 1).map(str::parse::<u32>).collect::<Result<_, _>>().ok()?;
            Self::new(authority, parts)
        };
        // Numbers can be written in several ways, and an identity in one.
        let one = read().filter(|sid| sid.to_string() == text);
        one.ok_or_else(|| NameError::Sid { text: text.into() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sid(text: &str) -> Sid {
        text.parse().unwrap()
    }

    #[test]
    fn bytes_are_those_of_the_directory() {
        // MS-DTYP 2.4.2.4 has S-1-5-32-544 for BUILTIN\Administrators.
        let administrators = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        assert_eq!(Sid::from_bytes(&administrators).unwrap().to_string(), "S-1-5-32-544");
        let account = [
            1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 255, 255, 255, 255, 80, 4,
            0, 0,
        ];
        let account = Sid::from_bytes(&account).unwrap();
        assert_eq!(account.to_string(), "S-1-5-21-1-256-4294967295-1104");
        assert_eq!(account.domain(), Some(sid("S-1-5-21-1-256-4294967295")));
        assert_eq!(account.rid(), 1104);
        assert!(account.domain().unwrap().is_domain() && !account.is_domain());
        for wrong in [&administrators[..15], &administrators[..12], &[], &[1, 0, 0, 0, 0, 0, 0, 5]]
        {
            Sid::from_bytes(wrong).unwrap_err();
        }
        let mut other = administrators.to_vec();
        other.push(0);
        Sid::from_bytes(&other).unwrap_err();
        Sid::from_bytes(&[2, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]).unwrap_err();
    }

    #[test]
    fn each_has_one_spelling() {
        for one in ["S-1-5-18", "S-1-0-0", "S-1-0x0001FFFFFFFF-7", "S-1-4294967295-1"] {
            assert_eq!(sid(one).to_string(), one);
        }
        let fifteen = format!("S-1-5{}", "-1".repeat(15));
        assert_eq!(sid(&fifteen).to_string(), fifteen);
        for wrong in [
            "",
            "S-1-5",
            "S-1-5-",
            "s-1-5-18",
            "S-2-5-18",
            "S-1-5-018",
            "S-1-5-+18",
            "S-1-05-18",
            "S-1-5-18 ",
            "S-1-5--18",
            "S-1-5-4294967296",
            "S-1-4294967296-1",
            "S-1-0x000000000005-18",
            "S-1-0x0001ffffffff-7",
            "S-1-5-1\u{661}",
            &format!("{fifteen}-1"),
        ] {
            let error = wrong.parse::<Sid>().unwrap_err();
            assert_eq!(error.sqlstate().code(), "22023", "{wrong}");
        }
        assert_eq!(sid("S-1-5-18").domain(), None);
        assert_eq!(sid("S-1-5-21-1-2-3-4-5").domain(), None);
    }

    proptest! {
        #[test]
        fn text_and_bytes_come_back(
            authority in prop_oneof![Just(NT), 0u64..1 << 48],
            first in prop_oneof![Just(DOMAIN), any::<u32>()],
            further in proptest::collection::vec(any::<u32>(), 0..=14),
        ) {
            let all = [vec![first], further].concat();
            let (one, of) = (Sid::new(authority, all.clone()).unwrap(), all.len());
            let is_of_domains = (authority, first) == (NT, DOMAIN);
            prop_assert_eq!(one.is_domain(), is_of_domains && of == 4);
            prop_assert_eq!(one.domain().is_some(), is_of_domains && of == 5);
            prop_assert_eq!(one.rid(), all[of - 1]);
            prop_assert_eq!(one.to_string().parse::<Sid>().unwrap(), one.clone());
            prop_assert_eq!(Sid::from_bytes(&one.to_bytes()).unwrap(), one);
        }

        #[test]
        fn what_is_read_is_what_was_written(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            text in "S-1-[0-9x-]{0,30}",
        ) {
            if let Ok(read) = Sid::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
            if let Ok(read) = text.parse::<Sid>() {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
