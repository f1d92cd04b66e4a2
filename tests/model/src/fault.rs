//! What could be wrong with the real thing: each is a line that somebody might change.

use crate::properties;

/// A broken variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody takes the lock on pg_auth_members.
    NoLock,
    /// The lock is taken once the memberships have been written.
    LockLate,
    /// The look after the change goes by the transaction's snapshot, not by the catalogue.
    Snapshot,
    /// What would come of it is looked at before the lock, and nothing after it.
    CheckBefore,
    /// The client does not look again after its commit.
    NoSecondLook,
    /// What the client takes back is the other half of the conflict.
    WrongHalf,
    /// Which roles are meant is found out before the lock.
    NamesBeforeWait,
    /// The functions leave the rule to the guard, which sleeps inside their statements.
    AsleepInside,
    /// The guard sleeps on once a function of this transaction has ended.
    AsleepAfter,
    /// The functions do not look at the outcome.
    FunctionLooksOnce,
    /// The client creates a role in one transaction, and grants in the next.
    TwoTransactions,
    /// What keeps two clients apart stays when a connection is cut.
    LockOutlivesSession,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::NoLock,
        Self::LockLate,
        Self::Snapshot,
        Self::CheckBefore,
        Self::NoSecondLook,
        Self::WrongHalf,
        Self::NamesBeforeWait,
        Self::AsleepInside,
        Self::AsleepAfter,
        Self::FunctionLooksOnce,
        Self::TwoTransactions,
        Self::LockOutlivesSession,
    ];

    /// What it breaks.
    pub fn breaks(self) -> &'static str {
        match self {
            Self::LockLate => properties::NO_DEADLOCK,
            Self::NoSecondLook => properties::NEVER_BOTH_KEPT,
            Self::WrongHalf => properties::OWN_PART_ONLY,
            Self::FunctionLooksOnce => properties::FUNCTION_ADDS_NONE,
            Self::TwoTransactions => properties::WHOLE_OR_ABSENT,
            Self::LockOutlivesSession => properties::NOBODY_WAITS_FOREVER,
            Self::NoLock
            | Self::Snapshot
            | Self::CheckBefore
            | Self::NamesBeforeWait
            | Self::AsleepInside
            | Self::AsleepAfter => properties::NEVER_BOTH,
        }
    }

    /// The value of `kerbrole.fault` by which a server that is built for it has the same fault;
    /// nothing for those of the client.
    pub fn setting(self) -> Option<&'static str> {
        match self {
            Self::NoLock => Some("no_lock"),
            Self::LockLate => Some("lock_late"),
            Self::Snapshot => Some("snapshot"),
            Self::CheckBefore => Some("check_before"),
            Self::NamesBeforeWait => Some("names_before_wait"),
            Self::AsleepInside => Some("asleep_inside"),
            Self::AsleepAfter => Some("asleep_after"),
            Self::FunctionLooksOnce => Some("function_looks_once"),
            Self::NoSecondLook
            | Self::WrongHalf
            | Self::TwoTransactions
            | Self::LockOutlivesSession => None,
        }
    }

    /// What is wrong, in words.
    pub fn about(self) -> &'static str {
        match self {
            Self::NoLock => "nobody takes the lock on pg_auth_members",
            Self::LockLate => "the lock is taken after the memberships are written",
            Self::Snapshot => {
                "the look after the change goes by the transaction's snapshot, not the catalogue"
            }
            Self::CheckBefore => "the outcome is judged before the lock, and not after the change",
            Self::NoSecondLook => "the client does not look again after its commit",
            Self::WrongHalf => "the client takes back the other half of the conflict",
            Self::NamesBeforeWait => "which roles are meant is found out before the lock",
            Self::AsleepInside => {
                "the functions leave the rule to the guard, which sleeps inside their statements"
            }
            Self::AsleepAfter => "the guard sleeps on after a function, to the transaction's end",
            Self::FunctionLooksOnce => "the functions do not look at the outcome",
            Self::TwoTransactions => {
                "the client creates the role in one transaction and grants in the next"
            }
            Self::LockOutlivesSession => {
                "what keeps two clients apart stays when a connection is cut"
            }
        }
    }
}
