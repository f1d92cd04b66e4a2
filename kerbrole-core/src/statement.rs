//! Statements as data, and as the SQL text that runs and is shown.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::names::role_name::RoleName;
use crate::quote::{by_oid, literal};

/// The options of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembershipOptions {
    /// ADMIN
    pub admin: bool,
    /// INHERIT and SET, which a membership has since PostgreSQL 16.
    pub inherit_and_set: Option<(bool, bool)>,
}

/// One statement that changes roles or memberships.
///
/// `Display` gives the SQL without a semicolon at its end, every name quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Statement {
    /// A new login role that is a member of `member_of` from the start.
    CreateLogin {
        /// The new role.
        role: RoleName,
        /// The role it becomes a member of: `rds_ad`.
        member_of: RoleName,
    },
    /// A new login role, in AWS's own words; what it is a member of is granted afterwards.
    CreateUser {
        /// The new role.
        role: RoleName,
    },
    /// LOGIN for a role that has not got it.
    AllowLogin {
        /// The role.
        role: RoleName,
    },
    /// NOLOGIN.
    ForbidLogin {
        /// The role.
        role: RoleName,
    },
    /// Another name for the same role.
    Rename {
        /// The role.
        role: RoleName,
        /// Its new name.
        to: RoleName,
    },
    /// A new owner for all that a role owns in this database, and for databases and tablespaces.
    ReassignOwned {
        /// The owner.
        role: RoleName,
        /// The new owner.
        to: RoleName,
    },
    /// The end of privileges that somebody other than the owner granted, which DROP OWNED leaves.
    /// Only the grantor can revoke them.
    RevokeAs {
        /// Who granted them.
        grantor: RoleName,
        /// The privileges, as GRANT spells them: `SELECT, UPDATE`, or `SELECT (price)`; quoted by
        /// the server.
        privileges: String,
        /// The object, as GRANT spells it: `TABLE public.orders`, quoted by the server.
        object: String,
        /// Who has them.
        role: RoleName,
    },
    /// The end of privileges that the object's owner granted, by the owner or a superuser.
    RevokePrivileges {
        /// The privileges, as for `RevokeAs`.
        privileges: String,
        /// The object, as for `RevokeAs`.
        object: String,
        /// Who has them.
        role: RoleName,
    },
    /// The end of all privileges in this database, and on databases and tablespaces. Whoever runs
    /// it has made sure that the role owns nothing.
    DropOwned {
        /// The role.
        role: RoleName,
    },
    /// The end of a membership that `role` granted to somebody else, as its grantor. Up to
    /// PostgreSQL 15, where each has one grantor, without naming it.
    RevokeGrant {
        /// Who granted it.
        role: RoleName,
        /// What was granted.
        granted: RoleName,
        /// To whom.
        member: RoleName,
        /// Whether the grantor has to be named.
        name_grantor: bool,
    },
    /// A membership with these options, by whoever runs it.
    GrantWith {
        /// What is granted.
        granted: RoleName,
        /// To whom.
        member: RoleName,
        /// ADMIN, INHERIT, SET.
        options: MembershipOptions,
    },
    /// A membership of a named grantor's, since PostgreSQL 16. Options that are not given stay as
    /// they are where it is there already.
    GrantBy {
        /// What is granted.
        granted: RoleName,
        /// To whom.
        member: RoleName,
        /// ADMIN
        admin: Option<bool>,
        /// INHERIT
        inherit: Option<bool>,
        /// SET
        set: Option<bool>,
        /// Who has ADMIN on what is granted.
        grantor: RoleName,
    },
    /// The comment on a role, or its end.
    Comment {
        /// The role.
        role: RoleName,
        /// All of the comment; `None` ends it.
        text: Option<String>,
    },
    /// The end of a role.
    DropRole {
        /// The role.
        role: RoleName,
    },
    /// Memberships, every one of `roles` to every one of `members`. Neither may be empty.
    Grant {
        /// What is granted.
        roles: Vec<RoleName>,
        /// Who becomes a member.
        members: Vec<RoleName>,
    },
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&by_oid(Template(self).to_string()))
    }
}

/// A statement, with roles by their OIDs where their names cannot be written.
struct Template<'s>(&'s Statement);

impl fmt::Display for Template<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Statement::CreateLogin { role, member_of } => {
                write!(
                    f,
                    "CREATE ROLE {} LOGIN IN ROLE {}",
                    role.in_statement(),
                    member_of.in_statement()
                )
            }
            Statement::CreateUser { role } => {
                write!(f, "CREATE USER {} WITH LOGIN", role.in_statement())
            }
            Statement::AllowLogin { role } => write!(f, "ALTER ROLE {} LOGIN", role.in_statement()),
            Statement::ForbidLogin { role } => {
                write!(f, "ALTER ROLE {} NOLOGIN", role.in_statement())
            }
            Statement::Rename { role, to } => {
                write!(f, "ALTER ROLE {} RENAME TO {}", role.in_statement(), to.in_statement())
            }
            Statement::ReassignOwned { role, to } => {
                write!(f, "REASSIGN OWNED BY {} TO {}", role.in_statement(), to.in_statement())
            }
            Statement::RevokeAs { privileges, object, role, .. }
            | Statement::RevokePrivileges { privileges, object, role } => {
                write!(f, "REVOKE {privileges} ON {object} FROM {} CASCADE", role.in_statement())
            }
            Statement::DropOwned { role } => write!(f, "DROP OWNED BY {}", role.in_statement()),
            Statement::DropRole { role } => write!(f, "DROP ROLE {}", role.in_statement()),
            Statement::Comment { role, text } => {
                let text = text.as_deref().map_or_else(|| "NULL".into(), literal);
                write!(f, "COMMENT ON ROLE {} IS {text}", role.in_statement())
            }
            Statement::RevokeGrant { role, granted, member, name_grantor } => {
                write!(f, "REVOKE {} FROM {}", granted.in_statement(), member.in_statement())?;
                if *name_grantor {
                    write!(f, " GRANTED BY {}", role.in_statement())
                } else {
                    Ok(())
                }
            }
            Statement::GrantWith { granted, member, options } => {
                write!(f, "GRANT {} TO {}", granted.in_statement(), member.in_statement())?;
                match options.inherit_and_set {
                    Some((inherit, set)) => {
                        write!(f, " WITH ADMIN {}, INHERIT {inherit}, SET {set}", options.admin)
                    }
                    None if options.admin => f.write_str(" WITH ADMIN OPTION"),
                    None => Ok(()),
                }
            }
            Statement::GrantBy { granted, member, admin, inherit, set, grantor } => {
                write!(f, "GRANT {} TO {}", granted.in_statement(), member.in_statement())?;
                let options: Vec<_> = [("ADMIN", admin), ("INHERIT", inherit), ("SET", set)]
                    .into_iter()
                    .filter_map(|(option, value)| value.map(|value| format!("{option} {value}")))
                    .collect();
                if !options.is_empty() {
                    write!(f, " WITH {}", options.join(", "))?;
                }
                write!(f, " GRANTED BY {}", grantor.in_statement())
            }
            Statement::Grant { roles, members } => {
                write!(f, "GRANT {} TO {}", list(roles), list(members))
            }
        }
    }
}

impl Statement {
    /// The statement as somebody would paste it into psql, with its semicolon.
    pub fn script(&self) -> String {
        match self {
            Self::RevokeAs { grantor, .. } => {
                let set_role = by_oid(format!("SET ROLE {}", grantor.in_statement()));
                format!("{set_role}; {self}; RESET ROLE;")
            }
            _ => format!("{self};"),
        }
    }
}

fn list(names: &[RoleName]) -> String {
    let quoted: Vec<_> = names.iter().map(RoleName::in_statement).collect();
    quoted.join(", ")
}

/// The end of one membership.
///
/// `Display` gives the SQL with its semicolon: it is meant to be read and pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// What was granted.
    pub role: RoleName,
    /// To whom.
    pub member: RoleName,
    /// By whom. Since PostgreSQL 16 each grantor's membership stands for itself and is revoked by
    /// naming the grantor; before, there is only one and this is `None`.
    pub granted_by: Option<RoleName>,
    /// Whether other memberships were granted on the strength of this one's ADMIN option. The
    /// server then demands CASCADE, and ends those as well.
    pub cascade: bool,
    /// Whether the member has it from creating the role. Its grantor is then the bootstrap
    /// superuser: only a superuser can revoke it.
    pub from_creation: bool,
}

impl fmt::Display for Revoke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sql =
            format!("REVOKE {} FROM {}", self.role.in_statement(), self.member.in_statement());
        if let Some(grantor) = &self.granted_by {
            sql.push_str(" GRANTED BY ");
            sql.push_str(&grantor.in_statement());
        }
        if self.cascade {
            sql.push_str(" CASCADE");
        }
        f.write_str(&by_oid(sql))?;
        f.write_str(if self.from_creation {
            " /* a membership that came from creating the role */;"
        } else {
            ";"
        })
    }
}
