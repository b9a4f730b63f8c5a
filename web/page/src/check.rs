//! The library's checks on this GPU: every kernel, dtype and variant, against the CPU reference.

use std::collections::HashMap;
use test_support::checks::{self, Check};
use wasm_bindgen::prelude::*;
use wgpu_lrn::{Choice, Operation};
use wgpu_lrn_web::Gpu;

/// Every check that a GPU can run, by every choice.
#[wasm_bindgen]
pub struct Checks {
    gpu: wgpu_lrn::Gpu,
    runs: Vec<(Check, Choice)>,
}

/// How a check ended.
#[wasm_bindgen(getter_with_clone)]
pub struct Verdict {
    /// The case, the operation, the precision and the dtype.
    pub check: String,
    /// The kernel, with its width.
    pub choice: String,
    pub kernel: String,
    pub dtype: String,
    pub precision: String,
    /// The largest error in units of the bound: at most 1 where the result is right.
    pub ratio: f64,
    /// Why there is no result to compare, or how it differs; empty where the result is right.
    pub complaint: String,
}

#[wasm_bindgen]
impl Checks {
    #[wasm_bindgen(constructor)]
    pub fn new(gpu: &Gpu) -> Checks {
        let gpu = gpu.inner().clone();
        let plain = Operation::ALL.iter().flat_map(|&operation| checks::plain(operation));
        let all = plain.chain(checks::fused()).chain(checks::in_place()).chain(checks::hostile());
        let of_check = |check: Check| {
            let choices = check.choices(&gpu);
            choices.into_iter().map(move |choice| (check.clone(), choice))
        };
        let runs = all.flat_map(of_check).collect();
        Checks { gpu, runs }
    }

    /// Returns how many there are.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.runs.len()
    }

    /// Returns the numbers of the least that has every choice in every operation, dtype and precision: of each, the
    /// smallest tensor.
    pub fn quick(&self) -> Vec<usize> {
        let mut least = HashMap::new();
        for (number, (check, choice)) in self.runs.iter().enumerate() {
            let kind = (*choice, check.operation, check.shape.dtype(), check.lrn.precision());
            let size = (check.shape.elements(), number);
            least.entry(kind).and_modify(|found| *found = size.min(*found)).or_insert(size);
        }
        let mut numbers: Vec<_> = least.into_values().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Names one, by its number.
    pub fn label(&self, number: usize) -> Option<String> {
        self.runs.get(number).map(|(check, choice)| format!("{check} by {choice}"))
    }

    /// Runs one, by its number.
    pub async fn run(&self, number: usize) -> Result<Verdict, JsError> {
        let Some((check, choice)) = self.runs.get(number) else {
            return Err(JsError::new(&format!("check {number} of {}", self.length())));
        };
        let (ratio, complaint) = match check.run(&self.gpu, *choice).await {
            Ok(report) if report.passed() => (report.ratio, String::new()),
            Ok(report) => (report.ratio, report.to_string()),
            Err(refusal) => {
                self.answers().await?; // what a lost device refuses is no verdict
                (f64::INFINITY, refusal)
            }
        };
        Ok(Verdict {
            check: check.to_string(),
            choice: choice.to_string(),
            kernel: choice.kernel.name().to_owned(),
            dtype: check.shape.dtype().name().to_owned(),
            precision: check.lrn.precision().name().to_owned(),
            ratio,
            complaint,
        })
    }
}

impl Checks {
    /// Reports an error where the device is lost.
    async fn answers(&self) -> wgpu_lrn::Result<()> {
        let small = self.gpu.buffer(4)?;
        self.gpu.download::<f32>(&small).await?;
        small.destroy();
        Ok(())
    }
}
