//! A million principals in twenty thousand groups, and how cost grows on the way there, in numbers
//! and in pictures.

mod adding;
mod crowd;
mod looking;
mod plot;
mod server_memory;

use std::fmt::Write as _;
use std::fs;

use kerbrole_tests::sandbox::Result;

use crate::figures::{machine, thousands};
use crate::goals::Goal;
use crate::names::names;
use crate::{Bench, Report};

use adding::Adding;
use looking::{Looked, QUESTIONS};
use plot::{Line, SCHEMES, drawn};

/// How many there are, each ten times as many as the one before.
const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// As few as a picture needs.
const TRIED: [usize; 2] = [60, 180];

/// The report.
///
/// # Errors
/// When a server does not come up, a way fails, or an answer is not what the server was made for.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let sizes = if bench.smoke { &TRIED[..] } else { &SIZES };
    let (Some((&most, fewer)), mut report) = (sizes.split_last(), Report::default()) else {
        return Err("there is no number".into());
    };
    report.text = heading(bench, most, fewer.last().copied().unwrap_or_default())?;
    let all = names(bench.seed, most);
    let (mut tables, mut logins) = (String::new(), String::new());
    let newest = bench.versions.iter().max().copied().unwrap_or_default();
    for &major in &bench.versions {
        let sizes = if major == newest { sizes } else { fewer };
        let Adding { table, logins: of_version, lines } =
            adding::measure(bench, major, sizes, &all)?;
        tables.push_str(&table);
        logins.push_str(&of_version);
        let mut looked = Vec::new();
        for &size in sizes {
            looked.push(looking::measure(bench, major, size)?);
        }
        tables.push_str(&looking::table(major, &looked)?);
        if major == newest {
            let title = format!("Adding principals, PostgreSQL {major}");
            picture(bench, &mut report.text, "adding", &title, &lines)?;
            for (question, (name, ways)) in QUESTIONS.iter().enumerate() {
                // One line alone shows nothing.
                if ways.len() > 1 {
                    let title = format!("{}, PostgreSQL {major}", titled(name));
                    let lines = looking::lines(question, &looked)?;
                    picture(bench, &mut report.text, name, &title, &lines)?;
                }
            }
            if !bench.smoke {
                report.goals = goals(major, &looked)?;
            }
        }
    }
    let _infallible = write!(
        report.text,
        "\n## Numbers\n\
         {tables}\n\
         ## Logging in afterwards\n\n\
         Milliseconds until a session is there, over a socket without a password, by turns: of \
         one of those who were added, of the master user who added them by that back end, and of \
         somebody who is a member of nothing. pg_hba.conf asks for members of rds_iam first, as on \
         RDS.\n\n\
         | PostgreSQL | principals | added by | a person | master user | member of nothing |\n\
         | --- | --- | --- | --- | --- | --- |\n{logins}"
    );
    Ok(report)
}

fn heading(bench: &Bench, most: usize, fewer: usize) -> Result<String> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(format!(
        "# A million\n\n\
         Adding: as the master user, an rds_superuser that is no superuser, with ADMIN on rds_ad, \
         into a server without principals; seconds, and MB that the command had in memory at most; \
         up to {} rounds by turns, each on a server that was started from the same files, the \
         principals counted afterwards. A dash: as the numbers before it foretell it would take \
         too long; one call takes 250,000 names at most. Ansible needs minutes for 1,000.\n\n\
         Looking: on a server with one group for every 50, nested six deep, each principal in one \
         of them, one in a thousand in both roles, all of them added by `kerbrole add --file` as a \
         superuser, from a file in no order with a group in each line. Milliseconds, median and \
         the range of the middle half, by turns; per item is the time for each role and \
         membership. A synchronisation is four calls, one for each realm, since a call takes \
         250,000 names. A principal more and a GRANT are rolled back; the server was restarted in \
         turns without the guard and with it.\n\n\
         The newest version goes up to {}, others to {}. `max_locks_per_transaction` is 1000.\n\n\
         Machine: {}; load when it began: {}.\n",
        bench.rounds(3),
        thousands(most),
        thousands(fewer),
        machine()?,
        load.split(' ').take(3).collect::<Vec<_>>().join(" "),
    ))
}

fn titled(question: &str) -> &'static str {
    match question {
        "list" => "Everybody, with groups and paths",
        "conflicts" => "Who is in both",
        _ => "A list that changes nothing",
    }
}

/// Draws it for pages in either colour, and shows it in the report.
fn picture(
    bench: &Bench,
    text: &mut String,
    name: &str,
    title: &str,
    lines: &[Line],
) -> Result<()> {
    for scheme in &SCHEMES {
        let svg = drawn(title, lines, scheme)?;
        bench.write_picture(&format!("million-{name}-{}.svg", scheme.name), &svg)?;
    }
    let _infallible = write!(
        text,
        "\n<picture>\n  <source media=\"(prefers-color-scheme: dark)\" \
         srcset=\"million-{name}-dark.svg\">\n  <img src=\"million-{name}-light.svg\" \
         alt=\"{title}: time against number\">\n</picture>\n"
    );
    Ok(())
}

fn goals(major: u32, looked: &[Looked]) -> Result<Vec<Goal>> {
    let [.., smaller, larger] = looked else {
        return Err("fewer than two numbers were looked at".into());
    };
    let all = thousands(larger.size);
    let per_item = |question: &str| -> Result<f64> {
        let each = |of: &Looked| Ok::<_, String>(of.ours(question)? / of.items);
        Ok(each(larger)? / each(smaller)?)
    };
    let added = larger.added.command;
    let than = thousands(smaller.size);
    Ok(vec![
        Goal::at_most(
            format!("{major}: {all} in their groups by `kerbrole add --file`, the extension"),
            added.seconds,
            60.0,
            "s",
            "",
        ),
        Goal::at_most(
            format!("{major}: the same, memory of the command"),
            added.megabytes,
            200.0,
            "MB",
            "",
        ),
        Goal::at_most(
            format!("{major}: `kerb_conflicts()` with {all}, few below rds_iam"),
            larger.ours("conflicts")?,
            60.0,
            "ms",
            "",
        ),
        Goal::at_most(
            format!("{major}: `kerb_list_principals()`, its cost per item, {all} against {than}"),
            per_item("list")?,
            1.5,
            "×",
            "",
        ),
        Goal::at_most(
            format!("{major}: `kerb_sync_principals` that finds nothing, the same"),
            per_item("sync")?,
            1.5,
            "×",
            "",
        ),
        Goal::at_most(
            format!("{major}, guard on: a GRANT that creates no conflict, {all} principals"),
            larger.guarded()?,
            1.3,
            "×",
            "",
        ),
    ])
}
