//! What administrators do to accounts and groups. Each is written into the directory at once, and
//! seen by whoever asks next.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::account::{ACCOUNTDISABLE, NORMAL_ACCOUNT};
use super::{Account, Domain, Group, ldif};
use crate::sandbox::{Result, lossy, run};

impl Domain {
    /// The DN of what has this common name in CN=Users.
    pub fn dn_of(&self, cn: &str) -> String {
        format!("CN={},CN=Users,{}", ldif::escaped(cn), self.base_dn())
    }

    /// The SID of an account or a group, by the sAMAccountName.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn sid_of(&self, name: &str) -> Result<String> {
        // What has a meaning of its own in a filter (RFC 4515, 3).
        let escaped: String = name.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let mut search = self.ldb("ldbsearch");
        search.arg(format!("(sAMAccountName={escaped})")).arg("objectSid");
        let said = lossy(&run(&mut search)?.stdout);
        let sid = said.lines().find_map(|line| line.strip_prefix("objectSid: "));
        sid.map(String::from).ok_or_else(|| format!("{} has no {name}", self.realm))
    }

    /// Adds accounts.
    ///
    /// # Errors
    /// When there is one of that name already, or the directory refuses it.
    pub fn add(&self, accounts: &[Account]) -> Result<()> {
        let base = format!("CN=Users,{}", self.base_dn());
        self.add_ldif(&accounts.iter().map(|account| account.ldif(&base)).collect::<String>())
    }

    /// Adds groups. A member that is a group has to be there already, or to come before it.
    ///
    /// # Errors
    /// When there is one of that name already, or the directory refuses it.
    pub fn add_groups(&self, groups: &[Group]) -> Result<()> {
        let base = format!("CN=Users,{}", self.base_dn());
        self.add_ldif(&groups.iter().map(|group| group.ldif(&base)).collect::<String>())
    }

    /// Adds what LDIF says. Ten thousand people without a password take some ten seconds; the more
    /// there are already, the longer do the next ones take.
    ///
    /// # Errors
    /// When there is one of the entries already, or the directory refuses it.
    pub fn add_ldif(&self, ldif: &str) -> Result<()> {
        // Without these, each entry copies the indexes that the transaction has changed so far.
        let mut add = self.ldb("ldbadd");
        add.args(["-o", "batch_mode:1", "-o", "transaction_index_cache_size:1000000"]);
        self.feed(&mut add, ldif)
    }

    /// Carries out changes that LDIF says.
    pub(super) fn modify(&self, ldif: &str) -> Result<()> {
        self.feed(&mut self.ldb("ldbmodify"), ldif)
    }

    fn feed(&self, tool: &mut Command, ldif: &str) -> Result<()> {
        let file = tempfile::Builder::new()
            .suffix(".ldif")
            .tempfile_in(&self.folder)
            .map_err(|e| e.to_string())?;
        fs::write(file.path(), ldif).map_err(|e| format!("{}: {e}", file.path().display()))?;
        self.run_to_its_end(tool.arg(file.path()))
    }

    /// Adds a value of an attribute; `cn` is in CN=Users.
    ///
    /// # Errors
    /// When the directory refuses it.
    pub fn add_value(&self, cn: &str, attribute: &str, value: &str) -> Result<()> {
        self.modify(&ldif::change(&self.dn_of(cn), "add", attribute, value))
    }

    /// Sets an attribute to one value; `cn` is in CN=Users.
    ///
    /// # Errors
    /// When the directory refuses it.
    pub fn set(&self, cn: &str, attribute: &str, value: &str) -> Result<()> {
        self.modify(&ldif::change(&self.dn_of(cn), "replace", attribute, value))
    }

    /// Makes somebody a member of a group, by the DN: a group as well, so that there are cycles.
    ///
    /// # Errors
    /// When they are one already, or the directory refuses it.
    pub fn join(&self, group: &str, member: &str) -> Result<()> {
        self.add_value(group, "member", member)
    }

    /// Takes somebody out of a group, by the DN.
    ///
    /// # Errors
    /// When they are no member.
    pub fn leave(&self, group: &str, member: &str) -> Result<()> {
        self.modify(&ldif::change(&self.dn_of(group), "delete", "member", member))
    }

    /// A member of another domain, or of none, joins a group: the directory makes a foreign
    /// security principal of the SID. Those of everybody, S-1-5-11 and such, are there already:
    /// they are members by [`well_known`](Self::well_known).
    ///
    /// # Errors
    /// When the directory refuses it.
    pub fn join_foreign(&self, group: &str, sid: &str) -> Result<()> {
        self.join(group, &format!("<SID={sid}>"))
    }

    /// The DN of a foreign security principal.
    pub fn well_known(&self, sid: &str) -> String {
        format!("CN={sid},CN=ForeignSecurityPrincipals,{}", self.base_dn())
    }

    /// Gives an account whose common name is the sAMAccountName another name. The SID stays.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn rename(&self, name: &str, new: &str) -> Result<()> {
        self.set(name, "sAMAccountName", new)?;
        self.modify(&ldif::rename(&self.dn_of(name), &format!("CN={}", ldif::escaped(new))))
    }

    /// Disables a person's account.
    ///
    /// # Errors
    /// When there is none.
    pub fn disable(&self, name: &str) -> Result<()> {
        self.set(name, "userAccountControl", &(NORMAL_ACCOUNT | ACCOUNTDISABLE).to_string())
    }

    /// Enables it again.
    ///
    /// # Errors
    /// When there is none.
    pub fn enable(&self, name: &str) -> Result<()> {
        self.set(name, "userAccountControl", &NORMAL_ACCOUNT.to_string())
    }

    /// Lets an account end at a time, or never.
    ///
    /// # Errors
    /// When there is none.
    pub fn expire(&self, name: &str, at: Option<SystemTime>) -> Result<()> {
        let at = at.map_or(Ok(0), file_time)?;
        self.set(name, "accountExpires", &at.to_string())
    }

    /// Deletes an account or a group. What is added by the same name is another one, with another
    /// SID.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete(&self, cn: &str) -> Result<()> {
        self.run_to_its_end(self.ldb("ldbdel").arg(self.dn_of(cn)))
    }

    /// Makes a group somebody's primary group, in whose `member` they then are not, and whose
    /// `memberOf` is not theirs. They have to be a member.
    ///
    /// # Errors
    /// When they are none.
    pub fn set_primary_group(&self, name: &str, group: &str) -> Result<()> {
        let sid = self.sid_of(group)?;
        let rid = sid.rsplit('-').next().unwrap_or_default();
        self.set(name, "primaryGroupID", rid)
    }

    /// Takes from a reader the right to see who is in a group: who asks gets the group without the
    /// attribute.
    ///
    /// # Errors
    /// When there is no such group or reader.
    pub fn hide_members(&self, group: &str, reader: &str) -> Result<()> {
        /// schemaIDGUID of `member` (MS-ADA2).
        const MEMBER: &str = "bf9679c0-0de6-11d0-a285-00aa003049e2";
        let mut set = self.tool("samba-tool", &["dsacl", "set"]);
        set.arg("-H").arg(self.database());
        set.arg(format!("--objectdn={}", self.dn_of(group)));
        set.arg(format!("--sddl=(OD;;RP;{MEMBER};;{})", self.sid_of(reader)?));
        self.run_to_its_end(&set)
    }
}

/// A time as directories write it: in units of 100 ns since 1601.
pub(super) fn file_time(at: SystemTime) -> Result<u64> {
    /// From 1601 to 1970.
    const BEFORE_1970: Duration = Duration::from_secs(11_644_473_600);
    let since_1970 = at.duration_since(SystemTime::UNIX_EPOCH).map_err(|e| e.to_string())?;
    u64::try_from((since_1970 + BEFORE_1970).as_nanos() / 100)
        .map_err(|e| format!("the clock: {e}"))
}
