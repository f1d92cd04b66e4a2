//! What stands for `aws`: this very program, by that name on PATH, which answers from a world.
//!
//! A world is JSON: by service and operation, as the command line has them, the answer in the form
//! that AWS CLI prints it. A key with arguments is for that call alone. Whatever lists things gives
//! those that the arguments name. Instead of an answer there may be what goes wrong.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, thread};

use serde_json::{Map, Value};

/// Where the folder is named that a world and the log of its calls are in.
pub const FOLDER: &str = "KERBROLE_TEST_AWS";

/// The version that it is, where the world names none.
const VERSION: &str = "aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0 source/x86_64.debian.12 prompt/off";

/// Options by which something is looked up, and where its name is in the answer.
const BY_ID: &[(&str, &str)] = &[
    ("--db-instance-identifier", "/DBInstanceIdentifier"),
    ("--db-cluster-identifier", "/DBClusterIdentifier"),
    ("--directory-ids", "/DirectoryId"),
    ("--group-ids", "/GroupId"),
    ("--subnet-ids", "/SubnetId"),
    ("--vpc-peering-connection-ids", "/VpcPeeringConnectionId"),
];

/// The same of filters, which find nothing rather than fail.
const BY_FILTER: &[(&str, &str)] = &[
    ("db-cluster-id", "/DBClusterIdentifier"),
    ("vpc-id", "/VpcId"),
    ("requester-vpc-info.vpc-id", "/RequesterVpcInfo/VpcId"),
    ("accepter-vpc-info.vpc-id", "/AccepterVpcInfo/VpcId"),
    ("association.subnet-id", "/Associations/*/SubnetId"),
];

/// A call.
pub struct Asked {
    words: Vec<String>,
    folder: PathBuf,
}

/// Whether it was started as `aws`.
pub fn asked() -> Option<Asked> {
    let mut arguments = env::args();
    let name = PathBuf::from(arguments.next()?);
    if name.file_name()? != "aws" {
        return None;
    }
    Some(Asked { words: arguments.collect(), folder: env::var_os(FOLDER)?.into() })
}

impl Asked {
    /// Answers it.
    pub fn answer(self) -> ExitCode {
        let world = fs::read_to_string(self.folder.join("world.json")).unwrap();
        let world: Map<String, Value> = serde_json::from_str(&world).unwrap();
        let version = world.get("version").and_then(Value::as_str).unwrap_or(VERSION);
        let calls = self.log();
        if let [word] = self.words.as_slice()
            && word == "--version"
        {
            return match world.get("--version") {
                Some(instead) => instead_of(instead, 0),
                None => say(&format!("{version}\n"), "", 0),
            };
        }
        if self.words.first().is_some_and(|word| word == "configure") {
            return match world.get("configure get region") {
                Some(instead) => instead_of(instead, 0),
                None => say("", "", 1),
            };
        }
        let call = match self.call(version) {
            Ok(call) => call,
            Err(why) => return say("", &format!("usage: aws\naws: error: {why}\n"), 252),
        };
        let whole = call.join(" ");
        let short = call[..2].join(" ");
        let key = [whole.as_str(), &short]
            .into_iter()
            .find(|key| world.get(*key).is_some_and(|answer| !answer.is_null()));
        let Some(key) = key else {
            return say("", &format!("aws: error: {whole} is not of this world\n"), 252);
        };
        let is_of_key = |line: &&String| line.starts_with(key);
        let before = calls.iter().filter(is_of_key).count();
        match &world[key] {
            Value::Object(one) if is_instead(one) => instead_of(&world[key], before),
            answer if key == whole => say(&format!("{answer:#}\n"), "", 0),
            answer => match chosen(answer, &call) {
                Some(answer) => say(&format!("{answer:#}\n"), "", 0),
                None => refuse(not_found(&call[0], &call[1]), "It is not there.", &call[1]),
            },
        }
    }

    /// Writes it down, and gives back those that came before.
    fn log(&self) -> Vec<String> {
        let path = self.folder.join("log");
        let before = fs::read_to_string(&path).unwrap_or_default();
        let mut log = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        writeln!(log, "{}", self.words.join(" ")).unwrap();
        before.lines().map(String::from).collect()
    }

    /// The call itself, once it is as it has to be: in a region, in JSON, without a pager, asking
    /// nobody, changing nothing.
    fn call(&self, version: &str) -> Result<Vec<String>, String> {
        let mut words = self.words.iter();
        let mut call = Vec::new();
        let (mut region, mut output, mut no_pager) = (false, false, false);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--region" => region = words.next().is_some_and(|region| !region.is_empty()),
                "--output" => output = words.next().is_some_and(|form| form == "json"),
                "--no-cli-pager" => no_pager = true,
                "--profile" | "--endpoint-url" => drop(words.next()),
                _ => call.push(word.clone()),
            }
        }
        let is_2 = version.contains("aws-cli/2");
        let mut stdin = String::new();
        let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
        let reads = ["describe-", "get-", "list-"];
        let wrong = [
            (!region, "no region"),
            (!output, "no JSON"),
            (no_pager != is_2, "Unknown options: --no-cli-pager, or it is missing"),
            (!is("AWS_PAGER", "") || !is("AWS_CLI_AUTO_PROMPT", "off"), "it may ask"),
            (std::io::stdin().read_to_string(&mut stdin).is_ok_and(|bytes| bytes > 0), "it reads"),
            (call.len() < 2, "no operation"),
            (!reads.iter().any(|one| call.get(1).is_some_and(|op| op.starts_with(one))), "changes"),
        ];
        match wrong.iter().find(|(is_so, _)| *is_so) {
            Some((_, why)) => Err((*why).into()),
            None => Ok(call),
        }
    }
}

/// Whether it says what goes wrong, and is no answer.
fn is_instead(one: &Map<String, Value>) -> bool {
    ["asks", "error", "said", "printed", "silent", "endless", "each"]
        .iter()
        .any(|key| one.contains_key(*key))
}

/// What is done instead of an answer; `before`: how often it was asked for.
fn instead_of(what: &Value, before: usize) -> ExitCode {
    let text = |key: &str| what.get(key).and_then(Value::as_str);
    let code = what.get("code").and_then(Value::as_u64).unwrap_or(255);
    if let Some(each) = what.get("each").and_then(Value::as_array) {
        return match &each[before.min(each.len() - 1)] {
            Value::Object(one) if is_instead(one) => instead_of(&Value::Object(one.clone()), 0),
            answer => say(&format!("{answer}\n"), "", 0),
        };
    }
    if let Some(prompt) = text("asks") {
        return if answered(prompt) == text("takes").unwrap_or_default() {
            say(&format!("{}\n", what["answer"]), "", 0)
        } else {
            refuse("AccessDenied", "MultiFactorAuthentication failed", "assume-role")
        };
    }
    if let Some(error) = text("error") {
        return refuse(error, text("message").unwrap_or("No."), text("operation").unwrap_or("X"));
    }
    if what.get("silent").is_some() {
        let pid = PathBuf::from(env::var_os(FOLDER).unwrap()).join("silent");
        fs::write(pid, format!("{}\n", std::process::id())).unwrap();
        loop {
            thread::park();
        }
    }
    if what.get("endless").is_some() {
        let mut out = std::io::stdout().lock();
        while out.write_all(&[b' '; 1 << 16]).is_ok() {}
        return ExitCode::FAILURE;
    }
    let code = if text("said").is_some() { code } else { 0 };
    say(text("printed").unwrap_or_default(), text("said").unwrap_or_default(), code)
}

/// What somebody types on the terminal, whatever the streams lead to.
fn answered(prompt: &str) -> String {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").unwrap();
    terminal.write_all(prompt.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(terminal).read_line(&mut line).unwrap();
    line.trim_end().into()
}

fn say(out: &str, err: &str, code: u64) -> ExitCode {
    let _gone = std::io::stdout().write_all(out.as_bytes());
    let _gone = std::io::stderr().write_all(err.as_bytes());
    ExitCode::from(u8::try_from(code).unwrap())
}

/// As AWS CLI says it, with the operation as the API has it.
fn refuse(code: &str, message: &str, operation: &str) -> ExitCode {
    let words = operation.split('-').map(|word| match word {
        "db" => "DB".to_string(),
        word => word[..1].to_uppercase() + &word[1..],
    });
    let operation = words.collect::<String>();
    let said =
        format!("\nAn error occurred ({code}) when calling the {operation} operation: {message}\n");
    say("", &said, 254)
}

fn not_found(service: &str, operation: &str) -> &'static str {
    match (service, operation) {
        ("rds", "describe-db-instances") => "DBInstanceNotFound",
        ("rds", _) => "DBClusterNotFoundFault",
        ("iam", _) => "NoSuchEntity",
        ("ec2", "describe-security-groups") => "InvalidGroup.NotFound",
        ("ec2", "describe-subnets") => "InvalidSubnetID.NotFound",
        ("ec2", _) => "InvalidVpcPeeringConnectionID.NotFound",
        _ => "EntityDoesNotExistException",
    }
}

/// Of all that there is what the call asks for; `None` where it names what is not there.
fn chosen(answer: &Value, call: &[String]) -> Option<Value> {
    let mut answer = answer.clone();
    let lists = answer.as_object_mut().unwrap().values_mut().filter_map(Value::as_array_mut);
    let all = lists.into_iter().next();
    let Some(all) = all else { return Some(answer) };
    for (at, option) in call.iter().enumerate() {
        let values: Vec<_> =
            call[at + 1..].iter().take_while(|word| !word.starts_with("--")).collect();
        if let Some((_, place)) = BY_ID.iter().find(|(name, _)| name == option) {
            let has = |one: &Value, id: &str| names(one, place).contains(&id.to_string());
            if !values.iter().all(|id| all.iter().any(|one| has(one, id))) {
                return None;
            }
            all.retain(|one| values.iter().any(|id| has(one, id)));
        }
        let filters = if option == "--filters" { values } else { Vec::new() };
        let filters = filters.iter().map(|filter| filter.strip_prefix("Name=").unwrap());
        for (name, ids) in filters.map(|filter| filter.split_once(",Values=").unwrap()) {
            let place = BY_FILTER.iter().find(|(filter, _)| *filter == name).unwrap().1;
            let ids: Vec<_> = ids.split(',').map(String::from).collect();
            all.retain(|one| names(one, place).iter().any(|name| ids.contains(name)));
        }
    }
    Some(answer)
}

/// What stands at a place; `*` is all of a list.
fn names(one: &Value, place: &str) -> Vec<String> {
    let found = match place.split_once("/*") {
        Some((list, below)) => {
            let list = one.pointer(list).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(|one| one.pointer(below)).collect()
        }
        None => one.pointer(place).into_iter().collect::<Vec<_>>(),
    };
    found.into_iter().filter_map(Value::as_str).map(String::from).collect()
}

/// Puts it on a PATH of its own, with a world to answer from.
pub fn install(folder: &Path, world: &Map<String, Value>) {
    fs::create_dir_all(folder.join("bin")).unwrap();
    let program = folder.join("bin/aws");
    if !program.exists() {
        std::os::unix::fs::symlink(env::current_exe().unwrap(), program).unwrap();
    }
    fs::write(folder.join("world.json"), Value::Object(world.clone()).to_string()).unwrap();
    let _was_none = fs::remove_file(folder.join("log"));
}
