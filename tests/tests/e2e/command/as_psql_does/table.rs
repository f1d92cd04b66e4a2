//! docs/reference/connection.md has each parameter of libpq, and says what becomes of it.

use std::collections::BTreeMap;
use std::path::Path;

use kerbrole_tests::sandbox::run;
use kerbrole_tests::version::workspace;

use super::*;
use trials::{Trial, trials};

/// A row of the page's table.
struct Parameter {
    keyword: &'static str,
    variable: Option<&'static str>,
    since: u32,
    is: &'static str,
    refused: Option<&'static str>,
}

/// What stands between the first two backticks.
fn code(cell: &'static str) -> Option<&'static str> {
    cell.split('`').nth(1)
}

fn table() -> Vec<Parameter> {
    // The rows that are made of it keep what they are about for good.
    let text: &'static str =
        fs::read_to_string(workspace().join("docs/reference/connection.md")).unwrap().leak();
    let (_, rows) = text.split_once("| parameter | variable | kerbrole |").unwrap();
    let rows = rows.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let since = cells[0]
            .split_once('(')
            .map_or(14, |(_, since)| since.trim_end_matches(')').parse().unwrap());
        Parameter {
            keyword: code(cells[0]).unwrap(),
            variable: code(cells[1]),
            since,
            is: cells[2],
            refused: code(cells[3]),
        }
    })
    .collect()
}

/// The major version of the libpq that this server's psql runs with, which need not be the
/// server's, and each keyword that it knows with its variable.
fn known_to_libpq(bench: &Bench<'_>) -> (u32, BTreeMap<String, Option<String>>) {
    let psql = bench.own.0.command("psql");
    let mut ldd = Command::new("ldd");
    ldd.arg(psql.get_program());
    for (name, value) in psql.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        ldd.env(name, value);
    }
    let libraries = lossy(&output(&mut ldd).unwrap().stdout);
    let libpq = libraries
        .lines()
        .find_map(|line| line.trim().strip_prefix("libpq")?.split_whitespace().nth(2))
        .unwrap_or_else(|| panic!("psql has no libpq:\n{libraries}"));
    let program = bench.folder.path().join("conninfo_parameters");
    let source = workspace().join("tests/src/c/conninfo_parameters.c");
    run(Command::new("cc").args(["-Wall", "-Werror", "-o"]).arg(&program).arg(source).arg("-ldl"))
        .unwrap();
    // A server that brings a C library of its own brings its loader, by which psql runs as well.
    let folder = Path::new(libpq).parent().unwrap();
    let loader = fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let loader = loader.into_iter().find(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"))
    });
    let mut print = match loader {
        Some(loader) => {
            let mut print = Command::new(loader);
            print.arg("--library-path").arg(folder).arg(program);
            print
        }
        None => Command::new(program),
    };
    print.arg(libpq).env_remove("PGSERVICE");
    for (name, value) in psql.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        print.env(name, value);
    }
    let printed = lossy(&run(&mut print).unwrap().stdout);
    let (version, pairs) = printed.split_once('\n').unwrap();
    let pairs = pairs.lines().map(|line| line.split_once(' ').unwrap());
    let known = pairs.map(|(keyword, variable)| {
        (keyword.into(), Some(variable).filter(|name| *name != "-").map(String::from))
    });
    (version.parse::<u32>().unwrap() / 10_000, known.collect())
}

pub(super) fn the_table_has_each_parameter(c: &Context<'_>) {
    let bench = Bench::new(c, "table");
    let (major, known) = known_to_libpq(&bench);
    assert!(known.len() > 30, "{known:?}");
    let mut wrong = Vec::new();
    let table = table();
    for (keyword, variable) in &known {
        match table.iter().find(|row| row.keyword == keyword) {
            None => wrong.push(format!("{keyword} ({variable:?}) is not in the table")),
            // A libpq may know a variable later than the keyword.
            Some(row) if variable.is_some() && row.variable != variable.as_deref() => {
                wrong.push(format!("{keyword} is {variable:?} to libpq, not {:?}", row.variable));
            }
            Some(_) => {}
        }
    }
    for row in table.iter().filter(|row| row.since <= major) {
        if !known.contains_key(row.keyword) {
            wrong.push(format!("libpq does not know {}", row.keyword));
        }
    }
    none(&wrong);
}

/// The row for one parameter of a trial: in the string, or in the environment.
fn row_for(trial: &Trial<'static>, value: &str, psql: Is, variable: Option<&'static str>) -> Row {
    let mut pairs: BTreeMap<&str, String> = [
        ("host", "db.example.com"),
        ("hostaddr", "127.0.0.1"),
        ("port", "{port}"),
        ("user", "ann"),
        ("dbname", "postgres"),
        ("password", PASSWORD),
    ]
    .map(|(keyword, value)| (keyword, value.to_string()))
    .into();
    for (keyword, value) in trial.with {
        pairs.insert(keyword, value.to_string());
    }
    for keyword in trial.without {
        pairs.remove(keyword);
    }
    pairs.remove(trial.keyword);
    let mut row = row(trial.keyword, "", psql).user(trial.user);
    match variable {
        Some(variable) => row.variables.push((variable, value.into())),
        None => drop(pairs.insert(trial.keyword, value.into())),
    }
    let pairs = pairs.iter().map(|(keyword, value)| format!("{keyword}='{value}'"));
    row.string = pairs.collect::<Vec<_>>().join(" ");
    for (name, text) in trial.files {
        row = row.file(name, *text);
    }
    row
}

pub(super) fn the_table_holds(c: &Context<'_>) {
    let mut bench = Bench::new(c, "table-rows");
    trials::prepare(&mut bench);
    let (_, known) = known_to_libpq(&bench);
    let trials = trials();
    let mut wrong = Vec::new();
    for parameter in table() {
        let keyword = parameter.keyword;
        let mine: Vec<_> = trials.iter().filter(|trial| trial.keyword == keyword).collect();
        if (parameter.is == "same") == mine.is_empty() {
            wrong.push(format!("{keyword}: \"{}\" and {} trials", parameter.is, mine.len()));
        }
        if !["same", "refused", "no meaning"].contains(&parameter.is)
            || (parameter.is == "refused") && parameter.refused.is_none()
        {
            wrong.push(format!("{keyword}: \"{}\" says nothing", parameter.is));
        }
        let ways = [None, parameter.variable];
        let ways = if parameter.variable.is_some() { &ways[..] } else { &ways[..1] };
        for &way in ways {
            if known.contains_key(keyword) {
                for trial in &mine {
                    let values = trial.works.iter().map(|&(value, psql)| (value, psql));
                    for (value, psql) in values.chain(trial.fails.iter().map(|&v| (v, Refused))) {
                        let found = bench.trial(&row_for(trial, value, psql, way));
                        wrong.extend(
                            found.into_iter().map(|found| format!("{value}, {way:?}: {found}")),
                        );
                    }
                }
            }
            if let Some(value) = parameter.refused {
                let trial = Trial { keyword, ..Trial::default() };
                wrong.extend(refused(&mut bench, &row_for(&trial, value, Refused, way)));
            }
        }
    }
    none(&wrong);
}

/// kerbrole refuses a row as a mistake of who calls it, and names the parameter.
fn refused(bench: &mut Bench<'_>, row: &Row) -> Option<String> {
    let home = tempfile::tempdir_in(bench.folder.path()).unwrap();
    let mut kerbrole = Command::new(built("kerbrole"));
    kerbrole.args(["probe", "-q", "-w"]);
    let (mut command, _) = bench.prepared(kerbrole, row, home.path());
    let ended = output(&mut command).unwrap();
    let said = lossy(&ended.stderr);
    let is_named = said.contains(row.why);
    (ended.status.code() != Some(2) || !is_named)
        .then(|| format!("{}: kerbrole ends with {:?} and says: {said}", row.why, ended.status))
}
