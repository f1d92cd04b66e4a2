//! The role that RDS acts as in the directory.

use serde_json::{Value, json};

use super::action::Action;
use super::step::Step;
use crate::commands::aws::check::documents::{Verdict, may, may_act_as};
use crate::commands::aws::policy;
use crate::commands::aws::world::iam::{PolicyDocument, PolicyPlace, Role, Statement};
use crate::commands::aws::world::{Answer, World};

pub(super) fn step(world: &World) -> Step {
    let mut step = Step::new("IAM role");
    let Some(name) = world.role_name().map(String::from) else { return step };
    let partition = world.caller.got().and_then(|caller| caller.partition()).unwrap_or("aws");
    let attach =
        || Action::AttachPolicy { role: name.clone(), arn: policy::managed_policy(partition) };
    match &world.role {
        Answer::Missing => {
            step.now(format!("there is no role {name}"), Action::CreateRole { role: name.clone() });
            step.now("", attach());
        }
        Answer::Got(role) => {
            trust(&mut step, world, role);
            permissions(&mut step, world, attach());
        }
        answer => {
            if let Some(note) = super::unseen(answer, &format!("the role {name}")) {
                step.note("it is not known whether it is there", note);
            }
        }
    }
    step
}

/// The statement that is missing is added to those that are there: they may be somebody else's.
fn trust(step: &mut Step, world: &World, role: &Role) {
    let Some(caller) = world.caller.got() else { return };
    let says = |document: &PolicyDocument, wanted: Verdict| {
        let is = |service: &&str| may_act_as(document, service, &caller.account) == wanted;
        policy::SERVICES.into_iter().filter(is).collect::<Vec<_>>()
    };
    let document = &role.assume_role_policy_document;
    let denied = says(document, Verdict::Denied);
    if denied.is_empty() {
        return;
    }
    let why = format!("{} may not act as {}", denied.join(" and "), role.role_name);
    let others = document.statement.iter().filter(|statement| !is_part_of_ours(statement));
    let mut statements: Vec<_> = others.map(written).collect();
    statements.push(policy::trust_statement());
    let whole = json!({"Version": "2012-10-17", "Statement": statements});
    let after: Result<PolicyDocument, _> = serde_json::from_value(whole.clone());
    if after.is_ok_and(|after| says(&after, Verdict::Allowed) == policy::SERVICES) {
        let role = role.role_name.clone();
        step.now(why, Action::SetTrustPolicy { role, document: whole });
    } else {
        step.note(why, "A statement of its trust policy denies it: take that away.");
    }
}

/// Whether a statement says some of what the guide's says, and nothing else.
fn is_part_of_ours(statement: &Statement) -> bool {
    let mut written = written(statement);
    let services = written["Principal"]["Service"].take();
    let are_ours = match &services {
        Value::String(one) => policy::SERVICES.contains(&one.as_str()),
        Value::Array(some) => {
            some.iter().all(|one| one.as_str().is_some_and(|one| policy::SERVICES.contains(&one)))
        }
        _ => false,
    };
    let mut ours = policy::trust_statement();
    ours["Principal"]["Service"].take();
    are_ours && written == ours
}

fn permissions(step: &mut Step, world: &World, attach: Action) {
    if let Some(note) = super::unseen(&world.policies, "what the role may do") {
        step.note("it is not known what it may do", note);
    }
    let Some(policies) = world.policies.got() else { return };
    for policy in policies {
        if let Some(note) = super::unseen(&policy.document, &format!("policy {}", policy.name)) {
            step.note("it is not known what it may do", note);
            return;
        }
    }
    let of = |is_wanted: &dyn Fn(&PolicyPlace) -> bool| {
        let documents = policies.iter().filter(|policy| is_wanted(&policy.place));
        let documents: Vec<_> = documents.filter_map(|policy| policy.document.got()).collect();
        let is_missing = |action: &&str| may(documents.iter().copied(), action) == Verdict::Denied;
        policy::ACTIONS.into_iter().filter(is_missing).collect::<Vec<_>>().join(", ")
    };
    let is_boundary = |place: &PolicyPlace| matches!(place, PolicyPlace::Boundary(_));
    let missing = of(&|place| !is_boundary(place));
    let Action::AttachPolicy { arn, .. } = &attach else { return };
    let is_attached =
        policies.iter().any(|policy| policy.place == PolicyPlace::Attached(arn.clone()));
    if missing.is_empty() {
        let kept = if policies.iter().any(|policy| is_boundary(&policy.place)) {
            of(&is_boundary)
        } else {
            String::new()
        };
        if !kept.is_empty() {
            let note = "Its permissions boundary keeps it from that: let the boundary allow it.";
            step.note(format!("it may not {kept}"), note);
        }
    } else if is_attached {
        step.note(
            format!("it may not {missing}"),
            "AmazonRDSDirectoryServiceAccess is attached, and another policy of the role denies \
             it: take that away.",
        );
    } else {
        step.now(format!("it may not {missing}"), attach);
    }
}

/// A statement as IAM takes it.
fn written(statement: &Statement) -> Value {
    let Statement {
        effect,
        principal,
        not_principal,
        action,
        not_action,
        resource,
        not_resource,
        condition,
    } = statement;
    let mut written = serde_json::Map::new();
    written.insert("Effect".into(), json!(effect));
    for (key, value) in [("Principal", principal), ("NotPrincipal", not_principal)] {
        written.extend(value.clone().map(|value| (key.into(), value)));
    }
    for (key, values) in [
        ("Action", action),
        ("NotAction", not_action),
        ("Resource", resource),
        ("NotResource", not_resource),
    ] {
        match values.as_slice() {
            [] => {}
            [one] => drop(written.insert(key.into(), json!(one))),
            some => drop(written.insert(key.into(), json!(some))),
        }
    }
    written.extend(condition.clone().map(|value| ("Condition".into(), value)));
    Value::Object(written)
}
