//! The tool against a PostgreSQL of its own for each test: `cargo test`, with a Docker engine and
//! the images of `make docker`.
//!
//! `PG_MAJOR=17` tries that version.

use std::env;
use std::error::Error;

use kerbrole_client::ErrorKind;
use onboarding::onboard;
use testcontainers::core::{IntoContainerPort, WaitFor, wait::HealthWaitStrategy};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, CopyDataSource, GenericImage, ImageExt};
use tokio_postgres::{Client, NoTls};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const PASSWORD: &str = "of the master user";

/// Groups with the rights that they have in production; one leads to rds_iam. As the superuser,
/// whom nobody is from outside.
const GROUPS: &str = "psql -v ON_ERROR_STOP=1 -U rdsadmin -d postgres <<'SQL'
CREATE ROLE analysts;
GRANT analysts TO postgres WITH ADMIN OPTION;
CREATE ROLE reports IN ROLE rds_iam;
SQL
";

/// A server that goes when this is dropped, and a connection of the master user, who is no
/// superuser, as on RDS.
struct Database {
    _container: ContainerAsync<GenericImage>,
    client: Client,
}

impl Database {
    async fn start(extension: &str) -> Result<Self> {
        let family = env::var("KERBROLE_IMAGES").unwrap_or_else(|_| "kerbrole".into());
        let major = env::var("PG_MAJOR").unwrap_or_else(|_| "15".into());
        let container = GenericImage::new(format!("{family}/postgres"), major)
            .with_exposed_port(5432.tcp())
            // The image's own check: it fails until everything is there, init scripts included.
            .with_wait_for(WaitFor::Healthcheck(HealthWaitStrategy::new()))
            .with_env_var("POSTGRES_PASSWORD", PASSWORD)
            .with_env_var("KERBROLE_REALM", "CORP.EXAMPLE.COM")
            .with_env_var("KERBROLE_EXTENSION", extension)
            .with_copy_to(
                "/docker-entrypoint-initdb.d/groups.sh",
                CopyDataSource::Data(GROUPS.into()),
            )
            .start()
            .await?;
        let (host, port) = (container.get_host().await?, container.get_host_port_ipv4(5432).await?);
        let (client, connection) = tokio_postgres::Config::new()
            .host(host.to_string())
            .port(port)
            .user("postgres")
            .password(PASSWORD)
            .dbname("postgres")
            .connect(NoTls)
            .await?;
        tokio::spawn(connection);
        Ok(Self { _container: container, client })
    }

    /// Who may log in with a ticket, and is in the group.
    async fn people_of(&self, group: &str) -> Result<Vec<String>> {
        let people = "SELECT rolname::text FROM pg_roles r \
             WHERE rolcanlogin AND rolname LIKE '%@%' AND pg_has_role(oid, 'rds_ad', 'MEMBER') \
             AND pg_has_role(oid, $1::text::name, 'MEMBER') ORDER BY 1";
        Ok(self.client.query(people, &[&group]).await?.iter().map(|row| row.get(0)).collect())
    }
}

/// What holds on a server with the extension and on one without.
async fn newcomers_get_their_roles(database: &Database) -> Result {
    let new = onboard(
        &database.client,
        "analysts",
        &["alice@corp.example.com", "o'brien@corp.example.com"],
    )
    .await?;
    assert_eq!(new, ["alice@CORP.EXAMPLE.COM", "o'brien@CORP.EXAMPLE.COM"]);
    // Whoever is there already is no newcomer.
    let new =
        onboard(&database.client, "analysts", &["alice@corp.example.com", "bob@corp.example.com"])
            .await?;
    assert_eq!(new, ["bob@CORP.EXAMPLE.COM"]);
    let people = database.people_of("analysts").await?;
    assert_eq!(
        people,
        ["alice@CORP.EXAMPLE.COM", "bob@CORP.EXAMPLE.COM", "o'brien@CORP.EXAMPLE.COM"]
    );
    Ok(())
}

async fn a_department_that_leads_to_rds_iam_is_refused(database: &Database) -> Result {
    let refused =
        onboard(&database.client, "reports", &["carol@corp.example.com", "dave@corp.example.com"])
            .await;
    let error = refused.err().ok_or("it was not refused")?;
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let anybody = "SELECT count(*) FROM pg_roles WHERE rolname ~ '^(carol|dave)@'";
    assert_eq!(database.client.query_one(anybody, &[]).await?.get::<_, i64>(0), 0);
    Ok(())
}

#[tokio::test]
async fn with_the_extension() -> Result {
    let database = Database::start("on").await?;
    newcomers_get_their_roles(&database).await?;
    a_department_that_leads_to_rds_iam_is_refused(&database).await
}

/// As on RDS, where no such extension can be installed.
#[tokio::test]
async fn by_plain_statements() -> Result {
    let database = Database::start("off").await?;
    newcomers_get_their_roles(&database).await?;
    a_department_that_leads_to_rds_iam_is_refused(&database).await
}
