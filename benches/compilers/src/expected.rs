//! What to expect on known GPUs: the speed of the memory, or less where the instructions take longer.

use crate::budget::{GPUS, Gpu};
use crate::report::{Row, Target};
use serde::Serialize;

/// The choice for a pass that needs the fewest slots on a GPU.
#[derive(Serialize)]
pub struct Expected {
    pub gpu: &'static str,
    /// The target whose code was counted.
    pub target: String,
    pub shape: &'static str,
    pub layout: &'static str,
    pub dtype: &'static str,
    pub precision: &'static str,
    pub pass: &'static str,
    pub kernel: String,
    /// Slots of an element: those it takes, and those that there are while the memory moves it.
    pub slots: f64,
    pub budget: f64,
    /// The share of the memory's speed at which it can run.
    pub share: f64,
}

/// What to expect of everything that was compiled.
pub fn expected(targets: &[Target]) -> Vec<Expected> {
    let of_gpu = |gpu: &'static Gpu| {
        let target = nearest(gpu, targets)?;
        Some(passes(&target.rows).map(move |rows| of_pass(gpu, target, rows)))
    };
    GPUS.iter().filter_map(of_gpu).flatten().collect()
}

/// The rows of each pass of each layer, in their order.
fn passes(rows: &[Row]) -> impl Iterator<Item = Vec<&Row>> {
    let mut passes: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        let is_of =
            |pass: &&mut Vec<&Row>| (pass[0].layer(), pass[0].pass) == (row.layer(), row.pass);
        match passes.iter_mut().find(is_of) {
            Some(pass) => pass.push(row),
            None => passes.push(vec![row]),
        }
    }
    passes.into_iter()
}

/// The GPU's own target. Other makers' than NVIDIA's do with any of AMD.
fn nearest<'a>(gpu: &Gpu, targets: &'a [Target]) -> Option<&'a Target> {
    let is_nvidia = |name: &str| name.starts_with("sm_");
    let own = targets.iter().find(|target| target.name == gpu.target);
    let any = || targets.iter().find(|target| !is_nvidia(&target.name) && !is_nvidia(gpu.target));
    own.or_else(any)
}

fn of_pass(gpu: &Gpu, target: &Target, rows: Vec<&Row>) -> Expected {
    let slots = |kernel: &str| -> f64 {
        let parts = rows.iter().filter(|row| row.kernel == kernel);
        parts.map(|row| row.cost.slots).sum()
    };
    let of_kernels = rows.iter().map(|row| (slots(&row.kernel), *row));
    let cheapest = of_kernels.min_by(|(a, _), (b, _)| a.total_cmp(b));
    let (slots, row) = cheapest.expect("a pass has rows");
    let budget = gpu.budget(row.bytes);
    Expected {
        gpu: gpu.name,
        target: target.name.clone(),
        shape: row.shape,
        layout: row.layout,
        dtype: row.dtype,
        precision: row.precision,
        pass: row.pass,
        kernel: row.kernel.clone(),
        slots,
        budget,
        share: (budget / slots).min(1.0),
    }
}

impl Expected {
    /// Whether it is of the same GPU and the same layer.
    pub fn is_beside(&self, other: &Expected) -> bool {
        let key = |one: &Expected| [one.gpu, one.shape, one.layout, one.dtype, one.precision];
        key(self) == key(other)
    }
}
