//! What a plan has somebody do, and as which commands.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::command::Command;
use crate::arguments::Edition;
use crate::commands::aws::network::{Direction, Ports, Protocol};
use crate::commands::aws::policy;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    CreateDirectory {
        domain: String,
        short_name: Option<String>,
        edition: Edition,
        vpc: String,
        subnets: Vec<String>,
    },
    AcceptShare {
        directory: String,
    },
    CreateTrust {
        directory: String,
        domain: String,
        dns: Vec<IpAddr>,
    },
    VerifyTrust {
        trust: String,
    },
    CreateForwarder {
        directory: String,
        domain: String,
        dns: Vec<IpAddr>,
    },
    CreateRole {
        role: String,
    },
    /// The whole document, in the place of the one that is there.
    SetTrustPolicy {
        role: String,
        document: Value,
    },
    AttachPolicy {
        role: String,
        arn: String,
    },
    /// Rules of a security group in one direction.
    AllowInGroup {
        group: String,
        direction: Direction,
        rules: Vec<GroupRule>,
    },
    AllowInAcl {
        acl: String,
        direction: Direction,
        number: u16,
        protocol: Protocol,
        ports: Ports,
        cidr: IpNet,
    },
    /// A route through a peering connection, new or in the place of one for the same destination.
    Route {
        table: String,
        cidr: IpNet,
        peering: String,
        replaces: bool,
    },
    Peer {
        from: String,
        to: String,
        /// Of the other one, where it is another account.
        owner: Option<String>,
    },
    AcceptPeering {
        peering: String,
    },
    /// Makes a database a member of the directory's domain, or tries again.
    Join {
        database: Database,
        directory: String,
        role: String,
    },
    Start {
        database: Database,
    },
    /// An instance.
    Reboot {
        instance: String,
    },
    CreateParameterGroup {
        group: String,
        family: String,
    },
    IgnoreCase {
        group: String,
    },
    UseParameterGroup {
        cluster: String,
        group: String,
    },
}

/// What a domain belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Database {
    Instance(String),
    Cluster(String),
}

/// What a rule of a security group lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupRule {
    pub(super) protocol: Protocol,
    pub(super) ports: Ports,
    pub(super) cidr: IpNet,
}

impl Database {
    /// The operation that ends in this, and the database's option with its value.
    fn command(&self, verb: &str) -> Command {
        let (kind, id) = match self {
            Self::Instance(id) => ("instance", id),
            Self::Cluster(id) => ("cluster", id),
        };
        Command::new("rds", &format!("{verb}-db-{kind}"))
            .with(&format!("--db-{kind}-identifier"), id)
    }
}

impl Action {
    /// The commands that do it, one after the other.
    pub(super) fn commands(&self) -> Vec<Command> {
        vec![match self {
            Self::CreateDirectory { domain, short_name, edition, vpc, subnets } => {
                let command = Command::new("ds", "create-microsoft-ad").with("--name", domain);
                let command = match short_name {
                    Some(name) => command.with("--short-name", name),
                    None => command,
                };
                let settings = format!("VpcId={vpc},SubnetIds={}", subnets.join(","));
                command
                    .with("--edition", edition.name())
                    .with("--vpc-settings", settings)
                    .with_secret(
                        "--password",
                        format!("New password of Admin in {domain}: "),
                        "password-of-admin.txt",
                    )
            }
            Self::AcceptShare { directory } => Command::new("ds", "accept-shared-directory")
                .with("--shared-directory-id", directory),
            Self::CreateTrust { directory, domain, dns } => Command::new("ds", "create-trust")
                .with("--directory-id", directory)
                .with("--remote-domain-name", domain)
                .with("--trust-direction", TRUST_DIRECTION)
                .with("--trust-type", "Forest")
                .with_all("--conditional-forwarder-ip-addrs", dns.iter().map(IpAddr::to_string))
                .with_secret(
                    "--trust-password",
                    format!("Password of the trust, as {domain} has it: "),
                    "password-of-trust.txt",
                ),
            Self::VerifyTrust { trust } => {
                Command::new("ds", "verify-trust").with("--trust-id", trust)
            }
            Self::CreateForwarder { directory, domain, dns } => {
                Command::new("ds", "create-conditional-forwarder")
                    .with("--directory-id", directory)
                    .with("--remote-domain-name", domain)
                    .with_all("--dns-ip-addrs", dns.iter().map(IpAddr::to_string))
            }
            Self::CreateRole { role } => {
                Command::new("iam", "create-role").with("--role-name", role).with_file(
                    "--assume-role-policy-document",
                    TRUST_FILE,
                    policy::text(&policy::trust()),
                )
            }
            Self::SetTrustPolicy { role, document } => {
                Command::new("iam", "update-assume-role-policy")
                    .with("--role-name", role)
                    .with_file("--policy-document", TRUST_FILE, policy::text(document))
            }
            Self::AttachPolicy { role, arn } => Command::new("iam", "attach-role-policy")
                .with("--role-name", role)
                .with("--policy-arn", arn),
            Self::AllowInGroup { group, direction, rules } => {
                let way = match direction {
                    Direction::In => "ingress",
                    Direction::Out => "egress",
                };
                Command::new("ec2", &format!("authorize-security-group-{way}"))
                    .with("--group-id", group)
                    .with_all("--ip-permissions", permissions(rules))
            }
            Self::AllowInAcl { acl, direction, number, protocol, ports, cidr } => {
                let cidr_option = if cidr.addr().is_ipv4() { "--cidr-block" } else { IPV6_BLOCK };
                Command::new("ec2", "create-network-acl-entry")
                    .with("--network-acl-id", acl)
                    .flag(match direction {
                        Direction::In => "--ingress",
                        Direction::Out => "--egress",
                    })
                    .with("--rule-number", number.to_string())
                    .with("--protocol", protocol.number().to_string())
                    .with("--port-range", format!("From={},To={}", ports.first, ports.last))
                    .with(cidr_option, cidr.to_string())
                    .with("--rule-action", "allow")
            }
            Self::Route { table, cidr, peering, replaces } => {
                let verb = if *replaces { "replace-route" } else { "create-route" };
                let option = match cidr.addr().is_ipv4() {
                    true => "--destination-cidr-block",
                    false => "--destination-ipv6-cidr-block",
                };
                Command::new("ec2", verb)
                    .with("--route-table-id", table)
                    .with(option, cidr.to_string())
                    .with("--vpc-peering-connection-id", peering)
            }
            Self::Peer { from, to, owner } => {
                let command = Command::new("ec2", "create-vpc-peering-connection")
                    .with("--vpc-id", from)
                    .with("--peer-vpc-id", to);
                match owner {
                    Some(owner) => command.with("--peer-owner-id", owner),
                    None => command,
                }
            }
            Self::AcceptPeering { peering } => Command::new("ec2", "accept-vpc-peering-connection")
                .with("--vpc-peering-connection-id", peering),
            Self::Join { database, directory, role } => database
                .command("modify")
                .with("--domain", directory)
                .with("--domain-iam-role-name", role)
                .flag("--apply-immediately"),
            Self::Start { database } => database.command("start"),
            Self::Reboot { instance } => Database::Instance(instance.clone()).command("reboot"),
            Self::CreateParameterGroup { group, family } => {
                Command::new("rds", "create-db-cluster-parameter-group")
                    .with(GROUP_OPTION, group)
                    .with("--db-parameter-group-family", family)
                    .with("--description", format!("{family}, and the case of users is ignored"))
            }
            // That it is taken over with a reboot holds for any parameter.
            Self::IgnoreCase { group } => Command::new("rds", "modify-db-cluster-parameter-group")
                .with(GROUP_OPTION, group)
                .with(
                    "--parameters",
                    "ParameterName=krb_caseins_users,ParameterValue=1,\
                         ApplyMethod=pending-reboot",
                ),
            Self::UseParameterGroup { cluster, group } => Database::Cluster(cluster.clone())
                .command("modify")
                .with(GROUP_OPTION, group)
                .flag("--apply-immediately"),
        }]
    }
}

/// The directory trusts, and need not be trusted.
pub(super) const TRUST_DIRECTION: &str = "One-Way: Outgoing";

const TRUST_FILE: &str = "rds-trust-policy.json";
const IPV6_BLOCK: &str = "--ipv6-cidr-block";
const GROUP_OPTION: &str = "--db-cluster-parameter-group-name";

/// In the shorthand of `aws`, one for each protocol and range of ports.
fn permissions(rules: &[GroupRule]) -> Vec<String> {
    let mut kinds: Vec<(Protocol, Ports)> = Vec::new();
    for rule in rules {
        if !kinds.contains(&(rule.protocol, rule.ports)) {
            kinds.push((rule.protocol, rule.ports));
        }
    }
    let of = |kind: &(Protocol, Ports), key: &str, is_wanted: fn(&IpNet) -> bool| {
        let same = rules.iter().filter(|rule| (rule.protocol, rule.ports) == *kind);
        let cidrs = same.map(|rule| rule.cidr).filter(is_wanted);
        let cidrs: Vec<_> = cidrs.map(|cidr| format!("{{{key}={cidr}}}")).collect();
        (!cidrs.is_empty()).then(|| cidrs.join(","))
    };
    let permission = |kind: &(Protocol, Ports)| {
        let (protocol, ports) = kind;
        let four = of(kind, "CidrIp", |cidr| cidr.addr().is_ipv4());
        let six = of(kind, "CidrIpv6", |cidr| cidr.addr().is_ipv6());
        format!(
            "IpProtocol={},FromPort={},ToPort={}{}{}",
            protocol.name(),
            ports.first,
            ports.last,
            four.map(|all| format!(",IpRanges=[{all}]")).unwrap_or_default(),
            six.map(|all| format!(",Ipv6Ranges=[{all}]")).unwrap_or_default()
        )
    };
    kinds.iter().map(permission).collect()
}

impl Edition {
    /// As the service calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Enterprise => "Enterprise",
        }
    }
}
