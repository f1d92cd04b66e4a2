//! What systemd and Kubernetes start.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use kerbrole_tests::sandbox::lossy;
use kerbrole_tests::version::{built, workspace};
use rustix::process::Signal;
use yaml_rust2::{Yaml, YamlLoader};

use super::Watcher;
use crate::directory::Context;
use crate::staff::Staff;

const UNIT: &str = "kerbrole-watch.service";

pub(super) fn systemd_is_told(c: &Context<'_>) {
    let staff = Staff::hire(c, "sd");
    c.superuser().run("CREATE ROLE analysts");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut command = staff.watch(&["--interval", "5s"]);
    // The process number of the watchdog would be that of the child, which is not known yet;
    // without one it is meant.
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    command.env("JOURNAL_STREAM", "1:2");
    let watcher = Watcher::start(&mut command);
    let mut heard = String::new();
    let mut wait = |wanted: &str| {
        let mut piece = [0; 4096];
        while !heard.contains(wanted) {
            let length =
                socket.recv(&mut piece).unwrap_or_else(|e| panic!("{wanted}: {e}: {heard}"));
            heard.push_str(&String::from_utf8_lossy(&piece[..length]));
            heard.push('\n');
        }
        heard.clear();
    };
    wait("READY=1");
    wait("WATCHDOG=1");
    wait("STATUS=in line with the directories");
    std::fs::rename(&staff.file, staff.file.with_extension("gone")).unwrap();
    wait("STATUS=the directories, or the access file, cannot be read");
    wait("WATCHDOG=1");
    watcher.signal(Signal::TERM);
    wait("STOPPING=1");
    watcher.wait_until("it ends", || watcher.code().is_some());
    assert_eq!(watcher.code(), Some(0));
    // The journal has the time.
    assert!(watcher.err()[0].starts_with("watching"), "{:?}", watcher.err());
}

pub(super) fn the_unit_is_as_it_has_to_be(c: &Context<'_>) {
    let staff = Staff::hire(c, "su");
    c.superuser().run("CREATE ROLE analysts");
    let unit = fs::read_to_string(workspace().join("packaging/systemd").join(UNIT)).unwrap();
    let of_unit = |key: &str| {
        let values = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        values.map(String::from).collect::<Vec<_>>()
    };
    let [start] = &of_unit("ExecStart")[..] else { panic!("{unit}") };
    let start: Vec<_> = start.split(' ').collect();
    assert_eq!(start[0], "/usr/bin/kerbrole");
    assert_eq!(of_unit("Type"), ["notify"]);
    let watcher = Watcher::start(&mut staff.command(&mounted(&start[1..], staff.from())));
    watcher.wait_until("Ben", || staff.can_login("Ben"));
    assert_eq!(watcher.end(Signal::TERM), Some(0), "{}", watcher.all());

    // By the program that reads it, where this machine has it, with the command that was built, and
    // with what the guide adds to it.
    let guide = fs::read_to_string(workspace().join("docs/guides/directory.md")).unwrap();
    let added: Vec<_> = guide.split("```ini\n").skip(1).collect();
    assert_eq!(added.len(), 2);
    let added = added.iter().map(|block| block.split_once("```").unwrap().0);
    for drop_in in std::iter::once("").chain(added) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(UNIT);
        let built = built("kerbrole").display().to_string();
        let whole = unit.replace("/usr/bin/kerbrole", &built);
        fs::write(&path, &whole).unwrap();
        let below = folder.path().join(format!("{UNIT}.d"));
        fs::create_dir(&below).unwrap();
        fs::write(below.join("more.conf"), drop_in).unwrap();
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no"]).arg(&path);
        let Ok(out) = verify.output() else { return };
        let said = format!("{}{}", lossy(&out.stdout), lossy(&out.stderr));
        assert!(out.status.success() && said.is_empty(), "{drop_in}: {said}");
    }
}

pub(super) fn the_job_of_kubernetes_runs(c: &Context<'_>) {
    let staff = Staff::hire(c, "sk");
    c.superuser().run("CREATE ROLE analysts");
    let path = workspace().join("examples/kubernetes/cronjob.yaml");
    let all = YamlLoader::load_from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let [job] = &all[..] else { panic!("{all:?}") };
    assert_eq!(
        (job["apiVersion"].as_str(), job["kind"].as_str()),
        (Some("batch/v1"), Some("CronJob"))
    );
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(container["command"][0].as_str(), Some("kerbrole"));
    let arguments: Vec<_> =
        container["args"].as_vec().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let out = staff.kerbrole(&mounted(&arguments, staff.from()));
    assert!(out.status.success(), "{}", lossy(&out.stderr));
    assert!(staff.can_login("Ben"));
    // Each thing that is mounted is there.
    let volumes: Vec<_> = pod["volumes"].as_vec().unwrap().iter().map(|one| &one["name"]).collect();
    for container in
        pod["containers"].as_vec().unwrap().iter().chain(pod["initContainers"].as_vec().unwrap())
    {
        let mounts = container["volumeMounts"].as_vec().unwrap();
        assert!(mounts.iter().all(|mount| volumes.contains(&&mount["name"])), "{container:?}");
        assert_eq!(container["securityContext"]["allowPrivilegeEscalation"].as_bool(), Some(false));
    }
    assert_eq!(pod["volumes"][1]["secret"]["defaultMode"], Yaml::Integer(288));
}

/// Arguments with the file of a test in the place of the one that is installed.
fn mounted<'a>(arguments: &[&'a str], file: &'a str) -> Vec<&'a str> {
    let is_file = |word: &str| word == "/etc/kerbrole/access.toml";
    assert_eq!(arguments.iter().filter(|word| is_file(word)).count(), 1, "{arguments:?}");
    arguments.iter().map(|word| if is_file(word) { file } else { word }).collect()
}
