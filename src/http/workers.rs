//! Threads that serve connections: a connection stays with one of them.
//!
//! Threads that share their work wake each other whenever two requests come at once, which for answers that take less than a
//! tenth of a millisecond costs more than it brings (docs/adr/0017). What takes long is done elsewhere (`spawn_blocking`), as
//! everywhere: here the other connections of the thread would wait for it.

use std::{future::Future, io, num::NonZero, sync::Arc, thread};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::JoinSet,
};

/// How many threads of its own each has at most, for the disk and for what takes long.
const BLOCKING_THREADS: usize = 8;

/// One for each processor. They end when this is dropped, with whatever they serve.
#[derive(Debug)]
pub(super) struct Workers(Vec<Worker>);

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// Held once by each connection.
    connections: Arc<()>,
    /// Dropped, it ends the thread.
    _stop: oneshot::Sender<()>,
}

impl Workers {
    pub(super) fn start() -> io::Result<Self> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        (0..processors).map(|_| Worker::start()).collect::<io::Result<_>>().map(Self)
    }

    /// Has the one with the fewest connections serve this one, as a task of `all`.
    pub(super) fn serve(&self, connection: impl Future<Output = ()> + Send + 'static, all: &mut JoinSet<()>) {
        let Some(worker) = self.0.iter().min_by_key(|worker| Arc::strong_count(&worker.connections)) else { return };
        let held = Arc::clone(&worker.connections);
        let served = async move {
            connection.await;
            drop(held);
        };
        all.spawn_on(served, &worker.runtime);
    }
}

impl Worker {
    fn start() -> io::Result<Self> {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(BLOCKING_THREADS).enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let worker = Self { runtime: runtime.handle().clone(), connections: Arc::new(()), _stop: stop };
        thread::Builder::new().name("connections".to_owned()).spawn(move || {
            // Nothing is ever sent; the sender is gone.
            drop(runtime.block_on(stopped));
            runtime.shutdown_background();
        })?;
        Ok(worker)
    }
}
