//! Users of a realm that is trusted: ONPREM.COM, whose users get tickets for services of
//! CORP.EXAMPLE.COM.

use std::path::PathBuf;

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::report::{Expected, Key};
use once_cell::sync::OnceCell;

use crate::cases;
use crate::fixture::{Context, REALM};
use crate::{MIGRATION, TRUST};
use crate::{administrator, evidence};

cases! {
    EitherWay: users_of_both_realms, a_domain_is_migrated;
}

const ONPREM: &str = "ONPREM.COM";

/// The other realm's KDC, and a krb5.conf that knows both.
fn onprem(c: &Context<'_>) -> &'static (Kdc, PathBuf) {
    static OTHER: OnceCell<(Kdc, PathBuf)> = OnceCell::new();
    OTHER
        .get_or_try_init(|| -> Result<_, String> {
            let other = Kdc::start(c.sandbox, ONPREM)?;
            c.kdc.trust(&other)?;
            let config = c.kdc.config_with(&[&other])?;
            Ok((other, config))
        })
        .unwrap()
}

fn users_of_both_realms(c: &Context<'_>) {
    let (other, config) = onprem(c);
    let admin = administrator(c);
    let rows = evidence(c, &admin, TRUST);
    for (kdc, username) in [(other, "carol"), (other, "alice"), (c.kdc, "alice")] {
        kdc.ticket_of(username).unwrap();
    }
    let carol = other.ticket_by("carol", config).unwrap();
    let there = other.ticket_by("alice", config).unwrap();
    let here = c.kdc.ticket_by("alice", config).unwrap();
    let (carol_role, alice_there, alice_here) =
        (format!("carol@{ONPREM}"), format!("alice@{ONPREM}"), format!("alice@{REALM}"));

    rows.login(
        "carol of ONPREM.COM, not added",
        Key::Ticket(&carol, &carol_role),
        &carol_role,
        Expected::NoSuchRole,
    );
    assert_eq!(admin.add("carol@onprem.com"), carol_role);
    rows.login(
        "carol of ONPREM.COM, added",
        Key::Ticket(&carol, &carol_role),
        &carol_role,
        Expected::LogsIn,
    );

    assert_eq!(admin.add("alice@corp.example.com"), alice_here);
    let stranger = "alice of ONPREM.COM, who asks for the other alice's role";
    rows.login(stranger, Key::Ticket(&there, &alice_there), &alice_here, Expected::NamesDiffer);
    assert_eq!(admin.add("alice@onprem.com"), alice_there);
    rows.login(
        "alice of ONPREM.COM",
        Key::Ticket(&there, &alice_there),
        &alice_there,
        Expected::LogsIn,
    );
    rows.login(
        "alice of CORP.EXAMPLE.COM",
        Key::Ticket(&here, &alice_here),
        &alice_here,
        Expected::LogsIn,
    );
    rows.login(stranger, Key::Ticket(&there, &alice_there), &alice_here, Expected::NamesDiffer);
    rows.login(
        "alice of CORP.EXAMPLE.COM, who asks for the other alice's role",
        Key::Ticket(&here, &alice_here),
        &alice_there,
        Expected::NamesDiffer,
    );
    admin.disable(&alice_there, false);
    let disabled = "alice of ONPREM.COM, disabled";
    rows.login(disabled, Key::Ticket(&there, &alice_there), &alice_there, Expected::NotPermitted);
    rows.login(
        "alice of CORP.EXAMPLE.COM, when the other one was disabled",
        Key::Ticket(&here, &alice_here),
        &alice_here,
        Expected::LogsIn,
    );
}

/// The people of one domain move into the other, and keep their roles.
fn a_domain_is_migrated(c: &Context<'_>) {
    let (other, config) = onprem(c);
    let admin = administrator(c);
    let rows = evidence(c, &admin, MIGRATION);
    for kdc in [other, c.kdc] {
        kdc.ticket_of("moves").unwrap();
    }
    let before = other.ticket_by("moves", config).unwrap();
    let after = c.kdc.ticket_by("moves", config).unwrap();
    let (old, new) = (format!("moves@{ONPREM}"), format!("moves@{REALM}"));
    assert_eq!(admin.add("moves@onprem.com"), old);
    let mut su = c.superuser();
    let oid = su.one(&format!("SELECT oid FROM pg_roles WHERE rolname = '{old}'"));
    rows.login(
        "before the move, with the old domain's ticket",
        Key::Ticket(&before, &old),
        &old,
        Expected::LogsIn,
    );
    su.wait_for_no_sessions(&old);
    admin.rename_realm("onprem.com", "corp.example.com");
    assert_eq!(
        su.one(&format!("SELECT oid FROM pg_roles WHERE rolname = '{new}'")),
        oid,
        "the same role"
    );
    rows.login(
        "after it, with the old ticket and name",
        Key::Ticket(&before, &old),
        &old,
        Expected::NoSuchRole,
    );
    rows.login(
        "after it, with the old ticket",
        Key::Ticket(&before, &old),
        &new,
        Expected::NamesDiffer,
    );
    rows.login(
        "after it, with the new domain's ticket",
        Key::Ticket(&after, &new),
        &new,
        Expected::LogsIn,
    );
}
