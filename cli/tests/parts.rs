//! `drystone inspect --parts`: what is shared is shown once, and parts that do not belong together are refused.

mod common;

use common::{Folder, run};
use drystone::Blob;
use drystone::wota::{Writer, to_parts};

#[test]
fn references_are_shown_with_what_they_lead_to_once() {
    let mut stone = Blob::from_bytes(b"a stone").unwrap();
    stone.make_stone();
    let mut writer = Writer::new();
    writer.array(2).unwrap();
    writer.integer(7).unwrap();
    writer.blob(&stone).unwrap();
    let held = writer.finish().unwrap();
    writer.array(2).unwrap();
    writer.value(&held, 0).unwrap();
    writer.value(&held, 1).unwrap();
    let message = writer.finish().unwrap();
    let parts = to_parts(&message, 0).unwrap();
    let folder = Folder::new();
    let name = |number: usize| folder.file(&format!("part{number}"), parts.get(number).unwrap().bytes());
    let files: Vec<String> = (0..parts.count()).map(name).collect();
    let page = run(&format!("inspect --parts {}", files.join(" ")), b"").good();
    let expected = "       0  0000000000000202  array of 2
       1  0000000000000009    value at 0 of thing 1
       3  0000000000000109    value at 1 of thing 1

thing 1, a message of 4 words
       0  0000000000000202  array of 2
       1  0000000000000700    integer 7
       2  0000000000003808    stone of 56 bits

format          wota
parts           3
";
    let page = String::from_utf8(page).unwrap();
    assert!(page.starts_with(expected), "{page}");
    assert!(page.ends_with("words           5\nseen through    6\n"), "{page}");
    let summary = run(&format!("inspect --summary --parts {}", files.join(" ")), b"").good();
    assert!(page.ends_with(&String::from_utf8(summary).unwrap()));

    let refused = run(&format!("inspect --parts {} {}", files[0], files[1]), b"");
    let found = "offset 0 (words): expected the parts of a message, found malformed";
    refused.fails(1, &format!("{}: {found}", files[0]));
}
