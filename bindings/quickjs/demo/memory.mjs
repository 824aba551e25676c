// The peak memory of the process, as Linux counts it. On other systems, or where the peak cannot be reset, these
// functions return undefined, and the demo says so.
import * as std from "qjs:std";

function field(name) {
    const status = std.loadFile("/proc/self/status");
    const found = status?.match(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m"));
    return found ? Number(found[1]) * 1024 : undefined;
}

/// Bytes.
export const peakMemory = () => field("VmHWM");

/// Forgets the peak so far. Returns the bytes in use now, or undefined where that is not possible.
export function resetPeak() {
    const file = std.open("/proc/self/clear_refs", "w");
    if (file === null)
        return undefined;
    file.puts("5");
    const failed = file.close() < 0;
    const used = field("VmRSS"), peak = peakMemory();
    // a refused write may not be reported: then the peak is unchanged
    return failed || used === undefined || peak === undefined || peak > used + 8 * 1024 * 1024 ? undefined : used;
}
