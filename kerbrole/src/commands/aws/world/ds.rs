//! Answers of Directory Service, and of its Data.

use serde::Deserialize;

/// Of `describe-directories`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Directory {
    pub(crate) directory_id: String,
    /// The domain, `corp.example.com`.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) short_name: Option<String>,
    /// `MicrosoftAD`, `SharedMicrosoftAD`, `SimpleAD`, `ADConnector`.
    #[serde(default, rename = "Type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) stage: Option<String>,
    #[serde(default)]
    pub(crate) stage_reason: Option<String>,
    /// Addresses of its domain controllers, which are its DNS too.
    #[serde(default)]
    pub(crate) dns_ip_addrs: Vec<String>,
    #[serde(default)]
    pub(crate) vpc_settings: Option<VpcSettings>,
    /// Of one that another account shares.
    #[serde(default)]
    pub(crate) share_status: Option<String>,
    /// The same directory as its owner has it, of one that another account shares.
    #[serde(default)]
    pub(crate) owner_directory_description: Option<OwnerDirectory>,
}

impl Directory {
    /// Whether another account owns it and shares it with this one.
    pub(crate) fn is_shared(&self) -> bool {
        self.kind.as_deref() == Some("SharedMicrosoftAD")
    }

    /// Where its domain controllers are, be it in this account or in its owner's.
    pub(crate) fn vpc(&self) -> Option<&VpcSettings> {
        let owners = self.owner_directory_description.as_ref();
        self.vpc_settings.as_ref().or_else(|| owners.and_then(|owner| owner.vpc_settings.as_ref()))
    }

    /// The addresses of its domain controllers, be it in this account or in its owner's.
    pub(crate) fn addresses(&self) -> &[String] {
        match &self.owner_directory_description {
            Some(owner) if self.dns_ip_addrs.is_empty() => &owner.dns_ip_addrs,
            _ => &self.dns_ip_addrs,
        }
    }
}

/// A directory as its owner has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OwnerDirectory {
    #[serde(default)]
    pub(crate) directory_id: Option<String>,
    #[serde(default)]
    pub(crate) account_id: Option<String>,
    #[serde(default)]
    pub(crate) dns_ip_addrs: Vec<String>,
    #[serde(default)]
    pub(crate) vpc_settings: Option<VpcSettings>,
}

/// Where domain controllers are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VpcSettings {
    #[serde(default)]
    pub(crate) vpc_id: Option<String>,
    #[serde(default)]
    pub(crate) subnet_ids: Vec<String>,
    #[serde(default)]
    pub(crate) security_group_id: Option<String>,
}

/// Of `describe-domain-controllers`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DomainController {
    #[serde(default)]
    pub(crate) domain_controller_id: String,
    #[serde(default)]
    pub(crate) dns_ip_addr: Option<String>,
    #[serde(default)]
    pub(crate) subnet_id: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) status_reason: Option<String>,
}

/// Of `describe-trusts`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Trust {
    #[serde(default)]
    pub(crate) trust_id: String,
    #[serde(default)]
    pub(crate) remote_domain_name: String,
    /// `Forest` or `External`.
    #[serde(default)]
    pub(crate) trust_type: Option<String>,
    /// `One-Way: Outgoing`, `One-Way: Incoming`, `Two-Way`, as seen from the directory.
    #[serde(default)]
    pub(crate) trust_direction: Option<String>,
    #[serde(default)]
    pub(crate) trust_state: Option<String>,
    #[serde(default)]
    pub(crate) trust_state_reason: Option<String>,
    /// `Enabled` or `Disabled`.
    #[serde(default)]
    pub(crate) selective_auth: Option<String>,
}

/// Of `describe-conditional-forwarders`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Forwarder {
    #[serde(default)]
    pub(crate) remote_domain_name: String,
    #[serde(default)]
    pub(crate) dns_ip_addrs: Vec<String>,
}

/// Of `describe-directory-data-access`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DataAccess {
    #[serde(default)]
    pub(crate) data_access_status: Option<String>,
}

/// Of `ds-data list-users`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct User {
    #[serde(rename = "SAMAccountName", default)]
    pub(crate) sam_account_name: String,
    #[serde(rename = "Enabled", default)]
    pub(crate) enabled: Option<bool>,
}
