//! The settings, prefix `kerbrole`.
//!
//! All are for superusers and the server's configuration, `kerbrole.guard` for the latter only: a
//! caller must not be able to move the rule that protects against it.
#![allow(unsafe_code, reason = "check hooks are called by the server with raw pointers")]

use std::ffi::{CStr, CString, c_char, c_void};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use kerbrole_core::{
    ConflictRule, Error, NameError, NameRules, NetbiosDomains, Realm, RealmList, RoleName,
    UsernameCase,
};
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::fault;
use crate::report::Raise;

static AD_ROLE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c"rds_ad"));
static IAM_ROLE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c"rds_iam"));
static DEFAULT_REALM: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
static ALLOWED_REALMS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
static NETBIOS_DOMAINS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
static USERNAME_CASE: GucSetting<UsernameCaseSetting> =
    GucSetting::<UsernameCaseSetting>::new(UsernameCaseSetting::auto);

/// The values of `kerbrole.username_case`, spelled as SQL spells them.
#[derive(Debug, Clone, Copy, PostgresGucEnum)]
#[allow(non_camel_case_types, reason = "the derive takes the names for the setting's values")]
enum UsernameCaseSetting {
    auto,
    lower,
    preserve,
}

static SYNC_MAX_REMOVALS: GucSetting<i32> = GucSetting::<i32>::new(-1);

/// How many principals one synchronisation may disable or drop; `None` stands for half of them.
pub(crate) fn sync_max_removals() -> Option<usize> {
    usize::try_from(SYNC_MAX_REMOVALS.get()).ok()
}

static GUARD: GucSetting<Guard> = GucSetting::<Guard>::new(Guard::on);

/// The values of `kerbrole.guard`: what happens to a plain statement that adds a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
#[allow(non_camel_case_types, reason = "the derive takes the names for the setting's values")]
pub(crate) enum Guard {
    /// Nothing.
    off,
    /// It is carried out, with a WARNING.
    warn,
    /// It is refused.
    on,
}

/// What `kerbrole.guard` says now.
pub(crate) fn guard() -> Guard {
    GUARD.get()
}

/// Whether the settings are being defined: what was set before the library came is checked then.
static DEFINING: AtomicBool = AtomicBool::new(false);

/// Whether a value that cannot be read is kept all the same, for whatever needs it to say so and
/// not to go on.
///
/// Where the server refuses a value that stands in its configuration, for a database or for a role,
/// it says so in a WARNING and goes on with the default: for `kerbrole.allowed_realms` that is any
/// realm. Somebody who types SET or ALTER ... SET is there to read the error, and a reload of the
/// configuration leaves the value that there was. A parallel worker is given what its leader has,
/// and an error there would be one of somebody's query.
fn keeps(source: pg_sys::GucSource::Type) -> bool {
    use pg_sys::GucSource::{PGC_S_FILE, PGC_S_GLOBAL, PGC_S_INTERACTIVE};
    // SAFETY: reads a static of the server.
    let is_parallel_worker = unsafe { pg_sys::ParallelWorkerNumber } >= 0;
    let from_the_configuration = source >= PGC_S_FILE && DEFINING.load(Ordering::Relaxed);
    is_parallel_worker
        || source < PGC_S_INTERACTIVE && (source >= PGC_S_GLOBAL || from_the_configuration)
}

/// Defines every setting, and reserves the prefix so that a misspelt one is an error.
pub(crate) fn define() {
    DEFINING.store(true, Ordering::Relaxed);
    string(
        c"kerbrole.ad_role",
        c"The role whose members log in through Kerberos.",
        c"No role may be a member of both this one and kerbrole.iam_role.",
        &AD_ROLE,
        check_role_name,
    );
    string(
        c"kerbrole.iam_role",
        c"The role whose members log in through IAM.",
        c"No role may be a member of both this one and kerbrole.ad_role.",
        &IAM_ROLE,
        check_role_name,
    );
    string(
        c"kerbrole.default_realm",
        c"The realm of a username that is given without one.",
        c"Empty: a username always needs a realm.",
        &DEFAULT_REALM,
        check_realm,
    );
    string(
        c"kerbrole.allowed_realms",
        c"The realms that principals may be of, separated by commas.",
        c"Empty: any.",
        &ALLOWED_REALMS,
        check_realms,
    );
    string(
        c"kerbrole.netbios_domains",
        c"The realms that NetBIOS domains stand for: CORP=CORP.EXAMPLE.COM, ONPREM=ONPREM.COM.",
        c"With it a username can be given as DOMAIN\\user.",
        &NETBIOS_DOMAINS,
        check_domains,
    );
    GucRegistry::define_enum_guc(
        c"kerbrole.username_case",
        c"What happens to the case of a username.",
        c"auto: lower case where krb_caseins_users is on, as given where it is off; \
          lower: always lower case; preserve: always as given.",
        &USERNAME_CASE,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"kerbrole.guard",
        c"What happens to a statement that would make a role a member of both kerbrole.ad_role \
          and kerbrole.iam_role.",
        c"on: it is refused; warn: it is carried out with a warning; off: nothing. \
          Takes effect only with the library in shared_preload_libraries.",
        &GUARD,
        GucContext::Sighup,
        GucFlags::default(),
    );
    fault::define();
    GucRegistry::define_int_guc(
        c"kerbrole.sync_max_removals",
        c"How many principals one call of kerb_sync_principals may disable or drop.",
        c"-1: half of them.",
        &SYNC_MAX_REMOVALS,
        -1,
        i32::MAX,
        GucContext::Suset,
        GucFlags::default(),
    );
    reserve_prefix();
    DEFINING.store(false, Ordering::Relaxed);
}

#[cfg(not(feature = "pg14"))]
fn reserve_prefix() {
    // SAFETY: takes a C string, called once while the library is loaded.
    unsafe { pg_sys::MarkGUCPrefixReserved(c"kerbrole".as_ptr()) };
}

#[cfg(feature = "pg14")]
fn reserve_prefix() {
    // SAFETY: takes a C string, called once while the library is loaded.
    unsafe { pg_sys::EmitWarningsOnPlaceholders(c"kerbrole".as_ptr()) };
}

type CheckHook = unsafe extern "C-unwind" fn(
    *mut *mut c_char,
    *mut *mut c_void,
    pg_sys::GucSource::Type,
) -> bool;

fn string(
    name: &'static CStr,
    short: &'static CStr,
    long: &'static CStr,
    setting: &'static GucSetting<Option<CString>>,
    check: CheckHook,
) {
    // SAFETY: the check hooks are guarded: a panic in one becomes a PostgreSQL error.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            name,
            short,
            long,
            setting,
            GucContext::Suset,
            GucFlags::default(),
            Some(check),
            None,
            None,
        );
    }
}

/// Checks a value with the core's own parser; an empty one stands for "not set" where the setting
/// allows that.
///
/// # Safety
/// `value` is what the server hands to a check hook: a pointer to a C string or to NULL.
unsafe fn check(
    value: *mut *mut c_char,
    source: pg_sys::GucSource::Type,
    parse: impl FnOnce(&str) -> Result<(), NameError>,
) -> bool {
    // SAFETY: the server passes a pointer to its value, which is a C string or null.
    let text = unsafe {
        if value.is_null() || (*value).is_null() {
            return true;
        }
        CStr::from_ptr(*value)
    };
    let text = text.to_string_lossy();
    let Err(error) = parse(&text) else { return true };
    if keeps(source) {
        return true;
    }
    let detail = match error.hint() {
        Some(hint) => format!("{error}. {hint}"),
        None => format!("{error}."),
    };
    if let Ok(detail) = CString::new(detail) {
        // SAFETY: the server prints the string before the memory context it is copied to goes away.
        unsafe { pg_sys::GUC_check_errdetail_string = pg_sys::pstrdup(detail.as_ptr()) };
    }
    false
}

macro_rules! check_hooks {
    ($($name:ident: $parse:expr;)*) => {$(
        #[pg_guard]
        unsafe extern "C-unwind" fn $name(
            value: *mut *mut c_char,
            _extra: *mut *mut c_void,
            source: pg_sys::GucSource::Type,
        ) -> bool {
            // SAFETY: called by the server, with what it hands to a check hook.
            unsafe { check(value, source, $parse) }
        }
    )*};
}

check_hooks! {
    check_role_name: |text| RoleName::new(text).map(drop);
    check_realm: |text| if text.is_empty() { Ok(()) } else { Realm::parse(text).map(drop) };
    check_realms: |text| RealmList::from_str(text).map(drop);
    check_domains: |text| NetbiosDomains::from_str(text).map(drop);
}

fn text(setting: &GucSetting<Option<CString>>) -> String {
    setting.get().map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The value of a setting; 22023 where what was set in the configuration cannot be read.
fn readable<T>(setting: &'static str, value: Result<T, NameError>) -> T {
    value.map_err(|reason| Error::Setting { setting, reason: Box::new(reason) }).or_raise()
}

/// The rules for names as they are set now.
pub(crate) fn name_rules() -> NameRules {
    let default_realm = text(&DEFAULT_REALM);
    NameRules {
        caseins_users: krb_caseins_users(),
        username_case: match USERNAME_CASE.get() {
            UsernameCaseSetting::auto => UsernameCase::Auto,
            UsernameCaseSetting::lower => UsernameCase::Lower,
            UsernameCaseSetting::preserve => UsernameCase::Preserve,
        },
        default_realm: (!default_realm.is_empty())
            .then(|| readable("kerbrole.default_realm", Realm::parse(&default_realm))),
        allowed_realms: readable(
            "kerbrole.allowed_realms",
            text(&ALLOWED_REALMS).parse::<RealmList>(),
        ),
        netbios_domains: readable(
            "kerbrole.netbios_domains",
            text(&NETBIOS_DOMAINS).parse::<NetbiosDomains>(),
        ),
    }
}

/// The two roles that exclude each other, as they are set now.
pub(crate) fn conflict_rule() -> ConflictRule {
    let role = |name, setting| readable(name, RoleName::new(text(setting)));
    ConflictRule::new(role("kerbrole.ad_role", &AD_ROLE), role("kerbrole.iam_role", &IAM_ROLE))
        .or_raise()
}

/// Whether the server ignores case when it compares a role with a principal.
fn krb_caseins_users() -> bool {
    // SAFETY: the setting exists in every supported version, with or without GSSAPI; the pointer is
    // valid until settings change.
    let value = unsafe {
        CStr::from_ptr(pg_sys::GetConfigOption(c"krb_caseins_users".as_ptr(), false, false))
    };
    value == c"on"
}

/// Whether each grantor's membership stands for itself, so that a REVOKE has to name the grantor.
pub(crate) const NAMES_GRANTORS: bool = !cfg!(any(feature = "pg14", feature = "pg15"));
