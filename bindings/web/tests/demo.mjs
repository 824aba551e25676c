// The demo page at the widths of a phone and a desk: its content is complete, not cut off and readable, and its buttons work.
// Screenshots are stored with the modules.

import assert from "node:assert/strict";
import { join } from "node:path";

const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 900 } };

/** Facts about the page, from inside it. */
function facts() {
    const parse = (color) => color.match(/[\d.]+/g).slice(0, 3).map(Number);
    const light = (color) => {
        const [r, g, b] = parse(color).map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
        const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
        return (high + 0.05) / (low + 0.05);
    };
    const page = getComputedStyle(document.body).backgroundColor;
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = getComputedStyle(at).backgroundColor;
            if (!/rgba\(.*, 0\)|transparent/.test(color)) return color;
        }
        return page;
    };
    const texts = [...document.querySelectorAll("h1, h2, p, button, th, td, figcaption, code")].filter((one) => one.textContent.trim());
    const box = (selector) => document.querySelector(selector).getBoundingClientRect().toJSON();
    return {
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        contrast: Math.min(...texts.map((one) => contrast(getComputedStyle(one).color, behind(one)))),
        marks: Math.min(...["ours", "theirs"].map((name) => contrast(getComputedStyle(document.querySelector(`.key.${name}`)).backgroundColor, page))),
        buttons: [...document.querySelectorAll("button")].map((button) => ({ name: button.textContent, height: button.getBoundingClientRect().height })),
        labelled: [...document.querySelectorAll("section, svg, .scroll")].every((one) => one.ariaLabel || document.getElementById(one.getAttribute("aria-labelledby"))),
        live: document.querySelectorAll("[role=status][aria-live=polite]").length,
        headings: [...document.querySelectorAll("h1, h2")].map((one) => one.tagName).join(" "),
        sections: [box("section:nth-of-type(1)"), box("section:nth-of-type(2)")],
        charts: [box("#stones-chart"), box("#chain-chart")],
        outside: [...document.querySelectorAll("main *")].filter((one) => !one.closest(".scroll")).filter((one) => one.getBoundingClientRect().right > innerWidth + 1).length,
        cut: [...document.querySelectorAll(".scroll")].filter((one) => one.scrollWidth > one.clientWidth).length,
        small: Math.min(...texts.map((one) => parseFloat(getComputedStyle(one).fontSize))),
    };
}

async function open(browser, address, size, colorScheme, path = "/?bytes=1048576&inserts=400") {
    const page = await browser.newPage({ viewport: SIZES[size], colorScheme });
    const errors = [];
    page.on("pageerror", (error) => errors.push(error));
    await page.goto(address + path);
    await page.waitForFunction(() => document.documentElement.dataset.ready === "yes");
    return { page, errors };
}

export function demoTests(browser, address, folder) {
    const tests = {};
    for (const size of Object.keys(SIZES))
        for (const colorScheme of ["light", "dark"])
            tests[`${size}, ${colorScheme}`] = async () => {
                const { page, errors } = await open(browser, address, size, colorScheme);
                // By keyboard alone.
                await page.keyboard.press("Tab");
                assert.equal(await page.evaluate(() => document.activeElement.id), "stones-run");
                await page.keyboard.press("Enter");
                await page.waitForFunction(() => /A hop with the stone took/.test(document.getElementById("stones-status").textContent));
                await page.click("#chain-run");
                await page.waitForFunction(() => /400 inserts: .* beside/.test(document.getElementById("chain-status").textContent));
                const found = await page.evaluate(facts);
                await page.screenshot({ path: join(folder, `demo-${size}-${colorScheme}.png`), fullPage: true });
                assert.equal(found.overflow, 0);
                assert.equal(found.outside, 0);
                assert.equal(found.cut, 0);
                assert.ok(found.contrast >= 4.5, `contrast ${found.contrast}`);
                assert.ok(found.marks >= 3, `contrast of marks ${found.marks}`);
                assert.ok(found.small >= 13, `font of ${found.small} px`);
                assert.deepEqual(found.buttons.map(({ name }) => name), ["Pass it 20 times", "Run the chains"]);
                assert.ok(found.buttons.every(({ height }) => height >= 44));
                assert.ok(found.labelled);
                assert.equal(found.live, 2);
                assert.equal(found.headings, "H1 H2 H2");
                assert.ok(found.charts.every(({ width, height }) => width > 250 && height > 150));
                const [one, other] = found.sections;
                if (size === "phone") assert.ok(other.y >= one.y + one.height);
                else assert.ok(other.x >= one.x + one.width && other.y === one.y);
                assert.equal(await page.locator("#stones-chart rect.ours").count(), 20);
                assert.equal(await page.locator("#stones-chart circle.theirs").count(), 20);
                assert.equal(await page.locator("#chain-table tbody tr").count(), 5);
                assert.deepEqual(errors, []);
                await page.close();
            };
    tests["a page that is not isolated says so, and transfers"] = async () => {
        const { page, errors } = await open(browser, address, "phone", "light", "/open/bindings/web/demo/index.html?bytes=65536");
        assert.match(await page.textContent("#isolation"), /not isolated/);
        await page.click("#stones-run");
        await page.waitForFunction(() => /A hop with the stone took/.test(document.getElementById("stones-status").textContent));
        assert.match(await page.textContent("#stones-table tbody"), /stone, transferred/);
        assert.deepEqual(errors, []);
        await page.close();
    };
    return tests;
}
