//! A small server over HTTP: what is known of the database server is kept in its state, and each
//! request works over a connection that the pool lends.
//!
//! ```sh
//! cargo run --example web -- "host=localhost user=rds_master dbname=postgres" 127.0.0.1:8080
//! curl -d '{"principal":"alice@corp.example.com"}' -H 'content-type: application/json' \
//!     http://127.0.0.1:8080/principals
//! ```
//!
//! It asks nobody who they are: put it behind something that does.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use deadpool_postgres::{Manager, Pool, PoolError};
use kerbrole_client::{
    AddOptions, Builder, DropOptions, Dropped, Error, ErrorKind, Handle, Sessions,
};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

/// What every request gets: cheap to clone, and without a connection of its own.
#[derive(Clone)]
struct App {
    pool: Pool,
    handle: Handle,
}

#[tokio::main]
async fn main() {
    if let Err(error) = work().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn work() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().ok_or("give a connection string")?;
    let address = arguments.next().ok_or("give an address to listen on")?;
    let pool = Pool::builder(Manager::new(server.parse()?, NoTls)).max_size(4).build()?;
    // The server is looked at once.
    let handle = Builder::new().handle(&**pool.get().await?).await?;
    let app = Router::new()
        .route("/principals", get(list).post(add))
        .route("/principals/{principal}", get(check).delete(remove))
        .route("/principals/{principal}/disable", post(disable))
        .with_state(App { pool, handle });
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn list(State(app): State<App>) -> Result<Json<Value>, Failure> {
    let client = app.pool.get().await?;
    let listed = app.handle.on(&**client).list_principals().await?;
    let one = |principal: kerbrole_client::ListedPrincipal| {
        json!({
            "role_name": principal.role_name,
            "can_login": principal.can_login,
            "groups": principal.groups,
        })
    };
    Ok(Json(listed.into_iter().map(one).collect()))
}

async fn add(
    State(app): State<App>,
    Json(wanted): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let client = app.pool.get().await?;
    let principal = wanted["principal"].as_str().unwrap_or_default();
    let groups = wanted["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let options = groups.fold(AddOptions::new(), AddOptions::group);
    let role_name = app.handle.on(&**client).add_principal(principal, None, &options).await?;
    Ok((StatusCode::CREATED, Json(json!({ "role_name": role_name }))))
}

async fn check(
    State(app): State<App>,
    Path(principal): Path<String>,
) -> Result<Json<Value>, Failure> {
    let client = app.pool.get().await?;
    let checks = app.handle.on(&**client).check_principal(&principal, None).await?;
    let wrong = checks.into_iter().filter(|check| check.ok == Some(false) && !check.is_skipped());
    Ok(Json(wrong.map(|check| json!({"check": check.name, "detail": check.detail})).collect()))
}

async fn disable(
    State(app): State<App>,
    Path(principal): Path<String>,
) -> Result<Json<Value>, Failure> {
    let client = app.pool.get().await?;
    let role_name =
        app.handle.on(&**client).disable_principal(&principal, None, Sessions::Terminate).await?;
    Ok(Json(json!({ "role_name": role_name })))
}

async fn remove(
    State(app): State<App>,
    Path(principal): Path<String>,
) -> Result<Json<Value>, Failure> {
    let client = app.pool.get().await?;
    let kerbrole = app.handle.on(&**client);
    let outcome = match kerbrole.drop_principal(&principal, None, &DropOptions::new()).await? {
        Dropped::Dropped(name) => json!({"role_name": name, "outcome": "dropped"}),
        Dropped::OnlyDisabled { role_name, kept_by } => {
            json!({"role_name": role_name, "outcome": "disabled", "kept_by": kept_by})
        }
        _ => json!({"outcome": "absent"}),
    };
    Ok(Json(outcome))
}

/// Why a request was not answered.
enum Failure {
    Kerbrole(Error),
    Pool(PoolError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Kerbrole(error)
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Pool(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, error) = match &self {
            Self::Kerbrole(error) => (
                status(error.kind()),
                json!({
                    "kind": format!("{:?}", error.kind()),
                    "message": error.to_string(),
                    "detail": error.detail(),
                    "hint": error.hint(),
                    "can_be_repeated": error.is_retryable(),
                }),
            ),
            // What the pool says may name the server, which is nobody's business but the log's.
            Self::Pool(error) => {
                eprintln!("{error}");
                let said = json!({"kind": "Pool", "message": "no connection"});
                (StatusCode::SERVICE_UNAVAILABLE, said)
            }
        };
        (status, Json(json!({ "error": error }))).into_response()
    }
}

fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::InvalidName => StatusCode::BAD_REQUEST,
        ErrorKind::AlreadyExists
        | ErrorKind::Conflict
        | ErrorKind::InUse
        | ErrorKind::OwnsObjects
        | ErrorKind::TooManyRemovals
        | ErrorKind::PlanChanged => StatusCode::CONFLICT,
        ErrorKind::Privilege | ErrorKind::WouldNest | ErrorKind::SessionsLeft => {
            StatusCode::FORBIDDEN
        }
        ErrorKind::Concurrent | ErrorKind::ReadOnly | ErrorKind::Connection => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
