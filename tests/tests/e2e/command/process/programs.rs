//! What programs read: JSON by its schema, on standard output and on standard error.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use super::*;

/// docs/reference/command.schema.json
pub struct Schema {
    schemas: Schemas,
    compiler: Compiler,
}

impl Schema {
    pub fn read() -> Self {
        let text =
            fs::read_to_string(workspace().join("docs/reference/command.schema.json")).unwrap();
        let mut compiler = Compiler::new();
        compiler.add_resource(NAME, serde_json::from_str(&text).unwrap()).unwrap();
        Self { schemas: Schemas::new(), compiler }
    }

    fn of(&mut self, definition: &str) -> SchemaIndex {
        let place = format!("{NAME}#/$defs/{definition}");
        self.compiler.compile(&place, &mut self.schemas).unwrap()
    }

    /// Whether it is as the schema says; a value for the assertion.
    pub fn holds(&mut self, definition: &str, value: &Value) -> Result<(), String> {
        let index = self.of(definition);
        self.schemas.validate(value, index).map_err(|error| format!("{definition}: {error:#}"))
    }

    /// Both channels of a run.
    fn look(&mut self, definition: &str, ended: &Ended) -> (Value, Vec<Value>) {
        let out = if ended.out.is_empty() { Value::Null } else { parsed(&ended.out) };
        if !ended.out.is_empty() {
            self.holds(definition, &out).unwrap();
        }
        let said: Vec<_> = ended.err.lines().map(parsed).collect();
        for line in &said {
            self.holds("message", line).unwrap();
        }
        (out, said)
    }
}

const NAME: &str = "file:///command.schema.json";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn in_json(c: &Context<'_>, arguments: &[&str]) -> Ended {
    run(c, &[arguments, &["--format", "json"]].concat())
}

pub(super) fn json_is_as_the_schema_says(c: &Context<'_>) {
    let mut schema = Schema::read();
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE ROLE cloud IN ROLE rds_iam; CREATE USER \"eve@a.b\" IN ROLE \
         rds_ad; CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam",
    );
    let calls: &[(&[&str], i32)] = &[
        (&["add", "ann@a.b", "bob@a.b", "-g", "team", "--dry-run"], 0),
        (&["add", "ann@a.b", "bob@a.b", "-g", "team"], 0),
        (&["add", "ann@a.b", "--if-not-exists"], 0),
        (&["list"], 0),
        (&["check", "ann@a.b", "gone@a.b"], 1),
        (&["state", "ann@a.b", "gone@a.b", "both@a.b"], 1),
        (&["canonicalize", "ann@a.b"], 0),
        (&["conflicts"], 1),
        (&["preview-grant", "cloud", "team"], 1),
        (&["case-audit"], 1),
        (&["nesting"], 0),
        (&["probe"], 0),
        (&["install-sql"], 0),
        (&["disable", "ann@a.b", "--dry-run"], 0),
        (&["disable", "ann@a.b"], 0),
        (&["enable", "ann@a.b"], 0),
        (&["grant", "team", "both@A.B"], 0),
        (&["rename", "ann@a.b", "anna"], 0),
        (&["sync", "anna@a.b", "new@a.b", "--check"], 1),
        (&["sync", "anna@a.b", "new@a.b"], 0),
        (&["drop", "anna@a.b", "gone@a.b", "--if-exists", "--yes"], 0),
        (&["doctor", "--realm", "a.b", "--kdc", "127.0.0.1:1", "--dns-port", "1"], 1),
    ];
    for (call, code) in calls {
        let ended = in_json(c, call);
        assert_eq!(ended.code, *code, "{call:?}: {} {}", ended.out, ended.err);
        let is_script = call.contains(&"--dry-run");
        let definition = if is_script { "statements" } else { call[0] };
        let (out, _) = schema.look(definition, &ended);
        assert!(out.is_array() || out.is_object(), "{call:?}");
    }
    su.run("DROP ROLE \"eve@a.b\", \"both@A.B\"");
    let ended = in_json(c, &["rename-realm", "a.b", "c.d", "--yes"]);
    schema.look("rename-realm", &ended);
    assert_eq!(ended.code, 0, "{}", ended.err);

    // Each refusal is one line.
    for (call, code, sqlstate) in [
        (&["add", "zoe@c.d", "-g", "cloud"][..], 4, Some("0LP01")),
        (&["add", "bob@c.d"], 4, Some("42710")),
        (&["disable", "gone@c.d"], 4, Some("42704")),
        (&["add", "x@y@z"], 2, Some("22023")),
        (&["list", "-h", "127.0.0.1", "-p", "1"], 3, None),
        (&["drop", "bob@c.d"], 2, None),
    ] {
        let ended = in_json(c, call);
        assert_eq!((ended.code, &*ended.out), (code, ""), "{call:?}: {}", ended.err);
        let (_, said) = schema.look("add", &ended);
        let error = &said.last().unwrap()["error"];
        assert_eq!((error["code"].as_str(), &error["exit_code"]), (sqlstate, &code.into()));
        let is_conflict = sqlstate == Some("0LP01");
        assert_eq!(error["conflict"].is_object(), is_conflict, "{error}");
        if is_conflict {
            assert_eq!(
                error["conflict"]["iam_path"],
                serde_json::json!(["zoe@C.D", "cloud", "rds_iam"])
            );
        }
    }
    // What was done is on standard output, and the error says how much.
    su.run("CREATE USER \"own@C.D\" IN ROLE rds_ad; ALTER ROLE \"own@C.D\" SUPERUSER");
    let ended = in_json(c, &["disable", "bob@c.d", "own@c.d"]);
    assert_eq!(ended.code, 5, "{}", ended.err);
    let (out, said) = schema.look("disable", &ended);
    assert_eq!(out[0]["role_name"], "bob@C.D");
    let done = &said[0]["error"]["done"];
    assert_eq!((&done["done"], &done["of"]), (&1.into(), &2.into()), "{done}");
}

/// That the test above can fail.
pub(super) fn errors_of_usage_are_json_too(_: &Context<'_>) {
    let mut schema = Schema::read();
    for arguments in [
        &["add", "--no-such-option", "--format", "json"][..],
        &["-o", "json", "frobnicate"],
        &["list", "-ojson", "--format"],
        &["--format=json", "list", "-d", "postgresql://u:x?y@h/d"],
    ] {
        let ended: Ended = program().args(arguments).output().unwrap().into();
        assert_eq!((ended.code, &*ended.out), (2, ""), "{arguments:?}: {}", ended.err);
        let said: Vec<_> = ended.err.lines().map(parsed).collect();
        assert_eq!(said.len(), 1, "{}", ended.err);
        schema.holds("message", &said[0]).unwrap();
        assert_eq!(said[0]["error"]["exit_code"], 2);
    }
    let row = serde_json::json!([{"principal": "a", "role_name": "b", "action": "eaten"}]);
    assert!(schema.holds("add", &row).is_err());
}
