//! Resources are read by a parser of HCL, and mean what was planned.

use serde_json::{Value, json};

use super::super::action::{Action, Database, GroupRule};
use super::super::step::Step;
use super::super::terraform::text;
use crate::arguments::Edition;
use crate::commands::aws::network::{Direction, Ports, Protocol};
use crate::commands::aws::policy;

/// What a parser makes of a plan with these.
fn read(actions: Vec<Action>) -> (String, Value) {
    let mut step = Step::new("Step");
    actions.into_iter().for_each(|action| step.now("because", action));
    step.note("", "This is left: ${nothing}\nand more.");
    let text = text(&["What is missing.".into()], &[step]);
    let mut context = ::hcl::eval::Context::new();
    // What Terraform knows of itself.
    context.declare_var("var", ::hcl::value!({ admin_password = "A", trust_password = "T" }));
    let role = ::hcl::value!({ kerberos = { name = "made" } });
    context.declare_var("aws_iam_role", role);
    context.declare_var("string", "string");
    let decoded =
        ::hcl::eval::FuncDef::builder().param(::hcl::eval::ParamType::Any).build(|arguments| {
            serde_json::to_string(&arguments[0]).map(Into::into).map_err(|e| e.to_string())
        });
    context.declare_func("jsonencode", decoded);
    let read = ::hcl::eval::from_str(&text, &context);
    let read = read.unwrap_or_else(|error| panic!("{error}: {text}"));
    (text, read)
}

#[test]
fn a_directory_has_a_password_that_is_a_variable() {
    let (text, read) = read(vec![Action::CreateDirectory {
        domain: "corp.example.com".into(),
        short_name: Some("CORP".into()),
        edition: Edition::Enterprise,
        vpc: "vpc-1".into(),
        subnets: vec!["subnet-1".into(), "subnet-2".into()],
    }]);
    let directory = &read["resource"]["aws_directory_service_directory"]["corp_example_com"];
    let wanted = json!({
        "name": "corp.example.com",
        "password": "A",
        "type": "MicrosoftAD",
        "edition": "Enterprise",
        "short_name": "CORP",
        "vpc_settings": {"vpc_id": "vpc-1", "subnet_ids": ["subnet-1", "subnet-2"]}
    });
    assert_eq!(directory, &wanted, "{text}");
    assert_eq!(read["variable"]["admin_password"]["sensitive"], json!(true), "{text}");
}

#[test]
fn a_role_that_is_made_comes_before_what_is_attached_to_it() {
    let attach = |role: &str| Action::AttachPolicy { role: role.into(), arn: "arn:x".into() };
    let (text, read) =
        read(vec![Action::CreateRole { role: "kerberos".into() }, attach("kerberos")]);
    let role = &read["resource"]["aws_iam_role"]["kerberos"];
    let document: Value =
        serde_json::from_str(role["assume_role_policy"].as_str().unwrap()).unwrap();
    assert_eq!(document, policy::trust(), "{text}");
    let attached = &read["resource"]["aws_iam_role_policy_attachment"]["kerberos"];
    assert_eq!(attached, &json!({"role": "made", "policy_arn": "arn:x"}), "{text}");
    let (text, read) = self::read(vec![attach("there")]);
    let attached = &read["resource"]["aws_iam_role_policy_attachment"]["there"];
    assert_eq!(attached["role"], json!("there"), "{text}");
}

#[test]
fn rules_and_routes_are_resources_of_their_own() {
    let cidr = "10.0.1.0/24".parse().unwrap();
    let rule = GroupRule { protocol: Protocol::Udp, ports: Ports::one(88), cidr };
    let (text, read) = read(vec![
        Action::AllowInGroup { group: "sg-1".into(), direction: Direction::Out, rules: vec![rule] },
        Action::AllowInAcl {
            acl: "acl-1".into(),
            direction: Direction::In,
            number: 110,
            protocol: Protocol::Tcp,
            ports: Ports { first: 53, last: 464 },
            cidr: "fd00::/64".parse().unwrap(),
        },
        Action::Route { table: "rtb-1".into(), cidr, peering: "pcx-1".into(), replaces: false },
        Action::Peer { from: "vpc-1".into(), to: "vpc-2".into(), owner: Some("1".into()) },
    ]);
    let resource = &read["resource"];
    assert_eq!(
        resource["aws_vpc_security_group_egress_rule"]["sg_1_udp_88_10_0_1_0_24"],
        json!({
            "security_group_id": "sg-1", "ip_protocol": "udp", "from_port": 88, "to_port": 88,
            "cidr_ipv4": "10.0.1.0/24"
        }),
        "{text}"
    );
    assert_eq!(
        resource["aws_network_acl_rule"]["acl_1_inbound_110"],
        json!({
            "network_acl_id": "acl-1", "rule_number": 110, "egress": false, "protocol": "tcp",
            "rule_action": "allow", "ipv6_cidr_block": "fd00::/64", "from_port": 53, "to_port": 464
        }),
        "{text}"
    );
    assert_eq!(
        resource["aws_route"]["rtb_1_10_0_1_0_24"],
        json!({
            "route_table_id": "rtb-1", "destination_cidr_block": "10.0.1.0/24",
            "vpc_peering_connection_id": "pcx-1"
        }),
        "{text}"
    );
    assert_eq!(
        resource["aws_vpc_peering_connection"]["vpc_1_vpc_2"],
        json!({"vpc_id": "vpc-1", "peer_vpc_id": "vpc-2", "peer_owner_id": "1"}),
        "{text}"
    );
}

#[test]
fn what_changes_something_that_is_there_is_a_comment() {
    let cidr = "10.0.1.0/24".parse().unwrap();
    let (text, read) = read(vec![
        Action::Join {
            database: Database::Instance("app".into()),
            directory: "d-1".into(),
            role: "kerberos".into(),
        },
        Action::SetTrustPolicy { role: "kerberos".into(), document: policy::trust() },
        Action::Route { table: "rtb-1".into(), cidr, peering: "pcx-1".into(), replaces: true },
        Action::Reboot { instance: "app".into() },
    ]);
    assert_eq!(read, json!({}), "{text}");
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with("# ")), "{text}");
    for said in ["domain = \"d-1\"", "rtb-1", "aws rds reboot-db-instance"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}
