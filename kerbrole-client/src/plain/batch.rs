//! Statements as one message, which the server carries out whole or not at all.
//!
//! A string of several statements is one transaction of its own (PostgreSQL, "Multiple Statements
//! in a Simple Query"), or a part of the transaction that is open. It takes one round trip, and
//! nobody who stops waiting for the answer leaves half of it.

use std::collections::HashSet;

use kerbrole_core::{ConflictRule, RoleOid, Statement, array_literal, literal};

use super::recursive_sql::{members_of, roles_of, start};
use crate::fault::{Step, gate_sql};
use crate::probe::Server;

/// The constraint that the check inside a batch names in its error: distinguishes it from 0LP01 of
/// the server's own.
pub(crate) const CONFLICT_SEEN: &str = "kerbrole_one_login_method";

/// Puts statements together.
pub(crate) struct Batch {
    sql: String,
}

impl Batch {
    /// Only the statements.
    pub(crate) fn of(statements: &[Statement]) -> Self {
        let mut sql = String::new();
        for statement in statements {
            sql.push_str(&statement.script());
            sql.push('\n');
        }
        Self { sql }
    }

    /// Before the statements a lock that others who do the same wait for, after them a look at
    /// whether one of the roles that are `changed`, or anybody below them, is in both and was not
    /// `before`. Its answer is the transaction's number, by which what it wrote is told from what
    /// was there.
    pub(crate) fn guarded(
        self,
        server: &Server,
        rule: &ConflictRule,
        changed: &[String],
        before: &HashSet<RoleOid>,
    ) -> Self {
        let mut sql = gate_sql(Step::Begin) + &mutex(rule) + &gate_sql(Step::Write);
        // Otherwise whoever creates roles would be given more of them than CREATEROLE has to.
        let self_grant = |value: &str| {
            format!(
                "SELECT pg_catalog.set_config('createrole_self_grant', {}, true);\n",
                literal(value)
            )
        };
        let resets = !server.createrole_self_grant.is_empty();
        if resets {
            sql.push_str(&self_grant(""));
        }
        sql.push_str(&self.sql);
        if resets {
            sql.push_str(&self_grant(&server.createrole_self_grant));
        }
        sql.push_str(&gate_sql(Step::Check));
        sql.push_str(&check(rule, changed, before));
        sql.push_str(&gate_sql(Step::Commit));
        sql.push_str("SELECT pg_catalog.pg_current_xact_id()::pg_catalog.xid;\n");
        Self { sql }
    }

    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }
}

fn block(body: &str) -> String {
    format!("DO {};\n", literal(body))
}

/// COMMENT ON ROLE locks the role, in every database, until the transaction ends, and the comment
/// that is there already changes nothing. Whoever may not comment on `rds_ad` waits for it as well,
/// since the server locks before it looks at the right, and goes on without: the look after the
/// commit is for everybody.
fn mutex(rule: &ConflictRule) -> String {
    let role = literal(rule.ad_role().as_str());
    block(&format!(
        "BEGIN EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', {role}, \
         (SELECT d.description FROM pg_catalog.pg_shdescription d \
         JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) d.objoid \
         WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass \
         AND r.rolname::pg_catalog.text OPERATOR(pg_catalog.=) {role})); \
         EXCEPTION WHEN insufficient_privilege THEN NULL; END"
    ))
}

/// Whether `rds_iam` is above anybody concerned, which it mostly is not; if so, who is below it and
/// has `rds_ad` above.
fn check(rule: &ConflictRule, changed: &[String], before: &HashSet<RoleOid>) -> String {
    let changed = literal(&array_literal(changed));
    let before: Vec<_> = before.iter().map(ToString::to_string).collect();
    let role = |name: &str| {
        format!(
            "SELECT oid FROM pg_catalog.pg_roles \
             WHERE rolname OPERATOR(pg_catalog.=) {}::pg_catalog.text",
            literal(name)
        )
    };
    block(&format!(
        "BEGIN IF EXISTS (WITH RECURSIVE \
         down AS ({} UNION SELECT next.oid FROM down CROSS JOIN {}), \
         above AS ({} UNION SELECT next.oid FROM above CROSS JOIN {}), \
         iam AS ({} UNION SELECT next.oid FROM iam CROSS JOIN {}), \
         up AS (SELECT oid AS below, oid AS at FROM {} AS start \
         UNION SELECT up.below, next.oid FROM up CROSS JOIN {}) \
         SELECT FROM up WHERE at OPERATOR(pg_catalog.=) ({}) \
         AND below OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM down))) \
         THEN RAISE EXCEPTION USING ERRCODE = '0LP01', CONSTRAINT = {}, MESSAGE = {}; END IF; END",
        start(&format!(
            "SELECT oid FROM pg_catalog.pg_roles \
             WHERE rolname OPERATOR(pg_catalog.=) ANY \
             ({changed}::pg_catalog.text[]::pg_catalog.name[])"
        )),
        members_of("down.oid"),
        start("SELECT oid FROM down"),
        roles_of("above.oid"),
        start(&format!(
            "SELECT oid FROM above WHERE oid OPERATOR(pg_catalog.=) ({})",
            role(rule.iam_role().as_str())
        )),
        members_of("iam.oid"),
        start(&format!(
            "SELECT oid FROM iam \
             WHERE oid OPERATOR(pg_catalog.<>) ALL ('{{{}}}'::pg_catalog.oid[])",
            before.join(",")
        )),
        roles_of("up.at"),
        role(rule.ad_role().as_str()),
        literal(CONFLICT_SEEN),
        literal(&format!(
            "a role would come to be a member of both {} and {}",
            rule.ad_role(),
            rule.iam_role()
        ))
    ))
}
