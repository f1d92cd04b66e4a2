//! What only looks.

use serde_json::{Value, json};

use super::{Job, backend};
use crate::arguments::Principals;
use crate::exit::{Outcome, Report};
use crate::output::Table;

impl Job<'_> {
    pub(super) async fn list(&self) -> Outcome {
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
        Ok(Report::done(self.rows(table)))
    }

    pub(super) async fn check(&self, given: &Principals) -> Outcome {
        let wanted = self.wanted(given)?;
        let mut table = Table::new(&["principal", "check", "ok", "detail", "fix"]);
        let mut findings = false;
        for one in &wanted {
            let checks = match self.kerbrole.check_principal(&one.principal, None).await {
                Ok(checks) => checks,
                Err(error) if table.rows.is_empty() => return Err(error.into()),
                // What is known of those before is shown.
                Err(error) => return Ok(Report::failed(self.rows(table), error.into())),
            };
            for check in checks {
                findings |= check.ok == Some(false);
                table.row([
                    one.principal.clone().into(),
                    check.name.into(),
                    check.ok.into(),
                    check.detail.into(),
                    check.fix.into(),
                ]);
            }
        }
        Ok(Report::looked(self.rows(table), findings))
    }

    pub(super) fn conflicts(&self, conflicts: &[kerbrole_client::Conflict]) -> Report {
        let mut table = Table::new(&["role_name", "ad_path", "iam_path", "fix"]);
        for conflict in conflicts {
            let fix: Value = if conflict.fix.is_empty() { Value::Null } else { conflict.fix.clone().into() };
            table.row([conflict.role_name.clone().into(), json!(conflict.ad_path), json!(conflict.iam_path), fix]);
        }
        if conflicts.is_empty() {
            self.say("no conflicts");
        }
        Report::looked(self.rows(table), !conflicts.is_empty())
    }

    pub(super) async fn case_audit(&self) -> Outcome {
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
        Ok(Report::looked(self.rows(table), !findings.is_empty()))
    }

    pub(super) fn probe(&self) -> Report {
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
        Report::done(self.rows(table))
    }
}
