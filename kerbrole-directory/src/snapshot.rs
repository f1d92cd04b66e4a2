//! What was read: people, and the groups that they are in.

use kerbrole_core::{Realm, Sid};

use crate::group_name::GroupName;
use crate::members::Members;

/// All that was asked for, as it was when it was read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// The directories, in the order in which they were given.
    pub domains: Vec<Domain>,
    /// The mapped groups, in the order in which they were given.
    pub groups: Vec<Group>,
    /// Everybody who is in one of them, ordered by SID.
    pub people: Vec<Person>,
    /// What is worth saying and ends nothing, such as members that are neither people nor groups.
    pub warnings: Vec<String>,
    pub(crate) members: Members,
}

/// A domain that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Domain {
    /// Its realm.
    pub realm: Realm,
    /// Its name before the backslash in `CORP\alice`.
    pub netbios: String,
    /// The part of its accounts' SIDs before the last number.
    pub sid: Sid,
    /// What its accounts' DNs end in.
    pub base_dn: String,
    /// The server that it was read from, as its URL.
    pub server: String,
    /// What that server calls itself, wherever it is reached: its dsServiceName, a DN.
    pub service: String,
    /// The highestCommittedUSN of that server before anything was read. Servers count for
    /// themselves: those of two of them do not compare.
    pub highest_usn: u64,
}

/// A mapped group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// As it was asked for.
    pub name: GroupName,
    /// Its DN.
    pub dn: String,
    /// Its SID.
    pub sid: Sid,
    /// How many people are in it, through any chain, those that are disabled included.
    pub people: usize,
}

/// What kind of account somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PersonKind {
    /// A user.
    User,
    /// A computer.
    Computer,
    /// A managed service account, of one machine or of a group of them.
    ManagedServiceAccount,
}

/// Somebody with an account in one of the directories.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// The SID, which survives a rename and not a new creation.
    pub sid: Sid,
    /// As the directory stores it. It may be one that is no username of a role's.
    pub sam_account_name: String,
    /// The realm of the domain that has the account.
    pub realm: Realm,
    /// Whether it is neither disabled nor past its end. A lockout, an expired password and the
    /// hours of logon do not count: anybody can lock somebody out by typing wrong passwords.
    pub enabled: bool,
    /// What kind of account it is.
    pub kind: PersonKind,
    /// The DN.
    pub dn: String,
    /// The mapped groups that it is in, through any chain: places in [`Snapshot::groups`], in
    /// their order.
    pub groups: Vec<usize>,
}

impl Snapshot {
    /// How somebody is in a mapped group: the shortest chain of DNs, from the mapped group to the
    /// group that has the account as a member, or as the primary group. `None` where it is not in
    /// it.
    ///
    /// Both are places: in [`people`](Self::people) and in [`groups`](Self::groups).
    pub fn chain(&self, person: usize, group: usize) -> Option<Vec<&str>> {
        self.members.chain(group, person)
    }
}
