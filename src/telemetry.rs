//! What the process tells its operator: lines in the log, readable on a terminal and JSON otherwise.

use std::{
    any::Any,
    io::{self, IsTerminal as _},
    panic::PanicHookInfo,
};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// The log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not understood.
    #[error("the log level `{0}` is not understood; try `info`, `debug` or `kraamzicht=debug,sqlx=warn`")]
    Filter(String),
    /// It was set up before.
    #[error("the log is set up already")]
    Twice,
}

/// Writes to standard error what `filter` lets through (`info`, `debug`, `kraamzicht=debug,sqlx=warn`), and a line
/// for every panic. To be called once, at the start of the process.
pub fn start(filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(|_| TelemetryError::Filter(filter.to_owned()))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = if io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(io::stderr).compact()).try_init()
    } else {
        registry.with(fmt::layer().with_writer(io::stderr).json().flatten_event(true)).try_init()
    };
    started.map_err(|_| TelemetryError::Twice)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// The one place where a panic is logged: it runs inside the span of the request, so that the line carries the
/// reference that the client is given.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(location, message = panic_message(panic.payload()), "panic");
}

/// A panic's own words only when they are constant: composed ones may hold the contents of a cell.
fn panic_message(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(composed message withheld)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_panic_messages_are_withheld() {
        assert_eq!(panic_message(&"index is checked above"), "index is checked above");
        assert_eq!(panic_message(&format!("cell {}", "secret")), "(composed message withheld)");
    }

    #[test]
    fn a_filter_that_is_not_understood_is_refused() {
        assert!(matches!(start("kraamzicht=loud"), Err(TelemetryError::Filter(_))));
    }
}
