//! What each subcommand does.

use std::io::{self, BufRead, IsTerminal, Write};

use futures_util::TryStreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use kerbrole_client::{AddAction, AddOptions, Added, Backend, DropOptions, Dropped, Kerbrole, SyncOptions};
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::arguments::{Arguments, BackendChoice, Command, GeneralOptions, Principals};
use crate::exit::Failure;
use crate::input::{Wanted, principals};
use crate::output::{Table, print};

/// From how many principals on a bar is worth it.
const LONG: usize = 2_000;

/// How many go at a time where they are many, so that there is something to see.
const PORTION: usize = 1_000;

/// Whether there are findings.
type Outcome = Result<bool, Failure>;

struct Job<'j> {
    kerbrole: Kerbrole<'j, Client>,
    general: &'j GeneralOptions,
}

/// Does what the arguments say, over a connection.
pub(crate) async fn run(arguments: &Arguments, client: &Client) -> Outcome {
    let job = Job { kerbrole: kerbrole(arguments, client).await?, general: &arguments.general };
    arguments.rules.hold_for(job.kerbrole.backend())?;
    if arguments.general.verbose {
        let server = job.kerbrole.server();
        eprintln!(
            "PostgreSQL {} ({:?}), as {}, by {}",
            server.major(),
            server.family,
            server.user,
            backend(job.kerbrole.backend())
        );
    }
    match &arguments.command {
        Command::Add { principals, groups, if_not_exists, dry_run } => {
            job.add(principals, groups, *if_not_exists, *dry_run).await
        }
        Command::Drop { principals, if_exists, reassign_owned_to, dry_run, yes } => {
            let mut options = DropOptions::new().if_exists(*if_exists);
            if let Some(heir) = reassign_owned_to {
                options = options.reassign_owned_to(heir);
            }
            job.drop(principals, &options, *dry_run, *yes).await
        }
        Command::Disable { principals, terminate, dry_run } => job.disable(principals, *terminate, *dry_run).await,
        Command::Enable { principals, dry_run } => job.enable(principals, *dry_run).await,
        Command::Rename { principal, new_name, dry_run } => job.rename(principal, new_name, *dry_run).await,
        Command::RenameRealm { old_realm, new_realm, dry_run, yes } => {
            job.rename_realm(old_realm, new_realm, *dry_run, *yes).await
        }
        Command::List => job.list().await,
        Command::Check { principals } => job.check(principals).await,
        Command::Conflicts => {
            let conflicts = job.kerbrole.conflicts().await?;
            job.conflicts(&conflicts)
        }
        Command::PreviewGrant { role, member } => {
            let conflicts = job.kerbrole.preview_grant(role, member).await?;
            job.conflicts(&conflicts)
        }
        Command::CaseAudit => job.case_audit().await,
        Command::Sync { principals, absent, absent_realm, dry_run, check, yes } => {
            let options = absent_realm.iter().fold(SyncOptions::new().absent((*absent).into()), SyncOptions::realm);
            job.sync(principals, &options, *dry_run, *check, *yes).await
        }
        Command::Probe => job.probe(),
        // These need no connection.
        Command::Completions { .. } | Command::Man { .. } | Command::Krb5Conf { .. } | Command::Doctor { .. } => {
            Ok(false)
        }
    }
}

async fn kerbrole<'c>(arguments: &Arguments, client: &'c Client) -> Result<Kerbrole<'c, Client>, Failure> {
    let mut builder = arguments.rules.builder();
    match arguments.server.backend {
        BackendChoice::Auto => {}
        BackendChoice::Extension => builder = builder.backend(Backend::Extension),
        BackendChoice::Sql => builder = builder.backend(Backend::PlainSql),
    }
    Ok(builder.build(client).await?)
}

fn backend(backend: Backend) -> &'static str {
    match backend {
        Backend::Extension => "the extension",
        _ => "plain statements",
    }
}

impl Job<'_> {
    fn wanted(&self, given: &Principals) -> Result<Vec<Wanted>, Failure> {
        let wanted = principals(&given.names, &given.files, given.realm.as_deref())?;
        if wanted.is_empty() && given.files.is_empty() {
            return Err(Failure::usage("no principal is named: give one, or a file with --file".into()));
        }
        Ok(wanted)
    }

    /// Says something that is no result.
    fn say(&self, text: &str) {
        if !self.general.quiet {
            eprintln!("{text}");
        }
    }

    /// Asks on a terminal; elsewhere nobody answers, and it has to be said beforehand.
    fn confirm(&self, what: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::usage(format!(
                "{what}: nobody can be asked here, so say --yes (or look first, with --dry-run)"
            )));
        }
        eprint!("{what}? [y/N] ");
        let _shown = io::stderr().flush();
        let mut answer = String::new();
        let _read = io::stdin().lock().read_line(&mut answer);
        if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(Failure::usage("nothing was done".into())) }
    }

    async fn add(&self, given: &Principals, groups: &[String], if_not_exists: bool, dry_run: bool) -> Outcome {
        let mut by_groups: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for wanted in self.wanted(given)? {
            let mut groups = groups.to_vec();
            groups.extend(wanted.groups.into_iter().filter(|group| !groups.contains(group)).collect::<Vec<_>>());
            match by_groups.iter_mut().find(|(known, _)| *known == groups) {
                Some((_, names)) => names.push(wanted.principal),
                None => by_groups.push((groups, vec![wanted.principal])),
            }
        }
        let options = |groups: &[String]| {
            groups.iter().fold(AddOptions::new().if_not_exists(if_not_exists), |options, group| options.group(group))
        };
        if dry_run {
            for (groups, names) in &by_groups {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                print(&self.kerbrole.plan_add(&names, &options(groups)).await?.sql())?;
            }
            return Ok(false);
        }
        let total: usize = by_groups.iter().map(|(_, names)| names.len()).sum();
        // Nothing is begun when something in the last portion is wrong, nor where there is nothing to do.
        let mut planned: Option<Vec<Added>> = None;
        if total > PORTION || by_groups.len() > 1 {
            let mut all = Vec::new();
            for (groups, names) in &by_groups {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                all.extend(self.kerbrole.plan_add(&names, &options(groups)).await?.outcomes);
            }
            planned = all.iter().all(|one| one.action == AddAction::Unchanged).then_some(all);
        }
        let added = match planned {
            Some(unchanged) => unchanged,
            None => self.add_in_portions(by_groups, total, options).await?,
        };
        if added.iter().all(|one| one.action == AddAction::Unchanged) {
            self.say("nothing to do");
        }
        let mut table = Table::new(&["principal", "role_name", "action"]);
        for one in added {
            table.row([one.principal.into(), one.role_name.into(), one.action.as_str().into()]);
        }
        table.print(self.general.format)?;
        Ok(false)
    }

    async fn add_in_portions(
        &self,
        by_groups: Vec<(Vec<String>, Vec<String>)>,
        total: usize,
        options: impl Fn(&[String]) -> AddOptions,
    ) -> Result<Vec<Added>, Failure> {
        let bar = self.bar(total);
        let mut added: Vec<Added> = Vec::new();
        for (groups, names) in by_groups {
            let mut portions = std::pin::pin!(self.kerbrole.bulk(names, options(&groups)).per_chunk(PORTION).stream());
            loop {
                match portions.try_next().await {
                    Ok(Some(portion)) => {
                        bar.inc(portion.chunk.len() as u64);
                        added.extend(portion.chunk);
                        if bar.is_hidden() && total >= LONG {
                            self.say(&format!("{} of {total}", added.len()));
                        }
                    }
                    Ok(None) => break,
                    Err(error) if added.is_empty() => return Err(error.into()),
                    Err(error) => {
                        let again = "run it again with --if-not-exists to go on";
                        return Err(Failure::Partly { done: added.len(), total, again, error });
                    }
                }
            }
        }
        bar.finish_and_clear();
        Ok(added)
    }

    fn bar(&self, total: usize) -> ProgressBar {
        if total < LONG || self.general.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}");
        ProgressBar::new(total as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    async fn drop(&self, given: &Principals, options: &DropOptions, dry_run: bool, yes: bool) -> Outcome {
        let wanted = self.wanted(given)?;
        if dry_run {
            for one in &wanted {
                print(&self.kerbrole.plan_drop(&one.principal, None, options).await?.sql())?;
            }
            return Ok(false);
        }
        self.confirm(&format!("Drop {} principal(s)", wanted.len()), yes)?;
        let mut table = Table::new(&["role_name", "outcome"]);
        for one in &wanted {
            match self.kerbrole.drop_principal(&one.principal, None, options).await {
                Ok(Dropped::Gone(name)) => table.row([name.into(), "dropped".into()]),
                Ok(Dropped::OnlyDisabled { role_name, kept_by }) => {
                    table.row([role_name.into(), format!("disabled, not dropped: {kept_by}").into()])
                }
                Ok(_) => table.row([one.principal.clone().into(), "was not there".into()]),
                Err(error) => {
                    return self.partly(&table, wanted.len(), "run it again with --if-exists to go on", error);
                }
            }
        }
        table.print(self.general.format)?;
        Ok(false)
    }

    /// What was done before an error is shown, and counts.
    fn partly(&self, table: &Table, total: usize, again: &'static str, error: kerbrole_client::Error) -> Outcome {
        if table.rows.is_empty() {
            return Err(error.into());
        }
        table.print(self.general.format)?;
        Err(Failure::Partly { done: table.rows.len(), total, again, error })
    }

    async fn disable(&self, given: &Principals, terminate: bool, dry_run: bool) -> Outcome {
        let wanted = self.wanted(given)?;
        let mut table = Table::new(&["role_name", "outcome"]);
        // Whoever cannot be thrown out does not keep the others in.
        let mut sessions_left = Vec::new();
        for one in &wanted {
            if dry_run {
                print(&self.kerbrole.plan_disable(&one.principal, None).await?.sql())?;
                continue;
            }
            match self.kerbrole.disable_principal(&one.principal, None, terminate).await {
                Ok(name) => table.row([name.into(), "disabled".into()]),
                Err(error) => match error.sessions_left_of() {
                    Some((name, left)) => {
                        let go_on = if left == 1 { "session goes" } else { "sessions go" };
                        table.row([name.into(), format!("disabled, {left} {go_on} on").into()]);
                        sessions_left.push(error);
                    }
                    None => return self.partly(&table, wanted.len(), "run it again to go on", error),
                },
            }
        }
        if !dry_run {
            table.print(self.general.format)?;
        }
        if sessions_left.is_empty() { Ok(false) } else { Err(Failure::SessionsLeft(sessions_left)) }
    }

    async fn enable(&self, given: &Principals, dry_run: bool) -> Outcome {
        let wanted = self.wanted(given)?;
        let mut table = Table::new(&["role_name", "outcome"]);
        for one in &wanted {
            if dry_run {
                print(&self.kerbrole.plan_enable(&one.principal, None).await?.sql())?;
                continue;
            }
            match self.kerbrole.enable_principal(&one.principal, None).await {
                Ok(name) => table.row([name.into(), "enabled".into()]),
                Err(error) => return self.partly(&table, wanted.len(), "run it again to go on", error),
            }
        }
        if !dry_run {
            table.print(self.general.format)?;
        }
        Ok(false)
    }

    async fn rename(&self, principal: &str, new_name: &str, dry_run: bool) -> Outcome {
        if dry_run {
            print(&self.kerbrole.plan_rename(principal, None, new_name, None).await?.sql())?;
            return Ok(false);
        }
        let mut table = Table::new(&["old_name", "new_name"]);
        let name = self.kerbrole.rename_principal(principal, None, new_name, None).await?;
        table.row([principal.into(), name.into()]);
        table.print(self.general.format)?;
        Ok(false)
    }

    async fn rename_realm(&self, old: &str, new: &str, dry_run: bool, yes: bool) -> Outcome {
        let shown = self.kerbrole.rename_realm(old, new, true).await?;
        let in_the_way = shown.iter().filter(|moved| moved.problem.is_some()).count();
        let mut moved = shown;
        if !dry_run {
            if in_the_way == 0 && !moved.is_empty() {
                self.confirm(&format!("Rename {} principal(s)", moved.len()), yes)?;
            }
            moved = self.kerbrole.rename_realm(old, new, false).await?;
        }
        if moved.is_empty() {
            self.say("nothing to do");
        }
        let mut table = Table::new(&["old_name", "new_name", "problem"]);
        for one in moved {
            table.row([one.old_name.into(), one.new_name.into(), one.problem.into()]);
        }
        table.print(self.general.format)?;
        Ok(in_the_way > 0)
    }

    async fn list(&self) -> Outcome {
        let columns = &["role_name", "can_login", "groups", "ad_path", "iam_path", "sessions"];
        let mut table = Table::new(columns);
        for p in self.kerbrole.list_principals().await? {
            table.row([
                p.role_name.into(),
                p.can_login.into(),
                p.groups.join(",").into(),
                json!(p.ad_path),
                json!(p.iam_path),
                p.sessions.into(),
            ]);
        }
        table.print(self.general.format)?;
        Ok(false)
    }

    async fn check(&self, given: &Principals) -> Outcome {
        let wanted = self.wanted(given)?;
        let mut table = Table::new(&["principal", "check", "ok", "detail", "fix"]);
        let mut findings = false;
        for one in &wanted {
            for check in self.kerbrole.check_principal(&one.principal, None).await? {
                findings |= !check.ok;
                table.row([
                    one.principal.clone().into(),
                    check.name.into(),
                    check.ok.into(),
                    check.detail.into(),
                    check.fix.into(),
                ]);
            }
        }
        table.print(self.general.format)?;
        Ok(findings)
    }

    fn conflicts(&self, conflicts: &[kerbrole_client::Conflict]) -> Outcome {
        let mut table = Table::new(&["role_name", "ad_path", "iam_path", "fix"]);
        for conflict in conflicts {
            let fix: Value = if conflict.fix.is_empty() { Value::Null } else { conflict.fix.clone().into() };
            table.row([conflict.role_name.clone().into(), json!(conflict.ad_path), json!(conflict.iam_path), fix]);
        }
        if conflicts.is_empty() {
            self.say("no conflicts");
        }
        table.print(self.general.format)?;
        Ok(!conflicts.is_empty())
    }

    async fn case_audit(&self) -> Outcome {
        let findings = self.kerbrole.case_audit().await?;
        let mut table = Table::new(&["problem", "role_names", "detail", "fix"]);
        for finding in &findings {
            let roles = finding.role_names.join(", ");
            table.row([
                finding.problem.as_str().into(),
                roles.into(),
                finding.detail.clone().into(),
                finding.fix.clone().into(),
            ]);
        }
        if findings.is_empty() {
            self.say("nothing to look at");
        }
        table.print(self.general.format)?;
        Ok(!findings.is_empty())
    }

    async fn sync(&self, given: &Principals, options: &SyncOptions, dry_run: bool, check: bool, yes: bool) -> Outcome {
        let wanted = self.wanted(given)?;
        let names: Vec<_> = wanted.iter().map(|one| one.principal.as_str()).collect();
        let mut rows = self.kerbrole.sync_principals(&names, options, true).await?;
        if dry_run {
            let script: String = rows.iter().map(|row| format!("{}\n", row.statement)).collect();
            print(&if script.is_empty() { script } else { format!("BEGIN;\n{script}COMMIT;\n") })?;
            return Ok(false);
        }
        let differs = !rows.is_empty();
        if !check && differs {
            let removed = rows.iter().filter(|row| matches!(row.action.as_str(), "disable" | "drop")).count();
            if removed > 0 {
                self.confirm(&format!("Disable or drop {removed} principal(s)"), yes)?;
            }
            rows = self.kerbrole.sync_principals(&names, options, false).await?;
        }
        if !differs {
            self.say("nothing to do");
        }
        let mut table = Table::new(&["action", "role_name", "statement"]);
        for row in rows {
            table.row([row.action.as_str().into(), row.role_name.into(), row.statement.into()]);
        }
        table.print(self.general.format)?;
        Ok(check && differs)
    }

    fn probe(&self) -> Outcome {
        let server = self.kerbrole.server();
        let mut table = Table::new(&["what", "value"]);
        let extension = server.extension.as_ref().map(|e| format!("pg_kerbrole {} in schema {}", e.version, e.schema));
        for (what, value) in [
            ("version", json!(format!("{}.{}", server.version / 10_000, server.version % 10_000))),
            ("family", json!(format!("{:?}", server.family))),
            ("read_only", json!(server.read_only)),
            ("krb_caseins_users", json!(server.krb_caseins_users)),
            ("extension", json!(extension)),
            ("pg_tle_available", json!(server.pg_tle_available)),
            ("user", json!(server.user)),
            ("is_superuser", json!(server.is_superuser)),
            ("nests_creators", json!(server.nests_creators())),
            ("is_nested", json!(server.is_nested)),
            ("backend", json!(backend(self.kerbrole.backend()))),
        ] {
            table.row([what.into(), value]);
        }
        table.print(self.general.format)?;
        Ok(false)
    }
}
