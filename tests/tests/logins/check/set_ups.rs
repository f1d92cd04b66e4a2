//! What can keep somebody out, and what does not.

/// A set-up: what is done on top of nothing, the rows that are not ok, and those that are not
/// known.
pub(super) struct SetUp {
    pub(super) what: &'static str,
    /// Run as the superuser. `$U` is the username, which no other set-up has.
    pub(super) sql: &'static str,
    /// pg_hba.conf for TCP instead of the usual one.
    pub(super) hba: Option<&'static str>,
    pub(super) ident: &'static str,
    pub(super) wrong: &'static [&'static str],
    pub(super) unknown: &'static [&'static str],
    pub(super) gets_in: bool,
}

const USER: &str = "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad";

const fn set_up(what: &'static str, sql: &'static str, wrong: &'static [&'static str]) -> SetUp {
    SetUp { what, sql, hba: None, ident: "", wrong, unknown: &[], gets_in: wrong.is_empty() }
}

const fn hba(what: &'static str, hba: &'static str, wrong: &'static [&'static str]) -> SetUp {
    hba_of(what, USER, hba, wrong)
}

const fn hba_of(
    what: &'static str,
    sql: &'static str,
    hba: &'static str,
    wrong: &'static [&'static str],
) -> SetUp {
    SetUp { hba: Some(hba), ..set_up(what, sql, wrong) }
}

const fn map(what: &'static str, ident: &'static str, wrong: &'static [&'static str]) -> SetUp {
    SetUp { ident, ..hba(what, "host all all 127.0.0.1/32 gss map=people", wrong) }
}

/// One of which a row is not known.
const fn perhaps(
    what: &'static str,
    sql: &'static str,
    unknown: &'static [&'static str],
    gets_in: bool,
) -> SetUp {
    SetUp { unknown, gets_in, ..set_up(what, sql, &[]) }
}

const MISSING: &[&str] = &[
    "role_exists",
    "rds_ad",
    "not_rds_iam",
    "pg_hba",
    "login",
    "connection_limit",
    "connection_slots",
    "connect",
];
pub(super) const STOPPED: &[&str] = &["pg_hba"];
pub(super) const PRELOAD: &[&str] = &["preload_libraries"];

pub(super) const SET_UPS: &[SetUp] = &[
    set_up("all is well", USER, &[]),
    set_up("nobody made a role", "", MISSING),
    set_up(
        "the role is in upper case",
        "CREATE USER \"$X@CORP.EXAMPLE.COM\" IN ROLE rds_ad",
        MISSING,
    ),
    set_up(
        "the realm is in lower case",
        "CREATE USER \"$U@corp.example.com\" IN ROLE rds_ad",
        &[
            "role_exists",
            "realm_case",
            "rds_ad",
            "not_rds_iam",
            "pg_hba",
            "login",
            "connection_limit",
            "connection_slots",
            "connect",
        ],
    ),
    set_up("disabled", "CREATE ROLE \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad", &["login"]),
    set_up("not in rds_ad", "CREATE USER \"$U@CORP.EXAMPLE.COM\"", &["rds_ad", "pg_hba"]),
    set_up(
        "in rds_ad three deep, without INHERIT",
        "CREATE ROLE g1 IN ROLE rds_ad; CREATE ROLE g2 NOINHERIT IN ROLE g1; CREATE \
         USER \"$U@CORP.EXAMPLE.COM\" NOINHERIT IN ROLE g2",
        &[],
    ),
    set_up(
        "in rds_iam as well",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad, rds_iam",
        &["not_rds_iam", "pg_hba"],
    ),
    set_up(
        "in rds_iam two deep",
        "CREATE ROLE c1 IN ROLE rds_iam; CREATE ROLE c2 IN ROLE c1; CREATE \
         USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad, c2",
        &["not_rds_iam", "pg_hba"],
    ),
    set_up(
        "in rds_iam only",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_iam",
        &["rds_ad", "not_rds_iam", "pg_hba"],
    ),
    set_up(
        "a group in both",
        "CREATE ROLE b IN ROLE rds_ad, rds_iam; CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE b",
        &["not_rds_iam", "pg_hba"],
    ),
    set_up(
        "no connections for the role",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" CONNECTION LIMIT 0 IN ROLE rds_ad",
        &["connection_limit"],
    ),
    set_up(
        "one connection for the role",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" CONNECTION LIMIT 1 IN ROLE rds_ad",
        &[],
    ),
    set_up(
        "a superuser's limit",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" SUPERUSER CONNECTION LIMIT 0 IN ROLE rds_ad",
        &[],
    ),
    set_up(
        "VALID UNTIL is past",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" VALID UNTIL '2001-01-01' IN ROLE rds_ad",
        &[],
    ),
    set_up(
        "a password as well",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" PASSWORD 'x' IN ROLE rds_ad",
        &[],
    ),
    set_up(
        "no CONNECT",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; REVOKE CONNECT ON DATABASE app FROM \
         PUBLIC",
        &["connect"],
    ),
    set_up(
        "CONNECT by a group",
        "CREATE ROLE g IN ROLE rds_ad; CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE g; REVOKE \
         CONNECT ON DATABASE app FROM PUBLIC; GRANT CONNECT ON DATABASE app TO g",
        &[],
    ),
    set_up(
        "the database takes no connections",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app ALLOW_CONNECTIONS \
         false",
        &["database"],
    ),
    set_up(
        "the database is full",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app CONNECTION LIMIT 1",
        &["database"],
    ),
    set_up(
        "the database has room",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app CONNECTION LIMIT 3",
        &[],
    ),
    set_up(
        "the database takes nobody",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app CONNECTION LIMIT 0",
        &["database"],
    ),
    set_up(
        "two spellings",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; CREATE USER \"$X@CORP.EXAMPLE.COM\" \
         IN ROLE rds_ad",
        &[],
    ),
    set_up(
        "two things at once",
        "CREATE ROLE \"$U@CORP.EXAMPLE.COM\" CONNECTION LIMIT 0 IN ROLE rds_ad",
        &["login", "connection_limit"],
    ),
    hba_of(
        "outside rds_ad, and everybody by ticket",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\"",
        "host all all all gss",
        &[],
    ),
    hba_of(
        "in both, and everybody by ticket",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad, rds_iam",
        "host all all all gss",
        &[],
    ),
    hba(
        "everybody is refused first",
        "host all all 127.0.0.1/32 reject\nhost all +rds_ad 127.0.0.1/32 gss",
        STOPPED,
    ),
    hba(
        "a password comes first",
        "host all all all scram-sha-256\nhost all +rds_ad all gss",
        STOPPED,
    ),
    hba("no gss at all", "host all all 127.0.0.1/32 scram-sha-256", STOPPED),
    hba("no line", "host other all 127.0.0.1/32 gss", STOPPED),
    hba(
        "another database",
        "host postgres,other +rds_ad all gss\nhost all all all reject",
        STOPPED,
    ),
    hba(
        "this database among others",
        "host other,app +rds_ad all gss\nhost all all all reject",
        &[],
    ),
    hba(
        "another user",
        "host all \"somebody@CORP.EXAMPLE.COM\" all gss\nhost all all all reject",
        STOPPED,
    ),
    hba("a group of others", "host all +rds_superuser all gss\nhost all all all reject", STOPPED),
    hba("everybody by ticket", "host all all all gss", &[]),
    hba("another realm", "host all all all gss krb_realm=ELSEWHERE.COM", STOPPED),
    hba("the same realm", "host all all all gss include_realm=1 krb_realm=CORP.EXAMPLE.COM", &[]),
    hba("without the realm", "host all all all gss include_realm=0", STOPPED),
    hba("TLS only", "hostssl all all all gss\nhost all all all reject", STOPPED),
    hba("GSSAPI encryption only", "hostgssenc all all all gss\nhost all all all reject", &[]),
    hba("everything but TLS", "hostnossl all all all gss", &[]),
    hba("sameuser", "host sameuser all all gss", STOPPED),
    hba("samerole", "host samerole all all gss", STOPPED),
    hba("replication only", "host replication all all gss", STOPPED),
    hba(
        "others are refused",
        "host all all 10.0.0.0/8 reject\nhost all all ::1/128 reject\nhost all all all gss",
        &[],
    ),
    hba(
        "a wider line comes first",
        "host all all 127.0.0.0/8 reject\nhost all all 127.0.0.1/32 gss",
        STOPPED,
    ),
    map("nobody is mapped", "", STOPPED),
    map(
        "somebody else is mapped",
        "people somebody@CORP.EXAMPLE.COM \"$U@CORP.EXAMPLE.COM\"",
        STOPPED,
    ),
    map("mapped", "people \"$U@CORP.EXAMPLE.COM\" \"$U@CORP.EXAMPLE.COM\"", &[]),
    map("mapped to another role", "people \"$U@CORP.EXAMPLE.COM\" somebody", STOPPED),
    map("mapped by a pattern", "people /^(.*)@CORP\\.EXAMPLE\\.COM$ \\1@CORP.EXAMPLE.COM", &[]),
    map(
        "mapped by a pattern in whatever case",
        "people /(?i)^(.*)@corp\\.example\\.com$ \\1@CORP.EXAMPLE.COM",
        &[],
    ),
    map(
        "mapped by a pattern that refers back",
        "people /^(.*)@(C)ORP\\.EXAMPLE\\.\\2OM$ \\1@CORP.EXAMPLE.COM",
        &[],
    ),
    map("mapped by another pattern", "people /^(.*)@CORP\\.EXAMPLE\\.COM$ \\1", STOPPED),
];

/// Before, these are letters like others.
pub(super) const BEFORE_16: &[SetUp] = &[
    hba(
        "what would be a pattern",
        "host all /^.*@CORP\\.EXAMPLE\\.COM$ all gss\nhost all all all reject",
        STOPPED,
    ),
    map("mapped to what would be a group", "people \"$U@CORP.EXAMPLE.COM\" +rds_ad", STOPPED),
    map("mapped to what would be all", "people \"$U@CORP.EXAMPLE.COM\" all", STOPPED),
    // Quotes, and what ends a search.
    hba("every database, in quotes", "host \"all\" all all gss", STOPPED),
    hba("every user, in quotes", "host all \"all\" all gss", STOPPED),
    hba("a group, in quotes", "host all \"+rds_ad\" all gss", STOPPED),
    hba("this database, in quotes", "host \"app\" all all gss", &[]),
    map(
        "mapped to the role, in quotes",
        "people \"$U@CORP.EXAMPLE.COM\" \"$U@CORP.EXAMPLE.COM\"",
        &[],
    ),
    map(
        "a group that is not there ends the search",
        "people /^.*@CORP\\.EXAMPLE\\.COM$ \\1@CORP.EXAMPLE.COM\n\
         people \"$U@CORP.EXAMPLE.COM\" \"$U@CORP.EXAMPLE.COM\"",
        STOPPED,
    ),
    map("mapped to a group, in quotes", "people \"$U@CORP.EXAMPLE.COM\" \"+rds_ad\"", STOPPED),
    map("mapped to all, in quotes", "people \"$U@CORP.EXAMPLE.COM\" \"all\"", STOPPED),
    // What a login loads.
    set_up(
        "a library of the role that is not there",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER ROLE \"$U@CORP.EXAMPLE.COM\" \
         SET session_preload_libraries = 'no_such_library'",
        PRELOAD,
    ),
    set_up(
        "a library of the database that is not there",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app SET \
         session_preload_libraries = 'no_such_library'",
        PRELOAD,
    ),
    set_up(
        "a library of the role in the database that is not there",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER ROLE \"$U@CORP.EXAMPLE.COM\" IN \
         DATABASE app SET local_preload_libraries = 'no_such_library'",
        PRELOAD,
    ),
    set_up(
        "a library of everybody's that is not there",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER ROLE ALL SET \
         local_preload_libraries = 'no_such_library'",
        PRELOAD,
    ),
    set_up(
        "a library that is there, and may not be taken from there",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER ROLE \"$U@CORP.EXAMPLE.COM\" \
         SET local_preload_libraries = '$libdir/pg_kerbrole'",
        PRELOAD,
    ),
    set_up(
        "an empty name of a library",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER ROLE \"$U@CORP.EXAMPLE.COM\" \
         SET session_preload_libraries = ''",
        PRELOAD,
    ),
    set_up(
        "the role's library instead of the database's",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app SET \
         session_preload_libraries = 'no_such_library'; ALTER ROLE \"$U@CORP.EXAMPLE.COM\" SET \
         session_preload_libraries = 'pg_kerbrole'",
        &[],
    ),
    set_up(
        "a library of another database",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER ROLE \"$U@CORP.EXAMPLE.COM\" IN \
         DATABASE postgres SET session_preload_libraries = 'no_such_library'",
        &[],
    ),
    perhaps(
        "a library that is there",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER ROLE \"$U@CORP.EXAMPLE.COM\" \
         SET session_preload_libraries = 'dict_snowball'",
        PRELOAD,
        true,
    ),
    hba("what would be a pattern for databases", "host /^a.*$ all all gss", STOPPED),
    map("mapped to what would be a pattern", "people \"$U@CORP.EXAMPLE.COM\" /^checked", STOPPED),
    map("mapped by a pattern to what would be a group", "people /^checked +rds_ad", STOPPED),
];

/// Since 16 pg_hba.conf and the right side of pg_ident.conf take patterns.
pub(super) const SINCE_16: &[SetUp] = &[
    hba("a pattern", "host /^a.*$ /^.*@CORP\\.EXAMPLE\\.COM$ all gss", &[]),
    hba("another pattern", "host all /^.*@corp\\.example\\.com$ all gss", STOPPED),
    map("mapped to a group", "people \"$U@CORP.EXAMPLE.COM\" +rds_ad", &[]),
    map("mapped to all", "people \"$U@CORP.EXAMPLE.COM\" all", &[]),
    hba(
        "a pattern for users with an option",
        "host all /(?i)^.*@corp\\.example\\.com$ all gss",
        &[],
    ),
    hba("patterns with back references", "host /^(a).*\\1$,/^a(.)\\1$ /^(c)he\\1ked all gss", &[]),
    hba("a pattern, in quotes", "host all \"/^checked\" all gss", &[]),
    map("mapped to a pattern", "people \"$U@CORP.EXAMPLE.COM\" /^checked", &[]),
];
