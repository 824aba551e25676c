//! Any bits as fields of a blob: reading ends, and writing the values results in the same bits.
#![no_main]

use drystone::Blob;
use drystone::number::dec64::Dec64;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((odd, bytes)) = bytes.split_first() else { return };
    let mut blob = Blob::zeroed(usize::from(odd % 8)).unwrap();
    blob.append_bytes(bytes).unwrap();
    blob.make_stone();
    for from in 0..blob.length_bits().min(64) {
        let mut again = Blob::zeroed(0).unwrap();
        if let Ok((value, bits)) = blob.read_kim(from) {
            again.alone().append_kim(value).unwrap();
            assert_eq!(again, blob.copy_range(from, from + bits).unwrap());
        }
        if let Ok(found) = blob.text_at(from) {
            let mut text = vec![0; found.length];
            assert_eq!(blob.read_text(from, &mut text), Ok(found));
            let mut again = Blob::zeroed(0).unwrap();
            again.alone().append_text(&text).unwrap();
            assert_eq!(again, blob.copy_range(from, from + found.bits_read).unwrap());
        }
        let _ = blob.is_pad(from, usize::from(*odd));
    }
    if let Ok(number) = Dec64::from_text(bytes) {
        let text = number.to_string();
        let same = Dec64::from_text(text.as_bytes()).unwrap();
        assert_eq!(same.to_string(), text);
        assert_eq!(same.to_double().to_bits(), number.to_double().to_bits());
    }
});
