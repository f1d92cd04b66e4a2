//! A tool of somebody's: who joins the company gets a role, and a group by department.

use kerbrole_client::{AddAction, AddOptions, Error, Kerbrole};
use tokio_postgres::Client;

/// Gives each of a department's people a role in its group, and returns the names that they log in
/// as.
///
/// # Errors
/// When one of them cannot have it; then nobody got one.
pub async fn onboard(
    client: &Client,
    department: &str,
    people: &[&str],
) -> Result<Vec<String>, Error> {
    // Those who moved within the company have a role already.
    let options = AddOptions::new().group(department).if_not_exists(true);
    let added = Kerbrole::new(client).await?.add_principals(people, &options).await?;
    Ok(added
        .into_iter()
        .filter(|person| person.action != AddAction::Unchanged)
        .map(|person| person.role_name.into())
        .collect())
}
