//! Who is in both, by a recursive query of its own: it shares nothing with what it judges.
#![allow(clippy::unwrap_used, reason = "a test that gets no numbers has failed")]

use std::collections::BTreeMap;

use crate::fixture::Session;

/// Members of a role by any chain, each with the steps of a shortest one.
const IN_BOTH: &str = "WITH RECURSIVE below (rule, role, steps) AS (\
     SELECT oid, oid, 0 FROM pg_roles WHERE rolname IN ('rds_ad', 'rds_iam') \
     UNION SELECT b.rule, m.member, b.steps + 1 FROM below b \
     JOIN pg_auth_members m ON m.roleid = b.role), \
     nearest AS (SELECT rule::regrole::text AS rule, role, min(steps) AS steps FROM below \
     GROUP BY 1, 2) \
     SELECT r.rolname, ad.steps, iam.steps FROM nearest ad JOIN nearest iam USING (role) \
     JOIN pg_roles r ON r.oid = role WHERE ad.rule = 'rds_ad' AND iam.rule = 'rds_iam'";

/// By role how many memberships it is away from `rds_ad` and from `rds_iam`.
///
/// # Panics
/// When the server does not answer.
pub fn in_both(session: &mut Session) -> BTreeMap<String, (usize, usize)> {
    let number = |text: &String| text.parse().unwrap();
    let rows = session.rows(IN_BOTH);
    rows.into_iter().map(|row| (row[0].clone(), (number(&row[1]), number(&row[2])))).collect()
}
