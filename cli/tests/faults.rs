//! Every kind of fault: its offset and its words, from `validate` and from `inspect`.

mod common;

use common::{Folder, run, words};

/// Checks what is said of a faulty input in both commands; gives what `inspect` printed.
#[track_caller]
fn fault(options: &str, input: &[u8], expected: &str) -> String {
    let line = format!("standard input: {expected}");
    let validated = run(&format!("validate {options}"), input);
    assert_eq!((validated.code, validated.text(), validated.err.as_str()), (1, format!("{line}\n"), ""));
    let inspected = run(&format!("inspect {options}"), input);
    inspected.fails(1, &line);
    let converted = run(&format!("convert --to json {options}"), input);
    converted.fails(1, &line);
    assert_eq!(converted.out, b"");
    inspected.text()
}

#[test]
fn faults_of_words() {
    let wota = |input: &[u64], expected: &str| {
        fault("--from wota", &words(input), expected);
    };
    wota(&[], "offset 0 (words): expected a value, found the end of the input");
    wota(&[6], "offset 0 (words): expected a type (0 to 5, or 7), found the type 6 in 0000000000000006");
    wota(
        &[0x202, 0, 9],
        "offset 2 (words): expected a type (0 to 5, or 7), found the type 9 in 0000000000000009",
    );
    wota(&[0, 0, 0], "offset 1 (words): expected the end of the input, found 2 words after the value");
    wota(
        &[0x302, 0],
        "offset 0 (words): expected at least 3 words for the values in an array, found 1 word to the end",
    );
    wota(&[0x102, 1], "offset 1 (words): expected 1 word for the bits of a float, found none to the end");
    wota(
        &[0x202, 0x102, 7],
        "offset 3 (words): expected element 2 of 2 of the array at 0, found the end of the input",
    );
    wota(&[0x101, 0], "offset 0 (words): expected 0 in the field of a float, found 0000000000000101");
    wota(
        &[0x107],
        "offset 0 (words): expected a symbol (0, 2, 3, 8 or 9), found the code 1 in 0000000000000107",
    );
    wota(
        &[0x103, 0x100, 7],
        "offset 1 (words): expected a text, the key of pair 1 of 1 of the record at 0, found an integer",
    );
    wota(
        &[0x907, 2],
        "offset 1 (words): expected a record, which the system symbol at 0 carries, found an array",
    );
    let key = [0x105, 0x61_0000_0000];
    wota(
        &[0x203, key[0], key[1], 7, key[0], key[1], 7],
        "offset 4 (words): expected a key that the record does not have yet, found \"a\" again",
    );
    wota(
        &[0x505, 0],
        "offset 0 (words): expected 3 words for a text of 5 characters, found 1 word to the end",
    );
    wota(
        &[0x105, 0x61_0000_0001],
        "offset 0 (words): expected zeros after the last character of a text, found 00000001",
    );
    wota(
        &[0x105, 0x11_0000 << 32],
        "offset 0 (words): expected a character, at most 10FFFF, found 110000 as character 1",
    );
    wota(
        &[0x205, 0xD83D_0000_DCA9],
        "offset 0 (words): expected one character instead of two halves of a surrogate pair, found DCA9 as character 2",
    );
    wota(&[0x4104, 1], "offset 0 (words): expected 2 words for a blob of 65 bits, found 1 word to the end");
    wota(
        &[0x104, 1],
        "offset 0 (words): expected zeros after the last of 1 bits, found 0000000000000001 as the last word",
    );
    wota(
        &[0x808, 0],
        "offset 0 (words): expected a value that is complete in itself, found a reference to a stone, which means nothing outside its process",
    );
    fault("--from wota", &[0; 3], "offset 0 (words): expected a value, found only 3 bytes of a word");
    fault(
        "--from wota",
        &[0; 9],
        "offset 1 (words): expected the end of the input, found 1 byte of a word after the value",
    );
    let dec64 = words(&[0x580]);
    fault(
        "--from wota-dec64",
        &dec64,
        "offset 0 (words): expected a type (1 to 4, or 6), found the type 5 in 0000000000000580",
    );
}

#[test]
fn faults_of_nota() {
    let nota = |input: &[u8], expected: &str| {
        fault("--from nota", input, expected);
    };
    nota(&[], "offset 0 (bytes): expected a value, found the end of the input");
    nota(
        &[0x22, 0x60],
        "offset 0 (bytes): expected at least 2 bytes for the values in an array, found 1 byte to the end",
    );
    nota(
        &[0x21, 0xE0],
        "offset 1 (bytes): expected the rest of the number in a preamble, found the end of the input",
    );
    nota(
        &[0xE0, 0x07],
        "offset 0 (bytes): expected a number of at most 64 bits in its shortest form, found 7 in 2 bytes",
    );
    nota(
        &[0xFF; 12],
        "offset 0 (bytes): expected a number of at most 64 bits in its shortest form, found a longer one",
    );
    nota(&[0x12, 0x61], "offset 0 (bytes): expected character 2 of 2 of a text, found the end of the input");
    nota(&[0x08], "offset 0 (bytes): expected 1 byte for a blob of 8 bits, found 0 to the end");
    nota(
        &[0x01, 0xFF],
        "offset 0 (bytes): expected zeros after the last of 1 bits, found FF as the last byte",
    );
    nota(&[0x71], "offset 0 (bytes): expected a symbol (0, 2, 3, 8 or 9), found the code 1");
    nota(&[0x51], "offset 0 (bytes): expected a coefficient, found the end of the input");
    nota(&[0x60, 0x60], "offset 1 (bytes): expected the end of the input, found 1 byte after the value");
    nota(
        &[0x31, 0x60, 0x60],
        "offset 1 (bytes): expected a text, the key of pair 1 of 1 of the record at 0, found an integer",
    );
    nota(
        &[0x32, 0x11, 0x61, 0x60, 0x11, 0x61, 0x60],
        "offset 4 (bytes): expected a key that the record does not have yet, found \"a\" again",
    );
    nota(
        &[0xC0 | 0x06, 0x00, 0x01],
        "offset 0 (bytes): expected a number within the range of a double, found 1e768",
    );
}

#[test]
fn faults_of_json() {
    let json = |input: &str, expected: &str| {
        fault("--from json", input.as_bytes(), expected);
    };
    json("", "offset 0 (bytes): expected the rest of a value, found the end of the input");
    json("[1,2", "offset 4 (bytes): expected the rest of a list, found the end of the input");
    json("[1 2]", "offset 3 (bytes): expected `,` or `]`, found '2'");
    json("{\"a\": 1,\n 2}", "offset 10 (bytes): expected good JSON, found key must be a string");
    json("1 x", "offset 2 (bytes): expected the end of the input, found 'x'");
    json(
        "{\"a\":1, \"b\":{\"a\":2}, \"\\u0061\":3}",
        "offset 21 (bytes): expected a key that the object does not have yet, found \"a\" again",
    );
    fault("--from json", b"[\"a\xFF\"]", "offset 3 (bytes): expected UTF-8, found the byte FF");
    let blob = run("validate --from json", br#"[{"$blob": "AQ==", "bits": 17}]"#);
    assert_eq!(blob.code, 1);
    assert!(blob.text().contains("expected base64 in $blob with as many bits as it has"), "{}", blob.text());
}

#[test]
fn limits_are_faults() {
    let nested = [0x21, 0x21, 0x21, 0x60];
    let deep = "expected at most 2 nested containers (--max-depth), found";
    fault("--from nota --max-depth 2", &nested, &format!("offset 2 (bytes): {deep} one more"));
    assert_eq!(run("validate --from nota --max-depth 3", &nested).code, 0);
    let wota = words(&[0x102, 0x102, 0x102, 7]);
    fault("--from wota --max-depth 2", &wota, &format!("offset 2 (words): {deep} one more"));
    fault("--from json --max-depth 2", b"[[[1]]]", &format!("offset 2 (bytes): {deep} more"));
    let many = "expected at most 3 words (--max-words), found";
    fault("--from wota --max-words 3", &wota, &format!("offset 0 (words): {many} more"));
    fault("--from nota --max-words 3", &nested, &format!("offset 3 (bytes): {many} more"));
    assert_eq!(run("validate --from wota --max-words 4", &wota).code, 0);
    let json = run("validate --from json --max-words 3", b"[1,2,3,4]");
    assert!(json.text().contains(many) && json.code == 1, "{json:?}");
    fault(
        "--from json",
        "[".repeat(200).as_bytes(),
        "offset 120 (bytes): expected at most 120 nested containers (--max-depth), found more",
    );
    // Only as much is read as the limit allows, however much there is.
    #[cfg(unix)]
    run("inspect --from wota --max-words 1000 /dev/zero", b"")
        .fails(1, "/dev/zero: offset 0 (words): expected at most 1000 words (--max-words), found more");
}

#[test]
fn inspect_shows_what_is_before_the_fault() {
    let input = words(&[0x202, 0x105, 0x61_0000_0000, 0xA06]);
    let shown = fault(
        "--from wota",
        &input,
        "offset 3 (words): expected a type (0 to 5, or 7), found the type 6 in 0000000000000A06",
    );
    let expected = "       0  0000000000000202  array of 2
       1  0000000000000105    text of 1 bytes \"a\"

around offset 3 (words)
       0  0000000000000202
       1  0000000000000105
       2  0000006100000000
>      3  0000000000000A06
       4  end

format          wota
bytes           32
good until      3 (words)
depth           1
values          2
";
    assert!(shown.starts_with(expected), "{shown}");
    let summary = run("inspect --from wota --summary", &input);
    assert!(!summary.text().contains("array of 2"), "{}", summary.text());
    assert!(summary.text().contains("good until      3 (words)\n"), "{}", summary.text());
}

#[test]
fn validate_has_a_line_for_each_file() {
    let folder = Folder::new();
    let good = folder.file("good.json", b"[1]");
    let bad = folder.file("bad.nota", &[0x71]);
    let word = folder.file("word", &[0; 8]);
    let run = |files: &[&str]| {
        let run = common::run_words(&[&["validate"], files].concat(), b"");
        (run.code, run.text(), run.err)
    };
    let good_line = format!("{good}: good (json, 3 bytes)\n");
    let word_line = format!("{word}: good (wota, 8 bytes)\n");
    let bad_line =
        format!("{bad}: offset 0 (bytes): expected a symbol (0, 2, 3, 8 or 9), found the code 1\n");
    assert_eq!(run(&[&good, &word]), (0, format!("{good_line}{word_line}"), String::new()));
    assert_eq!(run(&[&bad, &good]), (1, format!("{bad_line}{good_line}"), String::new()));
    let missing = folder.path("missing");
    let (code, out, err) = run(&[&missing, &good]);
    assert_eq!((code, out), (3, good_line.clone()));
    assert!(err.starts_with(&format!("drystone: {missing}: cannot be read: ")), "{err}");
    assert_eq!(run(&[&missing, &bad]).0, 1);
}
