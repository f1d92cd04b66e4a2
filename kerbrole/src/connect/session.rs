//! `target_session_attrs`: what a server has to be, or let a session do (the states
//! `CONNECTION_CHECK_…` of `PQconnectPoll` in src/interfaces/libpq/fe-connect.c).

use tokio_postgres::{Client, SimpleQueryMessage};

/// What is looked for among the hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby; where there is none among all of them, whoever answers.
    PreferStandby,
}

impl Target {
    /// What libpq calls it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "any" => Self::Any,
            "read-write" => Self::ReadWrite,
            "read-only" => Self::ReadOnly,
            "primary" => Self::Primary,
            "standby" => Self::Standby,
            "prefer-standby" => Self::PreferStandby,
            _ => return None,
        })
    }

    /// What the hosts are asked for, one round after the other.
    pub(crate) fn rounds(self) -> &'static [Self] {
        match self {
            Self::Any => &[Self::Any],
            Self::ReadWrite => &[Self::ReadWrite],
            Self::ReadOnly => &[Self::ReadOnly],
            Self::Primary => &[Self::Primary],
            Self::Standby => &[Self::Standby],
            Self::PreferStandby => &[Self::Standby, Self::Any],
        }
    }

    /// What is wrong with a server that let a session in, if anything is.
    pub(crate) async fn objection(
        self,
        client: &Client,
    ) -> Result<Option<&'static str>, tokio_postgres::Error> {
        if self == Self::Any {
            return Ok(None);
        }
        let answer = client
            .simple_query(
                "SELECT pg_catalog.pg_is_in_recovery(), \
                 pg_catalog.current_setting('default_transaction_read_only') \
                 OPERATOR(pg_catalog.=) 'on'",
            )
            .await?;
        let is = |column| {
            answer.iter().any(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(column) == Some("t"),
                _ => false,
            })
        };
        let (is_standby, is_read_only) = (is(0), is(0) || is(1));
        Ok(match self {
            Self::ReadWrite if is_read_only => Some("its sessions can only read"),
            Self::ReadOnly if !is_read_only => Some("its sessions can write"),
            Self::Primary if is_standby => Some("it is a standby"),
            Self::Standby | Self::PreferStandby if !is_standby => Some("it is no standby"),
            _ => None,
        })
    }
}
