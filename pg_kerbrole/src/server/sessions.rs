//! Sessions of a role: how many there are, and their end.
#![allow(unsafe_code, reason = "the server's process table is C")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

use kerbrole_core::{Error, RoleOid};
use pgrx::prelude::*;
use pgrx::{
    PgSqlErrorCode, PgSubXactCallbackEvent, PgXactCallbackEvent, pg_sys, register_subxact_callback,
    register_xact_callback,
};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::report::Raise;

/// The role that a process has before it has one: InvalidOid.
const NOBODY: RoleOid = 0;

/// How many sessions a role has on this server.
pub(crate) fn count(role: RoleOid) -> u32 {
    // SAFETY: counts under a lock of the server and returns a number.
    let count = unsafe { pg_sys::CountUserBackends(pg_sys::Oid::from_u32(role)) };
    u32::try_from(count).unwrap_or(0)
}

/// How many sessions each role has that has any.
pub(crate) fn count_all() -> HashMap<RoleOid, u32> {
    let mut counts = HashMap::new();
    for process in (0..places()).filter_map(Process::at) {
        if process.role != NOBODY && process.is_client {
            *counts.entry(process.role).or_default() += 1;
        }
    }
    counts
}

/// A role whose sessions end when the transaction commits.
struct Ending {
    role: RoleOid,
    /// The innermost subtransaction that asked for it: without it nothing happens.
    asked_by: pg_sys::SubTransactionId,
}

/// What this transaction is to end.
struct Endings {
    roles: Vec<Ending>,
    /// Whether the transaction has committed.
    are_due: bool,
    /// Logins whose role is not known yet. There is room for all that there can be: at the commit
    /// nothing may be allocated.
    logins: Vec<Login>,
    /// Whether the server calls us when it has released the locks of a transaction.
    is_registered: bool,
}

/// A client that logs in: its place in the process table, and its process.
struct Login {
    place: usize,
    pid: i32,
}

thread_local! {
    static ENDINGS: RefCell<Endings> = const {
        RefCell::new(Endings {
            roles: Vec::new(),
            are_due: false,
            logins: Vec::new(),
            is_registered: false,
        })
    };
}

/// Ends the sessions of a role, this one excepted, when the transaction has committed and every
/// other process has been told: only then can nobody log in anew. When the call that committed
/// returns none of them does anything more.
pub(crate) fn end_at_commit(role: RoleOid) {
    ENDINGS.with_borrow_mut(|endings| {
        endings.logins.clear();
        if endings.logins.try_reserve_exact(places()).is_err()
            || endings.roles.try_reserve(1).is_err()
        {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY,
                "out of memory for a list of sessions"
            );
        }
        if endings.roles.is_empty() {
            register(endings);
        }
        // SAFETY: reads a static of the server.
        let asked_by = unsafe { pg_sys::GetCurrentSubTransactionId() };
        endings.roles.push(Ending { role, asked_by });
    });
}

fn register(endings: &mut Endings) {
    if !endings.is_registered {
        // SAFETY: called with a function that lives as long as the process.
        unsafe { pg_sys::RegisterResourceReleaseCallback(Some(at_release), std::ptr::null_mut()) };
        endings.is_registered = true;
    }
    // What asked for it may have been undone by ROLLBACK TO.
    register_xact_callback(PgXactCallbackEvent::PrePrepare, || {
        if ENDINGS.with_borrow(|endings| !endings.roles.is_empty()) {
            Err(Error::PreparedTransaction).or_raise()
        }
    });
    register_xact_callback(PgXactCallbackEvent::Commit, || {
        ENDINGS.with_borrow_mut(|endings| endings.are_due = true)
    });
    register_xact_callback(PgXactCallbackEvent::Abort, || {
        ENDINGS.with_borrow_mut(|endings| endings.roles.clear())
    });
    register_subxact_callback(PgSubXactCallbackEvent::AbortSub, |mine, _| {
        ENDINGS.with_borrow_mut(|endings| endings.roles.retain(|ending| ending.asked_by != mine));
    });
    register_subxact_callback(PgSubXactCallbackEvent::CommitSub, |mine, parent| {
        ENDINGS.with_borrow_mut(|endings| {
            for ending in endings.roles.iter_mut().filter(|ending| ending.asked_by == mine) {
                ending.asked_by = parent;
            }
        });
    });
}

/// Called while a transaction ends, several times. The order in CommitTransaction
/// (src/backend/access/transam/xact.c) is: ProcArrayEndTransaction, from where on whoever looks
/// sees the change; the callbacks on commit; AtEOXact_Inval, which tells the others that what they
/// know of the role is out of date; the locks; this.
///
/// A login reads its role in InitializeSessionUserId (src/backend/utils/init/miscinit.c): it takes
/// in what it has been told, looks the role up, enters it into the process table, and only then
/// asks whether it may log in. Before AtEOXact_Inval it can still find the role as it was in its
/// cache, so a look at the process table before that can miss it. After it every login is of one of
/// two kinds: it takes in what it is told later, and is refused, or it has done so before, and
/// stands in the process table or is about to.
///
/// The transaction has committed: nothing here may raise an error. Nothing is allocated, and the
/// server's one function that is called takes a lock for reading and compares numbers.
unsafe extern "C-unwind" fn at_release(
    phase: pg_sys::ResourceReleasePhase::Type,
    is_commit: bool,
    is_top_level: bool,
    _: *mut c_void,
) {
    if phase == pg_sys::ResourceReleasePhase::RESOURCE_RELEASE_AFTER_LOCKS
        && is_commit
        && is_top_level
    {
        ENDINGS.with_borrow_mut(|endings| {
            if std::mem::take(&mut endings.are_due) {
                end_now(endings);
                endings.roles.clear();
            }
        });
    }
}

/// How often logins are looked at whose role is not known yet, and how long it is from one look to
/// the next: a second in all.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Signals the processes as pg_terminate_backend does.
///
/// A login that is about to enter its role is waited for: that takes microseconds, unless the
/// process gets no processor. One that waits for its client will be refused and is not waited for.
/// One that waits for somebody else, as PAM and LDAP do, cannot be told from the first kind; it
/// will be refused too, and holds up the caller for a second at most. What can still be missed is a
/// process that stood still for that second in the middle of InitializeSessionUserId.
fn end_now(endings: &mut Endings) {
    let Endings { roles, logins, .. } = endings;
    roles.sort_unstable_by_key(|ending| ending.role);
    logins.clear();
    for place in 0..places() {
        if let Some(process) = Process::at(place)
            && !process.ended_if_of(roles)
            && process.may_have_read_its_role()
            && logins.len() < logins.capacity()
        {
            logins.push(Login { place, pid: process.pid });
        }
    }
    for _ in 0..LOOKS {
        if logins.is_empty() {
            return;
        }
        std::thread::sleep(BETWEEN_LOOKS);
        logins.retain(|login| match Process::at(login.place) {
            Some(process) if process.pid == login.pid => {
                !process.ended_if_of(roles) && process.may_have_read_its_role()
            }
            // It has gone, and whoever has its place came later.
            _ => false,
        });
    }
}

/// How many places the process table has.
fn places() -> usize {
    // SAFETY: the process table is there as long as the server, and as large.
    unsafe { (*pg_sys::ProcGlobal).allProcCount as usize }
}

/// An entry of the server's process table.
struct Process {
    pid: i32,
    /// Whose it is, [`NOBODY`]'s until a login has found that out.
    role: RoleOid,
    /// Whether a client is at its other end: no background worker, no autovacuum, no process of the
    /// server itself.
    is_client: bool,
    /// What it waits for.
    wait: u32,
}

impl Process {
    /// The process at a place; `None` where there is none.
    fn at(place: usize) -> Option<Self> {
        // SAFETY: the process table lives as long as the server, in shared memory; the first
        // MaxConnections entries are those of clients. They are read without a lock, as
        // pg_stat_activity reads its own: a number that changes meanwhile is the old one or the new
        // one. BackendPidGetProc compares under a lock.
        unsafe {
            let process = (*pg_sys::ProcGlobal).allProcs.add(place);
            let is_client =
                i64::try_from(place).is_ok_and(|place| place < i64::from(pg_sys::MaxConnections));
            loop {
                let pid = (&raw const (*process).pid).read_volatile();
                // An entry that is not in use may still have the number of the process that used it
                // last.
                if pid == 0 || pg_sys::BackendPidGetProc(pid) != process {
                    return None;
                }
                let role = (&raw const (*process).roleId).read_volatile().to_u32();
                let wait = (&raw const (*process).wait_event_info).read_volatile();
                fence(Ordering::Acquire);
                // All of it is one process's, unless another has taken the place in between.
                if (&raw const (*process).pid).read_volatile() == pid {
                    return Some(Self { pid, role, is_client, wait });
                }
            }
        }
    }

    /// Ends it if it is of one of these roles, which are in order, and not this session. Returns
    /// whether it is.
    fn ended_if_of(&self, roles: &[Ending]) -> bool {
        if roles.binary_search_by_key(&self.role, |ending| ending.role).is_err() {
            return false;
        }
        // SAFETY: reads a static of the server.
        let myself = unsafe { pg_sys::MyProcPid };
        if self.pid != myself
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            // It may have gone by itself meanwhile.
            let _gone = kill_process_group(pid, Signal::TERM);
        }
        true
    }

    /// Whether it logs in, and may be past the last moment at which it takes in that its role has
    /// changed. It is not while it waits for its client: it reads its role when it has heard all.
    fn may_have_read_its_role(&self) -> bool {
        let waits_for_client = self.wait == pg_sys::WaitEventClient::WAIT_EVENT_CLIENT_READ;
        self.is_client && self.role == NOBODY && !waits_for_client
    }
}
