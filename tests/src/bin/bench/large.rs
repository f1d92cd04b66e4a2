//! A cluster with many memberships, drawn from a seed.

use fastrand::Rng;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::Result;

use crate::Bench;
use crate::cluster::{bare, connect, execute, said};
use crate::names::names;

/// How deep groups are nested.
const LEVELS: usize = 6;

/// One group for so many principals.
const PRINCIPALS_PER_GROUP: usize = 50;

/// One principal in so many is in conflict.
const PRINCIPALS_PER_CONFLICT: usize = 1_000;

/// Makes what the rows of the table `wanted_roles` say: a role, whether it is a login, and what it
/// is a member of.
const MAKE: &str = "DO $$ DECLARE wanted record; BEGIN FOR wanted IN SELECT * FROM wanted_roles \
    ORDER BY number LOOP \
     EXECUTE format('CREATE ROLE %I %s %s', wanted.role, CASE WHEN wanted.login THEN 'LOGIN' ELSE \
     'NOLOGIN' END, \
       (SELECT 'IN ROLE ' || string_agg(quote_ident(name), ', ') FROM \
       unnest(string_to_array(wanted.groups, ' ')) AS name)); END LOOP; END $$";

/// A running server with so many principals, and what there is to know of it.
pub(crate) struct Large {
    pub(crate) server: Server,
    pub(crate) conflicts: usize,
    /// group0, group1, … The first of them are those of the highest level.
    pub(crate) groups: usize,
    pub(crate) groups_per_level: usize,
    /// Roles and memberships.
    pub(crate) items: f64,
}

impl Large {
    /// One group for every 50 principals, six levels of them, each a member of one of the level
    /// above. Each principal is in rds_ad and in two groups, one in a thousand in a group that is
    /// in rds_iam as well. Every name is in the table `wanted` as somebody would type it.
    pub(crate) fn new(bench: &Bench, major: u32, principals: usize) -> Result<Self> {
        let server = bare(bench, &bench.installation(major)?)?;
        let mut rng = Rng::with_seed(bench.seed);
        let groups = (principals / PRINCIPALS_PER_GROUP).max(2 * LEVELS);
        let per_level = groups / LEVELS;
        let mut rows = vec![("cloud".to_string(), false, "rds_iam".to_string())];
        for group in 0..groups {
            let above = match (group / per_level).min(LEVELS - 1) {
                0 => String::new(),
                level => format!("group{}", (level - 1) * per_level + rng.usize(..per_level)),
            };
            rows.push((format!("group{group}"), false, above));
        }
        let names = names(bench.seed, principals);
        let mut conflicts = 0;
        for (number, name) in names.iter().enumerate() {
            let mut member_of = format!(
                "rds_ad group{} group{}",
                rng.usize(..groups / 2),
                groups / 2 + rng.usize(..groups - groups / 2)
            );
            if number % PRINCIPALS_PER_CONFLICT == 0 {
                member_of.push_str(" cloud");
                conflicts += 1;
            }
            rows.push((name.role.clone(), true, member_of));
        }
        let mut client = connect(&server, SUPERUSER)?;
        execute(
            &mut client,
            "CREATE TABLE wanted_roles (number serial, role text, login bool, groups text); CREATE \
             TABLE wanted (list text[])",
        )?;
        let roles: Vec<_> = rows.iter().map(|row| row.0.as_str()).collect();
        let logins: Vec<_> = rows.iter().map(|row| row.1).collect();
        let member_of: Vec<_> = rows.iter().map(|row| row.2.as_str()).collect();
        let typed: Vec<_> = names.iter().map(|name| name.typed.as_str()).collect();
        let fill = "INSERT INTO wanted_roles (role, login, groups) SELECT * FROM \
            unnest($1::text[], $2::bool[], $3::text[])";
        client.execute(fill, &[&roles, &logins, &member_of]).map_err(|e| said(&e))?;
        client.execute("INSERT INTO wanted VALUES ($1)", &[&typed]).map_err(|e| said(&e))?;
        execute(&mut client, MAKE)?;
        execute(&mut client, "VACUUM ANALYZE")?;
        let count =
            "SELECT (SELECT count(*) FROM pg_authid) + (SELECT count(*) FROM pg_auth_members)";
        let items: i64 = client.query_one(count, &[]).map_err(|e| said(&e))?.get(0);
        Ok(Self { server, conflicts, groups, groups_per_level: per_level, items: items as f64 })
    }
}
