//! `make demo`: from nothing to a Kerberos login as a role that `kerb_add_principal` made.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use kerbrole_tests::kdc::{Kdc, Ticket};
use kerbrole_tests::postgres_server::{MASTER, SUPERUSER, Server};
use kerbrole_tests::psql::psql_with_ticket;
use kerbrole_tests::sandbox::{Result, Sandbox, lossy, output};
use kerbrole_tests::version::{Installation, wanted};

const REALM: &str = "CORP.EXAMPLE.COM";

fn main() -> ExitCode {
    let keep = env::var("KEEP").is_ok_and(|keep| !keep.is_empty() && keep != "0");
    let sandbox = match Sandbox::open(keep) {
        Ok(sandbox) => sandbox,
        Err(error) => return fail(&error),
    };
    let result = demo(sandbox);
    match &result {
        Ok(scene) if keep => scene.keep(sandbox),
        _ => sandbox.close(),
    }
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("demo: {error}");
    ExitCode::FAILURE
}

/// Prints a line. Where nobody reads it any more, there is nobody to show the rest to either.
fn say(line: &str) -> Result<()> {
    writeln!(io::stdout(), "{line}").map_err(|error| format!("it is not read to its end: {error}"))
}

/// The same with what stands in it; the story ends where nobody reads it.
macro_rules! tell {
    ($($text:tt)*) => { say(&format!($($text)*))? };
}

struct Scene {
    server: Server,
    ticket: Ticket,
}

fn demo(sandbox: &'static Sandbox) -> Result<Scene> {
    let major = *wanted()?.first().ok_or("no version to show")?;
    tell!(
        "* Starting a KDC for {REALM} and PostgreSQL {major} in {} ...",
        sandbox.path().display()
    );
    let kdc = Kdc::start(sandbox, REALM)?;
    for user in ["alice", "O'Brien"] {
        kdc.add_user(user)?;
    }
    let installation = Arc::new(Installation::copy(sandbox, major)?);
    let server = Server::start(sandbox, installation, &kdc, "postgres", &[])?;

    tell!("* Creating the roles that RDS has (sql/rds_roles.sql) and the extension ...");
    server.run_script("rds_roles.sql", "postgres", &[])?;
    quietly(&server, SUPERUSER, "CREATE EXTENSION pg_kerbrole")?;
    // A superuser's groups, of which the master user may grant those that are its own to grant.
    quietly(
        &server,
        SUPERUSER,
        "CREATE ROLE analysts; CREATE ROLE cloud_apps IN ROLE rds_iam; CREATE ROLE reports IN ROLE \
         cloud_apps;",
    )?;
    quietly(&server, SUPERUSER, &format!("GRANT analysts, reports TO {MASTER} WITH ADMIN OPTION"))?;

    tell!("\nFrom here on as {MASTER}, an rds_superuser and no superuser:\n");
    show(&server, "SELECT kerb_add_principal('alice', 'corp.example.com');")?;
    show(
        &server,
        "SELECT * FROM kerb_add_principals(ARRAY['Bob@Corp.Example.Com', \
         'O''Brien@corp.example.com'], groups => '{analysts}');",
    )?;
    tell!("The group reports is in rds_iam by way of cloud_apps, and nobody may be in both:\n");
    show(&server, "SELECT kerb_add_principal('carol@corp.example.com', groups => '{reports}');")?;
    show(
        &server,
        "SELECT r.rolname, r.rolcanlogin, array_agg(g.rolname ORDER BY g.rolname) AS member_of \
         FROM pg_roles r \
         JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid WHERE \
         r.rolname LIKE '%@%' GROUP BY 1, 2 ORDER BY 1;",
    )?;

    tell!("alice has a ticket of {REALM}, no password, and connects over TCP:\n");
    let ticket = kdc.ticket("alice")?;
    let query = "SELECT session_user, principal, gss_authenticated FROM pg_stat_gssapi WHERE pid = \
        pg_backend_pid();";
    tell!("alice$ psql -h localhost -U alice@{REALM}");
    tell!("postgres=> {query}");
    let mut psql = psql_with_ticket(&server, &ticket, &format!("alice@{REALM}"), "postgres");
    let login = output(psql.args(["-c", query]))?;
    let said = lossy(&login.stdout) + &lossy(&login.stderr);
    tell!("{}", said.trim_end());
    if !login.status.success() {
        return Err("the login with a ticket failed".into());
    }
    Ok(Scene { server, ticket })
}

/// Runs SQL that the reader need not see.
fn quietly(server: &Server, user: &str, sql: &str) -> Result<()> {
    let output =
        output(server.psql(user, "postgres").args(["-q", "-v", "ON_ERROR_STOP=1", "-c", sql]))?;
    if output.status.success() { Ok(()) } else { Err(lossy(&output.stderr)) }
}

/// Shows what psql shows, errors included.
fn show(server: &Server, sql: &str) -> Result<()> {
    tell!("postgres=> {sql}");
    let output = output(server.psql(MASTER, "postgres").args([
        "-v",
        "VERBOSITY=verbose",
        "-v",
        "SHOW_CONTEXT=never",
        "-c",
        sql,
    ]))?;
    for line in lossy(&output.stderr).lines().chain(lossy(&output.stdout).lines()) {
        // Where in our source an error was raised is of no interest to the reader.
        if !line.starts_with("LOCATION:") {
            tell!("{line}");
        }
    }
    tell!("");
    Ok(())
}

impl Scene {
    /// The server's own psql: there may be no other.
    fn psql(&self) -> String {
        let psql = self.server.command("psql");
        let assignments = psql.get_envs().filter_map(|(name, value)| {
            Some(format!("{}={}", name.display(), for_shell(&value?.display().to_string())))
        });
        assignments
            .chain([for_shell(&psql.get_program().display().to_string())])
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn keep(&self, sandbox: &Sandbox) {
        let quoted = |path: &std::path::Path| for_shell(&path.display().to_string());
        let (socket, port) = (quoted(self.server.socket()), self.server.port);
        let psql = self.psql();
        let _ = say(&format!(
            "\nThe servers go on running. As the master user:\n  {psql} -h {socket} -p {port} -U \
             {MASTER} postgres"
        ));
        let _ = say(&format!(
            "As alice, with her ticket:\n  KRB5_CONFIG={} KRB5CCNAME={} \\\n    {psql} \
             'host=localhost hostaddr=127.0.0.1 port={port} user=alice@{REALM} dbname=postgres'",
            quoted(&self.ticket.config),
            self.ticket.cache,
        ));
        let pids: Vec<_> = sandbox.pids().iter().map(ToString::to_string).collect();
        let gone: Vec<_> = pids.iter().map(|pid| format!("--pid={pid}")).collect();
        let _ = say(&format!(
            "To stop them and clean up:\n  kill -INT {}; tail -f {} /dev/null; rm -r {}",
            pids.join(" "),
            gone.join(" "),
            quoted(sandbox.path())
        ));
        sandbox.keep();
    }
}

/// One word of a command that is to be pasted.
fn for_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@".contains(c);
    if word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
