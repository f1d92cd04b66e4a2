//! Sessions of a role: how many there are, and their end.
#![allow(unsafe_code, reason = "the server's process table is C")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use kerbrole_core::{Error, RoleOid};
use pgrx::pg_sys;
use pgrx::{PgSubXactCallbackEvent, PgXactCallbackEvent, register_subxact_callback, register_xact_callback};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::report::Raise;

/// How many sessions a role has on this server.
pub(crate) fn count(role: RoleOid) -> u32 {
    // SAFETY: counts under a lock of the server and returns a number.
    let count = unsafe { pg_sys::CountUserBackends(pg_sys::Oid::from_u32(role)) };
    u32::try_from(count).unwrap_or(0)
}

/// How many sessions each role has that has any.
pub(crate) fn count_all() -> HashMap<RoleOid, u32> {
    let mut counts = HashMap::new();
    for_each_process(|process| {
        if process.role != pg_sys::InvalidOid && process.is_client {
            *counts.entry(process.role.to_u32()).or_default() += 1;
        }
    });
    counts
}

/// A role whose sessions end when the transaction commits.
struct Ending {
    role: pg_sys::Oid,
    /// The innermost subtransaction that asked for it: without it nothing happens.
    asked_by: pg_sys::SubTransactionId,
}

thread_local! {
    static ENDINGS: RefCell<Vec<Ending>> = const { RefCell::new(Vec::new()) };
}

/// Ends the sessions of a role, this one excepted, when the transaction has committed: only then can nobody log in anew.
pub(crate) fn end_at_commit(role: RoleOid) {
    ENDINGS.with_borrow_mut(|endings| {
        if endings.is_empty() {
            register();
        }
        // SAFETY: reads a static of the server.
        let asked_by = unsafe { pg_sys::GetCurrentSubTransactionId() };
        endings.push(Ending { role: pg_sys::Oid::from_u32(role), asked_by });
    });
}

fn register() {
    // What asked for it may have been undone by ROLLBACK TO.
    register_xact_callback(PgXactCallbackEvent::PrePrepare, || {
        if ENDINGS.with_borrow(|endings| !endings.is_empty()) {
            Err(Error::PreparedTransaction).or_raise()
        }
    });
    register_xact_callback(PgXactCallbackEvent::Commit, || {
        let roles: Vec<_> = ENDINGS.take().into_iter().map(|ending| ending.role).collect();
        if !roles.is_empty() {
            end_now(&roles);
        }
    });
    register_xact_callback(PgXactCallbackEvent::Abort, || drop(ENDINGS.take()));
    register_subxact_callback(PgSubXactCallbackEvent::AbortSub, |mine, _| {
        ENDINGS.with_borrow_mut(|endings| endings.retain(|ending| ending.asked_by != mine));
    });
    register_subxact_callback(PgSubXactCallbackEvent::CommitSub, |mine, parent| {
        ENDINGS.with_borrow_mut(|endings| {
            for ending in endings.iter_mut().filter(|ending| ending.asked_by == mine) {
                ending.asked_by = parent;
            }
        });
    });
}

/// Signals the processes as pg_terminate_backend does. Raises no error: the transaction has committed.
fn end_now(roles: &[pg_sys::Oid]) {
    let somebody_is_logging_in = signal(roles);
    if somebody_is_logging_in {
        // A login reads its role and enters it into the process table in one go: who had read it before the commit stands there now.
        std::thread::sleep(Duration::from_millis(10));
        signal(roles);
    }
}

/// Returns whether there are clients whose role is not known yet.
fn signal(roles: &[pg_sys::Oid]) -> bool {
    let mut logging_in = false;
    for_each_process(|process| {
        logging_in |= process.is_client && process.role == pg_sys::InvalidOid;
        // SAFETY: reads a static of the server.
        let myself = unsafe { pg_sys::MyProcPid };
        if roles.contains(&process.role)
            && process.pid != myself
            && let Some(pid) = Pid::from_raw(process.pid)
        {
            // It may have gone by itself meanwhile.
            let _gone = kill_process_group(pid, Signal::TERM);
        }
    });
    logging_in
}

/// An entry of the server's process table.
struct Process {
    pid: i32,
    role: pg_sys::Oid,
    /// Whether a client is at its other end: no background worker, no autovacuum, no process of the server itself.
    is_client: bool,
}

fn for_each_process(mut each: impl FnMut(&Process)) {
    // SAFETY: the process table lives as long as the server, in shared memory; the first MaxConnections entries are those of clients. They are read without
    // a lock, as pg_stat_activity reads its own: a number that changes meanwhile is the old one or the new one. BackendPidGetProc compares under a lock.
    unsafe {
        let clients = usize::try_from(pg_sys::MaxConnections).unwrap_or(0);
        for i in 0..(*pg_sys::ProcGlobal).allProcCount as usize {
            let process = (*pg_sys::ProcGlobal).allProcs.add(i);
            let pid = (&raw const (*process).pid).read_volatile();
            // An entry that is not in use may still have the number of the process that used it last.
            if pid != 0 && pg_sys::BackendPidGetProc(pid) == process {
                let role = (&raw const (*process).roleId).read_volatile();
                each(&Process { pid, role, is_client: i < clients });
            }
        }
    }
}
