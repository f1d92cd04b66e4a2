//! What is there, who is in the directory, what is done, and what is there then.

use super::*;

/// The roles that are granted and revoked, one of them with a name that has to be quoted, and one
/// that is below `rds_iam`.
pub(super) const ROLES: &str =
    "CREATE ROLE team; CREATE ROLE \"te\"\"am'; --\"; CREATE ROLE tokens IN ROLE rds_iam";

const GRANTED: [&str; 3] = ["team", "te\"am'; --", "tokens"];

pub(super) struct Case {
    pub(super) what: &'static str,
    /// `name:rid role role`: a principal and its memberships; `-` before it for NOLOGIN, `!` for no
    /// member of `rds_ad`, `*` for CREATEDB; bound where the number is not 0. `hostile` stands for
    /// the role that has to be quoted.
    pub(super) there: &'static [&'static str],
    /// The same of the directory; `-` before somebody who is disabled there.
    pub(super) people: &'static [&'static str],
    pub(super) absent: AbsentPolicy,
    pub(super) except: &'static [&'static str],
    pub(super) rows: &'static [&'static str],
    /// Name, LOGIN, groups, comment.
    pub(super) after: &'static [&'static str],
}

/// `name`, the number, and the roles.
fn parts(text: &str) -> (&str, u32, Vec<String>) {
    let mut words = text.split(' ');
    let (name, rid) = words.next().unwrap().split_once(':').unwrap();
    let role = |word: &str| if word == "hostile" { GRANTED[1].to_string() } else { word.into() };
    (name, rid.parse().unwrap(), words.map(role).collect())
}

pub(super) fn set_up(su: &mut Session, role: &str) {
    let (name, rid, roles) = parts(role);
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let plain = name.trim_start_matches(['-', '!', '*']);
    let role = quoted(&format!("{plain}@A.B"));
    let login = if name.contains('-') { "NOLOGIN" } else { "LOGIN" };
    let powers = if name.contains('*') { "CREATEDB" } else { "" };
    su.run(&format!("CREATE ROLE {role} {login} {powers}"));
    let binding = if rid > 0 { format!(" [kerbrole:S-1-5-21-1-1-1-{rid}]") } else { String::new() };
    let text = plain.replace('\'', "''");
    su.run(&format!("COMMENT ON ROLE {role} IS '{text}{binding}'"));
    let ad = (!name.contains('!')).then(|| "rds_ad".to_string());
    for group in ad.into_iter().chain(roles) {
        su.run(&format!("GRANT {} TO {role}", quoted(&group)));
    }
}

pub(super) fn asked(people: &[&str]) -> Access {
    let person = |text: &&str| {
        let (name, rid, roles) = parts(text);
        let sid = format!("S-1-5-21-1-1-1-{rid}").parse().unwrap();
        AccessPerson::new(format!("{}@a.b", name.trim_start_matches('-')), sid)
            .enabled(!name.starts_with('-'))
            .roles(roles)
    };
    Access::new()
        .people(people.iter().map(person))
        .roles(GRANTED)
        .domain("S-1-5-21-1-1-1".parse().unwrap())
}

pub(super) fn access_of(case: &Case) -> Access {
    let access = asked(case.people).absent(case.absent).limit("9".parse().unwrap());
    case.except.iter().fold(access, |access, name| access.except(*name))
}

pub(super) const TABLE: &[Case] = &[
    Case {
        what: "new, adopted and disabled people",
        there: &["bob:0 team", "!cyd:0", "-dan:4 hostile", "eve:0"],
        people: &["ann:1 team hostile", "bob:2", "cyd:3 team", "dan:4 hostile", "-fay:6", "-eve:5"],
        absent: AbsentPolicy::Keep,
        except: &[],
        rows: &[
            "create ann@A.B",
            "adopt cyd@A.B",
            "bind ann@A.B",
            "bind bob@A.B",
            "bind cyd@A.B",
            "bind eve@A.B",
            "grant ann@A.B",
            "grant cyd@A.B",
            "enable dan@A.B",
            "disable eve@A.B",
            "revoke bob@A.B",
        ],
        after: &[
            "ann@A.B|t|te\"am'; -- team|[kerbrole:S-1-5-21-1-1-1-1]",
            "bob@A.B|t||bob [kerbrole:S-1-5-21-1-1-1-2]",
            "cyd@A.B|t|team|cyd [kerbrole:S-1-5-21-1-1-1-3]",
            "dan@A.B|t|te\"am'; --|dan [kerbrole:S-1-5-21-1-1-1-4]",
            "eve@A.B|f||eve [kerbrole:S-1-5-21-1-1-1-5]",
        ],
    },
    Case {
        what: "renamed, swapped and made again",
        there: &["ann:1 team", "bob:2", "cyd:3 team", "o'neil:4 team", "-old:5"],
        people: &["bob:1 team", "ann:2", "cyd:33 team", "o'brien:4", "new:5", "o'neil:6"],
        absent: AbsentPolicy::Disable,
        except: &[],
        rows: &[
            "rename o'neil@A.B",
            "rename old@A.B",
            "rename ann@A.B",
            "rename bob@A.B",
            "rename ann@A.B",
            "create o'neil@A.B",
            "bind o'neil@A.B",
            "enable new@A.B",
            "revoke o'brien@A.B",
            "disable cyd@A.B",
            "revoke cyd@A.B",
            "leave cyd@A.B",
        ],
        after: &[
            "ann@A.B|t||bob [kerbrole:S-1-5-21-1-1-1-2]",
            "bob@A.B|t|team|ann [kerbrole:S-1-5-21-1-1-1-1]",
            "cyd@A.B|f||cyd [kerbrole:S-1-5-21-1-1-1-3]",
            "new@A.B|t||old [kerbrole:S-1-5-21-1-1-1-5]",
            "o'brien@A.B|t||o'neil [kerbrole:S-1-5-21-1-1-1-4]",
            "o'neil@A.B|t||[kerbrole:S-1-5-21-1-1-1-6]",
        ],
    },
    Case {
        what: "who is gone is dropped, who is of no directory stays",
        there: &["ann:1 team", "-bob:2", "cyd:0 team", "dan:4 team", "eve:5 team"],
        people: &["eve:5"],
        absent: AbsentPolicy::Drop,
        except: &["dan@a.b"],
        rows: &["revoke eve@A.B", "drop ann@A.B", "drop bob@A.B"],
        after: &[
            "cyd@A.B|t|team|cyd",
            "dan@A.B|t|team|dan [kerbrole:S-1-5-21-1-1-1-4]",
            "eve@A.B|t||eve [kerbrole:S-1-5-21-1-1-1-5]",
        ],
    },
    Case {
        what: "whoever would come into conflict keeps what there is, and the others go on",
        there: &["ann:1 team", "bob:2", "cyd:3"],
        people: &["ann:1 tokens", "bob:2 team", "dan:4 tokens", "eve;:5", "cyd:3"],
        absent: AbsentPolicy::Keep,
        except: &[],
        rows: &["grant bob@A.B", "leave ann@A.B", "leave dan@A.B", "leave eve;@a.b"],
        after: &[
            "ann@A.B|t|team|ann [kerbrole:S-1-5-21-1-1-1-1]",
            "bob@A.B|t|team|bob [kerbrole:S-1-5-21-1-1-1-2]",
            "cyd@A.B|t||cyd [kerbrole:S-1-5-21-1-1-1-3]",
        ],
    },
    Case {
        what: "bound twice",
        there: &["ann:1 team", "ann2:1 team", "bob:2"],
        people: &["-ann:1", "bob:2"],
        absent: AbsentPolicy::Drop,
        except: &[],
        rows: &[
            "disable ann2@A.B",
            "disable ann@A.B",
            "revoke ann2@A.B",
            "revoke ann@A.B",
            "leave ann@A.B",
        ],
        after: &[
            "ann2@A.B|f||ann2 [kerbrole:S-1-5-21-1-1-1-1]",
            "ann@A.B|f||ann [kerbrole:S-1-5-21-1-1-1-1]",
            "bob@A.B|t||bob [kerbrole:S-1-5-21-1-1-1-2]",
        ],
    },
];
