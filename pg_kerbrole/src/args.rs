//! Text arguments, whatever the database's encoding.
//!
//! pgrx takes the bytes of a `text` for UTF-8 or panics. Here a name that cannot be told in UTF-8 gets an error of its own:
//! a ticket's principal is UTF-8, and the server compares bytes.
#![allow(unsafe_code, reason = "pgrx's traits for argument types are unsafe to implement")]

use std::ffi::CStr;

use kerbrole_core::{Error, LONGEST_ARGUMENT};
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::datum::{Datum, UnboxDatum};
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, pg_sys};

use crate::report::Raise;

/// A `text` argument.
pub(crate) struct Text(String);

impl Text {
    /// What is longer than any name is refused before it is copied: the server's own allocations end in an ERROR, Rust's would end the backend, and with
    /// it the cluster.
    fn from_server(bytes: &[u8]) -> Self {
        if bytes.len() > LONGEST_ARGUMENT {
            return Err(Error::ArgumentTooLong { bytes: bytes.len() }).or_raise();
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() || holds_utf8() => Self(text.into()),
            _ => Err(Error::Encoding { encoding: encoding_name() }).or_raise(),
        }
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

/// Whether bytes beyond ASCII mean UTF-8 in this database. In SQL_ASCII they mean whatever the client sent.
pub(crate) fn holds_utf8() -> bool {
    // SAFETY: reads a static of the server, set before any function can be called.
    let encoding = unsafe { pg_sys::GetDatabaseEncoding() } as u32;
    matches!(encoding, pg_sys::pg_enc::PG_UTF8 | pg_sys::pg_enc::PG_SQL_ASCII)
}

fn encoding_name() -> String {
    // SAFETY: returns a pointer to a constant string of the server.
    unsafe { CStr::from_ptr(pg_sys::GetDatabaseEncodingName()) }.to_string_lossy().into_owned()
}

impl FromDatum for Text {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, oid: pg_sys::Oid) -> Option<Self> {
        // SAFETY: the caller promises a datum of type text, which has the same layout as bytea.
        unsafe { <&[u8]>::from_polymorphic_datum(datum, is_null, oid) }.map(Self::from_server)
    }
}

// SAFETY: an element of a text[] is a text, and the value returned borrows nothing from it.
unsafe impl UnboxDatum for Text {
    type As<'src> = Self;

    unsafe fn unbox<'src>(datum: Datum<'src>) -> Self::As<'src>
    where
        Self: 'src,
    {
        // SAFETY: as for from_polymorphic_datum.
        Self::from_server(unsafe { <&[u8]>::unbox(datum) })
    }
}

// SAFETY: unboxes a text, and says in SqlTranslatable that it takes one.
unsafe impl<'fcx> ArgAbi<'fcx> for Text {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the caller promises an argument of type text that is not null.
        Self::from_server(unsafe { <&[u8]>::unbox_arg_unchecked(arg) })
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: the caller promises an argument of type text.
        let bytes: Option<&[u8]> = unsafe { <&[u8]>::unbox_nullable_arg(arg) }.into_option();
        bytes.map(Self::from_server).into()
    }
}

// SAFETY: the SQL type named here is the one that is unboxed above.
unsafe impl SqlTranslatable for Text {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Text);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("text"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::literal("text")));
}
