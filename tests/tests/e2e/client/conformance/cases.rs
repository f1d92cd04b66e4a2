//! What is called, and what each call is to come to.

use super::*;

const fn case(what: &'static str, setup: &'static str, steps: &'static [Step]) -> Conformance {
    Conformance { what, setup, steps }
}

pub(super) const BOTH: &[Conformance] = &[
    case(
        "names",
        "",
        &[
            (Canonicalize("alice", Some("corp.example.com")), "ok alice@CORP.EXAMPLE.COM"),
            (Canonicalize("o'brien@corp.example.com", None), "ok o'brien@CORP.EXAMPLE.COM"),
            (Canonicalize("élise", Some("a.b")), "ok élise@A.B"),
            (Canonicalize("alice", None), "22023"),
            (Canonicalize("a b@", None), "22023"),
            (Canonicalize("alice@a.b", Some("a.b")), "22023"),
            (Canonicalize("alice@corp.com", Some("a.b")), "22023"),
            (Canonicalize("alice", Some("corp")), "22023"),
            (Canonicalize("CORP\\alice", None), "22023"),
            (Canonicalize("", Some("a.b")), "22023"),
            (Canonicalize("pg_x", Some("a.b")), "42939"),
            (Canonicalize("rds_x", Some("a.b")), "42939"),
            (
                Canonicalize(
                    "abcdefghijklmnopqrst",
                    Some("abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrst.com"),
                ),
                "42622",
            ),
            (Canonicalize("abcdefghijklmnopqrstu", Some("a.b")), "22023"),
            (Canonicalize("a\u{200b}b", Some("a.b")), "22023"),
        ],
    ),
    case(
        "one principal",
        "CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION",
        &[
            (Add("alice@a.b", &[], false), "ok alice@A.B"),
            (Add("alice@a.b", &[], false), "42710"),
            (Add("alice@a.b", &[], true), "ok alice@A.B"),
            (Add("bob@a.b", &["team"], false), "ok bob@A.B"),
            (Add("alice@a.b", &["team"], true), "ok alice@A.B"),
            (Add("cyd@a.b", &["nothing"], false), "42704"),
            (Add("cyd@a.b", &["Team"], false), "42704"),
            (Add("x y@@", &[], false), "22023"),
            (List, "ok alice@A.B t team; bob@A.B t team"),
        ],
    ),
    case(
        "many principals",
        "CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION; CREATE USER \"old@A.B\"; \
         CREATE ROLE \"off@A.B\" IN ROLE rds_ad",
        &[
            (AddMany(&["a@a.b", "b@a.b"], &["team"], false), "ok a@A.B created, b@A.B created"),
            (AddMany(&["c@a.b", "a@a.b"], &[], false), "42710"),
            (AddMany(&["c@a.b", "C@a.b"], &[], false), "42710"),
            (AddMany(&["c@a.b", "c@a.b"], &[], false), "42710"),
            (
                AddMany(&["c@a.b", "c@a.b", "a@a.b", "old@a.b", "off@a.b"], &[], true),
                "ok c@A.B created, c@A.B unchanged, a@A.B unchanged, old@A.B adopted, off@A.B \
                 unchanged",
            ),
            (AddMany(&[], &[], false), "ok "),
            (AddMany(&["d@a.b", "bad"], &[], true), "22023"),
            (List, "ok a@A.B t team; b@A.B t team; c@A.B t ; off@A.B f ; old@A.B t "),
        ],
    ),
    case(
        "collisions",
        "CREATE ROLE \"ANN@A.B\"; CREATE USER \"bob@a.b\"",
        &[
            (Add("ann@a.b", &[], false), "42710"),
            (Add("ann@a.b", &[], true), "42710"),
            (Add("bob@a.b", &[], false), "42710"),
            (List, "ok ANN@A.B f "),
        ],
    ),
    case(
        "conflicts",
        "CREATE ROLE cloud IN ROLE rds_iam; CREATE ROLE deep IN ROLE cloud; \
          CREATE USER \"iam@A.B\" IN ROLE deep; CREATE USER below IN ROLE rds_iam; CREATE \
          ROLE \"group@A.B\"; GRANT \"group@A.B\" TO below; CREATE USER \"both@A.B\" IN ROLE \
          rds_ad, rds_iam",
        &[
            (Add("new@a.b", &["cloud"], false), "0LP01 new@A.B>rds_ad new@A.B>cloud>rds_iam"),
            (Add("new@a.b", &["deep"], false), "0LP01 new@A.B>rds_ad new@A.B>deep>cloud>rds_iam"),
            (Add("new@a.b", &["rds_iam"], false), "0LP01 new@A.B>rds_ad new@A.B>rds_iam"),
            (Add("iam@a.b", &[], true), "0LP01 iam@A.B>rds_ad iam@A.B>deep>cloud>rds_iam"),
            (Add("group@a.b", &[], true), "0LP01 below>group@A.B>rds_ad below>rds_iam"),
            (
                AddMany(&["x@a.b", "iam@a.b"], &[], true),
                "0LP01 iam@A.B>rds_ad iam@A.B>deep>cloud>rds_iam",
            ),
            (Conflicts, "ok both@A.B>rds_ad both@A.B>rds_iam"),
            (Preview("cloud", "both@A.B"), "ok "),
            (Preview("rds_ad", "below"), "ok below>rds_ad below>rds_iam"),
            (Preview("rds_ad", "nobody"), "42704"),
            (Add("fine@a.b", &[], false), "ok fine@A.B"),
        ],
    ),
    case(
        "disable and enable",
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE ROLE \"root@A.B\" CREATEDB IN ROLE rds_ad",
        &[
            (Disable("ann@a.b"), "ok ann@A.B"),
            (Disable("ann@a.b"), "ok ann@A.B"),
            (Add("ann@a.b", &[], true), "ok ann@A.B"),
            (List, "ok ann@A.B f ; root@A.B f "),
            (Enable("ann@a.b"), "ok ann@A.B"),
            (Enable("root@a.b"), "42501"),
            (Disable("root@a.b"), "42501"),
            (Disable("nobody@a.b"), "42704"),
            (Disable("app"), "22023"),
            (List, "ok ann@A.B t ; root@A.B f "),
        ],
    ),
    case(
        "rename",
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; CREATE \
         ROLE \"Cyd@A.B\"",
        &[
            (Rename("ann@a.b", "anna", None), "ok anna@A.B"),
            (Rename("anna@a.b", "bob", None), "42710"),
            (Rename("anna@a.b", "cyd", None), "42710"),
            (Rename("anna@a.b", "rds_x", None), "42939"),
            (Rename("ann@a.b", "x", None), "42704"),
            (Rename("anna@a.b", "anna", Some("c.d")), "ok anna@C.D"),
            (Rename("anna@c.d", "eve@e.f", None), "ok eve@E.F"),
            (List, "ok Cyd@A.B f ; bob@A.B t ; eve@E.F t "),
        ],
    ),
    case(
        "a realm moves",
        "CREATE USER \"ann@OLD.B\" IN ROLE rds_ad; CREATE USER \"bob@OLD.B\" IN ROLE rds_ad; \
         CREATE ROLE \"bob@TAKEN.C\"",
        &[
            (
                RenameRealm("old.b", "taken.c", true),
                "ok ann@OLD.B>ann@TAKEN.C, bob@OLD.B>bob@TAKEN.C!",
            ),
            (RenameRealm("old.b", "taken.c", false), "42710"),
            (RenameRealm("old.b", "new.c", true), "ok ann@OLD.B>ann@NEW.C, bob@OLD.B>bob@NEW.C"),
            (RenameRealm("old.b", "new.c", false), "ok ann@OLD.B>ann@NEW.C, bob@OLD.B>bob@NEW.C"),
            (RenameRealm("old.b", "new.c", false), "ok "),
            (RenameRealm("a.b", "A.B", false), "22023"),
            (RenameRealm("a.b", "corp", false), "22023"),
            (List, "ok ann@NEW.C t ; bob@NEW.C t ; bob@TAKEN.C f "),
        ],
    ),
    case(
        "drop",
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; CREATE \
         USER \"cyd@A.B\" IN ROLE rds_ad; CREATE USER \"mighty@A.B\" CREATEROLE IN ROLE rds_ad; \
          CREATE TABLE t (); ALTER TABLE t OWNER TO \"bob@A.B\"; CREATE TABLE u (); GRANT SELECT \
          ON u TO \"cyd@A.B\"; ALTER ROLE \"cyd@A.B\" SET work_mem = '8MB'; GRANT CREATE ON SCHEMA \
          public TO rds_master",
        &[
            (Drop("ann@a.b", false, None), "ok gone ann@A.B"),
            (Drop("ann@a.b", false, None), "42704"),
            (Drop("ann@a.b", true, None), "ok missing"),
            (Drop("bob@a.b", false, None), "2BP01"),
            (Drop("bob@a.b", false, Some("nobody")), "42704"),
            (Drop("bob@a.b", false, Some("bob@A.B")), "22023"),
            (Drop("mighty@a.b", false, None), "42501"),
            (List, "ok bob@A.B t ; cyd@A.B t ; mighty@A.B t "),
            (Drop("cyd@a.b", false, None), "ok gone cyd@A.B"),
        ],
    ),
    case(
        "audit and check",
        "SET client_min_messages = error; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE \
         USER \"eve@a.b\" IN ROLE rds_ad; CREATE USER \"Dan@A.B\" IN ROLE rds_ad; CREATE \
         USER \"dan@A.B\" IN ROLE rds_ad; \
          CREATE ROLE \"off@A.B\" CONNECTION LIMIT 0",
        &[
            (Check("ann@a.b"), "ok "),
            (
                Check("nobody@a.b"),
                "ok role_exists rds_ad not_rds_iam login connection_limit connection_slots connect",
            ),
            (
                Check("eve@a.b"),
                "ok role_exists realm_case rds_ad not_rds_iam login connection_limit \
                 connection_slots connect",
            ),
            (Check("off@a.b"), "ok rds_ad login connection_limit"),
            (Check("éééééééééééééééééééééééé@corp.example.com"), "ok name_length"),
            (Check("app"), "22023"),
        ],
    ),
    case(
        "a list",
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; CREATE \
         USER \"old@A.B\"; CREATE USER app IN ROLE rds_ad",
        &[
            (
                Sync(&["ann@a.b", "new@a.b", "old@a.b"], AbsentPolicy::Keep, true),
                "ok adopt old@A.B, create new@A.B",
            ),
            (
                Sync(&["ann@a.b", "new@a.b", "old@a.b"], AbsentPolicy::Disable, true),
                "ok adopt old@A.B, create new@A.B, disable bob@A.B",
            ),
            (
                Sync(&["ann@a.b", "new@a.b", "old@a.b"], AbsentPolicy::Disable, false),
                "ok adopt old@A.B, create new@A.B, disable bob@A.B",
            ),
            (Sync(&["ann@a.b", "new@a.b", "old@a.b"], AbsentPolicy::Disable, false), "ok "),
            (Sync(&[], AbsentPolicy::Drop, false), "ok "),
            (Sync(&["new@a.b"], AbsentPolicy::Drop, false), "53400"),
            (
                Sync(&["ann@a.b", "bob@a.b", "new@a.b"], AbsentPolicy::Drop, false),
                "ok drop old@A.B",
            ),
            (
                Sync(&["ann@a.b", "bob@a.b", "new@a.b"], AbsentPolicy::Disable, false),
                "ok enable bob@A.B",
            ),
            (Sync(&["ann"], AbsentPolicy::Keep, false), "22023"),
            (List, "ok ann@A.B t ; bob@A.B t ; new@A.B t "),
        ],
    ),
];

/// What depends on `krb_caseins_users`, with it off and on.
pub(super) const BY_SETTING: [&[Conformance]; 2] = [
    &[case(
        "upper case",
        "CREATE USER \"Bob@A.B\" IN ROLE rds_ad; CREATE USER \"eve@a.b\" IN ROLE rds_ad",
        &[
            (Canonicalize("ALICE", Some("a.b")), "ok ALICE@A.B"),
            (Add("Alice@a.b", &[], false), "ok Alice@A.B"),
            (Add("alice@a.b", &[], true), "42710"),
            (Disable("alice@a.b"), "42704"),
            (Disable("Bob@a.b"), "ok Bob@A.B"),
            (Rename("Bob@a.b", "bob", None), "ok bob@A.B"),
            (
                Audit,
                "ok unreachable_realm_case eve@a.b; opened_by_caseins Alice@A.B; opened_by_caseins \
                 eve@a.b",
            ),
        ],
    )],
    &[case(
        "upper case",
        "CREATE USER \"Bob@A.B\" IN ROLE rds_ad; CREATE USER \"eve@a.b\" IN ROLE rds_ad",
        &[
            (Canonicalize("ALICE", Some("a.b")), "ok alice@A.B"),
            (Add("Alice@a.b", &[], false), "ok alice@A.B"),
            (Add("alice@a.b", &[], true), "ok alice@A.B"),
            (Disable("ALICE@a.b"), "ok alice@A.B"),
            (Disable("Bob@a.b"), "ok Bob@A.B"),
            (Audit, "ok closed_by_caseins eve@a.b"),
            (Rename("Bob@a.b", "BOB", None), "ok bob@A.B"),
        ],
    )],
];
