//! krb5.conf: as MIT Kerberos reads it, and as it is printed here.

use std::fs;
use std::path::{Path, PathBuf};

use kerbrole_fuzz::{Corpus, Oracle, fuzz, inputs};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::arguments::Krb5ConfArguments;
use crate::commands::doctor::host_realm::{HostRealm, host_realm};
use crate::commands::doctor::profile::{Profile, Unread};
use crate::commands::krb5_conf;
use crate::output::Shown;

const WORDS: &[&str] = &[
    "[libdefaults]\n",
    "[realms]\n",
    "[realms]*\n",
    "[domain_realm]\n",
    "default_realm = A.B\n",
    "rdns* = 1\n",
    "A.B = {\n",
    "A.B =\n{\n",
    "kdc = x\n",
    "kdc* = y\n",
    "}\n",
    "}*\n",
    "{",
    "}",
    "[",
    "]",
    "=",
    "*",
    "#",
    ";",
    "\"",
    "\\",
    "\\n",
    " ",
    "\t",
    "\u{b}",
    "\r\n",
    "\n",
    "include FOLDER/more\n",
    "include FOLDER/main\n",
    "includedir FOLDER/parts\n",
    "module FOLDER/x:y\n",
    "=== more\n",
    "=== other\n",
    "=== parts/one.conf\n",
    "\u{feff}",
    "é",
];

/// The files of an input: what comes after a line `=== NAME` is in that one, what comes before the
/// first such line in `main`. Each with the number of its lines, and how long the longest is.
fn write(folder: &Path, input: &str) -> Vec<(PathBuf, usize, usize)> {
    let _was_there = fs::remove_dir_all(folder);
    fs::create_dir_all(folder.join("parts")).unwrap();
    let mut files = vec![("main", String::new())];
    for line in input.split_inclusive('\n') {
        let names = ["more", "other", "parts/one.conf", "parts/.two.conf", "parts/three"];
        let name = line.strip_prefix("=== ").map(str::trim_end);
        match names.into_iter().find(|known| name == Some(known)) {
            Some(name) => {
                // One that comes again goes on.
                let at = files.iter().position(|(known, _)| *known == name);
                let file = at.map_or((name, String::new()), |at| files.remove(at));
                files.push(file);
            }
            None => files.last_mut().unwrap().1.push_str(line),
        }
    }
    files
        .iter()
        .map(|(name, text)| {
            let text = text.replace("FOLDER", &folder.display().to_string());
            fs::write(folder.join(name), &text).unwrap();
            let longest = text.lines().map(str::len).max().unwrap_or(0);
            (folder.join(name), text.split('\n').count(), longest)
        })
        .collect()
}

/// What may be said of these: sections, blocks and relations of the corpus.
fn paths() -> Vec<Vec<&'static str>> {
    let defaults = ["default_realm", "dns_lookup_kdc", "rdns", "kdc", "A.B", "include", "="];
    let of_realm = ["kdc", "admin_server", "A.B", "rdns"];
    let domains = [".corp.example.com", "db.example.com", ".b", "kdc"];
    let mut all: Vec<Vec<&str>> = Vec::new();
    for section in ["libdefaults", "realms", "domain_realm"] {
        all.extend(defaults.iter().chain(&domains).map(|name| vec![section, name]));
        all.extend(of_realm.iter().map(|name| vec![section, "A.B", name]));
        all.push(vec![section, "CORP.EXAMPLE.COM", "kdc"]);
        all.push(vec![section, "A.B", "A.B", "kdc"]);
    }
    all
}

/// What MIT finds at each of the paths; `Err` where it takes none of the files. Nothing where it
/// cannot be asked.
type Found = Result<Vec<Vec<String>>, ()>;
fn by_mit(oracle: &Oracle, list: &str, paths: &[Vec<&str>]) -> Option<Found> {
    let mut question = [list.as_bytes(), b"\0"].concat();
    for path in paths {
        path.iter().for_each(|name| question.extend([name.as_bytes(), b"\0"].concat()));
        question.push(0);
    }
    let answer = oracle.ask(&question)?;
    let mut texts = answer.split(|&byte| byte == 0).map(String::from_utf8_lossy);
    if texts.next()? != "yes" {
        return Some(Err(()));
    }
    let mut values = || {
        let count = texts.next()?.parse().ok()?;
        (0..count).map(|_| texts.next().map(Into::into)).collect()
    };
    paths.iter().map(|_| values()).collect::<Option<Vec<_>>>().map(Ok)
}

#[test]
fn values_are_those_that_mit_finds() {
    let oracle = Oracle::find("profile");
    let corpus = Corpus::read(env!("CARGO_MANIFEST_DIR"), "krb5-conf", WORDS);
    let folder = std::env::temp_dir().join(format!("kerbrole-krb5-conf-{}", std::process::id()));
    let paths = paths();
    inputs(&corpus, "values", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let files = write(&folder, &text);
        let other = folder.join("other");
        let main = folder.join("main").display().to_string();
        let list = if other.exists() { format!("{main}:{}", other.display()) } else { main };
        let read = Profile::read(&list);
        match &read {
            Err(Unread::Wrong(what)) => {
                // Each line that is named is one of a file that is named before it.
                for (at, found) in what.match_indices(", line ") {
                    let digits = what[at + found.len()..].chars().take_while(char::is_ascii_digit);
                    let line: usize = digits.collect::<String>().parse().unwrap();
                    let named = Path::new(what[..at].rsplit(' ').next().unwrap());
                    let file = files.iter().find(|(path, ..)| path == named);
                    let lines = file.map(|(_, lines, _)| *lines);
                    prop_assert!(lines.is_some_and(|count| (1..=count).contains(&line)), "{what}");
                }
                // What is said of a line for each file on the way, which are as many as may include
                // each other.
                let longest = files.iter().map(|(_, _, longest)| longest).max().unwrap();
                let of_line = longest + 2 * folder.as_os_str().len() + 200;
                prop_assert!(what.len() < 18 * of_line, "{what}");
            }
            Ok(_) | Err(Unread::Missing(_) | Unread::Module(_)) => {}
        }
        let Some(oracle) = &oracle else { return Ok(()) };
        // It reads lines of 2047 bytes, up to a zero; it follows files that include themselves
        // until its stack is used up; and a module it would load.
        let is_endless = matches!(&read, Err(Unread::Wrong(what)) if what.contains("without end")
            || what.contains("that is file number"));
        if is_endless
            || matches!(read, Err(Unread::Module(_)))
            || text.contains("module")
            || text.contains('\0')
            || text.lines().any(|line| line.len() > 1_900)
        {
            return Ok(());
        }
        match (read, by_mit(oracle, &list, &paths)) {
            (_, None) => {}
            (Ok(profile), Some(Ok(found))) => {
                for (path, values) in paths.iter().zip(found) {
                    prop_assert_eq!(profile.values(path), values, "{:?}", path);
                }
            }
            (Ok(_), Some(Err(()))) => prop_assert!(false, "MIT takes none of it"),
            (Err(unread), Some(found)) => prop_assert!(found.is_err(), "{unread:?}: {found:?}"),
        }
        Ok(())
    });
    let _was_there = fs::remove_dir_all(folder);
}

fuzz! {
    "krb5-conf";

    /// Whatever can be said on the command line, the file says the same when it is read.
    #[test]
    fn what_is_printed_is_read(
        realm in "[a-cA-C]{1,2}\\.[a-c]{1,2}",
        kdc in vec("[a-d]{1,3}(\\.[a-d]{1,2})?(:88)?|10\\.0\\.0\\.[1-3]|fd00::[1-3]", 0..4),
        trusted in "[d-f]{1,2}\\.[d-f]{1,2}",
        of_trusted in vec("[a-d]{1,3}(:88)?", 0..3),
        rds in any::<bool>(),
        endpoint in vec("\\.?[g-i]{1,2}\\.[G-I]{1,2}\\.?", 0..3),
    ) {
        let arguments = Krb5ConfArguments {
            realm: realm.clone(),
            kdc: kdc.clone(),
            trust: vec![format!("{trusted}={}", of_trusted.join(","))],
            rds,
            endpoint: endpoint.clone(),
        };
        let Ok(Shown::Text(text)) = krb5_conf::run(&arguments) else {
            return Err(TestCaseError::fail("it is refused"));
        };
        let name = format!("kerbrole-krb5-conf-printed-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, &text).unwrap();
        let profile = Profile::read(&path.display().to_string()).unwrap();
        fs::remove_file(&path).unwrap();
        let (realm, trusted) = (realm.to_uppercase(), trusted.to_uppercase());
        prop_assert_eq!(profile.value(&["libdefaults", "default_realm"]), Some(&*realm));
        for (realm, kdcs) in [(&realm, &kdc), (&trusted, &of_trusted)] {
            let mut wanted: Vec<String> = Vec::new();
            for kdc in kdcs {
                let kdc = if kdc.starts_with("fd") { format!("[{kdc}]") } else { kdc.clone() };
                if !wanted.contains(&kdc) {
                    wanted.push(kdc);
                }
            }
            prop_assert_eq!(profile.values(&["realms", realm, "kdc"]), wanted);
        }
        let by_dns = kdc.is_empty() || of_trusted.is_empty();
        prop_assert_eq!(profile.is_on(&["libdefaults", "dns_lookup_kdc"]), Some(by_dns));
        let is_of = |host: &str, realm: &str| {
            matches!(host_realm(&profile, host), HostRealm::Rule { realm: its, .. } if its == realm)
        };
        for endpoint in &endpoint {
            let host = match endpoint.strip_prefix('.') {
                Some(domain) => format!("x.{domain}"),
                None => endpoint.clone(),
            };
            prop_assert!(is_of(&host, &realm), "{host}: {text}");
        }
        prop_assert!(is_of(&format!("x.{}", realm.to_lowercase()), &realm), "{text}");
        prop_assert!(is_of(&trusted.to_lowercase(), &trusted), "{text}");
        prop_assert_eq!(is_of("db.x.eu-1.rds.amazonaws.com", &realm), rds);
        prop_assert_eq!(profile.value(&["capaths", &trusted, &realm]), Some("."));
    }
}
