//! What a statement about roles can change, read from its parse tree, and whether the server will
//! let the caller do it at all.
//!
//! Names are looked up by their bytes, as the server does it, whatever the database's encoding;
//! each once, and never copied.

use std::collections::HashSet;
use std::ffi::{CStr, CString, c_char};

use kerbrole_core::{Added, ConflictRule, MembershipCatalog, RoleOid};
use pgrx::prelude::*;
use pgrx::{PgList, PgSqlErrorCode, pg_sys};

use crate::server::catalog::{self, Memberships};
use crate::settings::{self, NAMES_GRANTORS};

/// What a statement adds.
pub(super) enum Change {
    /// Nothing. It needs the lock all the same: the next statement of the transaction may add a
    /// membership, and must not have to ask for the lock while it holds a weaker one.
    Nothing,
    /// Each of the first becomes a member of each of the second.
    Grant { members: Vec<RoleOid>, roles: Vec<RoleOid> },
    /// A new role, what it becomes a member of, and who becomes a member of it.
    Create { name: CString, above: Vec<RoleOid>, below: Vec<RoleOid> },
    /// A role gets the name of one of the two: whoever is below it is concerned.
    Rename { to: CString },
}

/// Whether a statement can write memberships at all. It is asked for every utility statement there
/// is, and of most reads the tag only.
///
/// # Safety
/// `node` is a valid statement.
pub(super) unsafe fn is_about_roles(node: *mut pg_sys::Node) -> bool {
    // SAFETY: every node begins with its tag, and a RenameStmt has the rest.
    unsafe {
        match (*node).type_ {
            pg_sys::NodeTag::T_GrantRoleStmt
            | pg_sys::NodeTag::T_CreateRoleStmt
            | pg_sys::NodeTag::T_DropRoleStmt => true,
            pg_sys::NodeTag::T_AlterRoleStmt => {
                // ALTER GROUP ... ADD or DROP USER; other changes of a role write no membership.
                !named((*node.cast::<pg_sys::AlterRoleStmt>()).options, c"rolemembers").is_null()
            }
            pg_sys::NodeTag::T_RenameStmt => {
                (*node.cast::<pg_sys::RenameStmt>()).renameType == pg_sys::ObjectType::OBJECT_ROLE
            }
            _ => false,
        }
    }
}

/// Whether the server may let the caller run this. `false` is said only of what it will refuse, by
/// the checks that it makes first (src/backend/commands/user.c): then nobody is made to wait, and
/// nothing is looked through. Stops at the first thing that is in the way.
///
/// # Safety
/// `node` is a statement that `is_about_roles`.
pub(super) unsafe fn may_be_allowed(node: *mut pg_sys::Node) -> bool {
    // SAFETY: the tag says which struct the node is; the grammar fills the lists with what is read
    // here. The rest is looked up in the server's caches.
    unsafe {
        let caller = pg_sys::GetUserId();
        let makes_roles = pg_sys::has_createrole_privilege(caller);
        match (*node).type_ {
            pg_sys::NodeTag::T_GrantRoleStmt => {
                let statement = &*node.cast::<pg_sys::GrantRoleStmt>();
                let granted = PgList::<pg_sys::AccessPriv>::from_pg(statement.granted_roles);
                each(granted.iter_ptr(), |item| may_grant(caller, oid_of((*item).priv_name)))
            }
            pg_sys::NodeTag::T_CreateRoleStmt => {
                let statement = &*node.cast::<pg_sys::CreateRoleStmt>();
                let above =
                    PgList::<pg_sys::RoleSpec>::from_pg(named(statement.options, c"addroleto"));
                makes_roles && each(above.iter_ptr(), |spec| may_grant(caller, role(spec)))
            }
            pg_sys::NodeTag::T_AlterRoleStmt => {
                let group = role((*node.cast::<pg_sys::AlterRoleStmt>()).role);
                if NAMES_GRANTORS { may_grant(caller, group) } else { makes_roles }
            }
            // DROP ROLE and ALTER ROLE ... RENAME.
            _ => makes_roles,
        }
    }
}

/// Whether the caller may grant a role. One that is not there yet (0) may come to be while the
/// statement waits: whoever may grant any waits for it.
///
/// # Safety
/// `role` is an OID or 0.
unsafe fn may_grant(caller: pg_sys::Oid, role: RoleOid) -> bool {
    // SAFETY: looks memberships up in the server's cache.
    unsafe {
        // Up to 15 CREATEROLE is the right to grant.
        let any = if NAMES_GRANTORS {
            pg_sys::superuser_arg(caller)
        } else {
            pg_sys::has_createrole_privilege(caller)
        };
        any || (role != 0 && pg_sys::is_admin_of_role(caller, pg_sys::Oid::from_u32(role)))
    }
}

/// Whether something holds for each. A list may be as long as somebody types it.
fn each<T>(mut items: impl Iterator<Item = T>, mut holds: impl FnMut(T) -> bool) -> bool {
    items.all(|item| {
        pgrx::check_for_interrupts!();
        holds(item)
    })
}

impl Change {
    /// Reads a statement under the lock: what a name means can change until then. Names that mean
    /// nothing are left out, which the server will say.
    ///
    /// # Safety
    /// `node` is a statement that `is_about_roles`.
    pub(super) unsafe fn of(node: *mut pg_sys::Node) -> Self {
        // SAFETY: the tag says which struct the node is.
        unsafe {
            match (*node).type_ {
                pg_sys::NodeTag::T_GrantRoleStmt => Self::of_grant(&*node.cast()),
                pg_sys::NodeTag::T_CreateRoleStmt => Self::of_create(&*node.cast()),
                pg_sys::NodeTag::T_AlterRoleStmt => Self::of_alter(&*node.cast()),
                pg_sys::NodeTag::T_RenameStmt => Self::of_rename(&*node.cast()),
                _ => Self::Nothing,
            }
        }
    }

    /// # Safety
    /// The lists hold what the grammar puts into them: AccessPriv and RoleSpec.
    unsafe fn of_grant(statement: &pg_sys::GrantRoleStmt) -> Self {
        if !statement.is_grant {
            return Self::Nothing;
        }
        // SAFETY: the grammar made the lists, and each item is what the list's type says.
        unsafe {
            let granted = PgList::<pg_sys::AccessPriv>::from_pg(statement.granted_roles);
            let roles =
                oids(granted.len(), granted.iter_ptr().map(|item| oid_of((*item).priv_name)));
            Self::Grant { members: roles_of(statement.grantee_roles), roles }
        }
    }

    /// # Safety
    /// The options hold what the grammar puts into them: DefElem with lists of RoleSpec.
    unsafe fn of_create(statement: &pg_sys::CreateRoleStmt) -> Self {
        // SAFETY: the grammar made the options; the identity is a static of the server, and whether
        // it is a superuser's is looked up in a cache.
        unsafe {
            let above = roles_of(named(statement.options, c"addroleto"));
            let mut below = roles_of(named(statement.options, c"rolemembers"));
            below.extend(roles_of(named(statement.options, c"adminmembers")));
            let creator = pg_sys::GetUserId();
            if NAMES_GRANTORS && !pg_sys::superuser_arg(creator) {
                // Since 16 the creator becomes a member of what it creates.
                below.push(creator.to_u32());
            }
            Self::Create { name: CStr::from_ptr(statement.role).to_owned(), above, below }
        }
    }

    /// # Safety
    /// The options hold what the grammar puts into them: DefElem with lists of RoleSpec.
    unsafe fn of_alter(statement: &pg_sys::AlterRoleStmt) -> Self {
        // ALTER GROUP ... DROP USER has the action -1.
        if statement.action < 0 {
            return Self::Nothing;
        }
        // SAFETY: the grammar made the options, and gives every AlterRoleStmt a role.
        unsafe {
            Self::Grant {
                members: roles_of(named(statement.options, c"rolemembers")),
                roles: oids(1, std::iter::once(role(statement.role))),
            }
        }
    }

    /// # Safety
    /// The statement renames a role.
    unsafe fn of_rename(statement: &pg_sys::RenameStmt) -> Self {
        // SAFETY: the grammar gives the renaming of a role its new name, a C string.
        let to = unsafe { CStr::from_ptr(statement.newname) };
        if is_of_rule(to) { Self::Rename { to: to.to_owned() } } else { Self::Nothing }
    }

    /// Whether anything in it leads to one of the two roles; otherwise nobody's standing can
    /// change.
    pub(super) fn can_add_a_conflict(&self, rule: &ConflictRule) -> bool {
        let granted = match self {
            Self::Nothing => return false,
            Self::Rename { .. } => return true,
            Self::Create { name, .. } if is_of_rule(name) => return true,
            Self::Create { above, .. } => above,
            Self::Grant { roles, .. } => roles,
        };
        let of_rule =
            [rule.ad_role(), rule.iam_role()].map(|role| catalog::role_oid(role.as_str()));
        let mut memberships = Memberships::open();
        let mut seen = HashSet::new();
        let mut to_visit = granted.clone();
        while let Some(role) = to_visit.pop() {
            if of_rule.contains(&Some(role)) {
                return true;
            }
            if seen.insert(role) {
                let Ok(above) = memberships.memberships_of(role);
                to_visit.extend(above.iter().map(|membership| membership.role));
            }
        }
        false
    }

    /// The roles whose standing, and that of everybody below, the statement can change. Asked for
    /// once before and once after it: a role that it creates is there only then.
    pub(super) fn concerned(&self) -> Vec<RoleOid> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Grant { members, .. } => members.clone(),
            Self::Create { name, below, .. } => {
                below.iter().copied().chain(catalog::role_oid_of(name)).collect()
            }
            Self::Rename { to } => catalog::role_oid_of(to).into_iter().collect(),
        }
    }

    /// The memberships that a GRANT adds, each by itself.
    pub(super) fn pairs(&self) -> Vec<(RoleOid, RoleOid)> {
        match self {
            Self::Grant { members, roles } => {
                members.iter().flat_map(|&m| roles.iter().map(move |&r| (m, r))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The memberships that it has added.
    pub(super) fn added(&self) -> Added {
        match self {
            Self::Nothing | Self::Rename { .. } => Added::default(),
            Self::Grant { members, roles } => Added::default().all_of(members, roles),
            Self::Create { name, above, below } => {
                let new: Vec<_> = catalog::role_oid_of(name).into_iter().collect();
                Added::default().all_of(&new, above).all_of(below, &new)
            }
        }
    }
}

/// Whether this is the name of one of the two roles.
fn is_of_rule(name: &CStr) -> bool {
    let rule = settings::conflict_rule();
    [rule.ad_role(), rule.iam_role()]
        .into_iter()
        .any(|role| role.as_str().as_bytes() == name.to_bytes())
}

/// The OID of the role of this name; 0 where there is none.
///
/// # Safety
/// `name` is null or a C string.
unsafe fn oid_of(name: *const c_char) -> RoleOid {
    // SAFETY: the name is not null, so that it is a C string; it is looked up in the server's
    // cache.
    if name.is_null() { 0 } else { unsafe { pg_sys::get_role_oid(name, true) }.to_u32() }
}

/// OIDs without the zeroes. The list is as long as somebody types it: where there is no memory for
/// it the statement fails, and not the server.
fn oids(at_most: usize, oids: impl Iterator<Item = RoleOid>) -> Vec<RoleOid> {
    let mut found = Vec::new();
    if found.try_reserve_exact(at_most).is_err() {
        ereport!(ERROR, PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY, "out of memory for a list of roles");
    }
    for oid in oids {
        pgrx::check_for_interrupts!();
        if oid != 0 {
            found.push(oid);
        }
    }
    found
}

/// The roles that a list of RoleSpec means.
///
/// # Safety
/// `list` is null or such a list.
unsafe fn roles_of(list: *mut pg_sys::List) -> Vec<RoleOid> {
    // SAFETY: the caller says that the list has such items, or is null, which is an empty list.
    unsafe {
        let list = PgList::<pg_sys::RoleSpec>::from_pg(list);
        oids(list.len(), list.iter_ptr().map(|spec| role(spec)))
    }
}

/// The role that a RoleSpec means; 0 for PUBLIC and for a name that means nothing, which the
/// statement itself will say.
///
/// # Safety
/// `spec` is valid.
unsafe fn role(spec: *mut pg_sys::RoleSpec) -> RoleOid {
    // SAFETY: the caller says that the spec is valid, and the tag says which fields are set; the
    // identities are statics of the server.
    unsafe {
        match (*spec).roletype {
            pg_sys::RoleSpecType::ROLESPEC_CSTRING => oid_of((*spec).rolename),
            pg_sys::RoleSpecType::ROLESPEC_SESSION_USER => pg_sys::GetSessionUserId().to_u32(),
            pg_sys::RoleSpecType::ROLESPEC_PUBLIC => 0,
            // CURRENT_USER and CURRENT_ROLE.
            _ => pg_sys::GetUserId().to_u32(),
        }
    }
}

/// The argument of one option of CREATE ROLE or ALTER GROUP, a list of RoleSpec; null where it is
/// not given. The grammar takes each once.
///
/// # Safety
/// `options` is null or a list of DefElem.
unsafe fn named(options: *mut pg_sys::List, name: &CStr) -> *mut pg_sys::List {
    // SAFETY: the caller says that the list has such items, whose names are C strings; null is an
    // empty list.
    unsafe {
        PgList::<pg_sys::DefElem>::from_pg(options)
            .iter_ptr()
            .find(|&item| CStr::from_ptr((*item).defname) == name)
            .map_or(std::ptr::null_mut(), |item| (*item).arg.cast())
    }
}
