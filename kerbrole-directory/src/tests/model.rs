//! A small world of two domains, what its controllers have of it, and who is in which group by the
//! plainest reckoning.

use std::collections::BTreeSet;

use kerbrole_core::{Realm, Sid};
use tokio::sync::mpsc;

use super::server::{CONTROLS, Fault, Object, Server};
use crate::clock::Clock;
use crate::error::Error;
use crate::group_name::{GroupName, MappedGroup};
use crate::ldap::bind;
use crate::ldap::connection::Connection;
use crate::secret::Secret;
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::walk::walk;
use crate::wire::Wire;

/// What a thing of the world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    User,
    Disabled,
    Computer,
    Contact,
}

/// A thing of the world, in one of the two domains.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) domain: usize,
    pub(super) kind: Kind,
    /// What is directly in it, where it is a group.
    pub(super) members: Vec<usize>,
    /// The primary group, which has to be a group of the same domain.
    pub(super) primary: Option<usize>,
    pub(super) hides_members: bool,
}

impl Thing {
    pub(super) fn new(domain: usize, kind: Kind) -> Self {
        Self { domain, kind, members: Vec::new(), primary: None, hides_members: false }
    }

    pub(super) fn group(domain: usize, members: &[usize]) -> Self {
        Self { members: members.to_vec(), ..Self::new(domain, Kind::Group) }
    }
}

/// Two domains, `A.TEST` and `B.TEST`.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) things: Vec<Thing>,
    pub(super) page: usize,
    pub(super) portion: usize,
    /// In which domain what goes wrong at which message.
    pub(super) fault: Option<(usize, usize, Fault)>,
}

/// Somebody who was found: SID, name, whether enabled, mapped groups.
pub(super) type Row = (Sid, String, bool, Vec<usize>);

impl World {
    pub(super) fn new(things: Vec<Thing>) -> Self {
        Self { things, page: 2, portion: 2, fault: None }
    }

    fn letter(domain: usize) -> &'static str {
        ["a", "b"][domain]
    }

    fn domain_sid(domain: usize) -> Sid {
        format!("S-1-5-21-{}-2-3", domain + 1).parse().unwrap()
    }

    pub(super) fn sid(&self, thing: usize) -> Sid {
        let domain = Self::domain_sid(self.things[thing].domain);
        format!("{domain}-{}", 1_100 + thing).parse().unwrap()
    }

    fn name(thing: usize) -> String {
        format!("é{thing}")
    }

    pub(super) fn dn(&self, thing: usize) -> String {
        let letter = Self::letter(self.things[thing].domain);
        format!(r#"CN=é{thing} \\\,()*\#\",CN=Users,DC={letter},DC=test"#)
    }

    fn guid(domain: usize, thing: usize, is_mark: bool) -> [u8; 16] {
        let mut guid = [u8::from(is_mark); 16];
        (guid[0], guid[9]) = (u8::try_from(thing).unwrap(), u8::try_from(domain).unwrap());
        guid
    }

    /// A GUID as text, by its bytes (MS-DTYP, section 2.3.4.3).
    fn guid_text(g: [u8; 16]) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02X}")).collect::<String>();
        let turned = |bytes: &[u8]| hex(&bytes.iter().rev().copied().collect::<Vec<_>>());
        let (a, b, c) = (turned(&g[..4]), turned(&g[4..6]), turned(&g[6..8]));
        format!("{a}-{b}-{c}-{}-{}", hex(&g[8..10]), hex(&g[10..]))
    }

    /// What the controller had counted to when it wrote a thing.
    pub(super) fn usn(thing: usize) -> u64 {
        4_000 + thing as u64
    }

    /// A session with the controller of a domain.
    pub(super) async fn session(&self, domain: usize) -> Session {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (sender, _nobody_listens) = mpsc::unbounded_channel();
        drop(tokio::spawn(self.server(domain).serve(Box::new(theirs), sender)));
        open(ours, domain).await.unwrap()
    }

    /// What the controller of a domain has.
    pub(super) fn server(&self, domain: usize) -> Server {
        let letter = Self::letter(domain);
        let base = format!("DC={letter},DC=test");
        let text = |text: &str| vec![text.as_bytes().to_vec()];
        let root = vec![
            ("defaultNamingContext", text(&base)),
            ("configurationNamingContext", text(&format!("CN=Configuration,{base}"))),
            ("dsServiceName", text(&format!("CN=NTDS Settings,CN=DC1,{base}"))),
            ("highestCommittedUSN", text("4711")),
            ("supportedControl", CONTROLS.map(|oid| oid.as_bytes().to_vec()).to_vec()),
        ];
        let head = vec![("objectSid", vec![Self::domain_sid(domain).to_bytes()])];
        let cross = vec![
            ("objectClass", text("crossRef")),
            ("nCName", text(&base)),
            ("nETBIOSName", text(&letter.to_uppercase())),
        ];
        let object =
            |dn: &str, attributes| Object { dn: dn.into(), attributes, ..Object::default() };
        let mut objects = vec![
            object("", root),
            object(&base, head),
            object(&format!("CN=x,CN=Partitions,CN=Configuration,{base}"), cross),
        ];
        let mut marks = BTreeSet::new();
        for (number, thing) in self.things.iter().enumerate() {
            if thing.domain == domain {
                marks.extend(thing.members.iter().filter(|&&m| self.things[m].domain != domain));
                objects.push(self.object(number, thing));
            }
        }
        for mark in marks {
            let sid = self.sid(mark);
            let attributes = vec![
                ("objectClass", text("foreignSecurityPrincipal")),
                ("objectGUID", vec![Self::guid(domain, mark, true).to_vec()]),
                ("objectSid", vec![sid.to_bytes()]),
            ];
            objects.push(object(&self.mark_dn(domain, mark), attributes));
        }
        let fault = self.fault.clone().filter(|(at, ..)| *at == domain);
        let fault = fault.map(|(_, message, fault)| (message, fault));
        Server { objects, page: self.page, portion: self.portion, fault }
    }

    fn mark_dn(&self, domain: usize, thing: usize) -> String {
        let letter = Self::letter(domain);
        format!("CN={},CN=ForeignSecurityPrincipals,DC={letter},DC=test", self.sid(thing))
    }

    fn object(&self, number: usize, thing: &Thing) -> Object {
        let text = |text: &str| vec![text.as_bytes().to_vec()];
        let (classes, control): (&[&str], _) = match thing.kind {
            Kind::Group => (&["top", "group"], None),
            Kind::User => (&["top", "person", "user"], Some("512")),
            Kind::Disabled => (&["top", "person", "user"], Some("514")),
            Kind::Computer => (&["top", "user", "computer"], Some("4096")),
            Kind::Contact => (&["top", "contact"], None),
        };
        let classes = classes.iter().map(|class| class.as_bytes().to_vec()).collect();
        let guid = Self::guid(thing.domain, number, false).to_vec();
        let mut attributes = vec![("objectClass", classes), ("objectGUID", vec![guid])];
        attributes.push(("uSNChanged", text(&Self::usn(number).to_string())));
        if thing.kind != Kind::Contact {
            attributes.push(("objectSid", vec![self.sid(number).to_bytes()]));
            attributes.push(("sAMAccountName", text(&Self::name(number))));
        }
        if let Some(control) = control {
            attributes.push(("userAccountControl", text(control)));
            let primary = thing.primary.map_or(513, |group| self.sid(group).rid());
            attributes.push(("primaryGroupID", text(&primary.to_string())));
        }
        let member = |&member: &usize| {
            let is_mark = self.things[member].domain != thing.domain;
            let guid = Self::guid_text(Self::guid(thing.domain, member, is_mark));
            let dn = match is_mark {
                true => self.mark_dn(thing.domain, member),
                false => self.dn(member),
            };
            let sid = match self.things[member].kind {
                Kind::Contact if !is_mark => String::new(),
                _ => format!("<SID={}>;", self.sid(member)),
            };
            (format!("<GUID={guid}>;{sid}{dn}"), dn)
        };
        let members = thing.members.iter().map(member).collect();
        let hides_members = thing.hides_members;
        Object { dn: self.dn(number), attributes, members, hides_members }
    }

    /// The plainest reckoning: whoever is in a group, or in what is in it, until nothing is added.
    pub(super) fn naive(&self, mapped: &[usize]) -> Vec<Row> {
        let mut rows = Vec::new();
        let inside = |root: usize| {
            let mut all = BTreeSet::from([root]);
            loop {
                let before = all.len();
                for (number, thing) in self.things.iter().enumerate() {
                    if all.contains(&number) {
                        all.extend(thing.members.iter().copied());
                    }
                    if thing.primary.is_some_and(|group| all.contains(&group)) {
                        all.insert(number);
                    }
                }
                if all.len() == before {
                    return all;
                }
            }
        };
        let inside: Vec<_> = mapped.iter().map(|&root| inside(root)).collect();
        for (number, thing) in self.things.iter().enumerate() {
            let groups: Vec<_> =
                (0..mapped.len()).filter(|&group| inside[group].contains(&number)).collect();
            let is_person = matches!(thing.kind, Kind::User | Kind::Disabled);
            if is_person && !groups.is_empty() {
                let enabled = thing.kind == Kind::User;
                rows.push((self.sid(number), Self::name(number), enabled, groups));
            }
        }
        rows.sort();
        rows
    }

    /// Reads the world; also how many messages each controller sent.
    pub(super) async fn read_counted(
        &self,
        mapped: &[MappedGroup],
    ) -> (Result<Snapshot, Error>, [usize; 2]) {
        let mut counts = [0; 2];
        let mut sessions = Vec::new();
        let mut heard = Vec::new();
        for domain in 0..2 {
            let (ours, theirs) = tokio::io::duplex(1 << 16);
            let (sender, receiver) = mpsc::unbounded_channel();
            drop(tokio::spawn(self.server(domain).serve(Box::new(theirs), sender)));
            heard.push(receiver);
            sessions.push(open(ours, domain).await);
        }
        let sessions: Result<Vec<_>, _> = sessions.into_iter().collect();
        let outcome = match sessions {
            Ok(sessions) => walk(sessions, mapped).await,
            Err(error) => Err(error),
        };
        for (count, receiver) in counts.iter_mut().zip(&mut heard) {
            while receiver.try_recv().is_ok() {
                *count += 1;
            }
        }
        (outcome, counts)
    }

    pub(super) async fn read(&self, mapped: &[MappedGroup]) -> Result<Snapshot, Error> {
        self.read_counted(mapped).await.0
    }

    /// The groups of these numbers by their SIDs; each may be empty.
    pub(super) fn mapped(&self, groups: &[usize]) -> Vec<MappedGroup> {
        let by_sid =
            |&group: &usize| MappedGroup::new(GroupName::Sid(self.sid(group))).may_be_empty(true);
        groups.iter().map(by_sid).collect()
    }
}

/// What was read, to be compared.
pub(super) fn rows(snapshot: &Snapshot) -> Vec<Row> {
    let each = snapshot.people.iter();
    each.map(|p| (p.sid.clone(), p.sam_account_name.clone(), p.enabled, p.groups.clone())).collect()
}

async fn open(stream: tokio::io::DuplexStream, domain: usize) -> Result<Session, Error> {
    let minute = std::time::Duration::from_secs(60);
    let clock = Clock::new(minute, minute * 10);
    let mut connection = Connection::new(Wire::new(Box::new(stream), clock));
    bind::simple(&mut connection, "reader", &Secret::new("s3cret")).await?;
    let realm = Realm::parse(&format!("{}.test", World::letter(domain))).unwrap();
    Session::begin(connection, &realm, "ldaps://played".into()).await
}
