//! Layers and inputs at the edges of numbers. The tests, the fuzzer of answers and *Check it* on the page draw from
//! them.

use crate::Random;
use wgpu_lrn::{Element, Lrn, Shape};

/// What x holds; dy holds ordinary values unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// Values of both signs below 3.
    Ordinary,
    /// Values of both signs within a factor of 8 below a magnitude.
    Near(f64),
    /// Values of both signs spread evenly over the decades from 10^low to 10^high; dy too.
    Decades(f64, f64),
    /// Zeros.
    Zeros,
    /// Ordinary values, and one of another kind in the middle.
    Holds(f64),
    /// The same, in dy.
    DyHolds(f64),
}

/// Every kind, for those who draw one.
pub const INPUTS: &[Input] = &[
    Input::Ordinary,
    Input::Near(1e-18),
    Input::Near(1e-9),
    Input::Near(1e9),
    Input::Near(1e18),
    Input::Decades(-12.0, 12.0),
    Input::Zeros,
    Input::Holds(f64::NAN),
    Input::Holds(f64::INFINITY),
    Input::Holds(f64::NEG_INFINITY),
    Input::DyHolds(f64::NAN),
    Input::DyHolds(f64::INFINITY),
];

impl Input {
    /// Draws x from a seed.
    pub fn x<T: Element>(self, shape: &Shape, seed: u64) -> Vec<T> {
        let mut random = Random(seed);
        let mut x: Vec<T> = each(shape, || T::from_f64(self.value(&mut random)));
        if let Input::Holds(value) = self {
            put_in_the_middle(&mut x, value);
        }
        x
    }

    /// Draws dy from a seed.
    pub fn dy<T: Element>(self, shape: &Shape, seed: u64) -> Vec<T> {
        let mut random = Random(seed);
        let kind = if let Input::Decades(..) = self { self } else { Input::Ordinary };
        let mut dy: Vec<T> = each(shape, || T::from_f64(kind.value(&mut random)));
        if let Input::DyHolds(value) = self {
            put_in_the_middle(&mut dy, value);
        }
        dy
    }

    fn value(self, random: &mut Random) -> f64 {
        match self {
            Input::Zeros => 0.0,
            Input::Near(size) => f64::from(random.decades(-0.9, 0.0)) * size,
            Input::Decades(low, high) => random.decades(low, high).into(),
            Input::Ordinary | Input::Holds(_) | Input::DyHolds(_) => random.signed(3.0).into(),
        }
    }
}

fn each<T>(shape: &Shape, mut value: impl FnMut() -> T) -> Vec<T> {
    (0..shape.elements()).map(|_| value()).collect()
}

fn put_in_the_middle<T: Element>(values: &mut [T], value: f64) {
    let middle = values.len() / 2;
    if let Some(element) = values.get_mut(middle) {
        *element = T::from_f64(value);
    }
}

/// A layer, but for its window, with an input.
#[derive(Clone, Copy, Debug)]
pub struct Hostile {
    pub name: &'static str,
    pub a: f64,
    pub beta: f64,
    pub k: f64,
    pub input: Input,
}

#[rustfmt::skip]
const fn hostile(name: &'static str, a: f64, beta: f64, k: f64, input: Input) -> Hostile {
    Hostile { name, a, beta, k, input }
}

/// At some of these, a result or its check was once wrong.
#[rustfmt::skip]
pub const HOSTILE: &[Hostile] = &[
    hostile("tiny_a_and_k",       1e-17,  0.75, 1e-17, Input::Ordinary),
    hostile("huge_a_and_k",       1e30,   1.0,  1e30,  Input::Ordinary),
    hostile("tiny_a_large_x",     1e-30,  0.75, 0.8,   Input::Near(8e15)),
    hostile("least_a",            2e-38,  1.0,  1.3,   Input::Near(4e17)),
    hostile("tiny_k_tiny_x",      0.6,    0.75, 1e-37, Input::Near(4e-18)),
    hostile("huge_a_tiny_x",      1e20,   0.75, 1e-20, Input::Near(4e-18)),
    hostile("far_apart",          1e30,   0.5,  1e-20, Input::Near(3e-3)),
    hostile("small_bias",         0.9,    1.0,  1e-12, Input::Ordinary),
    hostile("many_decades",       0.7,    0.75, 1.2,   Input::Decades(-12.0, 12.0)),
    hostile("other_many_decades", 0.7,    0.6,  1.2,   Input::Decades(-12.0, 12.0)),
    hostile("other_tiny",         1e-17,  0.6,  1e-17, Input::Ordinary),
    hostile("other_large_x",      0.3,    0.6,  1.7,   Input::Near(1e18)),
    hostile("steep",              0.4,    2.3,  0.9,   Input::Near(1e4)),
    hostile("flat",               0.4,    1e-6, 0.9,   Input::Near(1e15)),
    hostile("negative",           0.6,   -0.4,  1.4,   Input::Near(1e12)),
    hostile("zeros",              0.4,    0.75, 1e-30, Input::Zeros),
    hostile("nan",                0.6,    0.75, 1.4,   Input::Holds(f64::NAN)),
    hostile("other_nan",          0.6,    0.6,  1.4,   Input::Holds(f64::NAN)),
    hostile("negative_nan",       0.6,   -0.4,  1.4,   Input::Holds(f64::NAN)),
    hostile("infinity",           0.6,    0.5,  1.4,   Input::Holds(f64::INFINITY)),
    hostile("other_infinity",     0.6,    0.6,  1.4,   Input::Holds(f64::NEG_INFINITY)),
    hostile("negative_infinity",  0.6,   -0.4,  1.4,   Input::Holds(f64::INFINITY)),
    hostile("growing_infinity",   0.6,   -1.6,  1.4,   Input::Holds(f64::INFINITY)),
    hostile("infinite_dy",        0.6,    0.75, 1.4,   Input::DyHolds(f64::NEG_INFINITY)),
    hostile("nan_dy",             0.6,    0.3,  1.4,   Input::DyHolds(f64::NAN)),
    hostile("no_window",          0.0,    0.75, 1.4,   Input::Holds(f64::INFINITY)),
    hostile("no_power",           0.6,    0.0,  1.4,   Input::Holds(f64::NAN)),
];

/// A tensor with windows: together all kernels and widths.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub dims: &'static [usize],
    pub axes: &'static [isize],
    pub windows: &'static [(u32, u32)],
}

#[rustfmt::skip]
pub const PLACES: &[Place] = &[
    Place { dims: &[2, 23, 3, 5], axes: &[1],    windows: &[(1, 2)] },
    Place { dims: &[2, 19, 3, 4], axes: &[1],    windows: &[(3, 1)] },
    Place { dims: &[3, 5, 24],    axes: &[-1],   windows: &[(2, 1)] },
    Place { dims: &[7, 23],       axes: &[-1],   windows: &[(1, 3)] },
    Place { dims: &[2, 61, 3, 4], axes: &[1],    windows: &[(8, 13)] },
    Place { dims: &[3, 18, 2, 4], axes: &[1],    windows: &[(17, 19)] },
    Place { dims: &[2, 9, 7, 4],  axes: &[1, 2], windows: &[(1, 2), (2, 1)] },
    Place { dims: &[2, 7, 6, 5],  axes: &[3, 1], windows: &[(0, 2), (3, 1)] },
];

impl Place {
    pub fn shape(&self) -> Shape {
        Shape::over(self.dims, self.axes).unwrap()
    }
}

impl Hostile {
    pub fn lrn(&self, place: &Place) -> Lrn {
        Lrn::over(place.windows, self.a, self.beta, self.k).unwrap()
    }
}
