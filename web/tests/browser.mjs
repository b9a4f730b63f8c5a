// A real browser, without a window, and the files that it loads.
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, firefox } from 'playwright-core';

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

// WebGPU on a software adapter, the only one that tests can count on; a camera that is none; and nothing that the
// browser fetches for itself. In Chromium a canvas must share the device.
const browsers = {
    chromium: {
        programs: [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'],
        launch: (options) => chromium.launch({ ...options, args: flags }),
        adapter: /swiftshader/i,
        hasHalves: false,
        /** What its compiler must complain of. */
        refused: ['fn f() -> u32 { return 1i; }', 'fn f() -> u32 { return 1u | 2u << 3u; }'],
        /** The path of a file that a click downloads. */
        async download(page, click) {
            const downloading = page.waitForEvent('download');
            await click();
            return (await downloading).path();
        },
    },
    // The one that people have, driven by WebDriver BiDi. It tells no names of adapters, and nothing of downloads. Its
    // version 153 has no emulation.setMediaFeaturesOverride, which Playwright 1.65 asks for at once; 1.63 does not.
    firefox: {
        programs: [process.env.FIREFOX, 'firefox-esr', 'firefox'],
        launch: (options, theme) => {
            const themed = { ...preferences, [THEME]: theme === 'dark' ? 0 : 1 };
            return firefox.launch({ ...options, channel: 'moz-firefox', firefoxUserPrefs: themed });
        },
        adapter: /unnamed adapter/,
        hasHalves: true,
        // The parentheses that WGSL wants around a shift it does not miss.
        refused: ['fn f() -> u32 { return 1i; }'],
        async download(page, click) {
            await click();
            return soon(async () => {
                const [file] = (await readdir(page.downloads)).filter((name) => !name.endsWith('.part'));
                const whole = file && path.join(page.downloads, file);
                return whole && (await stat(whole)).size > 0 && whole;
            });
        },
    },
};

/** Waits until a function gives something. */
async function soon(find) {
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
        const found = await find();
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('nothing came in half a minute');
}

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

const THEME = 'layout.css.prefers-color-scheme.content-override';

const preferences = {
    'dom.webgpu.enabled': true,
    'gfx.webgpu.ignore-blocklist': true,
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
};

/** The browser of these tests: Chromium, unless BROWSER names another. */
export const name = process.env.BROWSER ?? 'chromium';

/** What is peculiar to it. */
export const own = browsers[name];

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

/** The first of some programs that is here. */
function found(programs) {
    for (const program of programs.filter(Boolean)) {
        try {
            return execFileSync('which', [program], { encoding: 'utf8' }).trim();
        } catch {
            // The next may be.
        }
    }
    throw new Error(`none of ${programs.filter(Boolean).join(', ')} was found; install one`);
}

/** Starts a browser, of a theme, and a server; `open` opens a page, `close` ends both. */
export async function start(theme = 'light') {
    const { server, address } = await serve();
    const downloads = await mkdtemp(path.join(tmpdir(), 'lrn-'));
    const executablePath = found(own.programs);
    const browser = await own.launch({ executablePath, downloadsPath: downloads }, theme);
    const open = async (where, options = {}) => {
        const context = await browser.newContext({ colorScheme: theme, ...options.context });
        const page = await context.newPage();
        page.errors = [];
        page.foreign = [];
        page.downloads = downloads;
        page.on('pageerror', (error) => page.errors.push(String(error)));
        page.on('console', (message) => {
            if (message.type() === 'error') page.errors.push(message.text());
        });
        page.on('request', (request) => {
            const isOwn = request.url().startsWith(address) || /^(data|blob):/.test(request.url());
            if (!isOwn) page.foreign.push(request.url());
        });
        if (options.before) await page.addInitScript(options.before);
        await page.goto(address + where);
        return page;
    };
    const close = async () => {
        await browser.close();
        await rm(downloads, { recursive: true });
        server.close();
    };
    return { open, close, address };
}
