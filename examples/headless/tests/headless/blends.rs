//! ReLU before the layer; scale and blend after it.

use crate::dtypes::{of_the_first_adapter, option};
use std::fmt::Debug;
use test_support::of_dtype;
use test_support::program::Folder;
use test_support::{gpus, is_right, values};
use wgpu_lrn::{Dtype, Element, Lrn, Operation, Shape, block_on, check, cpu};

/// An odd number of elements.
const DIMS: [usize; 3] = [3, 7, 5];

/// Options and the layers that they stand for.
fn layers() -> [(&'static str, Lrn); 5] {
    let lrn = Lrn::pytorch(4).alpha(2.0).build().unwrap();
    let blended = |scale, blend| lrn.with_blend(scale, blend).unwrap();
    [
        ("--relu", lrn.with_relu()),
        ("--scale -0.7", blended(-0.7, 0.0)),
        ("--blend 1.3", blended(1.0, 1.3)),
        ("--scale 0 --blend -2", blended(0.0, -2.0)),
        ("--relu --scale 0.7 --blend -1.3", blended(0.7, -1.3).with_relu()),
    ]
}

fn inputs<'a, T>(operation: Operation, lrn: &Lrn, [x, dy, old]: [&'a [T]; 3]) -> (&'static str, Vec<&'a [T]>) {
    let (line, mut inputs) = match operation {
        Operation::SquareSums => ("square-sums x.npy", vec![x]),
        Operation::Forward => ("forward x.npy", vec![x]),
        Operation::Backward => ("backward x.npy dy.npy", vec![x, dy]),
    };
    if lrn.blend() != 0.0 {
        inputs.push(old);
    }
    (line, inputs)
}

/// Runs every layer on files, and hands what came out to a check.
fn run<T: Element>(device: &str, check: impl Fn(&Lrn, &Shape, Operation, &[&[T]], Vec<T>)) {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), &format!("blend-{}-{device}", T::DTYPE.name()));
    let shape = Shape::new(&DIMS, 1).unwrap().with_dtype(T::DTYPE);
    let tensors: [Vec<T>; 3] = [1, 2, 3].map(|seed| values(&shape, seed));
    let [x, dy, old] = &tensors;
    folder.store_elements("x.npy", &DIMS, x);
    folder.store_elements("dy.npy", &DIMS, dy);
    for (options, lrn) in layers() {
        let blended = options != "--relu";
        let operations = Operation::ALL.iter().copied();
        for operation in operations.filter(|&o| !(blended && o == Operation::SquareSums)) {
            let (line, inputs) = inputs(operation, &lrn, [x, dy, old]);
            folder.store_elements("result.npy", &DIMS, old);
            let options = format!("{options} {} --device {device}", option(T::DTYPE));
            folder.succeed(&format!("{line} result.npy --size 4 --alpha 2 --check {options}"));
            let (dims, result) = folder.load_elements("result.npy");
            assert_eq!(dims, DIMS);
            check(&lrn, &shape, operation, &inputs, result);
        }
    }
}

fn on_the_first_adapter<T: Element + Debug + PartialEq>() {
    run::<T>("gpu", |lrn, shape, operation, inputs, result| {
        let report = check::run(lrn, shape, operation, inputs, &result).unwrap();
        assert!(is_right(&report), "{lrn:?} {}: {report}", operation.name());
        let layer = gpus()[0].layer(lrn, shape).unwrap();
        assert_eq!(block_on(layer.run(operation, inputs)).unwrap(), result);
    });
}

fn by_the_reference<T: Element + Debug + PartialEq>() {
    run::<T>("cpu", |lrn, shape, operation, inputs, result| {
        let exact = cpu::run(lrn, shape, operation, inputs).unwrap();
        assert_eq!(exact.into_iter().map(T::from_f64).collect::<Vec<_>>(), result);
    });
}

#[test]
fn a_gpu_blends_every_dtype() {
    for dtype in of_the_first_adapter() {
        of_dtype!(dtype, T => on_the_first_adapter::<T>());
    }
}

#[test]
fn the_reference_blends_every_dtype() {
    for &dtype in Dtype::ALL {
        of_dtype!(dtype, T => by_the_reference::<T>());
    }
}

/// What is there is read only where it is added to.
#[test]
fn a_blend_of_nothing_replaces_what_is_there() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "blend-0");
    let x = [1.0f32, -2.0, 3.0];
    folder.store("x.npy", &[1, 3], &x);
    folder.put("y.npy", "no array");
    for blend in ["0", "-0", "0.0"] {
        for name in ["y.npy", "new.npy"] {
            folder.succeed(&format!("forward x.npy {name} --size 1 --alpha 0 --blend {blend}"));
            assert_eq!(folder.load(name), (vec![1, 3], x.to_vec()));
        }
        folder.put("y.npy", "no array");
        std::fs::remove_file(folder.path("new.npy")).unwrap();
    }
}

/// An old result in Fortran order is the same array; and it may be an input, too.
#[test]
fn the_old_result_may_be_any_array() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "old");
    let (x, old) = ([1.0f32, -2.0, 3.0, 4.0, 0.5, 6.0], [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    folder.store("x.npy", &[2, 3], &x);
    folder.store_fortran("y.npy", &[2, 3], &old);
    let options = "--size 1 --alpha 0 --scale 2 --blend 10";
    folder.succeed(&format!("forward x.npy y.npy {options}"));
    let expected = [0, 1, 2, 3, 4, 5].map(|i| 2.0 * x[i] + 10.0 * old[i]);
    assert_eq!(folder.load("y.npy"), (vec![2, 3], expected.to_vec()));
    folder.succeed(&format!("forward x.npy x.npy {options}"));
    assert_eq!(folder.load("x.npy").1, x.map(|x| 12.0 * x));
    assert_eq!(folder.contents().len(), 2);
}
