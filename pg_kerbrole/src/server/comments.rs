//! The comments on roles, which say to which account of a directory each belongs.
//!
//! They are read as the bytes that they are: roles belong to all databases, and so do their
//! comments, whatever encoding they were written in. Whoever may comment on a role chooses how long
//! the comment is, so that of a long one no more than its end is copied.
#![allow(unsafe_code, reason = "the server's catalogue functions are C")]

use std::collections::HashMap;
use std::ffi::CString;

use kerbrole_core::{RoleComment, RoleOid};
use pgrx::pg_sys;

use crate::server::catalog::Table;

/// How much of a comment is read as somebody's text. A longer one is never written again; its
/// binding, of at most two hundred bytes, is found all the same.
const LONGEST_TEXT: usize = 8 * 1024;

/// What a byte that stands for the rest of a long comment cannot be a part of: text.
const NO_TEXT: u8 = 0xFF;

/// The comments of all roles that have one.
pub(crate) fn of_roles() -> HashMap<RoleOid, RoleComment> {
    let mut comments = HashMap::new();
    let table = Table::open(pg_sys::SharedDescriptionRelationId);
    table.scan_texts(
        pg_sys::Anum_pg_shdescription_description,
        |row: &pg_sys::FormData_pg_shdescription, bytes| {
            if row.classoid == pg_sys::AuthIdRelationId {
                comments.insert(row.objoid.to_u32(), read(bytes));
            }
        },
    );
    comments
}

fn read(bytes: &[u8]) -> RoleComment {
    match bytes.len().checked_sub(LONGEST_TEXT) {
        Some(beyond @ 1..) => {
            let mut end = vec![NO_TEXT];
            end.extend_from_slice(&bytes[beyond..]);
            RoleComment::read_bytes(&end)
        }
        _ => RoleComment::read_bytes(bytes),
    }
}

/// The comment on a role, or its end: what COMMENT ON ROLE comes down to once the role was looked
/// up and locked (src/backend/commands/comment.c). Whoever calls this holds the role.
pub(crate) fn write(role: RoleOid, text: Option<&str>) {
    // A comment is a C string for the server; nobody can have written one with a NUL.
    let text = text.map(|text| CString::new(text.replace('\0', "")).unwrap_or_default());
    let text = text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr());
    // SAFETY: takes two OIDs and a C string, which it copies; NULL ends the comment.
    unsafe {
        pg_sys::CreateSharedComments(pg_sys::Oid::from_u32(role), pg_sys::AuthIdRelationId, text);
        pg_sys::CommandCounterIncrement();
    }
}
