//! `kerbrole sync --from --watch`: stays, and carries out what changes in the directories.
//!
//! One thing goes on at a time with the directories, and beside it work on any number of servers.
//! A server that takes long, or does not answer, keeps neither them nor another server waiting.

mod log;
mod losses;
mod schedule;
mod server;
mod service;
mod sessions;
mod signals;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use kerbrole_client::Access;
use kerbrole_directory::{AccessFile, Lookout};
use tokio::sync::watch as flag;
use tokio_postgres::Client;

use self::log::{About, Log};
use self::losses::Losses;
use self::schedule::{Due, Saw, Schedule};
use self::server::{Ended, Outcome as AtServer, Task, at_server};
use self::signals::{Signal, Signals};
use super::MayAsk;
use super::places::described;
use super::wanted::wanted;
use crate::arguments::{Format, Options, SyncArguments};
use crate::commands::directory::Read;
use crate::connect::conninfo::{Connection, Given};
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::output::{Form, Shown};

/// How long a call that runs when it is to end may take to come to its own end.
const GRACE: Duration = Duration::from_secs(30);

/// How long a file that has changed has to stay as it is.
const SETTLING: Duration = Duration::from_secs(1);

/// What was read, and what is done by it.
struct Round {
    file: Rc<AccessFile>,
    access: Rc<Access>,
    servers: Vec<(Option<String>, Given)>,
    warnings: Vec<String>,
    lookout: Option<Lookout>,
}

/// What is done with the directories.
enum Asked {
    Read(Result<Round, (About, Failure)>),
    Look(Lookout, Result<bool, kerbrole_directory::Error>),
}

type Asking<'w> = Pin<Box<dyn Future<Output = Asked> + 'w>>;

/// Stays until a signal ends it.
pub(crate) async fn watch(
    is_sync: bool,
    arguments: &SyncArguments,
    options: &Options,
    connect: &impl AsyncFn(Connection, MayAsk) -> Result<Client, Failure>,
) -> Outcome {
    refuse(is_sync, arguments, options)?;
    let from = arguments.from.as_deref().unwrap_or(Path::new(""));
    // Before anything is done: a signal that comes now ends it as well.
    let signals = Signals::listen().map_err(Failure::Runtime)?;
    let file = read_file(from)?;
    described(&file, options)?;
    let log = Log::new(Form::of(&options.general), options.general.quiet);
    let interval = arguments.interval;
    log.notice(&format!("watching, by {}, every {interval}", from.display()));
    let (stop, _) = flag::channel(false);
    let watcher = Watcher {
        from: from.into(),
        file: Rc::new(file),
        options,
        connect,
        schedule: Schedule::new(interval.length(), Instant::now()),
        log,
        stop,
        lookout: None,
        losses: Losses::new(interval.length()),
    };
    service::ready();
    watcher.run(signals).await
}

/// What cannot be meant together.
fn refuse(is_sync: bool, arguments: &SyncArguments, options: &Options) -> Result<(), Failure> {
    let usage = |text: &str| Err(Failure::usage(text.into()));
    if !is_sync {
        return usage("--watch carries out what it finds: it is for kerbrole sync");
    }
    if arguments.from.is_none() {
        return usage("--watch goes by an access file: say which, with --from");
    }
    if !arguments.yes {
        return usage(
            "--watch carries out what it finds, and nobody is asked: say --yes too (or look \
             first, with --dry-run)",
        );
    }
    if options.server.ask_password {
        return usage(
            "-W asks for a password once, and --watch connects again and again: put it into \
             ~/.pgpass",
        );
    }
    match options.general.form() {
        Format::Table | Format::Wide | Format::Json => Ok(()),
        _ => usage("with --watch there are lines for people, or with --format json for programs"),
    }
}

fn read_file(from: &Path) -> Result<AccessFile, Failure> {
    AccessFile::read(from).map_err(|error| Failure::usage(error.to_string()))
}

/// All that lasts longer than a round.
struct Watcher<'w, C> {
    from: PathBuf,
    /// What it said last.
    file: Rc<AccessFile>,
    options: &'w Options,
    connect: &'w C,
    schedule: Schedule,
    log: Log,
    /// Whether it is to end.
    stop: flag::Sender<bool>,
    lookout: Option<Lookout>,
    losses: Losses,
}

impl<'w, C: AsyncFn(Connection, MayAsk) -> Result<Client, Failure>> Watcher<'w, C> {
    async fn run(mut self, mut signals: Signals) -> Outcome {
        let mut asking: Option<(Due, Asking<'w>)> = None;
        let mut at_work = FuturesUnordered::new();
        let mut busy: Vec<Option<String>> = Vec::new();
        let ended_by = loop {
            let (at, due) = self.schedule.next();
            let is_reading = matches!(asking, Some((Due::Read, _)));
            tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    Signal::End(name) => break name,
                    Signal::Read => self.schedule.ask(Instant::now()),
                },
                Some(ended) = at_work.next() => {
                    let name = self.ended(ended);
                    busy.retain(|one| *one != name);
                    self.stand(busy.len());
                }
                asked = answer(&mut asking) => {
                    asking = None;
                    if let Some(round) = self.answered(asked) {
                        for (name, given) in round.servers {
                            // One that is at work still has its turn in the next round.
                            if busy.contains(&name) {
                                self.schedule.fail(Instant::now());
                                continue;
                            }
                            busy.push(name.clone());
                            let lost_before = self.losses.within(&name, Instant::now());
                            let access = round.access.clone();
                            let task = Task { name, given, access, lost_before };
                            let stop = self.stop.subscribe();
                            at_work.push(at_server(task, self.options, self.connect, stop));
                        }
                    }
                    self.stand(busy.len());
                }
                // Reading, once it is due, does not wait for a look.
                () = tokio::time::sleep_until(at.into()), if !is_reading => {
                    asking = Some(self.ask(due));
                }
            }
        };
        service::stopping();
        // Nothing is changed by reading.
        drop(asking);
        let _those_at_work = self.stop.send(true);
        let all = async {
            while let Some(ended) = at_work.next().await {
                let name = self.ended(ended);
                busy.retain(|one| *one != name);
            }
        };
        let is_over = tokio::select! {
            biased;
            () = all => true,
            () = tokio::time::sleep(GRACE) => false,
            () = ended_again(&mut signals) => false,
        };
        self.log.notice(&format!("ended by {ended_by}"));
        match is_over {
            true => Ok(Report::done(Shown::Nothing)),
            false => Err(Failure::Connection(format!(
                "ended in the middle of a change: whether it was carried out is not known{}",
                where_it_was(&busy)
            ))),
        }
    }

    /// Begins to ask the directories.
    fn ask(&mut self, due: Due) -> (Due, Asking<'w>) {
        match (due, self.lookout.take()) {
            (Due::Look, Some(mut lookout)) => {
                self.schedule.look_no_more();
                let looking = async move {
                    let seen = lookout.look().await;
                    Asked::Look(lookout, seen)
                };
                (Due::Look, Box::pin(looking))
            }
            _ => {
                self.schedule.begin(Instant::now());
                let reading = read(self.from.clone(), self.file.clone(), self.options);
                (Due::Read, Box::pin(reading))
            }
        }
    }

    /// What the directories have answered; what is done by it, where something is.
    fn answered(&mut self, asked: Asked) -> Option<Round> {
        let now = Instant::now();
        match asked {
            Asked::Look(lookout, seen) => {
                let saw = match seen {
                    Ok(false) => Saw::Nothing,
                    Ok(true) => Saw::Change,
                    Err(_) => Saw::Failure,
                };
                self.lookout = Some(lookout);
                self.schedule.look(now, saw);
                None
            }
            Asked::Read(Ok(mut round)) => {
                self.schedule.has_read(now);
                self.log.right(&About::File);
                self.log.right(&About::Directories);
                self.log.warnings(std::mem::take(&mut round.warnings));
                self.log.keep(|server| round.servers.iter().any(|(name, _)| name == server));
                self.lookout = round.lookout.take();
                if self.lookout.is_none() {
                    self.schedule.look_no_more();
                }
                self.file = round.file.clone();
                Some(round)
            }
            Asked::Read(Err((about, failure))) => {
                self.schedule.has_not_read(now);
                if about == About::Directories {
                    self.log.right(&About::File);
                }
                self.log.wrong(&about, &failure);
                None
            }
        }
    }

    /// Work on a server is over; whose it was.
    fn ended(&mut self, ended: Ended) -> Option<String> {
        let Ended { name, outcome } = ended;
        let about = About::Server(name.clone());
        let AtServer { rows, losses, failure } = match outcome {
            Some(outcome) => outcome,
            None => return name,
        };
        self.losses.note(&name, Instant::now(), losses);
        if let Some(rows) = rows {
            self.log.changes(name.as_deref(), &rows);
        }
        match failure {
            Some(failure) => {
                self.schedule.fail(Instant::now());
                self.log.wrong(&about, &failure);
            }
            None => self.log.right(&about),
        }
        name
    }

    /// Tells how it stands to whoever manages services.
    fn stand(&self, busy: usize) {
        let how = match (busy, self.log.is_read(), self.log.failing()) {
            (_, false, _) => "the directories, or the access file, cannot be read".into(),
            (_, _, failing @ 1..) => format!("{failing} server(s) cannot be brought in line"),
            (0, ..) => "in line with the directories".into(),
            _ => "carrying out what was read".into(),
        };
        service::status(&how);
    }
}

/// Reads all anew: the file, the passwords that it names, the directories. `before` is what the
/// file said last.
async fn read(from: PathBuf, before: Rc<AccessFile>, options: &Options) -> Asked {
    Asked::Read(read_all(&from, &before, options).await)
}

async fn read_all(
    from: &Path,
    before: &AccessFile,
    options: &Options,
) -> Result<Round, (About, Failure)> {
    let of_file = |failure| (About::File, failure);
    let of_directories = |error: kerbrole_directory::Error| (About::Directories, error.into());
    let file = read_file(from).map_err(of_file)?;
    if file != *before {
        // Half of a file that is being written may mean something, and takes the rest away.
        tokio::time::sleep(SETTLING).await;
        if read_file(from).map_err(of_file)? != file {
            return Err(of_file(Failure::usage(format!(
                "{} is being written: it is read again",
                from.display()
            ))));
        }
    }
    let servers = described(&file, options).map_err(of_file)?;
    let snapshot = file.snapshot().await.map_err(of_directories)?;
    // What keeps it from looking the next reading says.
    let lookout = file.lookout(&snapshot).ok();
    let warnings = snapshot.warnings.clone();
    let (file, access) = wanted(Read { file, snapshot }, true);
    let (file, access) = (Rc::new(file), Rc::new(access));
    Ok(Round { file, access, servers, warnings, lookout })
}

async fn answer(asking: &mut Option<(Due, Asking<'_>)>) -> Asked {
    match asking {
        Some((_, asking)) => asking.await,
        None => std::future::pending().await,
    }
}

/// Waits for a second signal that ends.
async fn ended_again(signals: &mut Signals) {
    while signals.next().await == Signal::Read {}
}

fn where_it_was(busy: &[Option<String>]) -> String {
    let names: Vec<_> = busy.iter().flatten().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(", at {}", names.join(", ")) }
}
