//! What counts as a change after something was read.

use super::model::{Kind, Thing, World};

#[tokio::test]
async fn people_and_groups_count_and_others_do_not() {
    use Kind::{Computer, Contact, Disabled, Group, User};
    for (kind, is_change, is_one_with_machines) in [
        (Group, true, true),
        (User, true, true),
        (Disabled, true, true),
        (Computer, false, true),
        (Contact, false, false),
    ] {
        let world = World::new(vec![Thing::new(0, Group), Thing::new(0, kind)]);
        let mut session = world.session(0).await;
        for (machines, is_change) in [(false, is_change), (true, is_one_with_machines)] {
            let seen = session.has_written_since(World::usn(0), machines).await.unwrap();
            assert_eq!(seen, is_change, "{kind:?}, machines {machines}");
        }
        // What was written up to the number is none.
        assert!(!session.has_written_since(World::usn(1), true).await.unwrap());
        assert!(session.has_written_since(World::usn(0) - 1, false).await.unwrap());
        assert!(!session.has_written_since(u64::MAX, true).await.unwrap());
        // Another domain is another controller's.
        let mut other = world.session(1).await;
        assert!(!other.has_written_since(0, true).await.unwrap());
    }
}
