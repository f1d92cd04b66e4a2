//! Properties that hold for any name, tried on a server.

use kerbrole_core::{
    NameRules, RoleName, UsernameCase, array_literal, quote_identifier, quote_literal,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: quoting_round_trips, the_server_and_the_library_agree_on_names;
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// Printable characters of all scripts, and many of those that quoting is about.
fn username() -> impl Strategy<Value = String> {
    proptest::string::string_regex("(['\\\\\"$%{}().#!~`^&_ -]|\\PC){1,22}").unwrap()
}

fn quoting_round_trips(c: &Context<'_>) {
    let mut su = c.superuser();
    let su = std::cell::RefCell::new(&mut su);
    let accepted = std::cell::Cell::new(0);
    runner(400)
        .run(&username(), |username| {
            let su = &mut su.borrow_mut();
            prop_assert_eq!(
                su.one(&format!("SELECT {}", quote_literal(&username))),
                username.clone()
            );
            let array = array_literal([&username, "rds_ad"]);
            prop_assert_eq!(
                su.call("SELECT ARRAY[$1, 'rds_ad']::text", &[&username]).unwrap(),
                array
            );
            let rules = NameRules { username_case: UsernameCase::Preserve, ..NameRules::default() };
            let Ok(canonical) = rules.canonicalize(&username, Some("a.b")) else { return Ok(()) };
            accepted.set(accepted.get() + 1);
            let name = canonical.role_name();
            prop_assert_eq!(
                su.one(&format!("SELECT 1 AS {}", quote_identifier(name.as_str()))),
                "1"
            );
            su.run(&format!("CREATE ROLE {}", name.quoted()));
            let stored = su
                .call(
                    "SELECT rolname::text FROM pg_roles WHERE rolname = $1::text",
                    &[&name.as_str()],
                )
                .unwrap();
            su.run(&format!("DROP ROLE {}", name.quoted()));
            prop_assert_eq!(&stored, name.as_str());
            prop_assert_eq!(RoleName::new(stored).unwrap().principal(), Some(canonical.principal));
            Ok(())
        })
        .unwrap();
    assert!(accepted.get() > 40, "only {} names were fit to try", accepted.get());
}

fn the_server_and_the_library_agree_on_names(c: &Context<'_>) {
    let mut master = c.master();
    let master = std::cell::RefCell::new(&mut master);
    let rules = NameRules { caseins_users: c.caseins, ..NameRules::default() };
    let realm = prop_oneof![Just("corp.example.com".to_string()), "[A-Za-z0-9. -]{1,20}"];
    runner(400)
        .run(&(username(), realm), |(username, realm)| {
            let there =
                master.borrow_mut().call("SELECT kerb_canonicalize($1, $2)", &[&username, &realm]);
            let here = rules.canonicalize(&username, Some(&realm));
            match (here, there) {
                (Ok(here), Ok(there)) => {
                    prop_assert_eq!(here.principal.to_string(), there.clone());
                    // Canonicalising twice changes nothing.
                    let again = master
                        .borrow_mut()
                        .call("SELECT kerb_canonicalize($1)", &[&there])
                        .unwrap();
                    prop_assert_eq!(again, there);
                }
                (Err(here), Err(there)) => {
                    prop_assert_eq!(here.sqlstate().code(), there.code().code());
                    prop_assert_eq!(here.to_string(), there.message());
                    prop_assert_eq!(here.hint(), there.hint().map(str::to_string));
                    prop_assert_eq!(here.detail(), there.detail().map(str::to_string));
                }
                (here, there) => {
                    prop_assert!(false, "{username:?} {realm:?}: {here:?} here, {there:?} there")
                }
            }
            Ok(())
        })
        .unwrap();
}
