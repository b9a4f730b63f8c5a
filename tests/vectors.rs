//! Results that real frameworks computed: `tests/vectors/manifest.json` says which, and how near ours
//! must come. Each `.npy` file holds the rows x, y and, where there is a gradient, dy and dx.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use test_support::{describe, is_right, of_dtype, plan, run, runs};
use wgpu_lrn::{Choice, Convention, Dtype, Element, Gpu, Lrn, Operation, Shape, check, cpu};

struct Vector {
    name: String,
    lrn: Lrn,
    shape: Shape,
    /// Numbers of 16 bits too are stored as f32.
    rows: Vec<Vec<f32>>,
    record: Value,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn vectors() -> Vec<Vector> {
    let text = fs::read_to_string(folder().join("manifest.json")).unwrap();
    let records: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(records.len(), 102);
    records.into_iter().map(vector).collect()
}

fn numbers(list: &Value) -> Vec<u32> {
    list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as u32).collect()
}

fn vector(record: Value) -> Vector {
    let number = |name: &str| record[name].as_f64().unwrap();
    let dims: Vec<_> = numbers(&record["shape"]).into_iter().map(|dim| dim as usize).collect();
    let axes = record["axes"].as_array().unwrap().iter();
    let axes: Vec<_> = axes.map(|axis| axis.as_i64().unwrap() as isize).collect();
    let dtype = record["dtype"].as_str().unwrap().parse::<Dtype>().unwrap();
    let shape = Shape::over(&dims, &axes).unwrap().with_dtype(dtype);
    let window = numbers(&record["window"]);
    let windows = vec![(window[0], window[1]); axes.len()];
    let name = record["file"].as_str().unwrap().to_owned();
    let file = fs::File::open(folder().join(&name)).unwrap();
    let values: Vec<f32> = npyz::NpyFile::new(file).unwrap().into_vec().unwrap();
    Vector {
        lrn: Lrn::over(&windows, number("a"), number("beta"), number("k")).unwrap(),
        rows: values.chunks_exact(shape.elements() as usize).map(<[f32]>::to_vec).collect(),
        name,
        shape,
        record,
    }
}

impl Vector {
    fn row<T: Element>(&self, row: usize) -> Vec<T> {
        self.rows[row].iter().map(|&v| T::from_f64(v.into())).collect()
    }

    fn has_gradient(&self) -> bool {
        self.rows.len() == 4
    }

    /// Runs a choice.
    fn run<T: Element>(&self, gpu: &Gpu, choice: Choice) {
        let who = format!("{choice}, {}", describe(gpu));
        let plan = plan(gpu, choice, &self.lrn, &self.shape);
        let x = self.row::<T>(0);
        let y = run(gpu, &plan, Operation::Forward, &[&x]);
        self.agrees(&who, &to_f64(&y), Operation::Forward);
        if self.has_gradient() {
            let dx = run(gpu, &plan, Operation::Backward, &[&x, &self.row::<T>(2)]);
            self.agrees(&who, &to_f64(&dx), Operation::Backward);
        }
    }

    /// Runs the reference.
    fn reference<T: Element>(&self) {
        let x = self.row::<T>(0);
        let y = cpu::forward(&self.lrn, &self.shape, &x).unwrap();
        self.agrees("reference", &y, Operation::Forward);
        if self.has_gradient() {
            let dx = cpu::backward(&self.lrn, &self.shape, &x, &self.row::<T>(2)).unwrap();
            self.agrees("reference", &dx, Operation::Backward);
        }
    }

    /// Compares with the framework's values at the file's own tolerance.
    fn agrees(&self, who: &str, got: &[f64], operation: Operation) {
        let (expected, tolerance, floor) = match operation {
            Operation::Backward => (&self.rows[3], "tolerance_bwd", "atol_times_max_dx"),
            _ => (&self.rows[1], "tolerance", "atol"),
        };
        let tolerance = &self.record[tolerance];
        let largest = expected.iter().filter(|v| v.is_finite()).fold(0f32, |m, v| m.max(v.abs()));
        let unit = if floor == "atol" { 1.0 } else { f64::from(largest) };
        let atol = tolerance[floor].as_f64().unwrap() * unit;
        let rtol = tolerance["rtol"].as_f64().unwrap();
        assert_eq!(got.len(), expected.len());
        for (i, (&got, &expected)) in got.iter().zip(expected).enumerate() {
            let same = got.is_nan() && expected.is_nan() || got as f32 == expected;
            let expected = f64::from(expected);
            let near = (got - expected).abs() <= atol + rtol * expected.abs();
            assert!(same || near, "{}, {who}, element {i}: {got} is not {expected}", self.name);
        }
    }
}

fn to_f64<T: Element>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

fn kernels_agree(vector: &Vector) {
    for (gpu, choice) in runs(&vector.lrn, &vector.shape) {
        of_dtype!(vector.shape.dtype(), T => vector.run::<T>(gpu, choice));
    }
}

#[test]
fn kernels_agree_with_every_framework() {
    let vectors = vectors();
    std::thread::scope(|scope| {
        for half in vectors.chunks(vectors.len().div_ceil(2)) {
            scope.spawn(move || half.iter().for_each(kernels_agree));
        }
    });
}

#[test]
fn reference_agrees_with_every_framework() {
    for vector in vectors() {
        of_dtype!(vector.shape.dtype(), T => vector.reference::<T>());
    }
}

/// Where the framework itself is inexact (a sum that adds and subtracts; `exp(−β·log s)`) or spreads
/// NaN and infinities, agreeing with it within the file's tolerance is too little: ours must be as
/// near the formula as everywhere.
#[test]
fn quirks_are_not_imitated() {
    let quirky = |vector: &Vector| !vector.record["quirk"].is_null();
    let vectors: Vec<_> = vectors().into_iter().filter(quirky).collect();
    assert_eq!(vectors.len(), 10);
    for Vector { name, lrn, shape, rows, .. } in &vectors {
        for (gpu, choice) in runs(lrn, shape) {
            let plan = plan(gpu, choice, lrn, shape);
            let y = run(gpu, &plan, Operation::Forward, &[&rows[0]]);
            let report = check::forward(lrn, shape, &rows[0], &y).unwrap();
            assert!(is_right(&report), "{name}, {choice}: {report}");
        }
    }
}

#[test]
fn spellings_mean_what_the_frameworks_computed() {
    for Vector { name, lrn, record, .. } in vectors() {
        let convention = record["convention"].as_str().unwrap().parse::<Convention>().unwrap();
        let alpha = record["peer_alpha"].as_f64().unwrap();
        let size = record["peer_size"].as_u64().unwrap() as u32;
        let spelled = convention.builder().size(size).axes(lrn.windows().len());
        let built = spelled.alpha(alpha).beta(lrn.beta()).k(lrn.k()).build().unwrap();
        assert_eq!(built.windows(), lrn.windows(), "{name}");
        assert!((built.a() - lrn.a()).abs() <= 1e-7 * lrn.a(), "{name}: {built:?} {lrn:?}");
    }
}
