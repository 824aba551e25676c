use core::ptr;
use drystone_sys::*;

fn main() {
    let picture = [7_u8; 1000];
    // SAFETY: lengths are those of the arrays; every count is dropped once, and nothing is used after that.
    unsafe {
        let stone = blob_from_bytes(picture.as_ptr(), picture.len());
        assert!(!stone.is_null() && blob_make_stone(stone) == DRYSTONE_OK);

        let mut writer = ptr::null_mut();
        assert_eq!(wota_writer_new(WOTA_CLASSIC, &mut writer), DRYSTONE_OK);
        assert_eq!(wota_write_blob(writer, stone), DRYSTONE_OK);
        let mut message = ptr::null_mut();
        assert_eq!(wota_writer_finish(writer, &mut message), DRYSTONE_OK);
        wota_writer_free(writer);

        println!("the stone has {} counts", blob_refcount(stone)); // 2: the message holds one
        blob_destroy(message);
        blob_destroy(stone);
        assert_eq!(drystone_blobs_alive(), 0);
    }
}
