//! Credentials out of a cache or keytab that is named: the one file with `unsafe`.
//!
//! libgssapi has no function for `gss_acquire_cred_from`, and does not hand out its names for it.
//! The other way to name a cache, `KRB5CCNAME`, is the whole process's.

#![allow(unsafe_code, reason = "gss_acquire_cred_from has no safe function")]

use std::ffi::CString;
use std::ptr;

use libgssapi::credential::Cred;
use libgssapi::error::{Error as GssError, MajorFlags};
use libgssapi_sys as sys;

use crate::error::{Error, ErrorKind};

/// GSS_KRB5_NT_PRINCIPAL_NAME, 1.2.840.113554.1.2.2.1 (RFC 1964, section 2.1.1).
const PRINCIPAL_NAME: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01";

/// The mechanism of Kerberos, 1.2.840.113554.1.2.2.
const KERBEROS: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";

/// Credentials of a principal, or of whomever the store has, by a store of keys and values.
pub(crate) fn acquire(principal: Option<&str>, store: &[(&str, &str)]) -> Result<Cred, Error> {
    acquire_for(sys::GSS_C_INITIATE, principal, store)
}

/// What a server reads tickets with that has this keytab. No note is kept of those that were read.
pub(crate) fn acquire_keytab(keytab: &str) -> Result<Cred, Error> {
    acquire_for(sys::GSS_C_ACCEPT, None, &[("keytab", keytab), ("rcache", "none:")])
}

fn acquire_for(usage: u32, principal: Option<&str>, store: &[(&str, &str)]) -> Result<Cred, Error> {
    let c_string = |text: &str| {
        CString::new(text).map_err(|_| {
            Error::new(ErrorKind::Configuration, "the name of a cache or keytab has a zero byte")
        })
    };
    let texts: Vec<(CString, CString)> = store
        .iter()
        .map(|(key, value)| Ok((c_string(key)?, c_string(value)?)))
        .collect::<Result<_, Error>>()?;
    let mut elements: Vec<_> = texts
        .iter()
        .map(|(key, value)| sys::gss_key_value_element_desc {
            key: key.as_ptr(),
            value: value.as_ptr(),
        })
        .collect();
    let store = sys::gss_key_value_set_desc {
        count: u32::try_from(elements.len()).unwrap_or(0),
        elements: elements.as_mut_ptr(),
    };
    let name = principal.map(Imported::new).transpose()?;
    let mut mechanism = oid(KERBEROS);
    let mut mechanisms = sys::gss_OID_set_desc { count: 1, elements: &raw mut mechanism };
    let mut minor = 0;
    let mut credential = ptr::null_mut();
    // SAFETY: `texts`, `elements`, `mechanism` and `name` outlive the call, which keeps none of
    // them; a name of null is GSS_C_NO_NAME, and what is not asked for may be null (RFC 2744,
    // section 5.2).
    let major = unsafe {
        sys::gss_acquire_cred_from(
            &raw mut minor,
            name.as_ref().map_or(ptr::null_mut(), |name| name.0),
            sys::_GSS_C_INDEFINITE,
            &raw mut mechanisms,
            usage.cast_signed(),
            &raw const store,
            &raw mut credential,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    check(major, minor, if usage == sys::GSS_C_ACCEPT { "no key" } else { "no ticket" })?;
    // SAFETY: it was made by the call above, and nobody else has it.
    Ok(unsafe { Cred::from_c(credential) })
}

/// A name that is released when it is dropped.
struct Imported(sys::gss_name_t);

impl Imported {
    fn new(principal: &str) -> Result<Self, Error> {
        let mut text = sys::gss_buffer_desc {
            length: principal.len() as _,
            value: principal.as_ptr().cast_mut().cast(),
        };
        let mut kind = oid(PRINCIPAL_NAME);
        let mut minor = 0;
        let mut name = ptr::null_mut();
        // SAFETY: `text` and `kind` outlive the call, which only reads them and keeps copies (RFC
        // 2744, section 5.16).
        let major = unsafe {
            sys::gss_import_name(&raw mut minor, &raw mut text, &raw mut kind, &raw mut name)
        };
        check(major, minor, "no ticket")?;
        Ok(Self(name))
    }
}

impl Drop for Imported {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the name was made by gss_import_name, and is used by nobody after this.
        unsafe { sys::gss_release_name(&raw mut minor, &raw mut self.0) };
    }
}

/// An OID of these bytes, which the calls here only read.
fn oid(bytes: &'static [u8]) -> sys::gss_OID_desc {
    sys::gss_OID_desc {
        length: u32::try_from(bytes.len()).unwrap_or(0),
        elements: bytes.as_ptr().cast_mut().cast(),
    }
}

fn check(major: u32, minor: u32, doing: &str) -> Result<(), Error> {
    if major == sys::GSS_S_COMPLETE {
        return Ok(());
    }
    let error = GssError { major: MajorFlags::from_bits_retain(major), minor };
    Err(Error::gssapi(error, doing))
}
