//! What goes wrong meanwhile, which is said when it begins and when it is over, and changes
//! nothing.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use kerbrole_tests::domain_controller::{Asked, PASSWORD};
use kerbrole_tests::fixture::Session;
use kerbrole_tests::ldap_proxy::{Fault, LdapProxy, Limits};
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::version::built;
use rustix::process::Signal;

use super::Watcher;
use crate::access_files::{READER, catalogue};
use crate::directory::Context;
use crate::staff::{Staff, expect};

const OFTEN: [&str; 2] = ["--interval", "5s"];

/// Staff whose file has them asked through a proxy, and everybody has a role already.
fn behind_a_proxy<'c>(c: &'c Context<'c>, test: &str) -> (Staff<'c>, LdapProxy) {
    let staff = Staff::hire(c, test);
    let proxy = LdapProxy::start(c.domain(), Limits::ACTIVE_DIRECTORY).unwrap();
    staff.write_with(&proxy.ldaps(), "disable");
    c.superuser().run("CREATE ROLE analysts");
    staff.sync();
    (staff, proxy)
}

pub(super) fn a_directory_that_is_cut_is_said_once(c: &Context<'_>) {
    let (staff, proxy) = behind_a_proxy(c, "c");
    let before = catalogue(&mut c.superuser());
    let watcher = Watcher::start(&mut staff.watch(&OFTEN));
    watcher.wait_until("it is read", || proxy.messages() > 0);
    proxy.fail_from(0, Fault::Cut);
    c.domain().disable(&staff.named("Ben")).unwrap();
    c.domain().leave(&staff.named("Users"), &c.domain().dn_of(&staff.named("Cleo"))).unwrap();
    // The first may have been cut in the middle, the others are at their beginning.
    let attempts = |number: usize| {
        let so_far = proxy.messages();
        watcher.wait_until("several attempts", || proxy.messages() > so_far + number);
        watcher.wrongs()
    };
    let wrongs = attempts(2);
    assert!(matches!(wrongs.len(), 1 | 2), "{wrongs:?}");
    assert!(wrongs.iter().all(|line| line.contains("the server closed the connection")));
    assert_eq!(attempts(2), wrongs);
    assert_eq!(catalogue(&mut c.superuser()), before);
    proxy.mend();
    watcher.wait_for_line("the directories can be read again");
    for name in ["Ben", "Cleo"] {
        watcher.wait_until(name, || !staff.can_login(name));
    }
    assert_eq!(watcher.wrongs(), wrongs);
    assert_eq!(watcher.end(Signal::TERM), Some(0));
    assert!(!watcher.all().contains(PASSWORD));
}

pub(super) fn a_mistake_in_the_file_is_said_once(c: &Context<'_>) {
    let (staff, _proxy) = behind_a_proxy(c, "m");
    let text = fs::read_to_string(&staff.file).unwrap();
    let watcher = Watcher::start(&mut staff.watch(&OFTEN));
    watcher.wait_for_line("watching");
    // What can be meant is written in one step, as editors do.
    let write = |text: &str| {
        let other = staff.file.with_extension("new");
        fs::write(&other, text).unwrap();
        fs::rename(&other, &staff.file).unwrap();
    };
    write(&text.replace("[people]", "[peeple]"));
    watcher.wait_for_line("unknown field `peeple`");
    c.domain().disable(&staff.named("Ben")).unwrap();
    // Two more rounds: what is said again would stand between.
    for wrong in ["persons", "folk"] {
        write(&text.replace("[people]", &format!("[{wrong}]")));
        watcher.signal(Signal::HUP);
        watcher.wait_for_line(&format!("unknown field `{wrong}`"));
    }
    // What was read before is not gone by, though the directory can be asked.
    assert!(staff.can_login("Ben"));
    assert_eq!(watcher.wrongs().len(), 3, "{:?}", watcher.err());
    write(&text);
    watcher.wait_for_line("the access file can be read again");
    watcher.wait_until("Ben", || !staff.can_login("Ben"));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
}

/// One after the other is as many as all at once.
pub(super) fn a_limit_is_for_an_interval(c: &Context<'_>) {
    let (staff, _proxy) = behind_a_proxy(c, "li");
    let text = fs::read_to_string(&staff.file).unwrap();
    fs::write(&staff.file, text.replace("\"100%\"", "1")).unwrap();
    let watcher = Watcher::start(&mut staff.watch(&["--interval", "1h"]));
    c.domain().disable(&staff.named("Ben")).unwrap();
    watcher.wait_for_line(&format!("disable {}", staff.role("Ben")));
    c.domain().disable(&staff.named("Dora")).unwrap();
    watcher.wait_for_line("1 would lose something and 1 have within the interval");
    assert!(staff.can_login("Dora"));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
    // With a short one it is soon over.
    c.domain().enable(&staff.named("Ben")).unwrap();
    let watcher = Watcher::start(&mut staff.watch(&OFTEN));
    watcher.wait_until("Dora", || !staff.can_login("Dora") && staff.can_login("Ben"));
    c.domain().disable(&staff.named("Ben")).unwrap();
    watcher.wait_until("Ben", || !staff.can_login("Ben"));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
}

/// Half of a file means something too: that those are gone who stand in the other half.
pub(super) fn a_file_that_is_being_written_is_waited_for(c: &Context<'_>) {
    /// Long enough to read and to carry out, and shorter than a file has to stay as it is.
    const WRITING: Duration = Duration::from_millis(300);
    /// Longer than it has to.
    const STAYING: Duration = Duration::from_millis(1500);
    let (staff, _proxy) = behind_a_proxy(c, "hf");
    let text = fs::read_to_string(&staff.file).unwrap();
    let (begins, ends) = (text.rfind("[[access]]").unwrap(), text.find("[people]").unwrap());
    let half = format!("{}{}", &text[..begins], &text[ends..]);
    let watcher = Watcher::start(&mut staff.watch(&[]));
    watcher.wait_for_line("watching");
    // Until it was read in the middle; a machine that is busy may take longer than the writing.
    watcher.wait_until("it is read while it is written", || {
        fs::write(&staff.file, &half).unwrap();
        watcher.signal(Signal::HUP);
        thread::sleep(WRITING);
        fs::write(&staff.file, &text).unwrap();
        thread::sleep(STAYING);
        watcher.wrongs().iter().any(|line| line.contains("is being written"))
    });
    watcher.wait_for_line("the access file can be read again");
    c.domain().disable(&staff.named("Ben")).unwrap();
    let line = format!("disable {}", staff.role("Ben"));
    watcher.wait_for_line(&line);
    assert!(watcher.out().iter().all(|one| one.contains(&staff.role("Ben"))), "{}", watcher.all());
    assert!(staff.can_login("Cleo"));
    // What stays as it is is meant.
    fs::write(&staff.file, &half).unwrap();
    watcher.signal(Signal::HUP);
    watcher.wait_until("Cleo", || !staff.can_login("Cleo"));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
}

/// A directory ends connections that it does not like to keep.
pub(super) fn a_look_goes_on_over_another_connection(c: &Context<'_>) {
    let (staff, proxy) = behind_a_proxy(c, "lk");
    c.superuser().run(&format!("DROP ROLE \"{}\"", staff.role("Dora")));
    let watcher = Watcher::start(&mut staff.watch(&["--interval", "1h"]));
    watcher.wait_until("it has read", || staff.can_login("Dora"));
    let waits_for_more = |number: usize| {
        let so_far = proxy.messages();
        watcher.wait_until("it looks", || proxy.messages() > so_far + number);
    };
    waits_for_more(0);
    proxy.fail_at(0, Fault::Cut);
    waits_for_more(1);
    c.domain().disable(&staff.named("Ben")).unwrap();
    watcher.wait_until("Ben", || !staff.can_login("Ben"));
    assert!(watcher.wrongs().is_empty(), "{:?}", watcher.wrongs());
    assert_eq!(watcher.end(Signal::TERM), Some(0));
}

pub(super) fn a_server_that_is_down_keeps_no_other_waiting(c: &Context<'_>) {
    let staff = Staff::hire(c, "o");
    let domain = c.domain();
    let other = c.another_server();
    other.run_script("rds_roles.sql", "postgres", &[]).unwrap();
    let open = |server: &Server| Session::open(server, SUPERUSER, "postgres").unwrap();
    open(&other).run("CREATE ROLE analysts");
    c.superuser().run("CREATE ROLE analysts");
    let named = |name: &str, socket: &Path, port: u16| {
        let socket = socket.display();
        format!("[[servers]]\nname = \"{name}\"\ndsn = \"host={socket} port={port}\"\n")
    };
    let text = fs::read_to_string(&staff.file).unwrap();
    let here = named("here", c.server.socket(), c.server.port);
    let there = named("there", other.socket(), other.port);
    fs::write(&staff.file, format!("{text}{here}{there}")).unwrap();
    let mut command = std::process::Command::new(built("kerbrole"));
    command.env_clear().env("HOME", "/nonexistent").env("PGUSER", SUPERUSER);
    command.env("PGDATABASE", "postgres").args(["sync", "--watch", "--yes", "--format", "json"]);
    let watcher = Watcher::start(command.args(OFTEN).args(["--from", staff.from()]));
    watcher.wait_until("both", || staff.can_login_at(&other, "Ben"));
    watcher.wait_until("both", || staff.can_login("Ben"));

    other.stop();
    watcher.wait_for_line("\"server\":\"there\",\"error\"");
    domain.disable(&staff.named("Ben")).unwrap();
    watcher.wait_until("here", || !staff.can_login("Ben"));
    other.restart().unwrap();
    watcher.wait_for_line("there: gone on with again");
    watcher.wait_until("there", || !staff.can_login_at(&other, "Ben"));
    // Each has its own line about him.
    let about: Vec<_> = watcher.changes();
    let of = |server: &str| {
        let is_it =
            |line: &&serde_json::Value| line["server"] == server && line["action"] == "disable";
        about.iter().filter(is_it).count()
    };
    assert_eq!((of("here"), of("there")), (1, 1), "{about:?}");
    // One that is taken out of the file is left alone.
    fs::write(&staff.file, format!("{text}{here}")).unwrap();
    watcher.signal(Signal::HUP);
    domain.enable(&staff.named("Ben")).unwrap();
    watcher.wait_until("here", || staff.can_login("Ben"));
    assert!(!staff.can_login_at(&other, "Ben"));
    assert_eq!(watcher.end(Signal::INT), Some(0));
    expect("sync-watch", &about.iter().collect::<Vec<_>>());
    other.discard().unwrap();
}

pub(super) fn a_limit_is_said_once(c: &Context<'_>) {
    let (staff, proxy) = behind_a_proxy(c, "x");
    let text = fs::read_to_string(&staff.file).unwrap();
    fs::write(&staff.file, text.replace("\"100%\"", "0")).unwrap();
    c.domain().disable(&staff.named("Ben")).unwrap();
    let watcher = Watcher::start(&mut staff.watch(&OFTEN));
    watcher.wait_for_line("at most 0");
    let round = proxy.searches();
    watcher.wait_until("several rounds", || proxy.searches() > 4 * round);
    assert_eq!(watcher.wrongs().len(), 1, "{:?}", watcher.err());
    assert!(staff.can_login("Ben"));
    // Another number is another line.
    c.domain().disable(&staff.named("Dora")).unwrap();
    watcher.wait_until("another line", || watcher.wrongs().len() == 2);
    for name in ["Ben", "Dora"] {
        c.domain().enable(&staff.named(name)).unwrap();
    }
    watcher.wait_for_line("the server is gone on with again");
    assert_eq!(watcher.end(Signal::TERM), Some(0));
}

pub(super) fn a_lock_is_not_waited_for_for_ever(c: &Context<'_>) {
    let (staff, _proxy) = behind_a_proxy(c, "k");
    let watcher = Watcher::start(&mut staff.watch(&OFTEN));
    watcher.wait_for_line("watching");
    let mut su = c.superuser();
    su.run("BEGIN");
    su.run("LOCK TABLE pg_auth_members IN SHARE ROW EXCLUSIVE MODE");
    c.domain().disable(&staff.named("Ben")).unwrap();
    watcher.wait_for_line("lock_timeout ran out");
    su.run("ROLLBACK");
    watcher.wait_for_line("the server is gone on with again");
    watcher.wait_until("Ben", || !staff.can_login("Ben"));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
}

pub(super) fn passwords_and_tickets_are_read_each_time(c: &Context<'_>) {
    let staff = Staff::hire(c, "t");
    c.superuser().run("CREATE ROLE analysts");
    let password = staff.file.with_extension("password");
    fs::write(&password, "s3cret-of-yesterday").unwrap();
    let watcher = Watcher::start(&mut staff.watch(&OFTEN));
    watcher.wait_for_line("user or password is wrong");
    fs::write(&password, PASSWORD).unwrap();
    watcher.signal(Signal::HUP);
    watcher.wait_for_line("the directories can be read again");
    watcher.wait_until("Ben", || staff.can_login("Ben"));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
    for secret in ["s3cret-of-yesterday", PASSWORD] {
        assert!(!watcher.all().contains(secret), "{}", watcher.all());
    }

    // With a ticket that comes late, as one does that has ended.
    let text = fs::read_to_string(&staff.file).unwrap();
    let login = |line: &&str| !["ca_file", "bind_user"].iter().any(|key| line.starts_with(key));
    let lines = text.lines().filter(login).map(|line| match line {
        _ if line.starts_with("password_file") => "kerberos = true".into(),
        _ => line.replace("ldaps://", "ldap://"),
    });
    fs::write(&staff.file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let ticket = c.domain().ticket(READER, Asked::AsTyped).unwrap();
    let cache = staff.file.with_extension("cache");
    let mut command = staff.watch(&OFTEN);
    command.env("KRB5_CONFIG", &ticket.config);
    command.env("KRB5CCNAME", format!("FILE:{}", cache.display()));
    let watcher = Watcher::start(&mut command);
    watcher.wait_for_line("no ticket");
    c.domain().disable(&staff.named("Ben")).unwrap();
    fs::copy(ticket.cache.trim_start_matches("FILE:"), &cache).unwrap();
    watcher.signal(Signal::HUP);
    watcher.wait_for_line("the directories can be read again");
    watcher.wait_until("Ben", || !staff.can_login("Ben"));
    // And it goes on to look by it.
    c.domain().enable(&staff.named("Ben")).unwrap();
    watcher.wait_until("Ben", || staff.can_login("Ben"));
    assert_eq!(watcher.wrongs().len(), 1, "{:?}", watcher.err());
    assert_eq!(watcher.end(Signal::TERM), Some(0));
}
