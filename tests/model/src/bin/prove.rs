//! Goes through the model, its variants and the graphs, prints what it found, and writes
//! docs/evidence/never-both.md. `make prove` runs it, and then what takes servers.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use kerbrole_model::checking::{catch, check};
use kerbrole_model::fault::Fault;
use kerbrole_model::graphs::{GRAPHS, core};
use kerbrole_model::report::{Evidence, compared};
use kerbrole_model::worlds;

fn main() -> Result<(), Box<dyn Error>> {
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
    println!("\n{}\n{}", evidence.table(), compared(&graphs));
    let objections = evidence.objections();
    if !objections.is_empty() {
        return Err(objections.join("\n\n").into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::write(root.join("docs/evidence/never-both.md"), evidence.document())?;
    println!("\ndocs/evidence/never-both.md is written.");
    Ok(())
}
