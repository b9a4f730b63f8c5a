//! The copy that times are compared with, as the compilers of every backend see it.

use benches::copy::{WAYS, source};
use naga::back::{hlsl, msl, spv};
use naga::valid::{Capabilities, ValidationFlags, Validator};

#[test]
fn the_copy_is_valid_and_can_be_translated() {
    for way in WAYS {
        let module = naga::front::wgsl::parse_str(&source(way)).unwrap();
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
        let info = validator.validate(&module).unwrap();
        assert!(!spv::write_vec(&module, &info, &spv::Options::default(), None).unwrap().is_empty());
        let msl = msl::write_string(&module, &info, &msl::Options::default(), &Default::default());
        assert!(msl.unwrap().0.contains("kernel void"));
        let mut text = String::new();
        hlsl::Writer::new(&mut text, &hlsl::Options::default(), &Default::default())
            .write(&module, &info, None)
            .unwrap();
        assert!(text.contains("copy_two"));
    }
}
