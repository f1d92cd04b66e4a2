//! The example application: a server over HTTP that keeps a handle in its state.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: an_application_answers_by_kinds_of_errors;
    Bare: an_application_answers_by_kinds_of_errors;
}

/// The application, which ends with the test.
struct Application {
    child: Child,
    address: String,
}

impl Application {
    fn start(c: &Context<'_>) -> Self {
        let server = format!(
            "host={} port={} user=rdsadmin dbname=postgres",
            c.server.socket().display(),
            c.server.port
        );
        let program = kerbrole_tests::version::built("examples").join("web");
        let mut child = Command::new(&program)
            .args([&server, "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect("it says where").to_string();
        Self { child, address }
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")))
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        let _is_gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn an_application_answers_by_kinds_of_errors(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team; CREATE ROLE cloud IN ROLE rds_iam");
    let application = Application::start(c);
    let add = |body: Value| application.request("POST", "/principals", Some(&body));
    let kind = |answer: &(u16, Value)| answer.1["error"]["kind"].as_str().map(String::from);
    assert_eq!(application.request("GET", "/principals", None), (200, json!([])));
    let ann = json!({"principal": "ann@a.b", "groups": ["team"]});
    assert_eq!(add(ann.clone()), (201, json!({"role_name": "ann@A.B"})));
    let there = "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member \
                 WHERE r.rolname = 'ann@A.B' AND m.roleid IN ('team'::regrole, 'rds_ad'::regrole)";
    assert_eq!(su.one(there), "2");

    let before = su.traces();
    for (answer, status, said) in [
        (add(ann), 409, "AlreadyExists"),
        (add(json!({"principal": "x@y@z"})), 400, "InvalidName"),
        (add(json!({"principal": "bob@a.b", "groups": ["teem"]})), 404, "NotFound"),
        (add(json!({"principal": "bob@a.b", "groups": ["cloud"]})), 409, "Conflict"),
        (application.request("POST", "/principals/gone@a.b/disable", None), 404, "NotFound"),
        (application.request("DELETE", "/principals/gone@a.b", None), 404, "NotFound"),
    ] {
        assert_eq!((answer.0, kind(&answer).as_deref()), (status, Some(said)), "{}", answer.1);
        assert!(answer.1["error"]["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    assert_eq!(su.traces(), before);

    // A role that owns something, and a connection that was ended meanwhile.
    su.run("CREATE TABLE hers (); ALTER TABLE hers OWNER TO \"ann@A.B\"");
    let owner = application.request("DELETE", "/principals/ann@a.b", None);
    assert_eq!((owner.0, kind(&owner).as_deref()), (409, Some("OwnsObjects")), "{}", owner.1);
    su.run("DROP TABLE hers");
    let disabled = application.request("POST", "/principals/ann@a.b/disable", None);
    assert_eq!(disabled, (200, json!({"role_name": "ann@A.B"})));
    let (status, wrong) = application.request("GET", "/principals/ann@a.b", None);
    assert!(status == 200 && wrong.to_string().contains("NOLOGIN"), "{wrong}");
    let listed = application.request("GET", "/principals", None);
    let row = json!({"role_name": "ann@A.B", "can_login": false, "groups": ["team"]});
    assert_eq!(listed, (200, json!([row])));
    let dropped = application.request("DELETE", "/principals/ann@a.b", None);
    assert_eq!(dropped, (200, json!({"role_name": "ann@A.B", "outcome": "dropped"})));
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
}
