//! Statements as one message, which the server carries out whole or not at all.
//!
//! A string of several statements is one transaction of its own (PostgreSQL, "Multiple Statements in a Simple Query"), or a part of the transaction that is
//! open. It takes one round trip, and nobody who stops waiting for the answer leaves half of it.

use std::collections::HashSet;

use kerbrole_core::{ConflictRule, RoleOid, Statement, array_literal, quote_literal};

use crate::probe::Server;

/// What the check inside a batch raises: distinguishes it from 0LP01 of the server's own.
pub(crate) const CONFLICT_SEEN: &str = "kerbrole: a role is a member of both";

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

    /// Before the statements a lock that others who do the same wait for, after them a look at whether one of the roles that are `changed`, or anybody below
    /// them, is in both and was not `before`.
    pub(crate) fn guarded(
        self,
        server: &Server,
        rule: &ConflictRule,
        changed: &[String],
        before: &HashSet<RoleOid>,
    ) -> Self {
        let mut sql = mutex(rule);
        // Otherwise whoever creates roles would be given more of them than CREATEROLE has to.
        let self_grant =
            |value: &str| format!("SELECT pg_catalog.set_config('createrole_self_grant', {}, true);\n", literal(value));
        let resets = !server.createrole_self_grant.is_empty();
        if resets {
            sql.push_str(&self_grant(""));
        }
        sql.push_str(&self.sql);
        if resets {
            sql.push_str(&self_grant(&server.createrole_self_grant));
        }
        sql.push_str(&check(rule, changed, before));
        Self { sql }
    }

    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }
}

fn literal(text: &str) -> String {
    quote_literal(text).trim_start().into()
}

fn block(body: &str) -> String {
    format!("DO {};\n", literal(body))
}

/// COMMENT ON ROLE locks the role, in every database, until the transaction ends, and the comment that is there already changes nothing. Whoever may not
/// comment on `rds_ad` goes on without: the look after the commit is for everybody.
fn mutex(rule: &ConflictRule) -> String {
    let role = literal(rule.ad_role().as_str());
    block(&format!(
        "BEGIN EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', {role}, (SELECT d.description FROM pg_catalog.pg_shdescription d \
         JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) d.objoid WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass \
         AND r.rolname::pg_catalog.text OPERATOR(pg_catalog.=) {role})); EXCEPTION WHEN insufficient_privilege THEN NULL; END"
    ))
}

/// Who is below `rds_iam`, mostly few, and above whom `rds_ad` is.
fn check(rule: &ConflictRule, changed: &[String], before: &HashSet<RoleOid>) -> String {
    let changed = literal(&array_literal(changed));
    let before: Vec<_> = before.iter().map(ToString::to_string).collect();
    let role = |name: &str| {
        format!(
            "SELECT oid FROM pg_catalog.pg_roles WHERE rolname::pg_catalog.text OPERATOR(pg_catalog.=) {}",
            literal(name)
        )
    };
    block(&format!(
        "BEGIN IF EXISTS (WITH RECURSIVE iam AS ({} UNION SELECT m.member FROM pg_catalog.pg_auth_members m JOIN iam i ON m.roleid OPERATOR(pg_catalog.=) i.oid), \
         up AS (SELECT oid AS below, oid AS at FROM iam UNION SELECT u.below, m.roleid FROM pg_catalog.pg_auth_members m JOIN up u ON m.member OPERATOR(pg_catalog.=) u.at), \
         changed AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ({changed}::pg_catalog.text[]) \
           UNION SELECT m.member FROM pg_catalog.pg_auth_members m JOIN changed c ON m.roleid OPERATOR(pg_catalog.=) c.oid) \
         SELECT FROM up JOIN changed ON changed.oid OPERATOR(pg_catalog.=) up.below WHERE at OPERATOR(pg_catalog.=) ({}) AND below OPERATOR(pg_catalog.<>) ALL ('{{{}}}'::pg_catalog.oid[])) \
         THEN RAISE EXCEPTION USING ERRCODE = '0LP01', MESSAGE = {}; END IF; END",
        role(rule.iam_role().as_str()),
        role(rule.ad_role().as_str()),
        before.join(","),
        literal(CONFLICT_SEEN)
    ))
}
