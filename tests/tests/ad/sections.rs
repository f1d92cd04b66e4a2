//! The report's parts, one for each case in which somebody logs in.

use kerbrole_tests::report::{Report, Section};

pub static REPORT: Report = Report::new();

/// What the report begins with.
pub const INTRODUCTION: &str = "# Who can log in from an Active Directory\n\n\
    Written by `make logins`, and compared with what is seen by every `make test-ad`. Each row is \
    a login by psql over TCP with a ticket of Samba's Active Directory,\n\
    for which the realm is CORP.EXAMPLE.COM, and one account has a UPN of `corp.com`. A ticket's \
    principal stands with what was typed to get it: `kinit NAME` has the\n\
    KDC keep the spelling, `kinit -C NAME` asks for the canonical one, as Windows does, and `-E` \
    takes a UPN. Where somebody is refused, the last column is the reason in\n\
    the words of the server's log. \"extension and plain statements\" means that the same was seen \
    with roles made by either. The same with MIT's KDC, and what is said there of case and \
    memberships, is in [logins.md](logins.md).\n";

/// By the names of the cases, in the report's order.
const SECTIONS: [(&str, Section); 13] = [
    part(
        "logins::a_role_spelled_as_the_account",
        "Roles spelled as the account",
        "What is right wherever clients ask for the canonical name: each of its tickets opens the \
         role, under either setting.",
    ),
    part(
        "logins::a_role_in_lower_case",
        "Roles in lower case",
        "The usual form on RDS. While `krb_caseins_users` is off, who has upper-case letters in \
         the directory gets in only with a ticket asked for in lower case.",
    ),
    part(
        "logins::only_the_exact_role_is_there",
        "Only the exact role is there",
        "The setting is about the ticket: the name of the role that a client asks for is looked up \
         as it is.",
    ),
    part(
        "logins::no_ticket_no_login",
        "An account that is disabled in the directory",
        "The role is there, and nobody gets a ticket for it.",
    ),
    part(
        "logins::a_machine_without_its_dollar_is_a_user_of_that_name",
        "A machine's account without its dollar",
        "Where there is no user WS01, the KDC lets the machine WS01$ be one. Roles of people who \
         have left the directory are to be dropped or disabled, too.",
    ),
    part(
        "advice::every_first_attempt_ends_in_a_login",
        "First attempts, and the advice",
        "What an administrator types at first, and that doing what the HINT and \
         `kerb_check_principal` then say ends in a login.",
    ),
    part(
        "advice::a_notice_says_when_case_matters",
        "The NOTICE about upper-case letters",
        "It names both spellings that a ticket can have.",
    ),
    part("advice::netbios_domains_can_be_mapped", "CORP\\JDoe", "With `kerbrole.netbios_domains`."),
    part(
        "advice::an_allow_list_stops_the_suffix_of_a_upn",
        "With a list of realms",
        "`kerbrole.allowed_realms` keeps the suffix of a UPN from being taken for a realm.",
    ),
    part(
        "advice::a_role_in_another_case_is_named",
        "A role in another case",
        "Refused for a second role, disabled and enabled by the name that the HINT gives, and \
         renamed.",
    ),
    part(
        "advice::a_ticket_for_a_upn_is_explained",
        "A ticket for a UPN",
        "It gets a name that no role can have.",
    ),
    part(
        "doctor::a_ticket_in_another_case_is_led_to_its_role",
        "The doctor, and a ticket in another case",
        "By what `kerbrole doctor` says to run.",
    ),
    part(
        "doctor::a_ticket_for_a_upn_is_led_to_another",
        "The doctor, and a ticket for a UPN",
        "The same.",
    ),
];

const fn part(
    case: &'static str,
    title: &'static str,
    about: &'static str,
) -> (&'static str, Section) {
    (case, Section { title, about })
}

/// The place of a case; those where nobody logs in have none, and come to the end.
pub fn section(case: &str) -> usize {
    SECTIONS.iter().position(|(name, _)| *name == case).unwrap_or(SECTIONS.len())
}

pub fn text() -> String {
    REPORT.text(INTRODUCTION, &SECTIONS.map(|(_, section)| section))
}
