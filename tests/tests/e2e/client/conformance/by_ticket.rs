//! The same cases by a user of the directory, over a connection that GSSAPI encrypts.
//!
//! The library takes its krb5.conf from the environment, which a process cannot safely change once
//! it has threads: the calls are made by this program started anew, step after step.

use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};

use tokio_postgres_gssapi::{GssEncMode, MakeGssConnect};

use super::*;

/// Who calls, in quotes as SQL has them.
pub const BOSS: &str = "\"boss@CORP.EXAMPLE.COM\"";

/// The first argument of the program that makes the calls.
const WORD: &str = "calls-by-ticket";

pub(super) fn by_the_extension_with_a_ticket(c: &Context<'_>) {
    all(c, Backend::Extension, Caller::Directory, "");
}

pub(super) fn by_the_others_with_a_ticket(c: &Context<'_>) {
    all(c, Backend::PlainSql, Caller::Directory, "");
    all(c, Backend::SqlFunctions, Caller::Directory, "");
}

/// The program that makes the calls.
pub(super) struct Remote {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Remote {
    pub(super) fn start(c: &Context<'_>, backend: Backend, case: &str) -> Self {
        let ticket = c.kdc.ticket_of("boss").unwrap();
        let backend = format!("{backend:?}");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([WORD, &c.server.port.to_string(), &backend, case])
            .arg(if c.caseins { "on" } else { "off" })
            .env("KRB5_CONFIG", &ticket.config)
            .env("KRB5CCNAME", &ticket.cache)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers }
    }

    pub(super) fn outcome(&mut self, step: usize) -> String {
        writeln!(self.child.stdin.as_ref().unwrap(), "{step}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no answer to step {step}"))
    }
}

impl std::ops::Drop for Remote {
    fn drop(&mut self) {
        // It ends where nothing more is asked.
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

/// A list without whoever asks for it, who is on it as everybody of the directory is.
pub(super) fn without_the_boss(list: &str) -> String {
    let start = format!("{} t rds_superuser", BOSS.trim_matches('"'));
    let listed = list.strip_prefix("ok ").unwrap_or_else(|| panic!("{list}"));
    let (bosses, others): (Vec<_>, Vec<_>) =
        listed.split("; ").partition(|one| one.starts_with(&start));
    assert_eq!(bosses.len(), 1, "{list}");
    format!("ok {}", others.join("; "))
}

/// What this program was started for.
pub struct Asked {
    port: u16,
    backend: Backend,
    case: &'static Conformance,
}

/// Whether it was started to make calls.
pub fn asked() -> Option<Asked> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next()? != WORD {
        return None;
    }
    let port = arguments.next()?.parse().ok()?;
    let backend = arguments.next()?;
    let backends = [Backend::Extension, Backend::SqlFunctions, Backend::PlainSql];
    let backend = backends.into_iter().find(|one| format!("{one:?}") == backend)?;
    let (case, caseins) = (arguments.next()?, arguments.next()? == "on");
    let case = BOTH.iter().chain(BY_SETTING[usize::from(caseins)]).find(|one| one.what == case)?;
    Some(Asked { port, backend, case })
}

impl Asked {
    /// Makes the call of each step whose number is read.
    pub fn answer(&self) -> ExitCode {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut config = tokio_postgres::Config::new();
        config.host("localhost").port(self.port).user(BOSS.trim_matches('"')).dbname("postgres");
        let connector = MakeGssConnect::new().gss_enc_mode(GssEncMode::Require);
        let (client, connection) =
            runtime.block_on(tokio_postgres_gssapi::connect(&config, &connector)).unwrap();
        runtime.spawn(connection);
        let (sql, principal) = (
            "SELECT encrypted AND gss_authenticated AND principal = session_user FROM \
             pg_stat_gssapi WHERE pid = pg_backend_pid()",
            BOSS,
        );
        let is_by_ticket: bool = runtime.block_on(client.query_one(sql, &[])).unwrap().get(0);
        assert!(is_by_ticket, "{principal} is not logged in by a ticket, or not encrypted");
        for step in stdin().lines() {
            let (call, _) = self.case.steps[step.unwrap().parse::<usize>().unwrap()];
            let seen = runtime.block_on(outcome_by(&client, self.backend, call));
            println!("{}", serde_json::to_string(&seen).unwrap());
            stdout().flush().unwrap();
        }
        ExitCode::SUCCESS
    }
}
