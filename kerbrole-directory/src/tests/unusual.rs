//! Groups that are not what they seem.

use super::model::{Kind, Thing, World, rows};
use crate::error::{Error, ErrorKind};
use crate::group_name::MappedGroup;
use crate::snapshot::Snapshot;

async fn read(world: &World, names: &[&str]) -> Result<Snapshot, Error> {
    let mapped: Vec<_> = names.iter().map(|name| MappedGroup::new(name.parse().unwrap())).collect();
    world.read(&mapped).await
}

fn simple() -> World {
    World::new(vec![Thing::group(0, &[1]), Thing::new(0, Kind::User), Thing::group(0, &[])])
}

#[tokio::test]
async fn a_group_is_found_by_each_of_its_names() {
    let world = simple();
    let (dn, sid) = (world.dn(0), world.sid(0).to_string());
    for name in [dn.as_str(), r"A\é0", r"a\É0", &sid, &dn.to_ascii_lowercase()] {
        let snapshot = read(&world, &[name]).await.unwrap();
        assert_eq!(rows(&snapshot), world.naive(&[0]), "{name}");
        assert_eq!(snapshot.groups[0].dn, dn);
        assert_eq!(snapshot.chain(0, 0), Some(vec![dn.as_str()]));
    }
}

#[tokio::test]
async fn a_name_that_only_a_filter_takes_for_the_same_is_another() {
    let world = simple();
    let error = read(&world, &[r"A\e0"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSuchGroup);
    assert!(error.hint().unwrap().contains("é0"), "{error:?}");
}

#[tokio::test]
async fn a_group_that_is_missing_is_an_error() {
    let world = simple();
    let user = world.sid(1).to_string();
    let elsewhere = "S-1-5-21-9-9-9-1104";
    for name in [
        r"A\nobody",
        r"C\é0",
        "CN=x,DC=a,DC=test",
        "CN=x,DC=child,DC=a,DC=test",
        "S-1-5-21-1-2-3-9",
        elsewhere,
        &user,
    ] {
        let error = read(&world, &[name]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSuchGroup, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn an_empty_group_is_an_error_unless_it_may_be_empty() {
    let world = simple();
    let empty = world.sid(2).to_string();
    let error = read(&world, &[r"A\é0", &empty]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::EmptyGroup);
    assert!(error.to_string().contains(&empty), "{error}");
    let snapshot = world.read(&world.mapped(&[2])).await.unwrap();
    assert_eq!(snapshot.people, []);
}

#[tokio::test]
async fn a_group_that_hides_its_members_is_an_error() {
    let mut world = World::new(vec![
        Thing::group(0, &[1, 2]),
        Thing::new(0, Kind::User),
        Thing::group(0, &[1]),
    ]);
    for hides in [0, 2] {
        world.things[hides].hides_members = true;
        let error = world.read(&world.mapped(&[0])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::HiddenMembers, "{error:?}");
        world.things[hides].hides_members = false;
    }
}

#[tokio::test]
async fn machines_are_taken_where_they_are_wanted() {
    let world = World::new(vec![Thing::group(0, &[1]), Thing::new(0, Kind::Computer)]);
    assert_eq!(read(&world, &[r"A\é0"]).await.unwrap_err().kind(), ErrorKind::EmptyGroup);
    let group = MappedGroup::new(r"A\é0".parse().unwrap()).takes_machines(true);
    let snapshot = world.read(&[group]).await.unwrap();
    assert_eq!(snapshot.people.len(), 1);
    let left_out = world.read(&world.mapped(&[0])).await.unwrap();
    assert_eq!((left_out.people.len(), left_out.warnings.len()), (0, 1));
}

/// The world whose group has one more member than there are objects.
async fn with_member(value: &str) -> Error {
    use super::server::Server;
    use crate::clock::Clock;
    use crate::ldap::connection::Connection;
    use crate::session::Session;
    use crate::wire::Wire;

    let world = simple();
    let mut server: Server = world.server(0);
    let dn = world.dn(0);
    let group = server.objects.iter_mut().find(|object| object.dn == dn).unwrap();
    group.members.push((value.into(), "CN=x".into()));
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
    drop(tokio::spawn(server.serve(Box::new(theirs), sender)));
    let minute = std::time::Duration::from_secs(60);
    let wire = Wire::new(Box::new(ours), Clock::new(minute, minute));
    let realm = kerbrole_core::Realm::parse("a.test").unwrap();
    let session = Session::begin(Connection::new(wire), &realm, "played".into()).await.unwrap();
    crate::walk::walk(vec![session], &world.mapped(&[0])).await.unwrap_err()
}

#[tokio::test]
async fn a_member_that_cannot_be_told_is_an_error() {
    const GUID: &str = "<GUID=6b7f8a3c-1122-3344-5566-778899aabbcc>;";
    for (value, kind) in [
        (format!("{GUID}<SID=S-1-5-11>;CN=S-1-5-11,CN=x,DC=a,DC=test"), ErrorKind::Everybody),
        (format!("{GUID}<SID=S-1-1-0>;CN=S-1-1-0,CN=x,DC=a,DC=test"), ErrorKind::Everybody),
        (format!("{GUID}<SID=S-1-5-21-9-9-9-1104>;CN=x,DC=a,DC=test"), ErrorKind::Configuration),
        // It was deleted, or is not to be seen.
        (format!("{GUID}<SID=S-1-5-21-1-2-3-9>;CN=x,DC=a,DC=test"), ErrorKind::Incomplete),
        (format!("{GUID}CN=x,DC=a,DC=test"), ErrorKind::Incomplete),
        ("CN=x,DC=a,DC=test".into(), ErrorKind::Protocol),
    ] {
        let error = with_member(&value).await;
        assert_eq!(error.kind(), kind, "{value}: {error:?}");
    }
}
