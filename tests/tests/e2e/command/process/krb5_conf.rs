//! What `kerbrole krb5-conf` prints is what MIT's own parser reads: it is asked where it goes with
//! it.

use super::*;

fn printed(arguments: &[&str]) -> Ended {
    program()
        .args(["krb5-conf", "--realm", "corp.example.com"])
        .args(arguments)
        .output()
        .unwrap()
        .into()
}

/// Where kinit goes for a ticket of a user of this realm, in the order in which it tries.
fn goes_to(c: &Context<'_>, text: &str, realm: &str) -> Vec<String> {
    let file = tempfile::NamedTempFile::new_in(c.sandbox.path()).unwrap();
    fs::write(file.path(), text).unwrap();
    let mut kinit = Command::new("kinit");
    kinit.env("KRB5_CONFIG", file.path()).env("KRB5_TRACE", "/dev/stdout").env("LC_ALL", "C");
    let ended: Ended = kinit
        .args(["-c", "MEMORY:none", &format!("nobody@{realm}")])
        .stdin(Stdio::null())
        .output()
        .unwrap()
        .into();
    assert!(!ended.err.contains("initializing"), "MIT takes none of it: {} {text}", ended.err);
    let mut places: Vec<String> = Vec::new();
    for line in ended.out.lines() {
        let place = line
            .split_once("Initiating TCP connection to stream ")
            .map(|(_, place)| place.trim().to_string());
        places.extend(place.filter(|place| !places.contains(place)));
    }
    places
}

/// The principal that a client asks a ticket for, who connects to a host.
fn asks_for(c: &Context<'_>, text: &str, host: &str) -> String {
    let ticket = c.kdc.ticket_of("asks").unwrap();
    let file = tempfile::NamedTempFile::new_in(c.sandbox.path()).unwrap();
    // The names of the tests are in no DNS.
    let text =
        text.replace("[libdefaults]\n", "[libdefaults]\n    dns_canonicalize_hostname = false\n");
    fs::write(file.path(), text).unwrap();
    let mut kvno = Command::new("kvno");
    kvno.env("KRB5_CONFIG", file.path())
        .env("KRB5CCNAME", &ticket.cache)
        .env("KRB5_TRACE", "/dev/stdout");
    let ended: Ended = kvno.args(["-S", "postgres", host]).output().unwrap().into();
    let line = ended
        .out
        .lines()
        .find_map(|line| line.split_once("Getting credentials ")?.1.split_once(" -> "));
    line.unwrap_or_else(|| panic!("{}{}", ended.out, ended.err)).1.split(' ').next().unwrap().into()
}

pub(super) fn addresses_and_ports_are_where_mit_looks(c: &Context<'_>) {
    for (kdcs, places) in [
        (&["127.0.0.1:1"][..], &["127.0.0.1:1"][..]),
        (&["127.0.0.1"], &["127.0.0.1:88"]),
        (&["::1"], &["::1:88"]),
        (&["[::1]"], &["::1:88"]),
        (&["[::1]:2", "127.0.0.1:1"], &["::1:2", "127.0.0.1:1"]),
        (&["127.0.0.1:1", "127.0.0.1:1"], &["127.0.0.1:1"]),
    ] {
        let kdcs: Vec<_> = kdcs.iter().flat_map(|kdc| ["--kdc", kdc]).collect();
        let ended = printed(&kdcs);
        assert_eq!(ended.code, 0, "{kdcs:?}: {}", ended.err);
        assert_eq!(goes_to(c, &ended.out, REALM), places, "{kdcs:?}: {}", ended.out);
        // kpasswd and kadmin go to the same host, at ports of their own.
        let admin =
            ended.out.lines().find_map(|line| line.trim().strip_prefix("admin_server = ")).unwrap();
        assert_eq!(
            goes_to(
                c,
                &ended.out.replace(&format!("kdc = {}", kdcs[1]), &format!("kdc = {admin}")),
                REALM
            )[0]
            .rsplit_once(':')
            .unwrap()
            .1,
            "88"
        );
    }
}

pub(super) fn a_realm_trusted_twice_has_all_its_kdcs(c: &Context<'_>) {
    let ended = printed(&[
        "--kdc",
        "127.0.0.1:1",
        "--trust",
        "onprem.com=127.0.0.1:3,[::1]:4",
        "--trust",
        "ONPREM.COM=127.0.0.1:5, 127.0.0.1:3",
    ]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(
        goes_to(c, &ended.out, "ONPREM.COM"),
        ["127.0.0.1:3", "::1:4", "127.0.0.1:5"],
        "{}",
        ended.out
    );
    assert_eq!(goes_to(c, &ended.out, REALM), ["127.0.0.1:1"]);
    for line in ["    onprem.com = ONPREM.COM", "        CORP.EXAMPLE.COM = ."] {
        assert_eq!(
            ended.out.lines().filter(|said| *said == line).count(),
            1,
            "{line}: {}",
            ended.out
        );
    }
}

/// Whatever a console shows as the endpoint is of the realm.
pub(super) fn an_endpoint_is_of_the_realm_however_it_is_written(c: &Context<'_>) {
    let kdc = format!("127.0.0.1:{}", c.kdc.port);
    for endpoint in [
        "db.example.org",
        "db.example.org:5432",
        "DB.Example.org",
        "db.example.org.",
        ".example.org",
    ] {
        let ended = printed(&["--kdc", &kdc, "--endpoint", endpoint]);
        assert_eq!(ended.code, 0, "{endpoint}: {}", ended.err);
        assert_eq!(
            asks_for(c, &ended.out, "db.example.org"),
            format!("postgres/db.example.org@{REALM}"),
            "{endpoint}"
        );
    }
    let rds = printed(&["--kdc", &kdc, "--rds"]).out;
    let host = "db.abc.eu-west-1.rds.amazonaws.com";
    assert_eq!(asks_for(c, &rds, host), format!("postgres/{host}@{REALM}"));
}

/// What no line of a krb5.conf can say is one error that says what to do.
pub(super) fn what_no_file_can_say_is_an_error(_: &Context<'_>) {
    for arguments in [
        &["--kdc", "dc1:port"][..],
        &["--kdc", "dc1:99999"],
        &["--kdc", "dc1:"],
        &["--kdc", "fd00::5:x"],
        &["--kdc", "[fd00::5"],
        &["--kdc", "[dc1]:88"],
        &["--kdc", "a:b:c"],
        &["--kdc", ""],
        &["--trust", "corp.example.com=dc1"],
        &["--trust", "onprem.com=dc1:x"],
        &["--trust", "onprem.com", "--endpoint", "onprem.com"],
        &["--endpoint", "10.0.0.1"],
        &["--endpoint", "[fd00::5]:5432"],
        &["--endpoint", "db.example.org:"],
        &["--endpoint", "https://db.example.org"],
    ] {
        let ended = printed(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}: {}", ended.err);
        assert!(
            ended.err.starts_with("kerbrole: ") && ended.err.lines().count() <= 2,
            "{arguments:?}: {}",
            ended.err
        );
    }
}
