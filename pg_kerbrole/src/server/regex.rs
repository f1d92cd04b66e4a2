//! The regular expressions of pg_hba.conf and pg_ident.conf, by the server's own code.
//!
//! The server compiles them while it has no database, whose encoding is SQL_ASCII then: each byte
//! is a character, and the collation is C (`regcomp_auth_token` in src/backend/libpq/hba.c). The
//! functions are called here with the same characters, so that the database's encoding plays no
//! part, and nothing is put around a pattern: embedded options have to come first in it, and back
//! references count its groups.
#![allow(unsafe_code, reason = "the server's regular expressions are C")]

use std::ffi::{c_int, c_long, c_void};

use kerbrole_core::Match;
use pgrx::pg_sys;

/// `regex_t` (src/include/regex/regex.h), which is not looked into: five times what it takes.
#[repr(C, align(16))]
struct Compiled([u8; 320]);

/// `regmatch_t`
#[repr(C)]
#[derive(Clone, Copy)]
struct Span {
    start: c_long,
    end: c_long,
}

const REG_ADVANCED: c_int = 0o3;
const REG_OKAY: c_int = 0;
const REG_NOMATCH: c_int = 1;
const NOWHERE: Span = Span { start: -1, end: -1 };

unsafe extern "C-unwind" {
    fn pg_regcomp(
        re: *mut Compiled,
        string: *const pg_sys::pg_wchar,
        len: usize,
        flags: c_int,
        collation: pg_sys::Oid,
    ) -> c_int;
    fn pg_regexec(
        re: *mut Compiled,
        string: *const pg_sys::pg_wchar,
        len: usize,
        search_start: usize,
        details: *mut c_void,
        nmatch: usize,
        pmatch: *mut Span,
        flags: c_int,
    ) -> c_int;
    fn pg_regfree(re: *mut Compiled);
}

fn widened(bytes: &[u8]) -> Vec<pg_sys::pg_wchar> {
    bytes.iter().map(|&byte| byte.into()).collect()
}

/// What comes of a pattern on a text, as for a login.
pub(crate) fn evaluate(pattern: &[u8], text: &[u8]) -> Match {
    pgrx::check_for_interrupts!();
    let (pattern, characters) = (widened(pattern), widened(text));
    let mut compiled = Compiled([0; 320]);
    let mut spans = [NOWHERE; 2];
    let (to_compile, found) = (&raw mut compiled, spans.as_mut_ptr());
    // SAFETY: `compiled` is larger than the server's struct and lives until it is freed; strings
    // and spans are as long as is said. What is compiled refers to nothing else. An ERROR (the
    // statement is cancelled) leaves no more than memory of the transaction, and becomes a panic at
    // this boundary; the closure holds nothing that would have to be dropped.
    let outcome = unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| {
            let compiled = pg_regcomp(
                to_compile,
                pattern.as_ptr(),
                pattern.len(),
                REG_ADVANCED,
                pg_sys::C_COLLATION_OID,
            );
            if compiled != REG_OKAY {
                // Nothing is left to free (see the function in src/backend/regex/regcomp.c).
                return None;
            }
            let nothing = std::ptr::null_mut();
            let outcome = pg_regexec(
                to_compile,
                characters.as_ptr(),
                characters.len(),
                0,
                nothing,
                2,
                found,
                0,
            );
            pg_regfree(to_compile);
            Some(outcome)
        })
    };
    match outcome {
        Some(REG_OKAY) => {
            let [_, group] = spans;
            let range = usize::try_from(group.start).ok().zip(usize::try_from(group.end).ok());
            Match::Yes {
                group: range.and_then(|(start, end)| text.get(start..end)).map(Into::into),
            }
        }
        Some(REG_NOMATCH) => Match::No,
        _ => Match::Unknown,
    }
}
