//! Threads and a mailbox: letters that mention one stone, which is never copied.
//!
//! prints: 100 letters, all with the same picture
use std::thread;

use drystone::wota::{Reader, Writer};
use drystone::{Blob, Limits, Mailbox, Status};

fn letter(picture: &Blob) -> Result<Blob, Status> {
    let mut writer = Writer::new();
    writer.record(1)?;
    writer.text(b"data")?;
    writer.blob(picture)?; // one count and eight bytes, whatever the size
    writer.finish()
}

fn main() -> Result<(), Status> {
    let mut picture = Blob::from_bytes(&[7; 1 << 20])?;
    picture.make_stone();
    let inbox = Mailbox::new(10)?; // at most ten letters: senders wait

    let (outlet, stone) = (inbox.clone(), picture.clone());
    let sender = thread::spawn(move || -> Result<(), Status> {
        for _ in 0..100 {
            outlet.post_wait(letter(&stone)?, None).map_err(|refused| refused.status)?;
        }
        outlet.close();
        Ok(())
    });

    let mut letters = 0;
    while let Ok(message) = inbox.take(None) {
        let mut reader = Reader::new(&message, &Limits::DEFAULT)?;
        reader.find(b"data")?;
        assert_eq!(reader.blob()?.bytes().as_ptr(), picture.bytes().as_ptr());
        letters += 1;
    }
    sender.join().expect("the sender does not panic")?;
    println!("{letters} letters, all with the same picture");
    Ok(())
}
