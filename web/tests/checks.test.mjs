// The library's cases in a browser: every kernel, dtype and variant against the CPU reference, as the native tests ask
// them. A software adapter takes a second for a shader, on one processor; so there is a browser for each. CHECKS=quick
// runs only one of each kind.
import assert from 'node:assert/strict';
import os from 'node:os';
import { after, before, test } from 'node:test';
import { start } from './browser.mjs';

let browsers;
before(async () => (browsers = await Promise.all(Array.from({ length: os.availableParallelism() }, () => start()))));
after(() => Promise.all(browsers.map((browser) => browser.close())));

test('every kernel is within the bound', async (t) => {
    const pages = await Promise.all(browsers.map(openChecks));
    const numbers = await pages[0].evaluate((isQuick) => {
        return isQuick ? [...checks.quick()] : Array.from({ length: checks.length }, (_, number) => number);
    }, process.env.CHECKS === 'quick');
    t.diagnostic(`${numbers.length} runs in ${pages.length} browsers`);
    const verdicts = [];
    const runAll = async (page) => {
        while (numbers.length > 0) verdicts.push(await page.evaluate(verdict, numbers.shift()));
    };
    await Promise.all(pages.map(runAll));
    assert.deepEqual(verdicts.filter(({ complaint }) => complaint !== ''), []);
    const kinds = new Map();
    for (const { kernel, operation, dtype, ratio } of verdicts) {
        const kind = `${kernel} ${operation} ${dtype}`;
        kinds.set(kind, Math.max(kinds.get(kind) ?? 0, ratio));
    }
    kinds.forEach((ratio, kind) => t.diagnostic(`${kind}: ${ratio.toFixed(3)} of the bound`));
    // Seven kernels, three operations, three dtypes.
    assert.equal(kinds.size, 7 * 3 * 3);
    for (const page of pages) assert.deepEqual(page.errors, []);
});

/** A page with the checks of its own device. */
async function openChecks(browser) {
    const page = await browser.open('/blank');
    await page.evaluate(async () => {
        const { default: init, Gpu, Checks } = await import('/web/page.js');
        await init();
        window.checks = new Checks(await Gpu.open());
    });
    return page;
}

/** Runs a check in the page, by its number. */
async function verdict(number) {
    const verdict = await checks.run(number);
    const { check, kernel, dtype, ratio, complaint } = verdict;
    verdict.free();
    return { check, kernel, operation: check.split(' ')[1], dtype, ratio, complaint };
}
