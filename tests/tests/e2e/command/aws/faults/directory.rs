//! Faults of the directory, its trusts and its users.

use super::{Fault, fault};

/// Steps that nobody can look at where there is no directory to look at.
const NO_DIRECTORY: &[&str] = &[
    "directory/directory: wrong",
    "trust/trusts: cannot look",
    "users/users: cannot look",
    "network/way to the directory: cannot look",
];

/// The directory.
pub const DIRECTORY: &[Fault] = &[
    fault(
        "directory_gone",
        "rds",
        &["ds describe-directories ! EntityDoesNotExistException: Unable to find directory"],
        NO_DIRECTORY,
    ),
    fault(
        "directory_of_another_type",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Type = "SimpleAD""#],
        &[
            "directory/directory: wrong",
            "directory/domain controllers: cannot look",
            "trust/trusts: cannot look",
            "users/users: cannot look",
        ],
    ),
    fault(
        "directory_creating",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Creating""#],
        &["directory/state: wrong"],
    ),
    fault(
        "directory_impaired",
        "rds",
        &[
            r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Impaired""#,
            r#"ds describe-directories /DirectoryDescriptions/0/StageReason = "DNS unavailable""#,
        ],
        &["directory/state: wrong"],
    ),
    fault(
        "directory_failed",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Failed""#],
        &["directory/state: wrong"],
    ),
    fault(
        "directory_deleting",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Deleting""#],
        &["directory/state: wrong"],
    ),
    fault(
        "directory_updating",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Updating""#],
        &["directory/state: warning"],
    ),
    fault(
        "directory_in_an_unknown_state",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Hibernating""#],
        &["directory/state: cannot look"],
    ),
    fault(
        "domain_controller_failed",
        "rds",
        &[
            r#"ds describe-domain-controllers /DomainControllers/1/Status = "Failed""#,
            r#"ds describe-domain-controllers /DomainControllers/1/StatusReason = "no address""#,
        ],
        &["directory/domain controllers: wrong"],
    ),
    fault(
        "domain_controller_alone",
        "rds",
        &["ds describe-domain-controllers /DomainControllers/1 -"],
        &["directory/domain controllers: warning"],
    ),
    fault(
        "directory_not_accepted",
        "shared",
        &[r#"ds describe-directories /DirectoryDescriptions/0/ShareStatus = "PendingAcceptance""#],
        &["directory/sharing: wrong"],
    ),
    fault(
        "directory_no_longer_shared",
        "shared",
        &[r#"ds describe-directories /DirectoryDescriptions/0/ShareStatus = "Deleted""#],
        &["directory/sharing: wrong"],
    ),
    fault(
        "directory_denied",
        "rds",
        &["ds describe-directories ! AccessDeniedException: User is not authorized"],
        &[
            "directory/directory: cannot look",
            "trust/trusts: cannot look",
            "users/users: cannot look",
            "network/way to the directory: cannot look",
        ],
    ),
];

/// Trusts.
pub const TRUST: &[Fault] = &[
    fault(
        "trust_not_verified",
        "trust",
        &[
            r#"ds describe-trusts /Trusts/0/TrustState = "VerifyFailed""#,
            r#"ds describe-trusts /Trusts/0/TrustStateReason = "The remote domain was not found""#,
        ],
        &["trust/trust with onprem.example.com: wrong"],
    ),
    fault(
        "trust_not_verified_yet",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/TrustState = "Created""#],
        &["trust/trust with onprem.example.com: warning"],
    ),
    fault(
        "trust_in_an_unknown_state",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/TrustState = "Renewing""#],
        &["trust/trust with onprem.example.com: cannot look"],
    ),
    fault(
        "trust_the_other_way",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/TrustDirection = "One-Way: Incoming""#],
        &["trust/direction of the trust with onprem.example.com: wrong"],
    ),
    fault(
        "trust_external",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/TrustType = "External""#],
        &["trust/type of the trust with onprem.example.com: wrong"],
    ),
    fault(
        "trust_selective",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/SelectiveAuth = "Enabled""#],
        &["trust/selective authentication of onprem.example.com: warning"],
    ),
    fault(
        "trust_without_a_forwarder",
        "trust",
        &["ds describe-conditional-forwarders /ConditionalForwarders/0 -"],
        &["trust/DNS of onprem.example.com: wrong"],
    ),
    fault(
        "trusts_denied",
        "trust",
        &["ds describe-trusts ! AccessDeniedException"],
        &["trust/trusts: cannot look"],
    ),
];

/// Users.
pub const USERS: &[Fault] = &[
    fault(
        "users_none",
        "rds",
        &["ds-data list-users /Users/4 -", "ds-data list-users /Users/3 -"],
        &["users/users: wrong"],
    ),
    fault(
        "users_disabled",
        "rds",
        &["ds-data list-users /Users/3/Enabled = false"],
        &["users/users: wrong"],
    ),
    fault(
        "users_not_shown",
        "rds",
        &[r#"ds describe-directory-data-access /DataAccessStatus = "Disabled""#],
        &["users/users: cannot look"],
    ),
];
