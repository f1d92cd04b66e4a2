//! Directories that are read whole, and say what would be wrong to take over.

use std::fs;

use kerbrole_tests::domain_controller::Scope::{DomainLocal, Global};
use kerbrole_tests::domain_controller::{Account, Group};
use kerbrole_tests::sandbox::lossy;

use super::domain;
use crate::access_files::{READER, actions, catalogue, directory, kerbrole, rule, sync};
use crate::directory::Context;

/// The exit code where it is refused.
const REFUSED: i32 = 4;
/// Authenticated Users (MS-DTYP, section 2.4.2.4).
const AUTHENTICATED_USERS: &str = "S-1-5-11";

pub(super) fn what_would_be_wrong_to_take_over_is_refused(c: &Context<'_>) {
    let domain = domain(c);
    domain.add(&["stays-r", "goes-r", "comes-r"].map(Account::user)).unwrap();
    let dn = |name: &str| domain.dn_of(name);
    domain
        .add_groups(&[
            Group::new("Staff-r", DomainLocal).members([dn("stays-r"), dn("goes-r")]),
            Group::new("Empty-r", DomainLocal),
            Group::new("Hidden-r", Global).members([dn("stays-r")]),
            // What is hidden is hidden below others too.
            Group::new("Above-r", DomainLocal).members([dn("Hidden-r"), dn("goes-r")]),
            Group::new("Nobody-r", Global).members([dn("Hidden-r")]),
            Group::new("Everybody-r", DomainLocal)
                .members([dn("goes-r"), domain.well_known(AUTHENTICATED_USERS)]),
        ])
        .unwrap();
    domain.hide_members("Hidden-r", READER).unwrap();
    // Of a machine only, where those are no people.
    domain.add(&[Account::computer("HOST-R$")]).unwrap();
    domain.add_groups(&[Group::new("Machines-r", Global).members([dn("HOST-R$")])]).unwrap();

    let file = c.sandbox().path().join("refused.toml");
    let head = format!(
        "version = 1\n{}",
        directory(domain, &domain.ldaps(), &file.with_extension("password"))
    );
    let tail = "[people]\nabsent = \"drop\"\n[limits]\nremovals = \"100%\"\n";
    let staff = rule(&dn("Staff-r"), &["analysts"]);
    let write = |more: &str| fs::write(&file, format!("{head}{staff}{more}{tail}")).unwrap();
    let run = || kerbrole(c.server).args(sync(&file)).output().unwrap();
    c.superuser().run("CREATE ROLE analysts");
    write("");
    actions(&run());
    domain.leave("Staff-r", &dn("goes-r")).unwrap();
    domain.join("Staff-r", &dn("comes-r")).unwrap();
    let before = catalogue(&mut c.superuser());

    for (group, said) in [
        ("Hidden-r", "Hidden-r"),
        ("Above-r", "Hidden-r"),
        ("Nobody-r", "Hidden-r"),
        ("Everybody-r", AUTHENTICATED_USERS),
        ("Empty-r", "Empty-r"),
        ("Machines-r", "Machines-r"),
        ("Missing-r", "Missing-r"),
        // An account, and no group.
        ("stays-r", "stays-r"),
    ] {
        write(&rule(&dn(group), &[]));
        let out = run();
        let all = lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(REFUSED), "{group}: {all}");
        assert!(all.contains(said), "{group}: {all}");
        assert_eq!(catalogue(&mut c.superuser()), before, "{group}");
    }
    // That it may be empty does not mean that it may be missing or hidden.
    for (group, code) in
        [("Hidden-r", Some(REFUSED)), ("Missing-r", Some(REFUSED)), ("Empty-r", Some(0))]
    {
        write(&format!("{}may_be_empty = true\n", rule(&dn(group), &[])));
        let out = run();
        assert_eq!(out.status.code(), code, "{group}: {}", lossy(&out.stderr));
        assert_eq!(catalogue(&mut c.superuser()) == before, code == Some(REFUSED), "{group}");
    }
}
