//! The sentences of the documents about case and logins, and who has rows that show each.

use crate::{
    BY_HAND, CHECK, DBA_BY_EXTENSION, DBA_BY_HAND, FUNCTION_ANSWERS, LIFECYCLE, MATRIX,
    MEMBERSHIPS, MIGRATION, OTHER_SPELLINGS, TRUST,
};

/// A sentence of the documents, and who has rows that show it.
pub type Claim = (&'static str, &'static [(usize, &'static str)]);

const POLISH: &str =
    "zoùè, zoéè's role, with the server's LC_CTYPE pl_PL.ISO-8859-2 and the library preloaded";
const POLISH_UNSEEN: &str =
    "zoùè, zoéè's role, with the server's LC_CTYPE pl_PL.ISO-8859-2 and the library not preloaded";
const PLAIN_LOCALE: &str =
    "ZOÉÈ, zoéè's role, with the server's LC_CTYPE C.UTF-8 and the library preloaded";

pub const CLAIMS: &[Claim] = &[
    (
        "a directory user logs in as a role whose name is the Kerberos principal, \
         `\"alice@CORP.EXAMPLE.COM\"`, and which is a member of `rds_ad`.",
        &[
            (MATRIX, "alice, role added as alice"),
            (MEMBERSHIPS, "dora, not in rds_ad any more"),
            (BY_HAND, "gina, whose role was not granted rds_ad"),
        ],
    ),
    (
        "Creates the role of a principal and returns its exact name, which is what the person has \
         to log in as.",
        &[
            (MATRIX, "Bob, role added as Bob"),
            (OTHER_SPELLINGS, "alice, who asks for another spelling of the role"),
        ],
    ),
    (
        "A role that has NOLOGIN keeps it, since somebody may have disabled it:",
        &[(LIFECYCLE, "carol, disabled and then added if missing")],
    ),
    (
        "NOLOGIN is what ends a Kerberos login:",
        &[(LIFECYCLE, "carol, disabled"), (LIFECYCLE, "carol, enabled")],
    ),
    (
        "the server looks at passwords and VALID UNTIL for passwords only.",
        &[
            (LIFECYCLE, "carol, VALID UNTIL long ago"),
            (LIFECYCLE, "carol, who has a password and no ticket"),
        ],
    ),
    (
        "Sessions that are open go on, unless `terminate => true` ends them when the transaction \
         commits.",
        &[
            (LIFECYCLE, "carol's session, open when she was disabled"),
            (LIFECYCLE, "carol's session, when she was disabled with her sessions"),
        ],
    ),
    (
        "The same role under another name:",
        &[
            (LIFECYCLE, "carol, renamed, with the old ticket"),
            (LIFECYCLE, "caroline, renamed in the directory as well"),
            (MIGRATION, "after it, with the new domain's ticket"),
        ],
    ),
    (
        "roles that differ by case only (`case_collision`), roles that no ticket opens \
         (`unreachable_realm_case`, `unreachable_length`), what a change of the setting would open \
         or close (`opened_by_caseins`, `closed_by_caseins`), and a locale by which the server \
         folds more than A–Z (`folded_by_locale`).",
        &[
            (FUNCTION_ANSWERS, "dan, Dan's role, by kerb_case_audit"),
            (FUNCTION_ANSWERS, "carol, realm in lower case, by kerb_case_audit"),
            (FUNCTION_ANSWERS, "a name that was cut, by kerb_case_audit"),
            (FUNCTION_ANSWERS, "bob, Bob's role, by kerb_case_audit"),
            (FUNCTION_ANSWERS, POLISH),
        ],
    ),
    (
        "With `disable` the list says who may log in:",
        &[(LIFECYCLE, "carol, off a list that disables"), (LIFECYCLE, "carol, on that list again")],
    ),
    (
        "The server compares the role that somebody asks for with the ticket's principal, and then \
         looks the role up by its exact name.",
        &[
            (MATRIX, "Alice, role added as alice"),
            (MATRIX, "mallory, role added as alice"),
            (OTHER_SPELLINGS, "Alice, who asks for another spelling of the role"),
        ],
    ),
    (
        "The realm is always put into upper case: no KDC issues a ticket in a realm spelled \
         otherwise.",
        &[(BY_HAND, "dave, whose realm was put into lower case")],
    ),
    (
        "The username is put into lower case with `krb_caseins_users` on, and kept as given with \
         it off (`kerbrole.username_case` changes that).",
        &[
            (MATRIX, "Alice, role added as Alice"),
            (MATRIX, "alice, role added as Alice"),
            (FUNCTION_ANSWERS, "Alice, role added as Alice with kerbrole.username_case = lower"),
            (FUNCTION_ANSWERS, "alice, role added as Alice with kerbrole.username_case = preserve"),
        ],
    ),
    (
        "with `krb_caseins_users` on, one ticket would open both.",
        &[
            (BY_HAND, "ann, beside a role Ann that was made later"),
            (BY_HAND, "ann, who asks for Ann"),
        ],
    ),
    (
        "the server would cut the role's name, but not the principal.",
        &[
            (BY_HAND, "a principal of more than 63 bytes, whose role CREATE USER cuts"),
            (MATRIX, "éééééééééééééé中中中中中中, role added as éééééééééééééé中中中中中中"),
        ],
    ),
    (
        "Users of a trusted realm log in as well, each as their own principal:",
        &[
            (TRUST, "carol of ONPREM.COM, added"),
            (TRUST, "alice of ONPREM.COM, who asks for the other alice's role"),
        ],
    ),
    (
        "an administrator who makes principals by plain statements since PostgreSQL 16 may no \
         longer log in with a password",
        &[
            (DBA_BY_HAND, "the administrator, after GRANT rds_ad TO the user that was created"),
            (DBA_BY_EXTENSION, "the administrator, after kerb_add_principal"),
        ],
    ),
    (
        "The username is the sAMAccountName.",
        &[(MATRIX, "jean, role added as jean"), (MATRIX, "jean@corp.com, role added as jean")],
    ),
    (
        "`ad_path` is NULL where a role has a principal's name and no ticket opens it",
        &[
            (FUNCTION_ANSWERS, "iris, on the list without a path"),
            (FUNCTION_ANSWERS, "iris, on the list with a path"),
        ],
    ),
    (
        "Who has access, and by which way;",
        &[
            (FUNCTION_ANSWERS, "iris, on the list without a path"),
            (FUNCTION_ANSWERS, "iris, on the list with a path"),
        ],
    ),
    (
        "Why can this person not log in?",
        &[(CHECK, "nobody made a role"), (CHECK, "two things at once")],
    ),
    (
        "One row for each question that a login to this database asks, in that order, with what \
         would mend it.",
        &[
            (CHECK, "the database takes no connections"),
            (CHECK, "no CONNECT"),
            (CHECK, "the only session that the role may have"),
        ],
    ),
    (
        "Where every row is ok, a ticket spelled as the role opens the role, from an address that \
         the line in the row `pg_hba` takes.",
        &[
            (CHECK, "all is well"),
            (CHECK, "VALID UNTIL is past"),
            (CHECK, "outside rds_ad, and everybody by ticket"),
            (CHECK, "others are refused"),
        ],
    ),
    (
        "Where a row is not ok, no such ticket does.",
        &[
            (CHECK, "disabled"),
            (CHECK, "in rds_iam two deep"),
            (CHECK, "a library of the role that is not there"),
        ],
    ),
    (
        "Where `ok` is NULL it depends on what cannot be known before the login, and `detail` says \
         on what:",
        &[(CHECK, "a library that is there"), (FUNCTION_ANSWERS, POLISH)],
    ),
    (
        "A superuser is shown the server's side as well: whether it listens, which line of \
         pg_hba.conf the login would meet first, and whether the keytab has a key.",
        &[
            (CHECK, "the server does not listen"),
            (CHECK, "everybody is refused first"),
            (CHECK, "mapped by another pattern"),
            (CHECK, "the keytab of another service"),
        ],
    ),
    (
        "`kerb_enable_principal` warns where the role still cannot be reached, and refuses (42710) \
         to open a role while another that differs by case only can log in.",
        &[
            (FUNCTION_ANSWERS, "gwen, enabled without rds_ad"),
            (FUNCTION_ANSWERS, "hugo, enabled as a member of a group in rds_iam"),
            (FUNCTION_ANSWERS, "Ann, who was to be enabled beside ann"),
        ],
    ),
    (
        "What the case and the length of names do to logins, as `krb_caseins_users` is set and as \
         it would be the other way round:",
        &[
            (FUNCTION_ANSWERS, "bob, Bob's role, by kerb_case_audit"),
            (FUNCTION_ANSWERS, "a name that was cut, by kerb_case_audit"),
        ],
    ),
    (
        "A role that differs from an existing one by case only is refused under either setting:",
        &[(FUNCTION_ANSWERS, "Ann, who was to be added beside ann")],
    ),
    (
        "Where the server was started with an `LC_CTYPE` of single bytes, `krb_caseins_users` \
         folds parts of other letters as well:",
        &[(FUNCTION_ANSWERS, POLISH)],
    ),
    (
        "with `pl_PL.ISO-8859-2` the ticket of `zoùè` opens `zoéè`. Start it with \
         `LC_ALL=C.UTF-8`.",
        &[(FUNCTION_ANSWERS, POLISH), (FUNCTION_ANSWERS, PLAIN_LOCALE)],
    ),
    (
        "With the library in `shared_preload_libraries`, `kerb_case_audit` finds it \
         (`folded_by_locale`) and `kerb_check_principal` names the locale; without, it is not \
         known.",
        &[(FUNCTION_ANSWERS, POLISH), (FUNCTION_ANSWERS, POLISH_UNSEEN)],
    ),
    (
        "A principal of more than 63 bytes is refused:",
        &[(FUNCTION_ANSWERS, "a principal of more than 63 bytes, who was to be added")],
    ),
    (
        "`alice@ONPREM.COM` and `alice@CORP.EXAMPLE.COM` are two people.",
        &[(TRUST, "alice of ONPREM.COM"), (TRUST, "alice of CORP.EXAMPLE.COM")],
    ),
    (
        "Whoever creates a role is a member of it since PostgreSQL 16, and pg_hba.conf sends \
         members of `rds_ad` to GSSAPI:",
        &[(DBA_BY_HAND, "the administrator, after GRANT rds_ad TO the user that was created")],
    ),
    (
        "pg_hba.conf should send members of `rds_ad`, and nobody else, to GSSAPI:",
        &[
            (MEMBERSHIPS, "dora, in rds_ad and a group"),
            (MEMBERSHIPS, "ivan, below rds_iam only"),
            (DBA_BY_HAND, "an administrator, before"),
        ],
    ),
    (
        "Through the functions nobody becomes a member of anything.",
        &[
            (DBA_BY_EXTENSION, "the administrator, after kerb_add_principal"),
            (DBA_BY_EXTENSION, "the administrator, after renaming, disabling and dropping"),
        ],
    ),
];

/// Beginnings of sentences that a test shows which writes no rows, by the name of its function.
pub const BY_TESTS: &[(&str, &str)] = &[
    ("Whoever is in one of them gets a login role and", "the_directory_decides_who_logs_in"),
    ("Computers and managed service accounts are people", "hard_cases_are_as_the_table_says"),
    ("**Who may log in** the directory says", "the_directory_decides_who_logs_in"),
    (
        "**Sessions** of those who may not log in any more end where",
        "what_is_left_of_sessions_ends",
    ),
    (
        "the access file, the password files, the directories, and it connects",
        "passwords_and_tickets_are_read_each_time",
    ),
    (
        "a directory or a server that does not answer, a password or a ticket that",
        "passwords_and_tickets_are_read_each_time",
    ),
    ("Sessions of those who may not log in any more end, also", "what_is_left_of_sessions_ends"),
    ("the access file names the copy that systemd makes", "the_unit_is_as_it_has_to_be"),
    ("Where the server is stands in the access file, or in", "the_unit_is_as_it_has_to_be"),
    ("Of the forms it has lines for people, and with", "each_change_is_followed"),
    ("Where more people than `removals` would lose", "too_many_losses_change_nothing"),
    ("`apply` reads the directories and the access", "a_plan_is_carried_out_where_it_still_holds"),
    ("a password for one comes from", "several_servers_are_gone_on_with_side_by_side"),
    ("With `kerberos = true` instead of", "a_ticket_reads_everybody_sealed"),
    ("takes people and their memberships from", "the_directory_decides_who_logs_in"),
    ("`kerbrole directory check access.toml` reads", "what_a_file_means_is_shown"),
    ("`kerbrole directory who alice --from", "what_a_file_means_is_shown"),
    ("two thousand new people fit into one call", "two_thousand_people_fit_into_one_call"),
    ("`max_removals`, `'10%'` of those who are bound", "who_may_lose_something_is_limited"),
    ("A client that does not encrypt by GSSAPI needs a line", "go_logs_in_by_a_program"),
    ("One that reads files finds nothing where the system", "java_logs_in_by_a_url"),
    ("With psql, Java, psqlODBC, psycopg, lib/pq and tokio-postgres", "psql_logs_in_by_a_service"),
    ("`kerbrole client-config` prints what a client needs", "each_client_is_told_the_same"),
    ("Who logs in is the user, or `--principal`", "the_server_is_said_as_elsewhere"),
    ("its roles, a master user who is no superuser, logins with tickets", "logins_that_heed_case"),
    ("**Logins.** Members of `rds_ad` need a ticket", "logins_that_heed_case"),
    (
        "It makes the schema `kerbrole` and the role `kerbrole_owner`",
        "an_administrator_installs_it_and_is_nested_nowhere",
    ),
    ("nobody who logs in does.", "an_administrator_installs_it_and_is_nested_nowhere"),
    (
        "`kerbrole add` and `kerbrole sync` say before they begin",
        "whoever_makes_its_logins_slow_is_told_before",
    ),
    (
        "So have the functions create them from the beginning,",
        "what_makes_logins_slow_can_be_ended",
    ),
    ("A NOTICE also says when this user", "whoever_makes_its_logins_slow_is_told_before"),
    ("`kerbrole state` says of each principal whether", "what_makes_logins_slow_can_be_ended"),
    ("Only to see it", "it_tells_the_story"),
    ("It logs in with a password, or with a ticket", "an_administrator_has_no_password"),
    ("With a ticket no password is needed", "an_administrator_has_no_password"),
    (
        "A role that logs in with a Kerberos ticket needs no password:",
        "an_administrator_has_no_password",
    ),
    ("The ticket is the one that libpq takes:", "tickets_in_each_mode"),
    ("With `prefer`, the default, a connection over TCP is encrypted", "tickets_in_each_mode"),
    ("`require` does not go on, and nothing is encrypted by GSSAPI", "sockets"),
    ("`gssdelegation=1` hands the server a ticket", "an_administrator_has_no_password"),
    ("An error says what the KDC or the server said,", "what_is_wrong_with_a_ticket_is_said"),
    ("a role that no ticket opens: a KDC", "mistakes_of_a_tired_administrator"),
    ("Until then nobody can log in as it.", "recipes_print_what_they_say"),
    ("A NOTICE about upper-case letters in the first one says", "a_notice_says_when_case_matters"),
    (
        "tickets of the old realm do not open the renamed roles:",
        "each_step_of_a_life_shows_at_the_login",
    ),
    ("Where both domains trust each other for a while", "each_step_of_a_life_shows_at_the_login"),
    ("with the setting on, one ticket would open all", "mistakes_of_a_tired_administrator"),
    ("the fix renames it to lower case.", "findings_of_the_audit_come_true"),
    ("The other way round, first run the fixes of", "findings_of_the_audit_come_true"),
    ("Those in conflict cannot log in with a ticket on RDS.", "nested_memberships"),
    ("Its sAMAccountName, the name that the person types", "a_role_spelled_as_the_account"),
    ("`list --tree` shows who is below which group", "the_page_prints_what_it_says"),
    ("`kerbrole check alice@corp.example.com` asks everything", "a_life_in_commands"),
    ("`--trust ONPREM.COM=dc1.onprem.com` adds a realm", "a_krb5_conf_by_which_one_logs_in"),
    ("the names and ports of the directory, the KDC and its clock", "each_fault_is_named"),
    (
        "Without a rule the KDC of the ticket's own realm is asked",
        "a_ticket_without_a_rule_is_no_fault",
    ),
    (
        "Then it asks for the ticket for the server,",
        "nothing_is_wrong_with_a_ticket_where_all_is_well",
    ),
    (
        "With `--keytab FILE`, on the server or with a copy of its file,",
        "each_fault_of_a_keytab_is_named",
    ),
    ("Reading it is left to GSSAPI,", "each_fault_of_a_keytab_is_named"),
    (
        "As after a login with psql, the ticket for the server stays",
        "each_fault_of_a_keytab_is_named",
    ),
    (
        "A client keytab (`KRB5_CLIENT_KTNAME`) does instead of a ticket.",
        "nothing_is_wrong_with_a_ticket_where_all_is_well",
    ),
    (
        "the parent domain in upper case, unless `dns_lookup_realm`",
        "a_host_is_of_the_realm_that_mit_takes_it_for",
    ),
];

/// Sentences about other things that use the same words.
pub const NO_CLAIMS: &[&str] = &[
    "What each client needs to log in with a ticket, and what it cannot do.",
    "have kinit write a file (`kinit -c FILE:/tmp/ticket`)",
    "[More about case, trusts and locales]",
    "Where a line of pg_hba.conf is for the members of a role (`+rds_iam`),",
    "every login that was tried:",
    "[with MIT Kerberos]",
    "[case and logins]",
    "[every login that was tried]",
    "[the same with Active Directory]",
    "Who has access?",
    "Why can somebody not log in?",
    "May alice become a member of a role that logs in through IAM?",
    "The list from the directory says who is to have access,",
    "Keep another way in,",
    "What the people who run a directory-joined database do",
    "Does it not work, ask what a login would meet:",
    "look at the ticket (`klist`):",
    "somebody married, and the sAMAccountName was changed.",
    "An export of the directory, or a file in version control,",
    "Tell the people their new name.",
    "Names that no ticket opens, or that one opens too many of.",
    "Many come from a file",
    "Login roles for Kerberos and Active Directory users in PostgreSQL, made right.",
    "To others the server's side is a row that is not known, and pg_hba.conf is taken to be as RDS \
     has it:",
    "`rds_iam` sent elsewhere, then `rds_ad` to a ticket.",
    "Everything below runs as `rds_master`",
    "`action` is `created`, `adopted`",
    "turning `krb_caseins_users` on;",
    "Each line above, and what is said elsewhere here of who gets in, was seen",
    "it refuses `gssencmode=require`, `gssdelegation=1` and `require_auth`,",
    "A build without the feature `gssapi`, which is what `cargo install` makes by itself,",
    "With a directory's accounts, their UPNs and the spellings that Windows asks for",
];

/// What tells a sentence about case and logins, outside the section that is about nothing else.
pub const WORDS: [&str; 14] = [
    "log in",
    "logs in",
    "login",
    "ticket",
    "krb_caseins_users",
    "upper case",
    "lower case",
    "the principal.",
    " access",
    "reached",
    "pg_hba.conf",
    "GSSAPI",
    "sAMAccountName",
    " people",
];
