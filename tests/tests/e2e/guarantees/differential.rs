//! The same random memberships in five ways: a closure by the definition, kerbrole-core, the
//! extension, the functions in PL/pgSQL, and a recursive query that was written for this.

use std::collections::BTreeMap;

use kerbrole_model::graphs::naive::{added, in_both};
use kerbrole_model::graphs::{Graph, core};
use kerbrole_model::proved;
use kerbrole_tests::oracle;
use kerbrole_tests::postgres_server::SUPERUSER;

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    Ends: five_ways_find_the_same;
    GuardedEnds: the_guard_refuses_what_the_definition_says;
}

/// How many graphs, on each of two versions; `KERBROLE_TIMES=10` takes ten times as many.
const GRAPHS: u64 = 60;

/// The owner of the functions in PL/pgSQL, since 16 a member of `rds_ad`, and of no graph.
const OWNER: &str = "kerbrole_owner";

/// By role how far it is to `rds_ad` and to `rds_iam`.
type Both = BTreeMap<String, (usize, usize)>;

fn five_ways_find_the_same(c: &Context<'_>) {
    let mut su = c.superuser();
    c.server.run_script_as(SUPERUSER, "kerbrole.sql", "postgres", &["ON_ERROR_STOP=1"]).unwrap();
    su.run("SET client_min_messages = error");
    let graphs = graphs();
    core::compare(graphs).unwrap();
    let (mut statements, mut roles) = (0, 0);
    for number in 0..graphs {
        let graph = Graph::numbered(number);
        let should = named(&graph, in_both(graph.names.len(), &graph.edges));
        su.run(&format!("BEGIN; {}", script(&graph)));
        roles += should.len();
        let mut by_query = oracle::in_both(&mut su);
        by_query.remove(OWNER);
        assert_eq!(by_query, should, "graph {number}, the query");
        for schema in ["public", "kerbrole"] {
            assert_eq!(conflicts(&mut su, schema), should, "graph {number}, {schema}");
            for &(member, role) in &graph.previews {
                let [granted, member_name] = [role, member].map(|of| graph.names[of].as_str());
                let rows = su.rows(&format!(
                    "SELECT role_name, cardinality(ad_path) - 1, cardinality(iam_path) - 1 FROM \
                     {schema}.kerb_preview_grant('{granted}', '{member_name}')"
                ));
                let new = added(graph.names.len(), &graph.edges, (member, role));
                assert_eq!(as_both(rows), named(&graph, new), "graph {number}, {schema}");
                statements += 1;
            }
            statements += 1;
        }
        // Each fix, as it is printed, ends its conflict.
        for schema in ["public", "kerbrole"] {
            for row in su.rows(&format!("SELECT role_name, fix FROM {schema}.kerb_conflicts()")) {
                su.run(&format!("SAVEPOINT before; {}", row[1]));
                let left = oracle::in_both(&mut su);
                assert!(!left.contains_key(&row[0]), "graph {number}, {schema}: {}", row[1]);
                su.run("ROLLBACK TO before");
                statements += 1;
            }
        }
        su.run("ROLLBACK");
    }
    println!(
        "PostgreSQL {}: {graphs} graphs in five ways: {roles} roles in both, {statements} \
         statements: no difference",
        c.major()
    );
    assert!(roles > 0, "nobody was in both");
    proved::note_cases(&format!("the same in five ways, PostgreSQL {}", c.major()), graphs);
}

/// With the guard on, the graphs in which nobody is in both come about, and of a further GRANT the
/// definition says whether it is refused.
fn the_guard_refuses_what_the_definition_says(c: &Context<'_>) {
    let mut su = c.superuser();
    let (mut tried, mut refused) = (0, 0);
    for number in 0..graphs() {
        let graph = Graph::numbered(number);
        let roles = graph.names.len();
        if !in_both(roles, &graph.edges).is_empty() {
            continue;
        }
        su.run(&format!("BEGIN; {}", script(&graph)));
        for &edge in &graph.previews {
            let [member, granted] = [edge.0, edge.1].map(|of| format!("\"{}\"", graph.names[of]));
            su.run("SAVEPOINT before");
            let outcome = su.try_rows(&format!("GRANT {granted} TO {member}"));
            let code = outcome.err().map(|error| error.code().code().to_string());
            let new = named(&graph, added(roles, &graph.edges, edge));
            let expected = (!new.is_empty()).then(|| "0LP01".to_string());
            assert_eq!(code, expected, "graph {number}: GRANT {granted} TO {member}: {new:?}");
            su.run("ROLLBACK TO before");
            tried += 1;
            refused += usize::from(code.is_some());
        }
        su.run("ROLLBACK");
    }
    println!("PostgreSQL {}: {tried} GRANTs under the guard, {refused} refused", c.major());
    assert!(refused > 0 && refused < tried, "{refused} of {tried}");
    proved::note_cases(&format!("GRANTs under the guard, PostgreSQL {}", c.major()), tried as u64);
}

fn graphs() -> u64 {
    GRAPHS * std::env::var("KERBROLE_TIMES").map_or(1, |times| times.parse().unwrap())
}

/// The roles and memberships as statements.
fn script(graph: &Graph) -> String {
    let mut script: String =
        graph.names[2..].iter().map(|name| format!("CREATE ROLE \"{name}\";")).collect();
    let grants = graph.edges.iter().map(|&(member, role)| {
        format!("GRANT \"{}\" TO \"{}\";", graph.names[role], graph.names[member])
    });
    script.extend(grants);
    script
}

fn named(graph: &Graph, both: BTreeMap<usize, (usize, usize)>) -> Both {
    both.into_iter().map(|(role, away)| (graph.names[role].clone(), away)).collect()
}

fn conflicts(su: &mut Session, schema: &str) -> Both {
    as_both(su.rows(&format!(
        "SELECT role_name, cardinality(ad_path) - 1, cardinality(iam_path) - 1 FROM \
         {schema}.kerb_conflicts()"
    )))
}

/// Rows of a role and two numbers.
fn as_both(rows: Vec<Vec<String>>) -> Both {
    let number = |text: &String| text.parse().unwrap();
    let graph = rows.into_iter().filter(|row| row[0] != OWNER);
    graph.map(|row| (row[0].clone(), (number(&row[1]), number(&row[2])))).collect()
}
