//! `drystone convert`: every pair of formats, pipes and files, and what cannot be said.

mod common;

use std::fs;

use common::{EVERYTHING, Folder, run, words};

const FORMATS: [&str; 4] = ["json", "wota", "wota-dec64", "nota"];

fn from_json(to: &str) -> Vec<u8> {
    run(&format!("convert --from json --to {to}"), EVERYTHING.as_bytes()).good()
}

#[test]
fn every_pair_gives_the_same_document() {
    let all: Vec<Vec<u8>> = FORMATS.iter().map(|format| from_json(format)).collect();
    for (from, bytes) in FORMATS.iter().zip(&all) {
        for (to, expected) in FORMATS.iter().zip(&all) {
            let converted = run(&format!("convert --from {from} --to {to}"), bytes).good();
            assert_eq!(&converted, expected, "{from} to {to}");
            let back = run(&format!("convert --from {to} --to {from}"), &converted).good();
            assert_eq!(&back, bytes, "{from} to {to} and back");
        }
    }
    let text = String::from_utf8(all[0].clone()).unwrap();
    assert!(text.ends_with("}\n") && text.lines().count() == 1, "{text}");
    for part in
        [r#""bits":25"#, r#"{"$$blob":"my own"}"#, "36028797018963967", "-1.01", r#"{"$private":{"$system""#]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn bytes_are_those_of_the_formats() {
    let json = br#"{"a":1,"cat":true}"#;
    let wota = words(&[0x203, 0x105, 0x61_0000_0000, 0x100, 0x305, 0x63_0000_0061, 0x74_0000_0000, 0x307]);
    assert_eq!(run("convert --from json --to wota", json).good(), wota);
    let nota = [0x32, 0x11, 0x61, 0x61, 0x13, 0x63, 0x61, 0x74, 0x73];
    assert_eq!(run("convert --from json --to nota", json).good(), nota);
    assert_eq!(run("convert --from json --to wota-dec64", b"0.1").good(), words(&[0x1FF]));
    assert_eq!(run("convert --from nota --to json", &[0x51, 0x01]).good(), b"0.1\n");
}

#[test]
fn files_and_pipes_are_one() {
    let folder = Folder::new();
    let json = folder.file("in.json", EVERYTHING.as_bytes());
    let (wota, nota) = (folder.path("out.wota"), folder.path("out.nota"));
    assert_eq!(run(&format!("convert {json} -o {wota}"), b"").good(), b"");
    assert_eq!(fs::read(&wota).unwrap(), from_json("wota"));
    assert_eq!(run(&format!("convert {wota} --to nota"), b"").good(), from_json("nota"));
    run(&format!("convert --from json - --output {nota}"), EVERYTHING.as_bytes()).good();
    assert_eq!(fs::read(&nota).unwrap(), from_json("nota"));
    assert_eq!(run(&format!("convert {nota} --to json -o -"), b"").good(), from_json("json"));
    // What an option says goes before the ending, and an input may be its own output.
    run(&format!("convert --from wota --to nota {wota} -o {wota}"), b"").good();
    assert_eq!(fs::read(&wota).unwrap(), from_json("nota"));
}

#[test]
fn pretty_json_reads_as_the_same() {
    let pretty = run("convert --from json --to json --pretty", EVERYTHING.as_bytes()).good();
    assert!(pretty.iter().filter(|byte| **byte == b'\n').count() > 40);
    assert!(pretty.ends_with(b"\n}\n"));
    assert_eq!(run("convert --from json --to json", &pretty).good(), from_json("json"));
}

#[test]
fn numbers_without_a_place_are_refused_or_rounded() {
    let json = b"[1, 5e-324]";
    let at = |offset: &str, number: &str| {
        format!(
            "standard input: offset {offset}: expected a number that DEC64 represents exactly (--nearest rounds), found {number}"
        )
    };
    run("convert --from json --to wota-dec64", json).fails(1, &at("2 (words of its message)", "5e-324"));
    let wota = run("convert --from json --to wota", json).good();
    run("convert --from wota --to wota-dec64", &wota).fails(1, &at("2 (words)", "5e-324"));
    let nota = run("convert --from json --to nota", json).good();
    run("convert --from nota --to wota-dec64", &nota).fails(1, &at("2 (bytes)", "5e-324"));
    let nearest = run("convert --from json --to wota-dec64 --nearest", json).good();
    assert_eq!(nearest, words(&[0x2180, 0x100, 0]));
    run("convert --from json --to wota-dec64 --nearest", b"1e300")
        .fails(1, "standard input: offset 0 (words of its message): expected a number within the range of DEC64, found 1e300");
}

#[test]
fn what_json_and_nota_cannot_say_is_refused() {
    let not_finite = words(&[0x202, 7, 1, f64::INFINITY.to_bits()]);
    for to in ["json", "nota"] {
        let message =
            format!("standard input: offset 2 (words): expected a finite number, for {to}, found inf");
        let run = run(&format!("convert --from wota --to {to}"), &not_finite);
        run.fails(1, &message);
        assert_eq!(run.out, b"");
    }
    let lone = words(&[0x105, 0xD800_0000_0000]);
    let run_json = run("convert --from wota --to json", &lone);
    assert_eq!(run_json.code, 1);
    assert!(
        run_json.err.contains("offset 0 (words): expected a text without lone surrogates"),
        "{}",
        run_json.err
    );
    let nota = run("convert --from wota --to nota", &lone).good();
    assert_eq!(run("convert --from nota --to wota", &nota).good(), lone);
}

#[test]
fn options_that_do_not_fit_are_usage() {
    run("convert --from json --to wota --pretty", b"1").fails(2, "--pretty is for --to json only");
    run("convert --from json --to json --nearest", b"1").fails(2, "--nearest is for --to wota-dec64 only");
    run("convert --to json", b"1")
        .fails(2, "give the format with --from: the file name's extension does not determine it");
    run("convert --from json", b"1")
        .fails(2, "give the format with --to: the file name's extension does not determine it");
    for words in
        ["", "convert --from xml --to json", "no-such-command", "convert --max-depth 65536", "convert a b"]
    {
        let run = run(words, b"");
        assert_eq!(run.code, 2, "{words}");
        assert!(!run.err.is_empty() && run.out.is_empty(), "{words}: {run:?}");
    }
}
