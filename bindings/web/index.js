// The public interface. Everything except `hostBuckets` needs `load` first.

export { Blob } from "./blob.js";
export { BucketMap, BucketSet, StoneMap, StoneSet, bucketHeapLimit, bucketHeapUsed } from "./bucket_map.js";
export { load } from "./core.js";
export { DrystoneError } from "./error.js";
export { Refusal, hostBuckets } from "./host.js";
export { nota } from "./nota.js";
export { usualLayout } from "./options.js";
export { pack, post, receive, sharing } from "./share.js";
export { isStone, stone, wota } from "./wota.js";
