//! What `kerbrole client-config` prints is pasted into each client, which then logs in by it: psql,
//! Java, Python, ODBC, Go and Rust. Npgsql and pgAdmin are in no package of Debian: of theirs only
//! the form is looked at, in the tests of the command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use kerbrole_tests::fixture::{REALM, Session};
use kerbrole_tests::kdc::Ticket;
use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::{lossy, output, wait_until};
use kerbrole_tests::version::{built, workspace};

use crate::Case;
use crate::world::Place;

pub const CASES: &[Case] = &[
    ("psql_logs_in_by_a_service", psql_logs_in_by_a_service),
    ("java_logs_in_by_a_url", java_logs_in_by_a_url),
    ("python_logs_in_by_a_module", python_logs_in_by_a_module),
    ("odbc_logs_in_by_a_data_source", odbc_logs_in_by_a_data_source),
    ("go_logs_in_by_a_program", go_logs_in_by_a_program),
    ("rust_logs_in_by_a_program", rust_logs_in_by_a_program),
];

/// The name of a user and of a database that every syntax minds.
const USER: &str = "o'brien";
const DATABASE: &str = "it's \"é\" \\1 + 100% $x & y";

/// What a client says that has logged in, whatever is between the columns.
fn says(login: &str) -> (String, bool) {
    let words: Vec<_> = login
        .split(|c: char| c.is_whitespace() || "|,()".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let at = words.iter().position(|word| word.contains('@'));
    let at = at.unwrap_or_else(|| panic!("no principal is in {login}"));
    // Clients write it in different words, behind the principal.
    let encrypted = words[at..].iter().find_map(|word| match *word {
        "t" | "true" | "True" | "1" | "encrypted" => Some(true),
        "f" | "false" | "False" | "0" | "plain" => Some(false),
        _ => None,
    });
    let principal = words[at].trim_matches(['"', '\'']);
    (principal.into(), encrypted.unwrap_or_else(|| panic!("not whether encrypted: {login}")))
}

fn alice(encrypted: bool) -> (String, bool) {
    (format!("alice@{REALM}"), encrypted)
}

/// What is printed for a client, who logs in as this user of the realm.
fn printed(place: &Place<'_>, client: &str, user: &str, database: &str, more: &[&str]) -> String {
    let mut command = Command::new(built("kerbrole"));
    command.env_clear().env("HOME", "/nonexistent");
    command.args([
        "client-config",
        client,
        "-h",
        "localhost",
        "-p",
        &place.server.port.to_string(),
    ]);
    command.args(["-U", user, "-r", REALM, "-d", database]).args(more);
    let output = output(&mut command).unwrap();
    assert!(output.status.success(), "{client}: {}", lossy(&output.stderr));
    lossy(&output.stdout)
}

/// What a client prints that has this ticket and nothing else.
fn run(ticket: &Ticket, command: &mut Command) -> Result<String, String> {
    command.env_remove("KRB5_CLIENT_KTNAME").env_remove("PGPASSWORD");
    command.env("KRB5_CONFIG", &ticket.config).env("KRB5CCNAME", &ticket.cache);
    let output = output(command).unwrap();
    let said = lossy(&output.stdout).trim().to_owned();
    if output.status.success() { Ok(said) } else { Err(said + &lossy(&output.stderr)) }
}

fn logs_in(ticket: &Ticket, command: &mut Command) -> (String, bool) {
    says(&run(ticket, command).unwrap_or_else(|error| panic!("{error}")))
}

/// Whether something is missing that Debian's packages bring. Where the project is tried it never
/// is; elsewhere it is said, so that nobody takes the client for tried.
fn lacks(files: &[&str]) -> bool {
    let missing = files.iter().find(|file| !Path::new(file).exists());
    let Some(missing) = missing else { return false };
    let said = format!("{missing} is missing: tests/servers/install-packages --clients");
    assert!(std::env::var_os("CI").is_none(), "{said}");
    eprintln!("not tried, since {said}");
    true
}

/// A folder of a test.
fn folder(place: &Place<'_>, name: &str) -> PathBuf {
    let folder = place.sandbox.path().join(format!("client-{name}"));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A ticket of a user, and a database, whose names are hard to write.
fn hard_names(place: &Place<'_>) -> Ticket {
    static TICKET: OnceLock<Ticket> = OnceLock::new();
    let ticket = TICKET.get_or_init(|| {
        let mut su = Session::open(place.server, SUPERUSER, "postgres").unwrap();
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        su.run(&format!("CREATE ROLE {} LOGIN", quoted(&format!("{USER}@{REALM}"))));
        su.run(&format!("CREATE DATABASE {}", quoted(DATABASE)));
        let hba: String = su.one("SHOW hba_file");
        let lines = fs::read_to_string(&hba).unwrap();
        let line = format!("host all \"{USER}@{REALM}\" all gss include_realm=1\n");
        place.server.write("pg_hba.conf", &(lines + &line)).unwrap();
        su.run("SELECT pg_reload_conf()");
        place.kdc.ticket_of(USER).unwrap()
    });
    Ticket { cache: ticket.cache.clone(), config: ticket.config.clone() }
}

fn psql_logs_in_by_a_service(place: &Place<'_>) {
    if !place.is_newest {
        return;
    }
    let file = folder(place, "psql").join("pg_service.conf");
    let psql = |ticket: &Ticket, text: &str| {
        fs::write(&file, text).unwrap();
        // The command is printed as well.
        let line = text.lines().find_map(|line| line.strip_prefix("#   psql ")).unwrap();
        let (service, query) = line.split_once(" -c ").unwrap();
        let mut psql = place.server.command("psql");
        psql.args([service, "-XAtw", "-c", query.trim_matches('\'')]).env("PGSERVICEFILE", &file);
        run(ticket, &mut psql)
    };
    for (database, mode, encrypted) in [
        ("either", "prefer", true),
        ("encrypted", "require", true),
        ("unencrypted", "disable", false),
        ("tls", "prefer", false),
    ] {
        let text = printed(place, "psql", "alice", database, &["--gssencmode", mode]);
        assert_eq!(says(&psql(&place.alice(), &text).unwrap()), alice(encrypted), "{database}");
    }
    let hard = hard_names(place);
    let text = printed(place, "psql", USER, DATABASE, &[]);
    let is_let_in = || psql(&hard, &text).is_ok();
    wait_until(is_let_in).unwrap();
    assert_eq!(says(&psql(&hard, &text).unwrap()), (format!("{USER}@{REALM}"), true));
    // With the line that is commented out nobody gets in by a password, nor without one.
    let text = printed(place, "psql", "alice", "trust", &["--gssencmode", "disable"]);
    assert!(psql(&place.alice(), &text).is_ok());
    let text = text.replace("#require_auth", "require_auth");
    assert!(psql(&place.alice(), &text).unwrap_err().contains("require"));
}

/// A program in this suite, which prints what the question comes to.
fn program(name: &str) -> PathBuf {
    workspace().join("tests/tests/gssapi/clients").join(name)
}

fn java_logs_in_by_a_url(place: &Place<'_>) {
    if !place.is_newest || lacks(&["/usr/share/java/postgresql.jar", "/usr/bin/javac"]) {
        return;
    }
    let folder = folder(place, "java");
    let java = |ticket: &Ticket, text: &str| {
        let (start, end) = (text.find("pgjdbc {").unwrap(), text.find("};").unwrap());
        fs::write(folder.join("jaas.conf"), &text[start..end + 2]).unwrap();
        let mut java = Command::new("java");
        java.current_dir(&folder).args(["-cp", "/usr/share/java/postgresql.jar"]);
        // The place of krb5.conf is another one here.
        let config = ticket.config.display().to_string();
        let options = text.lines().filter(|line| line.starts_with("-D"));
        java.args(options.map(|option| option.replace("/etc/krb5.conf", &config)));
        let url = text.lines().find(|line| line.starts_with("jdbc:")).unwrap();
        logs_in(ticket, java.arg(program("LogIn.java")).arg(url))
    };
    let text = printed(place, "jdbc", "alice", "either", &[]);
    assert_eq!(java(&place.alice(), &text), alice(true));
    let text = printed(place, "jdbc", "alice", "unencrypted", &["--gssencmode", "disable"]);
    assert_eq!(java(&place.alice(), &text), alice(false));
    let text = printed(place, "jdbc", USER, DATABASE, &[]);
    assert_eq!(java(&hard_names(place), &text), (format!("{USER}@{REALM}"), true));
}

fn python_logs_in_by_a_module(place: &Place<'_>) {
    if !place.is_newest || lacks(&["/usr/lib/python3/dist-packages/psycopg"]) {
        return;
    }
    let folder = folder(place, "python");
    let python = |ticket: &Ticket, text: &str| {
        fs::write(folder.join("pasted.py"), text).unwrap();
        // Debian's own, which finds Debian's packages.
        let mut python = Command::new("/usr/bin/python3");
        python.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONPATH", &folder);
        logs_in(ticket, python.args(["-c", "import pasted; print(pasted.with_psycopg())"]))
    };
    let text = printed(place, "python", "alice", "either", &[]);
    assert_eq!(python(&place.alice(), &text), alice(true));
    let text = printed(place, "python", USER, DATABASE, &["--gssencmode", "disable"]);
    let login = python(&hard_names(place), &text);
    assert_eq!(login, (format!("{USER}@{REALM}"), false));
}

fn odbc_logs_in_by_a_data_source(place: &Place<'_>) {
    if !place.is_newest || lacks(&["/usr/bin/isql", "/usr/share/psqlodbc"]) {
        return;
    }
    let file = folder(place, "odbc").join("odbc.ini");
    let odbc = |ticket: &Ticket, text: &str| {
        fs::write(&file, text).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(";   echo ")).unwrap();
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("echo {line}")).env("ODBCINI", &file);
        let by_source = logs_in(ticket, &mut shell);
        // The same without a data source.
        let string = text.lines().find(|line| line.starts_with(";   Driver=")).unwrap();
        let (query, _) = line.rsplit_once(" | ").unwrap();
        let mut shell = Command::new("sh");
        let script = format!("echo {query} | isql -b -v -k \"$1\"");
        shell.args(["-c", &script, "isql", string.trim_start_matches([';', ' '])]);
        assert_eq!(logs_in(ticket, &mut shell), by_source);
        by_source
    };
    let text = printed(place, "odbc", "alice", "either", &[]);
    assert_eq!(odbc(&place.alice(), &text), alice(true));
    let text = printed(place, "odbc", USER, "either", &["--gssencmode", "disable"]);
    assert_eq!(odbc(&hard_names(place), &text), (format!("{USER}@{REALM}"), false));
}

fn go_logs_in_by_a_program(place: &Place<'_>) {
    if !place.is_newest
        || lacks(&[
            "/usr/bin/go",
            "/usr/share/gocode/src/github.com/lib/pq/auth/kerberos",
            "/usr/share/gocode/src/github.com/jcmturner/gokrb5",
        ])
    {
        return;
    }
    let folder = folder(place, "go");
    let go = |ticket: &Ticket, text: &str| {
        let main = folder.join("main.go");
        fs::write(&main, text).unwrap();
        let mut go = Command::new("go");
        // Debian's packages of Go's libraries are there for such a GOPATH.
        go.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOFLAGS", "");
        go.env("GOCACHE", go_cache()).arg("run").arg(&main);
        logs_in(ticket, &mut go)
    };
    let text = printed(place, "go", "alice", "tls", &[]);
    assert_eq!(go(&place.alice(), &text), alice(false));
    // The user has no line that takes TLS only.
    let text = printed(place, "go", USER, DATABASE, &[]);
    assert_eq!(go(&hard_names(place), &text), (format!("{USER}@{REALM}"), false));
}

/// What Go has compiled stays for the next run.
fn go_cache() -> PathBuf {
    let folder = workspace().join("target/tools/go-cache");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The string of the constant in a program in Rust, as its language reads it.
fn constant(program: &str) -> String {
    let file = syn::parse_file(program).unwrap();
    let value = file.items.iter().find_map(|item| match item {
        syn::Item::Const(constant) => match &*constant.expr {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(string), .. }) => Some(string.value()),
            _ => None,
        },
        _ => None,
    });
    value.unwrap_or_else(|| panic!("no constant is a string: {program}"))
}

/// The program itself is compiled by hand; here the example logs in by its string.
fn rust_logs_in_by_a_program(place: &Place<'_>) {
    if !place.is_newest {
        return;
    }
    let rust = |ticket: &Ticket, text: &str, mode: &str| {
        let login = place.login(ticket, &constant(text), &[mode, "require_auth=gss,sspi"]);
        assert!(!login.out.is_empty(), "{login:?}");
        says(&login.out)
    };
    let text = printed(place, "rust", "alice", "either", &[]);
    assert!(text.contains("GssEncMode::Prefer"), "{text}");
    assert_eq!(rust(&place.alice(), &text, "gssencmode=prefer"), alice(true));
    let text = printed(place, "rust", USER, DATABASE, &["--gssencmode", "disable"]);
    assert!(text.contains("GssEncMode::Disable"), "{text}");
    let login = rust(&hard_names(place), &text, "gssencmode=disable");
    assert_eq!(login, (format!("{USER}@{REALM}"), false));
}
