//! Roles that differ by case only, and the notices about case.

use crate::cases;
use crate::fixture::Context;

cases! {
    Every: another_spelling_is_refused_and_named, another_spelling_among_many_roles,
        two_spellings_in_one_call, notices_about_case;
    EachVersion: lower_in_the_collation_c_folds_no_more_than_a_to_z;
}

fn another_spelling_is_refused_and_named(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    for existing in ["ALICE@CORP.EXAMPLE.COM", "alice@corp.example.com", "aLICE@Corp.Example.com"] {
        su.run(&format!("CREATE ROLE \"{existing}\""));
        let before = su.traces();
        for arguments in
            ["'alice', 'corp.example.com'", "'alice', 'corp.example.com', if_not_exists => true"]
        {
            let error = master.error(&format!("SELECT kerb_add_principal({arguments})"));
            assert_eq!(error.code().code(), "42710");
            assert_eq!(
                error.message(),
                format!(
                    "role \"alice@CORP.EXAMPLE.COM\" would differ from role \"{existing}\" by case \
                     only"
                )
            );
        }
        assert_eq!(su.traces(), before);
        su.run(&format!("DROP ROLE \"{existing}\""));
    }
    // Letters outside A-Z do not fold: two users.
    su.run("CREATE ROLE \"Élise@A.B\"");
    assert_eq!(master.one("SELECT kerb_add_principal('élise@a.b')"), "élise@A.B");
}

/// Whether names are looked up one by one or all roles are read depends on how many there are; the
/// answer must not.
fn another_spelling_among_many_roles(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "DO $$ BEGIN FOR i IN 1..3000 LOOP EXECUTE format('CREATE ROLE %I', 'u' || i || \
        '@A.B'); END LOOP; END $$",
    );
    su.run(
        "CREATE ROLE \"U2000@c.d\"; CREATE ROLE \"Z@A.B\"; CREATE ROLE \"0@a.B\"; CREATE \
        ROLE \"A'@a.b\"",
    );
    for (one, many) in
        [("u2000@c.d", "x1@A.B"), ("z@a.b", "x2@A.B"), ("0@a.b", "x3@A.B"), ("a''@a.b", "x4@A.B")]
    {
        assert_eq!(master.code(&format!("SELECT kerb_add_principal('{one}')")), "42710", "{one}");
        let list = format!(
            "ARRAY(SELECT 'n' || i || '@a.b' FROM generate_series(1, 500) i) || ARRAY['{many}', \
             '{one}']"
        );
        assert_eq!(
            master.code(&format!("SELECT * FROM kerb_add_principals({list})")),
            "42710",
            "{one}"
        );
    }
    assert_eq!(master.one("SELECT kerb_add_principal('u2000@e.f')"), "u2000@E.F");
    assert_eq!(master.one("SELECT kerb_add_principal('u3001@a.b')"), "u3001@A.B");
}

fn two_spellings_in_one_call(c: &Context<'_>) {
    let mut master = c.master();
    let call = "SELECT action FROM kerb_add_principals('{Bob@a.b,bob@a.b}', if_not_exists => true)";
    if c.caseins {
        assert_eq!(master.column(call), ["created", "unchanged"]);
    } else {
        let error = master.error(call);
        assert_eq!(error.code().code(), "42710");
        assert_eq!(
            error.message(),
            "role \"bob@A.B\" would differ from role \"Bob@A.B\" by case only"
        );
    }
}

fn notices_about_case(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_canonicalize('alice@a.b')");
    assert_eq!(master.notices(), [""; 0]);
    let off = |notice: &str| if c.caseins { vec![] } else { vec![notice.to_string()] };
    master.run("SELECT kerb_canonicalize('Alice@a.b')");
    let one = off(
        "principal \"Alice@A.B\" has upper-case letters: only a ticket spelled exactly so will \
         match",
    );
    assert_eq!(master.notices(), one);
    master.run("SELECT kerb_add_principal('Alice@a.b')");
    assert_eq!(master.notices(), one);
    master.run("SELECT * FROM kerb_add_principals('{Carol@a.b,dan@a.b,Eve@a.b,FRED@a.b}')");
    assert_eq!(
        master.notices(),
        off("principal \"Carol@A.B\" and 2 more have upper-case letters: only tickets spelled \
             exactly so will match")
    );
}

/// What plain statements look spellings up by.
fn lower_in_the_collation_c_folds_no_more_than_a_to_z(c: &Context<'_>) {
    let differ = "SELECT count(*) FROM generate_series(1, 1114111) AS at WHERE at NOT BETWEEN \
        55296 AND 57343 AND lower(chr(at) COLLATE \"C\") <>";
    let mut su = c.superuser();
    let folded = "translate(chr(at), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')";
    assert_eq!(su.one(&format!("{differ} {folded}")), "0");
    // The comparison can tell: as they are, 26 letters differ.
    assert_eq!(su.one(&format!("{differ} chr(at)")), "26");
}
