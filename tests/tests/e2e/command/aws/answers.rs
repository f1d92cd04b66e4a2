//! What is made of answers that are there: pages, versions, partitions, forms; and what is asked.

use serde_json::{Value, json};

use super::*;
use crate::command::process::programs::Schema;

pub(super) fn no_page_is_lost(_: &Context<'_>) {
    let mut world = world::read("trust");
    let trusts = world["ds describe-trusts"]["Trusts"].as_array().unwrap().clone();
    let mut other = trusts[0].clone();
    other["RemoteDomainName"] = json!("last.example.com");
    other["TrustState"] = json!("Failed");
    // One that is old enough does not put pages together.
    let page = |token: Option<&str>, trusts: &[Value]| match token {
        Some(token) => json!({"Trusts": trusts, "NextToken": token}),
        None => json!({"Trusts": trusts}),
    };
    let of = |token: &str| {
        format!("ds describe-trusts --directory-id d-90670a1b2c --next-token {token}")
    };
    world.insert("ds describe-trusts".into(), page(Some("2"), &trusts));
    world.insert(of("2"), page(Some("3"), &[]));
    world.insert(of("3"), page(None, &[other]));
    // RDS calls it otherwise.
    let marker = "rds describe-db-parameters --db-parameter-group-name app-postgres17 --marker m";
    let parameters = world["rds describe-db-parameters"]["Parameters"].clone();
    world.insert(marker.into(), json!({"Parameters": [parameters[1]]}));
    world.insert(
        "rds describe-db-parameters".into(),
        json!({"Parameters": [parameters[0]], "Marker": "m"}),
    );
    let ended = Stage::of(&world).run(&["--db-instance", "app"]);
    assert!(ended.out.contains("trust with last.example.com"), "{}", ended.out);
    assert_eq!(ended.code, 1);
    let rows = rows::of_table(&ended.out);
    let case = rows.iter().find(|row| row.what == "krb_caseins_users").unwrap();
    assert_eq!(case.detail, "off: the case of users counts");
    // One that goes on for ever ends.
    world.insert(of("3"), page(Some("3"), &[]));
    let two = world["ds describe-trusts"].clone();
    world.insert(of("2"), two);
    let stage = Stage::of(&world);
    let ended = stage.run(&["--db-instance", "app"]);
    assert!(ended.out.contains("describe-trusts has no last page"), "{}", ended.out);
}

/// What is about a database is not known then, and nothing is asked about one.
pub(super) fn a_directory_is_looked_at_alone(_: &Context<'_>) {
    let stage = Stage::of(&world::read("trust"));
    let ended = stage.run(&["--directory", "d-90670a1b2c"]);
    assert_eq!((ended.code, &*ended.err), (0, ""));
    is_as_expected("directory_alone", &ended.out).unwrap();
    let is_asked = |service: &str| stage.calls().iter().any(|call| call.starts_with(service));
    assert!(is_asked("ds ") && !["rds ", "ec2 ", "iam "].iter().any(|service| is_asked(service)));
}

/// So many users are asked for, and there may be others.
pub(super) fn users_that_were_not_asked_for_may_be_enabled(_: &Context<'_>) {
    let users = |number: usize| -> Vec<Value> {
        (0..number).map(|n| json!({"SAMAccountName": format!("u{n}"), "Enabled": false})).collect()
    };
    for (number, status) in [(199, "wrong"), (200, "cannot look")] {
        let mut world = world::read("rds");
        world.insert("ds-data list-users".into(), json!({"Users": users(number)}));
        let rows = rows::of_table(&Stage::of(&world).run(&["--db-instance", "app"]).out);
        let row = rows.iter().find(|row| row.step == "users").unwrap();
        assert_eq!(row.status, status, "{row:?}");
    }
}

/// Version 1 knows no pager, and has times as the services have them.
pub(super) fn version_1_says_the_same(_: &Context<'_>) {
    for (name, arguments) in HEALTHY {
        let mut world = world::read(name);
        world.insert("version".into(), json!("aws-cli/1.45.11 Python/3.11.7 Linux/6.18"));
        for (key, answer) in &mut world {
            if key.starts_with("ds ") {
                times_as_numbers(answer);
            }
        }
        let ended = Stage::of(&world).run(arguments);
        assert_eq!((ended.code, &*ended.err), (0, ""));
        is_as_expected(name, &ended.out).unwrap();
    }
}

fn times_as_numbers(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match key.ends_with("Time") {
                    true => *value = json!(1_768_204_965.12),
                    false => times_as_numbers(value),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(times_as_numbers),
        _ => {}
    }
}

pub(super) fn policies_are_of_the_partition(_: &Context<'_>) {
    for partition in ["aws-cn", "aws-us-gov"] {
        let text = Value::Object(world::read("rds")).to_string();
        let text = text.replace("arn:aws:", &format!("arn:{partition}:"));
        let mut world: World = serde_json::from_str(&text).unwrap();
        let well = Stage::of(&world).run(&["--db-instance", "app"]);
        assert_eq!(well.code, 0, "{}", well.out);
        world::change(&mut world, "iam list-attached-role-policies /AttachedPolicies/0 -");
        let ended = Stage::of(&world).run(&["--db-instance", "app"]);
        let arn =
            format!("arn:{partition}:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess");
        assert!(ended.out.contains(&format!("--policy-arn {arn} ")), "{}", ended.out);
    }
}

pub(super) fn it_is_asked_for_and_nothing_is_changed(_: &Context<'_>) {
    let stage = Stage::of(&world::read("peering"));
    let arguments = ["--db-instance", "app", "--endpoint-url", "http://127.0.0.1:9"];
    assert_eq!(stage.run(&arguments).code, 0);
    let log = fs::read_to_string(stage.path().join("log")).unwrap();
    let calls: Vec<_> = log.lines().skip(1).collect();
    assert!(calls.len() > 15, "{log}");
    for call in calls {
        let (_, common) = call.split_once(" --region").unwrap();
        assert_eq!(
            common, " eu-central-1 --endpoint-url http://127.0.0.1:9 --output json --no-cli-pager",
            "{call}"
        );
        let operation = call.split(' ').nth(1).unwrap();
        assert!(["describe-", "get-", "list-"].iter().any(|read| operation.starts_with(read)));
    }
    // With --verbose each is said as it can be typed.
    let ended = stage.run(&["--db-instance", "app", "--verbose"]);
    let first = "aws sts get-caller-identity --region eu-central-1 --output json --no-cli-pager";
    assert_eq!(ended.err.lines().next(), Some(first));
}

/// One permission is missing at a time: it is named, and nothing that depends on it is ok.
pub(super) fn each_permission_that_is_missing_is_named(_: &Context<'_>) {
    let healthy = world::read("trust");
    let stage = Stage::of(&healthy);
    stage.run(&["--db-instance", "app"]);
    let mut calls: Vec<_> = stage.calls();
    calls.retain(|call| !call.starts_with('-') && !call.starts_with("sts"));
    let calls: BTreeSet<_> = calls
        .iter()
        .map(|call| call.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert!(calls.len() >= 17, "{calls:?}");
    for call in &calls {
        let (_, operation) = call.split_once(' ').unwrap();
        let mut world = healthy.clone();
        let denied = json!({"error": "AccessDeniedException", "operation": operation});
        world.insert(call.clone(), denied);
        let ended = Stage::of(&world).run(&["--db-instance", "app", "--directory", "d-90670a1b2c"]);
        let (service, _) = call.split_once(' ').unwrap();
        let api = operation.replace('-', "").to_ascii_lowercase();
        let said = ended.out.to_ascii_lowercase();
        let named = format!("not allowed: {service}:{api}");
        assert!(said.contains(&named), "{named} is not said:\n{}", ended.out);
        let fix = format!("fix: allow {service}:{api}");
        assert!(said.contains(&fix), "{fix} is not said:\n{}", ended.out);
        assert_eq!((ended.code, &*ended.err), (0, ""), "{call}: {}", ended.out);
    }
}

pub(super) fn json_is_as_its_schema_says(_: &Context<'_>) {
    let mut schema = Schema::read();
    let mut world = world::read("rds");
    world::change(
        &mut world,
        r#"rds describe-db-instances /DBInstances/0/DBInstanceStatus = "stopped""#,
    );
    world::change(&mut world, "ds describe-trusts ! AccessDeniedException");
    let stage = Stage::of(&world);
    let ended = stage.run(&["--db-instance", "app", "--format", "json"]);
    assert_eq!((ended.code, &*ended.err), (1, ""));
    let out: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(schema.holds("aws-check", &out), Ok(()));
    // It is what the table has.
    let table = rows::of_table(&stage.run(&["--db-instance", "app"]).out);
    let rows = out.as_array().unwrap();
    assert_eq!(rows.len(), table.len());
    for (one, other) in rows.iter().zip(&table) {
        let text = |key: &str| one[key].as_str().unwrap();
        let own = (text("step"), text("what"), text("status"), text("detail"), one["fix"].as_str());
        let others = (&*other.step, &*other.what, &*other.status, &*other.detail);
        assert_eq!(own, (others.0, others.1, others.2, others.3, other.fix.as_deref()));
    }
}

/// No call leaves the machine, and no file with credentials is opened: the first by a network with
/// nothing in it, the second by a file that nobody could read to its end.
pub(super) fn nothing_is_asked_by_the_command_itself(_: &Context<'_>) {
    let stage = Stage::of(&world::read("rds"));
    let home = stage.path().join("home/.aws");
    fs::create_dir_all(&home).unwrap();
    for name in ["credentials", "config"] {
        let made = Command::new("mkfifo").arg(home.join(name)).status().unwrap();
        assert!(made.success());
    }
    let plain = ["--db-instance", "app", "--region", "eu-central-1"];
    let mut command = stage.command(&plain);
    command.env("HOME", stage.path().join("home"));
    command.env("AWS_SECRET_ACCESS_KEY", "never-to-be-seen");
    let mut apart = Command::new("unshare");
    apart.arg("--net").arg(command.get_program()).args(command.get_args()).env_clear();
    apart.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    apart.stdin(Stdio::null());
    // Without the rights for it in the same network.
    let is_root = rustix::process::geteuid().is_root();
    let mut path = std::env::split_paths("/usr/bin:/bin").collect::<Vec<_>>();
    path.insert(0, stage.path().join("bin"));
    apart.env("PATH", std::env::join_paths(path).unwrap());
    let output = if is_root { apart.output() } else { command.output() };
    let ended = Ended::from(output.unwrap());
    assert_eq!((ended.code, &*ended.err), (0, ""), "{}", ended.out);
    is_as_expected("rds", &ended.out).unwrap();
    assert!(!ended.out.contains("never-to-be-seen"));
}
