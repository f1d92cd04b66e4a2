//! The people of a directory as JSON.
//!
//! The SQL type is `json` and not `jsonb`: its text is there as it was sent, so that it is measured
//! before anything is built of it, and it is read into what is wanted of it and nothing else.
#![allow(unsafe_code, reason = "pgrx's traits for argument types are unsafe to implement")]

use std::fmt;

use kerbrole_core::{Error, LARGEST_LIST, LONGEST_LIST};
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::prelude::*;
use pgrx::{PgSqlErrorCode, check_for_interrupts};
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};

use crate::report::{Raise, report};
use crate::server::encoding::{encoding_name, holds_utf8};

/// What a person looks like.
const SHAPE: &str = "A person is written as {\"principal\": \"alice@CORP.EXAMPLE.COM\", \"sid\": \
    \"S-1-5-21-...\", \"enabled\": true, \"roles\": [\"analysts\"]}.";

/// A person, as an element of the argument.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) principal: String,
    pub(crate) sid: String,
    #[serde(default = "enabled")]
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
}

fn enabled() -> bool {
    true
}

/// An argument of type `json`: an array of people.
pub(crate) struct People(pub(crate) Vec<Person>);

impl People {
    fn from_server(json: &[u8]) -> Self {
        if json.len() > LARGEST_LIST {
            // How many they are is not known before they are read.
            let bytes = Some(json.len());
            return Err(Error::ListTooLong { elements: LONGEST_LIST, bytes }).or_raise();
        }
        let text = match std::str::from_utf8(json) {
            Ok(text) if text.is_ascii() || holds_utf8() => text,
            _ => return Err(Error::Encoding { encoding: encoding_name() }).or_raise(),
        };
        match serde_json::from_str::<Self>(text) {
            Ok(people) if people.0.len() > LONGEST_LIST => {
                Err(Error::ListTooLong { elements: people.0.len(), bytes: None }).or_raise()
            }
            Ok(people) => people,
            Err(error) => {
                report(
                    PgLogLevel::ERROR,
                    PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                    format!("people: {error}"),
                    None,
                    Some(SHAPE.into()),
                );
                unreachable!("an ERROR does not return")
            }
        }
    }
}

impl<'de> Deserialize<'de> for People {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Listed)
    }
}

/// Reads the elements one by one: an interrupt is taken between two, and no more are kept than a
/// list may have, but for one that tells that there are more.
struct Listed;

impl<'de> Visitor<'de> for Listed {
    type Value = People;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of people")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<People, A::Error> {
        let mut people = Vec::new();
        while let Some(person) = elements.next_element::<Person>()? {
            check_for_interrupts!();
            people.push(person);
            if people.len() > LONGEST_LIST {
                while elements.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                break;
            }
            if people.try_reserve(1).is_err() {
                return Err(A::Error::custom("there is not enough memory for a list of people"));
            }
        }
        Ok(People(people))
    }
}

// SAFETY: unboxes a json, which has the same layout as bytea, and says in SqlTranslatable that it
// takes one.
unsafe impl<'fcx> ArgAbi<'fcx> for People {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the caller promises an argument of type json that is not null.
        Self::from_server(unsafe { <&[u8]>::unbox_arg_unchecked(arg) })
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: the caller promises an argument of type json.
        let bytes: Option<&[u8]> = unsafe { <&[u8]>::unbox_nullable_arg(arg) }.into_option();
        bytes.map(Self::from_server).into()
    }
}

// SAFETY: the SQL type named here is the one that is unboxed above.
unsafe impl SqlTranslatable for People {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(People);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("json"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("json")));
}
