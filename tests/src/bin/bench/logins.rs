//! How long it takes until somebody's session is there.

use std::time::Instant;

use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::{Result, wait_until};
use postgres::NoTls;

use crate::Bench;
use crate::cluster::{connect, execute, said};
use crate::figures::in_turns;

/// Logins by turns.
pub(crate) const LOGINS: usize = 30;

/// Somebody who is a member of nothing.
pub(crate) const OTHER: &str = "other";

/// As on RDS, members of rds_iam are asked for first. Only that takes a walk along memberships.
const HBA: &str = "local all +rds_iam reject\nlocal all all trust\n";

/// Milliseconds of logins by turns, over a socket without a password. [`OTHER`] is created.
pub(crate) fn by_turns(bench: &Bench, server: &Server, users: &[&str]) -> Result<Vec<Vec<f64>>> {
    server.write("pg_hba.conf", HBA)?;
    execute(
        &mut connect(server, SUPERUSER)?,
        &format!(
            "CREATE ROLE {OTHER} LOGIN; CREATE TABLE before AS SELECT pg_conf_load_time() AS \
                  at; SELECT pg_reload_conf()"
        ),
    )?;
    wait_until(|| {
        let is_loaded = "SELECT pg_conf_load_time() > at FROM before";
        connect(server, SUPERUSER)
            .and_then(|mut client| client.query_one(is_loaded, &[]).map_err(|e| said(&e)))
            .is_ok_and(|row| row.get(0))
    })?;
    in_turns(users, bench.rounds(LOGINS), true, 20.0, |user| {
        let config = server.connection(user, "postgres");
        let start = Instant::now();
        let client = config.connect(NoTls).map_err(|e| said(&e))?;
        let time = start.elapsed().as_secs_f64();
        drop(client);
        Ok(time * 1000.0)
    })
}
