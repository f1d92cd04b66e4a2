//! What hangs on a role.

use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::statement::MembershipOptions;
use crate::text::counted;

/// What hangs on a role in one database, or on the cluster as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The database; `None` for what belongs to none: databases, tablespaces, parameters.
    pub database: Option<String>,
    /// Whether it can be dealt with from this database.
    pub here: bool,
    /// How many objects the role owns. Default privileges and user mappings do not count: they are
    /// nothing without the role.
    pub owned: u32,
    /// How many objects name the role otherwise: privileges, policies, default privileges, user
    /// mappings.
    pub privileges: u32,
}

/// Privileges that somebody other than the object's owner granted, in this database or on a shared
/// object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignGrant {
    /// Who granted them.
    pub grantor: RoleName,
    /// The privileges, as GRANT spells them: `SELECT, UPDATE`, or `SELECT (price)`; quoted by the
    /// server.
    pub privileges: String,
    /// The object, as GRANT spells it: `TABLE public.orders`, quoted by the server.
    pub object: String,
}

/// A membership of one role in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantMade {
    /// What was granted.
    pub granted: RoleName,
    /// To whom.
    pub member: RoleName,
    /// By whom.
    pub grantor: RoleOid,
    /// With which options.
    pub options: MembershipOptions,
}

/// What hangs on a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependants {
    /// Sessions on this server.
    pub sessions: u32,
    /// What it owns and which privileges it has, where.
    pub holdings: Vec<Holding>,
    /// The privileges that DROP OWNED would leave.
    pub foreign_grants: Vec<ForeignGrant>,
    /// Every membership for which the role is the grantor, and those of the same roles and members
    /// for which the bootstrap superuser is.
    pub grants_made: Vec<GrantMade>,
}

/// `3 objects and 1 privilege in database "app"; 1 shared object.`
pub(crate) fn holdings_in_words(holdings: &[Holding]) -> String {
    let places: Vec<_> = holdings
        .iter()
        .map(|holding| {
            let kinds = [(holding.owned, "object"), (holding.privileges, "privilege")];
            let counts: Vec<_> = kinds
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| counted(count as usize, what))
                .collect();
            let place = match &holding.database {
                Some(database) => format!("in database \"{database}\""),
                None => "shared by all databases".into(),
            };
            format!("{} {place}", counts.join(" and "))
        })
        .collect();
    format!("{}.", places.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(database: &str, here: bool, owned: u32, privileges: u32) -> Holding {
        Holding { database: Some(database.into()), here, owned, privileges }
    }

    #[test]
    fn holdings_are_told_in_words() {
        let shared = Holding { database: None, here: true, owned: 1, privileges: 0 };
        assert_eq!(
            holdings_in_words(&[holding("app", true, 3, 1), shared]),
            r#"3 objects and 1 privilege in database "app"; 1 object shared by all databases."#
        );
    }
}
