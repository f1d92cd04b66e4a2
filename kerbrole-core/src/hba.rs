//! Which line of pg_hba.conf a login would meet first, and whether a ticket gets through it.
//!
//! The rules are those of `check_hba` in src/backend/libpq/hba.c and `pg_GSS_checkauth` in src/backend/libpq/auth.c, over what the views
//! pg_hba_file_rules and pg_ident_file_mappings show. These have lost which words were quoted: a database that is called `all` is taken for the keyword.

use std::net::IpAddr;

use crate::case::equal_ignoring_case;

/// A line of pg_hba.conf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HbaLine {
    /// Its number, from 1.
    pub number: u32,
    /// `local`, `host`, `hostssl`, `hostnossl`, `hostgssenc`, `hostnogssenc`.
    pub kind: String,
    /// Databases, as written.
    pub databases: Vec<String>,
    /// Users, as written.
    pub users: Vec<String>,
    /// `all`, `samehost`, `samenet`, a host name or an address.
    pub address: Option<String>,
    /// The mask of an address.
    pub netmask: Option<String>,
    /// `gss`, `reject`, …
    pub method: String,
    /// `include_realm=true`, `map=people`, … as the view shows them: with `include_realm=0` the option is not there.
    pub options: Vec<String>,
    /// Why the server cannot use the line.
    pub error: Option<String>,
}

/// A line of pg_ident.conf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentLine {
    /// Which map it is of.
    pub map: String,
    /// Whom it maps: a name, or `/` and a regular expression.
    pub system_user: String,
    /// The role.
    pub role: String,
}

/// A login as pg_hba.conf sees it.
pub struct Login<'l> {
    /// The database.
    pub database: &'l str,
    /// The role that is asked for, and the principal, which are called the same.
    pub role: &'l str,
    /// Whether the server ignores case when it compares them.
    pub caseins_users: bool,
    /// Whether the server can speak TLS.
    pub ssl: bool,
    /// The server's version: before 16 a `/`, and `+` and `all` on the right side of pg_ident.conf, are letters like others.
    pub major: u32,
    /// The lines of pg_ident.conf.
    pub ident: &'l [IdentLine],
    /// Whether the role is a member of a role of that name, through any chain.
    pub is_member: &'l dyn Fn(&str) -> bool,
    /// The groups of a regular expression in a text, as the server matches; `None` where it does not match.
    pub regex: &'l dyn Fn(&str, &str) -> Option<Vec<String>>,
}

/// What a login comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HbaVerdict {
    /// A line lets the ticket in. Those before it take some of its addresses.
    Passes {
        /// The line.
        line: HbaLine,
        /// Lines that come first for some addresses.
        narrowed_by: Vec<HbaLine>,
    },
    /// The first line that matches does not let the ticket in.
    Stopped {
        /// The line.
        line: HbaLine,
        /// Why.
        why: String,
    },
    /// No line matches.
    NoLine,
}

/// How a client may come. libpq tries GSSAPI encryption first where there is a ticket, then TLS, then neither; a login succeeds if one of them does.
#[derive(Clone, Copy, PartialEq)]
enum Transport {
    Gss,
    Tls,
    Plain,
}

impl Login<'_> {
    /// Finds the line that decides.
    pub fn verdict(&self, lines: &[HbaLine]) -> HbaVerdict {
        let transports = [Transport::Gss, Transport::Tls, Transport::Plain];
        let mut stopped = None;
        for transport in transports.into_iter().filter(|&t| t != Transport::Tls || self.ssl) {
            match self.over(transport, lines) {
                passes @ HbaVerdict::Passes { .. } => return passes,
                HbaVerdict::NoLine => {}
                other => stopped = stopped.or(Some(other)),
            }
        }
        stopped.unwrap_or(HbaVerdict::NoLine)
    }

    fn over(&self, transport: Transport, lines: &[HbaLine]) -> HbaVerdict {
        let mut before: Vec<&HbaLine> = Vec::new();
        let mut stopped = None;
        for line in lines.iter().filter(|line| line.error.is_none() && self.matches(line, transport)) {
            if !before.iter().any(|earlier| covers(earlier, line)) {
                match self.obstacle(line) {
                    None => {
                        let narrowed_by = before.into_iter().cloned().collect();
                        return HbaVerdict::Passes { line: line.clone(), narrowed_by };
                    }
                    Some(why) => stopped = stopped.or(Some(HbaVerdict::Stopped { line: line.clone(), why })),
                }
            }
            before.push(line);
        }
        stopped.unwrap_or(HbaVerdict::NoLine)
    }

    fn matches(&self, line: &HbaLine, transport: Transport) -> bool {
        let kind = match line.kind.as_str() {
            "host" => true,
            "hostssl" => transport == Transport::Tls,
            "hostnossl" => transport != Transport::Tls,
            "hostgssenc" => transport == Transport::Gss,
            "hostnogssenc" => transport != Transport::Gss,
            _ => false,
        };
        kind && line.databases.iter().any(|word| self.is_database(word))
            && line.users.iter().any(|word| self.is_user(word))
    }

    fn is_database(&self, word: &str) -> bool {
        match word {
            "all" => true,
            "sameuser" => self.database == self.role,
            "samerole" | "samegroup" => (self.is_member)(self.database),
            "replication" => false,
            _ => self.is_name(word, self.database),
        }
    }

    fn is_user(&self, word: &str) -> bool {
        match word.strip_prefix('+') {
            Some(group) => (self.is_member)(group),
            None => word == "all" || self.is_name(word, self.role),
        }
    }

    fn has_patterns(&self) -> bool {
        self.major >= 16
    }

    fn is_name(&self, word: &str, name: &str) -> bool {
        match word.strip_prefix('/').filter(|_| self.has_patterns()) {
            Some(pattern) => (self.regex)(pattern, name).is_some(),
            None => word == name,
        }
    }

    /// What keeps the ticket from getting through a line that matches.
    fn obstacle(&self, line: &HbaLine) -> Option<String> {
        if line.method != "gss" {
            return Some(match line.method.as_str() {
                "reject" => "it refuses everybody".into(),
                method => format!("it asks for {method}, not for a ticket"),
            });
        }
        let option = |name: &str| {
            line.options.iter().filter_map(|option| option.split_once('=')).find(|(key, _)| *key == name).map(|o| o.1)
        };
        let (user, realm) = self.role.rsplit_once('@').unwrap_or((self.role, ""));
        if let Some(wanted) = option("krb_realm")
            && !self.equal(wanted, realm)
        {
            return Some(format!("its krb_realm is {wanted}"));
        }
        let without_realm = option("include_realm") != Some("true");
        let system_user = if without_realm { user } else { self.role };
        match option("map") {
            Some(map) if !self.is_mapped(map, system_user) => {
                Some(format!("its map \"{map}\" in pg_ident.conf does not map {system_user} to the role"))
            }
            None if !self.equal(system_user, self.role) => {
                Some("include_realm=0 takes the realm from the principal, and the role has it in its name".into())
            }
            _ => None,
        }
    }

    fn equal(&self, a: &str, b: &str) -> bool {
        if self.caseins_users { equal_ignoring_case(a, b) } else { a == b }
    }

    fn is_mapped(&self, map: &str, system_user: &str) -> bool {
        self.ident.iter().filter(|line| line.map == map).any(|line| {
            let role = match line.system_user.strip_prefix('/') {
                Some(pattern) => {
                    let Some(groups) = (self.regex)(pattern, system_user) else { return false };
                    match groups.first() {
                        Some(first) => line.role.replacen("\\1", first, 1),
                        // The server takes no line whose role wants what the pattern has not got.
                        None if line.role.contains("\\1") => return false,
                        None => line.role.clone(),
                    }
                }
                None if self.equal(&line.system_user, system_user) => line.role.clone(),
                None => return false,
            };
            if !self.has_patterns() {
                return self.equal(&role, self.role);
            }
            match role.strip_prefix('+') {
                Some(group) => (self.is_member)(group),
                None if role == "all" => true,
                None => match role.strip_prefix('/') {
                    Some(pattern) => (self.regex)(pattern, self.role).is_some(),
                    None => self.equal(&role, self.role),
                },
            }
        })
    }
}

/// An address and a mask, as numbers of 128 bits; those of IPv4 have the family in the upper half.
fn network(line: &HbaLine) -> Option<(bool, u128, u128)> {
    let address: IpAddr = line.address.as_deref()?.parse().ok()?;
    let mask: IpAddr = line.netmask.as_deref()?.parse().ok()?;
    let bits = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    Some((address.is_ipv4(), bits(address) & bits(mask), bits(mask)))
}

/// Whether every address of `later` meets `earlier` first.
fn covers(earlier: &HbaLine, later: &HbaLine) -> bool {
    if earlier.address == later.address && earlier.netmask == later.netmask {
        return true;
    }
    match (network(earlier), network(later)) {
        _ if earlier.address.as_deref() == Some("all") => true,
        (Some((family, address, mask)), Some((other_family, other, other_mask))) => {
            family == other_family && mask & other_mask == mask && other & mask == address
        }
        _ => false,
    }
}

impl HbaLine {
    /// The line about as it was written: `line 4 (host all +rds_ad 10.0.0.0 255.0.0.0 gss include_realm=true)`.
    pub fn in_words(&self) -> String {
        let mut words = vec![self.kind.clone(), self.databases.join(","), self.users.join(",")];
        words.extend(self.address.clone());
        words.extend(self.netmask.clone());
        words.push(self.method.clone());
        words.extend(self.options.iter().cloned());
        format!("line {} ({})", self.number, words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `kind databases users address[/mask] method options…`
    fn lines(text: &str) -> Vec<HbaLine> {
        text.lines()
            .zip(1..)
            .map(|(line, number)| {
                let words: Vec<_> = line.split_whitespace().collect();
                let (address, netmask) = match words[3].split_once('/') {
                    Some((address, mask)) => (address, Some(mask.to_string())),
                    None => (words[3], None),
                };
                let list = |word: &str| word.split(',').map(String::from).collect();
                HbaLine {
                    number,
                    kind: words[0].into(),
                    databases: list(words[1]),
                    users: list(words[2]),
                    address: Some(address.into()),
                    netmask,
                    method: words[4].into(),
                    options: options(&words[5..]),
                    error: None,
                }
            })
            .collect()
    }

    /// As the view shows them.
    fn options(words: &[&str]) -> Vec<String> {
        let shown = words.iter().filter(|word| !word.starts_with("include_realm"));
        let realm = (!words.contains(&"include_realm=0")).then_some("include_realm=true");
        shown.copied().chain(realm).map(String::from).collect()
    }

    fn verdict_with(text: &str, caseins_users: bool, ssl: bool, ident: &[(&str, &str, &str)]) -> String {
        let ident: Vec<_> = ident
            .iter()
            .map(|(map, user, role)| IdentLine {
                map: map.to_string(),
                system_user: user.to_string(),
                role: role.to_string(),
            })
            .collect();
        let regex = |pattern: &str, text: &str| {
            let groups = regex::Regex::new(pattern).ok()?.captures(text)?;
            Some(groups.iter().skip(1).map(|group| group.map_or("", |g| g.as_str()).to_string()).collect())
        };
        let login = Login {
            database: "app",
            role: "alice@A.B",
            caseins_users,
            ssl,
            major: 17,
            ident: &ident,
            is_member: &|group| ["rds_ad", "team"].contains(&group),
            regex: &regex,
        };
        match login.verdict(&lines(text)) {
            HbaVerdict::Passes { line, narrowed_by } => {
                format!("{} passes, {} before it", line.number, narrowed_by.len())
            }
            HbaVerdict::Stopped { line, why } => format!("{}: {why}", line.number),
            HbaVerdict::NoLine => "no line".into(),
        }
    }

    fn verdict(text: &str) -> String {
        verdict_with(text, false, false, &[])
    }

    #[test]
    fn the_first_line_that_matches_decides() {
        assert_eq!(verdict("host all +rds_iam all reject\nhost all +rds_ad all gss"), "2 passes, 0 before it");
        assert_eq!(verdict("host all +team all reject\nhost all +rds_ad all gss"), "1: it refuses everybody");
        assert_eq!(
            verdict("host all all all scram-sha-256\nhost all all all gss"),
            "1: it asks for scram-sha-256, not for a ticket"
        );
        assert_eq!(
            verdict("local all all all trust\nhost other,postgres all all gss\nhost replication all all gss"),
            "no line"
        );
        assert_eq!(verdict("host app alice@A.B all gss"), "1 passes, 0 before it");
        assert_eq!(verdict("host sameuser all all gss"), "no line");
        assert_eq!(verdict("host /^a /^alice@ all gss"), "1 passes, 0 before it");
    }

    #[test]
    fn addresses_that_others_take_first() {
        let office = "host all all 10.1.0.0/255.255.0.0 reject\n";
        assert_eq!(verdict(&format!("{office}host all all all gss")), "2 passes, 1 before it");
        assert_eq!(verdict(&format!("{office}host all all 10.1.2.0/255.255.255.0 gss")), "1: it refuses everybody");
        assert_eq!(verdict(&format!("{office}host all all 10.0.0.0/255.0.0.0 gss")), "2 passes, 1 before it");
        assert_eq!(verdict(&format!("{office}host all all ::/:: gss")), "2 passes, 1 before it");
        assert_eq!(
            verdict("host all all all md5\nhost all all 10.0.0.0/255.0.0.0 gss"),
            "1: it asks for md5, not for a ticket"
        );
        assert_eq!(verdict("host all all db.example.com reject\nhost all all all gss"), "2 passes, 1 before it");
    }

    #[test]
    fn transports() {
        assert_eq!(verdict("hostssl all all all gss"), "no line");
        assert_eq!(verdict_with("hostssl all all all gss", false, true, &[]), "1 passes, 0 before it");
        assert_eq!(verdict("hostgssenc all all all reject\nhostnogssenc all all all gss"), "2 passes, 0 before it");
        assert_eq!(verdict("hostnossl all all all gss"), "1 passes, 0 before it");
    }

    #[test]
    fn options_of_gss() {
        assert_eq!(verdict("host all all all gss include_realm=1 krb_realm=A.B"), "1 passes, 0 before it");
        assert_eq!(verdict("host all all all gss krb_realm=C.D"), "1: its krb_realm is C.D");
        assert_eq!(verdict("host all all all gss krb_realm=a.b"), "1: its krb_realm is a.b");
        assert_eq!(verdict_with("host all all all gss krb_realm=a.b", true, false, &[]), "1 passes, 0 before it");
        assert!(verdict("host all all all gss include_realm=0").starts_with("1: include_realm=0"));
    }

    #[test]
    fn maps() {
        let map = |options: &str, caseins, ident: &[(&str, &str, &str)]| {
            verdict_with(&format!("host all all all gss {options}"), caseins, false, ident).starts_with("1 passes")
        };
        assert!(!map("map=m", false, &[]));
        assert!(map("map=m", false, &[("m", "alice@A.B", "alice@A.B")]));
        assert!(!map("map=m", false, &[("other", "alice@A.B", "alice@A.B"), ("m", "bob@A.B", "alice@A.B")]));
        assert!(map("map=m", false, &[("m", "/^(.*)@A.B$", "\\1@A.B")]));
        assert!(!map("map=m", false, &[("m", "/^(.*)@A.B$", "\\1")]));
        assert!(map("map=m include_realm=0", false, &[("m", "alice", "alice@A.B")]));
        assert!(!map("map=m", false, &[("m", "Alice@A.B", "alice@A.B")]));
        assert!(map("map=m", true, &[("m", "Alice@A.B", "alice@A.B")]));
        assert!(map("map=m", false, &[("m", "alice@A.B", "+team")]));
        assert!(map("map=m", false, &[("m", "alice@A.B", "all")]));
    }
}
