//! What changes in the directory, on a server.

use std::io::Read as _;
use std::process::{Child, Stdio};

use kerbrole_tests::domain_controller::{Account, Asked, PASSWORD};
use kerbrole_tests::ldap_proxy::{LdapProxy, Limits};
use kerbrole_tests::psql::psql_with_ticket;
use rustix::process::Signal;
use serde_json::Value;

use super::Watcher;
use crate::directory::Context;
use crate::staff::{Staff, expect};

/// A session of somebody, which lasts as long as its client, or until the server ends it.
struct Guest(Child);

impl Guest {
    fn enter(staff: &Staff<'_>, name: &str) -> Self {
        let ticket = staff.c.domain().ticket(&staff.named(name), Asked::AsTyped).unwrap();
        let role = staff.role(name);
        let mut psql = psql_with_ticket(staff.c.server, &ticket, &role, "postgres");
        psql.args(["-X", "-q"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let guest = Self(psql.spawn().unwrap());
        kerbrole_tests::sandbox::wait_until(|| sessions(staff, name) == 1).unwrap();
        guest
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _gone_meanwhile = self.0.kill();
        let _status = self.0.wait();
        if let Some(mut out) = self.0.stdout.take() {
            let _nothing = out.read_to_end(&mut Vec::new());
        }
    }
}

fn sessions(staff: &Staff<'_>, name: &str) -> usize {
    let ask =
        format!("SELECT pid::text FROM pg_stat_activity WHERE usename = '{}'", staff.role(name));
    staff.c.superuser().column(&ask).len()
}

/// Whether there is a change of this kind about somebody's role.
fn has(watcher: &Watcher, action: &str, role: &str) -> bool {
    watcher.changes().iter().any(|line| line["action"] == action && line["role_name"] == role)
}

/// All by looks in between: the interval is longer than a test may take.
pub(super) fn each_change_is_followed(c: &Context<'_>) {
    let staff = Staff::hire(c, "f");
    let domain = c.domain();
    c.superuser().run("CREATE ROLE analysts");
    let watcher = Watcher::start(&mut staff.watch(&["--interval", "1h", "--format", "json"]));
    let wait = |action: &str, name: &str| {
        let role = staff.role(name);
        watcher.wait_until(&format!("{action} {role}"), || has(&watcher, action, &role));
    };
    for name in ["Anna", "Ben", "Cleo", "Dora"] {
        wait("create", name);
    }
    assert!(staff.gets_in("Ben"));

    let ben = Guest::enter(&staff, "Ben");
    let ticket = domain.ticket(&staff.named("Ben"), Asked::AsTyped).unwrap();
    domain.disable(&staff.named("Ben")).unwrap();
    wait("disable", "Ben");
    watcher.wait_until("his session ends", || sessions(&staff, "Ben") == 0);
    let role = staff.role("Ben");
    let log_in = || kerbrole_tests::psql::log_in(c.server, &ticket, &role).unwrap();
    assert!(!log_in().ok);
    drop(ben);
    domain.enable(&staff.named("Ben")).unwrap();
    wait("enable", "Ben");
    assert!(log_in().ok);

    let anna = staff.oid("Anna");
    domain.rename(&staff.named("Anna"), &staff.named("Zoe")).unwrap();
    watcher.wait_until("Anna is renamed", || staff.oid("Zoe") == anna);
    assert!(staff.gets_in("Zoe"));
    domain.leave(&staff.named("Analysts"), &domain.dn_of(&staff.named("Ben"))).unwrap();
    wait("revoke", "Ben");
    assert!(staff.roles_of("Ben").is_empty());
    domain.leave(&staff.named("Users"), &domain.dn_of(&staff.named("Cleo"))).unwrap();
    wait("disable", "Cleo");
    domain.add(&[Account::user(&staff.named("Emil"))]).unwrap();
    domain.join(&staff.named("Users"), &domain.dn_of(&staff.named("Emil"))).unwrap();
    wait("create", "Emil");
    assert!(staff.gets_in("Emil"));

    // Deleted accounts are not there to be seen; whoever does not want to wait says so.
    domain.delete(&staff.named("Dora")).unwrap();
    watcher.signal(Signal::HUP);
    wait("disable", "Dora");
    assert!(!watcher.command_line().contains(PASSWORD));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
    expect("sync-watch", &watcher.changes().iter().collect::<Vec<_>>());
    let said: Vec<Value> =
        watcher.err().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    expect("message", &said.iter().collect::<Vec<_>>());
    assert!(watcher.wrongs().is_empty(), "{:?}", watcher.wrongs());
    assert!(!watcher.all().contains(PASSWORD));
    // What was done by it is all that there is to do.
    assert_eq!(staff.sync(), []);
}

pub(super) fn two_watchers_do_no_harm(c: &Context<'_>) {
    let staff = Staff::hire(c, "2");
    let domain = c.domain();
    c.superuser().run("CREATE ROLE analysts");
    let watchers: [Watcher; 2] =
        std::array::from_fn(|_| Watcher::start(&mut staff.watch(&["--format", "json"])));
    let all_have = |rolcanlogin: &str| {
        let roles = ["Anna", "Ben", "Cleo", "Dora"].map(|name| format!("'{}'", staff.role(name)));
        let ask = format!(
            "SELECT count(*)::text FROM pg_roles WHERE rolname IN ({}) AND {rolcanlogin}",
            roles.join(", ")
        );
        c.superuser().one(&ask) == "4"
    };
    watchers[0].wait_until("all are there", || all_have("rolcanlogin"));
    for action in [0, 1, 2] {
        for name in ["Anna", "Ben", "Cleo", "Dora"] {
            let name = staff.named(name);
            if action == 1 { domain.enable(&name) } else { domain.disable(&name) }.unwrap();
        }
        for watcher in &watchers {
            watcher.signal(Signal::HUP);
        }
        let wanted = if action == 1 { "rolcanlogin" } else { "NOT rolcanlogin" };
        watchers[1].wait_until(wanted, || all_have(wanted));
    }
    for watcher in &watchers {
        assert_eq!(watcher.end(Signal::TERM), Some(0));
        assert!(watcher.wrongs().is_empty(), "{:?}", watcher.wrongs());
    }
}

/// Somebody whom another run disabled without ending what he had open.
pub(super) fn what_is_left_of_sessions_ends(c: &Context<'_>) {
    let staff = Staff::hire(c, "l");
    let domain = c.domain();
    c.superuser().run("CREATE ROLE analysts");
    staff.sync();
    let (ben, dora) = (Guest::enter(&staff, "Ben"), Guest::enter(&staff, "Dora"));
    domain.disable(&staff.named("Ben")).unwrap();
    domain.disable(&staff.named("Dora")).unwrap();
    staff.sync();
    assert_eq!((sessions(&staff, "Ben"), sessions(&staff, "Dora")), (1, 1));
    // What is somebody else's is left to them.
    let text = std::fs::read_to_string(&staff.file).unwrap();
    let except = format!("[people]\nexcept = [\"{}\"]\n", staff.role("Dora"));
    std::fs::write(&staff.file, text.replace("[people]\n", &except)).unwrap();
    let watcher = Watcher::start(&mut staff.watch(&[]));
    watcher.wait_until("his session ends", || sessions(&staff, "Ben") == 0);
    assert_eq!(sessions(&staff, "Dora"), 1);
    assert_eq!(watcher.end(Signal::TERM), Some(0));
    drop((ben, dora));

    // A file may say that sessions go on.
    domain.enable(&staff.named("Ben")).unwrap();
    staff.sync();
    let ben = Guest::enter(&staff, "Ben");
    let keeps = "[people]\nend_sessions = false\n";
    std::fs::write(&staff.file, text.replace("[people]\n", keeps)).unwrap();
    domain.disable(&staff.named("Ben")).unwrap();
    let watcher = Watcher::start(&mut staff.watch(&[]));
    watcher.wait_for_line(&format!("disable {}", staff.role("Ben")));
    assert_eq!(watcher.end(Signal::TERM), Some(0));
    assert_eq!(sessions(&staff, "Ben"), 1);
    drop(ben);
}

/// As many rounds as some hours have, one after the other.
pub(super) fn rounds_keep_no_memory(c: &Context<'_>) {
    const FEW: usize = 50;
    const MANY: usize = 200;
    let staff = Staff::hire(c, "mm");
    let proxy = LdapProxy::start(c.domain(), Limits::ACTIVE_DIRECTORY).unwrap();
    staff.write_with(&proxy.ldaps(), "disable");
    c.superuser().run("CREATE ROLE analysts");
    let watcher = Watcher::start(&mut staff.watch(&[]));
    watcher.wait_until("all are there", || staff.can_login("Dora"));
    let round = proxy.searches();
    let memory_after = |rounds: usize| {
        watcher.wait_until("rounds", || {
            watcher.signal(Signal::HUP);
            proxy.searches() > rounds * round
        });
        watcher.memory()
    };
    let few = memory_after(FEW);
    let many = memory_after(MANY);
    // What an allocator keeps back varies; what each round kept would be this much a hundred times.
    assert!(many < few + 2048, "{few} KiB after {FEW} rounds, {many} KiB after {MANY}");
    assert_eq!(watcher.end(Signal::TERM), Some(0));
    assert!(watcher.wrongs().is_empty(), "{:?}", watcher.wrongs());
}
