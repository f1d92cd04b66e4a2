//! The guard: with the library in shared_preload_libraries, no statement makes a role a member of
//! both.
//!
//! No event trigger fires for statements on roles, and the object access hook says nothing of
//! GRANT. The utility hook sees them all, those in DO blocks, functions and prepared statements
//! included. Unless the server is going to refuse it anyway, it takes the lock before a statement
//! that can change memberships, lets it run untouched, and looks at the outcome.
//!
//! The hook itself is a plain C function that holds nothing which would have to be dropped: an
//! ERROR of the statement jumps over it, and must reach the caller as it is. What has to be decided
//! is decided before and after, in guarded functions.
#![allow(unsafe_code, reason = "the server's hooks are C")]

use std::collections::HashSet;
use std::ffi::c_char;

use kerbrole_core::{Added, Cluster, Error, RoleOid};
use pgrx::PgMemoryContexts;
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::fault::{self, Fault, Step};
use crate::interface::notices::warn;
use crate::report::Raise;
use crate::server::cluster;
use crate::server::lock::keep_others_from_memberships;
use crate::server::quiet;
use crate::settings::{self, Guard};

mod statement;

use statement::{Change, is_about_roles, may_be_allowed};

/// The hook that was there before this one.
static mut PREVIOUS: pg_sys::ProcessUtility_hook_type = None;

/// Installs the hook, provided that every session gets it: a guard in some sessions only would
/// promise what it does not keep.
pub(crate) fn install() {
    // SAFETY: called once, while the library is loaded; hooks are chained by reading the old one
    // before it is replaced.
    unsafe {
        if !pg_sys::process_shared_preload_libraries_in_progress {
            return;
        }
        PREVIOUS = pg_sys::ProcessUtility_hook;
        pg_sys::ProcessUtility_hook = Some(process_utility);
    }
}

/// What is to be looked at when the statement has run. Lives in the memory context that the
/// statement runs in: that goes with the transaction, also when the statement fails.
enum Watch {
    /// The server should refuse it by itself.
    Refused,
    Change {
        change: Change,
        /// Roles that were in both before.
        before: HashSet<RoleOid>,
        refuse: bool,
    },
}

unsafe extern "C-unwind" {
    // Declared here because pgrx's own declaration catches an ERROR and raises it anew.
    fn standard_ProcessUtility(
        statement: *mut pg_sys::PlannedStmt,
        query: *const c_char,
        read_only_tree: bool,
        context: pg_sys::ProcessUtilityContext::Type,
        params: pg_sys::ParamListInfo,
        environment: *mut pg_sys::QueryEnvironment,
        destination: *mut pg_sys::DestReceiver,
        completion: *mut pg_sys::QueryCompletion,
    );
}

/// The hook. Nothing in it has a destructor.
unsafe extern "C-unwind" fn process_utility(
    statement: *mut pg_sys::PlannedStmt,
    query: *const c_char,
    read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    params: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    destination: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    // SAFETY: the server passes a valid statement; everything is handed on as it came. `before` and
    // `after` are guarded: a panic in them becomes an ERROR.
    unsafe {
        let node = (*statement).utilityStmt;
        let watch = if is_about_roles(node) { before(node) } else { std::ptr::null_mut() };
        let next = PREVIOUS.unwrap_or(standard_ProcessUtility);
        next(
            statement,
            query,
            read_only_tree,
            context,
            params,
            environment,
            destination,
            completion,
        );
        if !watch.is_null() {
            after(watch);
        }
    }
}

/// Takes the lock and notes what was so before. Returns what to look at afterwards, or null where
/// nothing can go wrong.
///
/// # Safety
/// `node` is a statement that [`is_about_roles`].
#[pg_guard]
unsafe extern "C-unwind" fn before(node: *mut pg_sys::Node) -> *mut Watch {
    let mode = settings::guard();
    // SAFETY: reads statics of the server.
    let not_our_business =
        unsafe { pg_sys::IsBinaryUpgrade || pg_sys::XactReadOnly || pg_sys::RecoveryInProgress() };
    // A read-only transaction or a replica refuses the statement by itself, in its own words.
    if mode == Guard::off || not_our_business || quiet::is_quiet() {
        return std::ptr::null_mut();
    }
    let watch = |watch| PgMemoryContexts::CurrentMemoryContext.leak_and_drop_on_delete(watch);
    // Whoever has no right to do it makes nobody wait, and has nothing looked through.
    // SAFETY: the caller, the hook, says that the node is such a statement.
    if !unsafe { may_be_allowed(node) } {
        return if mode == Guard::on { watch(Watch::Refused) } else { std::ptr::null_mut() };
    }
    // SAFETY: as below.
    let early = fault::is(Fault::names_before_wait).then(|| unsafe { Change::of(node) });
    if fault::is(Fault::check_before) {
        // SAFETY: as below.
        judge(&unsafe { Change::of(node) });
        fault::gate(Step::Lock);
        keep_others_from_memberships();
        fault::gate(Step::Write);
        return std::ptr::null_mut();
    }
    if mode == Guard::on && !fault::is(Fault::lock_late) {
        fault::gate(Step::Lock);
        // Before the statement takes its own lock: two that first took that one would wait for each
        // other.
        keep_others_from_memberships();
    }
    fault::gate(Step::Look);
    // SAFETY: the caller, the hook, says that the node is such a statement; it has not been run
    // yet.
    let change = early.unwrap_or_else(|| unsafe { Change::of(node) });
    let rule = settings::conflict_rule();
    if !change.can_add_a_conflict(&rule) {
        return std::ptr::null_mut();
    }
    let before = match around(&change) {
        Some(cluster) => cluster.conflicting_roles().or_raise(),
        None => HashSet::new(),
    };
    fault::gate(Step::Write);
    watch(Watch::Change { change, before, refuse: mode == Guard::on })
}

/// Looks at the memberships as they are now, and refuses what was not so before.
///
/// # Safety
/// `watch` comes from [`before`], in the same statement.
#[pg_guard]
unsafe extern "C-unwind" fn after(watch: *mut Watch) {
    // SAFETY: the watch was made in the memory context of this statement, which lives as long as
    // that.
    let Watch::Change { change, before, refuse } = (unsafe { &*watch }) else {
        // It was allowed all the same: somebody gave the right, or a role the name, in between. It
        // was not looked at under the lock.
        return Err(Error::AllowedMeanwhile).or_raise();
    };
    if fault::is(Fault::lock_late) {
        fault::gate(Step::Lock);
        keep_others_from_memberships();
    }
    fault::gate(Step::Check);
    let Some(cluster) = around(change) else { return };
    // What the statement adds goes with it when it is refused, and is to be taken back when it is
    // not.
    let added = if *refuse { change.added() } else { Added::default() };
    let Some(new) = cluster.new_conflict(before, &added).or_raise() else { return };
    if *refuse {
        Err(new.refusal(&cluster.rule)).or_raise()
    } else {
        warn(&new.warning(&cluster.rule));
    }
}

/// What would come of a GRANT, before it waits for anything: only where that is wrong.
fn judge(change: &Change) {
    fault::gate(Step::Look);
    let Some(cluster) = around(change) else { return };
    for (member, role) in change.pairs() {
        cluster.refuse_grant(role, member).or_raise();
    }
}

/// The memberships of the roles that are concerned; `None` while a role of the rule is missing,
/// since then nobody is in both.
fn around(change: &Change) -> Option<Cluster> {
    cluster::has_rule_roles().then(|| cluster::around_change(change.concerned()))
}
