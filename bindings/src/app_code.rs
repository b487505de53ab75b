//! The app's own code, while the library waits for it.
//!
//! A call of the library from inside a key store or a clock would wait for a thread that waits for that very code. On the
//! thread it is called on, that is told at once.

use std::cell::Cell;

use crate::error::YorisoiError;

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Runs the app's code, on which the library waits.
pub(crate) fn awaited<T>(code: impl FnOnce() -> T) -> T {
    let before = RUNNING.replace(true);
    let ran = code();
    RUNNING.set(before);
    ran
}

/// Refuses a call that comes from such code.
pub(crate) fn refuse_inside() -> Result<(), YorisoiError> {
    if RUNNING.get() {
        return Err(YorisoiError::setting("a key store or a clock calls the library it belongs to"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_thread_that_runs_the_apps_code_is_refused() {
        assert!(refuse_inside().is_ok());
        awaited(|| {
            assert!(refuse_inside().is_err());
            awaited(|| ());
            assert!(refuse_inside().is_err(), "the outer one still runs");
            let elsewhere = std::thread::spawn(|| refuse_inside().is_ok());
            assert!(elsewhere.join().is_ok_and(|free| free));
        });
        assert!(refuse_inside().is_ok());
    }
}
