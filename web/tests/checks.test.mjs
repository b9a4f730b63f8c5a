// The library's cases in a browser: every kernel, dtype and variant against the CPU reference, as the native tests ask
// them. A software adapter takes a second or more for a shader. So only every third is run, and one of each kind;
// CHECKS=all runs all.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start } from './browser.mjs';

const stride = process.env.CHECKS === 'all' ? 1 : 3;
let browser;
before(async () => (browser = await start()));
after(() => browser.close());

test('every kernel is within the bound', async (t) => {
    const page = await browser.open('/blank');
    const numbers = await page.evaluate(async (stride) => {
        const { default: init, Gpu, Checks } = await import('/web/page.js');
        await init();
        window.checks = new Checks(await Gpu.open());
        const quick = new Set(checks.quick());
        const all = Array.from({ length: checks.length }, (_, number) => number);
        return all.filter((number) => number % stride === 0 || quick.has(number));
    }, stride);
    t.diagnostic(`${numbers.length} runs`);
    const verdicts = [];
    for (const number of numbers) verdicts.push(await page.evaluate(verdict, number));
    assert.deepEqual(verdicts.filter(({ complaint }) => complaint !== ''), []);
    const kinds = new Map();
    for (const { kernel, operation, dtype, ratio } of verdicts) {
        const kind = `${kernel} ${operation} ${dtype}`;
        kinds.set(kind, Math.max(kinds.get(kind) ?? 0, ratio));
    }
    kinds.forEach((ratio, kind) => t.diagnostic(`${kind}: ${ratio.toFixed(3)} of the bound`));
    // Six kernels, three operations, three dtypes.
    assert.equal(kinds.size, 6 * 3 * 3);
    assert.deepEqual(page.errors, []);
});

/** Runs a check in the page, by its number. */
async function verdict(number) {
    const verdict = await checks.run(number);
    const { check, kernel, dtype, ratio, complaint } = verdict;
    verdict.free();
    return { check, kernel, operation: check.split(' ')[1], dtype, ratio, complaint };
}
