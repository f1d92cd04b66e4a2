//! Adding, from a thousand to a million: by the command, by one call, and by what people use
//! instead.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::process::Command;

use kerbrole_tests::postgres_server::{MASTER, SUPERUSER, Server};
use kerbrole_tests::sandbox::Result;
use kerbrole_tests::version::built;

use crate::Bench;
use crate::cluster::{Prototype, connect, execute};
use crate::contestants::Contestant;
use crate::figures::{Spread, in_turns, median, short, thousands};
use crate::functions::as_by_plain_statements;
use crate::logins::{self, OTHER};
use crate::measured::measured;
use crate::million::plot::Line;
use crate::names::Name;
use crate::tools::connected;

/// What takes longer than this, as the numbers before it foretell, is left out.
const TOO_LONG: f64 = 180.0;

/// Seconds after which a way has no further round.
const ENOUGH: f64 = 8.0;

/// From so many principals on it is worth it to look at logins.
const MANY: usize = 100_000;

/// The most elements that one call takes.
const LONGEST_LIST: usize = 250_000;

/// A way to add.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Way {
    /// `kerbrole add --file`, by that back end.
    Command(&'static str),
    Other(Contestant),
}

const WAYS: [Way; 7] = [
    Way::Command("extension"),
    Way::Command("functions"),
    Way::Command("sql"),
    Way::Other(Contestant::Many),
    Way::Other(Contestant::Script),
    Way::Other(Contestant::Block),
    Way::Other(Contestant::Ldap2pg),
];

impl Way {
    /// As a table has it, and as there is room for in a picture.
    fn labels(self) -> (String, &'static str) {
        match self {
            Self::Command(backend) => (
                format!("`kerbrole add --file`, `--backend {backend}`"),
                match backend {
                    "extension" => "kerbrole, the extension",
                    "functions" => "kerbrole, functions in PL/pgSQL",
                    _ => "kerbrole, plain statements",
                },
            ),
            Self::Other(contestant) => (
                contestant.label().split_once(") ").map_or("", |(_, label)| label).into(),
                match contestant {
                    Contestant::Many => "one call of the extension",
                    Contestant::Script => "psql, a script",
                    Contestant::Block => "a DO block, no checks",
                    _ => "ldap2pg",
                },
            ),
        }
    }

    fn is_ours(self) -> bool {
        matches!(self, Self::Command(_) | Self::Other(Contestant::Many))
    }

    /// Seconds, and MB of the program where it is the command.
    fn run(self, bench: &Bench, server: &Server, names: &[Name]) -> Result<(f64, Option<f64>)> {
        let backend = match self {
            Self::Command(backend) => backend,
            Self::Other(contestant) => {
                return Ok((contestant.run(bench, server, MASTER, names)?, None));
            }
        };
        let list: String = names.iter().map(|name| format!("{}\n", name.typed)).collect();
        let file = bench.write("people.txt", &list)?;
        let mut command = Command::new(built("kerbrole"));
        command.args(["add", "--quiet", "--accept-nesting", "--backend", backend]);
        command.args(["--format", "csv", "--file"]).arg(file);
        connected(&mut command, server, MASTER);
        let taken = measured(&command, bench.sandbox.path())?;
        Ok((taken.seconds, Some(taken.megabytes)))
    }
}

/// Tables and lines of one version.
pub(crate) struct Adding {
    pub(crate) table: String,
    pub(crate) logins: String,
    pub(crate) lines: Vec<Line>,
}

/// Seconds and, of the command, MB.
#[derive(Default)]
struct Runs {
    seconds: Vec<f64>,
    megabytes: Vec<f64>,
}

/// Adds so many by each way that can do it in the time.
///
/// # Errors
/// When a server does not come up, a way fails, or not all that it should have made is there.
pub(crate) fn measure(bench: &Bench, major: u32, sizes: &[usize], all: &[Name]) -> Result<Adding> {
    let prototype = Prototype::with_functions(bench, &bench.installation(major)?)?;
    let mut runs: HashMap<(Way, usize), Runs> = HashMap::new();
    let mut logins = String::new();
    for (place, &size) in sizes.iter().enumerate() {
        let before = &sizes[..place];
        let ways: Vec<_> = WAYS
            .into_iter()
            .filter(|&way| is_possible(way, size) && foretold(&runs, way, before, size) <= TOO_LONG)
            .collect();
        eprintln!("PostgreSQL {major}: adding {}", thousands(size));
        let has_logins = size >= MANY || bench.smoke && place + 1 == sizes.len();
        in_turns(&ways, bench.rounds(3), false, ENOUGH, |&way| {
            let server = prototype.fresh()?;
            let (seconds, megabytes) = way
                .run(bench, &server, &all[..size])
                .map_err(|error| format!("{way:?}, {}: {error}", thousands(size)))?;
            prototype.verify(&server, &all[..size])?;
            let of_way = runs.entry((way, size)).or_default();
            let is_first = of_way.seconds.is_empty();
            of_way.seconds.push(seconds);
            of_way.megabytes.extend(megabytes);
            if let (true, true, Way::Command(_)) = (has_logins, is_first, way) {
                logins.push_str(&log_in(bench, &server, way, &all[..size], "")?);
            }
            server.discard()?;
            Ok(seconds)
        })?;
        let plain = Way::Command("sql");
        if has_logins && major >= 16 && !ways.contains(&plain) {
            let server = prototype.fresh()?;
            as_by_plain_statements(&server, &all[..size])?;
            let made = ", made by a superuser";
            logins.push_str(&log_in(bench, &server, plain, &all[..size], made)?);
            server.discard()?;
        }
    }
    prototype.discard()?;
    Ok(Adding { table: table(major, sizes, &runs), logins, lines: lines(sizes, &runs)? })
}

fn is_possible(way: Way, size: usize) -> bool {
    way != Way::Other(Contestant::Many) || size <= LONGEST_LIST
}

/// Seconds, by the power of the number that the last two sizes show, at least the first; what was
/// left out once stays so.
fn foretold(runs: &HashMap<(Way, usize), Runs>, way: Way, before: &[usize], size: usize) -> f64 {
    let of = |size: &usize| -> Option<(f64, f64)> {
        let seconds = median(&runs.get(&(way, *size))?.seconds).ok()?;
        Some((*size as f64, seconds))
    };
    let Some(last) = before.last() else { return 0.0 };
    let Some((number, seconds)) = of(last) else { return f64::INFINITY };
    let power = before
        .iter()
        .rev()
        .nth(1)
        .and_then(of)
        .map_or(1.0, |(fewer, less)| ((seconds / less).ln() / (number / fewer).ln()).max(1.0));
    seconds * (size as f64 / number).powf(power)
}

/// A row: how long logins of a person, of the administrator and of somebody else take.
fn log_in(
    bench: &Bench,
    server: &Server,
    way: Way,
    names: &[Name],
    remark: &str,
) -> Result<String> {
    let Way::Command(backend) = way else { return Ok(String::new()) };
    let person = names.first().map_or("", |name| name.role.as_str());
    execute(&mut connect(server, SUPERUSER)?, "VACUUM ANALYZE")?;
    let times = logins::by_turns(bench, server, &[person, MASTER, OTHER])?;
    let shown = |at: usize| Spread::of(&times[at]).map_or(String::new(), |spread| spread.shown());
    Ok(format!(
        "| {} | {} | `{backend}`{remark} | {} | {} | {} |\n",
        server.major(),
        thousands(names.len()),
        shown(0),
        shown(1),
        shown(2)
    ))
}

fn table(major: u32, sizes: &[usize], runs: &HashMap<(Way, usize), Runs>) -> String {
    let heads: Vec<_> = sizes.iter().map(|&size| thousands(size)).collect();
    let mut text = format!(
        "\n| PostgreSQL {major} | {} |\n| --- |{}\n",
        heads.join(" | "),
        " --- |".repeat(sizes.len())
    );
    for way in WAYS {
        let cell = |&size: &usize| -> String {
            let Some(of_way) = runs.get(&(way, size)) else { return "–".into() };
            let seconds = Spread::of(&of_way.seconds).map_or(String::new(), |s| s.shown());
            match median(&of_way.megabytes) {
                Ok(most) => format!("{seconds}, {} MB", short(most)),
                Err(_) => seconds,
            }
        };
        let cells: Vec<_> = sizes.iter().map(cell).collect();
        let _infallible = writeln!(text, "| {} | {} |", way.labels().0, cells.join(" | "));
    }
    text
}

fn lines(sizes: &[usize], runs: &HashMap<(Way, usize), Runs>) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for way in WAYS {
        let mut points = Vec::new();
        for &size in sizes {
            if let Some(of_way) = runs.get(&(way, size)) {
                points.push((size as f64, median(&of_way.seconds)?));
            }
        }
        lines.push(Line { label: way.labels().1.into(), is_ours: way.is_ours(), points });
    }
    Ok(lines)
}
