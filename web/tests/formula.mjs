// The formula, and how near to it a result must be. Pages load this too.

/** y of x, of [outer, channels, inner] with a window of (behind, ahead). */
export function forward(x, [outer, channels, inner], [behind, ahead], a, beta, k) {
    return Array.from(x, (value, at) => {
        const channel = Math.floor(at / inner) % channels;
        let sum = 0;
        for (let c = Math.max(channel - behind, 0); c <= Math.min(channel + ahead, channels - 1); c++) {
            sum += x[at + (c - channel) * inner] ** 2;
        }
        return value * (k + a * sum) ** -beta;
    });
}

export function close(got, expected, tolerance) {
    if (got.length !== expected.length) throw new Error(`${got.length} numbers instead of ${expected.length}`);
    got.forEach((value, i) => {
        const near = Math.abs(value - expected[i]) <= tolerance * (1 + Math.abs(expected[i]));
        if (!near) throw new Error(`${i}: ${value}, ${expected[i]}`);
    });
}

/** dx of x and dy = y at some elements is what differences of half the squared norm of y say. */
export function closeToDifferences(dx, x, elements, forward) {
    const energy = (at, step) => {
        const moved = x.map((value, i) => (i === at ? value + step : value));
        return forward(moved).reduce((sum, y) => sum + (y * y) / 2, 0);
    };
    for (const at of elements) close([dx[at]], [(energy(at, 1e-4) - energy(at, -1e-4)) / 2e-4], 1e-4);
}

/** Numbers as f32, of which half are negative. */
export const waves = (length) => Float32Array.from({ length }, (_, i) => 3 * Math.sin(i * i + 1));

/** The upper half of each f32: its bits as a bf16, toward zero. */
export const bitsOf = (x) => new Uint16Array(Float32Array.from(x).buffer).filter((_, i) => i % 2 === 1);

/** The numbers that bits of bf16 mean. */
export function numbersOf(bits) {
    return Array.from(new Float32Array(Uint32Array.from(bits, (bits) => bits << 16).buffer));
}
