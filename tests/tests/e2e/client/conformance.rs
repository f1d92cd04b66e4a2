//! The crate kerbrole-client by either backend: each case is written once, and comes to the same.
//!
//! Where it does not, the reason stands in `differences`, which is what the README of the crate
//! shows.

use kerbrole_client::{
    AbsentPolicy, AddOptions, Backend, DropOptions, Dropped, Error, ErrorKind, Kerbrole,
    SyncOptions,
};
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    Every: by_the_extension;
    BareEachVersion: by_plain_statements, by_plain_statements_among_many;
    Nowhere: the_readme_shows_the_differences;
}

/// A call, its arguments, and what it comes to: `ok` and the result in a few words, or SQLSTATE
/// and, for a conflict, the paths.
type Step = (Call, &'static str);

#[derive(Debug, Clone, Copy)]
enum Call {
    Canonicalize(&'static str, Option<&'static str>),
    Add(&'static str, &'static [&'static str], bool),
    AddMany(&'static [&'static str], &'static [&'static str], bool),
    Drop(&'static str, bool, Option<&'static str>),
    Disable(&'static str),
    Enable(&'static str),
    Rename(&'static str, &'static str, Option<&'static str>),
    RenameRealm(&'static str, &'static str, bool),
    Sync(&'static [&'static str], AbsentPolicy, bool),
    List,
    Check(&'static str),
    Conflicts,
    Preview(&'static str, &'static str),
    Audit,
}

struct Conformance {
    what: &'static str,
    setup: &'static str,
    steps: &'static [Step],
}

const fn case(what: &'static str, setup: &'static str, steps: &'static [Step]) -> Conformance {
    Conformance { what, setup, steps }
}

use Call::*;

const BOTH: &[Conformance] = &[
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
const BY_SETTING: [&[Conformance]; 2] = [
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

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Caller {
    Superuser,
    /// The rds_superuser, by the server's stock rules.
    Master,
    /// The same with ADMIN on rds_ad and on the principals, which accepts to be nested.
    Admin,
    /// EXECUTE on the functions, where there are any.
    Delegate,
}

impl Caller {
    fn user(self) -> &'static str {
        match self {
            Self::Superuser => "rdsadmin",
            Self::Master | Self::Admin => "rds_master",
            Self::Delegate => "delegate",
        }
    }
}

/// What a step comes to instead, and why: words of the table in the README of the crate.
type Difference = (&'static str, &'static str);

/// Whoever has EXECUTE only may call functions, and here are none: the rights of others count.
const NO_FUNCTIONS: Difference = ("42501", "EXECUTE on the functions | CREATEROLE;");

/// By stock rules CREATEROLE is not enough to grant rds_ad, or to change a role that somebody else
/// made.
const NO_ADMIN: Difference = (
    "42501",
    "since PostgreSQL 16 also ADMIN on `rds_ad` to add, and ADMIN on the role to change one.",
);

const NOT_THE_OWNER: Difference = (
    "ok disabled cyd@A.B",
    "privileges on objects of others only their owners can revoke, or a superuser;",
);

/// What a step comes to otherwise than it should. Everything else is the same.
fn differences(
    backend: Backend,
    caller: Caller,
    major: u32,
    call: Call,
    expected: &str,
) -> Option<Difference> {
    let changes =
        !matches!(call, Canonicalize(..) | List | Check(..) | Conflicts | Preview(..) | Audit)
            && !matches!(call, RenameRealm(_, _, true) | Sync(_, _, true));
    if !changes || !expected.starts_with("ok") {
        return None;
    }
    match (backend, caller) {
        (Backend::PlainSql, Caller::Delegate) => Some(NO_FUNCTIONS),
        (Backend::PlainSql, Caller::Master) if major >= 16 => Some(NO_ADMIN),
        (Backend::PlainSql, Caller::Master | Caller::Admin) if expected == "ok gone cyd@A.B" => {
            Some(NOT_THE_OWNER)
        }
        _ => None,
    }
}

fn the_readme_shows_the_differences(_: &Context<'_>) {
    let readme = std::fs::read_to_string(
        kerbrole_tests::version::workspace().join("kerbrole-client/README.md"),
    )
    .unwrap();
    let table = readme.split("## Where plain statements differ").nth(1).unwrap();
    for (_, words) in [NO_FUNCTIONS, NO_ADMIN, NOT_THE_OWNER] {
        assert!(table.contains(words), "{words}");
    }
}

fn by_the_extension(c: &Context<'_>) {
    for caller in [Caller::Superuser, Caller::Master, Caller::Delegate] {
        all(c, Backend::Extension, caller, "");
    }
}

fn by_plain_statements(c: &Context<'_>) {
    let mut su = c.superuser();
    assert_eq!(
        su.one("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_kerbrole'"),
        "0",
        "no files of the extension"
    );
    assert_eq!(c.master().code("SELECT FROM pg_authid"), "42501");
    for caller in [Caller::Superuser, Caller::Master, Caller::Admin, Caller::Delegate] {
        all(c, Backend::PlainSql, caller, "");
    }
}

/// Where there are too many memberships to read them all.
fn by_plain_statements_among_many(c: &Context<'_>) {
    let names =
        |prefix: &str| (0..50).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>().join(", ");
    let create = "DO $$ BEGIN FOR i IN 0..49 LOOP EXECUTE format('CREATE ROLE above%s; CREATE ROLE \
        below%s', i, i); END LOOP; END $$";
    let many = format!("{create}; GRANT {} TO {}", names("above"), names("below"));
    for caller in [Caller::Superuser, Caller::Admin] {
        all(c, Backend::PlainSql, caller, &many);
        assert!(
            c.superuser().one("SELECT pg_relation_size('pg_auth_members')").parse::<u32>().unwrap()
                > 80 * 1024
        );
    }
}

fn all(c: &Context<'_>, backend: Backend, caller: Caller, others: &str) {
    let by_setting = BY_SETTING[usize::from(c.caseins)];
    for case in BOTH.iter().chain(by_setting) {
        c.start_afresh();
        let mut su = c.superuser();
        su.run("CREATE ROLE delegate LOGIN");
        if backend == Backend::Extension {
            su.run("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO delegate");
        }
        for setup in [others, case.setup].into_iter().filter(|sql| !sql.is_empty()) {
            su.run(setup);
        }
        // Groups that the delegate is to grant, as the rds_superuser can.
        for group in su.column(
            "SELECT quote_ident(r.rolname) FROM pg_auth_members m JOIN pg_roles \
            r ON r.oid = m.roleid WHERE m.member = 'rds_master'::regrole AND m.admin_option",
        ) {
            su.run(&format!("GRANT {group} TO delegate WITH ADMIN OPTION"));
        }
        if caller == Caller::Admin && c.major() >= 16 {
            // ADMIN is a membership: on a role in rds_iam it would make a conflict of the
            // administrator.
            let principals = "SELECT quote_ident(rolname) FROM pg_roles WHERE (rolname LIKE '%@%' \
                AND rolname !~ '^(both|iam)@') OR rolname = 'rds_ad'";
            for role in su.column(principals) {
                su.run(&format!("GRANT {role} TO rds_master WITH ADMIN OPTION"));
            }
        }
        run_case(c, backend, caller, case, &mut su);
    }
}

fn run_case(
    c: &Context<'_>,
    backend: Backend,
    caller: Caller,
    case: &Conformance,
    su: &mut Session,
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut config = tokio_postgres::Config::new();
    config.host_path(c.server.socket()).port(c.server.port).user(caller.user()).dbname("postgres");
    let (client, connection) = runtime.block_on(config.connect(NoTls)).unwrap();
    runtime.spawn(connection);
    for &(call, expected) in case.steps {
        let kerbrole =
            Kerbrole::<Client>::builder().backend(backend).accept_nesting(true).build(&client);
        let kerbrole = runtime.block_on(kerbrole).unwrap();
        let where_ =
            format!("{} {call:?} by {caller:?} through {backend:?} on {}", case.what, c.major());
        let before = state(su);
        let seen = runtime.block_on(outcome(&kerbrole, call));
        match differences(backend, caller, c.major(), call, expected) {
            Some((different, _)) => {
                // Nothing to do needs no right.
                let nothing_to_do = seen == expected && state(su) == before;
                assert!(seen == different || nothing_to_do, "{where_}: {seen}");
                if !different.starts_with("ok") {
                    assert_eq!(state(su), before, "{where_}");
                }
                if seen == different {
                    // The steps after it would stand on other ground.
                    return;
                }
            }
            None => assert_eq!(seen, expected, "{where_}"),
        }
        if !seen.starts_with("ok") {
            assert_eq!(state(su), before, "{where_}");
        }
    }
}

/// The principals, and their memberships.
fn state(su: &mut Session) -> Vec<Vec<String>> {
    su.rows(
        "SELECT r.rolname, r.rolcanlogin, g.rolname FROM pg_roles r LEFT JOIN pg_auth_members m ON \
         m.member = r.oid \
         LEFT JOIN pg_roles g ON g.oid = m.roleid WHERE r.rolname LIKE '%@%' ORDER BY 1, 2, 3",
    )
}

async fn outcome(kerbrole: &Kerbrole<'_, Client>, call: Call) -> String {
    match try_outcome(kerbrole, call).await {
        Ok(result) => format!("ok {result}"),
        Err(error) => failure(&error),
    }
}

fn failure(error: &Error) -> String {
    let code =
        error.code().map(|code| code.code().to_string()).unwrap_or_else(|| format!("{error:?}"));
    assert!(
        !error.to_string().is_empty() && (error.hint().is_some() || code == "42501"),
        "{error:?}"
    );
    match error.conflict_paths() {
        Some((ad, iam)) => {
            assert_eq!(error.kind(), ErrorKind::Conflict);
            format!("{code} {} {}", ad.join(">"), iam.join(">"))
        }
        None => code,
    }
}

async fn try_outcome(kerbrole: &Kerbrole<'_, Client>, call: Call) -> Result<String, Error> {
    let options = |groups: &[&str], if_not_exists| {
        groups.iter().fold(AddOptions::new().if_not_exists(if_not_exists), |options, group| {
            options.group(*group)
        })
    };
    let conflict =
        |c: &kerbrole_client::Conflict| format!("{} {}", c.ad_path.join(">"), c.iam_path.join(">"));
    Ok(match call {
        Canonicalize(username, realm) => kerbrole.canonicalize(username, realm).await?,
        Add(name, groups, if_not_exists) => {
            kerbrole.add_principal(name, None, &options(groups, if_not_exists)).await?
        }
        AddMany(names, groups, if_not_exists) => {
            let added = kerbrole.add_principals(names, &options(groups, if_not_exists)).await?;
            added
                .iter()
                .map(|a| format!("{} {}", a.role_name, a.action.as_str()))
                .collect::<Vec<_>>()
                .join(", ")
        }
        Drop(name, if_exists, heir) => {
            let options = heir
                .into_iter()
                .fold(DropOptions::new().if_exists(if_exists), DropOptions::reassign_owned_to);
            match kerbrole.drop_principal(name, None, &options).await? {
                Dropped::Gone(name) => format!("gone {name}"),
                Dropped::OnlyDisabled { role_name, .. } => format!("disabled {role_name}"),
                Dropped::Missing => "missing".into(),
                other => format!("{other:?}"),
            }
        }
        Disable(name) => kerbrole.disable_principal(name, None, false).await?,
        Enable(name) => kerbrole.enable_principal(name, None).await?,
        Rename(name, new, realm) => kerbrole.rename_principal(name, None, new, realm).await?,
        RenameRealm(old, new, dry_run) => {
            let moved = kerbrole.rename_realm(old, new, dry_run).await?;
            let one = |m: &kerbrole_client::RealmRename| {
                format!(
                    "{}>{}{}",
                    m.old_name,
                    m.new_name,
                    if m.problem.is_some() { "!" } else { "" }
                )
            };
            moved.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Sync(names, absent, dry_run) => {
            let rows = kerbrole
                .sync_principals(names, &SyncOptions::new().absent(absent), dry_run)
                .await?;
            let mut told: Vec<_> =
                rows.iter().map(|r| format!("{} {}", r.action.as_str(), r.role_name)).collect();
            told.sort();
            told.dedup();
            told.join(", ")
        }
        List => {
            let listed = kerbrole.list_principals().await?;
            let one = |p: &kerbrole_client::ListedPrincipal| {
                format!(
                    "{} {} {}",
                    p.role_name,
                    if p.can_login { "t" } else { "f" },
                    p.groups.join(",")
                )
            };
            listed.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        Check(name) => {
            let checks = kerbrole.check_principal(name, None).await?;
            // The server's own side is the extension's to see.
            let servers = ["server", "listening", "pg_hba", "keytab"];
            let wrong = checks
                .iter()
                .filter(|check| check.ok != Some(true) && !servers.contains(&check.name.as_str()));
            wrong.map(|check| check.name.clone()).collect::<Vec<_>>().join(" ")
        }
        Conflicts => {
            kerbrole.conflicts().await?.iter().map(conflict).collect::<Vec<_>>().join("; ")
        }
        Preview(granted, member) => kerbrole
            .preview_grant(granted, member)
            .await?
            .iter()
            .map(conflict)
            .collect::<Vec<_>>()
            .join("; "),
        Audit => {
            let findings = kerbrole.case_audit().await?;
            let one = |f: &kerbrole_client::CaseFinding| {
                format!("{} {}", f.problem.as_str(), f.role_names.join(" "))
            };
            findings.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    })
}
