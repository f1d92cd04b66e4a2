//! How it ends: where it waits, where it reads, where it changes something, and where it does not
//! begin.

use std::fs;

use kerbrole_tests::ldap_proxy::{Fault, LdapProxy, Limits};
use kerbrole_tests::sandbox::lossy;
use rustix::process::Signal;

use super::Watcher;
use crate::access_files::catalogue;
use crate::directory::Context;
use crate::staff::Staff;

pub(super) fn it_ends_where_it_waits(c: &Context<'_>) {
    let staff = Staff::hire(c, "ew");
    c.superuser().run("CREATE ROLE analysts");
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let watcher = Watcher::start(&mut staff.watch(&[]));
        watcher.wait_for_line("watching");
        watcher.wait_until("Ben", || staff.oid("Ben").is_some());
        assert_eq!(watcher.end(signal), Some(0), "{}", watcher.all());
        assert!(watcher.all().contains(name), "{}", watcher.all());
    }
    // Only what was done is said, where that is wanted.
    let watcher = Watcher::start(&mut staff.watch(&["--quiet"]));
    c.domain().disable(&staff.named("Ben")).unwrap();
    watcher.wait_for_line(&format!("disable {}", staff.role("Ben")));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
    assert_eq!((watcher.out().len(), watcher.err().len()), (1, 0), "{}", watcher.all());
}

pub(super) fn it_ends_where_it_reads(c: &Context<'_>) {
    let staff = Staff::hire(c, "er");
    let proxy = LdapProxy::start(c.domain(), Limits::ACTIVE_DIRECTORY).unwrap();
    staff.write_with(&proxy.ldaps(), "disable");
    c.superuser().run("CREATE ROLE analysts");
    let before = catalogue(&mut c.superuser());
    let silent_from = 8;
    proxy.fail_from(silent_from, Fault::Silence);
    let watcher = Watcher::start(&mut staff.watch(&[]));
    watcher.wait_until("it waits for an answer", || proxy.messages() >= silent_from);
    assert_eq!(watcher.end(Signal::TERM), Some(0), "{}", watcher.all());
    assert_eq!(catalogue(&mut c.superuser()), before);
}

pub(super) fn it_ends_after_what_it_is_changing(c: &Context<'_>) {
    let staff = Staff::hire(c, "ea");
    c.superuser().run("CREATE ROLE analysts");
    staff.sync();
    let mut su = c.superuser();
    let waits = |watcher: &Watcher| {
        let ask = "SELECT pid::text FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        watcher.wait_until("it waits for the lock", || !c.superuser().column(ask).is_empty());
    };
    su.run("BEGIN");
    su.run("LOCK TABLE pg_auth_members IN SHARE ROW EXCLUSIVE MODE");
    c.domain().disable(&staff.named("Ben")).unwrap();
    let watcher = Watcher::start(&mut staff.watch(&[]));
    waits(&watcher);
    watcher.signal(Signal::TERM);
    su.run("ROLLBACK");
    watcher.wait_until("it ends", || watcher.code().is_some());
    assert_eq!(watcher.code(), Some(0), "{}", watcher.all());
    // What had begun was done, and said.
    let line = format!("disable {}", staff.role("Ben"));
    assert!(watcher.all().contains(&line), "{}", watcher.all());
    assert!(!staff.can_login("Ben"));

    // Whoever does not want to wait for that says so again.
    su.run("BEGIN");
    su.run("LOCK TABLE pg_auth_members IN SHARE ROW EXCLUSIVE MODE");
    c.domain().enable(&staff.named("Ben")).unwrap();
    let watcher = Watcher::start(&mut staff.watch(&[]));
    waits(&watcher);
    watcher.signal(Signal::TERM);
    // A signal that comes while another one of its kind waits is none.
    assert_eq!(watcher.end(Signal::INT), Some(3), "{}", watcher.all());
    assert!(watcher.all().contains("not known"), "{}", watcher.all());
    su.run("ROLLBACK");
}

pub(super) fn what_cannot_be_meant_is_refused(c: &Context<'_>) {
    let staff = Staff::hire(c, "u");
    let from = staff.from();
    let watch = ["sync", "--from", from, "--watch"];
    for (arguments, said) in [
        (&watch[..], "say --yes too"),
        (&["diff", "--from", from, "--watch", "--yes"], "kerbrole sync"),
        (&["plan", "--from", from, "--watch", "--yes"], "kerbrole sync"),
        (&[&watch[..], &["--yes", "--dry-run"]].concat(), "--dry-run"),
        (&[&watch[..], &["--yes", "--check"]].concat(), "--check"),
        (&[&watch[..], &["--plan", "plan.json"]].concat(), "--plan"),
        (&[&watch[..], &["--yes", "-W"]].concat(), "~/.pgpass"),
        (&[&watch[..], &["--yes", "--format", "csv"]].concat(), "--format json"),
        (&[&watch[..], &["--yes", "--interval", "1s"]].concat(), "from 5s to 1d"),
        (&[&watch[..], &["--yes", "--interval", "5"]].concat(), "30s, 5m or 1h"),
        (&["sync", "--from", from, "--interval", "5m"], "--watch"),
        (&["sync", "alice@corp.example.com", "--watch", "--yes"], "--from"),
        (&["sync", "alice@corp.example.com", "--plan", "plan.json"], "--from"),
    ] {
        let out = staff.kerbrole(arguments);
        let told = lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(said), "{arguments:?}: {told}");
    }
    // A file with a mistake in it is told to whoever starts it.
    let text = fs::read_to_string(&staff.file).unwrap();
    for wrong in [
        text.replace("[people]", "[peeple]"),
        format!("{text}[[servers]]\nname = \"x\"\ndsn = \"host=/x password=s3cret\"\n"),
    ] {
        fs::write(&staff.file, wrong).unwrap();
        let out = staff.kerbrole(&[&watch[..], &["--yes"]].concat());
        assert_eq!(out.status.code(), Some(2), "{}", lossy(&out.stderr));
        assert!(!lossy(&out.stderr).contains("s3cret"), "{}", lossy(&out.stderr));
    }
    assert!(staff.oid("Ben").is_none());
}
