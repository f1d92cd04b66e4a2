//! What the proxy does to a client that knows nothing of it.

use kerbrole_tests::authority::Authority;
use kerbrole_tests::domain_controller::Asked;
use kerbrole_tests::ldap_proxy::{Fault, LdapProxy, Limits, Notice};
use rasn_ldap::ResultCode;

use super::search::{Found, Search};
use super::{CROWD, READER, REALM, domain};
use crate::directory::Context;

/// LDAP's codes (RFC 4511, appendix A).
const SIZE_LIMIT_EXCEEDED: i32 = 4;
const REFERRAL: i32 = 10;
const BUSY: i32 = 51;

const PEOPLE: &str = "(&(objectClass=user)(sAMAccountName=crowd*))";
const BY_PAGES: [&str; 2] = ["-E", "pr=1000/noprompt"];

pub(super) fn the_proxy_keeps_the_limits(c: &Context<'_>) {
    let domain = domain(c);
    let proxy = LdapProxy::start(domain, Limits::LOW).unwrap();
    let (page, range) = (Limits::LOW.page as usize, Limits::LOW.range as usize);
    for (url, options) in [(proxy.ldaps(), &[][..]), (proxy.ldap(), &["-ZZ"])] {
        let search = || Search::new(domain, &url).with(options);
        let cut = search().run(&[PEOPLE, "cn"]);
        assert_eq!((cut.code, cut.entries.len()), (SIZE_LIMIT_EXCEEDED, page), "{cut:?}");
        let before = proxy.searches();
        assert_eq!(search().with(&BY_PAGES).entries(&[PEOPLE, "cn"]).len(), CROWD.1);
        let pages = CROWD.1.div_ceil(page);
        assert!(proxy.searches() - before >= pages, "{} pages", proxy.searches() - before);

        // From one range to the next, as a client does it.
        let mut members = Vec::new();
        let (mut asked, mut ranges) = ("member".to_string(), 0);
        loop {
            let entries = search().entries(&[&format!("(cn={})", CROWD.0), &asked]);
            let (name, last) = entries[0]
                .iter()
                .find_map(|(name, _)| {
                    Some((name, name.strip_prefix("member;range=")?.split_once('-')?.1))
                })
                .unwrap();
            ranges += 1;
            let values = entries[0].iter().filter(|(other, _)| other == name);
            members.extend(values.map(|(_, value)| value.clone()));
            let Ok(last) = last.parse::<usize>() else { break };
            asked = format!("member;range={}-*", last + 1);
        }
        members.sort();
        members.dedup();
        assert_eq!((members.len(), ranges), (CROWD.1, CROWD.1.div_ceil(range)));
        // Who asked for no range gets the attribute without values, too, which only -A shows.
        let crowd = format!("(cn={})", CROWD.0);
        let names = |attribute: &str| {
            let entry = search().with(&["-A"]).entries(&[&crowd, attribute]).remove(0);
            entry.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let first = format!("member;range=0-{}", range - 1);
        assert_eq!(names("member"), ["dn", "member", &first]);
        assert_eq!(names("member;range=0-*"), ["dn", &first]);
        // A group that fits is not changed.
        let few = search().values("(cn=Domain Admins)", "member");
        assert_eq!(few.len(), 1, "{few:?}");
    }
    let high = LdapProxy::start(domain, Limits::ACTIVE_DIRECTORY).unwrap();
    let all = Search::new(domain, &high.ldaps());
    assert_eq!(all.values(&format!("(cn={})", CROWD.0), "member").len(), CROWD.1);
    assert_eq!(all.entries(&[PEOPLE, "cn"]).len(), CROWD.1);
}

pub(super) fn a_client_meets_each_fault(c: &Context<'_>) {
    let domain = domain(c);
    let proxy = LdapProxy::start(domain, Limits::LOW).unwrap();
    let run = || Search::new(domain, &proxy.ldaps()).with(&BY_PAGES).run(&[PEOPLE, "cn"]);
    let with = |number: usize, fault: Fault| -> Found {
        proxy.fail_from(number, fault);
        let found = run();
        proxy.mend();
        found
    };
    let page = Limits::LOW.page as usize;

    // Each message: the answer to the bind, the people, and the ends of the pages.
    let before = proxy.messages();
    assert_eq!(run().entries.len(), CROWD.1);
    let messages = proxy.messages() - before;
    assert!(messages > CROWD.1, "{messages} messages");
    for fault in [Fault::Cut, Fault::CutInside] {
        for number in 0..messages {
            let found = with(number, fault.clone());
            assert!(found.has_no_contact(), "{fault:?} {number}: {found:?}");
        }
    }
    for notice in [Notice::Proper, Notice::Nameless, Notice::Overlong, Notice::Garbage] {
        let found = with(3, Fault::Disconnection(notice));
        assert_ne!(found.code, 0, "{notice:?}: {found:?}");
    }

    let busy = with(1, Fault::Answer(ResultCode::Busy));
    assert_eq!((busy.code, busy.entries.len()), (BUSY, page), "{busy:?}");
    let ended = with(1, Fault::EndsWith(ResultCode::SizeLimitExceeded));
    assert_eq!((ended.code, ended.entries.len()), (SIZE_LIMIT_EXCEEDED, 2 * page), "{ended:?}");
    // What is too little looks like all there is to a client that does not look.
    for fault in [Fault::NoPaging, Fault::NoCookie] {
        let found = with(0, fault.clone());
        assert_eq!((found.code, found.entries.len()), (0, page), "{fault:?}: {found:?}");
    }
    let strange = with(0, Fault::StrangeCookie);
    assert_ne!(strange.code, 0, "{strange:?}");
    let elsewhere = "ldap://elsewhere.example.org/DC=elsewhere";
    let referral = with(0, Fault::Referral(elsewhere.into()));
    assert_eq!((referral.code, referral.entries.len()), (REFERRAL, 0), "{referral:?}");
    let reference = with(0, Fault::Reference(elsewhere.into()));
    assert!(reference.references.iter().any(|to| to.contains(elsewhere)), "{reference:?}");

    proxy.fail_from(0, Fault::EndlessRange);
    for from in [0, 30, 45, 1000] {
        let asked = format!("member;range={from}-*");
        let search = Search::new(domain, &proxy.ldaps());
        let entries = search.entries(&[&format!("(cn={})", CROWD.0), &asked]);
        let more = format!("member;range={from}-{}", from + Limits::LOW.range - 1);
        assert!(entries[0].iter().any(|(name, _)| *name == more), "{more}: {entries:?}");
    }
    proxy.mend();
    let silent = Search::new(domain, &proxy.ldaps()).patience(1);
    proxy.fail_from(0, Fault::Silence);
    let found = silent.run(&[PEOPLE, "cn"]);
    assert!(found.has_no_contact() && found.entries.is_empty(), "{found:?}");
    proxy.mend();
    assert_eq!(run().entries.len(), CROWD.1, "when all is well again");

    let wrong = [
        domain.authority().issue(&["elsewhere.example.org"]).unwrap(),
        domain.authority().issue_expired(&["127.0.0.1"]).unwrap(),
        Authority::new(&format!("The authority of {REALM}"))
            .unwrap()
            .issue(&["127.0.0.1"])
            .unwrap(),
    ];
    for certificate in wrong {
        let proxy = LdapProxy::start_with(domain, Limits::LOW, &certificate).unwrap();
        let found = Search::new(domain, &proxy.ldaps()).run(&[PEOPLE, "cn"]);
        assert!(found.has_no_contact() && proxy.messages() == 0, "{found:?}");
    }
}

pub(super) fn a_sealed_connection_is_cut_as_well(c: &Context<'_>) {
    let domain = domain(c);
    let proxy = LdapProxy::start(domain, Limits::LOW).unwrap();
    let ticket = domain.ticket(READER, Asked::AsTyped).unwrap();
    let run = || {
        let search = Search::new(domain, &proxy.ldap()).ticket(&ticket);
        search.with(&["-O", "minssf=56"]).with(&BY_PAGES).run(&[PEOPLE, "cn"])
    };
    let whole = run();
    assert_eq!((whole.code, whole.entries.len()), (0, CROWD.1), "{whole:?}");
    assert_eq!(proxy.searches(), 0, "nobody looks into it");
    let messages = proxy.messages();
    assert!(messages > 3, "{messages} messages: the bind's, and those that are sealed");
    for fault in [Fault::Cut, Fault::CutInside, Fault::Disconnection(Notice::Proper)] {
        for number in 0..messages {
            proxy.fail_from(number, fault.clone());
            let found = run();
            assert!(found.code != 0, "{fault:?} {number}: {found:?}");
        }
    }
    proxy.mend();
    assert_eq!(run().entries.len(), CROWD.1, "when all is well again");
}
