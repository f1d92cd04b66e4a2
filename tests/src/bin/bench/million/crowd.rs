//! A million people in twenty thousand groups: a file for `kerbrole add`, and a server with them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fastrand::Rng;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::Result;
use kerbrole_tests::version::built;

use crate::Bench;
use crate::cluster::{connect, execute, said};
use crate::measured::{Taken, measured};
use crate::million::server_memory::most_of;
use crate::names::{Name, names};
use crate::tools::connected;

/// How deep groups are nested.
const LEVELS: usize = 6;

/// One group for so many people.
const PEOPLE_PER_GROUP: usize = 50;

/// One of so many is in conflict.
const PEOPLE_PER_CONFLICT: usize = 1_000;

/// As many realms as a list of a million needs, of which one call takes a quarter.
pub(crate) const REALMS: usize = 4;

/// Who is to be there.
pub(crate) struct Crowd {
    pub(crate) people: Vec<Name>,
    pub(crate) groups: usize,
    /// The group of each.
    group_of: Vec<usize>,
    above: Vec<Option<usize>>,
}

/// What it took to add them.
#[derive(Clone, Copy)]
pub(crate) struct Added {
    pub(crate) command: Taken,
    /// Of the process of the server that had most, in MB.
    pub(crate) server: f64,
}

impl Crowd {
    /// Drawn from the seed. Groups are nested six deep, and a person is in one of them, whatever
    /// its level.
    pub(crate) fn new(seed: u64, count: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let groups = (count / PEOPLE_PER_GROUP).max(2 * LEVELS);
        let per_level = groups / LEVELS;
        let above = |group: usize| match (group / per_level).min(LEVELS - 1) {
            0 => None,
            level => Some((level - 1) * per_level + group % per_level),
        };
        let people = names(seed, count).into_iter().enumerate().map(|(number, name)| {
            let (username, _) = name.role.split_once('@').unwrap_or((&name.role, ""));
            let realm = format!("d{}.corp.example.com", number % REALMS);
            Name {
                typed: format!("{username}@{realm}"),
                role: format!("{username}@{}", realm.to_ascii_uppercase()),
            }
        });
        Self {
            people: people.collect(),
            groups,
            group_of: (0..count).map(|_| rng.usize(..groups)).collect(),
            above: (0..groups).map(above).collect(),
        }
    }

    /// How many are in both roles once [`finish`](Self::finish) has been there.
    pub(crate) fn conflicts(&self) -> usize {
        self.people.len().div_ceil(PEOPLE_PER_CONFLICT)
    }

    fn file(&self, bench: &Bench) -> Result<PathBuf> {
        let mut text = "principal,groups\n".to_string();
        for (name, group) in self.people.iter().zip(&self.group_of) {
            let _infallible = writeln!(text, "{},group{group}", name.typed);
        }
        bench.write("crowd.csv", &text)
    }

    /// Creates the groups, and adds everybody by `kerbrole add --file`, in its portions.
    pub(crate) fn add(&self, bench: &Bench, server: &Server) -> Result<Added> {
        let mut groups = "CREATE ROLE cloud IN ROLE rds_iam;".to_string();
        for (group, above) in self.above.iter().enumerate() {
            let above = above.map(|above| format!(" IN ROLE group{above}")).unwrap_or_default();
            let _infallible = write!(groups, "CREATE ROLE group{group}{above};");
        }
        execute(&mut connect(server, SUPERUSER)?, &groups)?;
        let file = self.file(bench)?;
        let mut command = Command::new(built("kerbrole"));
        command.args(["add", "--quiet", "--backend", "extension", "--format", "csv", "--file"]);
        connected(command.arg(&file), server, SUPERUSER);
        let (server_memory, taken) = most_of(server, || measured(&command, bench.sandbox.path()))?;
        fs::remove_file(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        self.verify(server)?;
        Ok(Added { command: taken, server: server_memory })
    }

    fn verify(&self, server: &Server) -> Result<()> {
        const COUNT: &str = "WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w \
             (role, team)), found AS (SELECT r.rolname::text AS role, g.rolname::text AS team \
             FROM pg_auth_members m JOIN pg_authid r ON r.oid = m.member AND r.rolcanlogin \
             JOIN pg_authid g ON g.oid = m.roleid) \
             SELECT (SELECT count(*) FROM found WHERE team = 'rds_ad' AND role ~ '@'), \
             (SELECT count(*) FROM found JOIN wanted USING (role, team)), \
             (SELECT count(*) FROM found WHERE role ~ '@')";
        let roles: Vec<_> = self.people.iter().map(|name| name.role.as_str()).collect();
        let teams: Vec<_> = self.group_of.iter().map(|group| format!("group{group}")).collect();
        let mut client = connect(server, SUPERUSER)?;
        let row = client.query_one(COUNT, &[&roles, &teams]).map_err(|e| said(&e))?;
        let found = [0, 1, 2].map(|at| usize::try_from(row.get::<_, i64>(at)).unwrap_or(0));
        let count = self.people.len();
        if found == [count, count, 2 * count] {
            Ok(())
        } else {
            Err(format!("{found:?} in rds_ad, in their group, memberships, not {count} people"))
        }
    }

    /// Puts some into both roles, and the list of everybody where statements find it: the table
    /// `wanted`, a row for each realm. Says how many roles and memberships there are.
    pub(crate) fn finish(&self, server: &Server) -> Result<f64> {
        let mut client = connect(server, SUPERUSER)?;
        let both = self.people.iter().step_by(PEOPLE_PER_CONFLICT);
        let grants: String =
            both.map(|name| format!("GRANT cloud TO \"{}\";", name.role)).collect();
        execute(&mut client, &grants)?;
        execute(&mut client, "CREATE TABLE wanted (realm text, list text[], roles text[])")?;
        for realm in 0..REALMS {
            let of_realm = self.people.iter().skip(realm).step_by(REALMS);
            let (typed, roles): (Vec<_>, Vec<_>) =
                of_realm.map(|name| (name.typed.as_str(), name.role.as_str())).unzip();
            let realm = format!("d{realm}.corp.example.com");
            client
                .execute("INSERT INTO wanted VALUES ($1, $2, $3)", &[&realm, &typed, &roles])
                .map_err(|e| said(&e))?;
        }
        execute(&mut client, "VACUUM ANALYZE")?;
        let count =
            "SELECT (SELECT count(*) FROM pg_authid) + (SELECT count(*) FROM pg_auth_members)";
        let items: i64 = client.query_one(count, &[]).map_err(|e| said(&e))?.get(0);
        Ok(items as f64)
    }
}
