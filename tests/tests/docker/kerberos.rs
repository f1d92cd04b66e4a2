//! Logins with tickets, from the client's container: through the extension, and on a server like
//! managed RDS.

use crate::compose::Project;
use crate::engine::{Images, assert_fails_with, assert_succeeds};

crate::tests![
    logins_that_heed_case,
    logins_that_ignore_case,
    without_the_extension,
    a_user_of_a_trusted_realm
];

const ALICE: &str = "alice@CORP.EXAMPLE.COM";
const BOB: &str = "Bob@CORP.EXAMPLE.COM";

fn logins_that_heed_case(images: &Images) {
    let project = Project::up(images, &[], &[]);
    assert_succeeds(&project.kerbrole(&[
        "add",
        "alice",
        "Bob",
        "--realm",
        "corp.example.com",
        "--group",
        "analysts",
    ]));

    // No ticket.
    assert_fails_with(&project.login(ALICE), "No Kerberos credentials available");
    project.kinit("alice");
    assert_eq!(assert_succeeds(&project.login(ALICE)), format!("{ALICE} by {ALICE}"));
    // A ticket of somebody else, a role that is spelled otherwise, and one that is nobody's.
    assert_fails_with(
        &project.login(BOB),
        "GSSAPI authentication failed for user \"Bob@CORP.EXAMPLE.COM\"",
    );
    assert_fails_with(&project.login("Alice@CORP.EXAMPLE.COM"), "no password supplied");
    project.kinit("Bob");
    assert_eq!(assert_succeeds(&project.login(BOB)), format!("{BOB} by {BOB}"));

    // Disabled, a ticket is no use; enabled, it is again.
    assert_succeeds(&project.kerbrole(&["disable", "Bob@corp.example.com"]));
    assert_fails_with(&project.login(BOB), "is not permitted to log in");
    assert_succeeds(&project.kerbrole(&["enable", "Bob@corp.example.com"]));
    assert_succeeds(&project.login(BOB));

    // A password is no way in for a principal, even where the role has one.
    project.db.sql("ALTER ROLE \"alice@CORP.EXAMPLE.COM\" PASSWORD 'x'");
    assert_fails_with(&project.login(ALICE), "GSSAPI authentication failed");
    // Nothing of what Bob's ticket was tried for has become his.
    assert_eq!(project.db.sql("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "2");
}

fn logins_that_ignore_case(images: &Images) {
    let project = Project::up(images, &[], &[("KERBROLE_CASEINS", "on")]);
    let added =
        assert_succeeds(&project.kerbrole(&["add", "Bob@corp.example.com", "--format", "csv"]));
    assert!(added.contains("bob@CORP.EXAMPLE.COM,created"), "{added}");
    project.kinit("Bob");
    assert_eq!(
        assert_succeeds(&project.login("bob@CORP.EXAMPLE.COM")),
        format!("bob@CORP.EXAMPLE.COM by {BOB}")
    );
    // The name of the role is the server's all the same.
    assert_fails_with(&project.login(BOB), "no password supplied");
}

fn without_the_extension(images: &Images) {
    let project = Project::up(images, &[], &[("KERBROLE_EXTENSION", "off")]);
    assert_fails_with(&project.kerbrole(&["--backend", "extension", "list"]), "pg_kerbrole");
    let added = assert_succeeds(&project.kerbrole(&[
        "add",
        "alice",
        "Bob",
        "--realm",
        "corp.example.com",
        "--group",
        "analysts",
        "--format",
        "csv",
    ]));
    assert!(
        added.contains(&format!("{ALICE},created")) && added.contains(&format!("{BOB},created")),
        "{added}"
    );
    for user in ["alice", "Bob"] {
        project.kinit(user);
        let role = format!("{user}@CORP.EXAMPLE.COM");
        assert_eq!(assert_succeeds(&project.login(&role)), format!("{role} by {role}"));
    }
    assert_fails_with(&project.login(ALICE), "GSSAPI authentication failed");
    let refused = project.kerbrole(&["add", "carol@corp.example.com", "--group", "reports"]);
    assert_fails_with(&refused, "would be a member of both rds_ad and rds_iam");
    // The master user has a password as before, whatever it had to be given to grant rds_ad.
    assert_succeeds(&project.kerbrole(&["drop", "Bob@corp.example.com", "--yes"]));
    project.kinit("Bob");
    assert_fails_with(&project.login(BOB), "no password supplied");
    assert_eq!(
        project.db.sql("SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolname LIKE '%@%'"),
        ALICE
    );
}

fn a_user_of_a_trusted_realm(images: &Images) {
    const CAROL: &str = "carol@PARTNER.EXAMPLE.ORG";
    let project = Project::up(images, &["docker/compose.trust.yaml"], &[]);
    assert_succeeds(&project.kerbrole(&[
        "add",
        "alice@corp.example.com",
        "carol@partner.example.org",
    ]));
    project.kinit(CAROL);
    assert_eq!(assert_succeeds(&project.login(CAROL)), format!("{CAROL} by {CAROL}"));
    // By way of the KDC of the server's realm: that ticket is hers, of both realms.
    let tickets = project.client.exec(&["klist"]);
    assert!(tickets.contains("krbtgt/CORP.EXAMPLE.COM@PARTNER.EXAMPLE.ORG"), "{tickets}");
    assert_fails_with(&project.login(ALICE), "GSSAPI authentication failed");
    project.kinit("alice");
    assert_eq!(assert_succeeds(&project.login(ALICE)), format!("{ALICE} by {ALICE}"));
}
