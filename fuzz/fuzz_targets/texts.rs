//! Any text: a tuning, a choice or a name that is written as it was read, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wgpu_lrn::{Choice, Convention, Dtype, Kernel, Precision, Tuning};

fuzz_target!(|text: &str| {
    if let Ok(choice) = text.parse::<Choice>() {
        assert_eq!(choice.to_string().parse(), Ok(choice));
    }
    if let Ok(tuning) = text.parse::<Tuning>() {
        assert_eq!(tuning.to_string().parse(), Ok(tuning));
    }
    let _ = (text.parse::<Kernel>(), text.parse::<Convention>(), text.parse::<Dtype>(), text.parse::<Precision>());
});
