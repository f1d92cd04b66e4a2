//! What is done, and still worth saying: a realm that nobody was of, a role that was made by hand;
//! and which element of a list was wrong.

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: a_realm_that_nobody_was_of_is_told, a_realm_that_a_setting_names_is_not_told,
        a_role_that_was_made_by_hand_is_told, the_wrong_element_of_a_list_is_named;
}

/// The notices since the last look: SQLSTATE, severity, message, DETAIL, HINT.
fn told(session: &mut Session) -> Vec<[String; 4]> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_string();
    let one = |notice: &postgres::error::DbError| {
        assert_eq!((notice.code().code(), notice.severity()), ("00000", "NOTICE"), "{notice:?}");
        let (detail, hint) = (text(notice.detail()), text(notice.hint()));
        [notice.code().code().to_string(), notice.message().to_string(), detail, hint]
    };
    session.db_notices().iter().map(one).collect()
}

fn messages(session: &mut Session) -> Vec<(String, String)> {
    told(session).into_iter().map(|[_, message, detail, _]| (message, detail)).collect()
}

fn first_of(principal: &str, realm: &str, nearest: Option<&str>) -> (String, String) {
    let detail = match nearest {
        Some(nearest) => format!("There are principals of realm \"{nearest}\"."),
        None => "Those that there are are of other realms.".into(),
    };
    (format!("\"{principal}\" is the first principal of realm \"{realm}\""), detail)
}

fn a_realm_that_nobody_was_of_is_told(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    // Nobody is there at all; names that no ticket spells are nobody's.
    su.run("CREATE ROLE \"app@host\"; CREATE ROLE \"x@corp.example.com\"");
    master.run("SELECT kerb_add_principal('alice@corp.example.com')");
    master.run("SELECT kerb_add_principal('bob@corp.example.com')");
    assert_eq!(messages(&mut master), []);

    let near = Some("CORP.EXAMPLE.COM");
    master.run("SELECT kerb_add_principal('carol@corp.exmple.com')");
    assert_eq!(messages(&mut master), [first_of("carol@CORP.EXMPLE.COM", "CORP.EXMPLE.COM", near)]);
    // By now somebody is of it.
    master.run("SELECT kerb_add_principal('dave@corp.exmple.com')");
    assert_eq!(messages(&mut master), []);

    master.run(
        "SELECT * FROM kerb_add_principals('{a@corp.example.com,b@branch.net,c@branch.net,\
         d@corp.example.con}')",
    );
    assert_eq!(
        messages(&mut master),
        [
            first_of("b@BRANCH.NET", "BRANCH.NET", None),
            first_of("d@CORP.EXAMPLE.CON", "CORP.EXAMPLE.CON", near)
        ]
    );
    let list = "SELECT * FROM kerb_sync_principals('{e@onprem.com}', dry_run => ";
    for dry_run in ["true", "false"] {
        master.run(&format!("{list}{dry_run})"));
        assert_eq!(messages(&mut master), [first_of("e@ONPREM.COM", "ONPREM.COM", None)]);
    }
    // Many new realms are no typing mistakes.
    master.run(
        "SELECT * FROM kerb_add_principals(ARRAY(SELECT 'u@r' || i || '.net' \
         FROM generate_series(100, 129) i))",
    );
    let many = messages(&mut master);
    assert_eq!((many.len(), many[10].0.as_str()), (11, "the same goes for 20 more realms"));
}

fn a_realm_that_a_setting_names_is_not_told(c: &Context<'_>) {
    c.master().run("SELECT kerb_add_principal('alice@corp.example.com')");
    for (setting, principal) in [
        ("allowed_realms = 'CORP.EXAMPLE.COM, ONE.NET'", "a@one.net"),
        ("default_realm = 'TWO.NET'", "a"),
        ("netbios_domains = 'THREE=THREE.NET'", "THREE\\a"),
    ] {
        let name = setting.split_once(' ').unwrap().0;
        c.superuser().run(&format!("ALTER DATABASE postgres SET kerbrole.{setting}"));
        let mut master = c.master();
        master.run(&format!("SELECT kerb_add_principal('{principal}')"));
        assert_eq!(messages(&mut master), [], "{setting}");
        c.superuser().run(&format!("ALTER DATABASE postgres RESET kerbrole.{name}"));
    }
}

/// Whether a role has a password is told to whoever may read pg_authid, and to nobody else.
fn a_role_that_was_made_by_hand_is_told(c: &Context<'_>) {
    let mut su = c.superuser();
    let make = "CREATE USER \"with@A.B\" PASSWORD 'secret'; CREATE USER \"without@A.B\"; \
        CREATE USER \"in@A.B\" PASSWORD 'secret' IN ROLE rds_ad; CREATE ROLE reader LOGIN; \
        GRANT SELECT ON pg_authid TO reader";
    su.run(make);
    c.let_manage(&mut su, "reader");
    let add = "SELECT * FROM kerb_add_principals('{with@a.b,without@a.b,in@a.b,new@a.b}', \
        if_not_exists => true)";
    let sync = "SELECT * FROM kerb_sync_principals('{with@a.b,without@a.b,in@a.b,new@a.b}')";
    for (user, call) in
        [("rdsadmin", add), ("reader", add), ("rds_master", add), ("rdsadmin", sync)]
    {
        let mut session = c.connect(user);
        session.run("BEGIN");
        session.run(call);
        let told = told(&mut session);
        session.run("ROLLBACK");
        let (messages, rest): (Vec<_>, Vec<_>) =
            told.into_iter().map(|[_, message, detail, hint]| (message, (detail, hint))).unzip();
        let was = |what: &str| format!("{what} not in rds_ad");
        if user == "rds_master" {
            assert_eq!(messages, [was("role \"with@A.B\" and 1 more were there before and were")]);
            assert!(rest[0].0.starts_with("If they have passwords, "), "{rest:?}");
            assert!(rest[0].1.contains("\"without@A.B\" PASSWORD NULL;"), "{rest:?}");
        } else {
            assert_eq!(
                messages,
                [
                    was("role \"with@A.B\" was there before and was"),
                    was("role \"without@A.B\" was there before and was")
                ],
                "{user}"
            );
            assert!(rest[0].0.starts_with("It has a password, "), "{rest:?}");
            assert!(!rest[1].0.contains("password") && rest[1].1.is_empty(), "{rest:?}");
        }
    }
    // The two look the same to somebody who may not know.
    let mut master = c.master();
    let mut of = |name: &str| {
        master.run(&format!("SELECT kerb_add_principal('{name}@a.b', if_not_exists => true)"));
        let told = told(&mut master);
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].clone().map(|text| text.replace(&format!("\"{name}@A.B\""), "it"))
    };
    let (with, without) = (of("with"), of("without"));
    assert_eq!(with, without);
    // What the hint says ends it.
    let end = with[3].strip_prefix("To end that: ").unwrap().replace("it", "\"with@A.B\"");
    let has = "SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = 'with@A.B'";
    assert_eq!(su.one(has), "t");
    su.run(&end);
    assert_eq!(su.one(has), "f");
}

fn the_wrong_element_of_a_list_is_named(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE g1; CREATE USER \"there@A.B\"; CREATE USER \"Case@A.B\"");
    let before = su.traces();
    for (call, detail) in [
        ("kerb_add_principals('{a@a.b,b c@a,d@a.b}')", "Element 2 of principals is \"b c@a\"."),
        ("kerb_add_principals('{a@a.b,b@a.b,nobody}')", "Element 3 of principals is \"nobody\"."),
        ("kerb_add_principals('{a@a.b,NULL}')", "Element 2 of principals is NULL."),
        ("kerb_add_principals('{a@a.b,there@a.b}')", "Element 2 of principals is \"there@a.b\"."),
        ("kerb_add_principals('{a@a.b,A@a.b}')", "Element 2 of principals is \"A@a.b\"."),
        ("kerb_add_principals('{a@a.b,b@a.b,a@A.B}')", "Element 3 of principals is \"a@A.B\"."),
        ("kerb_add_principals('{a@a.b,case@a.b}')", "Element 2 of principals is \"case@a.b\"."),
        ("kerb_add_principals('{a@a.b}', '{g1,g2}')", "Element 2 of groups is \"g2\"."),
        ("kerb_add_principal('a@a.b', groups => '{g2,g1}')", "Element 1 of groups is \"g2\"."),
        (
            "kerb_add_principal('a@a.b', groups => ARRAY['g1', NULL])",
            "Element 2 of groups is NULL.",
        ),
        ("kerb_sync_principals('{a@a.b,a b@@c}')", "Element 2 of principals is \"a b@@c\"."),
        ("kerb_sync_principals('{a@a.b,case@a.b}')", "Element 2 of principals is \"case@a.b\"."),
        ("kerb_sync_principals('{a@a.b}', realms => '{A.B,-}')", "Element 2 of realms is \"-\"."),
    ] {
        let error = master.error(&format!("SELECT * FROM {call}"));
        assert!(error.detail().is_some_and(|said| said.ends_with(detail)), "{call}: {error:?}");
        assert!(error.hint().is_some(), "{call}: {error:?}");
    }
    // Of one there is nothing to say.
    for call in [
        "kerb_add_principals('{there@a.b}')",
        "kerb_add_principal('there@a.b')",
        "kerb_add_principal('a@a.b', groups => 'g2')",
    ] {
        let error = master.error(&format!("SELECT * FROM {call}"));
        assert_eq!(error.detail(), None, "{call}");
    }
    assert_eq!(su.traces(), before);
}
