//! The command on a directory that fails: nothing of what it would have done is done.

use std::fs;

use kerbrole_tests::authority::{Authority, Certificate};
use kerbrole_tests::domain_controller::{Asked, PASSWORD};
use kerbrole_tests::ldap_proxy::{Fault, LdapProxy, Limits};
use kerbrole_tests::sandbox::lossy;

use super::crowd::Crowd;
use super::faults::{OF_MESSAGES, extent, is_hit, of_searches};
use crate::access_files::{READER, actions, catalogue, kerbrole, sync};
use crate::directory::Context;

/// The exit code where a directory cannot be read.
const NO_CONNECTION: i32 = 3;

/// A crowd that was synchronised once, after which somebody came and somebody left.
struct Pending<'c> {
    c: &'c Context<'c>,
    crowd: Crowd,
    before: Vec<String>,
}

impl Pending<'_> {
    /// Runs it; it ends as it has to when the directory fails.
    fn expect_failure(&self, environment: &[(&str, &str)], what: &str) {
        let mut command = kerbrole(self.c.server);
        command.args(sync(&self.crowd.file)).envs(environment.iter().copied());
        let out = command.output().unwrap();
        self.crowd.proxy.mend();
        let said = lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(NO_CONNECTION), "{what}: {said}");
        assert!(!said.is_empty() && !said.contains(PASSWORD), "{what}: {said}");
        assert_eq!(catalogue(&mut self.c.superuser()), self.before, "{what}");
    }
}

pub(super) fn a_fault_changes_nothing(c: &Context<'_>) {
    let crowd = Crowd::gather(c, "n");
    c.superuser().run("CREATE ROLE analysts; CREATE ROLE writers");
    let run = |crowd: &Crowd| kerbrole(c.server).args(sync(&crowd.file)).output().unwrap();
    actions(&run(&crowd));
    assert_eq!(actions(&run(&crowd)), []);
    // Which fault hits where; those who come and go do not change how much is read.
    let (messages, searches) = extent(&crowd);
    let of_searches = of_searches().map(|fault| {
        let is_hit = |number: &usize| is_hit(&crowd, *number, &fault);
        // The last one is the furthest from a beginning that fails altogether.
        let hits = [(0..searches).find(is_hit), (0..searches).rev().find(is_hit)];
        (hits.map(Option::unwrap), fault)
    });
    crowd.change();
    let pending = Pending { c, crowd, before: catalogue(&mut c.superuser()) };
    let proxy = &pending.crowd.proxy;

    for number in 0..messages {
        proxy.fail_at(number, Fault::Cut);
        pending.expect_failure(&[], &format!("cut at {number}"));
    }
    for fault in OF_MESSAGES {
        proxy.fail_at(messages / 2, fault.clone());
        pending.expect_failure(&[], &format!("{fault:?}"));
    }
    for (hits, fault) in of_searches {
        for number in hits {
            proxy.fail_at(number, fault.clone());
            pending.expect_failure(&[], &format!("{fault:?} at {number}"));
        }
    }
    a_wrong_certificate(&pending);
    a_sealed_connection(&pending);

    // All of this would have changed something.
    pending.crowd.write(&pending.crowd.proxy.ldaps());
    let role = |name: &str| {
        let user = pending.crowd.named(name);
        format!("{user}@{}", pending.crowd.domain.realm)
    };
    let done = actions(&run(&pending.crowd));
    assert!(done.contains(&("create".into(), role("newcomer"))), "{done:?}");
    assert!(done.contains(&("drop".into(), role("leaver"))), "{done:?}");
    assert_ne!(catalogue(&mut c.superuser()), pending.before);
}

fn a_wrong_certificate(pending: &Pending<'_>) {
    let domain = pending.crowd.domain;
    let another = Authority::new(&format!("The authority of {}", domain.realm)).unwrap();
    let certificates: [(&str, Certificate); 3] = [
        ("another name", domain.authority().issue(&["elsewhere.example.org"]).unwrap()),
        ("expired", domain.authority().issue_expired(&["127.0.0.1"]).unwrap()),
        ("another authority", another.issue(&["127.0.0.1"]).unwrap()),
    ];
    for (what, certificate) in certificates {
        let proxy = LdapProxy::start_with(domain, Limits::LOW, &certificate).unwrap();
        for url in [proxy.ldaps(), proxy.ldap()] {
            pending.crowd.write(&url);
            pending.expect_failure(&[], what);
        }
        assert_eq!(proxy.messages(), 0, "{what}: no password was sent");
    }
}

/// Kerberos seals it, so that the proxy cannot look into it; it can be cut.
fn a_sealed_connection(pending: &Pending<'_>) {
    let Pending { crowd, .. } = pending;
    let text = crowd.text(&crowd.proxy.ldap());
    let login = |line: &&str| !["ca_file", "bind_user"].iter().any(|key| line.starts_with(key));
    let lines = text.lines().filter(login);
    let lines = lines.map(|line| match line.starts_with("password_file") {
        true => "kerberos = true",
        false => line,
    });
    fs::write(&crowd.file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let ticket = crowd.domain.ticket(READER, Asked::AsTyped).unwrap();
    let cache = ticket.cache.as_str();
    let config = ticket.config.to_string_lossy();
    let environment = [("KRB5_CONFIG", &*config), ("KRB5CCNAME", cache)];
    let before = crowd.proxy.messages();
    let check = ["directory", "check", crowd.file.to_str().unwrap()];
    let out = kerbrole(pending.c.server).args(check).envs(environment).output().unwrap();
    assert!(out.status.success(), "{}", lossy(&out.stderr));
    let messages = crowd.proxy.messages() - before;
    // A page is sealed as one.
    assert!(messages > 15, "{messages} messages");
    for fault in [Fault::Cut, Fault::CutInside] {
        for number in 0..messages {
            crowd.proxy.fail_at(number, fault.clone());
            pending.expect_failure(&environment, &format!("sealed, {fault:?} at {number}"));
        }
    }
}
