//! `kerbrole sync --from` on a directory in which people come, go, and change their names: logins
//! with their tickets say whether the roles are right.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use kerbrole_tests::domain_controller::{Account, Asked, PASSWORD};
use kerbrole_tests::fixture::Session;
use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::psql::log_in;
use kerbrole_tests::sandbox::lossy;
use rustix::process::Signal;
use serde_json::Value;

use crate::access_files::{READER, catalogue};
use crate::ad_cases;
use crate::directory::{Context, REALM};
use crate::staff::{Staff, rows};
use crate::watch::Watcher;

ad_cases! {
    EachBackend: the_directory_decides_who_logs_in;
    Once: what_a_file_means_is_shown, a_directory_that_cannot_be_read_changes_nothing,
        several_servers_are_gone_on_with_side_by_side,
        a_plan_is_carried_out_where_it_still_holds, the_examples_of_the_help_run;
}

fn the_directory_decides_who_logs_in(c: &Context<'_>) {
    let staff = Staff::hire(c, "d");
    let domain = c.domain();
    c.superuser().run("CREATE ROLE analysts");
    let everybody = ["Anna", "Ben", "Cleo", "Dora"];
    assert!(everybody.iter().all(|name| staff.oid(name).is_none()));

    let first = staff.sync();
    for name in everybody {
        assert!(first.contains(&("create".into(), staff.role(name))), "{name}: {first:?}");
        assert!(staff.gets_in(name), "{name}");
    }
    assert_eq!(staff.roles_of("Anna"), ["analysts"]);
    assert_eq!(staff.roles_of("Ben"), ["analysts"]);
    assert!(staff.roles_of("Cleo").is_empty());
    assert_eq!(staff.sync(), []);

    // A grant and a table of her own, which a new role would not have.
    c.superuser().run(&format!(
        "CREATE TABLE hers (x int); ALTER TABLE hers OWNER TO \"{}\"",
        staff.role("Anna")
    ));
    let (anna, dora) = (staff.oid("Anna"), staff.oid("Dora"));
    domain.rename(&staff.named("Anna"), &staff.named("Zoe")).unwrap();
    domain.disable(&staff.named("Ben")).unwrap();
    domain.leave(&staff.named("Users"), &domain.dn_of(&staff.named("Cleo"))).unwrap();
    domain.delete(&staff.named("Dora")).unwrap();
    domain.add(&[Account::user(&staff.named("Dora"))]).unwrap();
    domain.join(&staff.named("Users"), &domain.dn_of(&staff.named("Dora"))).unwrap();
    let cleo = domain.ticket(&staff.named("Cleo"), Asked::AsTyped).unwrap();

    let second = staff.sync();
    assert!(second.contains(&("rename".into(), staff.role("Anna"))), "{second:?}");
    assert!(second.contains(&("disable".into(), staff.role("Ben"))), "{second:?}");
    assert!(second.contains(&("disable".into(), staff.role("Cleo"))), "{second:?}");
    assert!(second.contains(&("leave".into(), staff.role("Dora"))), "{second:?}");
    // She is the same person, and what she had is hers.
    assert_eq!((staff.oid("Zoe"), staff.oid("Anna")), (anna, None));
    assert!(staff.gets_in("Zoe"));
    assert_eq!(staff.roles_of("Zoe"), ["analysts"]);
    // He is refused by the server too, with a ticket that he got before.
    assert!(!log_in(c.server, &cleo, &staff.role("Cleo")).unwrap().ok);
    // Who has the name now is somebody else, and gets nothing of hers.
    assert!(!staff.gets_in("Dora"));
    assert_eq!(staff.oid("Dora"), dora);
    // Ben's memberships come back with his account.
    domain.enable(&staff.named("Ben")).unwrap();
    let third = staff.sync();
    assert!(third.contains(&("enable".into(), staff.role("Ben"))), "{third:?}");
    assert!(staff.gets_in("Ben"));
    assert_eq!(staff.sync(), [("leave".into(), staff.role("Dora"))]);
    // Once the old role is gone, the new person gets one of their own.
    c.superuser().run(&format!("DROP ROLE \"{}\"", staff.role("Dora")));
    staff.sync();
    assert!(staff.gets_in("Dora"));
    assert_ne!(staff.oid("Dora"), dora);
}

fn what_a_file_means_is_shown(c: &Context<'_>) {
    let staff = Staff::hire(c, "w");
    let out = staff.kerbrole(&["directory", "check", staff.from(), "--format", "json"]);
    assert!(out.status.success(), "{}", lossy(&out.stderr));
    let rows_of_file = rows(&out, "directory-check");
    let people: Vec<_> = rows_of_file.iter().map(|row| row["people"].as_u64().unwrap()).collect();
    assert_eq!(people, [2, 3]);

    let anna = staff.named("Anna");
    let arguments = ["directory", "who", &anna, "--from", staff.from(), "--format", "json"];
    let out = staff.kerbrole(&arguments);
    assert!(out.status.success(), "{}", lossy(&out.stderr));
    let rows = rows(&out, "directory-who");
    assert_eq!(rows.len(), 1, "{rows:?}");
    let by = ["Analysts", "Inner"].map(|name| c.domain().dn_of(&staff.named(name)));
    let chain: Vec<_> = rows[0]["chain"].as_array().unwrap().iter().map(Value::as_str).collect();
    assert_eq!(chain, by.iter().map(|dn| Some(dn.as_str())).collect::<Vec<_>>());
    assert_eq!(rows[0]["sid"], c.domain().sid_of(&anna).unwrap());

    let out = staff.kerbrole(&["directory", "who", "nobody", "--from", staff.from()]);
    assert_eq!(out.status.code(), Some(1), "{}", lossy(&out.stderr));
}

fn a_directory_that_cannot_be_read_changes_nothing(c: &Context<'_>) {
    let staff = Staff::hire(c, "n");
    c.superuser().run("CREATE ROLE analysts");
    staff.sync();
    let whole = || catalogue(&mut c.superuser());
    let before = whole();
    let text = fs::read_to_string(&staff.file).unwrap();
    let ldaps = c.domain().ldaps();
    for (wrong, code, said) in [
        (text.replace(&ldaps, "ldaps://127.0.0.1:1"), 3, "127.0.0.1:1"),
        (text.replace(&ldaps, &ldaps.replace("ldaps", "ldap")).replace(READER, "nobody"), 3, ""),
        (text.replace("CN=Analysts", "CN=Nobody"), 4, "Nobody"),
        (text.replace("password_file = \"", "password_file = \"/nowhere"), 2, "/nowhere"),
        (text.replace("ca_file = \"", "ca_file = \"/nowhere"), 2, "/nowhere"),
    ] {
        fs::write(&staff.file, &wrong).unwrap();
        let out = staff.kerbrole(&["sync", "--from", staff.from(), "--yes"]);
        let said_all = lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{wrong}\n{said_all}");
        assert!(said_all.contains(said), "{wrong}\n{said_all}");
        assert!(!said_all.contains(PASSWORD), "{said_all}");
        assert_eq!(whole(), before);
    }
    // Nobody but its owner may read the password.
    fs::write(&staff.file, &text).unwrap();
    let password = staff.file.with_extension("password");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
    let out = staff.kerbrole(&["sync", "--from", staff.from(), "--yes"]);
    assert_eq!(out.status.code(), Some(2), "{}", lossy(&out.stderr));
    assert!(lossy(&out.stderr).contains("chmod 600"), "{}", lossy(&out.stderr));
}

fn several_servers_are_gone_on_with_side_by_side(c: &Context<'_>) {
    let staff = Staff::hire(c, "s");
    let other = c.another_server();
    let text = fs::read_to_string(&staff.file).unwrap();
    let named = |name: &str, socket: &Path, port: u16| {
        let socket = socket.display();
        format!("[[servers]]\nname = \"{name}\"\ndsn = \"host={socket} port={port}\"\n")
    };
    let here = named("here", c.server.socket(), c.server.port);
    let there = named("there", other.socket(), other.port);
    let nowhere = named("nowhere", Path::new("/nowhere"), 1);
    fs::write(&staff.file, format!("{text}{here}{there}{nowhere}")).unwrap();
    let mut su = Session::open(&other, SUPERUSER, "postgres").unwrap();
    other.run_script("rds_roles.sql", "postgres", &[]).unwrap();
    su.run("CREATE ROLE analysts");
    // Without the role that the file names, nothing is done here.
    let sync = ["sync", "--from", staff.from(), "--yes", "--format", "json"];
    let out = staff.kerbrole_alone(&sync);
    let said = lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(5), "{said}");
    for wrong in ["here: ", "analysts", "nowhere: ", "2 of 3 servers failed"] {
        assert!(said.contains(wrong), "{wrong}: {said}");
    }
    let done = |out: &Output| -> BTreeSet<String> {
        rows(out, "sync-from")
            .iter()
            .map(|row| row["server"].as_str().unwrap().to_string())
            .collect()
    };
    assert_eq!(done(&out), BTreeSet::from(["there".into()]));
    assert!(staff.oid("Anna").is_none());
    // Half a plan would be taken for a whole one.
    let plan = staff.file.with_extension("json");
    let save = ["sync", "--from", staff.from(), "--plan", plan.to_str().unwrap()];
    let out = staff.kerbrole_alone(&save);
    assert_eq!(out.status.code(), Some(5), "{}", lossy(&out.stderr));
    assert!(lossy(&out.stderr).contains("is not written"), "{}", lossy(&out.stderr));
    assert!(!plan.exists());

    c.superuser().run("CREATE ROLE analysts");
    fs::write(&staff.file, format!("{text}{here}{there}")).unwrap();
    let out = staff.kerbrole_alone(&sync);
    assert!(out.status.success(), "{}", lossy(&out.stderr));
    assert_eq!(done(&out), BTreeSet::from(["here".into()]));
    assert!(staff.oid("Anna").is_some());
    let ask =
        format!("SELECT count(*)::text FROM pg_roles WHERE rolname = '{}'", staff.role("Ben"));
    assert_eq!(su.column(&ask), ["1"]);

    // Where servers are, one of the two says.
    let out = staff.kerbrole_alone(&["sync", "--from", staff.from(), "--yes", "-d", "postgres"]);
    assert_eq!(out.status.code(), Some(2), "{}", lossy(&out.stderr));
    let out = staff.kerbrole_alone(&["sync", "--from", staff.from(), "--yes", "-W"]);
    assert_eq!(out.status.code(), Some(2), "{}", lossy(&out.stderr));
    let secret = here.replace("host=", "password=s3cret host=");
    fs::write(&staff.file, format!("{text}{secret}")).unwrap();
    let out = staff.kerbrole_alone(&sync);
    assert_eq!(out.status.code(), Some(2), "{}", lossy(&out.stderr));
    assert!(!lossy(&out.stderr).contains("s3cret"), "{}", lossy(&out.stderr));
    drop(su);
    other.discard().unwrap();
}

fn a_plan_is_carried_out_where_it_still_holds(c: &Context<'_>) {
    let staff = Staff::hire(c, "p");
    let domain = c.domain();
    let mut su = c.superuser();
    su.run("CREATE ROLE analysts");
    let plan = staff.file.with_extension("json");
    let plan = plan.to_str().unwrap();
    let save = || {
        let out = staff.kerbrole(&["sync", "--from", staff.from(), "--plan", plan]);
        assert!(out.status.success(), "{}", lossy(&out.stderr));
    };
    let apply = || {
        let out = staff.kerbrole(&["apply", plan, "--yes"]);
        (out.status.code().unwrap(), lossy(&out.stderr))
    };
    save();
    assert!(staff.oid("Anna").is_none());
    assert_eq!(apply(), (0, String::new()));
    assert!(staff.gets_in("Anna"));

    // The directory has changed since.
    domain.disable(&staff.named("Ben")).unwrap();
    save();
    domain.leave(&staff.named("Users"), &domain.dn_of(&staff.named("Cleo"))).unwrap();
    let (code, said) = apply();
    assert_eq!(code, 4, "{said}");
    assert!(said.contains(&format!("{}@{REALM} left", staff.named("Cleo"))), "{said}");
    assert!(staff.gets_in("Cleo"));
    // The file has.
    save();
    let text = fs::read_to_string(&staff.file).unwrap();
    fs::write(&staff.file, text.replace("absent = \"disable\"", "absent = \"drop\"")).unwrap();
    let (code, said) = apply();
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("the access file"), "{said}");
    fs::write(&staff.file, &text).unwrap();
    // The server has.
    let ben = staff.role("Ben");
    su.run(&format!("ALTER ROLE \"{ben}\" NOLOGIN"));
    let (code, said) = apply();
    assert_eq!(code, 4, "{said}");
    // All is as it was.
    su.run(&format!("ALTER ROLE \"{ben}\" LOGIN"));
    assert_eq!(apply(), (0, String::new()));
    let can_login = |name: &str| {
        su.column(&format!(
            "SELECT rolcanlogin::text FROM pg_roles WHERE rolname = '{}'",
            staff.role(name)
        ))
    };
    let logins: Vec<_> = ["Anna", "Ben", "Cleo", "Dora"].into_iter().flat_map(can_login).collect();
    assert_eq!(logins, ["true", "false", "false", "true"]);

    for wrong in ["", "{}", "[]", "{\"version\":2,\"from\":\"x\",\"plans\":[]}"] {
        fs::write(plan, wrong).unwrap();
        let (code, said) = apply();
        assert!(code == 2 && said.contains("--plan"), "{wrong}: {said}");
    }
}

/// Those of the help that need a directory, in the order in which somebody reads them.
fn the_examples_of_the_help_run(c: &Context<'_>) {
    let staff = Staff::hire(c, "h");
    c.superuser().run("CREATE ROLE analysts");
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(&staff.file).unwrap();
    fs::write(folder.path().join("access.toml"), text).unwrap();
    let mut run = 0;
    for subcommand in ["directory", "sync", "apply"] {
        let help = lossy(&staff.kerbrole(&[subcommand, "--help"]).stdout);
        let examples = help.lines().filter_map(|line| line.strip_prefix("  kerbrole "));
        for example in
            examples.filter(|line| line.contains("access.toml") || line.contains("plan.json"))
        {
            let alice = staff.named("Anna");
            let words: Vec<_> = example
                .split(' ')
                .map(|word| if word == "alice" { alice.as_str() } else { word })
                .collect();
            let mut command = staff.command(&words);
            command.current_dir(folder.path());
            run += 1;
            if example.contains("--watch") {
                let watcher = Watcher::start(&mut command);
                watcher.wait_for_line("watching");
                assert_eq!(watcher.end(Signal::TERM), Some(0), "{example}");
                continue;
            }
            let out = command.output().unwrap();
            assert!(out.status.success(), "{example}: {}", lossy(&out.stderr));
        }
    }
    assert!(run >= 5, "{run}");
    assert!(staff.gets_in("Anna"));
}
