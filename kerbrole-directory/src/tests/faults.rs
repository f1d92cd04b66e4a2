//! Each fault at each message, and what it is called.

use rasn_ldap::ResultCode;

use super::model::{Kind, Thing, World, rows};
use super::server::{Fault, notice};
use crate::error::{Error, ErrorKind};

/// A world that takes pages and portions in both domains: a group with seven people, a cycle, a
/// foreign group.
fn world() -> World {
    let mut things = vec![Thing::group(0, &[2, 3, 4, 5, 6, 1, 9]), Thing::group(0, &[0, 7, 8])];
    things.extend([Kind::User; 5].map(|kind| Thing::new(0, kind)));
    things.extend([Thing::new(0, Kind::Disabled), Thing::new(0, Kind::Contact)]);
    things.push(Thing::group(1, &[10, 11, 12]));
    things.extend([Kind::User; 3].map(|kind| Thing::new(1, kind)));
    World::new(things)
}

async fn read(world: &World) -> Result<Vec<super::model::Row>, Error> {
    world.read(&world.mapped(&[0, 1])).await.map(|snapshot| rows(&snapshot))
}

/// What becomes of a fault at each message of each domain's controller that it makes a difference
/// at.
async fn at_each_message(fault: Fault) -> Vec<Error> {
    let whole = world();
    let (_, counts) = whole.read_counted(&whole.mapped(&[0, 1])).await;
    let mut errors = Vec::new();
    for (domain, count) in counts.into_iter().enumerate() {
        assert!(count > 10, "{counts:?}");
        for at in 0..count {
            let fault = Some((domain, at, fault.clone()));
            match read(&World { fault, ..world() }).await {
                Ok(read) => assert_eq!(read, whole.naive(&[0, 1])),
                Err(error) => errors.push(error),
            }
        }
    }
    errors
}

async fn count() -> usize {
    let world = world();
    world.read_counted(&world.mapped(&[0, 1])).await.1.iter().sum()
}

/// Each message's fault is an error of this kind.
async fn always(fault: Fault, kind: ErrorKind) {
    let errors = at_each_message(fault).await;
    assert_eq!(errors.len(), count().await);
    for error in errors {
        assert_eq!(error.kind(), kind, "{error:?}");
    }
}

#[tokio::test]
async fn without_a_fault_everybody_is_there() {
    let read = read(&world()).await.unwrap();
    assert_eq!(read, world().naive(&[0, 1]));
    assert_eq!(read.len(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_at_any_message_is_an_error() {
    always(Fault::Cut, ErrorKind::Unreachable).await;
    always(Fault::Half, ErrorKind::Unreachable).await;
    always(Fault::Silence, ErrorKind::TimedOut).await;
}

#[tokio::test]
async fn a_notice_of_disconnection_is_an_error_in_whatever_form() {
    always(Fault::Raw(notice(ResultCode::Unavailable)), ErrorKind::Busy).await;
    // Without its result, and as an entry of a search.
    always(Fault::Raw(vec![0x30, 5, 2, 1, 0, 0x78, 0]), ErrorKind::Busy).await;
    always(Fault::Raw(vec![0x30, 0x84, 0, 0, 0, 5, 2, 1, 0, 0x64, 0]), ErrorKind::Busy).await;
}

#[tokio::test]
async fn what_is_no_message_is_an_error() {
    for bytes in [
        // 4 GiB.
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..],
        b"HTTP/1.1 400 Bad Request",
        &[0x30, 0x80, 2, 1, 1, 0x64, 0, 0],
        &[0x30, 2, 2, 0],
    ] {
        always(Fault::Raw(bytes.to_vec()), ErrorKind::Protocol).await;
    }
    always(Fault::WrongNumber, ErrorKind::Protocol).await;
}

#[tokio::test]
async fn a_filter_within_a_filter_is_not_even_read() {
    // Each level is one more of a stack that would come to its end.
    let mut filter = vec![0x87, 1, b'a'];
    for _ in 0..200_000 {
        let length = u32::try_from(filter.len()).unwrap().to_be_bytes();
        let mut outer = vec![0xa2, 0x84];
        outer.extend(length);
        // Built from the inside, and turned at the end.
        filter.extend(outer.into_iter().rev());
        if filter.len() > 1 << 20 {
            break;
        }
    }
    filter.reverse();
    let mut message = vec![2, 1, 1, 0x63, 0x84];
    message.extend(u32::try_from(filter.len()).unwrap().to_be_bytes());
    message.extend(filter);
    let mut whole = vec![0x30, 0x84];
    whole.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    whole.extend(message);
    let fault = Some((0, 0, Fault::Raw(whole)));
    let error = read(&World { fault, ..world() }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_search_that_ends_early_is_an_error() {
    for (code, kind) in [
        (ResultCode::Busy, ErrorKind::Busy),
        (ResultCode::Unavailable, ErrorKind::Busy),
        (ResultCode::TimeLimitExceeded, ErrorKind::Limit),
        (ResultCode::SizeLimitExceeded, ErrorKind::Limit),
        (ResultCode::AdminLimitExceeded, ErrorKind::Limit),
        (ResultCode::Referral, ErrorKind::Referral),
        (ResultCode::UnavailableCriticalExtension, ErrorKind::Incomplete),
    ] {
        let errors = at_each_message(Fault::Ends(code)).await;
        let count = count().await;
        if code == ResultCode::SizeLimitExceeded {
            // Of the mapped groups one object each is asked for: a limit after it takes nothing
            // away. Members who are named are asked for by pages then, and the read is whole.
            assert!(errors.len() < count - 2 && errors.len() > count / 2, "{errors:?}");
        } else {
            assert_eq!(errors.len(), count, "{code:?}");
        }
        // The answer to a login is not the end of a search.
        let of_kind = errors.iter().filter(|error| error.kind() == kind).count();
        assert_eq!(of_kind, errors.len() - 2, "{code:?}: {errors:?}");
    }
}

#[tokio::test]
async fn a_reference_is_an_error_that_names_it() {
    let errors = at_each_message(Fault::Reference).await;
    let named = errors.iter().filter(|error| {
        error.kind() == ErrorKind::Referral && error.to_string().contains("ldap://elsewhere.test")
    });
    assert_eq!(named.count(), count().await - 2);
}

#[tokio::test]
async fn a_page_without_its_control_is_never_the_end() {
    let errors = at_each_message(Fault::NoControl).await;
    assert!(errors.len() > 10, "{errors:?}");
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Incomplete, "{error:?}");
    }
}

#[tokio::test]
async fn what_has_no_end_is_an_error() {
    for fault in [Fault::EndlessPages, Fault::EndlessPortions] {
        let fault = Some((0, 0, fault));
        let error = read(&World { fault, ..world() }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error:?}");
    }
}
