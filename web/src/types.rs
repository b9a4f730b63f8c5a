//! What wasm-bindgen cannot say in TypeScript by itself.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"/// <reference types="@webgpu/types" />

/** Which GPU to open, where there are several. */
export type PowerPreference = "high-performance" | "low-power";

/** s of x; y of x; dx of x and dy. */
export type Operation = "square_sums" | "forward" | "backward";

/** What a layer is told of its tensor beside the dimensions. */
export interface TensorOptions {
    /** The axes of the windows; a negative one counts from the end. [1] unless given. */
    axes?: number[];
    /** Groups of channels that are normalized each on its own. 1 unless given. */
    groups?: number;
    /** "f32" unless given. Only the CPU has "f64". */
    dtype?: "f32" | "f16" | "bf16" | "f64";
    /** The kernel for each operation, as `Gpu.tune` has found it. The CPU has none. */
    tuning?: string;
}

/** The numbers of the formula y_i = x_i · (k + a·Σ x_j²)^(−beta). */
export interface Parameters {
    /** The channels before and after a channel that its window sums, along each axis. */
    windows: [number, number][];
    a: number;
    beta: number;
    k: number;
}

type Halves = typeof globalThis extends { Float16Array: { prototype: infer T } } ? T : Uint16Array;

/**
 * f32: Float32Array. f16: Float16Array; where there is none, the bits in a Uint16Array. bf16: the bits. f64:
 * Float64Array.
 */
export type Values = Float32Array | Float64Array | Uint16Array | Halves;
"#;
