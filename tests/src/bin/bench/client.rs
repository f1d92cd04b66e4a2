//! What adding principals over the network costs: near and far, by either backend, and beside a script of CREATE USER and GRANT.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kerbrole_client::{AddOptions, Backend, Kerbrole};
use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::postgres_server::{MASTER, SUPERUSER, Server};
use kerbrole_tests::proxy::Proxy;
use kerbrole_tests::site::{Result, Site, run};
use kerbrole_tests::version::{Installation, wanted};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use crate::machine;

/// Principals over a link.
const OVER_A_LINK: usize = 10_000;

/// Principals beside a script.
const BESIDE_A_SCRIPT: usize = 5_000;

/// In each direction.
const DELAY: Duration = Duration::from_millis(20);

/// The report, as Markdown.
///
/// # Errors
/// When a server does not come up, or not all are there in the end.
pub(crate) fn measure(site: &'static Site) -> Result<String> {
    let kdc = Kdc::start(site, "CORP.EXAMPLE.COM")?;
    let mut report = format!(
        "# What adding principals over the network costs\n\n\
         Written by `make bench`, as the master user, an rds_superuser that is no superuser (with ADMIN on rds_ad for plain statements on 16 and later). Seconds, the roles counted\n\
         afterwards; a fresh cluster for each line, in portions of kerbrole-client's own size.\n\n\
         Machine: {}.\n\n",
        machine()?
    );
    report.push_str("| PostgreSQL | 10,000 principals by | on loopback | with 20 ms in each direction | difference |\n| --- | --- | --- | --- | --- |\n");
    for major in wanted()? {
        let installation = Arc::new(Installation::copy(site, major)?);
        for backend in [Backend::Extension, Backend::PlainSql] {
            let mut seconds = Vec::new();
            for delay in [Duration::ZERO, DELAY] {
                eprintln!("PostgreSQL {major}: {OVER_A_LINK} by {backend:?}, {delay:?}");
                let server =
                    fresh(site, &installation, &kdc, &format!("client-{major}-{backend:?}-{}", delay.as_millis()))?;
                let proxy = Proxy::start(&server, delay)?;
                seconds.push(add(&proxy, backend, OVER_A_LINK)?);
                count(&server, OVER_A_LINK)?;
                server.stop();
            }
            let _infallible = writeln!(
                report,
                "| {major} | {} | {:.2} | {:.2} | {:.2} |",
                called(backend),
                seconds[0],
                seconds[1],
                seconds[1] - seconds[0]
            );
        }
    }
    report.push_str(
        "\n| PostgreSQL | 5,000 principals by | seconds | of the script's time |\n| --- | --- | --- | --- |\n",
    );
    for major in wanted()? {
        let installation = Arc::new(Installation::copy(site, major)?);
        eprintln!("PostgreSQL {major}: {BESIDE_A_SCRIPT} by a script");
        let server = fresh(site, &installation, &kdc, &format!("script-{major}"))?;
        let script = script(site, &server)?;
        count(&server, BESIDE_A_SCRIPT)?;
        server.stop();
        let _infallible =
            writeln!(report, "| {major} | psql: `CREATE USER; GRANT` for each, one transaction | {script:.2} | 1 |");
        for backend in [Backend::PlainSql, Backend::Extension] {
            eprintln!("PostgreSQL {major}: {BESIDE_A_SCRIPT} by {backend:?}");
            let server = fresh(site, &installation, &kdc, &format!("beside-{major}-{backend:?}"))?;
            let proxy = Proxy::start(&server, Duration::ZERO)?;
            let seconds = add(&proxy, backend, BESIDE_A_SCRIPT)?;
            count(&server, BESIDE_A_SCRIPT)?;
            server.stop();
            let _infallible =
                writeln!(report, "| {major} | {} | {seconds:.2} | 1/{:.0} |", called(backend), script / seconds);
        }
    }
    Ok(report)
}

fn called(backend: Backend) -> &'static str {
    match backend {
        Backend::Extension => "kerbrole-client, extension",
        _ => "kerbrole-client, plain statements",
    }
}

fn fresh(site: &'static Site, installation: &Arc<Installation>, kdc: &Kdc, name: &str) -> Result<Server> {
    let server = Server::start(site, installation.clone(), kdc, name, &["autovacuum = off"])?;
    server.run_script("rds_roles.sql", "postgres", &[])?;
    let mut setup = "CREATE EXTENSION pg_kerbrole;".to_string();
    if server.major() >= 16 {
        setup.push_str(&format!("GRANT rds_ad TO {MASTER} WITH ADMIN OPTION"));
    }
    run(server.psql(SUPERUSER, "postgres").args(["-q", "-c", &setup]))?;
    Ok(server)
}

fn name(number: usize) -> String {
    format!("user{number}@corp.example.com")
}

/// Connecting and looking at the server included.
fn add(proxy: &Proxy, backend: Backend, principals: usize) -> Result<f64> {
    let names: Vec<_> = (0..principals).map(name).collect();
    let runtime = Runtime::new().map_err(|e| e.to_string())?;
    let start = Instant::now();
    runtime.block_on(async {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(proxy.port).user(MASTER).dbname("postgres");
        let (client, connection) = config.connect(NoTls).await.map_err(|e| e.to_string())?;
        tokio::spawn(connection);
        let builder = Kerbrole::<tokio_postgres::Client>::builder().backend(backend).accept_nesting(true);
        let kerbrole = builder.build(&client).await.map_err(|e| e.to_string())?;
        let work = kerbrole.bulk(names, AddOptions::new()).collect();
        work.await.map(drop).map_err(|e| format!("{e}: {:?}", e.detail()))
    })?;
    Ok(start.elapsed().as_secs_f64())
}

fn script(site: &Site, server: &Server) -> Result<f64> {
    let mut text = "BEGIN;\n".to_string();
    for number in 0..BESIDE_A_SCRIPT {
        let _infallible = writeln!(
            text,
            "CREATE USER \"user{number}@CORP.EXAMPLE.COM\"; GRANT rds_ad TO \"user{number}@CORP.EXAMPLE.COM\";"
        );
    }
    text.push_str("COMMIT;\n");
    let path = site.path().join("pairs.sql");
    fs::write(&path, text).map_err(|e| e.to_string())?;
    let start = Instant::now();
    run(server.psql(MASTER, "postgres").args(["-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&path))?;
    Ok(start.elapsed().as_secs_f64())
}

/// Makes sure that all are there, whole.
fn count(server: &Server, expected: usize) -> Result<()> {
    let query = "SELECT count(*) FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid WHERE m.roleid = 'rds_ad'::regrole AND r.rolcanlogin AND r.rolname LIKE 'user%@CORP.EXAMPLE.COM'";
    let output = run(server.psql(SUPERUSER, "postgres").args(["-At", "-c", query]))?;
    let found = kerbrole_tests::site::lossy(&output.stdout).trim().to_string();
    if found == expected.to_string() { Ok(()) } else { Err(format!("{found} principals, not {expected}")) }
}
