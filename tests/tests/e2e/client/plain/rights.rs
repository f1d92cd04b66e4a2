//! The right that is missing, by the rules of each version (src/backend/commands/user.c), and that
//! it is enough.

use kerbrole_client::{AbsentPolicy, SyncOptions};

use super::*;

#[derive(Debug, Clone, Copy)]
enum Call {
    Add,
    AddToTeam,
    Adopt,
    Drop(&'static str),
    DropWithHeir(&'static str),
    Disable,
    Enable,
    Rename,
    RenameRealm,
    SyncCreates,
    SyncAdopts,
    SyncEnables,
    SyncDisables,
    SyncDrops,
    Grant,
}

use Call::*;

/// Versions, what `dba` has, what is tried, and the statements that the hint is to name: all of
/// them, and no other.
type Row = (std::ops::RangeInclusive<u32>, &'static str, &'static [Call], &'static [&'static str]);

const BEFORE_16: std::ops::RangeInclusive<u32> = 14..=15;
const SINCE_16: std::ops::RangeInclusive<u32> = 16..=99;
const EACH: std::ops::RangeInclusive<u32> = 14..=99;

const CREATEROLE: &str = "ALTER ROLE \"dba\" CREATEROLE;";
const ADMIN_ON_AD: &str = "GRANT \"rds_ad\" TO \"dba\" WITH ADMIN OPTION;";
const ADMIN_ON_TEAM: &str = "GRANT \"team\" TO \"dba\" WITH ADMIN OPTION;";
const ADMIN_ON_ANN: &str = "GRANT \"ann@A.B\" TO \"dba\" WITH ADMIN OPTION;";
const ADMIN_ON_OFF: &str = "GRANT \"off@A.B\" TO \"dba\" WITH ADMIN OPTION;";
const ADMIN_ON_OWNER: &str = "GRANT \"owner@A.B\" TO \"dba\" WITH ADMIN OPTION;";
const ON_ALL: &str = "GRANT \"ann@A.B\", \"off@A.B\", \"owner@A.B\", \"maker@A.B\", \"giver@A.B\" \
    TO dba WITH ADMIN OPTION;";

const SETUP: &str = "CREATE ROLE dba LOGIN; CREATE ROLE team; CREATE ROLE heir; CREATE ROLE bob; \
    CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE ROLE \"off@A.B\" IN ROLE rds_ad; \
     CREATE USER \"old@A.B\"; CREATE USER \"owner@A.B\" IN ROLE rds_ad; CREATE TABLE t (); ALTER \
     TABLE t OWNER TO \"owner@A.B\"; CREATE USER \"maker@A.B\" IN ROLE rds_ad; \
     CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f() OWNER \
     TO \"maker@A.B\"; CREATE USER \"giver@A.B\" IN ROLE rds_ad; \
     GRANT team TO \"giver@A.B\" WITH ADMIN OPTION; SET ROLE \"giver@A.B\"; GRANT team TO bob; \
     RESET ROLE;";

const ROWS: &[Row] = &[
    // CREATEROLE is all that it takes, and an attribute that nobody inherits.
    (
        BEFORE_16,
        "",
        &[
            Add,
            AddToTeam,
            Adopt,
            Drop("ann"),
            Drop("giver"),
            Disable,
            Enable,
            Rename,
            RenameRealm,
            SyncCreates,
            SyncAdopts,
            SyncEnables,
            SyncDisables,
            SyncDrops,
        ],
        &[CREATEROLE],
    ),
    (
        BEFORE_16,
        "CREATE ROLE dbas CREATEROLE; GRANT dbas TO dba",
        &[Add, Disable, Drop("ann")],
        &[CREATEROLE],
    ),
    (BEFORE_16, "", &[Grant], &[ADMIN_ON_TEAM]),
    // Rights of others that are had by SET ROLE only are none to REASSIGN OWNED.
    (
        BEFORE_16,
        "ALTER ROLE dba CREATEROLE NOINHERIT; GRANT heir TO dba",
        &[DropWithHeir("owner")],
        &["ALTER ROLE \"dba\" INHERIT;"],
    ),
    (
        BEFORE_16,
        "ALTER ROLE dba CREATEROLE",
        &[DropWithHeir("owner")],
        &["GRANT \"heir\" TO \"dba\";"],
    ),
    (
        BEFORE_16,
        "ALTER ROLE dba CREATEROLE; GRANT heir TO dba",
        &[DropWithHeir("maker")],
        &["GRANT CREATE ON SCHEMA \"public\" TO \"heir\";"],
    ),
    // Both CREATEROLE and ADMIN on the role.
    (
        SINCE_16,
        "GRANT \"ann@A.B\", \"off@A.B\", \"owner@A.B\", \"maker@A.B\", \"giver@A.B\", \"old@A.B\", \
         rds_ad, team TO dba WITH ADMIN OPTION",
        &[
            Add,
            AddToTeam,
            Drop("ann"),
            Drop("giver"),
            Disable,
            Enable,
            Rename,
            RenameRealm,
            SyncCreates,
            SyncEnables,
            SyncDisables,
            SyncDrops,
        ],
        &[CREATEROLE],
    ),
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE",
        &[Drop("ann"), Disable, Rename, SyncDisables, SyncDrops],
        &[ADMIN_ON_ANN],
    ),
    (SINCE_16, "ALTER ROLE dba CREATEROLE", &[Enable, SyncEnables], &[ADMIN_ON_OFF]),
    (SINCE_16, "", &[Disable, Drop("ann")], &[CREATEROLE, ADMIN_ON_ANN]),
    (
        SINCE_16,
        "CREATE ROLE dbas CREATEROLE; GRANT dbas TO dba; GRANT \"ann@A.B\" TO dbas WITH ADMIN \
         OPTION",
        &[Disable],
        &[CREATEROLE],
    ),
    // To grant it takes ADMIN on what is granted, and nothing else.
    (SINCE_16, "ALTER ROLE dba CREATEROLE", &[Add, SyncCreates], &[ADMIN_ON_AD]),
    (SINCE_16, "", &[Adopt, SyncAdopts], &[ADMIN_ON_AD]),
    (SINCE_16, "", &[Add], &[CREATEROLE, ADMIN_ON_AD]),
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE; GRANT rds_ad TO dba WITH ADMIN OPTION",
        &[AddToTeam],
        &[ADMIN_ON_TEAM],
    ),
    (SINCE_16, "", &[Grant], &[ADMIN_ON_TEAM]),
    // ADMIN by way of a membership that is not inherited lets one alter a role, and not grant it.
    (
        SINCE_16,
        "CREATE ROLE dbas; GRANT team, rds_ad TO dbas WITH ADMIN OPTION; GRANT dbas TO dba WITH \
         INHERIT FALSE",
        &[Grant],
        &[ADMIN_ON_TEAM],
    ),
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE; CREATE ROLE dbas; GRANT rds_ad TO dbas WITH ADMIN OPTION; \
         GRANT dbas TO dba WITH INHERIT FALSE",
        &[Add, Adopt],
        &[ADMIN_ON_AD],
    ),
    // The memberships that it granted stay, and somebody has to have the right to give them.
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE; GRANT \"giver@A.B\" TO dba WITH ADMIN OPTION",
        &[Drop("giver")],
        &[ADMIN_ON_TEAM],
    ),
    // What somebody owns is given away by who has the rights of both.
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE; GRANT heir TO dba",
        &[DropWithHeir("owner")],
        &[ADMIN_ON_OWNER],
    ),
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE; GRANT \"owner@A.B\" TO dba WITH ADMIN OPTION, INHERIT FALSE, \
         SET FALSE; GRANT heir TO dba WITH INHERIT FALSE",
        &[DropWithHeir("owner")],
        &["GRANT \"heir\" TO \"dba\" WITH INHERIT TRUE;"],
    ),
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE NOINHERIT; GRANT \"owner@A.B\" TO dba WITH ADMIN OPTION",
        &[DropWithHeir("owner")],
        &["GRANT \"heir\" TO \"dba\" WITH INHERIT TRUE, SET TRUE;"],
    ),
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE; GRANT \"maker@A.B\" TO dba WITH ADMIN OPTION, INHERIT FALSE, \
         SET FALSE; GRANT heir TO dba WITH SET FALSE; GRANT CREATE ON SCHEMA public TO heir",
        &[DropWithHeir("maker")],
        &["GRANT \"heir\" TO \"dba\" WITH SET TRUE;"],
    ),
    (
        SINCE_16,
        "ALTER ROLE dba CREATEROLE; GRANT \"maker@A.B\", heir TO dba WITH ADMIN OPTION",
        &[DropWithHeir("maker")],
        &["GRANT CREATE ON SCHEMA \"public\" TO \"heir\";"],
    ),
    (
        EACH,
        "ALTER ROLE dba CREATEROLE; GRANT heir TO dba; CREATE SCHEMA s AUTHORIZATION \"owner@A.B\"",
        &[DropWithHeir("owner_of_schema")],
        &["GRANT CREATE ON DATABASE \"postgres\" TO \"dba\";"],
    ),
];

async fn call(kerbrole: &Kerbrole<'_, Client>, call: Call) -> Result<(), Error> {
    let options = AddOptions::new();
    let heir = DropOptions::new().reassign_owned_to("heir");
    let name = |user: &str| format!("{user}@a.b");
    // All that are there, but for those whom a step is about.
    let all = ["ann@a.b", "off@a.b", "owner@a.b", "maker@a.b", "giver@a.b"];
    let list = |without: &str, more: &[&'static str]| {
        let kept = all.into_iter().filter(|one| *one != name(without));
        kept.chain(more.iter().copied()).collect::<Vec<_>>()
    };
    match call {
        Add => kerbrole.add_principal("new@a.b", None, &options).await.map(|_| ()),
        AddToTeam => {
            kerbrole.add_principal("new@a.b", None, &options.group("team")).await.map(|_| ())
        }
        Adopt => {
            kerbrole.add_principal("old@a.b", None, &options.if_not_exists(true)).await.map(|_| ())
        }
        Drop(user) => {
            kerbrole.drop_principal(&name(user), None, &DropOptions::new()).await.map(|_| ())
        }
        DropWithHeir("owner_of_schema") => {
            kerbrole.drop_principal("owner@a.b", None, &heir).await.map(|_| ())
        }
        DropWithHeir(user) => kerbrole.drop_principal(&name(user), None, &heir).await.map(|_| ()),
        Disable => kerbrole.disable_principal("ann@a.b", None, Sessions::Keep).await.map(|_| ()),
        Enable => kerbrole.enable_principal("off@a.b", None).await.map(|_| ()),
        Rename => kerbrole.rename_principal("ann@a.b", None, "anna", None).await.map(|_| ()),
        RenameRealm => kerbrole.rename_realm("a.b", "c.d").await.map(|_| ()),
        SyncCreates => kerbrole
            .sync_principals(&["new@a.b"], &SyncOptions::new().absent(AbsentPolicy::Keep))
            .await
            .map(|_| ()),
        SyncAdopts => kerbrole
            .sync_principals(&["old@a.b"], &SyncOptions::new().absent(AbsentPolicy::Keep))
            .await
            .map(|_| ()),
        SyncEnables => kerbrole
            .sync_principals(&list("", &[]), &SyncOptions::new().absent(AbsentPolicy::Disable))
            .await
            .map(|_| ()),
        SyncDisables => {
            // Who is disabled and on the list would be enabled as well.
            let list: Vec<_> =
                list("ann", &[]).into_iter().filter(|one| *one != "off@a.b").collect();
            kerbrole
                .sync_principals(&list, &SyncOptions::new().absent(AbsentPolicy::Disable))
                .await
                .map(|_| ())
        }
        SyncDrops => kerbrole
            .sync_principals(&list("ann", &[]), &SyncOptions::new().absent(AbsentPolicy::Drop))
            .await
            .map(|_| ()),
        Grant => kerbrole.grant_role("team", "ann@A.B").await,
    }
}

pub(super) fn each_missing_right_is_named_and_is_enough(c: &Context<'_>) {
    let mut wrong = Vec::new();
    for (versions, rights, calls, wanted) in ROWS.iter().filter(|row| row.0.contains(&c.major())) {
        for &tried in *calls {
            c.start_afresh();
            let mut su = c.superuser();
            su.run(SETUP);
            su.run(rights);
            if c.major() >= 16 && matches!(tried, DropWithHeir("owner_of_schema")) {
                su.run(ON_ALL);
            }
            let where_ = format!("{tried:?} on {versions:?} with {rights:?}");
            let before = su.traces();
            let hint =
                by_plain_statements(c, "dba", async |kerbrole| match call(kerbrole, tried).await {
                    Ok(()) => Err("succeeds at once".to_string()),
                    Err(error) if error.code().is_none_or(|code| code.code() != "42501") => {
                        Err(format!("{:?}: {error}", error.code()))
                    }
                    Err(error) if error.to_string() == "no possible grantors" => {
                        Err(error.to_string())
                    }
                    Err(error) => Ok(error.hint().unwrap_or_default()),
                });
            let hint = match hint {
                Ok(hint) => hint,
                Err(seen) => {
                    wrong.push(format!("{where_}: {seen}"));
                    continue;
                }
            };
            assert_eq!(su.traces(), before, "{where_}: a refused call changes nothing");
            let named = statements_in(&hint);
            if named != *wanted {
                wrong.push(format!("{where_}: {hint}"));
                continue;
            }
            named.iter().for_each(|statement| su.run(statement));
            if let Err(error) =
                by_plain_statements(c, "dba", async |kerbrole| call(kerbrole, tried).await)
            {
                wrong.push(format!("{where_}: and then {error}, {:?}", error.hint()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Nothing can be asked any more where the caller's transaction has failed.
pub(super) fn in_a_failed_transaction_all_that_it_takes_is_named(c: &Context<'_>) {
    c.superuser().run(SETUP);
    let hint = Runtime::new().unwrap().block_on(async {
        let mut client = connect(c, "dba").await;
        let transaction = client.transaction().await.unwrap();
        let kerbrole = Kerbrole::new(&transaction).await.unwrap();
        let error = kerbrole.disable_principal("ann@a.b", None, Sessions::Keep).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501");
        error.hint().unwrap()
    });
    let wanted: &[&str] = if c.major() >= 16 { &[CREATEROLE, ADMIN_ON_ANN] } else { &[CREATEROLE] };
    assert_eq!(statements_in(&hint), wanted, "{hint}");
}

/// Attributes are not inherited, and a role that has CREATEROLE lends it to who sets it.
pub(super) fn another_role_that_has_it_is_named(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(SETUP);
    su.run("CREATE ROLE dbas CREATEROLE; GRANT dbas TO dba");
    if c.major() >= 16 {
        su.run("GRANT \"ann@A.B\" TO dbas WITH ADMIN OPTION");
    }
    let disable = ["disable", "ann@a.b"];
    let (code, _, err) = command(c, "dba", &disable);
    assert!(code == 4 && err.contains("SET ROLE \"dbas\""), "{err}");
    let (code, out, err) = command_with(c, "dba", &[("PGOPTIONS", "-c role=dbas")], &disable);
    assert!(code == 0 && out.contains("disabled"), "{out}{err}");
}
