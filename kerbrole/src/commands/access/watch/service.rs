//! What systemd is told, where it has started this (sd_notify(3)); nothing elsewhere.

/// That it watches. Where systemd has a watchdog it hears from then on that it goes on.
#[cfg(unix)]
pub(super) fn ready() {
    use sd_notify::NotifyState;

    tell(&[NotifyState::Ready]);
    if let Some(limit) = sd_notify::watchdog_enabled() {
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(limit / 2);
            loop {
                ticks.tick().await;
                tell(&[NotifyState::Watchdog]);
            }
        });
    }
}

/// How it stands, for `systemctl status`.
#[cfg(unix)]
pub(super) fn status(text: &str) {
    tell(&[sd_notify::NotifyState::Status(text)]);
}

/// That it ends.
#[cfg(unix)]
pub(super) fn stopping() {
    tell(&[sd_notify::NotifyState::Stopping]);
}

#[cfg(unix)]
fn tell(state: &[sd_notify::NotifyState<'_>]) {
    let _nobody_listens = sd_notify::notify(state);
}

#[cfg(not(unix))]
pub(super) fn ready() {}

#[cfg(not(unix))]
pub(super) fn status(_: &str) {}

#[cfg(not(unix))]
pub(super) fn stopping() {}
