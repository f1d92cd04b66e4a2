//! Queries and settings that facts come from.
#![allow(unsafe_code, reason = "settings are read through the server's C functions")]

use std::ffi::CStr;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;

/// The rows of a query, as far as each can be read.
pub(super) fn rows<T>(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    read: impl FnMut(pgrx::spi::SpiHeapTupleData<'_>) -> Option<T>,
) -> Vec<T> {
    Spi::connect(|client| {
        let rows = client
            .select(query, None, arguments)
            .unwrap_or_else(|error| error!("{query} failed: {error}"));
        rows.filter_map(read).collect()
    })
}

/// The value of a setting, for this session.
pub(super) fn setting(name: &CStr) -> String {
    // SAFETY: the setting exists in every supported version; the pointer is valid until settings
    // change.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        if value.is_null() {
            String::new()
        } else {
            CStr::from_ptr(value).to_string_lossy().into_owned()
        }
    }
}
