//! Measures this GPU as the program `benchmark` does, and writes the same JSON.

use benches::cases::{Case, Selection};
use benches::meter::{Compared, Meter, Patience};
use benches::networks::NETWORKS;
use benches::report::{Measurement, Report};
use benches::variant::Variant;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wgpu_lrn::{Dtype, Operation, Precision};
use wgpu_lrn_web::Gpu;

/// Returns the layers of networks that can be measured, as JSON.
#[wasm_bindgen]
pub fn networks() -> Result<String, JsError> {
    Ok(serde_json::to_string(&*NETWORKS)?)
}

/// Operations of layers, to be measured one by one.
#[wasm_bindgen]
pub struct Measuring {
    meter: Meter,
    runs: Vec<(Case, Operation)>,
    measurements: Vec<Measurement>,
}

#[wasm_bindgen]
impl Measuring {
    /// Selects all of the networks at these batch sizes, in these types, and f32 in these precisions.
    #[wasm_bindgen(constructor)]
    pub fn new(
        gpu: &Gpu,
        networks: Vec<String>,
        batches: Vec<usize>,
        dtypes: Vec<String>,
        precisions: Vec<String>,
    ) -> Result<Measuring, JsError> {
        let dtypes = dtypes.iter().map(|name| name.parse::<Dtype>());
        let precisions = precisions.iter().map(|name| name.parse::<Precision>());
        let selection = Selection {
            shapes: networks,
            batches,
            dtypes: dtypes.collect::<Result<_, _>>()?,
            precisions: precisions.collect::<Result<_, _>>()?,
            variants: vec![Variant::Plain],
            quick: true,
        };
        let gpu = gpu.inner();
        let of_case = |case: Case| case.operations().map(|operation| (case.clone(), operation)).collect::<Vec<_>>();
        let runs = selection.cases()?.into_iter().flat_map(of_case).collect();
        Ok(Measuring { meter: Meter::new(gpu, patience())?, runs, measurements: Vec::new() })
    }

    /// Returns how many there are.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.runs.len()
    }

    /// Returns what is measured with: `timestamps` or `wall`.
    #[wasm_bindgen(getter)]
    pub fn clock(&self) -> String {
        self.meter.clock().to_owned()
    }

    /// Names one, by its number.
    pub fn label(&self, number: usize) -> Option<String> {
        let (case, operation) = self.runs.get(number)?;
        Some(format!("{case} {}", operation.name()))
    }

    /// Measures one. Gives its measurements, and remarks on what was left out, as JSON.
    pub async fn run(&mut self, number: usize) -> Result<String, JsError> {
        let Some((case, operation)) = self.runs.get(number) else {
            return Err(JsError::new(&format!("measurement {number} of {}", self.length())));
        };
        let compared = match self.meter.lack(case)? {
            Some(lack) => Compared { remarks: vec![lack], ..Compared::default() },
            None => self.meter.compare(case, *operation).await?,
        };
        self.measurements.extend_from_slice(&compared.measurements);
        Ok(serde_json::to_string(&compared)?)
    }

    /// Returns all that was measured until now, as JSON. Throws while `run` measures.
    pub fn report(&self) -> Result<String, JsError> {
        let adapter = self.meter.adapter(self.measurements.clone());
        Ok(serde_json::to_string_pretty(&Report { adapters: vec![adapter] })?)
    }
}

/// Returns the patience of a quick run of the program; but browsers round timestamps, to 0.1 ms where one knows.
fn patience() -> Patience {
    let (budget, least) = (Duration::from_millis(400), Duration::from_millis(5));
    Patience { rounds: 7, budget, least }
}
