//! What kind of matter an error is, for whoever decides by it: an exit code, an HTTP status.

/// What kind of matter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The database has no extension `pg_kerbrole`, or not the functions of sql/kerbrole.sql, and
    /// they were asked for.
    BackendMissing,
    /// A principal, a group, the heir, `rds_ad` or `rds_iam` is not there: 42704.
    NotFound,
    /// The principal, or the new name of one, is there already, perhaps in another case: 42710.
    AlreadyExists,
    /// What was given can be no principal, realm or role here, or is no value that the call takes:
    /// 22023, 42622 or 42939.
    InvalidName,
    /// The principal has sessions: 55006.
    InUse,
    /// The principal owns something and there is no heir: 2BP01.
    OwnsObjects,
    /// A list would disable or drop more principals than may be at once: 53400.
    TooManyRemovals,
    /// Somebody else did something at the same time: 40001, 40P01, 55P03, or 23505 where both
    /// created the role. See [`Error::is_retryable`](crate::Error::is_retryable).
    Concurrent,
    /// The server, or the transaction, takes no changes: 25006. A standby after a failover.
    ReadOnly,
    /// The rule that no role is in both `rds_ad` and `rds_iam` refused it: see
    /// [`Error::conflict_paths`](crate::Error::conflict_paths).
    Conflict,
    /// A privilege is missing.
    Privilege,
    /// Creating the first principal would make the administrator a member of `rds_ad`: see
    /// [`Builder::accept_nesting`](crate::Builder::accept_nesting).
    WouldNest,
    /// What would be done is not what was planned, since the server has changed meanwhile; nothing
    /// was done: 40001.
    PlanChanged,
    /// The principal is disabled, and sessions of it go on, since the privilege to end them is
    /// missing.
    SessionsLeft,
    /// The connection or the protocol failed.
    ///
    /// Whether the last statement was carried out is not known: call
    /// [`Kerbrole::state_of`](crate::Kerbrole::state_of) over a new connection, or repeat the call
    /// with [`if_not_exists`](crate::AddOptions::if_not_exists), which completes what is missing
    /// and does nothing twice.
    Connection,
    /// Anything else that the server or the rules refuse: see [`Error::code`](crate::Error::code).
    Other,
}

/// What kind of matter an SQLSTATE is, whichever backend it comes from.
pub(super) fn of_sqlstate(sqlstate: &str) -> ErrorKind {
    match sqlstate {
        "0LP01" => ErrorKind::Conflict,
        "42501" => ErrorKind::Privilege,
        "42704" => ErrorKind::NotFound,
        "42710" => ErrorKind::AlreadyExists,
        "22023" | "42622" | "42939" => ErrorKind::InvalidName,
        "55006" => ErrorKind::InUse,
        "2BP01" => ErrorKind::OwnsObjects,
        "53400" => ErrorKind::TooManyRemovals,
        "25006" => ErrorKind::ReadOnly,
        // What is unique here are names of roles and memberships, and somebody else's commit came
        // between the look and the statement.
        "40001" | "40P01" | "55P03" | "23505" => ErrorKind::Concurrent,
        // The server ends the session: 57P01 to 57P05, and 08xxx.
        code if code.starts_with("57P") || code.starts_with("08") => ErrorKind::Connection,
        _ => ErrorKind::Other,
    }
}
