//! Another Rust library in the same program, with the standard library in it as we have it in ours.

/// How many digits the number has, by way of memory and a thread.
#[unsafe(no_mangle)]
pub extern "C" fn other_digits(number: u64) -> usize {
    std::thread::spawn(move || number.to_string().len()).join().unwrap_or(0)
}
