//! The actions of the policies, by the models that `aws` has of the services.

use std::collections::BTreeSet;
use std::process::Command;

use kerbrole_tests::version::built;
use serde_json::Value;

use crate::tools::{printed, tool, with_no_account};

/// Prints the operations of services, as policies name them.
const OPERATIONS: &str = r#"
import sys
import botocore.session

session = botocore.session.get_session()
for service in sys.argv[1:]:
    for operation in session.get_service_model(service).operation_names:
        print(f"{service}:{operation}")
"#;

/// What no operation is: the guide has the first three, and the last is asked for beside the
/// operations of Directory Service Data (Service Authorization Reference).
const NO_OPERATIONS: &[&str] = &[
    "ds:AuthorizeApplication",
    "ds:GetAuthorizedApplicationDetails",
    "ds:UnauthorizeApplication",
    "ds:AccessDSData",
];

pub fn every_action_is_one() {
    let home = tempfile::tempdir().unwrap();
    let mut python = with_no_account(tool("python"), home.path());
    python.args(["-c", OPERATIONS, "rds", "ds", "ds-data", "ec2", "iam"]);
    let known = printed(&python.output().unwrap());
    let known: BTreeSet<_> = known.lines().chain(NO_OPERATIONS.iter().copied()).collect();
    let mut seen = 0;
    for document in ["--permissions", "--for-check"] {
        let output = Command::new(built("kerbrole")).args(["aws", "policy", document]).output();
        let document: Value = serde_json::from_str(&printed(&output.unwrap())).unwrap();
        for statement in document["Statement"].as_array().unwrap() {
            for action in statement["Action"].as_array().unwrap() {
                assert!(known.contains(action.as_str().unwrap()), "{action} is none");
                seen += 1;
            }
        }
    }
    assert!(seen > 25, "{seen}");
}
