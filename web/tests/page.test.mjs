// The page, as a visitor uses it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { own, start } from './browser.mjs';

let browser;
before(async () => (browser = await start()));
after(() => browser.close());

/** Opens a section, and waits until it is known whether there is a GPU. */
async function open(section, options = {}) {
    const page = await (options.browser ?? browser).open(`/web/#${section}`, options);
    await page.waitForFunction(() => window.page?.gpu !== undefined);
    return page;
}

/** Nothing went wrong, and nothing was asked of anyone else. */
async function assertQuiet(page) {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(page.foreign, []);
    assert.equal(await page.locator('#notices').innerText(), '');
    await page.context().close();
}

/** Opens the first section, and waits for its maps. */
async function openMaps(options) {
    const page = await open('see', options);
    await settled(() => peaks(page), '');
    return page;
}

/** The peaks of the maps, which stand beside them, once all are there. */
async function peaks(page) {
    await page.waitForFunction(() => {
        const maps = [...document.querySelectorAll('#maps .map')];
        return maps.length > 0 && maps.every((map) => /peak \d/.test(map.innerText));
    });
    return page.locator('#maps').innerText();
}

/** A picture of the first map after the layer, as the screen has it. */
async function drawn(page) {
    const picture = await page.locator('#maps .framed canvas').nth(1).screenshot();
    assert(picture.length > 1000, 'the map is of one colour');
    return picture.toString('base64');
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until a text differs from what it was, and then until it does not change any more. */
async function settled(text, was) {
    const end = Date.now() + 60_000;
    let last = was;
    while (Date.now() < end) {
        await pause(300);
        const now = await text();
        if (now !== was && now === last) return now;
        last = now;
    }
    throw new Error(`after a minute it is still ${was === last ? 'the same' : 'changing'}: ${last}`);
}

const drag = (page, name, value) =>
    page.locator(`#${name}`).evaluate((input, value) => {
        input.value = value;
        input.dispatchEvent(new Event('input', { bubbles: true }));
    }, value);

test('the layer changes the maps, and its reset brings them back', async () => {
    const page = await openMaps();
    assert.match(await page.locator('#device').innerText(), own.adapter);
    const [first, map] = [await peaks(page), await settled(() => drawn(page), '')];
    const formula = await page.locator('#formula').innerText();
    await drag(page, 'alpha', -1);
    const strong = await settled(() => peaks(page), first);
    const changed = await settled(() => drawn(page), map);
    assert.notEqual(await page.locator('#formula').innerText(), formula);
    await page.locator('#network').click();
    assert.equal(await settled(() => peaks(page), strong), first);
    assert.equal(await settled(() => drawn(page), changed), map);
    await assertQuiet(page);
});

test('what a convention refuses is said beside the control', async () => {
    const page = await openMaps();
    await page.locator('#convention').selectOption('caffe');
    const before = await peaks(page);
    await drag(page, 'size', 4);
    await page.locator('#refusal', { hasText: 'use 3 or 5' }).waitFor();
    assert.equal(await peaks(page), before);
    await page.locator('#convention').selectOption('paper');
    await page.locator('#refusal').waitFor({ state: 'hidden' });
    await settled(() => peaks(page), before);
    await assertQuiet(page);
});

test('the chart follows the pointer and the arrow keys', async () => {
    const page = await openMaps();
    const map = page.locator('#maps .framed canvas').first();
    const chart = () => page.locator('#chart').innerHTML();
    const first = await chart();
    await map.hover({ position: { x: 5, y: 5 } });
    const second = await settled(chart, first);
    await page.locator('#maps figure').first().press('Shift+ArrowRight');
    await settled(chart, second);
    await assertQuiet(page);
});

test('a picture of one’s own, and the camera', async () => {
    const page = await openMaps();
    const photo = await peaks(page);
    const own = await readFile(new URL('../../examples/headless/demo.png', import.meta.url));
    await page.locator('#file').setInputFiles({ name: 'own.png', mimeType: 'image/png', buffer: own });
    const picture = await settled(() => peaks(page), photo);
    await page.locator('#camera-button').click();
    await page.waitForFunction((was) => document.querySelector('#maps').innerText !== was, picture);
    await page.locator('#camera-button[aria-pressed=true]').click();
    await page.locator('#camera-button[aria-pressed=false]').waitFor();
    await assertQuiet(page);
});

test('a lost device is said, and a click opens another', async () => {
    const page = await openMaps();
    const lost = await page.evaluateHandle(() => window.page.gpu);
    await lost.evaluate((gpu) => gpu.device.destroy());
    await page.locator('#notices button').click();
    await page.waitForFunction((lost) => window.page.gpu !== lost, lost);
    const before = await settled(() => peaks(page), '');
    page.errors.length = 0; // what was under way when the device was lost
    await drag(page, 'alpha', -1);
    await settled(() => peaks(page), before);
    assert.deepEqual(page.errors, []);
    await page.context().close();
});

test('a measurement shows its bars, and its numbers can be kept and compared', async () => {
    const page = await open('measure');
    const panel = page.locator('#measure-panel');
    for (const name of ['network', 'batch', 'type']) await chooseFirst(panel, name);
    await panel.getByRole('button', { name: 'Measure', exact: true }).click();
    await panel.locator('.steps [role=status]', { hasText: 'Done.' }).waitFor({ timeout: 120_000 });
    assert((await panel.locator('#results .bar').count()) > 0);
    const path = await own.download(page, () => panel.locator('#download').click());
    const report = JSON.parse(await readFile(path, 'utf8'));
    const [adapter] = report.adapters;
    assert.equal(report.adapters.length, 1);
    assert(adapter.measurements.some(({ rule }) => rule) && adapter.copy_gbps > 0);
    const before = await panel.locator('#results').innerText();
    await panel.locator('#others').setInputFiles({ name: 'theirs.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ adapters: [{ ...adapter, name: 'Another GPU' }] })) });
    await panel.locator('#results', { hasText: 'Another GPU' }).waitFor();
    assert.notEqual(await panel.locator('#results').innerText(), before);
    await panel.locator('#others').setInputFiles({ name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from('{"adapters":') });
    await panel.locator('#file-error').waitFor();
    await assertQuiet(page);
});

/** Leaves only the first of some checkboxes checked. */
async function chooseFirst(panel, name) {
    const boxes = panel.locator(`input[name=${name}]`);
    const count = await boxes.count();
    assert(count > 0, name);
    for (let i = 0; i < count; i++) await boxes.nth(i).setChecked(i === 0);
}

test('the quick checks pass, can be cancelled, and make a report', async () => {
    const page = await open('check', { context: { permissions: ['clipboard-read', 'clipboard-write'] } });
    const panel = page.locator('#check-panel');
    const status = panel.locator('.steps [role=status]');
    await panel.getByRole('button', { name: 'Check', exact: true }).click();
    await panel.locator('#outcome').waitFor();
    await panel.locator('.steps .progress-text', { hasText: /^([3-9]|[1-8]\d) of/ }).waitFor({ timeout: 60_000 });
    await panel.getByRole('button', { name: 'Cancel' }).click();
    await status.filter({ hasText: 'Cancelled.' }).waitFor({ timeout: 60_000 });
    assert(await panel.locator('#failures').isHidden());
    await panel.locator('#copy').click();
    const report = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(report, own.adapter);
    assert.match(report, /wgpu-lrn \d/);
    await assertQuiet(page);
});

test('TF.js stands beside, from the page’s own files', async () => {
    const page = await open('measure');
    const panel = page.locator('#measure-panel');
    for (const name of ['network', 'batch']) await chooseFirst(panel, name);
    await panel.locator('#versus .steps button').click();
    await panel.locator('#versus .steps [role=status]', { hasText: 'Done.' }).waitFor({ timeout: 120_000 });
    assert.match(await panel.locator('#versus').innerText(), /alexnet_norm1_n1\t\d/);
    await assertQuiet(page);
});

const without = {
    'no WebGPU': [() => Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined }), 'has no WebGPU'],
    'no adapter': [() => navigator.gpu && (GPU.prototype.requestAdapter = async () => null), 'found no GPU'],
};

for (const [lack, [before, words]] of Object.entries(without)) {
    test(`${lack}: the reason, and the CPU’s picture`, async () => {
        const page = await openMaps({ before });
        await page.locator('#notices', { hasText: words }).waitFor();
        const [first, map] = [await peaks(page), await settled(() => drawn(page), '')];
        await drag(page, 'alpha', -1);
        await settled(() => peaks(page), first);
        await settled(() => drawn(page), map);
        assert.deepEqual(page.errors, []);
        for (const section of ['measure', 'check']) {
            await page.locator(`#${section}-tab`).click();
            const panel = page.locator(`#${section}-panel`);
            await panel.getByText('There is no GPU to').waitFor();
            assert.equal(await panel.locator('.steps button:visible').count(), 0);
        }
        await page.context().close();
    });
}

for (const theme of ['light', 'dark']) {
    test(`nothing overflows a narrow window, if it is ${theme}`, async (t) => {
        const themed = await start(theme);
        t.after(() => themed.close());
        for (const width of [360, 1280]) {
            const page = await openMaps({ browser: themed, context: { viewport: { width, height: 800 } } });
            assert(await page.evaluate((theme) => matchMedia(`(prefers-color-scheme: ${theme})`).matches, theme));
            for (const section of ['see', 'measure', 'check']) {
                await page.locator(`#${section}-tab`).click();
                const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                assert(overflow <= 0, `${section} at ${width} pixels: ${overflow} too many`);
            }
            await assertQuiet(page);
        }
    });
}
