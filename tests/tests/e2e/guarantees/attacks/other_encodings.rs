//! Attack, or a name like any other: letters outside ASCII, in a database whose encoding is not
//! UTF8. Roles belong to all databases, and names are bytes.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: every_fix_can_be_run_as_it_is_printed;
    Guarded: the_guard_finds_names_by_their_bytes;
}

fn the_guard_finds_names_by_their_bytes(c: &Context<'_>) {
    let mut su = c.superuser();
    for (encoding, database) in [("LATIN1", "latin"), ("SQL_ASCII", "bytes"), ("UTF8", "utf")] {
        su.run(&format!(
            "CREATE DATABASE {database} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' \
             LC_CTYPE 'C'"
        ));
        let mut there = c.try_connect("rdsadmin", database).unwrap();
        // The byte 0xE9, which is no UTF-8 by itself: as LATIN1 has it for an e with an acute
        // accent.
        let name = |before: &str| match encoding {
            "UTF8" => format!("convert_from('{before}'::bytea || '\\xc3a9', 'UTF8')"),
            _ => format!("convert_from('{before}'::bytea || '\\xe9', getdatabaseencoding())"),
        };
        let statement = |words: &str, names: &[String]| {
            // What the server says of where an error was cannot be sent to a client that wants
            // UTF8.
            format!(
                "DO $$ BEGIN EXECUTE format('{words}', {}); \
                 EXCEPTION WHEN OTHERS THEN RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = \
                 'it failed'; END $$",
                names.join(", ")
            )
        };
        there.run(&statement("CREATE ROLE %I IN ROLE rds_ad", &[name("zo")]));
        there.run(&statement("CREATE ROLE %I IN ROLE rds_iam", &[name("g")]));
        there.run("CREATE ROLE plain IN ROLE rds_ad");
        for (words, names) in [
            ("CREATE ROLE %I IN ROLE rds_ad, rds_iam", vec![name("b")]),
            ("CREATE ROLE %I IN ROLE rds_ad, %I", vec![name("b"), name("g")]),
            ("CREATE ROLE x IN ROLE rds_iam ROLE %I", vec![name("zo")]),
            ("GRANT rds_iam TO %I", vec![name("zo")]),
            ("GRANT %I TO plain", vec![name("g")]),
            ("GRANT %I TO %I", vec![name("g"), name("zo")]),
            ("ALTER GROUP %I ADD USER plain", vec![name("g")]),
        ] {
            assert_eq!(there.code(&statement(words, &names)), "0LP01", "{words} in {encoding}");
        }
        // What makes no conflict goes through.
        there.run(&statement("GRANT %I TO %I", &[name("zo"), "'plain'".into()]));
        there.run(&statement("DROP ROLE %I, %I, plain", &[name("zo"), name("g")]));
    }
}

/// Wherever it is printed: a role's name may be text in the database that it was made in, and none
/// in another.
fn every_fix_can_be_run_as_it_is_printed(c: &Context<'_>) {
    let mut su = c.superuser();
    for (encoding, database) in [("LATIN1", "latin"), ("SQL_ASCII", "bytes"), ("UTF8", "utf")] {
        su.run(&format!(
            "CREATE DATABASE {database} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' \
             LC_CTYPE 'C'"
        ));
        c.try_connect("rdsadmin", database).unwrap().run("CREATE EXTENSION pg_kerbrole");
    }
    su.run("CREATE ROLE first; CREATE ROLE \"Zoë's %I\"; CREATE ROLE \"100%?\"");
    let mut latin = c.try_connect("rdsadmin", "latin").unwrap();
    latin.run(
        "DO $$ BEGIN EXECUTE format('CREATE ROLE %I', convert_from('g'::bytea || '\\xe9', \
        'LATIN1')); END $$",
    );
    let odd =
        "SELECT oid FROM pg_roles WHERE oid > (SELECT oid FROM pg_roles WHERE rolname = 'first')";
    for database in ["latin", "bytes", "utf"] {
        su.run(&format!(
            "DO $$ DECLARE role oid; BEGIN FOR role IN {odd} LOOP \
                EXECUTE (SELECT format('GRANT rds_ad, rds_iam TO %I', rolname) FROM pg_roles WHERE \
                oid = role); END LOOP; END $$"
        ));
        let mut there = c.try_connect("rdsadmin", database).unwrap();
        let conflicts = there.rows("SELECT role_name, fix FROM kerb_conflicts()");
        assert_eq!(conflicts.len(), 3, "{database}: {conflicts:?}");
        for row in &conflicts {
            there.run(&row[1]);
        }
        assert_eq!(
            there.one("SELECT count(*) FROM kerb_conflicts()"),
            "0",
            "{database}: {conflicts:?}"
        );
        su.run(&format!(
            "DO $$ DECLARE role oid; BEGIN FOR role IN {odd} LOOP EXECUTE (SELECT \
            format('REVOKE rds_ad, rds_iam FROM %I', rolname) FROM pg_roles WHERE oid = role); END \
            LOOP; END $$"
        ));
    }
}
