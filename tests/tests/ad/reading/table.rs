//! Whatever accounts and groups there are, and what becomes of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use kerbrole_tests::domain_controller::Scope::{DomainLocal, Global, Universal};
use kerbrole_tests::domain_controller::{Account, Domain, Group};

use super::domain;
use crate::access_files::{actions, add_reader, directory, kerbrole, rule, sync};
use crate::directory::Context;

/// The roles of the file that somebody is in, and whether they may log in.
type Expected = (&'static str, bool, &'static [&'static str]);

/// Who is there after the first run. Who is not named has no role: DISABLED and EXPIRED, machines
/// and contacts.
const FIRST: [Expected; 10] = [
    (NESTED, true, &["analysts"]),
    (ODD, true, &["analysts"]),
    (PRIMARY, true, &["writers"]),
    (SOON, true, &[]),
    (BOTH, true, &["analysts", "writers"]),
    (FOREIGN, true, &["analysts"]),
    (OLD_NAME, true, &["writers"]),
    (ONE, true, &["analysts"]),
    (OTHER, true, &["writers"]),
    (AGAIN, true, &["analysts"]),
];

/// And after what `changed` does, with `machines = true`.
const SECOND: [Expected; 14] = [
    (NESTED, true, &["analysts"]),
    (ODD, false, &["analysts"]),
    (PRIMARY, false, &[]),
    (SOON, false, &[]),
    (BOTH, true, &["writers"]),
    (FOREIGN, false, &[]),
    (NEW_NAME, true, &["writers"]),
    // The roles changed their names, and kept what they had.
    (ONE, true, &["writers"]),
    (OTHER, true, &["analysts"]),
    // The role of who was deleted; who has the name now gets none.
    (AGAIN, false, &[]),
    (DISABLED, true, &[]),
    (EXPIRED, true, &[]),
    (MACHINE, true, &["analysts"]),
    (SERVICE, true, &["writers"]),
];

const NESTED: &str = "nested";
/// Of what has a meaning in DNs or filters, as much as an account's name may have.
const ODD: &str = "Jö (x)#'";
const PRIMARY: &str = "primary";
const SOON: &str = "soon";
const BOTH: &str = "both";
/// Of the other domain.
const FOREIGN: &str = "Ångström";
const OLD_NAME: &str = "Before";
const NEW_NAME: &str = "After";
const ONE: &str = "one";
const OTHER: &str = "other";
const AGAIN: &str = "again";
const DISABLED: &str = "disabled";
const EXPIRED: &str = "expired";
const MACHINE: &str = "HOST";
const SERVICE: &str = "gmsa";

const DAY: Duration = Duration::from_secs(86_400);

/// Accounts and groups that no other server's test has.
struct World<'c> {
    c: &'c Context<'c>,
    domain: &'static Domain,
    tag: String,
    file: PathBuf,
}

impl<'c> World<'c> {
    fn make(c: &'c Context<'c>) -> Self {
        let tag = c.short_label();
        let file = c.sandbox().path().join(format!("table-{tag}.toml"));
        let world = Self { c, domain: domain(c), tag, file };
        let named = |name: &str| world.named(name);
        let user = |name: &str| Account::user(&named(name));
        let plain = [NESTED, PRIMARY, SOON, BOTH, OLD_NAME, ONE, OTHER, AGAIN, EXPIRED].map(user);
        let odd = [
            user(ODD).cn(&world.odd_cn()),
            user(DISABLED).disabled(),
            Account::contact(&named("contact")),
            Account::computer(&named(MACHINE)),
            Account::managed_service(&named(SERVICE)),
        ];
        world.domain.add(&plain).unwrap();
        world.domain.add(&odd).unwrap();
        add_reader(c.domain());
        c.domain().add(&[user(FOREIGN)]).unwrap();
        world.group();
        world
    }

    fn group(&self) {
        let dn = |name: &str| self.domain.dn_of(&self.named(name));
        let group = |name: &str, scope| Group::new(&self.named(name), scope);
        let odd = self.domain.dn_of(&self.odd_cn());
        let foreign = format!("<SID={}>", self.c.domain().sid_of(&self.named(FOREIGN)).unwrap());
        self.domain
            .add_groups(&[
                group("Inner", Global).members([dn(NESTED)]),
                group("Loop", Universal).members([dn("Inner")]),
                group("Ring", Universal).members([dn("Loop"), odd]),
                group("Analysts", DomainLocal).cn(&self.odd_group()).members([
                    dn("Ring"),
                    dn(BOTH),
                    dn(ONE),
                    dn(AGAIN),
                    dn("contact"),
                    dn(MACHINE),
                    foreign,
                ]),
                group("Writers", Global).members([PRIMARY, BOTH, OLD_NAME, OTHER, SERVICE].map(dn)),
                group("Users", Universal).members([SOON, DISABLED, EXPIRED, NESTED].map(dn)),
            ])
            .unwrap();
        self.domain.join(&self.named("Loop"), &dn("Ring")).unwrap();
        // A group may be in itself.
        self.domain.join(&self.named("Loop"), &dn("Loop")).unwrap();
        self.domain.set_primary_group(&self.named(PRIMARY), &self.named("Writers")).unwrap();
        let now = SystemTime::now();
        self.domain.expire(&self.named(SOON), Some(now + DAY)).unwrap();
        self.domain.expire(&self.named(EXPIRED), Some(now - DAY)).unwrap();
    }

    fn named(&self, name: &str) -> String {
        let sign = if [MACHINE, SERVICE].contains(&name) { "$" } else { "" };
        format!("{name}{}{sign}", self.tag)
    }

    fn odd_cn(&self) -> String {
        format!(r#" Müller, "Jo" (x)*#\+={} "#, self.tag)
    }

    fn odd_group(&self) -> String {
        format!(r#"#Analysten, "alle" (ä)*#\<{}>;"#, self.tag)
    }

    fn write(&self, machines: bool) {
        let password = self.file.with_extension("password");
        let corp = self.c.domain();
        let directories = [
            directory(self.domain, &self.domain.ldaps(), &password),
            directory(corp, &corp.ldaps(), &password),
        ]
        .concat();
        let by_name = |name: &str| format!("{}\\{}", self.domain.netbios_name(), self.named(name));
        let rules = [
            rule(&self.domain.dn_of(&self.odd_group()), &["analysts"]),
            rule(&by_name("Writers"), &["writers"]),
            rule(&self.domain.sid_of(&self.named("Users")).unwrap(), &[]),
        ]
        .concat();
        let people = format!("[people]\nabsent = \"disable\"\nmachines = {machines}\n");
        let limits = "[limits]\nremovals = \"100%\"\n";
        fs::write(&self.file, format!("version = 1\n{directories}{rules}{people}{limits}"))
            .unwrap();
    }

    fn sync(&self) -> Vec<(String, String)> {
        let backend = ["--backend", self.c.backend()];
        let mut command = kerbrole(self.c.server);
        actions(&command.args(sync(&self.file)).args(backend).output().unwrap())
    }

    fn role(&self, name: &str) -> String {
        let realm = if name == FOREIGN { &self.c.domain().realm } else { &self.domain.realm };
        let user = self.named(name);
        let user = if self.c.caseins() { user.to_ascii_lowercase() } else { user };
        format!("{user}@{realm}")
    }

    /// Every role of a person: whether it may log in, and what it is in besides rds_ad.
    fn roles(&self) -> BTreeMap<String, (bool, String)> {
        let rows = self.c.superuser().rows(
            "SELECT r.rolname, r.rolcanlogin, coalesce((SELECT string_agg(g.rolname, ',' ORDER BY \
             g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE \
             m.member = r.oid AND g.rolname <> 'rds_ad'), '') FROM pg_roles r WHERE r.rolname LIKE \
             '%@%'",
        );
        let row = |mut row: Vec<String>| {
            let roles = row.pop().unwrap();
            (row[0].clone(), (row[1] == "t", roles))
        };
        rows.into_iter().map(row).collect()
    }

    fn expected(&self, table: &[Expected]) -> BTreeMap<String, (bool, String)> {
        let row = |(name, login, roles): &Expected| (self.role(name), (*login, roles.join(",")));
        table.iter().map(row).collect()
    }

    fn oid(&self, name: &str) -> String {
        let role = self.role(name).replace('\'', "''");
        self.c.superuser().one(&format!("SELECT oid FROM pg_roles WHERE rolname = '{role}'"))
    }

    /// What administrators do between the runs.
    fn change(&self) {
        let (domain, named) = (self.domain, |name: &str| self.named(name));
        let dn = |name: &str| domain.dn_of(&named(name));
        let now = SystemTime::now();
        domain.set(&self.odd_cn(), "userAccountControl", "514").unwrap();
        domain.set_primary_group(&named(PRIMARY), "Domain Users").unwrap();
        domain.leave(&named("Writers"), &dn(PRIMARY)).unwrap();
        domain.expire(&named(SOON), Some(now - DAY)).unwrap();
        domain.expire(&named(EXPIRED), Some(now + DAY)).unwrap();
        domain.leave(&self.odd_group(), &dn(BOTH)).unwrap();
        let sid = self.c.domain().sid_of(&named(FOREIGN)).unwrap();
        domain.leave(&self.odd_group(), &domain.well_known(&sid)).unwrap();
        domain.rename(&named(OLD_NAME), &named(NEW_NAME)).unwrap();
        for (from, to) in [(ONE, "third"), (OTHER, ONE), ("third", OTHER)] {
            domain.rename(&named(from), &named(to)).unwrap();
        }
        domain.delete(&named(AGAIN)).unwrap();
        domain.add(&[Account::user(&named(AGAIN))]).unwrap();
        domain.join(&self.odd_group(), &dn(AGAIN)).unwrap();
        domain.enable(&named(DISABLED)).unwrap();
    }
}

pub(super) fn hard_cases_are_as_the_table_says(c: &Context<'_>) {
    let world = World::make(c);
    c.superuser().run("CREATE ROLE analysts; CREATE ROLE writers");
    world.write(false);
    world.sync();
    assert_eq!(world.roles(), world.expected(&FIRST));
    assert_eq!(world.sync(), []);

    let oid = |name: &str| world.oid(name);
    let (one, other, again, before) = (oid(ONE), oid(OTHER), oid(AGAIN), oid(OLD_NAME));
    world.change();
    world.write(true);
    world.sync();
    assert_eq!(world.roles(), world.expected(&SECOND));
    assert_eq!((oid(ONE), oid(OTHER)), (other, one));
    assert_eq!((oid(AGAIN), oid(NEW_NAME)), (again, before));
    // Whose role has the name of somebody else is told as long as it is so.
    assert_eq!(world.sync(), [("leave".into(), world.role(AGAIN))]);
}
