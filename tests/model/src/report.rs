//! docs/evidence/never-both.md, and the table that `make prove` prints.

use std::fmt::Write as _;

use stateright::Model;

use crate::checking::{Counterexample, Held};
use crate::fault::{Fault, Part};
use crate::graphs::core::Compared;
use crate::graphs::{GRAPHS, SEED};
use crate::model::World;
use crate::properties;
use crate::proved::note_property;
use crate::story::tell;

/// What was gone through.
#[derive(Debug)]
pub struct Evidence {
    /// The worlds in which everything has to hold.
    pub held: Vec<Held>,
    /// The variants that have to fail, each with a way to what it breaks.
    pub caught: Vec<(Fault, Option<(World, Counterexample)>)>,
}

impl Evidence {
    /// What is not as it should be, in words; nothing where all is.
    pub fn objections(&self) -> Vec<String> {
        let broken = self.held.iter().flat_map(|held| {
            held.broken.iter().map(|found| {
                format!(
                    "{} does not hold: {}\n\n{}",
                    found.property,
                    held.world.name,
                    tell(&held.world, found)
                )
            })
        });
        let missed = self.caught.iter().filter(|(_, found)| found.is_none()).map(|(fault, _)| {
            format!("nothing is noticed where {} ({})", fault.about(), fault.breaks())
        });
        broken.chain(missed).collect()
    }

    fn worlds_of<'e>(&'e self, property: &'e str) -> impl Iterator<Item = &'e Held> {
        self.held
            .iter()
            .filter(move |held| held.world.properties().iter().any(|one| one.name == property))
    }

    fn variants_of(&self, property: &str) -> (usize, usize) {
        let of = || self.caught.iter().filter(|(fault, _)| fault.breaks() == property);
        (of().filter(|(_, found)| found.is_some()).count(), of().count())
    }

    /// Notes for the table that `make prove` prints: property, states, variants caught.
    pub fn note(&self) {
        for (property, _) in properties::ALL {
            let states = self.worlds_of(property).map(|held| held.states).sum();
            let (caught, all) = self.variants_of(property);
            note_property(property, states, caught, all);
        }
    }

    /// The document.
    pub fn document(&self) -> String {
        let mut out = BEGIN.to_string();
        for (property, about) in properties::ALL {
            let worlds: Vec<_> = self.worlds_of(property).map(|held| held.world.name).collect();
            let states: usize = self.worlds_of(property).map(|held| held.states).sum();
            let (caught, all) = self.variants_of(property);
            let _written = write!(
                out,
                "\n### {property}\n\n{about}\n\nHeld in all {states} states of: {}. Variants that \
                 break it: {caught} of {all} noticed.\n",
                worlds.join("; ")
            );
        }
        out.push_str(WORLDS);
        for held in &self.held {
            let sessions = held.world.sessions;
            let _written = writeln!(
                out,
                "| {} | {sessions} | {} | {} | {} | {} | {} |",
                held.world.name,
                held.world.menu.len(),
                held.world.starts.len(),
                held.beginnings,
                held.states,
                held.depth
            );
        }
        out.push_str(VARIANTS);
        for (fault, found) in &self.caught {
            let _written = write!(out, "\n### What if {}?\n\n", fault.about());
            match found {
                Some((world, found)) => {
                    let _written = write!(
                        out,
                        "Then [{0}](#{0}) breaks. {1}",
                        fault.breaks(),
                        tell(world, found)
                    );
                    let name = fault.name();
                    let on = match fault.part() {
                        Part::Extension => format!("on servers with `kerbrole.fault = {name}`"),
                        Part::Client => format!("by clients with `kerbrole.fault = {name}`"),
                        Part::Functions => "with a lock of the session in its place".into(),
                    };
                    let suite = match fault.part() {
                        Part::Extension => "replays",
                        Part::Client | Part::Functions => "client_replays",
                    };
                    let _written = write!(out, "\nThe same {on}: `{suite}::{name}`.\n");
                }
                None => out.push_str("Nothing is noticed.\n"),
            }
        }
        let _written = write!(out, "{ORDERS}{GRAPHS_BEGIN}");
        let _written = writeln!(out, "| {SEED} | {GRAPHS} | {} |", GRAPHS / CI_PART);
        out.push_str(END);
        out
    }
}

/// CI compares this part of the graphs.
pub const CI_PART: u64 = 10;

/// What was compared, in a line.
pub fn compared(all: &Compared) -> String {
    format!(
        "graphs of seed {SEED}: {} compared with the definition: {} roles in both, {} paths, {} \
         fixes carried out, {} GRANTs tried beforehand: no difference",
        all.graphs, all.in_both, all.paths, all.fixes, all.previews
    )
}

const BEGIN: &str = "# Never in both, demonstrated

Written by `make prove`; a test of `make test-units` goes through all of it again and holds this
page to be what it finds. [The security model](../concepts/security-model.md) has the promises.

[tests/model](../../tests/model) is a model of what several sessions do to memberships at the same
time: the catalogue and what each transaction sees of it, the locks and who waits for them, the
guard's look before and after, the functions, what people type, and kerbrole-client with its look
after the commit and what it takes back; connections that are cut, and a server that goes down. A
checker ([Stateright](https://www.stateright.rs)) takes every order of every step of every choice of
what the sessions do, and asks in each state whether what is promised is so.

A model is not the code. What ties the two: each step names the place in the code where it is taken
([model.rs](../../tests/model/src/model.rs)), variants in which one thing is wrong have to be
noticed, and break the same on a real server (below), and orders of two and three sessions are tried
by `concurrency::` and `network::` of the tests.

## What must be so
";

const WORLDS: &str = "
## What was gone through

Each session does one thing of a menu, which may be a transaction of two statements; every choice is
tried, with every start. In each run one connection is cut, or the server goes down once, at any
moment or never.

| where | sessions | menu | starts | beginnings | states | longest way |
| --- | --- | --- | --- | --- | --- | --- |
";

const VARIANTS: &str = "
## What could be wrong, and is noticed

The same model with one thing wrong in it. Each has to break what it should; shown is a shortest way
there, as the checker found it.

Each is replayed: `make test-replays` builds the extension and kerbrole-client with their features
`faults`, which no package has (`make release-check`), and lets real sessions take the steps below
in this order. With the fault what is promised breaks, as it does here; without it the same order
ends in 0LP01, in a client that takes its own part back, or whole.
";

const ORDERS: &str = "
## Real sessions, in all orders

What the model goes through in its own steps, `interleavings::` of the tests does with real ones, in
orders that nobody thought of ([interleavings.rs](../../tests/tests/replays/interleavings.rs)). The
extension is built with places where a session stops: before it asks for the lock, when it has it,
when it has written, when it has looked at the outcome; and there is its COMMIT or ROLLBACK. Two
sessions go through all orders of these, for each two of a menu of fourteen transactions, typed ones
and functions, under READ COMMITTED and REPEATABLE READ; three in orders drawn by a seed. Who waits
for whom is read from the server's table of locks, so that each order is the one that was meant.

In each committed state a recursive query says who is in both. At the end nobody waits, nobody was
ended because of a deadlock, and what each session was told, by SQLSTATE, and what is in the
catalogue is what comes of the same transactions one after the other, by the definition. The same is
gone through without the guard, for functions beside each other and beside what is typed, and for
the functions in PL/pgSQL beside each other, with the same places in them.

With each fault below, and with the functions in PL/pgSQL without their lock, the same judge finds
what breaks, in orders that it draws. CI goes through all orders of each two, each two at one level
and with one ending, drawn by a seed; `make prove` at each level and with each ending.
";

const GRAPHS_BEGIN: &str = "
## The same graphs, several ways

Random roles and memberships, given again by their seed. On each of them the graph of kerbrole-core
is compared with a closure by the definition
([naive.rs](../../tests/model/src/graphs/naive.rs)): who is in both, how long the paths are and
whether each step of them is a membership, what a GRANT would add and whether it is refused, and
whether a fix, carried out, ends the conflict and shuts out nobody who has a realm in the name. On
real servers `differential::` of the tests compares the first of them in five ways: that closure,
the core, the extension, the functions in PL/pgSQL, and a recursive query written for the purpose.

| seed | graphs by `make prove` | in CI |
| --- | --- | --- |
";

const END: &str = "
## What the model has not

- Rights. Every session may do what it does: who may not is refused before any lock
  (`attacks::guard_by_nobody` of the tests).
- Renaming `rds_ad` and `rds_iam`, disabling, enabling, lists and accounts of a directory: of these
  only what adds a membership could matter, and that is adding.
- Two servers, and hash collisions: the checker tells states apart by 64 bits.
- What the client takes back it takes back in one step.
- A client that begins while two others have just made a conflict which they are about to take back:
  what was there before does not count against it, and may be what is left. Of a client that works
  by the functions in PL/pgSQL it is not promised that what it takes back is its own: it goes by its
  plan, which somebody may have been faster with. Both stand in
  [the security model](../concepts/security-model.md#known-not-to-hold-yet).
";
