//! The progress bar on the terminal while a long input is read and processed.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter input is finished before a bar would be visible.
const LONG: u64 = 4 << 20;

const TICK: Duration = Duration::from_millis(100);

/// The progress bar. It disappears when this is dropped.
pub(crate) struct Progress {
    wanted: bool,
    name: String,
    size: Option<u64>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing is shown when standard error is not a terminal.
    pub(crate) fn new(quiet: bool) -> Progress {
        Progress {
            wanted: is_wanted(quiet, io::stderr().is_terminal()),
            name: String::new(),
            size: None,
            bar: None,
        }
    }

    /// An input begins, of this size if that is known.
    pub(crate) fn reading(&mut self, name: &str, size: Option<u64>) {
        self.clear();
        self.name = format!("reading {name}");
        self.size = size;
    }

    /// This much of the input was read.
    pub(crate) fn at(&mut self, bytes: u64) {
        if !self.wanted || self.size.unwrap_or(bytes) < LONG {
            return;
        }
        let size = self.size.filter(|size| *size != 0);
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
            let template = match size {
                Some(_) => "{msg} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec}",
                None => "{spinner} {msg} {bytes} {bytes_per_sec}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_message(self.name.clone());
            bar
        });
        bar.set_position(bytes);
    }

    /// The input is being processed, for an unknown time.
    pub(crate) fn working(&mut self, what: &'static str) {
        let Some(bar) = &self.bar else { return };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(TICK);
    }

    /// Removes the bar from the screen before other output.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn is_wanted(quiet: bool, terminal: bool) -> bool {
    terminal && !quiet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_input_on_a_terminal_has_a_bar() {
        assert!(is_wanted(false, true));
        assert!(!is_wanted(true, true) && !is_wanted(false, false));
        for (size, bytes, shown) in
            [(Some(10), 10, false), (Some(LONG), 1, true), (None, LONG - 1, false), (None, LONG, true)]
        {
            let mut progress = Progress { wanted: true, name: String::new(), size: None, bar: None };
            progress.reading("it", size);
            progress.at(bytes);
            assert_eq!(progress.bar.is_some(), shown, "{size:?} {bytes}");
            progress.clear();
        }
    }
}
