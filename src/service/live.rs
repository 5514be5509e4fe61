//! Hearing that something changed, on this process or another.
//!
//! One task per process listens to the database and looks at the moment of the last change from time to time, for as long
//! as anybody waits. What it tells is a hint, never the news: whoever hears it reads from the database what is new since
//! the moment up to which they were told. So nothing is lost when a hint is.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::broadcast, task::JoinHandle, time::sleep};

use super::{Error, Service, causes};
use crate::{
    domain::{Instant, Notice},
    store::Listener,
};

/// How many hints wait for one who is slow; of more, they are told that some were missed.
const WAITING: usize = 64;

/// The task that listens, while anybody waits.
#[derive(Default)]
pub(super) struct Pulse(Mutex<Weak<Listening>>);

struct Listening {
    hints: broadcast::Sender<Option<Notice>>,
    task: JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One who waits.
pub(super) struct Ear {
    hints: broadcast::Receiver<Option<Notice>>,
    patience: Duration,
    _listening: Arc<Listening>,
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ear").finish_non_exhaustive()
    }
}

impl Ear {
    /// The next hint; `None` when anything may have changed.
    pub(super) async fn hear(&mut self) -> Option<Notice> {
        match self.hints.recv().await {
            Ok(hint) => hint,
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            Err(broadcast::error::RecvError::Closed) => {
                sleep(self.patience).await;
                None
            }
        }
    }

    /// Waits for a hint that `matters`, or for as long as is between two looks.
    pub(super) async fn hear_or_look(&mut self, matters: impl Fn(Notice) -> bool) {
        let patience = self.patience;
        let heard = async { while self.hear().await.is_some_and(|notice| !matters(notice)) {} };
        // Late is early enough: whoever waits looks anyway.
        tokio::time::timeout(patience, heard).await.ok();
    }

    /// Waits for a change after `seen`.
    pub(super) async fn hear_of_change(&mut self, seen: Instant) {
        let is_old = |notice: Notice| !matches!(notice, Notice::Change(at) if at > seen);
        while self.hear().await.is_some_and(is_old) {}
    }
}

impl Service {
    /// Somebody who waits from now on. Needs a runtime to be called in.
    pub(super) fn ear(&self) -> Ear {
        let mut listening = self.pulse.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = listening.upgrade().unwrap_or_else(|| {
            let hints = broadcast::Sender::new(WAITING);
            let task = tokio::spawn(listen(self.clone(), hints.clone()));
            let new = Arc::new(Listening { hints, task });
            *listening = Arc::downgrade(&new);
            new
        });
        let patience = self.settings.look_every;
        Ear { hints: known.hints.subscribe(), patience, _listening: known }
    }
}

/// Tells what the database announces, and what a look from time to time finds.
async fn listen(service: Service, hints: broadcast::Sender<Option<Notice>>) {
    // Nobody need wait at this moment.
    let tell = |hint| drop(hints.send(hint));
    let (mut listener, mut seen, mut is_deaf) = (None, None, false);
    loop {
        if listener.is_none() {
            match service.database.listen().await {
                Ok(new) => {
                    listener = Some(new);
                    is_deaf = false;
                    // What was said before it listened.
                    tell(None);
                }
                Err(error) => {
                    if !is_deaf {
                        tracing::warn!(error.source = causes(&error), "notices are not heard; changes are found later");
                    }
                    is_deaf = true;
                }
            }
        }
        match service.present().await {
            Ok(present) if seen.is_some_and(|seen| seen < present) => {
                seen = Some(present);
                tell(Some(Notice::Change(present)));
            }
            Ok(present) => seen = Some(present),
            Err(error) => tracing::debug!(error.source = causes(&error), "the last change could not be looked at"),
        }
        tokio::select! {
            heard = hear(&mut listener) => {
                if let Ok(Some(Notice::Change(at))) = heard {
                    seen = seen.max(Some(at));
                }
                if heard.is_err() {
                    listener = None;
                }
                tell(heard.unwrap_or_default());
            }
            () = sleep(service.settings.look_every) => {}
        }
    }
}

async fn hear(listener: &mut Option<Listener>) -> Result<Option<Notice>, Error> {
    match listener {
        Some(listener) => Ok(listener.next().await?),
        None => std::future::pending().await,
    }
}
