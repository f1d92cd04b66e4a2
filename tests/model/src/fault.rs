//! What could be wrong with the real thing: each is a line that somebody might change.

use crate::properties;

/// In which part of kerbrole something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The extension: `make test-replays` builds it with the feature `faults`.
    Extension,
    /// kerbrole-client, built with its feature `faults`.
    Client,
    /// The functions in PL/pgSQL, of which one is replaced.
    Functions,
}

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

    /// What it is called: the value of `kerbrole.fault` by which a server, or a client, that is
    /// built for it has it, and the name of the test that replays it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoLock => "no_lock",
            Self::LockLate => "lock_late",
            Self::Snapshot => "snapshot",
            Self::CheckBefore => "check_before",
            Self::NamesBeforeWait => "names_before_wait",
            Self::AsleepInside => "asleep_inside",
            Self::AsleepAfter => "asleep_after",
            Self::FunctionLooksOnce => "function_looks_once",
            Self::NoSecondLook => "no_second_look",
            Self::WrongHalf => "wrong_half",
            Self::TwoTransactions => "two_transactions",
            Self::LockOutlivesSession => "lock_outlives_session",
        }
    }

    /// Where it is.
    pub fn part(self) -> Part {
        match self {
            Self::NoSecondLook | Self::WrongHalf | Self::TwoTransactions => Part::Client,
            Self::LockOutlivesSession => Part::Functions,
            Self::NoLock
            | Self::LockLate
            | Self::Snapshot
            | Self::CheckBefore
            | Self::NamesBeforeWait
            | Self::AsleepInside
            | Self::AsleepAfter
            | Self::FunctionLooksOnce => Part::Extension,
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
