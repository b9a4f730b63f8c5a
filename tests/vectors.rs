//! Results that real frameworks computed: `tests/vectors/manifest.json` says which, and how near ours
//! must come. Each `.npy` file holds the rows x, y and, where there is a gradient, dy and dx.

mod support;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::{describe, plan, run, runs};
use wgpu_lrn::{Convention, Lrn, Operation, Shape, check, cpu};

struct Vector {
    name: String,
    lrn: Lrn,
    shape: Shape,
    rows: Vec<Vec<f32>>,
    record: Value,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn vectors() -> Vec<Vector> {
    let text = fs::read_to_string(folder().join("manifest.json")).unwrap();
    let records: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(records.len(), 85);
    records.into_iter().map(vector).collect()
}

fn vector(record: Value) -> Vector {
    let window = &record["window"];
    let number = |name: &str| record[name].as_f64().unwrap();
    let dims = record["shape"].as_array().unwrap().iter().map(|d| d.as_u64().unwrap() as usize);
    let dims: Vec<usize> = dims.collect();
    let shape = Shape::new(&dims, record["axis"].as_i64().unwrap() as isize).unwrap();
    let (p, q) = (window[0].as_u64().unwrap() as u32, window[1].as_u64().unwrap() as u32);
    let name = record["file"].as_str().unwrap().to_owned();
    let file = fs::File::open(folder().join(&name)).unwrap();
    let values: Vec<f32> = npyz::NpyFile::new(file).unwrap().into_vec().unwrap();
    Vector {
        lrn: Lrn::exact(p, q, number("a"), number("beta"), number("k")).unwrap(),
        rows: values.chunks_exact(shape.elements() as usize).map(<[f32]>::to_vec).collect(),
        name,
        shape,
        record,
    }
}

impl Vector {
    fn dy_dx(&self) -> Option<(&[f32], &[f32])> {
        self.rows.get(3).map(|dx| (&self.rows[2][..], &dx[..]))
    }

    /// Compares with the framework's values at the file's own tolerance.
    fn agrees(&self, who: &str, got: &[f32], expected: &[f32], tolerance: &str, floor: &str) {
        let tolerance = &self.record[tolerance];
        let largest = expected.iter().filter(|v| v.is_finite()).fold(0f32, |m, v| m.max(v.abs()));
        let unit = if floor == "atol" { 1.0 } else { f64::from(largest) };
        let atol = tolerance[floor].as_f64().unwrap() * unit;
        let rtol = tolerance["rtol"].as_f64().unwrap();
        assert_eq!(got.len(), expected.len());
        for (i, (&got, &expected)) in got.iter().zip(expected).enumerate() {
            let same = got.is_nan() && expected.is_nan() || got == expected;
            let near = f64::from((got - expected).abs()) <= atol + rtol * f64::from(expected.abs());
            assert!(same || near, "{}, {who}, element {i}: {got} is not {expected}", self.name);
        }
    }
}

#[test]
fn kernels_agree_with_every_framework() {
    for vector in &vectors() {
        for (gpu, choice) in runs(&vector.lrn, &vector.shape) {
            let who = format!("{choice}, {}", describe(gpu));
            let plan = plan(gpu, choice, &vector.lrn, &vector.shape);
            let y = run(gpu, &plan, Operation::Forward, &[&vector.rows[0]]);
            vector.agrees(&who, &y, &vector.rows[1], "tolerance", "atol");
            let Some((dy, dx)) = vector.dy_dx() else { continue };
            let got = run(gpu, &plan, Operation::Backward, &[&vector.rows[0], dy]);
            vector.agrees(&who, &got, dx, "tolerance_bwd", "atol_times_max_dx");
        }
    }
}

#[test]
fn reference_agrees_with_every_framework() {
    let to_f32 = |values: Vec<f64>| values.into_iter().map(|v| v as f32).collect::<Vec<_>>();
    for vector in vectors() {
        let x = &vector.rows[0];
        let y = to_f32(cpu::forward(&vector.lrn, &vector.shape, x).unwrap());
        vector.agrees("reference", &y, &vector.rows[1], "tolerance", "atol");
        let Some((dy, dx)) = vector.dy_dx() else { continue };
        let got = to_f32(cpu::backward(&vector.lrn, &vector.shape, x, dy).unwrap());
        vector.agrees("reference", &got, dx, "tolerance_bwd", "atol_times_max_dx");
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
            assert!(report.passed(), "{name}, {choice}: {report}");
        }
    }
}

#[test]
fn spellings_mean_what_the_frameworks_computed() {
    for Vector { name, lrn, record, .. } in vectors() {
        let convention = Convention::from_name(record["convention"].as_str().unwrap()).unwrap();
        let alpha = record["peer_alpha"].as_f64().unwrap();
        let size = record["peer_size"].as_u64().unwrap() as u32;
        let spelled = convention.spelling().size(size).alpha(alpha).beta(lrn.beta()).k(lrn.k());
        let built = spelled.build().unwrap();
        let window = |lrn: &Lrn| (lrn.look_behind(), lrn.look_ahead());
        assert_eq!(window(&built), window(&lrn), "{name}");
        assert!((built.a() - lrn.a()).abs() <= 1e-7 * lrn.a(), "{name}: {built:?} {lrn:?}");
    }
}
