//! Plain statements by an administrator who is no superuser: what it lacks is named, what it had it
//! keeps, and what was done in part is told.

use std::process::Command;

use kerbrole_client::{AddOptions, Backend, DropOptions, Dropped, Error, Kerbrole, Sessions};
use kerbrole_tests::sandbox::wait_until;
use kerbrole_tests::version::built;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::{Context, Session};

mod conflicts;
mod drops;
mod login_cost;
mod meanwhile;
mod realms;
mod rights;
mod sessions;

use conflicts::*;
use drops::*;
use login_cost::*;
use meanwhile::*;
use realms::*;
use rights::*;
use sessions::*;

cases! {
    BareEachVersion: each_missing_right_is_named_and_is_enough,
        names_of_types_and_settings_are_spelled, another_role_that_has_it_is_named,
        in_a_failed_transaction_all_that_it_takes_is_named, sessions_that_cannot_be_ended_are_told,
        sessions_in_a_transaction_are_told, the_command_goes_on_with_the_others,
        memberships_of_the_administrator_stay, memberships_that_the_dropped_one_granted_stay,
        a_list_takes_no_membership_from_those_who_stay, nothing_internal_is_said,
        what_cannot_be_taken_back_is_told, a_role_that_is_changed_meanwhile,
        a_role_that_is_changed_meanwhile_in_a_transaction,
        memberships_are_counted_as_the_server_does,
        whoever_makes_its_logins_slow_is_told_before, what_makes_logins_slow_can_be_ended;
    EachVersion: an_heir_gets_what_is_here,
        realms_that_nobody_is_of_are_found_by_either_backend;
    BareEachVersion: realms_that_nobody_is_of_are_found_by_either_backend,
        an_heir_gets_what_is_here, an_heir_gets_what_is_here_beside_what_cannot_be_revoked;
}

/// Does something over a connection of this user, by plain statements.
fn by_plain_statements<T>(
    c: &Context<'_>,
    user: &str,
    work: impl AsyncFnOnce(&Kerbrole<'_, Client>) -> T,
) -> T {
    Runtime::new().unwrap().block_on(async {
        let client = connect(c, user).await;
        let kerbrole =
            Kerbrole::<Client>::builder().backend(Backend::PlainSql).accept_nesting(true);
        work(&kerbrole.build(&client).await.unwrap()).await
    })
}

async fn connect(c: &Context<'_>, user: &str) -> Client {
    let mut config = tokio_postgres::Config::new();
    config.host_path(c.server.socket()).port(c.server.port).user(user).dbname("postgres");
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// How the command ends, with what it says on standard output and beside it.
fn command(c: &Context<'_>, user: &str, arguments: &[&str]) -> (i32, String, String) {
    command_with(c, user, &[], arguments)
}

fn command_with(
    c: &Context<'_>,
    user: &str,
    environment: &[(&str, &str)],
    arguments: &[&str],
) -> (i32, String, String) {
    let mut command = Command::new(built("kerbrole"));
    command.env_clear().env("HOME", "/nonexistent").env("PGHOST", c.server.socket());
    command
        .env("PGPORT", c.server.port.to_string())
        .env("PGUSER", user)
        .env("PGDATABASE", "postgres");
    command.envs(environment.iter().copied());
    let output = command.args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// The statements that a hint tells somebody to run: each in parentheses.
fn statements_in(hint: &str) -> Vec<String> {
    hint.split('(')
        .filter_map(|part| part.split_once(";)"))
        .map(|(sql, _)| format!("{sql};"))
        .collect()
}

/// Every membership that this role has or gave, with all that there is to know of it.
fn memberships(c: &Context<'_>, su: &mut Session, member: &str) -> Vec<Vec<String>> {
    let options =
        if c.major() >= 16 { "m.inherit_option, m.set_option, m.oid" } else { "true, true, 0" };
    su.rows(&format!(
        "SELECT r.rolname, u.rolname, g.rolname, m.admin_option, {options} FROM pg_auth_members m \
         JOIN pg_roles r ON r.oid = m.roleid \
         JOIN pg_roles u ON u.oid = m.member JOIN pg_roles g ON g.oid = m.grantor WHERE '{member}' \
         IN (u.rolname, g.rolname) ORDER BY 1, 2, 3"
    ))
}
