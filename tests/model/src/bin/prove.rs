//! Goes through the model, its variants and the graphs, and writes docs/evidence/never-both.md.
//! `make prove` runs it, then what takes servers, and then `prove table MAJOR...`, which prints the
//! table of all of it and fails where something is missing.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use kerbrole_model::checking::{catch, check};
use kerbrole_model::fault::Fault;
use kerbrole_model::graphs::{GRAPHS, core};
use kerbrole_model::proved;
use kerbrole_model::report::{Evidence, compared};
use kerbrole_model::worlds;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() == Some("table") {
        let majors: Vec<u32> = arguments.map(|major| major.parse()).collect::<Result<_, _>>()?;
        let (table, objections) = proved::table(&majors)?;
        println!("\n{table}");
        return if objections.is_empty() { Ok(()) } else { Err(objections.join("; ").into()) };
    }
    let mut held = Vec::new();
    for world in worlds::all() {
        println!("{}, {} sessions ...", world.name, world.sessions);
        held.push(check(world));
    }
    println!("{} variants that have to fail ...", Fault::ALL.len());
    let caught = Fault::ALL.into_iter().map(|fault| (fault, catch(fault))).collect();
    let evidence = Evidence { held, caught };
    println!("{GRAPHS} graphs ...");
    let graphs = core::compare(GRAPHS)?;
    println!("{}", compared(&graphs));
    evidence.note();
    proved::note_cases("graphs, the core against the definition", graphs.graphs);
    let objections = evidence.objections();
    if !objections.is_empty() {
        return Err(objections.join("\n\n").into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::write(root.join("docs/evidence/never-both.md"), evidence.document())?;
    println!("docs/evidence/never-both.md is written.");
    Ok(())
}
