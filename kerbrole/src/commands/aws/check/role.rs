//! The role that RDS acts as in the directory: that it is there, who may act as it, what it may.

use super::database;
use super::documents::{Verdict, denies, may, may_act_as};
use super::row::{Row, Step, Unanswered, command};
use crate::commands::aws::policy::{self, ACTIONS, SERVICES};
use crate::commands::aws::world::iam::{PolicyPlace, Role, RolePolicy};
use crate::commands::aws::world::{AskedRole, World};

const STEP: Step = Step::Role;

/// What the console calls it.
pub(super) const USUAL_NAME: &str = AskedRole::USUAL;

pub(super) fn rows(world: &World) -> Vec<Row> {
    const WHAT: &str = "IAM role";
    let membership = world.memberships().first();
    let Some(name) = membership.and_then(|membership| membership.role.as_deref()) else {
        let row = Row::unseen(
            STEP,
            WHAT,
            match membership {
                Some(_) => "the database names none",
                None if world.has_database() => {
                    "the database is a member of no domain, and so names no role"
                }
                None if world.names_database() => {
                    "the database, which names it, could not be looked at"
                }
                None => database::UNKNOWN,
            },
        );
        return vec![row];
    };
    let missing = || {
        let words = [
            "iam",
            "create-role",
            "--role-name",
            name,
            "--assume-role-policy-document",
            &policy::trust().to_string(),
        ];
        Row::wrong(STEP, WHAT, format!("there is no role {name}, which the database names"))
            .fix(format!("{} && {}", command(world, &words), attach(world, name)))
    };
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked: "it was not asked for" };
    match asked.row(&world.role, missing) {
        Ok(role) => vec![Row::ok(STEP, WHAT, name), trust(world, role), permissions(world, role)],
        Err(row) => vec![row],
    }
}

fn trust(world: &World, role: &Role) -> Row {
    const WHAT: &str = "who may act as it";
    let Some(caller) = world.caller.got() else {
        return Row::unseen(STEP, WHAT, "the account is not known");
    };
    let document = &role.assume_role_policy_document;
    let of = |wanted: Verdict| {
        let is = |service: &&str| may_act_as(document, service, &caller.account) == wanted;
        SERVICES.into_iter().filter(is).collect::<Vec<_>>().join(" and ")
    };
    let (denied, depends) = (of(Verdict::Denied), of(Verdict::Depends));
    if !denied.is_empty() {
        let words = [
            "iam",
            "update-assume-role-policy",
            "--role-name",
            &role.role_name,
            "--policy-document",
            &policy::trust().to_string(),
        ];
        let said = format!("not {denied}: RDS says that the role is not valid");
        return Row::wrong(STEP, WHAT, said).fix(format!(
            "in place of all that the trust policy says now: {}",
            command(world, &words)
        ));
    }
    if !depends.is_empty() {
        let said = format!("{depends}, by a statement whose conditions cannot be judged from here");
        return Row::unseen(STEP, WHAT, said);
    }
    Row::ok(STEP, WHAT, SERVICES.join(" and "))
}

fn permissions(world: &World, role: &Role) -> Row {
    const WHAT: &str = "what it may do";
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked: "it was not asked for" };
    let missing = || Row::unseen(STEP, WHAT, "the role was there, and is not any more");
    let policies = match asked.row(&world.policies, missing) {
        Ok(policies) => policies,
        Err(row) => return row,
    };
    // One that cannot be read may allow it, or deny it.
    for policy in policies {
        let what = format!("policy {} of it is not there any more", policy.name);
        let missing = || Row::unseen(STEP, WHAT, what);
        if let Err(row) = asked.row(&policy.document, missing) {
            return Row { detail: format!("{} ({})", row.detail, policy.name), ..row };
        }
    }
    let is_boundary = |policy: &&RolePolicy| matches!(policy.place, PolicyPlace::Boundary(_));
    let (boundary, granting): (Vec<_>, Vec<_>) = policies.iter().partition(is_boundary);
    let of = |those: &[&RolePolicy], wanted: Verdict| {
        let those: Vec<_> = those.iter().filter_map(|policy| policy.document.got()).collect();
        let is = |action: &&str| may(those.iter().copied(), action) == wanted;
        ACTIONS.into_iter().filter(is).collect::<Vec<_>>().join(", ")
    };
    let missing = of(&granting, Verdict::Denied);
    let denied = granting.iter().find_map(|policy| {
        let document = policy.document.got()?;
        let action = ACTIONS.into_iter().find(|action| denies(document, action))?;
        Some((&policy.name, action))
    });
    if let Some((name, action)) = denied {
        return Row::wrong(STEP, WHAT, format!("not {missing}: {name} denies it"))
            .fix(format!("take what denies {action} out of {name}"));
    }
    if !missing.is_empty() {
        return Row::wrong(STEP, WHAT, format!("not {missing}"))
            .fix(attach(world, &role.role_name));
    }
    if let [boundary] = boundary.as_slice() {
        let kept = of(&[boundary], Verdict::Denied);
        if !kept.is_empty() {
            let said = format!("not {kept}: the permissions boundary {} keeps it", boundary.name);
            return Row::wrong(STEP, WHAT, said).fix(format!("let {} allow {kept}", boundary.name));
        }
    }
    let depends = match of(&granting, Verdict::Depends) {
        none if none.is_empty() && !boundary.is_empty() => of(&boundary, Verdict::Depends),
        some => some,
    };
    if !depends.is_empty() {
        let said =
            format!("{depends}, by statements with conditions or resources that cannot be judged");
        return Row::unseen(STEP, WHAT, format!("{said} from here"));
    }
    let names: Vec<_> = granting.iter().map(|policy| policy.name.as_str()).collect();
    Row::ok(STEP, WHAT, names.join(", "))
}

fn attach(world: &World, role: &str) -> String {
    let partition = world.caller.got().and_then(|caller| caller.partition()).unwrap_or("aws");
    let arn = policy::managed_policy(partition);
    let words = ["iam", "attach-role-policy", "--role-name", role, "--policy-arn", &arn];
    command(world, &words)
}
