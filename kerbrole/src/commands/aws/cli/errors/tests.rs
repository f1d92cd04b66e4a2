use super::*;
use crate::commands::aws::call::{DIRECTORIES, SECURITY_GROUPS, USERS};

fn refused(call: Call, said: &str) -> Refusal {
    let ended = Ended { code: Some(255), out: Vec::new(), err: said.into() };
    refusal(call, &ended, &version())
}

fn version() -> Version {
    Version::parse("aws-cli/2.9.19 Python/3.11.2").unwrap()
}

#[test]
fn codes_are_found_in_either_version() {
    let said = "\nAn error occurred (AccessDeniedException) when calling the DescribeDirectories \
                operation (reached max retries: 4): User: arn:aws:iam::1:user/x is not \
                authorized\n";
    let coded = Coded::parse(said).unwrap();
    assert_eq!((coded.code, coded.operation), ("AccessDeniedException", "DescribeDirectories"));
    assert_eq!(coded.message, "User: arn:aws:iam::1:user/x is not authorized");
    assert!(matches!(refused(DIRECTORIES, said), Refusal::Denied));
    // Version 2.23 and later has its own prefix.
    let newer = format!("aws: [ERROR]: {}", said.trim());
    assert!(matches!(refused(DIRECTORIES, &newer), Refusal::Denied));
}

#[test]
fn another_operation_s_refusal_is_about_credentials() {
    let said = "An error occurred (AccessDenied) when calling the AssumeRole operation: User: x is \
                not authorized to perform: sts:AssumeRole on resource: y";
    assert!(matches!(refused(DIRECTORIES, said), Refusal::NoCredentials(_)));
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let said = "An error occurred (InternalError) when calling the DescribeSecurityGroups \
                operation: No. Encoded authorization failure message: aGVsbG8";
    match refused(SECURITY_GROUPS, said) {
        Refusal::Failed(why) => assert_eq!(why, "InternalError: No."),
        other => panic!("{other:?}"),
    }
    let long = "x ".repeat(1000);
    assert_eq!(line(&long).chars().count(), 301);
}

#[test]
fn an_old_one_is_told_apart() {
    let said = "usage: aws [options] <command> <subcommand> [<subcommand> ...]\n\naws: error: \
                argument command: Invalid choice, valid choices are:\n\naccessanalyzer | acm";
    match refused(USERS, said) {
        Refusal::Failed(why) => {
            assert_eq!(
                why,
                "this aws (2.9.19) is too old to know ds-data list-users: take a newer one"
            );
        }
        other => panic!("{other:?}"),
    }
}
