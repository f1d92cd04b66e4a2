use std::collections::BTreeSet;

use super::*;

/// The trust policy of Aurora's page.
const AURORA: &str = r#"{ "Version": "2012-10-17", "Statement": [ { "Sid": "", "Effect": "Allow",
    "Principal": { "Service": [ "directoryservice.rds.amazonaws.com", "rds.amazonaws.com" ] },
    "Action": "sts:AssumeRole" } ] }"#;

/// That of RDS's page, as it is printed there.
const RDS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect:" "Allow"
      "Principal": {
        "Service": [
          "rds.amazonaws.com",
          "directoryservice.rds.amazonaws.com"
        ]
      },
      "Action": "sts:AssumeRole"
    }
  ]
}"#;

/// The role policy, which both pages have.
const PERMISSIONS: &str = r#"{ "Version": "2012-10-17", "Statement": [ { "Action": [
    "ds:DescribeDirectories", "ds:AuthorizeApplication", "ds:UnauthorizeApplication",
    "ds:GetAuthorizedApplicationDetails" ], "Effect": "Allow", "Resource": "*" } ] }"#;

/// What a document means: the order of keys and of lists says nothing, one is a list of one, and
/// neither does a Sid.
fn meaning(text: &str) -> Value {
    fn of(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut fields: Vec<_> = map.into_iter().filter(|(key, _)| key != "Sid").collect();
                fields.sort_by(|one, other| one.0.cmp(&other.0));
                Value::Object(fields.into_iter().map(|(key, value)| (key, of(value))).collect())
            }
            Value::Array(all) => {
                let mut all: Vec<_> = all.into_iter().map(of).collect();
                all.sort_by_key(ToString::to_string);
                if all.len() == 1 { all.remove(0) } else { Value::Array(all) }
            }
            other => other,
        }
    }
    of(serde_json::from_str(text).unwrap())
}

#[test]
fn the_documents_mean_what_the_guide_has() {
    assert_eq!(meaning(&text(&trust())), meaning(AURORA));
    assert_eq!(meaning(&text(&permissions())), meaning(PERMISSIONS));
}

#[test]
fn what_the_page_about_rds_prints_is_no_json() {
    assert!(serde_json::from_str::<Value>(RDS).is_err());
    // With a colon in its place and the comma it says the same.
    let mended = RDS.replace("\"Effect:\" \"Allow\"", "\"Effect\": \"Allow\",");
    assert_eq!(meaning(&text(&trust())), meaning(&mended));
}

#[test]
fn a_check_is_allowed_what_it_asks_for_and_nothing_else() {
    let document = for_check(Partition::Aws);
    let statements = document["Statement"].as_array().unwrap();
    let allowed: Vec<_> = statements
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect();
    let asked: BTreeSet<_> = call::ALL
        .iter()
        .map(|call| call.permission)
        .filter(|permission| !permission.is_empty())
        .chain(["ds:AccessDSData"])
        .collect();
    assert_eq!(allowed.iter().copied().collect::<BTreeSet<_>>(), asked);
    assert_eq!(allowed.len(), asked.len(), "one is there twice: {allowed:?}");
    // Nothing of it changes anything.
    let looks = |action: &&&str| {
        let verb = action.split(':').nth(1).unwrap();
        ["Describe", "Get", "List", "AccessDSData"].iter().any(|start| verb.starts_with(start))
    };
    assert_eq!(allowed.iter().filter(looks).count(), allowed.len());
}

#[test]
fn each_partition_has_its_own_names() {
    for (partition, start) in [
        (Partition::Aws, "arn:aws:"),
        (Partition::AwsCn, "arn:aws-cn:"),
        (Partition::AwsUsGov, "arn:aws-us-gov:"),
    ] {
        let text = text(&for_check(partition));
        assert_eq!(text.matches("arn:").count(), text.matches(start).count(), "{text}");
        assert!(managed_policy(partition.name()).starts_with(start));
    }
}
