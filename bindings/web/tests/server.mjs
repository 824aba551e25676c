// The repository's files and the built modules over HTTP, for the tests and the demo. Pages are isolated, so that workers can
// share memory, unless their path begins with /open.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript",
    ".json": "application/json", ".wasm": "application/wasm",
};
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** The file of a path; /built has the compiled ones. */
function fileOf(path, built) {
    const [folder, rest] = path.startsWith("/built/") ? [built, path.slice(7)] : [join(ROOT, "bindings"), path.replace(/^\/bindings\//, "")];
    const file = normalize(join(folder, rest));
    return file.startsWith(folder + sep) && extname(file) in TYPES ? file : undefined;
}

/** The body of a request, as text. */
async function bodyOf(request) {
    const parts = [];
    for await (const part of request) parts.push(part);
    return Buffer.concat(parts).toString();
}

/**
 * A server on a port of this machine (0: any that is free); `built` is the folder of the modules. `posted` is called with
 * what a page posts to /outcome.
 */
export async function serve(built, port = 0, posted = undefined) {
    const server = createServer(async (request, response) => {
        const { pathname, search } = new URL(request.url, "http://localhost");
        if (posted && pathname === "/outcome" && request.method === "POST") {
            posted(await bodyOf(request));
            response.writeHead(204).end();
            return;
        }
        if (pathname === "/") {
            response.writeHead(302, { Location: `/bindings/web/demo/index.html${search}` }).end();
            return;
        }
        const isOpen = pathname.startsWith("/open/");
        const file = fileOf(isOpen ? pathname.slice(5) : pathname, built);
        const found = file && (await stat(file).catch(() => undefined));
        if (!found?.isFile() || request.method !== "GET") {
            response.writeHead(404, { "Content-Type": "text/plain" }).end("not found");
            return;
        }
        const headers = { "Content-Type": TYPES[extname(file)], "Cache-Control": "no-store", ...(isOpen ? {} : ISOLATED) };
        response.writeHead(200, headers);
        createReadStream(file).pipe(response);
    });
    await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", resolve);
    });
    return { address: `http://localhost:${server.address().port}`, close: () => server.close() };
}
