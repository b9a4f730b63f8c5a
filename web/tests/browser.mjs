// A real browser, without a window, and the files that it loads.
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../../target/', import.meta.url));
const web = fileURLToPath(new URL('..', import.meta.url));
const types = {
    '.css': 'text/css',
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.mjs': 'text/javascript',
    '.json': 'application/json',
    '.png': 'image/png',
    '.svg': 'image/svg+xml',
    '.wasm': 'application/wasm',
    '.wgsl': 'text/plain',
};

// WebGPU on the software adapter, the only one that tests can count on, with which a canvas must share a device; and
// nothing that the browser fetches for itself.
const flags = [
    '--enable-unsafe-webgpu',
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
    '--use-angle=swiftshader',
    '--use-webgpu-adapter=swiftshader',
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-quic',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
];

/** Serves the folder target, in which scripts/web has built the package and the page, and these tests. */
async function serve() {
    const server = http.createServer(async (request, response) => {
        const { pathname } = new URL(request.url, 'http://localhost');
        const folder = pathname.startsWith('/tests/') ? web : root;
        const file = path.join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
        const found = pathname === '/blank' || (await stat(file).catch(() => undefined))?.isFile();
        const type = types[path.extname(file)] ?? 'text/html';
        response.writeHead(found ? 200 : 404, { 'content-type': type, 'cache-control': 'no-store' });
        if (found && pathname !== '/blank') createReadStream(file).pipe(response);
        else response.end('<!doctype html><link rel="icon" href="data:,">');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, address: `http://127.0.0.1:${server.address().port}` };
}

/** The browser that CHROMIUM names, or else one on the path. */
function executable() {
    const names = ['chromium', 'chromium-browser', 'google-chrome'];
    const found = (name) => {
        try {
            return execFileSync('which', [name], { encoding: 'utf8' }).trim();
        } catch {
            return '';
        }
    };
    const first = process.env.CHROMIUM ?? names.map(found).find(Boolean);
    if (!first) throw new Error(`none of ${names.join(', ')} was found; install one, or name it in CHROMIUM`);
    return first;
}

/** Starts a browser and a server; `open` opens a page, `close` ends both. */
export async function start() {
    const { server, address } = await serve();
    const browser = await chromium.launch({ executablePath: executable(), args: flags });
    const open = async (where, options = {}) => {
        const context = await browser.newContext(options.context);
        const page = await context.newPage();
        page.errors = [];
        page.foreign = [];
        page.on('pageerror', (error) => page.errors.push(String(error)));
        page.on('console', (message) => {
            if (message.type() === 'error') page.errors.push(message.text());
        });
        page.on('request', (request) => {
            if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address)) page.foreign.push(request.url());
        });
        if (options.before) await page.addInitScript(options.before);
        await page.goto(address + where);
        return page;
    };
    const close = async () => {
        await browser.close();
        server.close();
    };
    return { open, close, address };
}
