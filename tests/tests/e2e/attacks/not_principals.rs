//! Attack: getting at roles that are no principals, or that are more than that.

use crate::cases;
use crate::world::Context;

cases! {
    EachVersion: roles_that_are_no_principals_cannot_be_named, principals_with_powers_are_left_alone;
}

fn roles_that_are_no_principals_cannot_be_named(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE app; CREATE ROLE \"app@corp.example.com\"; CREATE ROLE \"@A.B\"; CREATE ROLE \"app@A.B@C.D\"; CREATE ROLE \"app@\"");
    let before = su.traces();
    for user in ["rdsadmin", "rds_master"] {
        let mut session = c.connect(user);
        for (name, code) in [
            ("app", "22023"),
            ("rds_ad", "22023"),
            ("rdsadmin", "22023"),
            ("postgres", "22023"),
            ("app@corp.example.com", "42710"),
            ("@A.B", "22023"),
            ("app@A.B@C.D", "22023"),
            ("app@", "22023"),
            ("rds_iam@a.b", "42939"),
            ("pg_read_all_data@a.b", "42939"),
        ] {
            assert_eq!(
                session.code(&format!("SELECT kerb_add_principal('{name}', if_not_exists => true)")),
                code,
                "{name} by {user}"
            );
            assert_eq!(
                session.code(&format!("SELECT * FROM kerb_add_principals('{{\"{name}\"}}', if_not_exists => true)")),
                code,
                "{name} by {user}"
            );
        }
    }
    assert_eq!(su.traces(), before);
}

fn principals_with_powers_are_left_alone(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO delegate; CREATE ROLE \"root@A.B\" LOGIN SUPERUSER; CREATE ROLE g; GRANT g TO delegate WITH ADMIN OPTION");
    let before = su.traces();
    for call in [
        "kerb_add_principal('root@a.b', if_not_exists => true)",
        "kerb_add_principals('{x@a.b,root@a.b}', '{g}', true)",
    ] {
        let error = c.connect("delegate").error(&format!("SELECT {call}"));
        assert_eq!(error.code().code(), "42501", "{call}");
        assert_eq!(error.message(), "role \"root@A.B\" has SUPERUSER and is not changed");
    }
    assert_eq!(su.traces(), before);
}
