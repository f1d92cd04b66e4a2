//! Passwords go to a server that is verified, and to no other.

use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslAcceptor, SslMethod};
use openssl::x509::X509;
use rasn_ldap::{AuthenticationChoice, BindResponse, LdapMessage, ProtocolOp, ResultCode};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_openssl::SslStream;

use super::model::{Kind, Thing, World, rows};
use crate::access_file::AccessFile;
use crate::clock::Clock;
use crate::directory::{Bind, Directory};
use crate::error::{Error, ErrorKind};
use crate::read::read;
use crate::secret::Secret;
use crate::snapshot::Snapshot;
use crate::wire::{Stream, Wire};

const PASSWORD: &str = "s3cret and unique";

/// How a server goes about TLS.
#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    Ldaps,
    /// By StartTLS.
    Start,
    /// StartTLS is refused.
    RefusesStart,
    /// What comes after StartTLS comes with the answer to it, before there is TLS.
    Injects,
    /// By `ldaps://`; the password is wrong.
    RefusesPassword,
    /// By `ldaps://`; nothing is said any more.
    Silent,
}

/// A server, and whatever came to it before or within TLS.
struct Played {
    port: u16,
    ca_file: NamedTempFile,
    heard: Arc<Mutex<Vec<u8>>>,
}

fn world() -> World {
    World::new(vec![Thing::group(0, &[1]), Thing::new(0, Kind::User)])
}

async fn play(how: How, name: &str) -> Played {
    let made = rcgen::generate_simple_self_signed(vec![name.to_string()]).unwrap();
    let mut ca_file = NamedTempFile::new().unwrap();
    ca_file.write_all(made.cert.pem().as_bytes()).unwrap();
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    let key = PKey::private_key_from_pem(made.signing_key.serialize_pem().as_bytes()).unwrap();
    acceptor.set_private_key(&key).unwrap();
    acceptor.set_certificate(&X509::from_pem(made.cert.pem().as_bytes()).unwrap()).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = heard.clone();
    drop(tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            if matches!(how, How::Start | How::RefusesStart | How::Injects)
                && !start(how, &mut tcp, &told).await
            {
                continue;
            }
            let mut tls = SslStream::new(Ssl::new(acceptor.context()).unwrap(), tcp).unwrap();
            if Pin::new(&mut tls).accept().await.is_err() {
                continue;
            }
            if how == How::Silent {
                let mut rest = Vec::new();
                let _until_it_hangs_up = tls.read_to_end(&mut rest).await;
                continue;
            }
            if how == How::RefusesPassword {
                refuse(tls, &told).await;
                continue;
            }
            let (sender, _receiver) = mpsc::unbounded_channel();
            world().server(0).serve(Box::new(tls), sender).await;
        }
    }));
    Played { port, ca_file, heard }
}

/// Answers the request for TLS; whether TLS begins.
async fn start(how: How, tcp: &mut TcpStream, told: &Mutex<Vec<u8>>) -> bool {
    let mut request = [0; 100];
    let count = tcp.read(&mut request).await.unwrap();
    told.lock().unwrap().extend(&request[..count]);
    // ExtendedResponse: success, or protocolError.
    let code = if how == How::RefusesStart { 2 } else { 0 };
    let mut answer = vec![0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, code, 4, 0, 4, 0];
    if how == How::Injects {
        answer.extend([0x30, 12, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0]);
    }
    tcp.write_all(&answer).await.unwrap();
    if how != How::Start {
        let mut rest = Vec::new();
        let _until_it_hangs_up = tcp.read_to_end(&mut rest).await;
        told.lock().unwrap().extend(rest);
        return false;
    }
    true
}

async fn refuse(tls: SslStream<TcpStream>, told: &Mutex<Vec<u8>>) {
    let hour = std::time::Duration::from_secs(3_600);
    let stream: Box<dyn Stream> = Box::new(tls);
    let mut wire = Wire::new(stream, Clock::new(hour, hour));
    let Ok(bytes) = wire.receive().await else { return };
    told.lock().unwrap().extend(&bytes);
    let request: LdapMessage = rasn::ber::decode(&bytes).unwrap();
    let ProtocolOp::BindRequest(bind) = request.protocol_op else { panic!("no login") };
    assert!(matches!(bind.authentication, AuthenticationChoice::Simple(_)));
    let said = "80090308: LdapErr: DSID-0C0903A9, data 533, v1db1";
    let code = ResultCode::InvalidCredentials;
    let response = BindResponse::new(code, "".into(), said.into(), None, None);
    let response = LdapMessage::new(request.message_id, ProtocolOp::BindResponse(response));
    let _gone = wire.send(&rasn::ber::encode(&response).unwrap()).await;
}

fn directory(servers: &[String], ca_file: &NamedTempFile) -> Directory {
    let bind = Bind::simple("reader@a.test", Secret::new(PASSWORD));
    let directory = Directory::new("a.test", bind).unwrap().ca_file(ca_file.path());
    servers.iter().fold(directory, |d, server| d.server(server.parse().unwrap()))
}

async fn reads(directory: Directory) -> Result<Snapshot, Error> {
    read(&[directory], &world().mapped(&[0])).await
}

impl Played {
    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.port)
    }

    fn heard_the_password(&self) -> bool {
        let heard = self.heard.lock().unwrap();
        heard.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes())
    }
}

#[tokio::test]
async fn a_server_that_is_verified_is_read_from() {
    for (how, scheme) in [(How::Ldaps, "ldaps"), (How::Start, "ldap")] {
        let played = play(how, "localhost").await;
        let snapshot = reads(directory(&[played.url(scheme)], &played.ca_file)).await.unwrap();
        assert_eq!(rows(&snapshot), world().naive(&[0]));
        assert_eq!(snapshot.domains[0].netbios, "A");
    }
}

#[tokio::test]
async fn another_certificate_and_another_name_are_refused() {
    let other = play(How::Ldaps, "localhost").await;
    for (how, scheme) in [(How::Ldaps, "ldaps"), (How::Start, "ldap")] {
        let played = play(how, "localhost").await;
        let error = reads(directory(&[played.url(scheme)], &other.ca_file)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
        let played = play(how, "elsewhere.test").await;
        let error = reads(directory(&[played.url(scheme)], &played.ca_file)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
        assert!(error.to_string().contains("localhost"), "{error}");
    }
}

#[tokio::test]
async fn without_tls_no_password_is_sent() {
    for (how, kind) in [(How::RefusesStart, ErrorKind::Tls), (How::Injects, ErrorKind::Protocol)] {
        let played = play(how, "localhost").await;
        let error = reads(directory(&[played.url("ldap")], &played.ca_file)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(!played.heard.lock().unwrap().is_empty());
        assert!(!played.heard_the_password());
    }
}

#[tokio::test]
async fn what_is_not_allowed_is_refused_before_anybody_is_asked() {
    let ca_file = NamedTempFile::new().unwrap();
    let of = |user: &str, password: &str| {
        let bind = Bind::simple(user, Secret::new(password));
        Directory::new("a.test", bind).unwrap().server("ldaps://nowhere.invalid".parse().unwrap())
    };
    for directory in [
        of("reader", ""),
        of("", PASSWORD),
        directory(&[], &ca_file),
        Directory::new("a.test", Bind::Kerberos)
            .unwrap()
            .server("ldaps://nowhere.invalid".parse().unwrap()),
    ] {
        let error = reads(directory).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
    }
}

#[tokio::test]
async fn the_next_server_is_tried_unless_the_password_is_refused() {
    let good = play(How::Ldaps, "localhost").await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let closed = format!("ldaps://localhost:{closed}");
    let both = directory(&[closed.clone(), good.url("ldaps")], &good.ca_file);
    let snapshot = reads(both).await.unwrap();
    assert_eq!(snapshot.domains[0].server, good.url("ldaps"));

    let refusing = play(How::RefusesPassword, "localhost").await;
    let servers = [closed, refusing.url("ldaps"), good.url("ldaps")];
    let error = reads(directory(&servers, &refusing.ca_file)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(error.to_string().contains("the user is disabled"), "{error}");
    assert!(refusing.heard_the_password());
    assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
}

/// By the access file. How long it took is not looked at: the message says which limit it was.
#[tokio::test]
async fn a_silent_server_is_waited_for_as_long_as_the_file_says() {
    let played = play(How::Silent, "localhost").await;
    let password = NamedTempFile::new().unwrap();
    std::fs::write(password.path(), PASSWORD).unwrap();
    for (limit, said) in [
        ("read_timeout = \"300ms\"", "the time limit of 0.3 s for one step is over"),
        ("total_timeout = \"400ms\"", "the time limit of 0.4 s for all of it is over"),
        ("read_timeout = 600\ntotal_timeout = 1", "the time limit of 1 s for all of it is over"),
    ] {
        let text = format!(
            "version = 1\n[directories.\"a.test\"]\nservers = [\"{}\"]\nca_file = {:?}\n\
             bind_user = \"reader@a.test\"\npassword_file = {:?}\n[[access]]\n\
             group = 'A\\x'\nroles = []\n[limits]\n{limit}\n",
            played.url("ldaps"),
            played.ca_file.path(),
            password.path(),
        );
        let file = AccessFile::parse(&text, std::path::Path::new("")).unwrap();
        let error = file.snapshot().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error:?}");
        assert!(error.to_string().contains(said), "{limit}: {error}");
    }
}

#[test]
fn reading_can_be_handed_to_another_thread() {
    fn can_be_sent<T: Send>(_: &T) {}
    can_be_sent(&read(&[], &[]));
}
