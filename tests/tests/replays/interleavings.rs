//! Real sessions in all orders: two of them in every order of what each does before the lock, with
//! it, after the change, after the look at the outcome and at its end; three in orders that a seed
//! gives again.
//!
//! Nobody says which order is the one that matters. That the walk finds it is shown by each fault
//! that can be built in.

mod in_plpgsql;
mod menu;
mod orders;
mod run;
mod stage;

use std::collections::BTreeSet;

use kerbrole_model::fault::{self, Fault};
use kerbrole_tests::cases;
use kerbrole_tests::fixture::Context;

use in_plpgsql::{Without, put_gates};
use menu::{MENU, Statement};
use orders::All;
use run::{ONE_BY_ONE, Part, Promise, run};
use stage::Stage;

cases! {
    Guarded: two_in_all_orders, three_in_orders_by_seed, each_fault_is_found;
    EachVersion: two_functions_or_one_beside_what_is_typed, the_fault_of_the_functions_is_found;
    InPlpgsql: two_functions_in_plpgsql, functions_in_plpgsql_without_their_lock_are_found;
}

/// What orders of three, and the choice of levels and endings, come from.
const SEED: u64 = 24;

/// How many orders of three; `KERBROLE_TIMES=10` goes through ten times as many, and through all
/// orders of two at each level and with each ending.
const OF_THREE: u64 = 300;

/// How many orders may pass before what a fault breaks is found. Most take some dozens.
const OF_A_FAULT: u64 = 5000;

fn times() -> u64 {
    std::env::var("KERBROLE_TIMES").map_or(1, |times| times.parse().unwrap())
}

/// Of two sessions whether each is under REPEATABLE READ, and whether it is rolled back.
type Variant = [(bool, bool); 2];

/// The levels and endings of two sessions.
fn variants() -> Vec<Variant> {
    let endings = [[false, false], [true, false], [false, true]];
    let with = |repeatable: bool| endings.map(|ends| ends.map(|end| (repeatable, end)));
    [with(false), with(true)].concat()
}

fn two_in_all_orders(c: &Context<'_>) {
    let mut stage = Stage::open(c);
    stage.hire(2, SETTINGS);
    let orders = walk(&mut stage, Promise::Guarded, &each_pair(|_| true), &variants());
    println!("PostgreSQL {}: with the guard, {orders}", c.major());
}

fn two_functions_or_one_beside_what_is_typed(c: &Context<'_>) {
    let mut stage = Stage::open(c);
    stage.hire(2, SETTINGS);
    let pairs =
        each_pair(|pair| pair.iter().any(|&of| MENU[of].iter().any(Statement::is_function)));
    let orders = walk(&mut stage, Promise::Functions, &pairs, &variants());
    println!("PostgreSQL {}: without the guard, {orders}", c.major());
}

fn two_functions_in_plpgsql(c: &Context<'_>) {
    let mut stage = stage_in_plpgsql(c, Without::Nothing);
    let (pairs, variants) = in_plpgsql();
    let orders = walk(&mut stage, Promise::Functions, &pairs, &variants);
    println!("PostgreSQL {}: in PL/pgSQL, {orders}", c.major());
}

/// Goes through all orders of each two. The first that breaks something ends the test.
fn walk(stage: &mut Stage<'_>, promise: Promise, pairs: &[[usize; 2]], each: &[Variant]) -> String {
    let mut random = fastrand::Rng::with_seed(SEED);
    let (mut orders, mut compared, mut deadlocks) = (0, 0, BTreeSet::new());
    for &[first, second] in pairs {
        let mut variants = each.to_vec();
        if times() < 10 {
            random.shuffle(&mut variants);
            variants.truncate(1);
        }
        for variant in variants {
            let mut all = All::default();
            loop {
                let parts = [part(first, variant[0]), part(second, variant[1])];
                let ended = run(stage, promise, &parts, &mut all);
                orders += 1;
                compared += u64::from(ended.compared);
                if ended.was_deadlock {
                    deadlocks.insert([first, second].map(|of| MENU[of][0].sql));
                }
                if let Some((_, story)) = ended.broken {
                    panic!("after {orders} orders: {story}");
                }
                if !all.next() {
                    break;
                }
            }
        }
    }
    assert!(compared > orders / 2, "{compared} of {orders}");
    // Only there (docs/concepts/security-model.md): who types CREATE ROLE writes before it locks.
    let is_known = |pair: &[&str; 2]| pair.iter().any(|sql| sql.starts_with("CREATE"));
    assert!(deadlocks.iter().all(is_known), "{deadlocks:?}");
    format!(
        "{} pairs, seed {SEED}: {orders} orders, {compared} of them compared with one after the \
         other; deadlocks of {deadlocks:?}",
        pairs.len()
    )
}

/// Each two of the menu, and each with itself.
fn each_pair(is_wanted: impl Fn(&[usize; 2]) -> bool) -> Vec<[usize; 2]> {
    (0..MENU.len())
        .flat_map(|first| (first..MENU.len()).map(move |second| [first, second]))
        .filter(is_wanted)
        .collect()
}

/// Of the functions in PL/pgSQL it is promised beside each other, and READ COMMITTED is the only
/// level that they work at.
fn in_plpgsql() -> (Vec<[usize; 2]>, Vec<Variant>) {
    let is_ours = |of: &usize| MENU[*of].iter().all(Statement::is_function);
    let variants = variants().into_iter().filter(|variant| !variant[0].0);
    (each_pair(|pair| pair.iter().all(is_ours)), variants.collect())
}

fn stage_in_plpgsql<'c>(c: &'c Context<'c>, without: Without) -> Stage<'c> {
    let mut su = c.superuser();
    c.set(&mut su, "sync_max_removals", "100");
    put_gates(&mut su, without);
    let mut stage = Stage::open(c);
    stage.hire(2, "SET test.gate = {gate}");
    stage
}

fn part(of: usize, (is_repeatable, is_rolled_back): (bool, bool)) -> Part {
    Part { program: MENU[of], is_repeatable, is_rolled_back }
}

/// Of the sessions. A list may drop everybody.
const SETTINGS: &str =
    "LOAD 'pg_kerbrole'; SET kerbrole.gate = {gate}; SET kerbrole.sync_max_removals = 100";

fn three_in_orders_by_seed(c: &Context<'_>) {
    let mut stage = Stage::open(c);
    stage.hire(3, SETTINGS);
    let mut random = fastrand::Rng::with_seed(SEED);
    for order in 0..OF_THREE * times() {
        let parts: Vec<Part> = (0..3)
            .map(|_| part(random.usize(0..MENU.len()), (random.bool(), random.u8(0..4) == 0)))
            .collect();
        let ended = run(&mut stage, Promise::Guarded, &parts, &mut random);
        if let Some((_, story)) = ended.broken {
            panic!("order {order} of seed {SEED}: {story}");
        }
    }
    println!(
        "PostgreSQL {}: {} orders of three sessions, seed {SEED}",
        c.major(),
        OF_THREE * times()
    );
}

fn each_fault_is_found(c: &Context<'_>) {
    for fault in Fault::ALL {
        if fault.part() == fault::Part::Extension && fault != Fault::FunctionLooksOnce {
            find(c, Promise::Guarded, fault);
        }
    }
}

fn the_fault_of_the_functions_is_found(c: &Context<'_>) {
    find(c, Promise::Functions, Fault::FunctionLooksOnce);
}

/// Any two things in any order, on sessions that have a fault: what that breaks is found, by a
/// judge to whom nobody says where to look.
fn find(c: &Context<'_>, promise: Promise, fault: Fault) {
    let setting = fault.name();
    let settings = format!("{SETTINGS}; SET kerbrole.fault = {setting}");
    let mut stage = Stage::open(c);
    let mut random = fastrand::Rng::with_seed(SEED);
    let (pairs, variants) = (each_pair(|_| true), variants());
    for order in 1..=OF_A_FAULT {
        let [first, second] = pairs[random.usize(0..pairs.len())];
        let variant = variants[random.usize(0..variants.len())];
        // A guard that sleeps on does so in the next transactions, too.
        if order == 1 || fault == Fault::AsleepAfter {
            stage.hire(2, &settings);
        }
        let parts = [part(first, variant[0]), part(second, variant[1])];
        let ended = run(&mut stage, promise, &parts, &mut random);
        if let Some((property, story)) = ended.broken
            && property == fault.breaks()
        {
            println!("PostgreSQL {}: {setting}: in order {order}: {story}", c.major());
            return;
        }
    }
    panic!("{OF_A_FAULT} orders of seed {SEED}, and {setting} was not noticed");
}

/// What two functions do at once without their lock is not what they do one after the other.
fn functions_in_plpgsql_without_their_lock_are_found(c: &Context<'_>) {
    let mut stage = stage_in_plpgsql(c, Without::TheLock);
    let mut random = fastrand::Rng::with_seed(SEED);
    let (pairs, variants) = in_plpgsql();
    for order in 1..=OF_A_FAULT {
        let [first, second] = pairs[random.usize(0..pairs.len())];
        let variant = variants[random.usize(0..variants.len())];
        let parts = [part(first, variant[0]), part(second, variant[1])];
        let ended = run(&mut stage, Promise::Functions, &parts, &mut random);
        if let Some((ONE_BY_ONE, story)) = ended.broken {
            println!("PostgreSQL {}: without the lock: in order {order}: {story}", c.major());
            return;
        }
    }
    panic!("{OF_A_FAULT} orders of seed {SEED}, and nothing was noticed");
}
