//! What is said about each refusal and each warning, as templates for `format()`.
//!
//! Each error is made with marks for its arguments, and the marks in its text become places:
//! `%1$s` is the first argument as it is, `%11$s` the same as a quoted identifier, `%21$s` with
//! what cannot be seen written as an escape, `%1$L` as a literal. So the words stand in the core
//! and nowhere else.

use kerbrole_core::{
    AccessError, Conflict, Elevated, Error, Language, NameError, PathStep, Power, Realm, RoleName,
    Sid, SqlState, Username, Warning, literal, quote_identifier,
};

/// A name with everything in it that is written in another way somewhere.
fn mark(place: usize) -> String {
    format!("<{place}\"'\u{200B}>")
}

fn role(place: usize) -> RoleName {
    named(&mark(place))
}

#[allow(clippy::expect_used, reason = "every mark is short, and has no NUL")]
fn named(name: &str) -> RoleName {
    RoleName::new(name).expect("a mark is a name")
}

/// What is said: SQLSTATE, message, DETAIL, HINT.
type Said = (SqlState, String, Option<String>, Option<String>);

fn of(error: impl Into<Error>) -> Said {
    let error = error.into();
    (error.sqlstate(), error.to_string(), error.detail(), error.hint())
}

/// A row with its key: marks replaced by places, `instead` before them.
fn row(key: &str, said: Said, instead: &[(&str, &str)]) -> String {
    let (code, message, detail, hint) = said;
    let template = |text: String| {
        let mut text = text.replace('%', "%%");
        for (from, to) in instead {
            text = text.replace(from, to);
        }
        for place in 1..=9 {
            let name = mark(place);
            let seen = name.replace('\u{200B}', "\\u{200B}");
            let instead = [
                (quote_identifier(&name), format!("%{}$s", place + 10)),
                (seen, format!("%{}$s", place + 20)),
                (name, format!("%{place}$s")),
            ];
            for (from, to) in instead {
                text = text.replace(&from, &to);
            }
        }
        // The arguments of calls are literals until now, by which they are recognised.
        text = Language::InPlpgsql.say(&text).into_owned();
        for place in 1..=9 {
            text = text.replace(&literal(&mark(place)), &format!("%{place}$L"));
        }
        text
    };
    let quoted = |text: Option<String>| match text {
        Some(text) => in_lines(&template(text)),
        None => "NULL".into(),
    };
    format!(
        "        ('{key}', '{code}',\n            {},\n            {},\n            {})",
        quoted(Some(message)),
        quoted(detail),
        quoted(hint)
    )
}

/// A literal in lines of at most 100 columns; literals on lines of their own are one (SQL, "string
/// constants").
fn in_lines(text: &str) -> String {
    const WIDTH: usize = 82;
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let last = lines.len() - 1;
        if lines[last].chars().count() + word.chars().count() > WIDTH {
            lines.push(String::new());
        }
        let last = lines.len() - 1;
        lines[last].push_str(word);
    }
    let lines: Vec<_> = lines.iter().map(|l| format!("'{}'", l.replace('\'', "''"))).collect();
    lines.join("\n            ")
}

fn realm(text: &str) -> Result<Realm, NameError> {
    Realm::parse(text)
}

/// The error of something that is refused.
#[allow(clippy::panic, reason = "a sample that is no longer refused has to be replaced")]
fn refused<T>(result: Result<T, NameError>) -> Said {
    match result {
        Ok(_) => panic!("a sample is not refused"),
        Err(error) => of(error),
    }
}

fn sid(text: &str) -> Sid {
    #[allow(clippy::expect_used, reason = "every sample is a SID")]
    text.parse().expect("a sample is a SID")
}

/// The rows of accounts of a directory. What can be a SID only is one that is recognised.
fn access() -> Vec<String> {
    const ONE: &str = "S-1-5-21-7001-7001-7001-7001";
    const OTHER: &str = "S-1-5-21-7002-7002-7002-7002";
    let (one, other) = (|| sid(ONE), || sid(OTHER));
    let losses = AccessError::TooManyLosses { people: 7001, principals: 7002, at_most: 7003 };
    vec![
        row("no_sid", of(NameError::Sid { text: mark(1) }), &[]),
        row("no_account", of(AccessError::NoAccount { sid: one() }), &[(ONE, "%1$s")]),
        row("no_domain", of(AccessError::NoDomain { sid: one() }), &[(ONE, "%1$s")]),
        row("limit", of(AccessError::Limit { value: mark(1) }), &[]),
        row("principal_as_group", of(AccessError::PrincipalAsGroup { role: role(1) }), &[]),
        row("not_managed", of(AccessError::NotManaged { role: mark(1) }), &[]),
        row("too_many_losses", of(losses), &[("7001", "%1$s"), ("7002", "%2$s"), ("7003", "%3$s")]),
        row(
            "name_of_another",
            of(AccessError::NameOfAnother { role: role(1), sid: one(), bound_to: other() }),
            &[(ONE, "%2$s"), (OTHER, "%3$s")],
        ),
        row(
            "named_alike",
            of(AccessError::NamedAlike { role: role(1), other: other() }),
            &[(OTHER, "%2$s")],
        ),
        row("listed_twice", of(AccessError::ListedTwice { sid: one() }), &[(ONE, "%1$s")]),
        row(
            "bound_twice",
            of(AccessError::BoundTwice { sid: one(), role: role(2), other: role(3) }),
            &[(ONE, "%1$s")],
        ),
        row(
            "no_principal",
            of(AccessError::NoPrincipal { role: role(1), sid: one() }),
            &[(ONE, "%2$s")],
        ),
        row("comment_unwritable", of(AccessError::CommentUnwritable { role: role(1) }), &[]),
        row("granted_on", of(AccessError::GrantedOn { role: role(1), group: role(2) }), &[]),
    ]
}

/// The rows of names.
fn names() -> Vec<String> {
    let username = |key: &str, sample: &str, instead: &[(&str, &str)]| {
        let mut all = vec![(sample, "%21$s")];
        all.splice(0..0, instead.iter().copied());
        row(key, refused(Username::parse(sample)), &all)
    };
    let of_realm = |key: &str, sample: &str, instead: &[(&str, &str)]| {
        let mut all = vec![(sample, "%21$s")];
        all.splice(0..0, instead.iter().copied());
        row(key, refused(realm(sample)), &all)
    };
    let at = |place: &'static str| (place, "character %2$s is");
    let parse = |text: &str| text.parse::<kerbrole_core::Principal>();
    let long = "l".repeat(21);
    let long_name = format!("{long}@A.B");
    let label = "-x";
    vec![
        row("username_empty", of(NameError::UsernameEmpty), &[]),
        username(
            "username_invisible",
            "mm\u{200B}",
            &[("mm\\u{200B}", "%21$s"), ("character 3 (U+200B)", "character %2$s (U+%3$s)")],
        ),
        username("username_blank", "mmmm ", &[]),
        username("username_dot", "mmmm.", &[]),
        username("username_at", "mmmm@", &[at("character 5 is")]),
        username(
            "username_backslash",
            "mmmm\\",
            &[at("character 5 is"), ("'\\\\'", "'%3$s'"), ("mmmm\\", "%21$s")],
        ),
        username("username_slash", "mmmm/", &[at("character 5 is")]),
        username("username_quote", "mmmm\"", &[at("character 5 is")]),
        username("username_other", "mmmm[", &[at("character 5 is"), ("'['", "'%3$s'")]),
        row(
            "username_long",
            refused(parse(&long_name)),
            &[(&long, "%21$s"), ("has 21 characters", "has %2$s characters")],
        ),
        row("realm_empty", refused(realm("")), &[]),
        of_realm(
            "realm_invisible",
            "mm\u{200B}",
            &[("mm\\u{200B}", "%21$s"), ("character 3 (U+200B)", "character %2$s (U+%3$s)")],
        ),
        of_realm("realm_character", "mmmm*", &[at("character 5 is"), ("'*'", "'%3$s'")]),
        of_realm("realm_dot", "mmmm.", &[]),
        row("realm_label", refused(realm(label)), &[("realm \"-x\"", "realm \"%21$s\"")]),
        of_realm("realm_number", "1234", &[]),
        row("realm_missing", of(NameError::RealmMissing { username: mark(1) }), &[]),
        row(
            "realm_twice",
            of(NameError::RealmTwice {
                spelling: format!("{}@{}", mark(1), mark(2)),
                realm: mark(3),
            }),
            &[],
        ),
        row("two_at_signs", of(NameError::TwoAtSigns { spelling: mark(1) }), &[]),
        row(
            "realm_single_label",
            of(NameError::RealmSingleLabel { realm: mark(1), meant: None }),
            &[],
        ),
        row(
            "realm_single_label_meant",
            of(NameError::RealmSingleLabel { realm: mark(1), meant: Some(mark(2)) }),
            &[],
        ),
        row(
            "realm_not_allowed",
            of(NameError::RealmNotAllowed { realm: mark(1), allowed: vec![mark(2)] }),
            &[],
        ),
        row("netbios_unknown", of(NameError::NetbiosUnknown { domain: mark(1) }), &[]),
        row("netbios_domains", of(NameError::NetbiosDomains { item: mark(1) }), &[]),
        row("same_role", of(NameError::SameRole { role: mark(1) }), &[]),
        row("role_name", of(NameError::RoleName { name: mark(1) }), &[]),
        row("too_long", of(NameError::TooLong { role: mark(1), bytes: 7001 }), &[("7001", "%2$s")]),
        row("reserved_pg", of(NameError::Reserved { role: mark(1), prefix: "pg_" }), &[]),
        row("reserved_rds", of(NameError::Reserved { role: mark(1), prefix: "rds_" }), &[]),
    ]
}

fn path(name: &str) -> Vec<PathStep> {
    vec![PathStep::Role(named(name))]
}

fn conflict() -> Box<Conflict> {
    Box::new(Conflict {
        role: role(1),
        ad_path: path("PATH4"),
        iam_path: path("PATH5"),
        fix: Vec::new(),
    })
}

const PATHS: [(&str, &str); 2] = [("{PATH4}", "%4$s"), ("{PATH5}", "%5$s")];

fn revoke() -> kerbrole_core::Revoke {
    kerbrole_core::Revoke {
        role: named("FIX"),
        member: named("FIX"),
        granted_by: None,
        cascade: false,
        from_creation: false,
    }
}

const FIX: (&str, &str) = ("REVOKE \"FIX\" FROM \"FIX\";", "%6$s");

fn conflicts() -> Vec<String> {
    let refusal = |fix: bool, group: bool| Error::Conflict {
        conflict: conflict(),
        others: 0,
        ad_role: role(2),
        iam_role: role(3),
        fix: fix.then(revoke).into_iter().collect(),
        group: group.then(|| role(7)),
    };
    let instead = [PATHS[0], PATHS[1], FIX];
    let others = |others: usize| {
        let conflict = Error::Conflict {
            conflict: conflict(),
            others,
            ad_role: role(2),
            iam_role: role(3),
            fix: Vec::new(),
            group: None,
        };
        let detail = conflict.detail().unwrap_or_default();
        let more = detail.split("}. ").last().unwrap_or_default().to_string();
        (conflict.sqlstate(), more, None, None)
    };
    let mut made = conflict();
    made.fix.push(revoke());
    let warning =
        Warning::ConflictMade { conflict: made, others: 0, ad_role: role(2), iam_role: role(3) };
    vec![
        row("conflict", of(refusal(false, false)), &instead),
        row("conflict_fix", of(refusal(true, false)), &instead),
        row("conflict_group", of(refusal(false, true)), &instead),
        row("conflict_group_fix", of(refusal(true, true)), &instead),
        row("conflict_made", of(warning), &instead),
        row("one_more_concerned", others(1), &[]),
        row("more_concerned", others(7001), &[("7001", "%1$s")]),
    ]
}

fn roles() -> Vec<String> {
    let other = || Some(role(2));
    let principal = named("mmmm@MM.MM");
    let elevated = Elevated { superuser: true, ..Elevated::default() };
    let powers =
        |power: Power| Error::Powers { role: role(1), group: role(2), path: path("PATH4"), power };
    let collision = |both_new| Error::CaseCollision { role: role(1), other: role(2), both_new };
    let element = Error::Element {
        list: "LIST1",
        position: 7002,
        element: Some(mark(3)),
        reason: Box::new(Error::Null { argument: "x" }),
    };
    let element_null = Error::Element {
        list: "LIST1",
        position: 7002,
        element: None,
        reason: Box::new(Error::Null { argument: "x" }),
    };
    let place = |error: Error| (error.sqlstate(), error.detail().unwrap_or_default(), None, None);
    let list = [("LIST1", "%1$s"), ("7002", "%2$s")];
    let more = |others: usize| {
        let first = Box::new(Error::Name(NameError::UsernameEmpty));
        let error = Error::RenameRealm { first: first.clone(), others };
        let hint = error.hint().unwrap_or_default();
        let hint = hint.replace(&first.hint().unwrap_or_default(), "").trim().to_string();
        (error.sqlstate(), error.detail().unwrap_or_default(), None, Some(hint))
    };
    vec![
        row("null", of(Error::Null { argument: "ARGUMENT1" }), &[("ARGUMENT1", "%1$s")]),
        row("element", place(element), &list),
        row("element_null", place(element_null), &list),
        row("encoding", of(Error::Encoding { encoding: mark(1) }), &[]),
        row(
            "unwritable",
            of(Error::Unwritable { role: RoleName::unwritable("SHOWN1", 7002) }),
            &[("SHOWN1", "%1$s"), ("7002", "%2$s")],
        ),
        row("argument_too_long", of(Error::ArgumentTooLong { bytes: 7001 }), &[("7001", "%1$s")]),
        row(
            "list_too_long",
            of(Error::ListTooLong { elements: 7001, bytes: None }),
            &[("7001", "%1$s")],
        ),
        row(
            "list_too_large",
            of(Error::ListTooLong { elements: 7001, bytes: Some(7002) }),
            &[("7001", "%1$s"), ("7002", "%2$s")],
        ),
        row("exists", of(Error::Exists { role: role(1) }), &[]),
        row("name_taken", of(Error::NameTaken { role: role(1) }), &[]),
        row(
            "named_twice",
            of(Error::NamedTwice { role: role(1), first: mark(2), second: mark(3) }),
            &[],
        ),
        row("case_collision", of(collision(false)), &[]),
        row("case_collision_new", of(collision(true)), &[]),
        row(
            "case_collision_on_enable",
            of(Error::CaseCollisionOnEnable { role: role(1), other: role(2) }),
            &[],
        ),
        row("principal_missing", of(Error::PrincipalMissing { role: role(1), other: None }), &[]),
        row(
            "principal_missing_other",
            of(Error::PrincipalMissing { role: role(1), other: other() }),
            &[],
        ),
        row(
            "principal_missing_principal",
            of(Error::PrincipalMissing { role: role(1), other: Some(principal) }),
            &[("mmmm@MM.MM", "%2$s")],
        ),
        row(
            "rule_role",
            of(Error::RuleRole { role: role(1), setting: "SETTING2" }),
            &[("SETTING2", "%2$s")],
        ),
        row(
            "in_use",
            of(Error::InUse { role: role(1), sessions: 7002 }),
            &[("7002 sessions", "%2$s")],
        ),
        row("owner", of(Error::Owner { role: role(1), holdings: vec![holding()] }), &[HOLDING]),
        row("heir_is_the_role", of(Error::HeirIsTheRole { role: role(1) }), &[]),
        row("heir_forbidden", of(Error::HeirForbidden { heir: role(1) }), &[]),
        row("absent", of(Error::Absent { value: mark(1) }), &[]),
        row(
            "too_many_removals",
            of(Error::TooManyRemovals { removals: 7001, principals: 7002, at_most: 7003 }),
            &[("7001", "%1$s"), ("7002", "%2$s"), ("7003", "%3$s")],
        ),
        row("same_realm", same_realm(), &[("MM.MM", "%1$s")]),
        row("rename_realm_one_more", more(1), &[]),
        row("rename_realm_more", more(7001), &[("7001", "%1$s")]),
        row("changed_meanwhile", of(Error::ChangedMeanwhile { role: role(1) }), &[]),
        row(
            "rule_role_missing",
            of(Error::RuleRoleMissing { role: role(1), setting: "SETTING2" }),
            &[("SETTING2", "%2$s")],
        ),
        row("role_missing", of(Error::RoleMissing { role: mark(1), other: None }), &[]),
        row("role_missing_other", of(Error::RoleMissing { role: mark(1), other: other() }), &[]),
        row("lock_timeout", of(Error::LockTimeout), &[]),
        row("group_missing", of(Error::GroupMissing { group: mark(1), other: None }), &[]),
        row("group_missing_other", of(Error::GroupMissing { group: mark(1), other: other() }), &[]),
        row(
            "elevated",
            of(Error::Elevated { role: role(1), attributes: elevated }),
            &[("has SUPERUSER and is", "has %2$s and is")],
        ),
        row(
            "powers_attributes",
            of(powers(Power::Attributes(elevated))),
            &[PATHS[0], ("has SUPERUSER.", "has %3$s.")],
        ),
        row("powers_predefined", of(powers(Power::Predefined)), &[PATHS[0]]),
        row("powers_not_grantable", of(powers(Power::NotGrantable)), &[PATHS[0]]),
    ]
}

/// The two realms are one.
fn same_realm() -> Said {
    realm("mm.mm").map(|realm| of(Error::SameRealm { realm })).unwrap_or_else(of)
}

fn holding() -> kerbrole_core::Holding {
    kerbrole_core::Holding { database: Some("HOLDING".into()), here: true, owned: 1, privileges: 0 }
}

const HOLDING: (&str, &str) = ("1 object in database \"HOLDING\".", "%2$s");

fn warnings() -> Vec<String> {
    let adopted = |count: usize, password| Warning::Adopted {
        roles: (1..=count).map(|_| role(1)).collect(),
        ad_role: role(2),
        password,
    };
    // As many as the words are for: with three, a first one and two more.
    let many = [
        ("and 2 more", "and %3$s more"),
        (
            "ALTER ROLE \"<1\"\"'\u{200B}>\" PASSWORD NULL; ALTER ROLE \"<1\"\"'\u{200B}>\" \
             PASSWORD NULL; ALTER ROLE \"<1\"\"'\u{200B}>\" PASSWORD NULL;",
            "%4$s",
        ),
    ];
    let new_realm = |nearest: bool| -> Said {
        let parse = |text: &str| realm(text);
        match (parse("mm.mm"), parse("nn.nn")) {
            (Ok(realm), Ok(near)) => of(Warning::NewRealm {
                realm,
                principal: role(2),
                nearest: nearest.then_some(near),
            }),
            (Err(error), _) | (_, Err(error)) => of(error),
        }
    };
    vec![
        row("not_in_ad", of(Warning::NotInAd { role: role(1), ad_role: role(2) }), &[]),
        row(
            "only_disabled",
            of(Warning::OnlyDisabled { role: role(1), holdings: vec![holding()] }),
            &[HOLDING],
        ),
        row("new_realm", new_realm(false), &[("MM.MM", "%1$s")]),
        row("new_realm_nearest", new_realm(true), &[("MM.MM", "%1$s"), ("NN.NN", "%3$s")]),
        row("adopted", of(adopted(1, None)), &[]),
        row("adopted_with_password", of(adopted(1, Some(true))), &[]),
        row("adopted_without", of(adopted(1, Some(false))), &[]),
        row("adopted_many", of(adopted(3, None)), &many),
        row("adopted_many_with_password", of(adopted(3, Some(true))), &many),
        row("adopted_many_without", of(adopted(3, Some(false))), &many),
    ]
}

/// The rows of a VALUES list.
pub(crate) fn rows() -> String {
    let all = [names(), conflicts(), roles(), access(), warnings()].concat();
    all.join(",\n")
}
