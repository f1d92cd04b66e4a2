//! What accounts come to, case by case.

use super::{Person, bound};

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) set_up: String,
    pub(super) people: &'static [Person<'static>],
    pub(super) arguments: &'static str,
    /// Action and role.
    pub(super) rows: &'static [&'static str],
    /// Afterwards: role, whether it can log in, groups, RID.
    pub(super) after: &'static [&'static str],
    /// Who was to be dropped and is there still.
    pub(super) not_dropped: &'static [&'static str],
}

/// The rows are those of the contract.
pub(super) fn table() -> Vec<Case> {
    let case = |name, set_up, people, arguments, rows, after| Case {
        name,
        set_up,
        people,
        arguments,
        rows,
        after,
        not_dropped: &[],
    };
    let swap = || bound("ann@A.B", 1) + &bound("bob@A.B", 2);
    let one = || bound("ann@A.B", 1);
    let in_analysts = || one() + "GRANT analysts TO \"ann@A.B\";";
    vec![
        case(
            "create",
            String::new(),
            &[("ann@a.b", 1, true, &["analysts"]), ("off@a.b", 2, false, &["analysts"])],
            "",
            &["create ann@A.B", "bind ann@A.B", "grant ann@A.B"],
            &["ann@A.B t {analysts} 1"],
        ),
        case(
            "adopt, with what somebody wrote",
            "CREATE ROLE \"ann@A.B\"; COMMENT ON ROLE \"ann@A.B\" IS E'ask Jo\\\\ it''s; DROP'; \
             CREATE USER \"bob@A.B\" IN ROLE rds_ad;"
                .into(),
            &[("ann@a.b", 1, true, &[]), ("bob@a.b", 2, true, &[])],
            "",
            &["adopt ann@A.B", "bind ann@A.B", "bind bob@A.B", "enable ann@A.B"],
            &["ann@A.B t {} 1", "bob@A.B t {} 2"],
        ),
        case(
            "rename",
            in_analysts(),
            &[("anna@a.b", 1, true, &["analysts"])],
            "",
            &["rename ann@A.B"],
            &["anna@A.B t {analysts} 1"],
        ),
        case(
            "swap",
            swap(),
            &[("bob@a.b", 1, true, &[]), ("ann@a.b", 2, true, &[])],
            "",
            &["rename ann@A.B", "rename bob@A.B", "rename ann@A.B"],
            &["ann@A.B t {} 2", "bob@A.B t {} 1"],
        ),
        case(
            "chain of three, with somebody new at its end",
            swap() + &bound("cyd@A.B", 3),
            &[
                ("ann@a.b", 4, true, &[]),
                ("bob@a.b", 1, true, &[]),
                ("cyd@a.b", 2, true, &[]),
                ("dan@a.b", 3, true, &[]),
            ],
            "",
            &[
                "rename cyd@A.B",
                "rename bob@A.B",
                "rename ann@A.B",
                "create ann@A.B",
                "bind ann@A.B",
            ],
            &["ann@A.B t {} 4", "bob@A.B t {} 1", "cyd@A.B t {} 2", "dan@A.B t {} 3"],
        ),
        case(
            "circle of three",
            swap() + &bound("cyd@A.B", 3),
            &[("bob@a.b", 1, true, &[]), ("cyd@a.b", 2, true, &[]), ("ann@a.b", 3, true, &[])],
            "",
            &["rename ann@A.B", "rename cyd@A.B", "rename bob@A.B", "rename ann@A.B"],
            &["ann@A.B t {} 3", "bob@A.B t {} 1", "cyd@A.B t {} 2"],
        ),
        case(
            "disabled, its memberships as the groups are",
            one(),
            &[("ann@a.b", 1, false, &["analysts"])],
            "max_removals => '1'",
            &["disable ann@A.B", "grant ann@A.B"],
            &["ann@A.B f {analysts} 1"],
        ),
        case(
            "enabled again",
            one() + "ALTER ROLE \"ann@A.B\" NOLOGIN;",
            &[("ann@a.b", 1, true, &[])],
            "",
            &["enable ann@A.B"],
            &["ann@A.B t {} 1"],
        ),
        case(
            "an account made again under the old name",
            in_analysts(),
            &[("ann@a.b", 7, true, &["analysts"])],
            "max_removals => '1'",
            &["disable ann@A.B", "leave ann@A.B"],
            &["ann@A.B f {analysts} 1"],
        ),
        case(
            "revoke",
            in_analysts() + "GRANT auditors, elsewhere TO \"ann@A.B\";",
            &[("ann@a.b", 1, true, &["auditors"])],
            "max_removals => '1'",
            &["revoke ann@A.B"],
            &["ann@A.B t {auditors,elsewhere} 1"],
        ),
        case(
            "absent, kept as they are",
            in_analysts(),
            &[],
            "domains => '{S-1-5-21-1-2-3}'",
            &[],
            &["ann@A.B t {analysts} 1"],
        ),
        case(
            "absent, disabled",
            in_analysts()
                + "GRANT elsewhere TO \"ann@A.B\"; CREATE USER \"bob@A.B\" IN ROLE rds_ad;",
            &[],
            "domains => '{S-1-5-21-1-2-3}', absent => 'disable'",
            &["disable ann@A.B", "revoke ann@A.B"],
            &["ann@A.B f {elsewhere} 1", "bob@A.B t {}"],
        ),
        Case {
            not_dropped: &["bob@A.B"],
            ..case(
                "absent, dropped",
                in_analysts()
                    + &bound("bob@A.B", 2)
                    + "CREATE TABLE t (); ALTER TABLE t OWNER TO \
                \"bob@A.B\";",
                &[],
                "domains => '{S-1-5-21-1-2-3}', absent => 'drop', max_removals => '2'",
                &["drop ann@A.B", "disable bob@A.B"],
                &["bob@A.B f {} 2"],
            )
        },
        case(
            "of a domain that was not read nobody is absent",
            one(),
            &[],
            "domains => '{S-1-5-21-1-2-4}', absent => 'drop'",
            &[],
            &["ann@A.B t {} 1"],
        ),
        case(
            "kept",
            swap() + "ALTER ROLE \"bob@A.B\" NOLOGIN;",
            &[("cyd@a.b", 1, true, &["analysts"]), ("dan@a.b", 4, true, &[])],
            "domains => '{S-1-5-21-1-2-3}', absent => 'drop', kept => '{ann@A.B,bob@a.b,dan@a.b}'",
            &[],
            &["ann@A.B t {} 1", "bob@A.B f {} 2"],
        ),
        case(
            "a conflict is left out, and the others go on",
            one(),
            &[
                ("ann@a.b", 1, true, &["analysts", "cloud"]),
                ("bob@a.b", 2, true, &["cloud"]),
                ("cyd@a.b", 3, true, &["analysts"]),
            ],
            "",
            &["create cyd@A.B", "bind cyd@A.B", "grant cyd@A.B", "leave ann@A.B", "leave bob@A.B"],
            &["ann@A.B t {} 1", "cyd@A.B t {analysts} 3"],
        ),
        case(
            "names that no role can have, and such that two have",
            String::new(),
            &[
                ("a;DROP@a.b", 1, true, &[]),
                ("o'neil@a.b", 2, true, &[]),
                ("ann@a.b", 3, true, &[]),
                ("ANN@a.b", 4, true, &[]),
            ],
            "",
            &[
                "create o'neil@A.B",
                "bind o'neil@A.B",
                "leave ANN@A.B",
                "leave a;DROP@a.b",
                "leave ann@A.B",
            ],
            &["o'neil@A.B t {} 2"],
        ),
        case(
            "two roles of one account, and one that is no principal's",
            one()
                + &bound("bob@A.B", 1)
                + "CREATE ROLE app NOLOGIN; COMMENT ON ROLE app IS \
                '[kerbrole:S-1-5-21-1-2-3-2]'; CREATE USER \"root@A.B\" SUPERUSER IN ROLE rds_ad; \
                COMMENT ON ROLE \"root@A.B\" IS '[kerbrole:S-1-5-21-1-2-3-3]';",
            &[("ann@a.b", 1, true, &[]), ("app@a.b", 2, true, &[]), ("toor@a.b", 3, false, &[])],
            "",
            &["leave ann@A.B", "leave app", "leave root@A.B"],
            &["ann@A.B t {} 1", "bob@A.B t {} 1", "root@A.B t {} 3"],
        ),
        case(
            "a name that is held by a role of nobody's",
            one() + "CREATE USER \"bob@A.B\" IN ROLE rds_ad; CREATE USER \"Cyd@A.B\";",
            &[("bob@a.b", 1, true, &[]), ("cyd@a.b", 2, true, &[])],
            "",
            &["leave ann@A.B", "leave cyd@A.B"],
            &["Cyd@A.B t {}", "ann@A.B t {} 1", "bob@A.B t {}"],
        ),
    ]
}
