//! Text arguments, whatever the database's encoding.
//!
//! pgrx takes the bytes of a `text` for UTF-8 or panics. Here a name that cannot be told in UTF-8
//! gets an error of its own: a ticket's principal is UTF-8, and the server compares bytes.
#![allow(unsafe_code, reason = "pgrx's traits for argument types are unsafe to implement")]

use kerbrole_core::{Error, LARGEST_LIST, LONGEST_ARGUMENT, LONGEST_LIST};
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::prelude::*;
use pgrx::{PgSqlErrorCode, check_for_interrupts, pg_sys};

use crate::report::Raise;
use crate::server::encoding::{encoding_name, holds_utf8};

/// A `text` argument.
pub(crate) struct Text(String);

impl Text {
    /// What is longer than any name is refused before it is copied: the server's own allocations
    /// end in an ERROR, Rust's would end the backend, and with it the cluster.
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

/// A `text[]` argument: names, of which some may be NULL.
pub(crate) struct Names(Vec<Option<Text>>);

impl Names {
    /// Measured before anything is copied, for the same reason as one text.
    fn from_server(array: &Array<'_, &[u8]>) -> Self {
        let elements = array.len();
        let too_long = |bytes| Err(Error::ListTooLong { elements, bytes }).or_raise();
        if elements > LONGEST_LIST {
            too_long(None)
        }
        let bytes = array.iter().flatten().map(<[u8]>::len).sum();
        if bytes > LARGEST_LIST {
            too_long(Some(bytes))
        }
        let mut names = Vec::new();
        if names.try_reserve_exact(elements).is_err() {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY,
                "out of memory for a list of names"
            );
        }
        for name in array.iter() {
            check_for_interrupts!();
            names.push(name.map(Text::from_server));
        }
        Self(names)
    }
}

impl IntoIterator for Names {
    type Item = Option<Text>;
    type IntoIter = std::vec::IntoIter<Option<Text>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A `text` argument for what can be a `text[]` as well: one name, or an array as the server reads
/// one, which begins with a brace.
///
/// A literal without a type is taken for a text where the function has a variant with one
/// (`func_select_candidate`, src/backend/parser/parse_func.c), so that `'{a,b}'` comes here too.
pub(crate) struct NameOrNames(Names);

impl NameOrNames {
    fn from_server(bytes: &[u8]) -> Self {
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Self(Names(vec![Some(Text::from_server(bytes))]));
        }
        Self(array_of(bytes).as_ref().map_or_else(|| Names(Vec::new()), Names::from_server))
    }
}

impl From<NameOrNames> for Names {
    fn from(names: NameOrNames) -> Self {
        names.0
    }
}

/// An array literal, read by the server.
fn array_of<'a>(literal: &[u8]) -> Option<Array<'a, &'a [u8]>> {
    // SAFETY: the text is copied to a C string in the server's memory, where array_in leaves its
    // result as well: a text[] that is not null, or an ERROR (22P02).
    unsafe {
        let literal = pg_sys::pnstrdup(literal.as_ptr().cast(), literal.len());
        let array = pg_sys::OidInputFunctionCall(
            pg_sys::Oid::from_u32(pg_sys::F_ARRAY_IN),
            literal,
            pg_sys::TEXTOID,
            -1,
        );
        Array::from_polymorphic_datum(array, false, pg_sys::TEXTARRAYOID)
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

// SAFETY: unboxes a text, and says in SqlTranslatable that it takes one.
unsafe impl<'fcx> ArgAbi<'fcx> for NameOrNames {
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
unsafe impl SqlTranslatable for NameOrNames {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(NameOrNames);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("text"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("text")));
}

// SAFETY: the SQL type named here is the one that is unboxed above.
unsafe impl SqlTranslatable for Text {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Text);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("text"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("text")));
}

// SAFETY: unboxes a text[], whose elements have the same layout as bytea, and says in
// SqlTranslatable that it takes one.
unsafe impl<'fcx> ArgAbi<'fcx> for Names {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the caller promises an argument of type text[] that is not null.
        Self::from_server(&unsafe { <Array<'fcx, &'fcx [u8]>>::unbox_arg_unchecked(arg) })
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: the caller promises an argument of type text[].
        let array: Option<Array<'fcx, &'fcx [u8]>> =
            unsafe { <Array<'fcx, &'fcx [u8]>>::unbox_nullable_arg(arg) }.into_option();
        array.map(|array| Self::from_server(&array)).into()
    }
}

// SAFETY: the SQL type named here is the one that is unboxed above.
unsafe impl SqlTranslatable for Names {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Names);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("text[]"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("text[]")));
}
