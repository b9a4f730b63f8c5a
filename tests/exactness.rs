mod support;
use support::{Random, describe, plan, run, runs};
use wgpu_lrn::{Lrn, Operation, Shape, check};
#[test]
fn probe() {
    for (gpu, kernel) in runs() {
        for beta in [0.5f32, 0.75, 1.0] {
            for (p, q) in [(0, 0), (2, 2), (5, 5)] {
                let mut worst = (0f64, 0f64, 0f64, 0f64);
                for (a, k) in [(0.7f32, 1.3f32), (2e-5, 1.0), (1.9, 2.1)] {
                    let lrn = Lrn::exact(p, q, a, beta, k).unwrap();
                    let shape = Shape::nchw(4, 31, 29, 17).unwrap();
                    let mut r = Random(7);
                    let x: Vec<f32> =
                        (0..shape.elements()).map(|_| r.decades(-12.0, 12.0)).collect();
                    let dy: Vec<f32> =
                        (0..shape.elements()).map(|_| r.decades(-12.0, 12.0)).collect();
                    let plan = plan(gpu, kernel, &lrn, &shape);
                    let y = run(gpu, &plan, Operation::Forward, &[&x]);
                    let dx = run(gpu, &plan, Operation::Backward, &[&x, &dy]);
                    let f = check::forward(&lrn, &shape, &x, &y).unwrap();
                    let b = check::backward(&lrn, &shape, &x, &dy, &dx).unwrap();
                    worst.0 = worst.0.max(f.ulps);
                    worst.1 = worst.1.max(b.ulps);
                    worst.2 = worst.2.max(f.ratio);
                    worst.3 = worst.3.max(b.ratio);
                }
                println!(
                    "{} {} beta {beta} {p},{q}: fwd {:.2} bwd {:.2} ulp; ratio {:.3} {:.3}",
                    describe(gpu),
                    kernel.name(),
                    worst.0,
                    worst.1,
                    worst.2,
                    worst.3
                );
            }
        }
    }
}
