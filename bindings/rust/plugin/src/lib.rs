//! A plugin of another program: it posts letters, and exports one function.

use drystone::{Mailbox, wota::Writer};

/// Whether a letter went through a mailbox.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_works() -> bool {
    let through = || {
        let mut writer = Writer::new();
        writer.text(b"letter")?;
        let mailbox = Mailbox::new(0)?;
        mailbox.post(writer.finish()?).map_err(|refused| refused.status)?;
        mailbox.take(None)
    };
    through().is_ok()
}
