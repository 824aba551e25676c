//! `drystone inspect` of good input, and what the program says of itself.

mod common;

use common::{EVERYTHING, Folder, run};

const SUMMARY: &str = "depth           7
values          65
  integers      7
  floats        7
  arrays        9
  records       8
  blobs         4
  texts         24 (20 of them keys)
  symbols       6
";

#[test]
fn the_summary_counts_everything() {
    let folder = Folder::new();
    for format in ["json", "wota", "wota-dec64", "nota"] {
        let bytes = run(&format!("convert --from json --to {format}"), EVERYTHING.as_bytes()).good();
        let file = folder.file("any", &bytes);
        let summary = run(&format!("inspect --summary --from {format} {file}"), b"").good();
        let summary = String::from_utf8(summary).unwrap();
        let start = format!("format          {format}\nbytes           {}\nwords           ", bytes.len());
        assert!(summary.starts_with(&start), "{summary}");
        if format == "wota" {
            assert!(summary.contains(&format!("words           {}\n", bytes.len() / 8)), "{summary}");
        }
        assert!(summary.contains("bits in blobs   50\n"), "{summary}");
        assert!(summary.contains("longest text    11 characters, 17 bytes, at "), "{summary}");
        // Numbers that DEC64 and Nota write with a power of ten count as floats there, whole or not.
        if format == "json" || format == "wota" {
            assert!(summary.contains(SUMMARY), "{summary}");
        }
    }
}

#[test]
fn the_ending_says_the_format_and_wota_is_the_default() {
    let folder = Folder::new();
    let nota = folder.file("a.nota", &[0x73]);
    let json = folder.file("a.json", b"true");
    let other = folder.file("a.bin", &0x307_u64.to_le_bytes());
    for (file, line) in [
        (&nota, "       0  73                true\n\nformat          nota\n"),
        (&json, "       0  0000000000000307  true\n\nformat          json\n"),
        (&other, "       0  0000000000000307  true\n\nformat          wota\n"),
    ] {
        let shown = String::from_utf8(run(&format!("inspect {file}"), b"").good()).unwrap();
        assert!(shown.starts_with(line), "{shown}");
    }
    let shown = run("inspect", &0x307_u64.to_le_bytes()).good();
    assert!(String::from_utf8(shown).unwrap().contains("format          wota\n"));
}

#[test]
fn help_and_version_are_there() {
    let version = String::from_utf8(run("--version", b"").good()).unwrap();
    assert_eq!(version, format!("drystone {}\n", env!("CARGO_PKG_VERSION")));
    let help = String::from_utf8(run("--help", b"").good()).unwrap();
    for word in
        ["inspect", "convert", "validate", "Exit codes: 0 good, 1 faulty input, 2 usage, 3 input or output"]
    {
        assert!(help.contains(word), "{help}");
    }
    for command in ["inspect", "convert", "validate"] {
        let help = String::from_utf8(run(&format!("{command} --help"), b"").good()).unwrap();
        assert!(help.lines().count() < 30 && help.contains("--max-words"), "{help}");
    }
}
