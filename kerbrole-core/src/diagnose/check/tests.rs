//! What each question of a login is answered with, by what the server does with such a login.

mod database;
mod role;
mod server;
mod session;

use crate::diagnose::check::{
    Check, ConnectionLimit, DatabaseFacts, KeytabFacts, LoginFacts, Room, ServerFacts, SlotFacts,
    StartupFacts, check_principal, check_too_long,
};
use crate::diagnose::fix_with::FixWith;
use crate::diagnose::hba::line::HbaLine;
use crate::diagnose::hba::words::{Match, Word};
use crate::memberships::cluster::Cluster;
use crate::memberships::graph::{Membership, MembershipGraph};
use crate::names::case::HighBytes;
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::oid::RoleOid;
use crate::roles::role::{Elevated, Role};
use crate::rule::ConflictRule;

/// Answer, detail, fix.
type Row = (Option<bool>, String, Option<String>);

const ANY: ConnectionLimit = ConnectionLimit { limit: -1, sessions: 0 };

/// A server that somebody logs in to, usually bob@A.B; as it begins, nothing stands in the way.
struct Scene {
    /// Who is asked about.
    asked: &'static str,
    roles: Vec<Role>,
    /// Members and what they are members of.
    memberships: Vec<(&'static str, &'static str)>,
    names_grantors: bool,
    caseins_users: bool,
    high_bytes: HighBytes,
    role_limit: ConnectionLimit,
    database: DatabaseFacts,
    startup: StartupFacts,
    server: Option<Server>,
    fix_with: FixWith,
}

/// What a superuser is shown.
struct Server {
    listen_addresses: &'static str,
    keytab: KeytabFacts,
    hba: Vec<HbaLine>,
}

fn role(oid: RoleOid, name: &str, can_login: bool) -> Role {
    Role { oid, name: RoleName::new(name).unwrap(), can_login, elevated: Elevated::default() }
}

fn limit(limit: i32, sessions: u32) -> ConnectionLimit {
    ConnectionLimit { limit, sessions }
}

impl Scene {
    /// As somebody sees it who is no superuser.
    fn new() -> Self {
        Self {
            asked: "bob@a.b",
            roles: vec![
                role(1, "rds_ad", false),
                role(2, "rds_iam", false),
                role(3, "team", false),
                role(4, "bob@A.B", true),
            ],
            memberships: vec![("bob@A.B", "team"), ("team", "rds_ad")],
            names_grantors: false,
            caseins_users: false,
            high_bytes: HighBytes::Kept,
            role_limit: ANY,
            database: DatabaseFacts {
                name: b"app".to_vec(),
                is_spelled: true,
                allows_connections: true,
                limit: ANY,
                may_connect: true,
            },
            startup: StartupFacts {
                settings: Vec::new(),
                libraries: Some(Vec::new()),
                triggers: Vec::new(),
                slots: SlotFacts { connections: 100, reserved: 3, room: Room::Enough },
            },
            server: None,
            fix_with: FixWith::Functions,
        }
    }

    /// As a superuser sees it, with a line of pg_hba.conf for members of a role.
    fn with_hba(lines: &[(&str, &str)]) -> Self {
        let word = |text: &str| Word { text: text.into(), quoted: Some(false) };
        let line = |(number, (user, method)): (u32, &(&str, &str))| HbaLine {
            number,
            kind: "host".into(),
            databases: vec![word("all")],
            users: vec![word(user)],
            address: Some("all".into()),
            method: (*method).into(),
            options: vec!["include_realm=true".into()],
            ..HbaLine::default()
        };
        let keys = vec!["postgres/db.a.b@A.B".to_string()];
        let keytab =
            KeytabFacts { path: "/krb5.keytab".into(), is_set: true, principals: Ok(Some(keys)) };
        let hba = (1..).zip(lines).map(line).collect();
        Self { server: Some(Server { listen_addresses: "*", keytab, hba }), ..Self::new() }
    }

    fn plain() -> Self {
        Self { fix_with: FixWith::Statements, ..Self::new() }
    }

    fn bob(&mut self) -> &mut Role {
        &mut self.roles[3]
    }

    /// The same without bob@A.B, and perhaps with somebody else.
    fn instead_of_bob(mut self, name: Option<&'static str>) -> Self {
        self.roles.pop();
        self.roles.extend(name.map(|name| role(4, name, true)));
        self
    }

    fn oid(&self, name: &[u8]) -> Option<RoleOid> {
        let named = self.roles.iter().find(|role| role.name.as_str().as_bytes() == name);
        named.map(|role| role.oid)
    }

    fn checks(&self) -> Vec<Check> {
        let oid = |name: &str| self.oid(name.as_bytes());
        let membership = |&(member, role): &(&str, &str)| {
            let (member, role) = (oid(member)?, oid(role)?);
            Some(Membership { grantor: Some(10), ..Membership::to_be(member, role) })
        };
        let graph = MembershipGraph::new(
            self.roles.iter().map(|role| (role.oid, role.name.clone())),
            self.memberships.iter().filter_map(membership),
        );
        let role_named = |name: &[u8]| self.oid(name);
        let regex = |_: &[u8], _: &[u8]| Match::Unknown;
        let server = self.server.as_ref().map(|server| ServerFacts {
            major: 17,
            listen_addresses: server.listen_addresses.into(),
            keytab: server.keytab.clone(),
            hba: server.hba.clone(),
            ident: Some(Vec::new()),
            ssl: false,
            role_named: &role_named,
            regex: &regex,
        });
        let facts = LoginFacts {
            caseins_users: self.caseins_users,
            high_bytes: self.high_bytes.clone(),
            role_limit: self.role_limit,
            database: self.database.clone(),
            startup: self.startup.clone(),
            server,
            fix_with: self.fix_with,
        };
        let name = |text: &str| RoleName::new(text).unwrap();
        let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
        let bob = NameRules::default().meant(self.asked, None).unwrap();
        let cluster = Cluster::new(rule, self.names_grantors)
            .with_roles(self.roles.clone())
            .with_graph(graph);
        check_principal(&bob, &cluster, &facts).unwrap()
    }

    fn row(&self, name: &str) -> Row {
        let mut checks = self.checks();
        checks.retain(|check| check.name == name);
        let [check] = <[Check; 1]>::try_from(checks).unwrap();
        (check.ok, check.detail, check.fix)
    }

    fn detail(&self, name: &str) -> String {
        self.row(name).1
    }

    /// The fix of an answer that is not ok.
    fn fix(&self, name: &str) -> String {
        let (ok, _, fix) = self.row(name);
        assert_ne!(ok, Some(true), "{name}");
        fix.unwrap()
    }

    fn ok(&self, name: &str) -> Option<bool> {
        self.row(name).0
    }
}

#[test]
fn rows_stand_in_the_order_in_which_a_login_comes_to_them() {
    let names = |scene: Scene| scene.checks().iter().map(|check| check.name).collect::<Vec<_>>();
    let first = ["name_length", "role_exists", "realm_case", "rds_ad", "not_rds_iam"];
    let last = [
        "case_rule",
        "login",
        "connection_limit",
        "connection_slots",
        "database",
        "connect",
        "preload_libraries",
        "client_encoding",
        "login_triggers",
    ];
    assert_eq!(names(Scene::new()), [&first[..], &["server"], &last].concat());
    let server = ["listening", "pg_hba", "keytab"];
    let seen = Scene::with_hba(&[("+rds_ad", "gss")]);
    assert_eq!(names(seen), [&first[..], &server, &last].concat());
}

#[test]
fn where_nothing_stands_in_the_way_every_answer_is_ok_and_nothing_needs_mending() {
    for check in Scene::with_hba(&[("+rds_ad", "gss")]).checks() {
        assert_eq!((check.ok, &check.fix), (Some(true), &None), "{check:?}");
    }
}

#[test]
fn without_a_superusers_eyes_the_servers_side_is_not_known_and_nothing_else() {
    let checks = Scene::new().checks();
    let open: Vec<_> = checks.iter().filter(|check| check.ok != Some(true)).collect();
    assert_eq!(
        open.iter().map(|check| (check.name, check.ok)).collect::<Vec<_>>(),
        [("server", None)]
    );
}

#[test]
fn an_answer_that_is_not_ok_has_a_fix_wherever_there_is_a_role_to_mend() {
    let mut scene = Scene::with_hba(&[("+rds_iam", "pam")]);
    scene.memberships = vec![("bob@A.B", "rds_iam")];
    scene.bob().can_login = false;
    scene.role_limit = limit(0, 0);
    scene.database.may_connect = false;
    scene.startup.slots.room = Room::None;
    let checks = scene.checks();
    let wrong = checks.iter().filter(|check| check.ok == Some(false)).count();
    assert_eq!(wrong, 7, "{checks:?}");
    assert!(checks.iter().all(|check| (check.ok == Some(true)) == check.fix.is_none()));
}

#[test]
fn without_a_role_there_is_nothing_to_say_about_it() {
    let scene = Scene::new().instead_of_bob(None);
    let of_role =
        ["rds_ad", "not_rds_iam", "login", "connection_limit", "connection_slots", "connect"];
    for name in of_role {
        assert_eq!(scene.row(name), (Some(false), "there is no role to look at".into(), None));
    }
}

/// The server keeps 63 bytes of a name (`NAMEDATALEN - 1`).
#[test]
fn a_name_is_counted_in_bytes_and_one_that_is_too_long_ends_the_questions() {
    assert_eq!(Scene::new().detail("name_length"), "7 bytes of at most 63");
    let name = format!("{}@A.B", "é".repeat(30));
    let checks = check_too_long(&name, name.len());
    assert_eq!(checks.len(), 1);
    assert_eq!((checks[0].name, checks[0].ok), ("name_length", Some(false)));
    assert!(checks[0].detail.contains("has 64 bytes"), "{}", checks[0].detail);
    assert!(checks[0].fix.as_ref().is_some_and(|fix| fix.starts_with("-- ")));
}
