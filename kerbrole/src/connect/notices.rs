//! What a server says beside its answers.

use std::future::poll_fn;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Connection};

use crate::output::tell;

/// Keeps a connection going in the background; `aloud`: and says what the server says beside its
/// answers, before them.
pub(super) fn serve<S, T>(mut connection: Connection<S, T>, aloud: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notice(notice) = message
                && aloud
            {
                tell(&in_lines(&notice));
            }
        }
    });
}

fn in_lines(notice: &DbError) -> String {
    let mut text = format!("{}:  {}", notice.severity(), notice.message());
    for (label, more) in [("DETAIL", notice.detail()), ("HINT", notice.hint())] {
        if let Some(more) = more {
            text.push_str(&format!("\n{label}:  {more}"));
        }
    }
    text
}
