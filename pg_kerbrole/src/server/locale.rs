//! What the server does to bytes beyond ASCII when it ignores case at a login.
//!
//! It compares in a process that has no database yet, whose `LC_CTYPE` is still the one that the
//! postmaster was started with (`main` in src/backend/main/main.c); a session has its database's.
//! So it is noted where the postmaster loads the library.
#![allow(unsafe_code, reason = "the locale is the C library's")]

use std::ffi::CStr;
use std::sync::OnceLock;

use kerbrole_core::HighBytes;
use pgrx::pg_sys;

/// What the postmaster had; each session inherits it.
static OF_THE_POSTMASTER: OnceLock<HighBytes> = OnceLock::new();

/// Notes the locale, where it is the postmaster's.
pub(crate) fn note() {
    // SAFETY: reads a static of the server.
    if unsafe { pg_sys::process_shared_preload_libraries_in_progress } {
        let _noted_before = OF_THE_POSTMASTER.set(high_bytes());
    }
}

/// What the server does to them, as far as can be seen.
pub(crate) fn of_the_postmaster() -> HighBytes {
    OF_THE_POSTMASTER.get().cloned().unwrap_or(HighBytes::Unknown)
}

/// By the locale of this process: what `pg_strcasecmp` in src/port/pgstrcasecmp.c does to each
/// byte.
fn high_bytes() -> HighBytes {
    // SAFETY: pg_tolower takes any byte and asks the C library about it. setlocale without a locale
    // changes nothing, and returns a C string that is valid until the next call.
    unsafe {
        if (0x80..=0xff_u8).all(|byte| pg_sys::pg_tolower(byte) == byte) {
            return HighBytes::Kept;
        }
        let name = libc::setlocale(libc::LC_CTYPE, std::ptr::null());
        let locale = if name.is_null() {
            "?".into()
        } else {
            CStr::from_ptr(name).to_string_lossy().into_owned()
        };
        HighBytes::Folded { locale }
    }
}
