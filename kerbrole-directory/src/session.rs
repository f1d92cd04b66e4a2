//! A domain at a server that is logged in at: what it is called, and what is looked for in it.

use kerbrole_core::{Realm, Sid};
use rasn_ldap::SearchRequestScope as Scope;

use crate::dn::Dn;
use crate::error::{Error, ErrorKind, words};
use crate::ldap::connection::Connection;
use crate::ldap::controls::{DOMAIN_SCOPE, EXTENDED_DN, PAGED};
use crate::ldap::entry::Entry;
use crate::ldap::filter::{any, at_least, both, either, equals, not};
use crate::ldap::search::Search;
use crate::snapshot::Domain;

/// A domain that can be read.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) domain: Domain,
    base: Dn,
}

impl Session {
    /// Asks the server what it has.
    ///
    /// # Errors
    /// Where it is no domain controller of this realm.
    pub(crate) async fn begin(
        mut connection: Connection,
        realm: &Realm,
        server: String,
    ) -> Result<Self, Error> {
        let root = root(&mut connection).await?;
        for (oid, what) in
            [(PAGED, "pages"), (EXTENDED_DN, "DNs with SIDs"), (DOMAIN_SCOPE, "domain scope")]
        {
            if !root.values("supportedControl").iter().any(|other| other == oid.as_bytes()) {
                return Err(Error::new(
                    ErrorKind::Refused,
                    format!("the server is no Active Directory: it has no {what} ({oid})"),
                ));
            }
        }
        let name = |attribute| root.needed(attribute, root.text(attribute)?);
        let base_dn = name("defaultNamingContext")?.to_string();
        let configuration = name("configurationNamingContext")?;
        let highest_usn = root.number("highestCommittedUSN")?;
        let highest_usn = root.needed("highestCommittedUSN", highest_usn)?;
        let service = name("dsServiceName")?.to_string();
        let base = Dn::parse(&base_dn).ok_or_else(|| root.bad("defaultNamingContext"))?;
        if !base.domain().eq_ignore_ascii_case(realm.as_str()) {
            let shown = words(&base_dn);
            return Err(Error::configuration(format!(
                "the server is one of {shown}, and not of {realm}"
            ))
            .with_hint("Name a domain controller of the directory's own domain."));
        }
        let sid = domain_sid(&mut connection, &base_dn).await?;
        let netbios = netbios_name(&mut connection, configuration, &base_dn).await?;
        let highest_usn =
            u64::try_from(highest_usn).map_err(|_| root.bad("highestCommittedUSN"))?;
        let realm = realm.clone();
        let domain = Domain { realm, netbios, sid, base_dn, server, service, highest_usn };
        Ok(Self { connection, domain, base })
    }

    /// Whether a person or a group has been written since the server's number was this one.
    ///
    /// What was removed is not found: only administrators see where something was (MS-ADTS, section
    /// 3.1.1.4.1.2).
    ///
    /// # Errors
    /// Where the server does not answer.
    pub(crate) async fn has_written_since(
        &mut self,
        usn: u64,
        machines: bool,
    ) -> Result<bool, Error> {
        let class = |name: &str| equals("objectClass", name.as_bytes());
        let people = match machines {
            true => class("user"),
            false => both(class("user"), not(class("computer"))),
        };
        let search = Search {
            doing: "what was changed",
            base: &self.domain.base_dn,
            scope: Scope::WholeSubtree,
            filter: both(
                at_least("uSNChanged", &usn.saturating_add(1).to_string()),
                either(class("group"), people),
            ),
            // None (RFC 4511, section 4.5.1.8): that there is one is all that is wanted.
            attributes: &["1.1"],
            extended_dn: false,
        };
        Ok(self.connection.one_of(&search).await?.is_some())
    }

    /// Whether the domain has this DN.
    pub(crate) fn has(&self, dn: &Dn) -> bool {
        dn.is_below(&self.base) && dn.domain() == self.base.domain()
    }
}

async fn root(connection: &mut Connection) -> Result<Entry, Error> {
    let search = Search {
        doing: "what the server has",
        base: "",
        scope: Scope::BaseObject,
        filter: any(),
        attributes: &[
            "defaultNamingContext",
            "configurationNamingContext",
            "dsServiceName",
            "highestCommittedUSN",
            "supportedControl",
        ],
        extended_dn: false,
    };
    let root = connection.look_up(&search).await?;
    root.ok_or_else(|| Error::incomplete("the server does not say what it has"))
}

async fn domain_sid(connection: &mut Connection, base_dn: &str) -> Result<Sid, Error> {
    let search = Search {
        doing: "the domain's SID",
        base: base_dn,
        scope: Scope::BaseObject,
        filter: any(),
        attributes: &["objectSid"],
        extended_dn: false,
    };
    let entry = connection.look_up(&search).await?;
    let entry = entry.ok_or_else(|| {
        Error::incomplete(format!("{} is not there, or not to be seen", words(base_dn)))
    })?;
    let sid = entry.needed("objectSid", entry.value("objectSid")?)?;
    let sid = Sid::from_bytes(sid).ok().filter(Sid::is_domain);
    sid.ok_or_else(|| entry.bad("objectSid"))
}

async fn netbios_name(
    connection: &mut Connection,
    configuration: &str,
    base_dn: &str,
) -> Result<String, Error> {
    let class = equals("objectClass", b"crossRef");
    let partitions = format!("CN=Partitions,{configuration}");
    let search = Search {
        doing: "the domain's NetBIOS name",
        base: &partitions,
        scope: Scope::SingleLevel,
        filter: both(class, equals("nCName", base_dn.as_bytes())),
        attributes: &["nETBIOSName"],
        extended_dn: false,
    };
    let mut names = Vec::new();
    let mut found = |entry: Entry| {
        names.push(entry.needed("nETBIOSName", entry.text("nETBIOSName")?)?.to_string());
        Ok(())
    };
    connection.search(&search, &mut found).await?;
    match names.pop() {
        Some(name) if names.is_empty() => Ok(name),
        _ => Err(Error::incomplete("the domain's NetBIOS name is not to be seen")),
    }
}
