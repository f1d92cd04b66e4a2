//! Names and words as they are kept: as the text that results show, and looked at again when they
//! are read back.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnose::case_audit::CaseProblem;
use crate::names::realm::Realm;
use crate::names::role_name::RoleName;
use crate::names::sid::Sid;
use crate::oid::RoleOid;
use crate::plan::access::limit::RemovalLimit;
use crate::plan::access::step::AccessAction;
use crate::plan::add::AddAction;
use crate::plan::sync::{AbsentPolicy, SyncAction};

/// A type whose values are kept by the words that results show.
macro_rules! by_word {
    ($($type:ident)*) => { $(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                const WORDS: &[&str] = &{
                    let mut words = [""; $type::ALL.len()];
                    let mut at = 0;
                    while at < words.len() {
                        words[at] = $type::ALL[at].as_str();
                        at += 1;
                    }
                    words
                };
                let word = Cow::<str>::deserialize(deserializer)?;
                let named = $type::ALL.into_iter().find(|one| one.as_str() == word);
                named.ok_or_else(|| D::Error::unknown_variant(&word, WORDS))
            }
        }
    )* };
}

by_word!(AbsentPolicy AccessAction AddAction CaseProblem SyncAction);

/// A type whose values are kept by the text that `Display` writes and `FromStr` reads.
macro_rules! by_text {
    ($($type:ident)*) => { $(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )* };
}

by_text!(Sid RemovalLimit);

impl Serialize for Realm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Realm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A name that is no text where it was read, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unwritable<'n> {
    shown: Cow<'n, str>,
    oid: RoleOid,
}

/// A name is kept as text; one that cannot be written ([`RoleName::unwritable`]) as an object of
/// what is shown of it and the OID.
impl Serialize for RoleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.unwritable_oid() {
            Some(oid) => Unwritable { shown: self.to_string().into(), oid }.serialize(serializer),
            None => serializer.serialize_str(self.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Kept;

        impl<'de> Visitor<'de> for Kept {
            type Value = RoleName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a role")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<RoleName, E> {
                RoleName::new(name).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RoleName, A::Error> {
                let kept = Unwritable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RoleName::unwritable(&kept.shown, kept.oid))
            }
        }

        deserializer.deserialize_any(Kept)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{from_str, from_value, json, to_value};

    use super::*;

    fn read<T: DeserializeOwned>(kept: &str) -> Result<T, String> {
        from_str(kept).map_err(|error| error.to_string())
    }

    #[test]
    fn words_are_those_of_results() {
        assert_eq!(
            to_value((SyncAction::Drop, AddAction::Adopted, AbsentPolicy::Keep)).unwrap(),
            json!(["drop", "adopted", "keep"])
        );
        assert_eq!(to_value(CaseProblem::Collision).unwrap(), json!("case_collision"));
        for problem in CaseProblem::ALL {
            assert_eq!(from_value::<CaseProblem>(json!(problem.as_str())).unwrap(), problem);
        }
        assert!(read::<SyncAction>("\"remove\"").unwrap_err().contains("expected one of `create`"));
    }

    #[test]
    fn what_is_no_name_is_not_read() {
        let name = RoleName::new("alice@CORP.EXAMPLE.COM").unwrap();
        assert_eq!(to_value(&name).unwrap(), json!("alice@CORP.EXAMPLE.COM"));
        assert_eq!(read(r#""alice@CORP.EXAMPLE.COM""#), Ok(name));
        let no_text = read::<RoleName>("5").unwrap_err();
        assert!(no_text.contains("expected the name of a role"), "{no_text}");
        let long = "x".repeat(64);
        for wrong in [json!(""), json!("a\0b"), json!(long), json!(5), json!(null), json!([])] {
            read::<RoleName>(&wrong.to_string()).unwrap_err();
        }
        assert_eq!(
            to_value(Realm::parse("corp.example.com").unwrap()).unwrap(),
            "CORP.EXAMPLE.COM"
        );
        assert_eq!(read(r#""corp.example.com""#), Ok(Realm::parse("CORP.EXAMPLE.COM").unwrap()));
        read::<Realm>(r#""corp..example""#).unwrap_err();
    }

    #[test]
    fn a_name_that_cannot_be_written_comes_back_as_it_was() {
        let name = RoleName::unwritable("caf?", 16_400);
        let kept = to_value(&name).unwrap();
        assert_eq!(kept, json!({"shown": "caf?", "oid": 16_400}));
        assert_eq!(from_value::<RoleName>(kept).unwrap(), name);
        // What is shown is no name that somebody wrote, whatever the file says.
        let forged: RoleName = from_value(json!({"shown": "rds_ad\u{0}1", "oid": 10})).unwrap();
        assert_eq!(forged.unwritable_oid(), Some(10));
        read::<RoleName>(r#"{"shown": "x"}"#).unwrap_err();
        read::<RoleName>(r#"{"shown": "x", "oid": 1, "name": "y"}"#).unwrap_err();
    }
}
