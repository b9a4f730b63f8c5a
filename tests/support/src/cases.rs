//! Named shapes and windows at which kernels break.

use wgpu_lrn::{Lrn, Shape};

/// A layer on a shape.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub name: &'static str,
    pub dims: &'static [usize],
    pub axes: &'static [isize],
    pub groups: u64,
    /// Look-behind and look-ahead along each axis.
    pub windows: &'static [(u32, u32)],
    pub a: f64,
    pub beta: f64,
    pub k: f64,
}

impl Case {
    pub fn shape(&self) -> Shape {
        Shape::over(self.dims, self.axes).unwrap().with_groups(self.groups).unwrap()
    }

    pub fn lrn(&self) -> Lrn {
        Lrn::over(self.windows, self.a, self.beta, self.k).unwrap()
    }
}

#[rustfmt::skip]
const fn case(
    name: &'static str, dims: &'static [usize], axes: &'static [isize], windows: &'static [(u32, u32)], a: f64, beta: f64, k: f64,
) -> Case {
    Case { name, dims, axes, groups: 1, windows, a, beta, k }
}

/// No dimension equals another, nor the window; every parameter is far from its default; a·s is
/// about as large as k, so that the window matters.
#[rustfmt::skip]
pub const CASES: &[Case] = &[
    case("even_window",        &[2, 15, 7, 5],             &[1], &[(1, 2)],       0.31, 0.75, 1.7),
    case("channel_tail",       &[3, 17, 5, 13],            &[1], &[(3, 1)],       0.47, 0.5,  0.6),
    case("unit_width",         &[2, 12, 15, 1],            &[1], &[(2, 2)],       0.23, 1.0,  2.3),
    case("unit_height_width",  &[5, 64, 1, 1],             &[1], &[(3, 3)],       0.19, 0.6,  1.3),
    case("channels_last",      &[2, 6, 5, 21],            &[-1], &[(1, 3)],       0.53, 0.75, 0.8),
    case("few_channels_last",  &[7, 11, 3],               &[-1], &[(1, 0)],       0.61, 0.5,  1.9),
    case("first_axis",         &[13, 4, 3],                &[0], &[(2, 4)],       0.37, 0.75, 1.1),
    case("rank_1",             &[37],                      &[0], &[(4, 2)],       0.29, 1.7,  2.9),
    case("rank_8",             &[2, 1, 3, 2, 7, 2, 1, 3],  &[4], &[(0, 2)],       0.43, 0.75, 0.7),
    case("one_channel",        &[4, 1, 6, 5],              &[1], &[(2, 1)],       0.71, 0.75, 1.4),
    case("two_channels",       &[3, 2, 5, 7],              &[1], &[(5, 5)],       0.83, 0.5,  1.2),
    case("own_channel_only",   &[2, 9, 4, 3],              &[1], &[(0, 0)],       0.97, 0.75, 0.9),
    case("behind_only",        &[2, 19, 3, 5],             &[1], &[(6, 0)],       0.33, 0.75, 1.6),
    case("ahead_only",         &[2, 19, 3, 5],             &[1], &[(0, 6)],       0.33, 0.75, 1.6),
    case("wider_than_axis",    &[2, 5, 3, 4],              &[1], &[(7, 9)],       0.41, 0.6,  2.1),
    case("widest_window",      &[3, 8, 7],                 &[1], &[(u32::MAX, u32::MAX)], 0.13, 0.75, 1.5),
    case("beta_zero",          &[2, 10, 3],                &[1], &[(1, 1)],       0.39, 0.0,  1.3),
    case("beta_negative",      &[2, 10, 3],                &[1], &[(1, 1)],       0.39, -0.3, 1.3),
    case("a_zero",             &[2, 10, 3],                &[1], &[(1, 1)],       0.0,  0.75, 1.8),
    case("wide_window",        &[1, 256, 3, 5],            &[1], &[(127, 127)],   0.011, 0.75, 1.9),
    case("wide_even_window",   &[2, 150, 2, 3],            &[1], &[(24, 39)],     0.021, 0.5,  1.4),
    case("many_pixels",        &[3, 7, 61, 67],            &[1], &[(2, 1)],       0.27, 0.75, 1.7),
    case("many_short_pixels",  &[4099, 5],                 &[1], &[(1, 2)],       0.27, 0.75, 1.7),
    case("long_axis",          &[2, 5003, 3],              &[1], &[(3, 1)],       0.17, 0.75, 1.2),
    case("long_axis_last",     &[3, 5003],                 &[1], &[(1, 4)],       0.17, 1.0,  1.2),
    case("long_axis_wide",     &[1, 3001, 2],              &[1], &[(300, 411)],   0.003, 0.75, 1.1),
    case("long_axis_widest",   &[1, 9001, 2],              &[1], &[(1200, 2900)], 0.0007, 0.75, 1.3),
    case("four_pixels",        &[2, 19, 6, 8],             &[1], &[(3, 1)],       0.36, 0.75, 1.3),
    case("widest_narrow",      &[2, 41, 3, 8],             &[1], &[(9, 6)],       0.15, 0.75, 1.3),
    case("narrowest_wide",     &[2, 41, 3, 8],             &[1], &[(9, 7)],       0.15, 0.75, 1.3),
    case("four_short_channels", &[7, 9, 4],               &[-1], &[(1, 2)],       0.44, 0.75, 1.5),
    case("runs_last",          &[3, 5, 44],               &[-1], &[(5, 2)],       0.21, 0.75, 0.9),
    case("long_runs_last",     &[2, 7, 2052],             &[-1], &[(2, 7)],       0.21, 1.0,  1.4),
    case("odd_runs_last",      &[3, 5, 43],               &[-1], &[(1, 3)],       0.53, 0.75, 0.8),
    case("even_runs_last",     &[9, 26],                  &[-1], &[(5, 2)],       0.21, 0.5,  0.9),
    case("narrow_joined",      &[9, 13],               &[-1], &[(1, 1)],       0.37, 0.75, 1.3),
    case("shortest_joined",    &[7, 10],                  &[-1], &[(4, 2)],       0.37, 0.75, 1.3),
    case("widest_joined",      &[6, 19],                  &[-1], &[(9, 6)],       0.15, 0.75, 1.3),
    case("long_joined",        &[5, 2051],                &[-1], &[(2, 4)],       0.21, 1.0,  1.4),
    case("whole_axis",         &[2, 300, 5, 3],            &[1], &[(299, 412)],   0.009, 0.5, 1.2),
    case("whole_axis_fours",   &[3, 70, 4, 5],             &[1], &[(69, 69)],     0.04, 0.75, 1.2),
    case("whole_axis_long",    &[2, 1103, 5],              &[1], &[(1102, 1300)], 0.002, 0.75, 1.4),
    case("whole_axis_last",    &[11, 300],                &[-1], &[(299, 299)],   0.009, 0.6, 0.7),
    case("within_channel",     &[2, 3, 11, 7],             &[2, 3], &[(1, 2), (2, 0)], 0.15, 0.75, 1.2),
    case("within_last",        &[2, 11, 7, 5],             &[1, 2], &[(2, 1), (1, 3)], 0.11, 0.5, 1.6),
    case("within_vectors",     &[3, 21, 10, 36],           &[1, 2], &[(2, 2), (4, 1)], 0.06, 0.75, 0.9),
    case("plane",              &[2, 3, 11, 7],             &[2, 3], &[(1, 2), (3, 0)], 0.15, 0.75, 1.2),
    case("slab_last",          &[2, 10, 61, 7],            &[2, 1], &[(1, 3), (2, 2)], 0.07, 0.5,  1.6),
    case("slab_vectors",       &[2, 61, 14, 12],           &[1, 2], &[(1, 1), (0, 2)], 0.13, 0.6,  0.9),
    case("plane_strips",       &[2, 19, 530],              &[1, 2], &[(3, 2), (1, 4)], 0.05, 0.75, 1.1),
    case("plane_packets",      &[2, 3, 21, 28],            &[2, 3], &[(2, 0), (1, 1)], 0.11, 0.75, 1.2),
    case("plane_packets_wide", &[1, 10, 1100],             &[1, 2], &[(1, 3), (4, 0)], 0.05, 0.75, 1.1),
    case("slab_pairs",         &[1, 13, 8, 6],             &[1, 2], &[(1, 2), (2, 1)], 0.09, 0.75, 1.4),
    case("slab_abreast",       &[2, 11, 14, 40],           &[1, 2], &[(1, 1), (0, 2)], 0.13, 0.75, 0.9),
    case("plane_widest",       &[2, 35, 77],               &[1, 2], &[(9, 6), (4, 11)], 0.01, 0.75, 1.3),
    case("slab_widest",        &[1, 35, 37, 3],            &[1, 2], &[(9, 6), (4, 11)], 0.01, 0.75, 1.3),
    case("slab_strips",        &[2, 19, 37, 44],           &[1, 2], &[(2, 1), (1, 4)], 0.08, 0.75, 1.2),
    case("channel_and_width",  &[2, 13, 6, 9],             &[1, -1], &[(3, 1), (0, 2)], 0.14, 1.0, 1.4),
    case("width_and_channel",  &[2, 13, 6, 9],             &[3, 1], &[(0, 2), (3, 1)], 0.14, 0.6, 1.4),
    case("three_axes",         &[2, 3, 5, 7, 4],           &[2, 3, 4], &[(1, 1), (2, 1), (1, 0)], 0.08, 0.75, 1.3),
    case("every_axis",         &[3, 5, 4, 6],              &[0, 1, 2, 3], &[(1, 0), (2, 1), (0, 1), (3, 2)], 0.04, 0.75, 1.1),
    case("wide_box",           &[2, 70, 90],               &[1, 2], &[(20, 30), (45, 11)], 0.0007, 0.75, 1.5),
    case("long_box",           &[1, 3001, 5],              &[1, 2], &[(700, 800), (1, 2)], 0.0003, 0.75, 1.2),
    case("whole_image",        &[4, 5, 7, 6],              &[2, 3], &[(6, 9), (5, 5)], 0.05, 0.75, 1.7),
    case("flat_box",           &[2, 9, 7, 5],              &[1, 2], &[(0, 0), (2, 1)], 0.33, 0.75, 1.3),
    case("box_of_one",         &[2, 9, 7, 5],              &[1, 2], &[(0, 0), (0, 0)], 0.53, 0.75, 1.3),
    Case { groups: 3, ..case("groups", &[2, 12, 5, 7],     &[1], &[(1, 3)],       0.57, 0.75, 1.6) },
    Case { groups: 4, ..case("groups_last", &[5, 7, 24],  &[-1], &[(2, 1)],       0.57, 0.6,  1.6) },
];

/// Squared, beyond what a `usize` holds.
const FAR: usize = 1 << (usize::BITS * 5 / 8);

/// Tensors without elements.
#[rustfmt::skip]
pub const EMPTY: &[Case] = &[
    case("no_images",   &[0, 5, 3],          &[1], &[(1, 2)], 0.3, 0.75, 1.2),
    case("no_channels", &[2, 0, 3],          &[1], &[(1, 2)], 0.3, 0.75, 1.2),
    case("no_pixels",   &[2, 5, 0],          &[1], &[(1, 2)], 0.3, 0.75, 1.2),
    case("nothing",     &[0],                &[0], &[(1, 2)], 0.3, 0.75, 1.2),
    case("no_width",    &[2, 5, 0],          &[1, 2], &[(1, 2), (2, 1)], 0.3, 0.75, 1.2),
    case("no_overflow", &[FAR, 0, FAR], &[1], &[(1, 2)], 0.3, 0.75, 1.2),
];
