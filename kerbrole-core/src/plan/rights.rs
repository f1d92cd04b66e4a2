//! What plain statements take of whoever runs them, by the server's own rules, and what of it is
//! missing.
//!
//! The rules are those of src/backend/commands/user.c, which PostgreSQL 16 changed. Up to 15
//! CREATEROLE lets one do everything to roles that are no superusers. Since 16 it takes CREATEROLE
//! and ADMIN on a role to alter, rename or drop it, and ADMIN alone to grant it, which has to be
//! inherited. The attribute is never inherited.

use std::collections::HashMap;

use crate::names::role_name::RoleName;
use crate::statement::Statement;

/// Who runs statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// The role.
    pub user: RoleName,
    /// SUPERUSER
    pub superuser: bool,
    /// CREATEROLE
    pub createrole: bool,
    /// INHERIT, which decides up to PostgreSQL 15 whether memberships give anything without SET
    /// ROLE.
    pub inherits: bool,
    /// A role with CREATEROLE that it can SET ROLE to.
    pub can_become: Option<RoleName>,
}

/// What the runner has of one role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Whether the role is a superuser's.
    pub superuser: bool,
    /// ADMIN through any chain of memberships (`is_admin_of_role`, src/backend/utils/adt/acl.c).
    pub admin: bool,
    /// ADMIN that is had directly or inherited (`select_best_admin`), and not by way of a role that
    /// is dropped.
    pub may_grant: bool,
    /// Membership, through any chain.
    pub member: bool,
    /// What the role may do, without SET ROLE (`has_privs_of_role`).
    pub privileges: bool,
    /// SET ROLE (`check_can_set_role`).
    pub set_role: bool,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// What it is: `CREATEROLE`.
    pub right: String,
    /// The statement that gives it.
    pub statement: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Right<'s> {
    CreateRole,
    Admin(&'s RoleName),
    Grant(&'s RoleName),
    Privileges(&'s RoleName),
    /// To end memberships that this role granted, the first of them by this statement.
    Revoke(&'s RoleName, &'s Statement),
    SetRole(&'s RoleName),
}

/// The roles that it depends on whether one may run these.
pub fn roles_concerned(statements: &[Statement]) -> Vec<RoleName> {
    // By the newer rules, which ask about more.
    let mut roles: Vec<_> = rights(statements, true)
        .into_iter()
        .filter_map(|right| match right {
            Right::CreateRole => None,
            Right::Admin(role)
            | Right::Grant(role)
            | Right::Privileges(role)
            | Right::Revoke(role, _)
            | Right::SetRole(role) => Some(role),
        })
        .cloned()
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// What statements take of a runner, each thing once, in the order in which the server asks for it.
fn rights(statements: &[Statement], since_16: bool) -> Vec<Right<'_>> {
    let mut rights: Vec<Right<'_>> = Vec::new();
    let mut created: Vec<&RoleName> = Vec::new();
    for statement in statements {
        let mut wanted: Vec<Right<'_>> = Vec::new();
        match statement {
            Statement::CreateLogin { role, member_of } => {
                created.push(role);
                wanted.extend([Right::CreateRole, Right::Grant(member_of)]);
            }
            Statement::CreateUser { role } => {
                created.push(role);
                wanted.push(Right::CreateRole);
            }
            Statement::AllowLogin { role }
            | Statement::ForbidLogin { role }
            | Statement::Rename { role, .. }
            | Statement::Comment { role, .. }
            | Statement::DropRole { role } => {
                wanted.push(Right::CreateRole);
                if since_16 && !created.contains(&role) {
                    wanted.push(Right::Admin(role));
                }
            }
            Statement::Grant { roles, .. } => wanted.extend(roles.iter().map(Right::Grant)),
            Statement::GrantWith { granted, .. } | Statement::GrantBy { granted, .. } => {
                wanted.push(Right::Grant(granted));
            }
            Statement::RevokeGrant { role, granted, name_grantor, .. } => {
                wanted.push(Right::Grant(granted));
                if *name_grantor {
                    wanted.push(Right::Revoke(role, statement));
                }
            }
            Statement::ReassignOwned { role, to } => {
                wanted.extend([Right::Privileges(role), Right::Privileges(to), Right::SetRole(to)]);
            }
            Statement::RevokeAs { .. }
            | Statement::RevokePrivileges { .. }
            | Statement::DropOwned { .. } => {}
        }
        for right in wanted {
            // One statement stands for all that take the rights of the same grantor.
            let is_there = rights.iter().any(|other| match (other, &right) {
                (Right::Revoke(one, _), Right::Revoke(other, _)) => one == other,
                (one, other) => one == other,
            });
            if !is_there {
                rights.push(right);
            }
        }
    }
    rights
}

/// What a runner lacks for these statements. A role that is not among `held` is one of which
/// nothing is known to be had.
pub fn missing(
    statements: &[Statement],
    runner: &Runner,
    held: &HashMap<RoleName, Held>,
    ad_role: &RoleName,
    since_16: bool,
) -> Vec<Lack> {
    if runner.superuser {
        return Vec::new();
    }
    let rights = rights(statements, since_16);
    let of = |role: &RoleName| held.get(role).copied().unwrap_or_default();
    // A membership that the statements themselves give the runner.
    let joins = |role: &RoleName| {
        statements.iter().any(|statement| match statement {
            Statement::GrantWith { granted, member, .. } => {
                granted == role && *member == runner.user
            }
            Statement::GrantBy { granted, member, inherit, .. } => {
                granted == role && *member == runner.user && *inherit == Some(true)
            }
            _ => false,
        })
    };
    let grants_lacking = rights.iter().any(|right| match right {
        // ADMIN on rds_ad would be a membership of it, so that up to 15 the attribute is the better
        // one to have.
        Right::Grant(role) => {
            !since_16 && !runner.createrole && !of(role).admin && *role == ad_role
        }
        Right::CreateRole => !runner.createrole,
        _ => false,
    });
    let mut lacks = Lacks { user: &runner.user, all: Vec::new() };
    if grants_lacking {
        lacks.add("CREATEROLE".into(), format!("ALTER ROLE {} CREATEROLE;", runner.user.quoted()));
    }
    for right in &rights {
        match *right {
            Right::CreateRole => {}
            Right::Grant(role) if of(role).superuser => lacks.add(
                format!("SUPERUSER, since {} has it", role.quoted()),
                format!("ALTER ROLE {} SUPERUSER;", runner.user.quoted()),
            ),
            Right::Admin(role) if !of(role).admin => lacks.admin(role),
            Right::Grant(role) if since_16 && !of(role).may_grant => lacks.admin(role),
            Right::Grant(role)
                if !since_16 && !of(role).admin && !runner.createrole && !grants_lacking =>
            {
                lacks.admin(role);
            }
            Right::Privileges(role) if !(of(role).privileges || since_16 && joins(role)) => {
                let set_too = !of(role).set_role && rights.contains(&Right::SetRole(role));
                lacks.rights_of(
                    role,
                    of(role).member || joins(role),
                    set_too,
                    runner.inherits,
                    since_16,
                );
            }
            // A membership in a superuser's role is no right to hand out, and of a role of which
            // nothing is known it cannot be told from one.
            Right::Revoke(grantor, statement)
                if !(of(grantor).privileges || since_16 && joins(grantor))
                    && held.get(grantor).is_none_or(|held| held.superuser) =>
            {
                lacks.add(
                    format!(
                        "the rights of {}, for whom a superuser can end the membership",
                        grantor.quoted()
                    ),
                    statement.script(),
                );
            }
            Right::Revoke(role, _) if !(of(role).privileges || since_16 && joins(role)) => {
                lacks.rights_of(
                    role,
                    of(role).member || joins(role),
                    false,
                    runner.inherits,
                    since_16,
                );
            }
            Right::SetRole(role) if since_16 && of(role).privileges && !of(role).set_role => {
                lacks.member(role, " WITH SET TRUE");
            }
            _ => {}
        }
    }
    lacks.all
}

/// What a runner lacks that needs what one role may do.
pub fn missing_rights_of(
    role: &RoleName,
    runner: &Runner,
    held: Held,
    since_16: bool,
) -> Vec<Lack> {
    let mut lacks = Lacks { user: &runner.user, all: Vec::new() };
    if !held.privileges {
        lacks.rights_of(role, held.member, false, runner.inherits, since_16);
    }
    lacks.all
}

struct Lacks<'r> {
    user: &'r RoleName,
    all: Vec<Lack>,
}

impl Lacks<'_> {
    fn add(&mut self, right: String, statement: String) {
        if self.all.iter().all(|lack| lack.statement != statement) {
            self.all.push(Lack { right, statement });
        }
    }

    fn admin(&mut self, role: &RoleName) {
        let statement =
            format!("GRANT {} TO {} WITH ADMIN OPTION;", role.quoted(), self.user.quoted());
        self.add(format!("ADMIN on {}", role.quoted()), statement);
    }

    /// Since 16 each membership says whether it is inherited; before, the member's own attribute
    /// does.
    fn rights_of(
        &mut self,
        role: &RoleName,
        is_member: bool,
        set_too: bool,
        inherits: bool,
        since_16: bool,
    ) {
        match (since_16, set_too) {
            (true, true) => self.member(role, " WITH INHERIT TRUE, SET TRUE"),
            (true, false) => self.member(role, " WITH INHERIT TRUE"),
            (false, _) => {
                if !is_member {
                    self.member(role, "");
                }
                if !inherits {
                    let right =
                        format!("INHERIT, without which it has no right of {}", role.quoted());
                    self.add(right, format!("ALTER ROLE {} INHERIT;", self.user.quoted()));
                }
            }
        }
    }

    fn member(&mut self, role: &RoleName, options: &str) {
        let statement = format!("GRANT {} TO {}{options};", role.quoted(), self.user.quoted());
        self.add(format!("the rights of {}", role.quoted()), statement);
    }
}

/// What is missing as a HINT: each right with the statement that gives it, in parentheses.
pub fn lacks_in_words(
    runner: &Runner,
    lacks: &[Lack],
    ad_role: &RoleName,
    is_known: bool,
) -> String {
    let each: Vec<_> =
        lacks.iter().map(|lack| format!("{} ({})", lack.right, lack.statement)).collect();
    let verb = if is_known { "lacks" } else { "has to have" };
    let mut words = format!("{} {verb} {}.", runner.user.quoted(), each.join(" and "));
    if lacks
        .iter()
        .any(|lack| lack.statement.starts_with(&format!("GRANT {} TO ", ad_role.quoted())))
    {
        words.push_str(&format!(" ADMIN on {} is itself a membership of it.", ad_role.quoted()));
    }
    if let Some(other) = &runner.can_become
        && lacks.iter().any(|lack| lack.right == "CREATEROLE")
    {
        words.push_str(&format!(
            " Or it can SET ROLE {} first, which has it: attributes are not inherited.",
            other.quoted()
        ));
    }
    words
}

#[cfg(test)]
mod tests;
