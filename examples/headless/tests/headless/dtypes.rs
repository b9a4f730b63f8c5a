//! Files of every dtype.

use half::{bf16, f16};
use std::fmt::Debug;
use test_support::of_dtype;
use test_support::program::{Folder, header, npy};
use test_support::{gpus, values};
use wgpu_lrn::{Dtype, Element, Lrn, Operation, Shape, block_on, cpu, wgpu};

const OPTIONS: &str = "--window 2,1 --alpha 2 --check";

fn lrn() -> Lrn {
    Lrn::pytorch(1).window(2, 1).alpha(2.0).build().unwrap()
}

/// Of an even number of elements, of odd ones, and of none.
const DIMS: [&[usize]; 4] = [&[2, 12, 3, 5], &[3, 7, 5], &[1, 1], &[0, 3]];

/// Returns the option that a dtype needs to be read.
pub fn option(dtype: Dtype) -> &'static str {
    if dtype == Dtype::Bf16 { "--dtype bf16" } else { "" }
}

/// Returns the dtypes that the first adapter computes.
pub fn of_the_first_adapter() -> impl Iterator<Item = Dtype> {
    let f64 = gpus()[0].device().features().contains(wgpu::Features::SHADER_F64);
    Dtype::ALL.iter().copied().filter(move |&dtype| f64 || dtype != Dtype::F64)
}

/// What computes an operation, by the library.
type Computed<'a, T> = &'a dyn Fn(&Shape, Operation, &[&[T]]) -> Vec<T>;

/// Asserts that every operation gives, from file to file, exactly what is computed from slice to slice.
fn assert_same<T: Element + Debug + PartialEq>(device: &str, computed: Computed<'_, T>) {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), &format!("dtype-{}-{device}", T::DTYPE.name()));
    let options = format!("{OPTIONS} {} --device {device}", option(T::DTYPE));
    for dims in DIMS {
        let shape = Shape::new(dims, 1).unwrap().with_dtype(T::DTYPE);
        let (x, dy): (Vec<T>, Vec<T>) = (values(&shape, 1), values(&shape, 2));
        folder.store_elements("x.npy", dims, &x);
        folder.store_elements("dy.npy", dims, &dy);
        for (operation, line, inputs) in [
            (Operation::SquareSums, "square-sums x.npy", &[&x[..]][..]),
            (Operation::Forward, "forward x.npy", &[&x]),
            (Operation::Backward, "backward x.npy dy.npy", &[&x, &dy]),
        ] {
            let ended = folder.succeed(&format!("{line} result.npy {options}"));
            assert_eq!(ended.field("dtype"), T::DTYPE.name());
            let expected = (dims.to_vec(), computed(&shape, operation, inputs));
            assert_eq!(folder.load_elements("result.npy"), expected, "{line}");
        }
    }
}

fn on_the_first_adapter<T: Element + Debug + PartialEq>() {
    assert_same::<T>("gpu", &|shape, operation, inputs| {
        block_on(gpus()[0].layer(&lrn(), shape).unwrap().run(operation, inputs)).unwrap()
    });
}

fn by_the_reference<T: Element + Debug + PartialEq>() {
    assert_same::<T>("cpu", &|shape, operation, inputs| {
        let exact = cpu::run(&lrn(), shape, operation, inputs).unwrap();
        exact.into_iter().map(T::from_f64).collect()
    });
}

#[test]
fn a_gpu_computes_every_dtype() {
    for dtype in of_the_first_adapter() {
        of_dtype!(dtype, T => on_the_first_adapter::<T>());
    }
}

#[test]
fn the_reference_computes_every_dtype() {
    for &dtype in Dtype::ALL {
        of_dtype!(dtype, T => by_the_reference::<T>());
    }
}

/// A layer that changes nothing hands the bits on.
#[test]
fn files_hold_the_bits_of_bf16() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "bits");
    let bits = [0x3F80, 0xBF80, 0x0000, 0x8000, 0x4049, 0x7F00, 0x0080u16];
    let data = bits.map(u16::to_le_bytes).concat();
    folder.put("x.npy", npy(&header("'<u2'", false, "(7,)"), &data));
    folder.succeed("forward x.npy y.npy --axis 0 --size 1 --alpha 0 --dtype bf16 --device cpu");
    let (_, y) = folder.load_elements::<bf16>("y.npy");
    assert_eq!(y, bits.map(bf16::from_bits));
    assert!(std::fs::read(folder.path("y.npy")).unwrap().ends_with(&data));
}

#[test]
fn the_dtype_of_the_file_may_be_given() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "given");
    folder.store_elements("x.npy", &[1, 3], &[1.0, 2.0, 3.0].map(f16::from_f64));
    folder.succeed("forward x.npy y.npy --size 3");
    let ended = folder.succeed("forward x.npy same.npy --size 3 --dtype f16");
    assert_eq!(ended.field("dtype"), "f16");
    assert_eq!(folder.load_elements::<f16>("y.npy"), folder.load_elements("same.npy"));
}
