//! The same as resources of Terraform's provider for AWS, for all that makes something. What
//! changes something that is there belongs into the resource that made it, and is a comment.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::action::{Action, Database, TRUST_DIRECTION};
use super::hcl::{self, Block, comment, name_of, quoted};
use super::step::{Step, When};
use crate::commands::aws::network::Direction;
use crate::commands::aws::policy;

/// What an action is in Terraform.
enum Made {
    Resources(Vec<Block>),
    /// To be done in a resource that is there, or by hand.
    Said(String),
}

/// Passwords that resources ask for, and what each is.
type Variables = BTreeMap<String, String>;

/// All steps, in their order, and the variables that they need.
pub(super) fn text(head: &[String], steps: &[Step]) -> String {
    let mut parts: Vec<String> = vec![head.iter().map(|text| comment(text)).collect()];
    let mut variables = Variables::new();
    // The roles that are made.
    let mut made = Vec::new();
    for step in steps.iter().filter(|step| !step.is_empty()) {
        parts.push(comment(&format!("{}: {}", step.title, step.why)));
        for planned in &step.actions {
            match (of(&planned.what, &mut variables, &mut made), &planned.when) {
                (Made::Resources(blocks), _) => {
                    parts.extend(blocks.iter().map(Block::to_string));
                }
                (Made::Said(said), When::Now) => parts.push(comment(&said)),
                (Made::Said(said), When::Once(condition)) => {
                    parts.push(comment(&format!("Then, once {condition}: {said}")));
                }
            }
        }
        parts.extend(step.notes.iter().map(|note| comment(note)));
    }
    let declared = variables.iter().map(|(name, description)| {
        Block::new("variable", &[name])
            .text("description", description)
            .raw("type", "string")
            .raw("sensitive", "true")
            .to_string()
    });
    parts.extend(declared);
    parts.join("\n")
}

fn of(action: &Action, variables: &mut Variables, made: &mut Vec<String>) -> Made {
    let resource = |kind: &str, name: &str| Block::new("resource", &[kind, &name_of(name)]);
    let addresses = |dns: &[IpAddr]| dns.iter().map(IpAddr::to_string).collect::<Vec<_>>();
    Made::Resources(match action {
        Action::CreateDirectory { domain, short_name, edition, vpc, subnets } => {
            variables.insert("admin_password".into(), format!("Of Admin in {domain}"));
            let settings =
                Block::new("vpc_settings", &[]).text("vpc_id", vpc).list("subnet_ids", subnets);
            let block = resource("aws_directory_service_directory", domain)
                .text("name", domain)
                .raw("password", "var.admin_password")
                .text("type", "MicrosoftAD")
                .text("edition", edition.name());
            let block = match short_name {
                Some(name) => block.text("short_name", name),
                None => block,
            };
            vec![block.block(settings)]
        }
        Action::AcceptShare { directory } => {
            vec![
                resource("aws_directory_service_shared_directory_accepter", directory)
                    .text("shared_directory_id", directory),
            ]
        }
        Action::CreateTrust { directory, domain, dns } => {
            variables.insert("trust_password".into(), format!("Of the trust with {domain}"));
            vec![
                resource("aws_directory_service_trust", domain)
                    .text("directory_id", directory)
                    .text("remote_domain_name", domain)
                    .text("trust_direction", TRUST_DIRECTION)
                    .text("trust_type", "Forest")
                    .raw("trust_password", "var.trust_password")
                    .list("conditional_forwarder_ip_addrs", &addresses(dns)),
            ]
        }
        Action::CreateForwarder { directory, domain, dns } => {
            vec![
                resource("aws_directory_service_conditional_forwarder", domain)
                    .text("directory_id", directory)
                    .text("remote_domain_name", domain)
                    .list("dns_ips", &addresses(dns)),
            ]
        }
        Action::CreateRole { role } => {
            made.push(role.clone());
            let document = hcl::json(&policy::trust());
            vec![
                resource("aws_iam_role", role)
                    .text("name", role)
                    .raw("assume_role_policy", format!("jsonencode({document})")),
            ]
        }
        Action::AttachPolicy { role, arn } => {
            let block = resource("aws_iam_role_policy_attachment", role);
            // It comes after the role where that is made here.
            let block = match made.contains(role) {
                true => block.raw("role", format!("aws_iam_role.{}.name", name_of(role))),
                false => block.text("role", role),
            };
            vec![block.text("policy_arn", arn)]
        }
        Action::AllowInGroup { group, direction, rules } => {
            let way = match direction {
                Direction::In => "ingress",
                Direction::Out => "egress",
            };
            let kind = format!("aws_vpc_security_group_{way}_rule");
            let rules = rules.iter().map(|rule| {
                let name = format!("{group} {} {} {}", rule.protocol, rule.ports, rule.cidr);
                let cidr = if rule.cidr.addr().is_ipv4() { "cidr_ipv4" } else { "cidr_ipv6" };
                resource(&kind, &name)
                    .text("security_group_id", group)
                    .text("ip_protocol", rule.protocol.name())
                    .raw("from_port", rule.ports.first.to_string())
                    .raw("to_port", rule.ports.last.to_string())
                    .text(cidr, &rule.cidr.to_string())
            });
            rules.collect()
        }
        Action::AllowInAcl { acl, direction, number, protocol, ports, cidr } => {
            let is_egress = *direction == Direction::Out;
            let block = if cidr.addr().is_ipv4() { "cidr_block" } else { "ipv6_cidr_block" };
            vec![
                resource("aws_network_acl_rule", &format!("{acl} {direction} {number}"))
                    .text("network_acl_id", acl)
                    .raw("rule_number", number.to_string())
                    .raw("egress", is_egress.to_string())
                    .text("protocol", protocol.name())
                    .text("rule_action", "allow")
                    .text(block, &cidr.to_string())
                    .raw("from_port", ports.first.to_string())
                    .raw("to_port", ports.last.to_string()),
            ]
        }
        Action::Route { table, cidr, peering, replaces: false } => {
            let destination = match cidr.addr().is_ipv4() {
                true => "destination_cidr_block",
                false => "destination_ipv6_cidr_block",
            };
            vec![
                resource("aws_route", &format!("{table} {cidr}"))
                    .text("route_table_id", table)
                    .text(destination, &cidr.to_string())
                    .text("vpc_peering_connection_id", peering),
            ]
        }
        Action::Peer { from, to, owner } => {
            let block = resource("aws_vpc_peering_connection", &format!("{from} {to}"))
                .text("vpc_id", from)
                .text("peer_vpc_id", to);
            vec![match owner {
                Some(owner) => block.text("peer_owner_id", owner),
                None => block,
            }]
        }
        Action::AcceptPeering { peering } => {
            vec![
                resource("aws_vpc_peering_connection_accepter", peering)
                    .text("vpc_peering_connection_id", peering)
                    .raw("auto_accept", "true"),
            ]
        }
        Action::CreateParameterGroup { group, family } => {
            let parameter = Block::new("parameter", &[])
                .text("name", "krb_caseins_users")
                .text("value", "1")
                .text("apply_method", "pending-reboot");
            vec![
                resource("aws_rds_cluster_parameter_group", group)
                    .text("name", group)
                    .text("family", family)
                    .block(parameter),
            ]
        }
        other => return Made::Said(said(other)),
    })
}

/// What belongs into a resource that is there, or is nothing that Terraform does.
fn said(action: &Action) -> String {
    let of = |database: &Database| match database {
        Database::Instance(id) => format!("the aws_db_instance whose identifier is {id}"),
        Database::Cluster(id) => format!("the aws_rds_cluster whose cluster_identifier is {id}"),
    };
    match action {
        Action::Join { database, directory, role } => format!(
            "Set in {}: domain = {}, domain_iam_role_name = {}, apply_immediately = true",
            of(database),
            quoted(directory),
            quoted(role)
        ),
        Action::SetTrustPolicy { role, document } => format!(
            "Set assume_role_policy in the aws_iam_role whose name is {role} to this: {document}"
        ),
        Action::Route { table, cidr, peering, .. } => format!(
            "Set vpc_peering_connection_id in the aws_route of {table} for {cidr} to {}, and \
             nothing else that leads there",
            quoted(peering)
        ),
        Action::IgnoreCase { group } => format!(
            "Set the parameter krb_caseins_users in the aws_rds_cluster_parameter_group whose name \
             is {group} to 1"
        ),
        Action::UseParameterGroup { cluster, group } => format!(
            "Set db_cluster_parameter_group_name in {} to {}",
            of(&Database::Cluster(cluster.clone())),
            quoted(group)
        ),
        // What Terraform has no resource for.
        other => {
            let commands = other.commands();
            let commands = commands.iter().map(|command| {
                let lines = command.lines("");
                let words: Vec<_> =
                    lines.iter().flatten().map(|word| super::sh::quoted(word)).collect();
                format!("aws {}", words.join(" "))
            });
            commands.collect::<Vec<_>>().join("; ")
        }
    }
}
