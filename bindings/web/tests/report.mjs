// Prints the outcome of each case in a browser, and counts those that failed.

export class Report {
    failures = 0;

    add({ name, error, took }) {
        if (error) this.failures += 1;
        console.log(error ? `FAILED ${name}: ${error}` : `ok ${name} (${took} ms)`);
    }

    /** Throws if a case failed. */
    finish() {
        if (this.failures > 0) throw new Error(`${this.failures} failed`);
    }
}

/** The pages with the cases: an isolated one, and one that is not. */
export const PAGES = ["/bindings/web/tests/page.html", "/open/bindings/web/tests/page.html"];
