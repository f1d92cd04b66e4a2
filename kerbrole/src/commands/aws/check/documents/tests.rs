use serde_json::json;

use super::*;

fn document(statements: Value) -> PolicyDocument {
    serde_json::from_value(json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn may_describe(statements: Value) -> Verdict {
    may([&document(statements)], "ds:DescribeDirectories")
}

#[test]
fn one_or_several_of_each() {
    for allowed in [
        json!({"Effect": "Allow", "Action": "ds:DescribeDirectories", "Resource": "*"}),
        json!([{"Effect": "Allow", "Action": ["ds:Describe*"], "Resource": ["x", "*"]}]),
        json!([{"Effect": "Allow", "Action": "DS:describeDIRECTORIES", "Resource": "*"}]),
        json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]),
    ] {
        assert_eq!(may_describe(allowed.clone()), Verdict::Allowed, "{allowed}");
    }
}

#[test]
fn a_deny_comes_first_and_nothing_is_denied() {
    let allow = json!({"Effect": "Allow", "Action": "ds:*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "ds:*", "Resource": "*"});
    assert_eq!(may_describe(json!([allow, deny])), Verdict::Denied);
    assert_eq!(may_describe(json!([deny, allow])), Verdict::Denied);
    assert_eq!(may_describe(json!([])), Verdict::Denied);
    assert_eq!(
        may_describe(json!([{"Effect": "Allow", "Action": "ds:Get*", "Resource": "*"}])),
        Verdict::Denied
    );
    let deny_some = json!({"Effect": "Deny", "Action": "ds:*", "Resource": "arn:x"});
    assert_eq!(may_describe(json!([allow, deny_some])), Verdict::Depends);
}

#[test]
fn what_depends_is_not_allowed() {
    for depends in [
        json!([{"Effect": "Allow", "Action": "ds:*", "Resource": "arn:aws:ds:eu:1:directory/d-1"}]),
        json!([{"Effect": "Allow", "Action": "ds:*", "Resource": "*", "Condition":
            {"StringEquals": {"aws:SourceAccount": "1"}}}]),
        json!([{"Effect": "Allow", "Action": "ds:*", "NotResource": "arn:x"}]),
        json!([{"Effect": "Allow", "Action": "ds:*", "Resource": "*"},
            {"Effect": "deny", "Action": "ds:*", "Resource": "*"}]),
    ] {
        assert_eq!(may_describe(depends.clone()), Verdict::Depends, "{depends}");
    }
}

fn acts(statement: Value) -> Verdict {
    let document = document(statement);
    may_act_as(&document, "directoryservice.rds.amazonaws.com", "123456789012")
}

#[test]
fn services_are_named_exactly() {
    let services = |services: Value| {
        acts(json!([{"Effect": "Allow", "Principal": {"Service": services},
            "Action": "sts:AssumeRole"}]))
    };
    let both = json!(["rds.amazonaws.com", "directoryservice.rds.amazonaws.com"]);
    assert_eq!(services(both), Verdict::Allowed);
    assert_eq!(services(json!("directoryservice.rds.amazonaws.com")), Verdict::Allowed);
    assert_eq!(services(json!("rds.amazonaws.com")), Verdict::Denied);
    assert_eq!(services(json!("*.rds.amazonaws.com")), Verdict::Denied);
    assert_eq!(
        acts(json!([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}])),
        Verdict::Depends
    );
}

#[test]
fn the_account_of_a_condition_is_looked_at() {
    let with = |condition: Value| {
        acts(json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal":
            {"Service": "directoryservice.rds.amazonaws.com"}, "Condition": condition}]))
    };
    let account = |of: &str| json!({"StringEquals": {"aws:SourceAccount": of}});
    assert_eq!(with(account("123456789012")), Verdict::Allowed);
    assert_eq!(with(account("210987654321")), Verdict::Denied);
    assert_eq!(with(json!({"ArnLike": {"aws:SourceArn": "arn:aws:rds:*"}})), Verdict::Depends);
}
