//! People and groups that take several pages and ranges, behind a proxy that can fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use kerbrole_directory::{AccessFile, Error, Snapshot};
use kerbrole_tests::domain_controller::Scope::{DomainLocal, Global, Universal};
use kerbrole_tests::domain_controller::{Account, Domain, Group};
use kerbrole_tests::ldap_proxy::{LdapProxy, Limits};
use tokio::runtime::{Builder, Runtime};

use super::domain;
use crate::access_files::{directory, rule};
use crate::directory::Context;

/// More than a range of members, and than two pages of accounts.
const PEOPLE: usize = 24;
/// More groups in one group than a page has.
const CELLS: usize = 12;

/// The mapped groups, each with who is in it.
type Answer = BTreeMap<String, BTreeSet<String>>;

pub(super) struct Crowd {
    pub(super) domain: &'static Domain,
    pub(super) proxy: LdapProxy,
    /// Asks the proxy.
    pub(super) file: PathBuf,
    test: &'static str,
    runtime: Runtime,
}

impl Crowd {
    /// `test` tells those of one test from those of another.
    pub(super) fn gather(c: &Context<'_>, test: &'static str) -> Self {
        let domain = domain(c);
        let crowd = Self {
            domain,
            proxy: LdapProxy::start(domain, Limits::LOW).unwrap(),
            file: c.sandbox().path().join(format!("crowd-{test}.toml")),
            test,
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        };
        let people = (0..PEOPLE).map(|n| format!("p{n}"));
        let others = ["q0", "q1", "leaver", "newcomer"].map(String::from);
        let accounts = people.chain(others).map(|name| Account::user(&crowd.named(&name)));
        domain.add(&accounts.map(Account::without_password).collect::<Vec<_>>()).unwrap();
        let dn = |name: &str| domain.dn_of(&crowd.named(name));
        let person = |n: usize| dn(&format!("p{n}"));
        let cell =
            |n: usize| Group::new(&crowd.named(&format!("Cell{n}")), Global).members([person(n)]);
        let cells = (0..CELLS).map(|n| dn(&format!("Cell{n}")));
        let group = |name: &str, scope| Group::new(&crowd.named(name), scope);
        let wide = (0..PEOPLE).map(person).chain([dn("leaver")]);
        let mut groups: Vec<_> = (0..CELLS).map(cell).collect();
        groups.extend([
            group("Cells", Universal).members(cells),
            group("Ring", Universal).members([dn("Cells")]),
            group("Wide", Global).members(wide),
            group("Top", DomainLocal).members([dn("Wide"), dn("Ring")]),
            group("Home", Global).members([dn("q0"), dn("q1"), dn("p0")]),
            group("Hall", Universal).members((0..3).map(person)),
        ]);
        domain.add_groups(&groups).unwrap();
        domain.join(&crowd.named("Cells"), &dn("Ring")).unwrap();
        for name in ["q0", "q1"] {
            domain.set_primary_group(&crowd.named(name), &crowd.named("Home")).unwrap();
        }
        crowd.write(&crowd.proxy.ldaps());
        crowd
    }

    pub(super) fn named(&self, name: &str) -> String {
        format!("{name}-{}", self.test)
    }

    /// Writes the file anew, so that the directory is asked somewhere else.
    pub(super) fn write(&self, url: &str) {
        fs::write(&self.file, self.text(url)).unwrap();
    }

    pub(super) fn text(&self, url: &str) -> String {
        let directory = directory(self.domain, url, &self.file.with_extension("password"));
        let home = self.domain.sid_of(&self.named("Home")).unwrap();
        let hall = format!("{}\\{}", self.domain.netbios_name(), self.named("Hall"));
        let rules = [
            rule(&self.domain.dn_of(&self.named("Top")), &["analysts"]),
            rule(&home, &["writers"]),
            rule(&hall, &[]),
        ]
        .concat();
        let people = "[people]\nabsent = \"drop\"\n[limits]\nremovals = \"100%\"\n";
        format!("version = 1\n{directory}{rules}{people}")
    }

    /// Somebody is gone from the file's groups, and somebody else is in one of them.
    pub(super) fn change(&self) {
        let dn = |name: &str| self.domain.dn_of(&self.named(name));
        self.domain.leave(&self.named("Wide"), &dn("leaver")).unwrap();
        self.domain.join(&self.named("Wide"), &dn("newcomer")).unwrap();
    }

    /// Who is in which group, where `one` is the one who is there besides the others.
    pub(super) fn whole(&self, one: &str) -> Answer {
        let all = |names: Vec<String>| names.iter().map(|name| self.named(name)).collect();
        let people = |n| (0..n).map(|n| format!("p{n}")).collect::<Vec<_>>();
        let dn = |name: &str| self.domain.dn_of(&self.named(name));
        BTreeMap::from([
            (dn("Top"), all([people(PEOPLE), vec![one.into()]].concat())),
            (dn("Home"), all(["q0", "q1", "p0"].map(String::from).into())),
            (dn("Hall"), all(people(3))),
        ])
    }

    pub(super) fn read(&self) -> Result<Answer, Error> {
        let file = AccessFile::read(&self.file).unwrap();
        Ok(answer(&self.wait(file.snapshot())?))
    }

    pub(super) fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }
}

fn answer(snapshot: &Snapshot) -> Answer {
    let groups = snapshot.groups.iter().enumerate();
    groups
        .map(|(place, group)| {
            let people = snapshot.people.iter().filter(|person| person.groups.contains(&place));
            (group.dn.clone(), people.map(|person| person.sam_account_name.clone()).collect())
        })
        .collect()
}
