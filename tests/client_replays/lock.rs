//! A lock that stays when whoever took it has gone.
//!
//! Behind a pooler a client that has gone leaves the connection to the server, whose transaction
//! the pooler rolls back. The lock of the functions in PL/pgSQL goes with the transaction; one of
//! the session, in its place, does not.

use std::thread;

use kerbrole_model::checking::Counterexample;
use kerbrole_model::model::{Action, World};
use kerbrole_tests::fixture::{Context, Session};
use kerbrole_tests::postgres_server::SUPERUSER;

/// How whoever waited ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ends {
    /// The one that it waits for does nothing, and is in no transaction.
    WaitsForNobody,
    Done,
}

/// In place of COMMENT ON ROLE a lock of the session.
const FAULTY: &str = "CREATE OR REPLACE FUNCTION kerbrole.lock() RETURNS void LANGUAGE plpgsql \
     SET search_path = pg_catalog, pg_temp AS \
     $$ BEGIN PERFORM pg_advisory_lock(7738131582047512421); END $$";

pub fn replay(c: &Context<'_>, world: &World, found: &Counterexample, is_faulty: bool) -> Ends {
    c.start_afresh();
    let mut su = c.superuser();
    su.run("SET client_min_messages = error; CREATE ROLE g; CREATE ROLE h");
    c.server.run_script_as(SUPERUSER, "kerbrole.sql", "postgres", &["ON_ERROR_STOP=1"]).unwrap();
    if is_faulty {
        su.run(FAULTY);
    }
    let (first, second) = who(found);
    let statement = |of: usize| {
        world.program(&found.steps[0].0.sessions[of]).statements[0].unwrap().to_string()
    };
    // Nobody is in rds_iam here: of these all that matters is who waits for whom.
    let mut pooled = c.superuser();
    pooled.run("SET application_name = 'pooled'");
    pooled.run(&format!("BEGIN; {}", statement(first)));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut session: Session = c.superuser();
            session.run("SET application_name = 'waiting'");
            session.run(&statement(second));
        });
        su.wait_for_waiting("waiting");
        pooled.run("ROLLBACK");
        // A lock that was let go is had by whoever waited for it before the ROLLBACK has ended.
        let holds_up = su.one(
            "SELECT count(*) FROM pg_stat_activity w, unnest(pg_blocking_pids(w.pid)) AS pid \
             JOIN pg_stat_activity p USING (pid) WHERE w.application_name = 'waiting' AND \
             p.application_name = 'pooled' AND p.state = 'idle'",
        );
        pooled.run("SELECT pg_advisory_unlock_all()");
        waiting.join().unwrap();
        if holds_up == "0" { Ends::Done } else { Ends::WaitsForNobody }
    })
}

/// The one that is cut off, and the one that waits for it.
fn who(found: &Counterexample) -> (usize, usize) {
    let actions: Vec<_> = found.steps.iter().filter_map(|(_, action)| *action).collect();
    match actions[..] {
        [Action::Step(first), Action::Step(second), Action::Cut(cut)] if first == cut => {
            (first, second)
        }
        _ => panic!("something else: {actions:?}"),
    }
}
