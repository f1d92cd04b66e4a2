//! The crate kerbrole-client over a network that fails, and beside others who do the same.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use futures_util::TryStreamExt;
use kerbrole_client::{
    AbsentPolicy, AddOptions, Backend, Error, ErrorKind, Kerbrole, PrincipalState, RoleName,
    Sessions, Statement, SyncOptions, SyncRow,
};
use kerbrole_tests::proxy::{Cut, Proxy};
use kerbrole_tests::sandbox::wait_until;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::{Context, Session};

mod administrator;
mod cuts;
mod others;

use administrator::*;
use cuts::*;
use others::*;

cases! {
    EachVersion: an_add_is_whole_or_absent_wherever_it_is_cut, a_slow_network_changes_nothing;
    Ends: a_bulk_add_leaves_whole_portions_and_can_be_completed;
    BareEnds: a_bulk_add_leaves_whole_portions_and_can_be_completed,
        a_list_says_what_it_could_not_take_back;
    BareEachVersion: an_add_is_whole_or_absent_wherever_it_is_cut, a_slow_network_changes_nothing,
        a_restart_in_between, round_trips_do_not_grow, a_future_that_is_dropped,
        two_clients_that_would_make_a_conflict, a_grant_that_commits_meanwhile_is_seen,
        what_is_not_ones_own_is_not_taken_back,
        nobody_is_nested_unasked, an_administrator_in_both_goes_on, nothing_is_left_of_the_mutex,
        inside_a_transaction, errors_say_what_to_grant, owners_hand_over, sessions_end,
        a_list_shows_what_it_does;
}

fn dropping() -> SyncOptions {
    SyncOptions::new().absent(AbsentPolicy::Drop)
}

fn config(c: &Context<'_>, user: &str, database: &str) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config.host_path(c.server.socket()).port(c.server.port).user(user).dbname(database);
    config
}

fn through(proxy: &Proxy, user: &str) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(proxy.port).user(user).dbname("postgres");
    config
}

async fn connect(config: &tokio_postgres::Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn kerbrole(client: &Client) -> Result<Kerbrole<'_, Client>, Error> {
    Kerbrole::<Client>::builder().accept_nesting(true).build(client).await
}

/// What the administrator needs for plain statements.
fn let_master_manage(c: &Context<'_>) {
    if c.major() >= 16 {
        c.superuser().run("GRANT rds_ad TO rds_master WITH ADMIN OPTION");
    }
}

/// Principals by whether they are whole.
fn states(c: &Context<'_>) -> BTreeMap<String, bool> {
    let mut su = c.superuser();
    // Until the server has noticed that nobody is there any more.
    su.wait_for_no_sessions("rds_master");
    su.rows(
        "SELECT rolname, rolcanlogin AND EXISTS (SELECT FROM pg_auth_members m WHERE m.member \
        = r.oid AND m.roleid = 'rds_ad'::regrole) FROM pg_roles r WHERE rolname LIKE '%@%'",
    )
    .into_iter()
    .map(|row| (row[0].clone(), row[1] == "t"))
    .collect()
}
