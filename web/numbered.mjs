// Numbers the imports of a module. wasm-bindgen names each with a hash, which no compression shortens; a number that
// is as long takes its place, in the module and in the JavaScript that it belongs to.
//
// node numbered.mjs FILE...
import { readFile, writeFile } from 'node:fs/promises';

const IMPORT = /(__wbg_\w+_|__wbindgen_cast_)([0-9a-f]{16})(?!\w)/g;

const numbers = new Map();

function number(hash) {
    if (!numbers.has(hash)) numbers.set(hash, String(numbers.size).padStart(hash.length, '0'));
    return numbers.get(hash);
}

for (const file of process.argv.slice(2)) {
    const bytes = await readFile(file, 'latin1');
    await writeFile(file, bytes.replace(IMPORT, (_, name, hash) => name + number(hash)), 'latin1');
}
