//! Measuring on one adapter.

use crate::table;
use benches::cases::Case;
use benches::meter::{Meter, Patience};
use benches::report::{Adapter, Measurement};
use terminal::{Failure, note};
use wgpu_lrn::Gpu;

/// Measures all cases, and prints the main results.
pub async fn measure(gpu: &Gpu, cases: &[Case], patience: Patience) -> Result<Adapter, Failure> {
    let mut meter = Meter::new(gpu, patience)?;
    let mut measurements = Vec::new();
    table::head(gpu.info())?;
    for (number, case) in cases.iter().enumerate() {
        note(format_args!("{}/{} {case}", number + 1, cases.len()));
        measurements.extend(measure_case(&mut meter, case).await?);
    }
    let copy_buffer_gbps = benches::copy_buffer_gbps(gpu).await?;
    Ok(Adapter { copy_buffer_gbps, ..meter.adapter(measurements) })
}

async fn measure_case(meter: &mut Meter, case: &Case) -> Result<Vec<Measurement>, Failure> {
    if let Some(lack) = meter.lack(case)? {
        note(format_args!("left out: {lack}"));
        return Ok(Vec::new());
    }
    let mut measurements = Vec::new();
    for operation in case.operations() {
        let compared = meter.compare(case, operation).await?;
        compared.remarks.iter().for_each(note);
        table::rows(&compared.measurements)?;
        measurements.extend(compared.measurements);
    }
    Ok(measurements)
}
