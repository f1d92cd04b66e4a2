//! Texts as the bytes that they are, whatever the database's encoding: configuration files and
//! catalogues hold what pgrx would not take for text.
#![allow(
    unsafe_code,
    reason = "the encoding is a static of the server, and pgrx's traits for values are unsafe"
)]

use std::ffi::CStr;

use pgrx::{FromDatum, IntoDatum, pg_sys};

/// A `text` of the server.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl FromDatum for Bytes {
    unsafe fn from_polymorphic_datum(
        datum: pg_sys::Datum,
        is_null: bool,
        oid: pg_sys::Oid,
    ) -> Option<Self> {
        // SAFETY: the caller promises a datum of type text, which has the same layout as bytea.
        unsafe { <&[u8]>::from_polymorphic_datum(datum, is_null, oid) }
            .map(|bytes| Self(bytes.to_vec()))
    }
}

impl IntoDatum for Bytes {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        self.0.into_datum()
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::TEXTOID
    }
}

impl Bytes {
    /// As the core reads it.
    pub(crate) fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// Whether bytes beyond ASCII mean UTF-8 in this database. In SQL_ASCII they mean whatever the
/// client sent.
pub(crate) fn holds_utf8() -> bool {
    // SAFETY: reads a static of the server, set before any function can be called.
    let encoding = unsafe { pg_sys::GetDatabaseEncoding() } as u32;
    matches!(encoding, pg_sys::pg_enc::PG_UTF8 | pg_sys::pg_enc::PG_SQL_ASCII)
}

pub(crate) fn encoding_name() -> String {
    // SAFETY: returns a pointer to a constant string of the server.
    unsafe { CStr::from_ptr(pg_sys::GetDatabaseEncodingName()) }.to_string_lossy().into_owned()
}
