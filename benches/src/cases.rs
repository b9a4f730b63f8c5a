//! What is measured.

use crate::networks::{Layout, NETWORKS, Network};
use crate::variant::Variant;
use wgpu_lrn::{Dtype, Lrn, Operation, Precision, Result, Shape};

/// What is to be measured.
pub struct Selection {
    /// Networks and sweeps by name; all, where none is named.
    pub shapes: Vec<String>,
    /// The batch sizes of the networks.
    pub batches: Vec<usize>,
    pub dtypes: Vec<Dtype>,
    /// The precisions of dtypes that have several.
    pub precisions: Vec<Precision>,
    /// What the layers of the networks compute besides.
    pub variants: Vec<Variant>,
    /// Only every second step of a sweep.
    pub quick: bool,
}

impl Selection {
    /// Returns every case that the selection names.
    pub fn cases(&self) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        for case in self.networks()? {
            for &variant in &self.variants {
                cases.push(case.varied(variant)?);
            }
        }
        for sweep in SWEEPS.into_iter().filter(|sweep| self.wants(sweep)) {
            cases.extend(steps(sweep, self.quick)?);
        }
        Ok(cases.iter().flat_map(|case| self.typed(case)).collect())
    }

    /// Returns the networks at every batch, in fast f32.
    fn networks(&self) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        for network in NETWORKS.iter().filter(|network| self.wants(network.name)) {
            for &batch in &self.batches {
                for layout in Layout::ALL {
                    cases.push(Case::of_network(network, batch, layout)?);
                }
            }
        }
        Ok(cases)
    }

    /// Returns a case in every dtype and precision.
    fn typed(&self, case: &Case) -> impl Iterator<Item = Case> {
        let of = |dtype, precision| Case { dtype, lrn: case.lrn.with_precision(precision), ..case.clone() };
        self.dtypes
            .iter()
            .flat_map(move |&dtype| self.precisions(dtype).iter().map(move |&precision| of(dtype, precision)))
    }

    fn precisions(&self, dtype: Dtype) -> &[Precision] {
        let all = Precision::of(dtype);
        if all.len() > 1 { &self.precisions } else { all }
    }

    fn wants(&self, name: &str) -> bool {
        self.shapes.is_empty() || self.shapes.iter().any(|wanted| wanted == name)
    }
}

/// A layer on a tensor.
#[derive(Clone)]
pub struct Case {
    /// The network, its batch and its variant, or the sweep.
    pub name: String,
    pub dims: Vec<usize>,
    pub layout: Layout,
    pub dtype: Dtype,
    pub lrn: Lrn,
    pub variant: Variant,
}

impl Case {
    pub fn shape(&self) -> Result<Shape> {
        Ok(self.layout.shape(&self.dims, self.lrn.windows().len())?.with_dtype(self.dtype))
    }

    fn varied(&self, variant: Variant) -> Result<Case> {
        let name = variant.name_of(&self.name);
        Ok(Case { name, lrn: variant.lrn(self.lrn.clone())?, variant, ..self.clone() })
    }

    fn of_network(network: &Network, batch: usize, layout: Layout) -> Result<Case> {
        Ok(Case {
            name: format!("{}_n{batch}", network.name),
            dims: network.dims(batch, layout).to_vec(),
            layout,
            dtype: Dtype::F32,
            lrn: network.lrn()?,
            variant: Variant::Plain,
        })
    }

    /// Returns the operations that are measured.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        let variant = self.variant;
        Operation::ALL.iter().copied().filter(move |&operation| variant.has(operation))
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (layout, dtype) = (self.layout.name(), self.dtype.name());
        write!(f, "{} {layout} {dtype} {}", self.name, self.lrn.precision().name())
    }
}

/// Series in which one size grows.
pub const SWEEPS: [&str; 4] = ["sweep_window", "sweep_batch", "sweep_channels", "sweep_pixels"];

/// Returns the steps of a sweep in fast f32, with odd numbers beside even ones; in a quick run, every second.
fn steps(sweep: &str, quick: bool) -> Result<Vec<Case>> {
    let first = &[Layout::ChannelsFirst][..];
    let (layouts, sizes): (_, &[usize]) = match sweep {
        // From 1 channel to twice the axis and one.
        "sweep_window" => (first, &[0, 1, 2, 4, 7, 11, 15, 31, 63, 127, 256]),
        "sweep_batch" => (first, &[1, 2, 4, 8, 16, 32]),
        "sweep_channels" => (&Layout::ALL, &[16, 64, 96, 97, 98, 256, 257, 1024, 4096]),
        _ => (first, &[8, 16, 32, 54, 55, 64, 127, 128, 256]),
    };
    let mut cases = Vec::new();
    for &layout in layouts {
        for &size in sizes.iter().step_by(if quick { 2 } else { 1 }) {
            cases.push(step(sweep, layout, size)?);
        }
    }
    Ok(cases)
}

fn step(sweep: &str, layout: Layout, size: usize) -> Result<Case> {
    let (batch, input, radius) = match sweep {
        "sweep_window" => (4, [256, 32, 32], size as u32),
        "sweep_batch" => (size, [96, 55, 55], 2),
        "sweep_channels" => (1, [size, 32, 32], 2),
        _ => (1, [96, size, size], 2),
    };
    Ok(Case {
        name: sweep.to_owned(),
        dims: layout.dims(batch, input).to_vec(),
        layout,
        dtype: Dtype::F32,
        lrn: Lrn::new(radius, radius, 2e-5, 0.75, 1.0)?,
        variant: Variant::Plain,
    })
}
