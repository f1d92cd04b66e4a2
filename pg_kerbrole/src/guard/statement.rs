//! What a statement about roles can change, read from its parse tree.

use super::*;

/// What a statement adds.
#[derive(Default)]
pub(super) struct Change {
    /// Memberships: who becomes a member, and of what.
    memberships: Vec<(Named, Named)>,
    /// The name of one of the two roles, where the statement gives it to a role: whoever is below that is concerned.
    new_name: Option<String>,
}

/// A role as a statement means it. Names are looked up when they are asked for, under the lock: what a name means can change until then.
#[derive(Clone)]
enum Named {
    Role(RoleOid),
    Name(String),
}

impl Named {
    fn oid(&self) -> Option<RoleOid> {
        match self {
            Self::Role(oid) => Some(*oid),
            Self::Name(name) => catalog::role_oid(name),
        }
    }
}

/// Whether a statement can write memberships at all. Reads the tag only: it is asked for every utility statement there is.
///
/// # Safety
/// `node` is a valid statement.
pub(super) unsafe fn is_about_roles(node: *mut pg_sys::Node) -> bool {
    // SAFETY: every node begins with its tag, and a RenameStmt has the rest.
    unsafe {
        match (*node).type_ {
            pg_sys::NodeTag::T_GrantRoleStmt
            | pg_sys::NodeTag::T_CreateRoleStmt
            | pg_sys::NodeTag::T_AlterRoleStmt
            | pg_sys::NodeTag::T_DropRoleStmt => true,
            pg_sys::NodeTag::T_RenameStmt => {
                (*node.cast::<pg_sys::RenameStmt>()).renameType == pg_sys::ObjectType::OBJECT_ROLE
            }
            _ => false,
        }
    }
}

impl Change {
    /// Reads a statement; nothing is looked up. `None` where it neither writes memberships nor changes what a name means. An empty change
    /// needs the lock all the same: the next statement of the transaction may add a membership, and must not have to ask for the lock while
    /// it holds a weaker one.
    ///
    /// # Safety
    /// `node` is a statement that `is_about_roles`.
    pub(super) unsafe fn of(node: *mut pg_sys::Node) -> Option<Self> {
        // SAFETY: the tag says which struct the node is.
        unsafe {
            match (*node).type_ {
                pg_sys::NodeTag::T_GrantRoleStmt => Some(Self::of_grant(&*node.cast())),
                pg_sys::NodeTag::T_CreateRoleStmt => Self::of_create(&*node.cast()),
                pg_sys::NodeTag::T_AlterRoleStmt => Self::of_alter(&*node.cast()),
                pg_sys::NodeTag::T_RenameStmt => Self::of_rename(&*node.cast()),
                _ => Some(Self::default()),
            }
        }
    }

    fn every(members: &[Named], roles: &[Named]) -> Vec<(Named, Named)> {
        members.iter().flat_map(|member| roles.iter().map(move |role| (member.clone(), role.clone()))).collect()
    }

    /// # Safety
    /// The lists hold what the grammar puts into them: AccessPriv and RoleSpec.
    unsafe fn of_grant(statement: &pg_sys::GrantRoleStmt) -> Self {
        if !statement.is_grant {
            return Self::default();
        }
        // SAFETY: see above.
        let granted: Vec<_> = unsafe {
            let granted = PgList::<pg_sys::AccessPriv>::from_pg(statement.granted_roles);
            granted.iter_ptr().filter_map(|item| text((*item).priv_name)).map(Named::Name).collect()
        };
        // SAFETY: see above.
        let members = unsafe { roles(statement.grantee_roles) };
        Self { memberships: Self::every(&members, &granted), new_name: None }
    }

    /// # Safety
    /// The options hold what the grammar puts into them: DefElem with lists of RoleSpec.
    unsafe fn of_create(statement: &pg_sys::CreateRoleStmt) -> Option<Self> {
        // SAFETY: see above; the identity is a static of the server, and whether it is a superuser's is looked up in a cache.
        let (name, above, mut below, creator, is_superuser) = unsafe {
            let below = [option(statement.options, c"rolemembers"), option(statement.options, c"adminmembers")];
            let creator = pg_sys::GetUserId();
            let above = option(statement.options, c"addroleto");
            (text(statement.role)?, above, below.concat(), creator, pg_sys::superuser_arg(creator))
        };
        if NAME_GRANTORS && !is_superuser {
            // Since 16 the creator becomes a member of what it creates.
            below.push(Named::Role(creator.to_u32()));
        }
        let new = [Named::Name(name.clone())];
        let memberships = [Self::every(&new, &above), Self::every(&below, &new)].concat();
        Some(Self { memberships, new_name: of_rule(&name).then_some(name) })
    }

    /// # Safety
    /// As for `of_create`.
    unsafe fn of_alter(statement: &pg_sys::AlterRoleStmt) -> Option<Self> {
        // SAFETY: see above; the grammar gives every AlterRoleStmt a role.
        let (members, granted) = unsafe { (option(statement.options, c"rolemembers"), role(statement.role)) };
        if members.is_empty() {
            return None;
        }
        // ALTER GROUP ... DROP USER has the action -1.
        if statement.action < 0 {
            return Some(Self::default());
        }
        Some(Self { memberships: Self::every(&members, granted.as_slice()), new_name: None })
    }

    /// A role that gets the name of one of the two becomes what that one was.
    ///
    /// # Safety
    /// The statement renames a role.
    unsafe fn of_rename(statement: &pg_sys::RenameStmt) -> Option<Self> {
        // SAFETY: see above.
        let to = unsafe { text(statement.newname)? };
        Some(Self { new_name: of_rule(&to).then_some(to), ..Self::default() })
    }

    /// Whether anything in it leads to one of the two roles; otherwise nobody's standing can change.
    pub(super) fn can_add_a_conflict(&self, rule: &ConflictRule) -> bool {
        if self.new_name.is_some() {
            return true;
        }
        let of_rule = [rule.ad_role(), rule.iam_role()].map(|role| catalog::role_oid(role.as_str()));
        let mut memberships = Memberships::open();
        let mut seen = HashSet::new();
        let mut to_visit: Vec<_> = self.memberships.iter().filter_map(|(_, role)| role.oid()).collect();
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

    /// The roles whose standing, and that of everybody below, the statement can change. Asked for once before and once after it: a role
    /// that it creates is there only then.
    pub(super) fn concerned(&self) -> Vec<RoleOid> {
        let named = self.new_name.as_ref().and_then(|name| catalog::role_oid(name));
        self.memberships.iter().filter_map(|(member, _)| member.oid()).chain(named).collect()
    }

    /// The memberships that it adds, as `(member, role)`.
    pub(super) fn memberships(&self) -> Vec<(RoleOid, RoleOid)> {
        self.memberships.iter().filter_map(|(member, role)| Some((member.oid()?, role.oid()?))).collect()
    }
}

/// Whether this is the name of one of the two roles.
fn of_rule(name: &str) -> bool {
    let rule = settings::conflict_rule();
    name == rule.ad_role().as_str() || name == rule.iam_role().as_str()
}

/// # Safety
/// `pointer` is null or a C string.
unsafe fn text(pointer: *mut c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: see above.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// The roles that a list of RoleSpec means.
///
/// # Safety
/// `list` is null or such a list.
unsafe fn roles(list: *mut pg_sys::List) -> Vec<Named> {
    // SAFETY: see above.
    let list = unsafe { PgList::<pg_sys::RoleSpec>::from_pg(list) };
    // SAFETY: see above.
    list.iter_ptr().filter_map(|spec| unsafe { role(spec) }).collect()
}

/// The role that a RoleSpec means; PUBLIC is none, which the statement itself will say.
///
/// # Safety
/// `spec` is valid.
unsafe fn role(spec: *mut pg_sys::RoleSpec) -> Option<Named> {
    // SAFETY: see above; the others read statics of the server.
    unsafe {
        match (*spec).roletype {
            pg_sys::RoleSpecType::ROLESPEC_CSTRING => text((*spec).rolename).map(Named::Name),
            pg_sys::RoleSpecType::ROLESPEC_SESSION_USER => Some(Named::Role(pg_sys::GetSessionUserId().to_u32())),
            pg_sys::RoleSpecType::ROLESPEC_PUBLIC => None,
            // CURRENT_USER and, from 14 on, CURRENT_ROLE.
            _ => Some(Named::Role(pg_sys::GetUserId().to_u32())),
        }
    }
}

/// The roles of one option of CREATE ROLE or ALTER GROUP.
///
/// # Safety
/// `options` is null or a list of DefElem; the option's argument is a list of RoleSpec.
unsafe fn option(options: *mut pg_sys::List, name: &CStr) -> Vec<Named> {
    // SAFETY: see above.
    unsafe {
        PgList::<pg_sys::DefElem>::from_pg(options)
            .iter_ptr()
            .filter(|&item| CStr::from_ptr((*item).defname) == name)
            .flat_map(|item| roles((*item).arg.cast()))
            .collect()
    }
}
