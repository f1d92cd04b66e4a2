//! A directory with so many people, and what is to come of them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use kerbrole_tests::domain_controller::{Account, Domain, Group, PASSWORD, Scope};
use kerbrole_tests::sandbox::Result;

use crate::Bench;
use crate::names::names;

/// The user that reads the directory.
const READER: &str = "svc-kerbrole";

/// A domain, and the people in it. Everybody is directly in two groups: one of the larger number of
/// them, which are small, and one of the others.
pub(crate) struct Staff {
    pub(crate) domain: Domain,
    /// sAMAccountNames.
    people: Vec<String>,
    groups: usize,
    /// Where what reads it is written.
    pub(crate) folder: PathBuf,
}

impl Staff {
    /// Makes a directory, by LDIF.
    ///
    /// # Errors
    /// When Samba does not come up, or does not take them.
    pub(crate) fn hire(bench: &Bench, realm: &str, count: usize) -> Result<Self> {
        let domain = Domain::start(bench.sandbox, realm)?;
        let folder = bench.sandbox.path().join(format!("staff-{count}"));
        fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let people = names(bench.seed, count)
            .iter()
            .map(|name| name.typed.split('@').next().unwrap_or_default().to_string())
            .collect();
        let groups = if bench.smoke { 10 } else { 100 };
        let staff = Self { domain, people, groups, folder };
        staff.domain.add(&[Account::user(READER)])?;
        let account = |name: &String| Account::user(name).without_password().upn(&staff.role(name));
        staff.domain.add(&staff.people.iter().map(account).collect::<Vec<_>>())?;
        let mut members = vec![Vec::new(); staff.groups];
        for (number, name) in staff.people.iter().enumerate() {
            for group in staff.groups_of(number) {
                members[group].push(staff.domain.dn_of(name));
            }
        }
        let group = |(number, members): (usize, Vec<String>)| {
            Group::new(&Self::group(number), Scope::Global).members(members)
        };
        staff.domain.add_groups(&members.into_iter().enumerate().map(group).collect::<Vec<_>>())?;
        let password = staff.password_file();
        fs::write(&password, PASSWORD).map_err(|e| format!("{}: {e}", password.display()))?;
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600))
            .map_err(|e| format!("{}: {e}", password.display()))?;
        Ok(staff)
    }

    pub(crate) fn count(&self) -> usize {
        self.people.len()
    }

    /// The group of this number, and the role that it means.
    fn group(number: usize) -> String {
        format!("team{number}")
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = String> {
        (0..self.groups).map(Self::group)
    }

    fn groups_of(&self, person: usize) -> [usize; 2] {
        let small = self.groups / 5 * 4;
        [person % small, small + person * 7 % (self.groups - small)]
    }

    fn role(&self, name: &str) -> String {
        format!("{name}@{}", self.domain.realm)
    }

    /// The roles that there have to be, each with one of the groups that it has to be in.
    pub(crate) fn memberships(&self) -> (Vec<String>, Vec<String>) {
        let both = self.people.iter().enumerate().flat_map(|(number, name)| {
            self.groups_of(number).map(|group| (self.role(name), Self::group(group)))
        });
        both.unzip()
    }

    /// The user that reads it, as a program binds by it.
    pub(crate) fn reader(&self) -> String {
        self.role(READER)
    }

    pub(crate) fn password_file(&self) -> PathBuf {
        self.folder.join("password")
    }

    /// Where people and groups are.
    pub(crate) fn base(&self) -> String {
        format!("CN=Users,{}", self.domain.base_dn())
    }
}
