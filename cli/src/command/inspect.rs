//! `drystone inspect`.

use drystone::dump::dump;
use drystone::wota::{Fault, to_bytes};
use drystone::{Blob, Status};

use crate::arguments::Inspect;
use crate::explain;
use crate::failure::{Failure, Trouble};
use crate::format::Format;
use crate::input::{Input, resources};
use crate::listing;
use crate::neighbourhood;
use crate::output::Lines;
use crate::progress::Progress;
use crate::tally::{Tally, row};
use crate::walk::{Form, Nota, Walk, Wota};

/// Shows the values and a summary; for a faulty input, the values before the fault, and the fault.
pub(crate) fn inspect(arguments: &Inspect) -> Result<(), Failure> {
    if !arguments.parts.is_empty() {
        return super::inspect_parts::inspect_parts(arguments);
    }
    let input = Input::new(arguments.file.as_deref());
    let format = arguments.from.or(input.format()).unwrap_or(Format::Wota);
    let limits = arguments.common.limits();
    let mut progress = Progress::new(arguments.common.quiet);
    let bytes = input.read(format, &limits, &mut progress)?;
    progress.working("checking");
    let decoded = format.decode(&bytes, &limits);
    progress.clear();
    let mut page = Page { bytes: &bytes, format, values: !arguments.summary, lines: Lines::new() };
    match decoded {
        Ok(message) => page.good(&message, &input.name)?,
        Err(fault @ Fault { status: Status::NoMemory, .. }) => {
            return Err(resources(&input.name, fault.status));
        }
        Err(fault) => {
            let trouble = explain::trouble(&bytes, format, &limits, fault);
            page.faulty(&trouble)?;
            page.lines.flush()?;
            return Err(Failure::Faulty(input.name, trouble));
        }
    }
    page.lines.flush()
}

struct Page<'a> {
    bytes: &'a [u8],
    format: Format,
    /// Whether each value has a line.
    values: bool,
    lines: Lines,
}

impl Page<'_> {
    fn good(&mut self, message: &Blob, name: &str) -> Result<(), Failure> {
        let no_memory = |status| resources(name, status);
        let mut tally = Tally::default();
        let mut unit = self.format.unit();
        if self.format == Format::Nota {
            self.walk(Walk::new(Nota::new(self.bytes)), usize::MAX, self.values, &mut tally)?;
        } else {
            // JSON is shown as the words of its message.
            unit = "words";
            if self.values {
                self.lines.bytes(dump(message).map_err(no_memory)?.bytes())?;
            }
            let words = match self.format.dialect() {
                None => Some(to_bytes(message).map_err(no_memory)?),
                Some(_) => None,
            };
            let bytes = words.as_ref().map_or(self.bytes, |words| words.bytes());
            let wota = Wota::new(bytes, self.format.dialect().unwrap_or_default());
            self.walk(Walk::new(wota), usize::MAX, false, &mut tally)?;
        }
        self.separate()?;
        self.heading()?;
        self.lines.line(&row("words", &(message.bytes().len() / 8).to_string()))?;
        self.tally(&tally, unit)
    }

    fn faulty(&mut self, trouble: &Trouble) -> Result<(), Failure> {
        let Trouble { offset, unit, .. } = trouble;
        let mut tally = Tally::default();
        match self.format {
            Format::Json => {}
            Format::Nota => self.walk(Walk::new(Nota::new(self.bytes)), *offset, self.values, &mut tally)?,
            format => {
                let wota = Wota::new(self.bytes, format.dialect().unwrap_or_default());
                self.walk(Walk::new(wota), *offset, self.values, &mut tally)?;
            }
        }
        self.separate()?;
        self.lines.line(&format!("around offset {offset} ({unit})"))?;
        for line in neighbourhood::lines(self.bytes, self.format, *offset) {
            self.lines.line(&line)?;
        }
        self.separate()?;
        self.heading()?;
        self.lines.line(&row("good until", &format!("{offset} ({unit})")))?;
        if self.format == Format::Json { Ok(()) } else { self.tally(&tally, unit) }
    }

    /// Counts the values before `end`, and shows them if requested.
    fn walk<F: Form>(
        &mut self,
        mut walk: Walk<F>,
        end: usize,
        shown: bool,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        while walk.offset() < end {
            // The end, or the fault, which is reported anyway.
            let Ok(Some(item)) = walk.step() else { break };
            tally.count(&item);
            if shown {
                self.lines.line(&listing::line(&item, &walk.form))?;
            }
        }
        Ok(())
    }

    fn separate(&mut self) -> Result<(), Failure> {
        if self.values { self.lines.line("") } else { Ok(()) }
    }

    fn heading(&mut self) -> Result<(), Failure> {
        self.lines.line(&row("format", self.format.name()))?;
        self.lines.line(&row("bytes", &self.bytes.len().to_string()))
    }

    fn tally(&mut self, tally: &Tally, unit: &str) -> Result<(), Failure> {
        tally.lines(unit).iter().try_for_each(|line| self.lines.line(line))
    }
}
