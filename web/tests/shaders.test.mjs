// What the browser's compiler says of every shader that it may get.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { own, start } from './browser.mjs';

let browser;
before(async () => (browser = await start()));
after(() => browser.close());

test('the compiler accepts every shader', async (t) => {
    const all = JSON.parse(await readFile(new URL('../../target/shaders.json', import.meta.url)));
    const page = await browser.open('/blank');
    const has16 = await page.evaluate(async () => {
        const adapter = await navigator.gpu.requestAdapter();
        const has = adapter.features.has('shader-f16');
        window.device = await adapter.requestDevice({ requiredFeatures: has ? ['shader-f16'] : [] });
        return has;
    });
    assert.equal(has16, own.hasHalves);
    const sources = all.filter((source) => has16 || !source.includes('enable f16'));
    t.diagnostic(`${sources.length} shaders, ${all.length - sources.length} that need f16 left out`);
    assert(sources.length > 1000);
    const complaints = (some) => page.evaluate(complaintsOf, some);
    for (let first = 0; first < sources.length; first += 100) {
        assert.deepEqual(await complaints(sources.slice(first, first + 100)), []);
    }
    for (const wrong of own.refused) assert.equal((await complaints([wrong])).length, 1, wrong);
});

/** What the compiler says of some sources. */
async function complaintsOf(sources) {
    const complaints = [];
    for (const code of sources) {
        device.pushErrorScope('validation');
        const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
        await device.popErrorScope();
        const errors = messages.filter(({ type }) => type === 'error');
        if (errors.length > 0) complaints.push(errors.map(({ lineNum, message }) => `${lineNum}: ${message}`));
    }
    return complaints;
}
