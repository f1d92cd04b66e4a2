//! What a call comes to, in a few words.

use super::*;

pub(super) async fn outcome(kerbrole: &Kerbrole<'_, Client>, call: Call) -> String {
    match try_outcome(kerbrole, call).await {
        Ok(result) => format!("ok {result}"),
        Err(error) => failure(&error),
    }
}

fn failure(error: &Error) -> String {
    let code =
        error.code().map(|code| code.code().to_string()).unwrap_or_else(|| format!("{error:?}"));
    assert!(
        !error.to_string().is_empty() && (error.hint().is_some() || code == "42501"),
        "{error:?}"
    );
    match error.conflict_paths() {
        Some((ad, iam)) => {
            assert_eq!(error.kind(), ErrorKind::Conflict);
            format!("{code} {} {}", ad.join(">"), iam.join(">"))
        }
        None => code,
    }
}

async fn try_outcome(kerbrole: &Kerbrole<'_, Client>, call: Call) -> Result<String, Error> {
    let options = |groups: &[&str], if_not_exists| {
        groups.iter().fold(AddOptions::new().if_not_exists(if_not_exists), |options, group| {
            options.group(*group)
        })
    };
    let conflict =
        |c: &kerbrole_client::Conflict| format!("{} {}", c.ad_path.join(">"), c.iam_path.join(">"));
    Ok(match call {
        Canonicalize(username, realm) => kerbrole.canonicalize(username, realm).await?.into(),
        Add(name, groups, if_not_exists) => {
            kerbrole.add_principal(name, None, &options(groups, if_not_exists)).await?.into()
        }
        AddMany(names, groups, if_not_exists) => {
            let added = kerbrole.add_principals(names, &options(groups, if_not_exists)).await?;
            added
                .iter()
                .map(|a| format!("{} {}", a.role_name, a.action.as_str()))
                .collect::<Vec<_>>()
                .join(", ")
        }
        Drop(name, if_exists, heir) => {
            let options = heir
                .into_iter()
                .fold(DropOptions::new().if_exists(if_exists), DropOptions::reassign_owned_to);
            match kerbrole.drop_principal(name, None, &options).await? {
                Dropped::Dropped(name) => format!("gone {name}"),
                Dropped::OnlyDisabled { role_name, .. } => format!("disabled {role_name}"),
                Dropped::Missing => "missing".into(),
                other => format!("{other:?}"),
            }
        }
        Disable(name) => kerbrole.disable_principal(name, None, Sessions::Keep).await?.into(),
        Enable(name) => kerbrole.enable_principal(name, None).await?.into(),
        Rename(name, new, realm) => kerbrole.rename_principal(name, None, new, realm).await?.into(),
        RenameRealm(old, new, dry_run) => {
            let moved = match dry_run {
                true => kerbrole.plan_rename_realm(old, new).await?,
                false => kerbrole.rename_realm(old, new).await?,
            };
            let one = |m: &kerbrole_client::RealmRename| {
                format!(
                    "{}>{}{}",
                    m.old_name,
                    m.new_name,
                    if m.problem.is_some() { "!" } else { "" }
                )
            };
            moved.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Sync(names, absent, dry_run) => {
            let options = SyncOptions::new().absent(absent);
            let rows = match dry_run {
                true => {
                    let plan = kerbrole.plan_sync(names, &options).await?;
                    plan.refuse_too_many()?;
                    plan.rows().to_vec()
                }
                false => kerbrole.sync_principals(names, &options).await?,
            };
            let mut told: Vec<_> =
                rows.iter().map(|r| format!("{} {}", r.action.as_str(), r.role_name)).collect();
            told.sort();
            told.dedup();
            told.join(", ")
        }
        List => {
            let listed = kerbrole.list_principals().await?;
            let one = |p: &kerbrole_client::ListedPrincipal| {
                format!(
                    "{} {} {}",
                    p.role_name,
                    if p.can_login { "t" } else { "f" },
                    p.groups.join(",")
                )
            };
            listed.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        Check(name) => {
            let checks = kerbrole.check_principal(name, None).await?;
            // The server's own side is the extension's to see.
            let servers = ["server", "listening", "pg_hba", "keytab"];
            let wrong = checks
                .iter()
                .filter(|check| check.ok != Some(true) && !servers.contains(&check.name.as_str()));
            wrong.map(|check| check.name.clone()).collect::<Vec<_>>().join(" ")
        }
        Conflicts => {
            kerbrole.conflicts().await?.iter().map(conflict).collect::<Vec<_>>().join("; ")
        }
        Preview(granted, member) => kerbrole
            .preview_grant(granted, member)
            .await?
            .iter()
            .map(conflict)
            .collect::<Vec<_>>()
            .join("; "),
        Audit => {
            let findings = kerbrole.case_audit().await?;
            let one = |f: &kerbrole_client::CaseFinding| {
                format!("{} {}", f.problem.as_str(), f.role_names.join(" "))
            };
            findings.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    })
}
