//! Pieces of a recursive query that walks memberships by the index, one role after the other,
//! whatever the planner takes their numbers for.
//!
//! It knows no statistics of a catalogue that has just grown, and joins or sorts all of it then;
//! where it takes few roles for many, it compiles the query besides. So it sees neither how long an
//! array is nor where a limit is, which is nowhere: it counts on one role to start from and on ten
//! next to each.

/// What a walk starts from: a column `oid`.
pub(super) fn start(roles: &str) -> String {
    format!("(SELECT pg_catalog.unnest(ARRAY({roles})) AS oid LIMIT {NOWHERE})")
}

/// The members of a role, given as a column of another table: a table `next`.
pub(super) fn members_of(role: &str) -> String {
    next_to("member", "roleid", role)
}

/// The roles that a member, given as a column of another table, is in: a table `next`.
pub(super) fn roles_of(member: &str) -> String {
    next_to("roleid", "member", member)
}

pub(super) const NOWHERE: &str = "(SELECT NULL::pg_catalog.int8)";

fn next_to(wanted: &str, key: &str, role: &str) -> String {
    format!(
        "LATERAL pg_catalog.unnest(ARRAY(SELECT {wanted} FROM pg_catalog.pg_auth_members \
         WHERE {key} OPERATOR(pg_catalog.=) {role} \
         ORDER BY {wanted} LIMIT {NOWHERE})) AS next (oid)"
    )
}
