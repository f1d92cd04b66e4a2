//! Realms that nobody is of, asked for before principals are added.

use kerbrole_client::{UnknownRealm, Warning};

use super::*;

pub(super) fn realms_that_nobody_is_of_are_found_by_either_backend(c: &Context<'_>) {
    c.superuser().run(
        "CREATE USER \"alice@CORP.EXAMPLE.COM\"; CREATE USER \"x@Corp.Exmple.com\"; CREATE USER \
         \"a@b@BRANCH.NET\"; CREATE USER \"zoe@ONPREM.COM\"",
    );
    let new = ["bob@corp.example.com", "bob@corp.exmple.com", "eve@branch.net", "ann@branch.net"];
    let found = |builder: kerbrole_client::Builder| {
        Runtime::new().unwrap().block_on(async {
            let client = connect(c, "rds_master").await;
            builder.build(&client).await.unwrap().unknown_realms(&new).await.unwrap()
        })
    };
    let by = |backend| Kerbrole::<Client>::builder().backend(backend);
    let text = |found: &[UnknownRealm]| {
        let one = |one: &UnknownRealm| {
            let nearest = one.nearest.as_ref().map(ToString::to_string);
            (one.realm.to_string(), one.principal.to_string(), nearest)
        };
        found.iter().map(one).collect::<Vec<_>>()
    };
    let told = found(by(Backend::PlainSql));
    assert_eq!(
        text(&told),
        [
            ("BRANCH.NET".into(), "eve@BRANCH.NET".into(), None),
            (
                "CORP.EXMPLE.COM".to_string(),
                "bob@CORP.EXMPLE.COM".to_string(),
                Some("CORP.EXAMPLE.COM".to_string())
            ),
        ]
    );
    assert_eq!(text(&found(by(c.backend()))), text(&told));
    // Said in the same words as by the extension.
    let warning = Warning::from(told[1].clone());
    assert!(warning.detail().unwrap().contains("\"CORP.EXAMPLE.COM\""), "{warning}");
    // Somebody vouched for it.
    let vouched =
        by(Backend::PlainSql).default_realm(kerbrole_client::Realm::parse("branch.net").unwrap());
    assert_eq!(text(&found(vouched)), text(&told[1..]));
}
