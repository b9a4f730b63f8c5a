// The npm package as it is published: its size, its types, and what its README tells people to run.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { start } from './browser.mjs';
import { readmePrograms } from './readme.mjs';

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
let browser;
before(async () => (browser = await start()));
after(() => browser.close());

test('the module is small', async (t) => {
    const wasm = await readFile(file('target/npm/wgpu_lrn_bg.wasm'));
    const { length } = brotliCompressSync(wasm);
    t.diagnostic(`${wasm.length} bytes, ${length} by brotli`);
    assert(length <= 130_000);
});

test('TypeScript accepts what is right and refuses what is wrong', () => {
    execFileSync(file('web/node_modules/.bin/tsc'), ['-p', file('web/tests')], { stdio: 'inherit' });
});

test('the README’s programs run', async () => {
    const programs = (await readmePrograms()).filter((program) => !program.includes("'node:"));
    assert.equal(programs.length, 2);
    const page = await browser.open('/blank');
    const source = `${programs.join('\n')}\nwindow.results = { x, y, dx };`.replace('wgpu-lrn-web', '/npm/wgpu_lrn.js');
    await page.addScriptTag({ type: 'module', content: source });
    await page.waitForFunction(() => window.results);
    assert(await page.evaluate(() => results.y.every((y, i) => Math.abs(y) <= Math.abs(results.x[i]))));
    assert(await page.evaluate(() => results.dx.some((dx) => dx !== 0)));
    const drawn = await page.locator('canvas').screenshot();
    assert(drawn.length > 500, 'the canvas is of one colour');
    assert.deepEqual(page.errors, []);
});
