//! Prints who is in the groups that it is given: `read DOMAIN SERVER CREDENTIALS GROUP…`
//!
//! CREDENTIALS is `ticket`, or `USER=FILE` with the password in the file; the file of root
//! certificates is named by `CA_FILE`. A group that begins with `+` takes machines as well.

use std::process::ExitCode;

use kerbrole_directory::{Bind, Directory, Error, MappedGroup, Secret, read};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [domain, server, credentials, groups @ ..] = arguments.as_slice() else {
        eprintln!("usage: read DOMAIN SERVER ticket|USER=FILE GROUP...");
        return ExitCode::FAILURE;
    };
    match print(domain, server, credentials, groups).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{:?}: {error}", error.kind());
            if let Some(hint) = error.hint() {
                eprintln!("{hint}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn print(
    domain: &str,
    server: &str,
    credentials: &str,
    groups: &[String],
) -> Result<(), Error> {
    let bind = match credentials.split_once('=') {
        Some((user, file)) => Bind::simple(user, Secret::from_file(file)?),
        None => Bind::Kerberos,
    };
    let mut directory = Directory::new(domain, bind)?.server(server.parse()?);
    if let Some(file) = std::env::var_os("CA_FILE") {
        directory = directory.ca_file(file);
    }
    let mut mapped = Vec::new();
    for group in groups {
        let takes_machines = group.starts_with('+');
        let name = group.trim_start_matches('+').parse()?;
        mapped.push(MappedGroup::new(name).takes_machines(takes_machines));
    }
    let snapshot = read(&[directory], &mapped).await?;
    for domain in &snapshot.domains {
        println!("domain {} {} {}", domain.realm, domain.netbios, domain.sid);
    }
    for group in &snapshot.groups {
        println!("group {} {}", group.people, group.dn);
    }
    for (number, person) in snapshot.people.iter().enumerate() {
        let enabled = if person.enabled { "enabled" } else { "disabled" };
        println!("person {enabled} {:?} {}", person.groups, person.sam_account_name);
        for &group in &person.groups {
            let chain = snapshot.chain(number, group).unwrap_or_default();
            println!("  by {}", chain.join(" < "));
        }
    }
    for warning in &snapshot.warnings {
        println!("warning {warning}");
    }
    Ok(())
}
