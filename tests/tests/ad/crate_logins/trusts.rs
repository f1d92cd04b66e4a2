//! Logins across realms: a directory's user at a server whose key an MIT KDC has, and a user of
//! another directory at one whose key is the directory's.

use kerbrole_tests::domain_controller::{Account, Asked, Domain};
use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::kerberos::Ticket;
use once_cell::sync::OnceCell;

use super::{Place, each_mode};
use crate::accounts::MIXED_CASE;
use crate::directory::{Context, REALM};

/// A realm of an MIT KDC, which the directory trusts.
const MIT: &str = "UNIX.EXAMPLE.ORG";
/// Another directory, which the directory trusts.
const ONPREM: &str = "ONPREM.COM";
/// A user there.
const CAROL: &str = "Carol";

/// The realms on the other side of the trusts.
struct Trusted {
    mit: Kdc,
    onprem: Domain,
}

fn trusted(c: &Context<'_>) -> &'static Trusted {
    static TRUSTED: OnceCell<Trusted> = OnceCell::new();
    TRUSTED
        .get_or_try_init(|| -> Result<_, String> {
            let mit = Kdc::start(c.sandbox(), MIT)?;
            c.domain().trust_realm(&mit)?;
            let onprem = Domain::start(c.sandbox(), ONPREM)?;
            onprem.add(&[Account::user(CAROL)])?;
            c.domain().trust(&onprem)?;
            Ok(Trusted { mit, onprem })
        })
        .unwrap()
}

pub(super) fn users_of_trusted_realms_are_logged_in(c: &Context<'_>) {
    if c.caseins() {
        return;
    }
    let Trusted { mit, onprem } = trusted(c);

    let here = c.ticket(MIXED_CASE, Asked::AsTyped);
    let ticket = Ticket { config: mit.config_with(&[c.domain()]).unwrap(), ..here };
    let server = c.another_server_of(mit, "mit");
    log_in(Place::start(c, server, &format!("{MIXED_CASE}@{REALM}")), &ticket);

    let there = onprem.ticket(CAROL, Asked::AsTyped).unwrap();
    let ticket = Ticket { config: c.domain().config_with(&[onprem]).unwrap(), ..there };
    let server = c.another_server_of(c.domain(), "onprem");
    log_in(Place::start(c, server, &format!("{CAROL}@{ONPREM}")), &ticket);
}

/// pg_stat_gssapi names the user with the realm that they come from.
fn log_in(mut place: Place<'_>, ticket: &Ticket) {
    each_mode(&place, ticket);
    // Nobody else of that realm comes in with the ticket.
    place.role.insert(0, 'x');
    place.expect(ticket, "either", &["gssencmode=require"], "authentication failed");
    place.server.discard().unwrap();
}
