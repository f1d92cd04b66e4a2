//! The membership graph, by the functions in PL/pgSQL and by the extension on the same server.

use super::names::Numbers;
use super::{install, times};
use crate::fixture::Context;
use kerbrole_tests::postgres_server::SUPERUSER;

/// On each of two versions.
const GRAPHS: usize = 50;

pub(super) fn conflicts_and_previews_are_those_of_the_extension(c: &Context<'_>) {
    let mut su = c.superuser();
    install(c, SUPERUSER);
    // Comparing is the work of the server: a difference is a row.
    let differ = |call: &str| {
        let rows = format!("SELECT to_jsonb(x) AS row, count(*) FROM {{}}.{call} AS x GROUP BY 1");
        let (one, other) = (rows.replace("{}", "public"), rows.replace("{}", "kerbrole"));
        format!(
            "WITH one AS MATERIALIZED ({one}), other AS MATERIALIZED ({other}) (TABLE one EXCEPT \
             TABLE other) UNION ALL (TABLE other EXCEPT TABLE one)"
        )
    };
    let mut numbers = Numbers(100 + u64::from(c.major()));
    let mut in_both = 0;
    for graph in 0..GRAPHS * times() {
        let count = 4 + numbers.below(37);
        let names: Vec<String> = (0..count)
            .map(|i| if i % 3 == 0 { format!("\"p{i}@A.B\"") } else { format!("g{i}") })
            .collect();
        let mut script: String = names.iter().map(|name| format!("CREATE ROLE {name};")).collect();
        // Upwards only, so that there is no circle; many ways to the same group are diamonds.
        let mut all = vec!["rds_ad".to_string(), "rds_iam".to_string()];
        all.extend(names.iter().rev().cloned());
        for _ in 0..count + numbers.below(2 * count) {
            let low = 2 + numbers.below(count);
            let high = numbers.below(low);
            let options = if numbers.below(6) == 0 { " WITH ADMIN OPTION" } else { "" };
            script.push_str(&format!("GRANT {} TO {}{options};", all[high], all[low]));
        }
        su.run(&format!("SET client_min_messages = error; BEGIN; {script}"));
        in_both += su.rows("SELECT FROM public.kerb_conflicts()").len();
        let mut calls = vec!["kerb_conflicts()".to_string()];
        for _ in 0..4 {
            let low = 2 + numbers.below(count);
            let literal = |name: &String| format!("'{}'", name.replace('"', ""));
            calls.push(format!(
                "kerb_preview_grant({}, {})",
                literal(&all[numbers.below(low)]),
                literal(&all[low])
            ));
        }
        for call in calls {
            let found = su.rows(&differ(&call));
            assert!(found.is_empty(), "{graph} {call}: {found:?}\n{script}");
        }
        su.run("ROLLBACK");
    }
    assert!(in_both > GRAPHS / 2, "{in_both} roles in both");
}
