//! What the compilers of known GPUs let expect, as `tools/compilers` writes it.

use maud::{Markup, html};
use serde::Deserialize;

#[derive(Default, Deserialize)]
pub struct Expectations {
    expected: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    gpu: String,
    shape: String,
    layout: String,
    dtype: String,
    arithmetic: String,
    operation: String,
    choice: String,
    /// Of a copy's speed.
    fraction: f64,
}

impl Expected {
    /// Returns what identifies the layer and its pass, whatever the GPU.
    fn layer(&self) -> [&str; 5] {
        [&self.shape, &self.layout, &self.dtype, &self.arithmetic, &self.operation]
    }
}

impl Expectations {
    /// Returns a row for each operation of a layer, a column for each GPU; nothing if nothing is expected.
    pub fn section(&self) -> Markup {
        let Some(first) = self.expected.first() else { return html! {} };
        let gpus: Vec<_> = self.expected.chunk_by(|a, b| a.gpu == b.gpu).collect();
        let layers = self.expected.iter().filter(|one| one.gpu == first.gpu);
        html! {
            h2 { "What to expect on your GPU" }
            p {
                "The share of the speed of a copy that the fastest choice should reach: what a compiler for the GPU, or for "
                "one that is like it, makes of the kernel takes as long as its memory or its instructions, whichever is "
                "longer. Nothing of this is measured."
            }
            table {
                tr {
                    @for head in ["shape", "layout", "type", "sums", "pass"] { th { (head) } }
                    @for gpu in &gpus { th.n { (gpu[0].gpu) } }
                }
                @for layer in layers.map(Expected::layer) {
                    tr {
                        @for part in layer { td { (part) } }
                        @for gpu in &gpus { (cell(gpu.iter().find(|one| one.layer() == layer))) }
                    }
                }
            }
        }
    }
}

fn cell(expected: Option<&Expected>) -> Markup {
    let Some(Expected { choice, fraction, .. }) = expected else { return html! { td.n { "–" } } };
    html! { td.n title=(choice) { (format!("{:.2}", fraction)) } }
}
