//! Random roles and random accounts: the core and the functions in PL/pgSQL, which share no line,
//! come to the same.

use std::cell::RefCell;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};

use super::table::{ROLES, asked, set_up};
use super::*;

/// Some that only differ by case.
const NAMES: &[&str] = &["ann", "Ann", "ANN", "bob", "Bob", "cyd", "dan", "eve"];

/// A role as `set_up` takes it, or an account as `asked` does, but for its name: signs, the last
/// number of the SID, roles.
fn rest(signs: &'static [&'static str], least: u32) -> impl Strategy<Value = (String, String)> {
    let roles = subsequence(vec!["team", "hostile", "tokens"], 0..3);
    (select(signs), least..7, roles).prop_map(|(signs, rid, roles)| {
        let each = roles.iter().map(|role| format!(" {role}"));
        (signs.to_string(), each.fold(format!(":{rid}"), |all, role| all + &role))
    })
}

fn named(
    signs: &'static [&'static str],
    least: u32,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<String>> {
    btree_map(select(NAMES), rest(signs, least), count).prop_map(|all| {
        let one = |(name, (signs, rest)): (&str, (String, String))| format!("{signs}{name}{rest}");
        all.into_iter().map(one).collect()
    })
}

#[derive(Debug, Clone)]
struct World {
    there: Vec<String>,
    people: Vec<String>,
    absent: AbsentPolicy,
    except: Vec<&'static str>,
    is_read: bool,
    limit: &'static str,
}

fn world() -> impl Strategy<Value = World> {
    (
        named(&["", "", "", "-", "!", "*", "-!"], 0, 0..6),
        named(&["", "", "", "-"], 1, 0..6),
        select(AbsentPolicy::ALL.to_vec()),
        vec(select(vec!["ann@A.B", "Bob@a.b", "nobody@A.B"]), 0..2),
        prop::bool::weighted(0.8),
        select(vec!["9", "9", "9", "1", "50%"]),
    )
        .prop_map(|(there, people, absent, except, is_read, limit)| World {
            there,
            people,
            absent,
            except,
            is_read,
            limit,
        })
}

impl World {
    fn access(&self) -> Access {
        let people: Vec<_> = self.people.iter().map(String::as_str).collect();
        let mut access = asked(&people).absent(self.absent).limit(self.limit.parse().unwrap());
        if !self.is_read {
            access.domains.clear();
        }
        self.except.iter().fold(access, |access, name| access.except(*name))
    }
}

/// What is done to which role, and by which statement.
type Row = (String, Option<String>);

/// All of a plan, in no order: who moves first where nobody waits is each one's to say. And whether
/// it would be carried out; or the code of the error.
fn outcome(c: &Context<'_>, backend: Backend, access: &Access) -> Result<(Vec<Row>, bool), String> {
    let plan = by(c, backend, SUPERUSER, async |kerbrole| kerbrole.plan_access(access).await);
    let plan =
        plan.map_err(|error| error.code().map_or(String::new(), |code| code.code().into()))?;
    let row = |row: &kerbrole_client::AccessRow| {
        // Plain statements create by two.
        let is_shown = row.action != AccessAction::Create;
        let statement = row.statement.clone().filter(|_| is_shown);
        (format!("{} {}", row.action.as_str(), row.role_name), statement)
    };
    let mut rows: Vec<_> = plan.rows().iter().map(row).collect();
    rows.sort();
    Ok((rows, plan.refuse_too_many().is_ok()))
}

pub(super) fn both_come_to_the_same_in_any_world(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(ROLES);
    let su = RefCell::new(su);
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 150;
    }
    let run = |world: World| {
        let mut su = su.borrow_mut();
        for role in su.column("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname ~ '@A.B$'") {
            su.run(&format!("DROP ROLE {role}"));
        }
        world.there.iter().for_each(|role| set_up(&mut su, role));
        let access = world.access();
        let by_core = outcome(c, Backend::PlainSql, &access);
        prop_assert_eq!(outcome(c, Backend::SqlFunctions, &access), by_core);
        Ok(())
    };
    TestRunner::new(config).run(&world(), run).unwrap();
}
