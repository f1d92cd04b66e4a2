//! `kerb_rename_principal` and `kerb_rename_realm`.

use std::collections::HashMap;

use kerbrole_core::{
    Error, PrincipalRef, Realm, RealmRename, Role, RoleName, RoleOid, Statement, plan_rename,
    plan_rename_realm, refuse_moves,
};
use pgrx::prelude::*;

use crate::fault::{self, Step};
use crate::interface::args::Text;
use crate::interface::notices::notice_case;
use crate::interface::principals::meant;
use crate::interface::rows::TableIterator;
use crate::report::Raise;
use crate::server::catalog;
use crate::server::cluster;
use crate::server::execute::{execute_as_manager, verify};
use crate::server::lock::{lock_memberships, lock_principal, lock_roles};
use crate::server::powers;
use crate::server::sessions;
use crate::settings;

/// Gives a principal's role another name: somebody married, or moved to another domain. The OID
/// stays, and with it everything that the role owns and was granted. Returns the new exact name.
///
/// Without `new_realm` the new name is in the same realm, unless `new_username` carries one.
///
/// Privileges: EXECUTE. Errors: 22023, 42622, 42939 for the names, 42704, 42710 when the new name
/// is taken or differs from another role's by case only, 55006 when the role has sessions, 42501
/// also when it has powers through groups that the caller could not give it, 25006, 55P03.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
fn kerb_rename_principal(
    username: Option<Text>,
    realm: Option<Text>,
    new_username: Option<Text>,
    new_realm: default!(Option<Text>, "NULL"),
) -> String {
    rename(username, realm, new_username, new_realm)
}

/// `kerb_rename_principal` of a principal that carries its realm: `('alice@corp.example.com',
/// 'alicia')`.
#[pg_extern(name = "kerb_rename_principal")]
#[search_path(pg_catalog, pg_temp)]
fn kerb_rename_principal_as(username: Option<Text>, new_username: Option<Text>) -> String {
    rename(username, None, new_username, None)
}

fn rename(
    username: Option<Text>,
    realm: Option<Text>,
    new_username: Option<Text>,
    new_realm: Option<Text>,
) -> String {
    let meant: PrincipalRef = meant(username, realm);
    let new_username: String =
        new_username.ok_or(Error::Null { argument: "new_username" }).or_raise().into();
    let new_realm: Option<String> = new_realm.map(Into::into);
    let new = settings::name_rules()
        .canonicalize_beside(&meant, &new_username, new_realm.as_deref())
        .or_raise();

    let mut roles = lock_principal(&meant, c"kerb_rename_principal()");
    roles.extend_with(catalog::roles_spelled_like([new.role_name().to_string()]));
    let cluster = cluster::unread().with_roles(roles);
    let sessions = |role: &Role| sessions::count(role.oid);
    let plan = plan_rename(&meant, &new, &cluster, sessions).or_raise();
    match &plan.statement {
        Some(statement) => {
            powers::refuse(&plan.role, &cluster.rule).or_raise();
            fault::gate(Step::Write);
            execute_as_manager(std::slice::from_ref(statement));
            fault::gate(Step::Check);
            verify(&plan.role, |now| {
                now.is_some_and(|role| role.name == plan.to && !role.elevated.any())
            });
            notice_case([&new]);
        }
        None => pgrx::notice!("role \"{}\" is called so already", plan.to),
    }
    plan.to.to_string()
}

/// Gives every principal of one realm the same name in another, all or none: the domain was
/// migrated. Only shows what it would do, and what is in the way, unless `dry_run` is false.
///
/// `problem` is NULL where nothing is in the way.
///
/// Privileges: EXECUTE. Errors: 22023 for the realms; those of `kerb_rename_principal` for the
/// first principal that something is in the way of, when it is no dry run.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_rename_realm(
    old_realm: Option<Text>,
    new_realm: Option<Text>,
    dry_run: default!(Option<bool>, "true"),
) -> TableIterator<
    'static,
    (name!(old_name, String), name!(new_name, String), name!(problem, Option<String>)),
> {
    let realm = |text: Option<Text>, argument| {
        let text: String = text.ok_or(Error::Null { argument }).or_raise().into();
        Realm::parse(&text).or_raise()
    };
    let (old, new) = (realm(old_realm, "old_realm"), realm(new_realm, "new_realm"));
    settings::name_rules().allow(&new).or_raise();
    let dry_run = dry_run.unwrap_or(true);
    if !dry_run {
        lock_memberships(c"kerb_rename_realm()");
        let of_realm = |name: &RoleName| name.principal().is_some_and(|p| *p.realm() == old);
        let oids: Vec<_> = catalog::all_roles()
            .iter()
            .filter(|role| of_realm(&role.name))
            .map(|role| role.oid)
            .collect();
        lock_roles(&oids);
    }
    let cluster = cluster::unread().with_roles(catalog::all_roles());
    let sessions: HashMap<RoleOid, u32> = sessions::count_all();
    let count = |role: &Role| sessions.get(&role.oid).copied().unwrap_or(0);
    let mut moves = plan_rename_realm(&old, &new, &cluster, count).or_raise();
    for m in moves.iter_mut().filter(|m| m.problem.is_none()) {
        m.problem = powers::refuse(&m.role, &cluster.rule).err();
    }
    if moves.is_empty() {
        pgrx::notice!("there is no principal of realm \"{old}\"");
    }
    if !dry_run {
        refuse_moves(&moves).or_raise();
        let statements: Vec<Statement> = moves.iter().filter_map(RealmRename::statement).collect();
        execute_as_manager(&statements);
        for m in &moves {
            verify(&m.role, |now| {
                now.is_some_and(|role| role.name.as_str() == m.new_name && !role.elevated.any())
            });
        }
    }
    TableIterator::new(moves.into_iter().map(|m| {
        let problem = m.problem_in_words();
        (m.role.name.to_string(), m.new_name, problem)
    }))
}
