//! Which choice the rule prefers, and what it refuses.

use wgpu_lrn::internals::Recipe;
use wgpu_lrn::{Choice, Dtype, Error, Kernel, Lrn, Operation, Result, Segments, Shape, Tuning, wgpu};

const F64: wgpu::Features = wgpu::Features::SHADER_F64;

fn alexnet() -> Lrn {
    Lrn::pytorch(5).build().unwrap()
}

/// Dimensions and axes, look-behind and look-ahead along each, the preferred choice.
type Preferred = (&'static [usize], &'static [isize], u32, u32, &'static str);

const RULE: &[Preferred] = &[
    (&[1, 96, 55, 55], &[1], 2, 2, "column 1"),
    (&[1, 64, 56, 56], &[1], 2, 2, "column 2"),
    (&[1, 64, 56, 56], &[1], 12, 12, "ring 1"),
    (&[1, 64, 56, 56], &[1], 200, 10, "ring 1"),
    (&[1, 55, 55, 96], &[3], 2, 2, "row 4"),
    (&[1, 55, 55, 99], &[3], 2, 2, "row 4"),
    (&[1, 55, 55, 96], &[3], 7, 8, "row 4"),
    (&[1, 55, 55, 99], &[3], 3, 3, "pixel 1"),
    (&[1, 55, 55, 7], &[3], 2, 2, "pixel 1"),
    (&[1, 55, 55, 96], &[3], 20, 20, "pixel 1"),
    (&[1, 96, 5, 5], &[1], 2, 2, "pixel 1"),
    (&[1, 512, 64, 64], &[1], 600, 512, "whole 2"),
    (&[1, 64, 64, 512], &[3], 511, 512, "whole 1"),
    (&[1, 96, 55, 55], &[2, 3], 2, 2, "plane 1"),
    (&[1, 96, 56, 56], &[2, 3], 2, 2, "plane 4"),
    (&[1, 96, 56, 56], &[2, 3], 3, 2, "plane 1"),
    (&[1, 55, 55, 96], &[1, 2], 1, 3, "slab 4"),
    (&[1, 55, 55, 97], &[1, 2], 2, 2, "slab 1"),
    (&[1, 55, 55, 96], &[1, 2], 3, 3, "plane 1"),
    (&[1, 96, 55, 55], &[1, 3], 2, 2, "pixel 1"),
    (&[1, 96, 55, 55], &[2, 3], 8, 8, "pixel 1"),
];

fn chosen(lrn: &Lrn, shape: &Shape, tuning: Tuning, features: wgpu::Features) -> Result<Choice> {
    let limits = wgpu::Limits::default();
    Recipe::new(lrn, shape, Operation::Forward, false, tuning, features, &limits).map(|recipe| recipe.choice)
}

#[test]
fn the_choice_follows_the_stated_rule() {
    for &(dims, axes, p, q, expected) in RULE {
        let lrn = Lrn::over(&vec![(p, q); axes.len()], 0.1, 0.75, 1.0).unwrap();
        let shape = Shape::over(dims, axes).unwrap();
        let none = wgpu::Features::empty();
        let chosen = |tuning: Tuning, features| chosen(&lrn, &shape, tuning, features);
        let choice = chosen(Tuning::default(), none).unwrap();
        assert_eq!(choice.to_string(), expected, "{dims:?}");
        assert_eq!(chosen(Tuning::default(), F64), Ok(choice));
        assert_eq!(Choice::available(&lrn, &shape, none).unwrap()[0], choice);
        // What is chosen can be written down and forced.
        assert_eq!(expected.parse(), Ok(choice));
        assert_eq!(chosen(choice.into(), none), Ok(choice));
    }
}

#[test]
fn in_f64_row_is_preferred_for_short_windows_alone() {
    let shape = Shape::over(&[1, 55, 55, 96], &[3]).unwrap().with_dtype(Dtype::F64);
    for (reach, expected) in [(2, "row 4"), (3, "pixel 1")] {
        let lrn = Lrn::over(&[(reach, reach)], 0.1, 0.75, 1.0).unwrap();
        assert_eq!(chosen(&lrn, &shape, Tuning::default(), F64).unwrap().to_string(), expected);
    }
}

#[test]
fn every_kernel_is_preferred_somewhere() {
    let preferred = |kernel: &Kernel| RULE.iter().any(|(.., choice)| choice.starts_with(kernel.name()));
    assert!(Kernel::ALL.iter().all(preferred));
}

#[test]
fn what_is_not_available_is_refused_by_name() {
    let shape = Shape::nchw(1, 96, 55, 55).unwrap();
    let none = wgpu::Features::empty();
    let refused = |tuning: Tuning, features| chosen(&alexnet(), &shape, tuning, features).unwrap_err().to_string();
    let any = Tuning::default();
    assert_eq!(
        refused(Kernel::Row.into(), none),
        "\"row\" cannot compute this layer on this device; available: column 1, pixel 1"
    );
    assert!(refused(any.with_width(4), none).contains("any 4"));
    assert!(refused("column 4".parse::<Choice>().unwrap().into(), F64).contains("column 1"));
    let choice = Choice::new(Kernel::Whole, 1);
    let limits = wgpu::Limits::default();
    let recipe = Recipe::new(&alexnet(), &shape, Operation::Forward, false, choice, F64, &limits);
    assert!(matches!(recipe, Err(Error::Unavailable { .. })));
    for bad in ["", "columns 1", "column", "column f64", "column 1 more", "column 1 half 2"] {
        assert!(matches!(bad.parse::<Choice>(), Err(Error::UnknownName { .. })), "{bad}");
    }
}

/// The channels of a tensor are cut into as many segments as keep enough bytes under way: the number that is asked for,
/// beside the usual one, as long as each is twice as long as what its ends depend on.
#[test]
fn segments_are_as_many_as_asked_for() {
    let segments = |shape: &Shape, text: &str, operation| {
        let (choice, limits) = (text.parse::<Choice>().unwrap(), wgpu::Limits::default());
        let recipe = Recipe::new(&alexnet(), shape, operation, false, choice, F64, &limits).unwrap();
        recipe.passes[0].dispatches[0].params.part.segments
    };
    let counts = |batch, operation| {
        let shape = Shape::nchw(batch, 768, 32, 32).unwrap();
        ["half", "usual", "double", "quadruple"].map(|name| segments(&shape, &format!("column 1 {name}"), operation))
    };
    // 8 elements of 4 bytes and 1,024 pixels are 32 KiB under way an image, and twice that backward.
    assert_eq!(counts(8, Operation::Forward), [4, 8, 16, 32]);
    assert_eq!(counts(8, Operation::Backward), [2, 4, 8, 15]); // of 52 channels, 56 with the lead-in
    // 76 segments are 10 channels long, in steps of 8: two steps.
    assert_eq!(counts(1, Operation::Forward), [32, 48, 48, 48]);
    assert_eq!(counts(64, Operation::Forward), [1, 1, 2, 4]);
    for segments in Segments::ALL {
        let text = Choice { segments: *segments, ..Choice::new(Kernel::Column, 1) }.to_string();
        assert_eq!(text.parse::<Choice>().unwrap().segments, *segments);
    }
}
