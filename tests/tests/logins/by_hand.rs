//! Roles made by hand, and what comes of it: the mistakes that the rest is there to prevent.

use kerbrole_tests::report::{Expected, Key};

use crate::fixture::{Context, REALM};
use crate::{BY_HAND, REPORT, cases};

cases! {
    Every: mistakes_of_a_tired_administrator;
}

fn mistakes_of_a_tired_administrator(c: &Context<'_>) {
    let rows = REPORT.evidence(BY_HAND, c.server, c.caseins, "hand");
    let mut su = c.superuser();
    let by_setting = |on, off| if c.caseins { on } else { off };
    let mut try_one =
        |who: &str, sql: &str, username: &str, principal: &str, role: &str, expected: Expected| {
            if !sql.is_empty() {
                su.run(sql);
            }
            let ticket = c.kdc.ticket_of(username).unwrap();
            rows.login(who, Key::Ticket(&ticket, principal), role, expected);
        };
    use Expected::{LogsIn, NamesDiffer, NoPassword, NoSuchRole};

    try_one(
        "dave, whose realm was put into lower case",
        "CREATE USER \"dave@corp.example.com\" IN ROLE rds_ad",
        "dave",
        "dave@CORP.EXAMPLE.COM",
        "dave@corp.example.com",
        by_setting(LogsIn, NamesDiffer),
    );
    try_one(
        "erin, without the quotes round Erin@CORP.EXAMPLE.COM that keep its case",
        "CREATE USER \"erin@corp.example.com\" IN ROLE rds_ad",
        "Erin",
        "Erin@CORP.EXAMPLE.COM",
        "Erin@CORP.EXAMPLE.COM",
        NoSuchRole,
    );
    try_one(
        "frank, whose role has no realm",
        "CREATE USER frank IN ROLE rds_ad",
        "frank",
        "frank@CORP.EXAMPLE.COM",
        "frank",
        NamesDiffer,
    );
    try_one(
        "gina, whose role was not granted rds_ad",
        "CREATE USER \"gina@CORP.EXAMPLE.COM\"",
        "gina",
        "gina@CORP.EXAMPLE.COM",
        "gina@CORP.EXAMPLE.COM",
        NoPassword,
    );
    try_one(
        "jean, with the UPN instead of the sAMAccountName",
        "CREATE USER \"jean@corp.com@CORP.EXAMPLE.COM\" IN ROLE rds_ad",
        "jean@corp.com",
        "jean\\@corp.com@CORP.EXAMPLE.COM",
        "jean@corp.com@CORP.EXAMPLE.COM",
        NamesDiffer,
    );
    let long = "a-name-of-more-than-sixty-three-bytes-in-all-with-the-realm";
    try_one(
        "a principal of more than 63 bytes, whose role CREATE USER cuts",
        &format!("CREATE USER \"{long}@{REALM}\" IN ROLE rds_ad"),
        long,
        &format!("{long}@{REALM}"),
        &format!("{long}@{REALM}"),
        NamesDiffer,
    );
    // Two roles for one person.
    try_one(
        "ann, beside a role Ann that was made later",
        "CREATE USER \"ann@CORP.EXAMPLE.COM\" IN ROLE rds_ad; CREATE USER \"Ann@CORP.EXAMPLE.COM\" \
         IN ROLE rds_ad",
        "ann",
        "ann@CORP.EXAMPLE.COM",
        "ann@CORP.EXAMPLE.COM",
        LogsIn,
    );
    try_one(
        "ann, who asks for Ann",
        "",
        "ann",
        "ann@CORP.EXAMPLE.COM",
        "Ann@CORP.EXAMPLE.COM",
        by_setting(LogsIn, NamesDiffer),
    );
}
