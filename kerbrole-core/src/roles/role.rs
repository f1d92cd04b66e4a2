//! A role as it stands in the catalogue.

use std::fmt;

use crate::names::role_name::RoleName;
use crate::oid::RoleOid;

/// The attributes that make a role more than a login.
///
/// Roles that have one are never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elevated {
    /// SUPERUSER
    pub superuser: bool,
    /// CREATEROLE
    pub createrole: bool,
    /// CREATEDB
    pub createdb: bool,
    /// REPLICATION
    pub replication: bool,
    /// BYPASSRLS
    pub bypassrls: bool,
}

impl Elevated {
    /// Whether any of them is set.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

impl fmt::Display for Elevated {
    /// The keywords of those that are set: `CREATEROLE and CREATEDB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.superuser, "SUPERUSER"),
            (self.createrole, "CREATEROLE"),
            (self.createdb, "CREATEDB"),
            (self.replication, "REPLICATION"),
            (self.bypassrls, "BYPASSRLS"),
        ];
        let set: Vec<_> =
            all.into_iter().filter_map(|(is_set, keyword)| is_set.then_some(keyword)).collect();
        f.write_str(&set.join(" and "))
    }
}

/// What is known of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its OID.
    pub oid: RoleOid,
    /// Its name.
    pub name: RoleName,
    /// LOGIN
    pub can_login: bool,
    /// The attributes that keep it from being changed.
    pub elevated: Elevated,
}
