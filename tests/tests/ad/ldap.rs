//! The directory itself over LDAP, and the proxy before it, as OpenLDAP's ldapsearch sees them:
//! whoever tests a client of directories builds on what is shown here.

mod proxy;
mod search;

use std::time::{Duration, SystemTime};

use kerbrole_tests::authority::Authority;
use kerbrole_tests::domain_controller::Scope::{DomainLocal, Global, Universal};
use kerbrole_tests::domain_controller::{Account, Asked, Domain, Group};
use once_cell::sync::OnceCell;

use crate::ad_cases;
use crate::directory::Context;
use proxy::{
    a_client_meets_each_fault, a_sealed_connection_is_cut_as_well, the_proxy_keeps_the_limits,
};
use search::Search;

ad_cases! {
    Once: passwords_need_tls, what_is_in_the_directory_is_read, what_administrators_do_is_seen,
        two_domains_stand_side_by_side, the_proxy_keeps_the_limits, a_client_meets_each_fault,
        a_sealed_connection_is_cut_as_well;
}

const REALM: &str = "PEOPLE.EXAMPLE.NET";
/// Who reads the directory, and is nobody else.
const READER: &str = "svc-reader";
/// A group, and how many people are in it, whose names begin with `crowd`.
const CROWD: (&str, usize) = ("Crowd", 40);

/// A domain that only these tests use: what they change is nobody else's.
fn domain(c: &Context<'_>) -> &'static Domain {
    static DOMAIN: OnceCell<Domain> = OnceCell::new();
    DOMAIN
        .get_or_try_init(|| -> Result<_, String> {
            let domain = Domain::start(c.sandbox(), REALM)?;
            let crowd: Vec<_> = (0..CROWD.1).map(|n| format!("crowd{n}")).collect();
            let people = crowd.iter().map(|name| Account::user(name).without_password());
            domain.add(&people.chain([Account::user(READER)]).collect::<Vec<_>>())?;
            let all = crowd.iter().map(|name| domain.dn_of(name));
            domain.add_groups(&[Group::new(CROWD.0, Global).members(all)])?;
            Ok(domain)
        })
        .unwrap()
}

/// A search as the reader over TLS.
fn search(domain: &Domain) -> Search<'_> {
    Search::new(domain, &domain.ldaps())
}

fn passwords_need_tls(c: &Context<'_>) {
    let domain = domain(c);
    let base = ["-s", "base", "(objectClass=*)", "dn"];
    let found = |search: Search<'_>| search.entries(&base).len();
    assert_eq!(found(search(domain)), 1);
    assert_eq!(found(Search::new(domain, &domain.ldap()).with(&["-ZZ"])), 1);

    // LDAP's codes (RFC 4511, appendix A).
    const STRONGER_AUTH_REQUIRED: i32 = 8;
    const INVALID_CREDENTIALS: i32 = 49;
    let without = Search::new(domain, &domain.ldap()).run(&base);
    assert_eq!(without.code, STRONGER_AUTH_REQUIRED, "{without:?}");
    let wrong = search(domain).password("wrong").run(&base);
    assert_eq!(wrong.code, INVALID_CREDENTIALS, "{wrong:?}");
    let another = Authority::new("The authority of PEOPLE.EXAMPLE.NET").unwrap();
    let stranger = search(domain).trusting(&another).run(&base);
    assert!(stranger.has_no_contact(), "{stranger:?}");
}

fn what_is_in_the_directory_is_read(c: &Context<'_>) {
    let domain = domain(c);
    let odd = r#" Müller, "Jo" (x)*#\ "#;
    domain
        .add(&[
            Account::user("nested"),
            Account::user("odd").cn(odd),
            Account::contact("A contact"),
            Account::computer("HOST1$"),
            Account::managed_service("gmsa1$"),
        ])
        .unwrap();
    let dn = |cn: &str| domain.dn_of(cn);
    domain
        .add_groups(&[
            Group::new("inner", Global).members([dn("nested"), dn(odd)]),
            Group::new("middle", Universal).members([dn("inner"), dn("A contact")]),
            Group::new("outer", DomainLocal).members([dn("middle"), dn("HOST1$"), dn("gmsa1$")]),
            Group::new("mail", Universal).for_mail().cn("Mail #1"),
        ])
        .unwrap();
    // A circle, somebody of another domain, and everybody.
    domain.add_groups(&[Group::new("circle", Universal).members([dn("middle")])]).unwrap();
    domain.join("middle", &dn("circle")).unwrap();
    domain.join_foreign("outer", "S-1-5-21-9-8-7-1234").unwrap();
    domain.join("outer", &domain.well_known("S-1-5-11")).unwrap();

    let members = |group: &str| search(domain).values(&format!("(cn={group})"), "member");
    let foreign = ["S-1-5-21-9-8-7-1234", "S-1-5-11"].map(|sid| domain.well_known(sid));
    let mut outer = vec![dn("middle"), dn("HOST1$"), dn("gmsa1$")];
    outer.extend(foreign);
    outer.sort();
    assert_eq!(members("outer"), outer);
    assert_eq!(members("middle"), [dn("A contact"), dn("circle"), dn("inner")]);
    assert_eq!(members("circle"), [dn("middle")]);
    assert_eq!(members("inner").len(), 2);
    assert_eq!(search(domain).values("(sAMAccountName=odd)", "cn"), [odd]);
    let in_chain = "(&(sAMAccountName=odd)(memberOf:1.2.840.113556.1.4.1941:=";
    let found = search(domain).entries(&[&format!("{in_chain}{}))", dn("outer")), "cn"]);
    assert_eq!(found.len(), 1, "by a filter that the server follows: {found:?}");
    let kinds = search(domain).values("(sAMAccountName=gmsa1$)", "objectClass");
    assert!(kinds.contains(&"msDS-GroupManagedServiceAccount".to_string()), "{kinds:?}");
    let kind = |name: &str| {
        let values = search(domain).values(&format!("(sAMAccountName={name})"), "groupType");
        values[0].parse::<i32>().unwrap()
    };
    const SECURITY: i32 = i32::MIN;
    assert_eq!(kind("inner"), SECURITY | 2);
    assert_eq!(kind("outer"), SECURITY | 4);
    assert_eq!(kind("middle"), SECURITY | 8);
    assert_eq!(kind("mail"), 8);
}

fn what_administrators_do_is_seen(c: &Context<'_>) {
    let domain = domain(c);
    let people = ["ann", "bob", "cid", "dan"].map(Account::user);
    domain.add(&people).unwrap();
    let all = ["ann", "bob"].map(|name| domain.dn_of(name));
    domain
        .add_groups(&[
            Group::new("staff", Global).members(all.clone()),
            Group::new("secret", Global).members(all),
        ])
        .unwrap();
    let value = |name: &str, attribute: &str| {
        search(domain).values(&format!("(sAMAccountName={name})"), attribute).concat()
    };

    let before = domain.sid_of("ann").unwrap();
    assert!(before.starts_with(&format!("{}-", domain.sid)), "{before} of {}", domain.sid);
    domain.rename("ann", "anna").unwrap();
    assert_eq!(domain.sid_of("anna").unwrap(), before);
    assert_eq!(value("anna", "distinguishedName"), domain.dn_of("anna"));
    assert!(domain.sid_of("ann").is_err());
    let staff = search(domain).values("(cn=staff)", "member");
    assert_eq!(staff, [domain.dn_of("anna"), domain.dn_of("bob")]);

    let is_disabled = |name: &str| value(name, "userAccountControl").parse::<u32>().unwrap() & 2;
    domain.disable("bob").unwrap();
    assert_eq!(is_disabled("bob"), 2);
    assert!(domain.ticket("bob", Asked::AsTyped).unwrap_err().contains("revoked"));
    domain.enable("bob").unwrap();
    assert_eq!(is_disabled("bob"), 0);
    domain.ticket("bob", Asked::AsTyped).unwrap();

    let yesterday = SystemTime::now() - Duration::from_secs(86_400);
    domain.expire("cid", Some(yesterday)).unwrap();
    assert!(domain.ticket("cid", Asked::AsTyped).is_err(), "an account that has ended");
    domain.expire("cid", None).unwrap();
    domain.ticket("cid", Asked::AsTyped).unwrap();

    let before = domain.sid_of("dan").unwrap();
    domain.delete("dan").unwrap();
    assert!(search(domain).entries(&["(sAMAccountName=dan)", "cn"]).is_empty());
    domain.add(&[Account::user("dan")]).unwrap();
    assert_ne!(domain.sid_of("dan").unwrap(), before, "the same name, and somebody else");

    domain.set_primary_group("anna", "staff").unwrap();
    assert_eq!(search(domain).values("(cn=staff)", "member"), [domain.dn_of("bob")]);
    let rid = domain.sid_of("staff").unwrap().rsplit('-').next().unwrap().to_string();
    assert_eq!(value("anna", "primaryGroupID"), rid);
    domain.leave("staff", &domain.dn_of("bob")).unwrap();
    assert!(search(domain).values("(cn=staff)", "member").is_empty());

    domain.hide_members("secret", READER).unwrap();
    let seen = search(domain).entries(&["(cn=secret)", "cn", "member"]);
    assert_eq!(seen.len(), 1, "the group is seen");
    assert!(!seen[0].iter().any(|(name, _)| name == "member"), "{seen:?}");
    let theirs = search(domain).user("anna").values("(cn=secret)", "member");
    assert_eq!(theirs.len(), 2, "others see who is in it");
    let filter = format!("(memberOf={})", domain.dn_of("secret"));
    assert_eq!(search(domain).entries(&[&filter, "cn"]).len(), 2, "the other way round");
}

fn two_domains_stand_side_by_side(c: &Context<'_>) {
    let (one, other) = (domain(c), c.domain());
    assert_ne!(one.address, other.address);
    assert_ne!(one.sid, other.sid);
    for (domain, user) in [(one, READER), (other, "svc-upper")] {
        let base = ["-s", "base", "(objectClass=*)", "objectSid"];
        assert_eq!(search(domain).user(user).entries(&base).len(), 1);
        // With a ticket, by the server's address, in a sealed connection without TLS.
        let ticket = domain.ticket(user, Asked::AsTyped).unwrap();
        let sealed = Search::new(domain, &domain.ldap()).ticket(&ticket);
        assert_eq!(sealed.with(&["-O", "minssf=56"]).entries(&base).len(), 1);
    }
}
