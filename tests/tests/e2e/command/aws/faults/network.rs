//! Faults between the database and the directory.

use super::{Fault, fault};

/// The network.
pub const NETWORK: &[Fault] = &[
    fault(
        "network_without_egress",
        "rds",
        &["ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 -"],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_without_udp",
        "rds",
        &[r#"ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 =
            {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535,
             "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}"#],
        &["network/ports that logins need: wrong"],
    ),
    fault(
        "network_without_rpc",
        "rds",
        &[
            r#"ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 =
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.11.0/24"}, {"CidrIp":
             "10.0.12.0/24"}]}"#,
            "ec2 describe-security-groups /SecurityGroups/1/IpPermissions/10 -",
        ],
        &["network/ports that tools of the domain need: warning"],
    ),
    fault(
        "network_to_one_controller_only",
        "rds",
        &[r#"ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0/IpRanges =
            [{"CidrIp": "10.0.11.10/32"}]"#],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_into_nothing",
        "rds",
        &["ec2 describe-security-groups /SecurityGroups/1/IpPermissions = []"],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_acl_denies_kerberos",
        "rds",
        &[r#"ec2 describe-network-acls /NetworkAcls/0/Entries + {"CidrBlock": "0.0.0.0/0",
            "Egress": true, "Protocol": "6", "RuleAction": "deny", "RuleNumber": 90,
            "PortRange": {"From": 88, "To": 88}}"#],
        &["network/ports that logins need: wrong"],
    ),
    fault(
        "network_acl_without_answers",
        "peering",
        &[r#"ec2 describe-network-acls /NetworkAcls/0/Entries/2 = {"CidrBlock": "0.0.0.0/0",
            "Egress": false, "Protocol": "6", "RuleAction": "allow", "RuleNumber": 100,
            "PortRange": {"From": 5432, "To": 5432}}"#],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_without_a_route",
        "peering",
        &[
            "ec2 describe-route-tables /RouteTables/0/Routes/2 -",
            "ec2 describe-route-tables /RouteTables/0/Routes/1 -",
        ],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_without_a_route_back",
        "peering",
        &["ec2 describe-route-tables /RouteTables/1/Routes/1 -"],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_into_a_blackhole",
        "peering",
        &[r#"ec2 describe-route-tables /RouteTables/0/Routes/2/State = "blackhole""#],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_peering_not_accepted",
        "peering",
        &[r#"ec2 describe-vpc-peering-connections /VpcPeeringConnections/0/Status =
            {"Code": "pending-acceptance", "Message": "Pending Acceptance by 111122223333"}"#],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_peering_with_another_vpc",
        "peering",
        &[r#"ec2 describe-vpc-peering-connections /VpcPeeringConnections/0/AccepterVpcInfo/VpcId =
            "vpc-0c30000000000001""#],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_by_a_transit_gateway",
        "peering",
        &[
            r#"ec2 describe-route-tables /RouteTables/0/Routes/2 = {"DestinationCidrBlock":
                "10.20.0.0/16", "TransitGatewayId": "tgw-0a1b000000000001", "Origin": "CreateRoute",
                "State": "active"}"#,
            r#"ec2 describe-route-tables /RouteTables/1/Routes/1 = {"DestinationCidrBlock":
                "10.0.0.0/16", "TransitGatewayId": "tgw-0a1b000000000001", "Origin": "CreateRoute",
                "State": "active"}"#,
            r#"ec2 describe-transit-gateway-vpc-attachments = {"TransitGatewayVpcAttachments": [
                {"TransitGatewayAttachmentId": "tgw-attach-01", "State": "available", "VpcId":
                 "vpc-0a10000000000001", "TransitGatewayId": "tgw-0a1b000000000001"},
                {"TransitGatewayAttachmentId": "tgw-attach-02", "State": "available", "VpcId":
                 "vpc-0b20000000000001", "TransitGatewayId": "tgw-0a1b000000000001"}]}"#,
        ],
        &[
            "network/way to the directory: cannot look",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_not_attached",
        "peering",
        &[
            r#"ec2 describe-route-tables /RouteTables/0/Routes/2 = {"DestinationCidrBlock":
                "10.20.0.0/16", "TransitGatewayId": "tgw-0a1b000000000001", "Origin": "CreateRoute",
                "State": "active"}"#,
            r#"ec2 describe-transit-gateway-vpc-attachments =
                {"TransitGatewayVpcAttachments": []}"#,
        ],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_by_a_prefix_list_unseen",
        "rds",
        &[
            r#"ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 =
                {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-0a10000000000001"}]}"#,
            "ec2 get-managed-prefix-list-entries ! UnauthorizedOperation",
        ],
        &[
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_shared_without_egress",
        "shared",
        &["ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 -"],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_groups_denied",
        "rds",
        &["ec2 describe-security-groups ! UnauthorizedOperation: You are not authorized"],
        &[
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_routes_denied",
        "peering",
        &["ec2 describe-route-tables ! UnauthorizedOperation: You are not authorized"],
        &[
            "network/way to the directory: cannot look",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
];
