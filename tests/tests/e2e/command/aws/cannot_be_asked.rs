//! What is said where `aws` is none, has no credentials, is too old, does not answer, or answers
//! with what is no answer: never "ok".

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use kerbrole_tests::sandbox::wait_until;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};

use super::*;

/// A row by its name.
fn row<'r>(rows: &'r [rows::Row], name: &str) -> &'r rows::Row {
    rows.iter().find(|row| row.name() == name).unwrap_or_else(|| panic!("no {name} in {rows:#?}"))
}

/// A healthy world with something else at one place.
fn rds_with(key: &str, value: Value) -> World {
    let mut world = world::read("rds");
    world.insert(key.into(), value);
    world
}

const RDS: &[&str] = &["--db-instance", "app"];

pub(super) fn an_aws_that_is_none_is_told(_: &Context<'_>) {
    const INSTALL: &str = "HINT:  Install the AWS CLI, version 2 or 1 (Debian's package is \
                           awscli), and try aws sts get-caller-identity.\n";
    let stage = Stage::of(&world::read("rds"));
    let mut without = stage.command(&["--db-instance", "app", "--region", "eu-central-1"]);
    let ended = Ended::from(without.env("PATH", "/nonexistent").output().unwrap());
    let said = format!("kerbrole: there is no aws command on PATH\n{INSTALL}");
    assert_eq!((ended.code, &*ended.out, ended.err), (3, "", said));
    for (instead, why) in [
        (
            json!({"printed": "hello\n"}),
            "the aws on PATH is not AWS's command: aws --version does not say aws-cli/… and a \
             version",
        ),
        (
            json!({"said": "Traceback:\nModuleNotFoundError: No module named 'awscli'\n"}),
            "aws --version failed: ModuleNotFoundError: No module named 'awscli'",
        ),
    ] {
        let ended = Stage::of(&rds_with("--version", instead)).run(RDS);
        let said = format!("kerbrole: {why}\n{INSTALL}");
        assert_eq!((ended.code, &*ended.out, ended.err), (3, "", said));
    }
}

/// On a terminal, which script(1) makes, and with the result in a file.
pub(super) fn a_code_is_typed_on_the_terminal(_: &Context<'_>) {
    const PROMPT: &str = "Enter MFA code for arn:aws:iam::111122223333:mfa/dba: ";
    let own = world::read("rds");
    let unasked = Stage::of(&own).run(&[RDS, &["--format", "json"]].concat());
    let answer = own["sts get-caller-identity"].clone();
    let asks = json!({"asks": PROMPT, "takes": "123456", "answer": answer});
    let stage = Stage::of(&rds_with("sts get-caller-identity", asks));
    let (kerbrole, result) = (built("kerbrole"), stage.path().join("result"));
    let (kerbrole, to) = (kerbrole.display(), result.display());
    let line = format!(
        "{kerbrole} aws check --db-instance app --region eu-central-1 --format json > {to}"
    );
    let typed = |code: &str| {
        let path = format!("{}:/usr/bin:/bin", stage.path().join("bin").display());
        let mut command = Command::new("script");
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", "/nonexistent")
            .env("SHELL", "/bin/sh")
            .env("USER", "nobody")
            .env(fake::FOLDER, stage.path())
            .args(["-qec", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        writeln!(child.stdin.as_ref().unwrap(), "{code}").unwrap();
        Ended::from(child.wait_with_output().unwrap())
    };
    let ended = typed("123456");
    assert_eq!((ended.code, unasked.code), (0, 0), "{}", ended.out);
    assert_eq!(ended.out.matches(PROMPT).count(), 1, "{}", ended.out);
    assert_eq!(fs::read_to_string(&result).unwrap(), unasked.out);
    // Who mistypes it is told whose refusal that is.
    let ended = typed("654321");
    assert_eq!((ended.code, &*fs::read_to_string(&result).unwrap()), (3, ""), "{}", ended.out);
    assert!(ended.out.contains("MultiFactorAuthentication failed"), "{}", ended.out);
}

pub(super) fn whoever_has_no_credentials_is_told_what_to_do(_: &Context<'_>) {
    // In the words of AWS CLI, or of a service; what is said, and the hint.
    let table: &[(&str, &str, &str)] = &[
        (
            "\nUnable to locate credentials. You can configure credentials by running \"aws \
             configure\".\n",
            "aws has no credentials: Unable to locate credentials. You can configure credentials \
             by running \"aws configure\".",
            "aws configure, or aws configure sso and aws sso login, sets credentials up; \
             --profile names those of a profile.",
        ),
        (
            "\nThe config profile (dba) could not be found\n",
            "aws has no credentials: The config profile (dba) could not be found",
            "aws configure list-profiles names the profiles that there are.",
        ),
        (
            "\nError when retrieving token from sso: Token has expired and refresh failed\n",
            "aws has no credentials: Error when retrieving token from sso: Token has expired and \
             refresh failed",
            "aws sso login, with the same --profile, gets a new session.",
        ),
        (
            "\nThe SSO session associated with this profile has expired or is otherwise invalid. \
             To refresh this SSO session run aws sso login with the corresponding profile.\n",
            "aws has no credentials: The SSO session associated with this profile has expired or \
             is otherwise invalid. To refresh this SSO session run aws sso login with the \
             corresponding profile.",
            "aws sso login, with the same --profile, gets a new session.",
        ),
        (
            "\nAn error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The \
             security token included in the request is expired\n",
            "aws has no credentials: An error occurred (ExpiredToken) when calling the \
             GetCallerIdentity operation: The security token included in the request is expired",
            "The session is over: get a new one, with aws sso login or as you got this one.",
        ),
        (
            "\nAn error occurred (InvalidClientTokenId) when calling the GetCallerIdentity \
             operation: The security token included in the request is invalid.\n",
            "aws has no credentials: An error occurred (InvalidClientTokenId) when calling the \
             GetCallerIdentity operation: The security token included in the request is invalid.",
            "Are they of this partition, is --region one that the account has enabled, and is the \
             clock right? aws configure list shows where they come from.",
        ),
        (
            "\nAn error occurred (AccessDenied) when calling the AssumeRole operation: User: \
             arn:aws:iam::111122223333:user/dba is not authorized to perform: sts:AssumeRole\n",
            "aws has no credentials: An error occurred (AccessDenied) when calling the AssumeRole \
             operation: User: arn:aws:iam::111122223333:user/dba is not authorized to perform: \
             sts:AssumeRole",
            "The profile gets its credentials by another call, which failed: aws sts \
             get-caller-identity, with the same --profile, says the same.",
        ),
        // Without a terminal it asks where nobody can answer.
        (
            "/usr/lib/python3.11/getpass.py:91: GetPassWarning: Can not control echo on the \
             terminal.\n  passwd = fallback_getpass(prompt, stream)\nEnter MFA code for \
             arn:aws:iam::111122223333:mfa/dba: \nEOF when reading a line\n",
            "aws has no credentials: EOF when reading a line",
            "The profile wants a code of MFA, which aws asks for on the terminal, and there is \
             none: run it on a terminal, or get a session first (aws sts get-session-token).",
        ),
        (
            "\nCould not connect to the endpoint URL: \"https://sts.eu-cetral-1.amazonaws.com/\"\n",
            "AWS does not say who asks: Could not connect to the endpoint URL: \
             \"https://sts.eu-cetral-1.amazonaws.com/\"",
            "Is --region a region, and is there a way to it (HTTPS_PROXY)?",
        ),
    ];
    for (words, said, hint) in table {
        let stage = Stage::of(&rds_with("sts get-caller-identity", json!({"said": words})));
        let ended = stage.run(RDS);
        let should = format!("kerbrole: {said}\nHINT:  {hint}\n");
        assert_eq!((ended.code, &*ended.out, ended.err), (3, "", should));
        // Nobody is asked anything else then.
        assert_eq!(stage.calls(), ["--version", "sts get-caller-identity"]);
    }
    // A session may end in the middle.
    let ended = json!({"error": "ExpiredTokenException", "operation": "describe-trusts"});
    let ended = Stage::of(&rds_with("ds describe-trusts", ended)).run(RDS);
    assert_eq!((ended.code, &*ended.out), (3, ""));
    assert!(ended.err.contains("The session is over"), "{}", ended.err);
    // A program gets the same as an object.
    let said = json!({"said": "\nUnable to locate credentials\n"});
    let stage = Stage::of(&rds_with("sts get-caller-identity", said));
    let ended = stage.run(&[RDS, &["--format", "json"]].concat());
    let said: Value = serde_json::from_str(&ended.err).unwrap();
    assert_eq!(said["error"]["exit_code"], 3);
    assert!(said["error"]["hint"].as_str().unwrap().starts_with("aws configure"), "{said}");
}

pub(super) fn an_answer_that_is_none_is_never_ok(_: &Context<'_>) {
    let old = "usage: aws [options] <command> <subcommand> [parameters]\n\naws: error: argument \
               command: Invalid choice, valid choices are:\n\nacm | ds | ec2\n";
    let cases: &[(&str, Value, &str, &str)] = &[
        (
            "ds-data list-users",
            json!({"said": old, "code": 252}),
            "users/users",
            "this aws (2.9.19) is too old to know ds-data list-users: take a newer one",
        ),
        (
            "ds describe-trusts",
            json!({"printed": "Trusts: none\n"}),
            "trust/trusts",
            "aws ds describe-trusts printed no JSON (expected value at line 1 column 1): is it the \
             AWS CLI, and no wrapper that prints more?",
        ),
        (
            "ds describe-trusts",
            json!({"printed": "{\"Trusts\": ["}),
            "trust/trusts",
            "aws ds describe-trusts printed no JSON (EOF while parsing a list at line 1 column \
             12): is it the AWS CLI, and no wrapper that prints more?",
        ),
        (
            "ds describe-trusts",
            json!({"printed": ""}),
            "trust/trusts",
            "aws ds describe-trusts answered without Trusts",
        ),
        (
            "ds describe-trusts",
            json!({"printed": "{\"Trusts\": {\"member\": []}}"}),
            "trust/trusts",
            "aws ds describe-trusts answered in a form that is not known: invalid type: map, \
             expected a sequence",
        ),
        (
            "ds describe-trusts",
            json!({"error": "InternalFailure", "message": "Try again.",
                "operation": "describe-trusts"}),
            "trust/trusts",
            "InternalFailure: Try again.",
        ),
        (
            "ds describe-trusts",
            json!({"said": "\nRead timeout on endpoint URL: \"https://ds.example/\"\n"}),
            "trust/trusts",
            "Read timeout on endpoint URL: \"https://ds.example/\"",
        ),
        (
            "ds describe-trusts",
            json!({"said": "", "code": 255}),
            "trust/trusts",
            "aws describe-trusts ended with 255 and said nothing",
        ),
        (
            "ds describe-trusts",
            json!({"endless": true}),
            "trust/trusts",
            "aws ds describe-trusts answered with more than 64 MiB",
        ),
    ];
    let healthy = rows::of_table(&Stage::of(&world::read("rds")).run(RDS).out);
    for (key, instead, name, detail) in cases {
        let ended = Stage::of(&rds_with(key, instead.clone())).run(RDS);
        assert_eq!((ended.code, &*ended.err), (0, ""), "{instead}: {}", ended.out);
        let rows = rows::of_table(&ended.out);
        assert_eq!(rows::other_than(&healthy, &rows), [format!("{name}: cannot look")]);
        assert_eq!(row(&rows, name).detail, *detail);
    }
}

pub(super) fn a_service_that_is_asked_too_often_is_asked_again(_: &Context<'_>) {
    let throttled = json!({"error": "ThrottlingException", "message": "Rate exceeded",
        "operation": "describe-trusts"});
    let twice = json!({"each": [throttled, throttled, {"Trusts": []}]});
    let stage = Stage::of(&rds_with("ds describe-trusts", twice));
    let ended = stage.run(RDS);
    assert_eq!(row(&rows::of_table(&ended.out), "trust/trusts").status, "ok");
    let stage = Stage::of(&rds_with("ds describe-trusts", throttled));
    let rows = rows::of_table(&stage.run(RDS).out);
    let trusts = row(&rows, "trust/trusts");
    assert_eq!(
        (trusts.status.as_str(), trusts.detail.as_str()),
        (
            "cannot look",
            "asked too often (ThrottlingException), also after some seconds: try again, or with \
             AWS_MAX_ATTEMPTS=10"
        )
    );
    let asked = stage.calls().iter().filter(|call| call.starts_with("ds describe-trusts")).count();
    assert_eq!(asked, 4);
}

pub(super) fn an_aws_that_hangs_is_not_waited_for_for_ever(_: &Context<'_>) {
    let stage = Stage::of(&rds_with("ds describe-domain-controllers", json!({"silent": true})));
    let ended = stage.run(&[RDS, &["--timeout", "1"]].concat());
    let rows = rows::of_table(&ended.out);
    let detail = |name: &str| (row(&rows, name).status.clone(), row(&rows, name).detail.clone());
    assert_eq!(
        detail("directory/domain controllers"),
        (
            "cannot look".into(),
            "aws ds describe-domain-controllers did not answer within 1 s (--timeout)".into()
        )
    );
    // What is asked of the same service is not waited for again, and the others are asked.
    assert_eq!(
        detail("trust/trusts"),
        ("cannot look".into(), "ds did not answer before, and was not waited for again".into())
    );
    assert_eq!(row(&rows, "database/DB instance").status, "ok");
    assert!(!is_alive(&stage), "aws goes on");
}

/// Whether the `aws` that was silent goes on.
fn is_alive(stage: &Stage) -> bool {
    let pid = fs::read_to_string(stage.path().join("silent")).unwrap();
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    test_kill_process(pid).is_ok() && !is_zombie(pid)
}

/// Whether it has ended, and nobody has asked how: whoever adopts it does so in a moment.
fn is_zombie(pid: Pid) -> bool {
    let path = format!("/proc/{}/stat", pid.as_raw_nonzero());
    let stat = fs::read_to_string(Path::new(&path)).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}

pub(super) fn no_aws_is_left_behind_by_an_interrupt(_: &Context<'_>) {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let stage = Stage::of(&rds_with("ds describe-directories", json!({"silent": true})));
        let mut child = stage
            .command(&["--db-instance", "app", "--region", "eu-central-1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = stage.path().join("silent");
        wait_until(|| fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n'))).unwrap();
        // The command alone, as kill does it; a terminal would end both.
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
        assert!(!is_alive(&stage), "aws goes on after {signal:?}");
    }
}

pub(super) fn what_can_be_no_name_is_refused(_: &Context<'_>) {
    let stage = Stage::of(&world::read("rds"));
    for (arguments, said) in [
        (
            &["--db-instance=file:///etc/passwd"][..],
            "--db-instance takes the identifier of a DB instance, app-1, and \
             \"file:///etc/passwd\" is none",
        ),
        (
            &["--db-instance=--debug"],
            "--db-instance takes the identifier of a DB instance, app-1, and \"--debug\" is none",
        ),
        (
            &["--db-cluster", "a b"],
            "--db-cluster takes the identifier of a DB cluster, app, and \"a b\" is none",
        ),
        (
            &["--directory", "corp.example.com"],
            "--directory takes the ID of a directory, d-90670a1b2c, and \"corp.example.com\" is \
             none",
        ),
        (
            &["--directory", "d-1", "--endpoint-url", "file:///x"],
            "--endpoint-url takes a URL, http://127.0.0.1:5000, and \"file:///x\" is none",
        ),
        (
            &["--directory", "d-1", "--profile=-x"],
            "--profile takes the name of a profile, and \"-x\" is none",
        ),
    ] {
        let ended = stage.run(arguments);
        assert_eq!((ended.code, ended.err), (2, format!("kerbrole: {said}\n")));
    }
    let mut elsewhere = stage.command(&["--db-instance", "app", "--region", "Frankfurt!"]);
    let ended = Ended::from(elsewhere.output().unwrap());
    let said = "kerbrole: \"Frankfurt!\" is no region: eu-central-1 is one\n";
    assert_eq!((ended.code, &*ended.err), (2, said));
    // Nobody was asked for any of it.
    assert_eq!(stage.calls(), [""; 0]);
    // What is about nothing, and about two things.
    for arguments in [&[][..], &["--db-instance", "a", "--db-cluster", "b"]] {
        assert_eq!(stage.run(arguments).code, 2, "{arguments:?}");
    }
    // And where nothing is named, each of the names that would do is said.
    let ended = stage.run(&[]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    for option in ["--db-instance", "--db-cluster", "--directory"] {
        assert!(ended.err.contains(option), "{}", ended.err);
    }
}

pub(super) fn the_region_is_found_where_aws_finds_it(_: &Context<'_>) {
    let own = world::read("rds");
    let with_profile = rds_with("configure get region", json!({"printed": "eu-west-3\n"}));
    let who = |world: &World, variables: &[(&str, &str)]| {
        let stage = Stage::of(world);
        let mut command = stage.command(&["--db-instance", "app", "--profile", "dba"]);
        command.envs(variables.iter().copied());
        let ended = Ended::from(command.output().unwrap());
        let log = fs::read_to_string(stage.path().join("log")).unwrap();
        (ended, log)
    };
    for (world, variables, region) in [
        (&own, &[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "x-1")][..], "eu-west-1"),
        (&own, &[("AWS_DEFAULT_REGION", "eu-west-2")], "eu-west-2"),
        (&with_profile, &[], "eu-west-3"),
    ] {
        let (ended, log) = who(world, variables);
        let rows = rows::of_table(&ended.out);
        assert!(row(&rows, "account/who asks").detail.ends_with(&format!("in {region}")));
        let calls = log.lines().filter(|line| !line.starts_with(['-', 'c']));
        let is_there = |line: &str| line.contains(&format!("--region {region} --profile dba"));
        assert!(calls.clone().count() > 10 && calls.clone().all(is_there), "{log}");
    }
    let (ended, _) = who(&own, &[]);
    let said = "kerbrole: which region? Say so with --region, AWS_REGION, or in the profile (aws \
                configure)\n";
    assert_eq!((ended.code, &*ended.err), (2, said));
}
