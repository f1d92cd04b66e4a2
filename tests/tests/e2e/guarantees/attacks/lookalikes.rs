//! Attack: a name that looks like another one.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: names_that_look_alike_are_refused_with_a_reason;
    InPlpgsql: names_that_look_alike_are_refused_with_a_reason;
}

fn names_that_look_alike_are_refused_with_a_reason(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_add_principal('alice@a.b')");
    for (name, reason) in [
        ("alice\u{200b}", "character 6 (U+200B) cannot be seen"),
        ("al\u{200d}ice", "character 3 (U+200D) cannot be seen"),
        ("\u{202e}ecila", "character 1 (U+202E) cannot be seen"),
        ("alice\u{2066}", "character 6 (U+2066) cannot be seen"),
        ("a\u{ad}lice", "character 2 (U+00AD) cannot be seen"),
        ("alice\u{fe0f}", "character 6 (U+FE0F) cannot be seen"),
        ("alice\u{3164}", "character 6 (U+3164) cannot be seen"),
        ("alice\u{e0061}", "character 6 (U+E0061) cannot be seen"),
        ("alice\u{7}", "character 6 (U+0007) cannot be seen"),
        ("alice ", "there is white space at its beginning or end"),
        ("alice\u{a0}", "there is white space at its beginning or end"),
        ("\u{2003}alice", "there is white space at its beginning or end"),
        ("alice.", "it ends in a dot"),
    ] {
        let error = master.call("SELECT kerb_add_principal($1, 'a.b')", &[&name]).unwrap_err();
        assert_eq!(error.code().code(), "22023", "{name:?}");
        assert!(error.message().ends_with(reason), "{name:?}: {}", error.message());
        // What is shown of it shows what cannot be seen.
        assert!(
            !error.message().chars().any(|c| c != ' '
                && "\u{200b}\u{200d}\u{202e}\u{2066}\u{ad}\u{fe0f}\u{3164}\u{e0061}\u{7}"
                    .contains(c)),
            "{}",
            error.message()
        );
    }
    for realm in ["a.b\u{200b}", "\u{202e}a.b", "a\u{ad}.b", "a.b ", " a.b", "а.b", "a.b\u{3164}"]
    {
        let error = master.call("SELECT kerb_add_principal('bob', $1)", &[&realm]).unwrap_err();
        assert_eq!(error.code().code(), "22023", "{realm:?}");
    }
    assert_eq!(
        master.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"),
        ["alice@A.B"]
    );
}
