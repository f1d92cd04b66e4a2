//! A server that the KDC does not know by the name that is asked for: whether it knows it by
//! another one.

use tokio_postgres_gssapi::{Credentials, ServiceName};

use super::super::finding::{Finding, wrong};
use super::super::host_realm::cleaned;
use super::asking::{Request, within};
use super::what;

/// A name that the server might have.
struct Other {
    /// With its realm.
    principal: String,
    /// What makes a login ask for it.
    fix: String,
}

/// Asks for the server by each name that it might have. `said` is what the KDC says.
pub(super) async fn of(request: &Request<'_>, said: String) -> Finding {
    let credentials = Credentials::default();
    for other in others(request) {
        let name = ServiceName::principal(&other.principal);
        let ticket = credentials.service_ticket(&name);
        if within(request.questions.timeout, ticket).await.is_ok() {
            let result = format!("{said}; it is there as {}", other.principal);
            return wrong(what(request.host), result, other.fix);
        }
    }
    let fix = format!(
        "connect by the name that the directory has, or add this one to the server's account, \
         once: setspn -S {} ACCOUNT, or kadmin addprinc; and its key to the server's keytab",
        request.name
    );
    wrong(what(request.host), said, fix)
}

fn others(request: &Request<'_>) -> Vec<Other> {
    let realm = request.realm();
    let asked_about = request.questions.realm.as_str();
    let host = request.name.split_once('/').map_or("", |(_, host)| host);
    let mut others = Vec::new();
    let typed = request.as_typed();
    if typed != request.name {
        others.push(Other {
            principal: format!("{typed}@{realm}"),
            fix: "dns_canonicalize_hostname = false in [libdefaults], which leaves the name as it \
                  is typed"
                .into(),
        });
    }
    if realm != asked_about {
        others.push(Other {
            principal: format!("{}@{asked_about}", request.name),
            fix: format!("{} = {asked_about} in [domain_realm]", cleaned(host)),
        });
    }
    let (short, domain) = host.split_once('.').unwrap_or((host, ""));
    let other_host = match domain {
        "" => format!("{short}.{}", realm.to_ascii_lowercase()),
        _ => short.into(),
    };
    others.push(Other {
        principal: format!("{}/{other_host}@{realm}", request.service),
        fix: format!(
            "connect to {other_host}, or add the name: setspn -S {} ACCOUNT, or kadmin addprinc",
            request.name
        ),
    });
    // How servers on Windows were called once, which a KDC that looks at case tells apart.
    for class in ["postgres", "POSTGRES"].into_iter().filter(|class| *class != request.service) {
        others.push(Other {
            principal: format!("{class}/{host}@{realm}"),
            fix: format!(
                "krbsrvname={class} at the client, or add {} to the account",
                request.name
            ),
        });
    }
    others
}
