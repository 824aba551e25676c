//! The command line.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};
use drystone::Limits;

use crate::format::Format;

/// Looks into, checks and converts Wota and Nota messages
#[derive(Parser, Debug)]
#[command(name = "drystone", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 good, 1 faulty input, 2 usage, 3 input or output failed")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Show the values of a message with their offsets, and a summary
    Inspect(Inspect),
    /// Convert a message from one format to another
    Convert(Convert),
    /// Check files; one line for each
    Validate(Validate),
    /// Print the letters that processes of this host post to a name, one line of JSON each (Linux)
    Serve(Serve),
    /// Post a file to a name that a process of this host serves (Linux)
    Post(Post),
}

#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// What to read; `-` or nothing is standard input
    pub(crate) file: Option<PathBuf>,
    /// Format of the input [default: by the file's ending, else wota]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,
    /// Read a message in parts instead: part 0, which has the words, and the others in their order
    #[arg(long, value_name = "PART", num_args = 1.., conflicts_with_all = ["file", "from"])]
    pub(crate) parts: Vec<PathBuf>,
    /// Only the summary
    #[arg(long)]
    pub(crate) summary: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Convert {
    /// What to read; `-` or nothing is standard input
    pub(crate) input: Option<PathBuf>,
    /// Format of the input [default: by the file's ending]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,
    /// Format of the output [default: by the file's ending]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<Format>,
    /// What to write; `-` or nothing is standard output. A file is written whole or not at all
    #[arg(short, long)]
    pub(crate) output: Option<PathBuf>,
    /// JSON on many lines
    #[arg(long)]
    pub(crate) pretty: bool,
    /// Round numbers that DEC64 does not have, instead of refusing them
    #[arg(long)]
    pub(crate) nearest: bool,
    /// Write bytes even to a terminal
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// What to check; `-` or nothing is standard input
    pub(crate) files: Vec<PathBuf>,
    /// Format of the input [default: by each file's ending, else wota]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The name, or with --nats the address, to serve
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// End after this many letters [default: never]
    #[arg(long, value_name = "LETTERS")]
    pub(crate) count: Option<u64>,
    #[cfg(feature = "machines")]
    #[command(flatten)]
    pub(crate) machines: crate::machines::Machines,
}

#[derive(Args, Debug)]
pub(crate) struct Post {
    /// The name, or with --nats the address, to post to
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// What to read; `-` or nothing is standard input
    pub(crate) file: Option<PathBuf>,
    /// Format of the input [default: by the file's ending, else wota]
    #[arg(long, value_name = "FORMAT", conflicts_with = "stone")]
    pub(crate) from: Option<Format>,
    /// Post the bytes as they are, as a stone
    #[arg(long)]
    pub(crate) stone: bool,
    /// How many seconds to wait until the letter has arrived, or with --nats has a receipt [default: 10, with --nats 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    #[cfg(feature = "machines")]
    #[command(flatten)]
    pub(crate) machines: crate::machines::Machines,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Options of every command.
#[derive(Args, Debug)]
pub(crate) struct Common {
    /// Refuse containers nested deeper (in json: never more than 120)
    #[arg(long, value_name = "COUNT", default_value_t = Limits::DEFAULT.max_depth)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=65535))]
    max_depth: u32,
    /// Refuse messages of more 64-bit words
    #[arg(long, value_name = "COUNT", default_value_t = Limits::DEFAULT.max_words)]
    max_words: u64,
    /// No progress bar
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl Common {
    pub(crate) fn limits(&self) -> Limits {
        Limits { max_depth: self.max_depth, max_words: self.max_words }
    }
}
