//! That something goes on, for somebody who sits at a terminal and waits for longer than a second.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long nobody is told that somebody has to wait.
const AT_ONCE: Duration = Duration::from_secs(1);

/// How often the sign that it goes on moves.
const TICK: Duration = Duration::from_millis(120);

/// Waits for one question to the server or one change, with a sign and the time that it has taken
/// so far on the terminal's standard error; the sign is gone when it is done.
pub(super) async fn waited<T>(
    is_quiet: bool,
    what: &'static str,
    work: impl Future<Output = T>,
) -> T {
    if is_quiet || !io::stderr().is_terminal() {
        return work.await;
    }
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = tokio::time::sleep(AT_ONCE) => {}
    }
    let sign =
        ProgressBar::new_spinner().with_style(style()).with_message(what).with_elapsed(AT_ONCE);
    sign.enable_steady_tick(TICK);
    let done = work.await;
    sign.finish_and_clear();
    done
}

/// The same for several questions one after the other: one sign, which says which is asked, once it
/// has taken longer than a second.
pub(super) struct Sign {
    begun: Instant,
    bar: Option<ProgressBar>,
    is_shown: bool,
}

impl Sign {
    pub(super) fn new(is_quiet: bool) -> Self {
        let is_shown = !is_quiet && io::stderr().is_terminal();
        Self { begun: Instant::now(), bar: None, is_shown }
    }

    /// The next question.
    pub(super) fn step(&mut self, what: String) {
        if !self.is_shown || self.begun.elapsed() < AT_ONCE {
            return;
        }
        let begun = self.begun.elapsed();
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner().with_style(style()).with_elapsed(begun);
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_message(what);
    }
}

impl Drop for Sign {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    style.unwrap_or_else(|_| ProgressStyle::default_spinner())
}
