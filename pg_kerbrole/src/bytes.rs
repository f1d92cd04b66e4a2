//! Texts as the bytes that they are, whatever the database's encoding: configuration files and catalogues hold what pgrx would
//! not take for text.
#![allow(unsafe_code, reason = "pgrx's traits for values are unsafe to implement")]

use pgrx::{FromDatum, IntoDatum, pg_sys};

/// A `text` of the server.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl FromDatum for Bytes {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, oid: pg_sys::Oid) -> Option<Self> {
        // SAFETY: the caller promises a datum of type text, which has the same layout as bytea.
        unsafe { <&[u8]>::from_polymorphic_datum(datum, is_null, oid) }.map(|bytes| Self(bytes.to_vec()))
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
