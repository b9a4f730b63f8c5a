// What the package's README tells people to run.
import { readFile } from 'node:fs/promises';

/** The programs, in their order. */
export async function readmePrograms() {
    const readme = await readFile(new URL('../npm/README.md', import.meta.url), 'utf8');
    return [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, program]) => program);
}
