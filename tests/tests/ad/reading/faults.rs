//! A read of which one message, or one search, is not as it should be.

use std::time::{Duration, Instant};

use kerbrole_directory::{Bind, Directory, ErrorKind, Secret, read};
use kerbrole_tests::domain_controller::PASSWORD;
use kerbrole_tests::ldap_proxy::{Fault, Notice};
use rasn_ldap::ResultCode;

use super::crowd::Crowd;
use crate::access_files::READER;
use crate::directory::Context;

/// Where a directory says that something else is.
const ELSEWHERE: &str = "ldap://elsewhere.example.org/DC=elsewhere";

/// What is about messages, and has to be an error at each.
pub(super) const OF_MESSAGES: [Fault; 6] = [
    Fault::Cut,
    Fault::CutInside,
    Fault::Disconnection(Notice::Proper),
    Fault::Disconnection(Notice::Nameless),
    Fault::Disconnection(Notice::Overlong),
    Fault::Disconnection(Notice::Garbage),
];

/// What is about searches.
pub(super) fn of_searches() -> [Fault; 11] {
    [
        Fault::Answer(ResultCode::Busy),
        Fault::Answer(ResultCode::Unavailable),
        Fault::Answer(ResultCode::TimeLimitExceeded),
        Fault::Answer(ResultCode::AdminLimitExceeded),
        Fault::Referral(ELSEWHERE.into()),
        Fault::Reference(ELSEWHERE.into()),
        Fault::EndsWith(ResultCode::SizeLimitExceeded),
        Fault::NoPaging,
        Fault::NoCookie,
        Fault::StrangeCookie,
        Fault::EndlessRange,
    ]
}

/// How many messages and searches a read has.
pub(super) fn extent(crowd: &Crowd) -> (usize, usize) {
    let before = (crowd.proxy.messages(), crowd.proxy.searches());
    assert_eq!(crowd.read().unwrap(), crowd.whole("leaver"));
    (crowd.proxy.messages() - before.0, crowd.proxy.searches() - before.1)
}

/// Reads with a fault: whether that is an error. Otherwise it is as if there were no fault.
pub(super) fn is_hit(crowd: &Crowd, number: usize, fault: &Fault) -> bool {
    crowd.proxy.fail_at(number, fault.clone());
    let outcome = crowd.read();
    crowd.proxy.mend();
    match outcome {
        Ok(answer) => {
            assert_eq!(answer, crowd.whole("leaver"), "{fault:?} at {number}");
            false
        }
        Err(error) => {
            // No mistake of a file, and nothing that a group is said to have or not to have.
            use ErrorKind::{Configuration, EmptyGroup, Everybody, HiddenMembers, NoSuchGroup};
            let wrong = [Configuration, EmptyGroup, Everybody, HiddenMembers, NoSuchGroup];
            assert!(!wrong.contains(&error.kind()), "{fault:?} at {number}: {error:?}");
            assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
            true
        }
    }
}

/// Those of the numbers at which a fault is an error.
fn hits(crowd: &Crowd, numbers: impl IntoIterator<Item = usize>, fault: &Fault) -> Vec<usize> {
    numbers.into_iter().filter(|&number| is_hit(crowd, number, fault)).collect()
}

pub(super) fn each_message_and_search_is_needed(c: &Context<'_>) {
    let crowd = Crowd::gather(c, "m");
    let (messages, searches) = extent(&crowd);
    assert!(messages > 60 && searches > 15, "{messages} messages, {searches} searches");
    let each = |fault: &Fault, first: usize, step: usize| {
        let numbers: Vec<_> = (first..messages).step_by(step).collect();
        assert_eq!(hits(&crowd, numbers.clone(), fault), numbers, "{fault:?}");
    };
    each(&Fault::Cut, 0, 1);
    // These are met at all of them together.
    for (first, fault) in OF_MESSAGES[1..].iter().enumerate() {
        each(fault, first, OF_MESSAGES.len() - 1);
    }
    each_search(&crowd, searches);
    silence_ends(&crowd, messages);

    crowd.write(&crowd.proxy.ldap());
    assert_eq!(extent(&crowd), (messages, searches), "with StartTLS");
    each(&Fault::Cut, 0, 3);
    assert_eq!(crowd.read().unwrap(), crowd.whole("leaver"), "when all is well again");
}

fn each_search(crowd: &Crowd, searches: usize) {
    let all: Vec<_> = (0..searches).collect();
    // A cookie of nobody's is sent back, and refused, where a search is read by pages.
    let paged = hits(crowd, 0..searches, &Fault::StrangeCookie);
    assert!(paged.len() > 10 && paged.len() < searches, "{paged:?} of {searches}");
    for fault in of_searches() {
        let hit = match fault {
            Fault::StrangeCookie => paged.clone(),
            _ => hits(crowd, 0..searches, &fault),
        };
        match fault {
            Fault::Answer(_) | Fault::Referral(_) | Fault::Reference(_) => {
                assert_eq!(hit, all, "{fault:?}");
            }
            // Even where one page is all there is, somebody has to say so.
            Fault::NoPaging => assert_eq!(hit, paged, "{fault:?}"),
            // A search by pages is never content with a part; others look for one object.
            Fault::EndsWith(_) => {
                assert!(paged.iter().all(|number| hit.contains(number)), "{fault:?}: {hit:?}");
            }
            // What has one page or one range only is as it should be.
            _ => assert!(!hit.is_empty(), "{fault:?}"),
        }
    }
}

/// A server that says nothing any more is not waited for longer than is said.
fn silence_ends(crowd: &Crowd, messages: usize) {
    const LIMIT: Duration = Duration::from_millis(700);
    let bind = Bind::simple(format!("{READER}@{}", crowd.domain.realm), Secret::new(PASSWORD));
    let directory = Directory::new(&crowd.domain.realm, bind)
        .unwrap()
        .server(crowd.proxy.ldaps().parse().unwrap())
        .ca_file(crowd.domain.ca_file())
        .read_timeout(LIMIT);
    let groups = [crowd.domain.dn_of(&crowd.named("Top")).parse::<kerbrole_directory::GroupName>()]
        .map(|name| name.unwrap().into());
    for number in [0, 1, messages / 3, messages / 2] {
        crowd.proxy.fail_from(number, Fault::Silence);
        let began = Instant::now();
        let outcome = crowd.wait(read(std::slice::from_ref(&directory), &groups));
        crowd.proxy.mend();
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TimedOut, "at {number}");
        assert!(began.elapsed() >= LIMIT, "at {number}");
    }
}
