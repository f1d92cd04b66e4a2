//! A principal's life as its person sees it, whose ticket is good all the time.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};

use kerbrole_client::AbsentPolicy;
use kerbrole_tests::kdc::Ticket;
use kerbrole_tests::psql::psql_with_ticket;
use kerbrole_tests::report::{Expected, Key};

use crate::LIFECYCLE;
use crate::cases;
use crate::fixture::{Context, REALM};
use crate::{administrator, evidence};

cases! {
    EitherWay: each_step_of_a_life_shows_at_the_login;
}

const CAROL: &str = "carol@CORP.EXAMPLE.COM";

fn each_step_of_a_life_shows_at_the_login(c: &Context<'_>) {
    let admin = administrator(c);
    let rows = evidence(c, &admin, LIFECYCLE);
    let ticket = c.kdc.ticket_of("carol").unwrap();
    let carol = Key::Ticket(&ticket, CAROL);
    let ends = |open: Option<&str>| if open == Some(CAROL) { "goes on" } else { "has ended" };

    rows.login("carol, not added yet", carol, CAROL, Expected::NoSuchRole);
    assert_eq!(admin.add("carol@corp.example.com"), CAROL);
    rows.login("carol, added", carol, CAROL, Expected::LogsIn);

    let mut open = Open::log_in(c, &ticket, CAROL);
    assert_eq!(open.who_am_i().as_deref(), Some(CAROL));
    admin.disable(CAROL, false);
    rows.login("carol, disabled", carol, CAROL, Expected::NotPermitted);
    rows.note(
        "carol's session, open when she was disabled",
        "`carol@CORP.EXAMPLE.COM`",
        CAROL,
        "goes on",
        ends(open.who_am_i().as_deref()),
    );
    admin.disable(CAROL, true);
    rows.note(
        "carol's session, when she was disabled with her sessions",
        "`carol@CORP.EXAMPLE.COM`",
        CAROL,
        "has ended",
        ends(open.who_am_i().as_deref()),
    );
    drop(open);
    c.superuser().wait_for_no_sessions(CAROL);

    admin.add_if_missing(CAROL);
    rows.login("carol, disabled and then added if missing", carol, CAROL, Expected::NotPermitted);
    admin.enable(CAROL);
    rows.login("carol, enabled", carol, CAROL, Expected::LogsIn);
    // What ends a password ends no ticket.
    c.superuser().run(&format!("ALTER ROLE \"{CAROL}\" VALID UNTIL '2001-01-01'"));
    rows.login("carol, VALID UNTIL long ago", carol, CAROL, Expected::LogsIn);
    c.superuser().run(&format!("ALTER ROLE \"{CAROL}\" PASSWORD 'secret' VALID UNTIL 'infinity'"));
    rows.login(
        "carol, who has a password and no ticket",
        Key::Password("secret"),
        CAROL,
        Expected::TicketWanted,
    );
    c.superuser().run(&format!("ALTER ROLE \"{CAROL}\" PASSWORD NULL"));

    let renamed = admin.rename(CAROL, "caroline");
    rows.login("carol, renamed, who asks for the old name", carol, CAROL, Expected::NoSuchRole);
    rows.login("carol, renamed, with the old ticket", carol, &renamed, Expected::NamesDiffer);
    let new_ticket = c.kdc.ticket_of("caroline").unwrap();
    let caroline = Key::Ticket(&new_ticket, "caroline@CORP.EXAMPLE.COM");
    rows.login("caroline, renamed in the directory as well", caroline, &renamed, Expected::LogsIn);

    admin.drop(&renamed);
    rows.login("caroline, dropped", caroline, &renamed, Expected::NoSuchRole);

    let list = ["carol@corp.example.com", "dan@corp.example.com"];
    admin.sync(&list, AbsentPolicy::Keep);
    rows.login("carol, on the list", carol, CAROL, Expected::LogsIn);
    admin.sync(&list[1..], AbsentPolicy::Keep);
    rows.login("carol, off a list that keeps", carol, CAROL, Expected::LogsIn);
    admin.sync(&list[1..], AbsentPolicy::Disable);
    rows.login("carol, off a list that disables", carol, CAROL, Expected::NotPermitted);
    admin.sync(&list, AbsentPolicy::Disable);
    rows.login("carol, on that list again", carol, CAROL, Expected::LogsIn);
    c.superuser().wait_for_no_sessions(CAROL);
    admin.sync(&list[1..], AbsentPolicy::Drop);
    rows.login("carol, off a list that drops", carol, CAROL, Expected::NoSuchRole);
    let dan = c.kdc.ticket_of("dan").unwrap();
    let principal = format!("dan@{REALM}");
    rows.login(
        "dan, on the list all the time",
        Key::Ticket(&dan, &principal),
        &principal,
        Expected::LogsIn,
    );
}

/// psql with a session that stays open.
struct Open {
    psql: Child,
    answers: BufReader<ChildStdout>,
}

impl Open {
    fn log_in(c: &Context<'_>, ticket: &Ticket, role: &str) -> Self {
        let mut command = psql_with_ticket(c.server, ticket, role, "postgres");
        command.args(["-At"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut psql = command.spawn().unwrap();
        let answers = BufReader::new(psql.stdout.take().unwrap());
        Self { psql, answers }
    }

    /// The role that the session is of, or nothing when it has ended.
    fn who_am_i(&mut self) -> Option<String> {
        let _gone = self.psql.stdin.as_mut().unwrap().write_all(b"SELECT session_user;\n");
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        (!line.is_empty()).then(|| line.trim().into())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.psql.stdin.take());
        let _ended = self.psql.wait();
    }
}
