//! Who is in which group, as kerbrole-directory reads it from Samba: by each kind of connection,
//! with Active Directory's limits, and with each fault at each message.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, SystemTime};

use kerbrole_directory::{
    Bind, Directory, Error, ErrorKind, MappedGroup, Person, PersonKind, Secret, Snapshot, read,
};
use kerbrole_tests::authority::Authority;
use kerbrole_tests::domain_controller::Scope::{DomainLocal, Global, Universal};
use kerbrole_tests::domain_controller::{Account, Asked, Domain, Group, PASSWORD};
use kerbrole_tests::ldap_proxy::{Fault, LdapProxy, Limits, Notice};
use kerbrole_tests::version::built;
use once_cell::sync::OnceCell;
use rasn_ldap::ResultCode;

use crate::accounts::MIXED_CASE;
use crate::ad_cases;
use crate::directory::Context;

ad_cases! {
    Once: each_kind_of_connection_reads_everybody, a_ticket_reads_everybody_sealed,
        somebody_of_another_domain_is_read_there, low_limits_change_nothing,
        each_fault_at_each_message_ends_the_reading, what_cannot_be_told_is_an_error;
}

const REALM: &str = "READ.EXAMPLE.NET";
const READER: &str = "svc-reader";
/// Each character that has a meaning in a DN or in a filter, and one outside of ASCII.
const ODD: &str = r#" é, "g" \(x)*#;=+<> "#;
/// As many as take several pages and portions of the proxy.
const CROWD: usize = 40;

fn domain(c: &Context<'_>) -> &'static Domain {
    static DOMAIN: OnceCell<Domain> = OnceCell::new();
    DOMAIN.get_or_try_init(|| fill(Domain::start(c.sandbox(), REALM)?)).unwrap()
}

/// `top` has `alice`, `middle` and a machine; `middle` the group with the odd name, a contact and
/// `top` itself; the odd one somebody with an odd name, somebody disabled and somebody expired.
/// `first` is somebody's primary group, and nobody else's.
fn fill(domain: Domain) -> Result<Domain, String> {
    let crowd: Vec<_> = (0..CROWD).map(|n| format!("crowd{n:02}")).collect();
    let crowds = crowd.iter().map(|name| Account::user(name).without_password());
    domain.add(&crowds.collect::<Vec<_>>())?;
    domain.add(&[
        Account::user(READER),
        Account::user("alice"),
        Account::user("Élise O'Neill").cn(r#"O'Neill, "Élise" #1 \"#),
        Account::user("gone").disabled(),
        Account::user("ended"),
        Account::user("prim"),
        Account::computer("HOST1$"),
        Account::managed_service("gmsa1$"),
        Account::contact("A contact"),
    ])?;
    let yesterday = SystemTime::now() - Duration::from_secs(86_400);
    domain.expire("ended", Some(yesterday))?;
    let dn = |cn: &str| domain.dn_of(cn);
    let odd = [dn(r#"O'Neill, "Élise" #1 \"#), dn("gone"), dn("ended")];
    domain.add_groups(&[
        Group::new("crowd", Global).members(crowd.iter().map(|name| dn(name))),
        Group::new("odd", Global).cn(ODD).members(odd),
        Group::new("middle", Universal).members([dn(ODD), dn("A contact")]),
        Group::new("top", Universal).members([dn("alice"), dn("middle"), dn("HOST1$")]),
        Group::new("machines", DomainLocal).members([dn("HOST1$"), dn("gmsa1$"), dn("alice")]),
        Group::new("first", Global).members([dn("prim")]),
        Group::new("foreign", DomainLocal).members([dn("alice")]),
        Group::new("secret", Global).members([dn("alice")]),
        Group::new("nobody", Global),
        Group::new("all", DomainLocal),
    ])?;
    domain.join("middle", &dn("top"))?;
    domain.set_primary_group("prim", "first")?;
    domain.join("all", &domain.well_known("S-1-5-11"))?;
    domain.hide_members("secret", READER)?;
    Ok(domain)
}

/// The directory by a password.
fn directory(domain: &Domain, user: &str, url: &str) -> Directory {
    let bind = Bind::simple(format!("{user}@{}", domain.realm), Secret::new(PASSWORD));
    let directory = Directory::new(&domain.realm, bind).unwrap();
    directory.server(url.parse().unwrap()).ca_file(domain.ca_file())
}

fn mapped(groups: &[&str]) -> Vec<MappedGroup> {
    let each = groups.iter();
    each.map(|group| MappedGroup::new(format!(r"READ\{group}").parse().unwrap())).collect()
}

fn reading(directories: &[Directory], groups: &[MappedGroup]) -> Result<Snapshot, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(read(directories, groups))
}

fn by_tls(domain: &Domain, groups: &[&str]) -> Result<Snapshot, Error> {
    reading(&[directory(domain, READER, &domain.ldaps())], &mapped(groups))
}

/// Somebody as a line: `alice@REALM enabled 0,2`.
fn line(person: &Person) -> String {
    let groups: Vec<_> = person.groups.iter().map(ToString::to_string).collect();
    let enabled = if person.enabled { "enabled" } else { "shut out" };
    format!("{}@{} {enabled} {}", person.sam_account_name, person.realm, groups.join(","))
}

fn lines(snapshot: &Snapshot) -> BTreeSet<String> {
    snapshot.people.iter().map(line).collect()
}

fn set(lines: &[&str]) -> BTreeSet<String> {
    lines.iter().map(ToString::to_string).collect()
}

const GROUPS: [&str; 3] = ["top", "odd", "first"];
const EVERYBODY: [&str; 5] = [
    "alice@READ.EXAMPLE.NET enabled 0",
    "Élise O'Neill@READ.EXAMPLE.NET enabled 0,1",
    "gone@READ.EXAMPLE.NET shut out 0,1",
    "ended@READ.EXAMPLE.NET shut out 0,1",
    "prim@READ.EXAMPLE.NET enabled 2",
];

fn each_kind_of_connection_reads_everybody(c: &Context<'_>) {
    let domain = domain(c);
    for url in [domain.ldaps(), domain.ldap()] {
        let read = reading(&[directory(domain, READER, &url)], &mapped(&GROUPS)).unwrap();
        assert_eq!(lines(&read), set(&EVERYBODY), "{url}");
        assert_eq!(read.domains[0].netbios, "READ");
        assert_eq!(read.domains[0].sid.to_string(), domain.sid);
        for person in &read.people {
            let sid = domain.sid_of(&person.sam_account_name).unwrap();
            assert_eq!(person.sid.to_string(), sid);
        }
        // The chain by which somebody is in a group.
        let elise = read.people.iter().position(|p| p.sam_account_name.contains("lise")).unwrap();
        let chain = read.chain(elise, 0).unwrap();
        let above = ["top", "middle"].map(|cn| domain.dn_of(cn).to_lowercase());
        assert_eq!(chain.len(), 3, "{chain:?}");
        assert_eq!([chain[0].to_lowercase(), chain[1].to_lowercase()], above);
    }
    // By whatever name.
    let names = [domain.dn_of(ODD), domain.sid_of("odd").unwrap()];
    for name in names {
        let group = MappedGroup::new(name.parse().unwrap());
        let read = reading(&[directory(domain, READER, &domain.ldaps())], &[group]).unwrap();
        assert_eq!(read.groups[0].people, 3, "{name}");
    }
    let machines = mapped(&["machines"]).remove(0).takes_machines(true);
    let read = reading(&[directory(domain, READER, &domain.ldaps())], &[machines]).unwrap();
    let kinds: BTreeSet<_> =
        read.people.iter().map(|p| (p.sam_account_name.as_str(), p.kind)).collect();
    let expected = [
        ("HOST1$", PersonKind::Computer),
        ("alice", PersonKind::User),
        ("gmsa1$", PersonKind::ManagedServiceAccount),
    ];
    assert_eq!(kinds, BTreeSet::from(expected));
}

/// By the example, since a ticket is the whole process's.
fn a_ticket_reads_everybody_sealed(c: &Context<'_>) {
    let domain = domain(c);
    let ticket = domain.ticket(READER, Asked::AsTyped).unwrap();
    let mut example = Command::new(built("examples").join("read"));
    example.args([REALM, &domain.ldap(), "ticket"]);
    example.args(GROUPS.map(|group| format!(r"READ\{group}")));
    example.env("KRB5CCNAME", &ticket.cache).env("KRB5_CONFIG", &ticket.config);
    let output = example.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let people: BTreeSet<_> =
        said.lines().filter_map(|line| line.strip_prefix("person ")).collect();
    let expected = [
        "enabled [0] alice",
        "enabled [0, 1] Élise O'Neill",
        "disabled [0, 1] gone",
        "disabled [0, 1] ended",
        "enabled [2] prim",
    ];
    assert_eq!(people, BTreeSet::from(expected), "{said}");
}

fn somebody_of_another_domain_is_read_there(c: &Context<'_>) {
    let (here, there) = (domain(c), c.domain());
    let sid = there.sid_of(MIXED_CASE).unwrap();
    here.join_foreign("foreign", &sid).unwrap();
    let error = by_tls(here, &["foreign"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
    assert!(error.to_string().contains(&sid), "{error}");
    let both =
        [directory(here, READER, &here.ldaps()), directory(there, "svc-upper", &there.ldaps())];
    let read = reading(&both, &mapped(&["foreign"])).unwrap();
    let theirs = format!("{MIXED_CASE}@{} enabled 0", there.realm);
    assert_eq!(lines(&read), set(&["alice@READ.EXAMPLE.NET enabled 0", &theirs]));
}

fn low_limits_change_nothing(c: &Context<'_>) {
    let domain = domain(c);
    let proxy = LdapProxy::start(domain, Limits::LOW).unwrap();
    for url in [proxy.ldaps(), proxy.ldap()] {
        let all = ["top", "odd", "first", "crowd"];
        let read = reading(&[directory(domain, READER, &url)], &mapped(&all)).unwrap();
        let mut expected = set(&EVERYBODY);
        expected.extend((0..CROWD).map(|n| format!("crowd{n:02}@{REALM} enabled 3")));
        assert_eq!(lines(&read), expected);
    }
}

fn each_fault_at_each_message_ends_the_reading(c: &Context<'_>) {
    use ErrorKind::{Busy, Incomplete, Limit, Protocol, Referral, TimedOut, Unreachable};
    let domain = domain(c);
    let proxy = LdapProxy::start(domain, Limits::LOW).unwrap();
    let try_read = |groups: &[&str]| {
        let limit = Duration::from_secs(2);
        let directory = directory(domain, READER, &proxy.ldaps());
        reading(&[directory.read_timeout(limit).connect_timeout(limit)], &mapped(groups))
    };
    // How often a fault made a difference, of how many times; what kind of error it was then.
    let ends = |groups: &[&str], step: usize, fault: &Fault, kinds: &[ErrorKind]| {
        let whole = lines(&try_read(groups).unwrap());
        let (messages, searches) = (proxy.messages(), proxy.searches());
        try_read(groups).unwrap();
        let is_of_messages = matches!(
            fault,
            Fault::Cut | Fault::CutInside | Fault::Disconnection(_) | Fault::Silence
        );
        let count = match is_of_messages {
            true => proxy.messages() - messages,
            false => proxy.searches() - searches,
        };
        assert!(count > 8, "{count}");
        let (mut ended, mut tried) = (0, 0);
        for number in (0..count).step_by(step) {
            tried += 1;
            proxy.fail_from(number, fault.clone());
            match try_read(groups) {
                Ok(read) => assert_eq!(lines(&read), whole, "{fault:?} at {number}"),
                Err(error) => {
                    ended += 1;
                    assert!(kinds.contains(&error.kind()), "{fault:?} at {number}: {error:?}");
                }
            }
            proxy.mend();
        }
        (ended, tried)
    };
    let few = ["odd", "first"];
    let elsewhere = "ldap://elsewhere.example.net/DC=elsewhere";
    for (fault, step, kinds) in [
        (Fault::Cut, 1, &[Unreachable][..]),
        (Fault::CutInside, 2, &[Unreachable]),
        (Fault::Disconnection(Notice::Proper), 4, &[Busy]),
        (Fault::Disconnection(Notice::Nameless), 5, &[Busy]),
        (Fault::Disconnection(Notice::Overlong), 5, &[Busy]),
        (Fault::Disconnection(Notice::Garbage), 5, &[Protocol]),
        (Fault::Silence, 20, &[TimedOut]),
        (Fault::Answer(ResultCode::Busy), 1, &[Busy]),
        (Fault::Answer(ResultCode::Unavailable), 4, &[Busy]),
        (Fault::Answer(ResultCode::TimeLimitExceeded), 4, &[Limit]),
        (Fault::EndsWith(ResultCode::SizeLimitExceeded), 1, &[Limit]),
        (Fault::Referral(elsewhere.into()), 4, &[Referral]),
        (Fault::Reference(elsewhere.into()), 1, &[Referral]),
    ] {
        let (ended, tried) = ends(&few, step, &fault, kinds);
        assert_eq!(ended, tried, "{fault:?}");
    }
    // What is not read by pages or in portions goes on without a difference.
    for (fault, kinds) in [(Fault::NoPaging, Incomplete), (Fault::EndlessRange, Protocol)] {
        let (ended, _) = ends(&["crowd"], 1, &fault, &[kinds]);
        assert!(ended > 0, "{fault:?}");
    }
    let groups = mapped(&few);
    let stranger = Authority::new("Somebody else").unwrap().issue(&["127.0.0.1"]).unwrap();
    let proxy = LdapProxy::start_with(domain, Limits::LOW, &stranger).unwrap();
    let error = reading(&[directory(domain, READER, &proxy.ldaps())], &groups).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
}

fn what_cannot_be_told_is_an_error(c: &Context<'_>) {
    let domain = domain(c);
    for (group, kind) in [
        ("all", ErrorKind::Everybody),
        ("secret", ErrorKind::HiddenMembers),
        ("nobody", ErrorKind::EmptyGroup),
        ("missing", ErrorKind::NoSuchGroup),
        ("alice", ErrorKind::NoSuchGroup),
        // A directory takes one for the other.
        ("ödd", ErrorKind::NoSuchGroup),
    ] {
        let error = by_tls(domain, &["first", group]).unwrap_err();
        assert_eq!(error.kind(), kind, "{group}: {error:?}");
    }
    let wrong = Bind::simple(format!("{READER}@{REALM}"), Secret::new("wrong"));
    let wrong = Directory::new(REALM, wrong).unwrap();
    let wrong = wrong.server(domain.ldaps().parse().unwrap()).ca_file(domain.ca_file());
    let error = reading(&[wrong], &mapped(&["first"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials, "{error:?}");
    let system = Bind::simple(format!("{READER}@{REALM}"), Secret::new(PASSWORD));
    let system = Directory::new(REALM, system).unwrap().server(domain.ldaps().parse().unwrap());
    let error = reading(&[system], &mapped(&["first"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "the system does not know the domain: {error:?}");
}
