//! What the program refuses: exit code 2, one clear line, and nothing changed.

use std::fs;
use test_support::program::{Folder, header, npy};

/// Returns a folder with good files of several shapes.
fn folder(name: &str) -> Folder {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), name);
    let values: Vec<_> = (0..42).map(|n| n as f32 - 20.0).collect();
    folder.store("good.npy", &[2, 7, 3], &values);
    folder.store("turned.npy", &[7, 2, 3], &values);
    folder.store("flat.npy", &[42], &values);
    folder.store("scalar.npy", &[], &values[..1]);
    fs::create_dir(folder.path("folder")).unwrap();
    folder
}

fn assert_refused(folder: &Folder, line: &str, word: &str) {
    let before = folder.contents();
    let ended = folder.run(line);
    assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
    assert_eq!(ended.stderr.len(), 1, "{line}: {ended:?}");
    assert!(ended.stderr[0].contains(word), "{line}: {ended:?} lacks {word:?}");
    assert!(ended.stdout.is_empty(), "{line}: {ended:?}");
    assert!(folder.contents() == before, "{line} changed a file");
}

#[test]
fn files() {
    let folder = folder("files");
    let file = |descr: &str, shape: &str| npy(&header(descr, false, shape), &[0; 96]);
    let good = file("'<f4'", "(2, 4, 3)");
    let wide = |fields: usize| format!("[{}]", "('a', '<f4'), ".repeat(fields));
    let long = [b"\x93NUMPY\x02\x00\xFF\xFF\xFF\xFF", &good[10..]].concat();
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("is not a .npy file", vec![]),
        ("is not a .npy file", b"\x93NUM".to_vec()),
        ("is not a .npy file", b"x,y\n1,2\n3,4\n5,6\n".to_vec()),
        ("is not a .npy file", [b"\x93NUMPY\x09\x00", &good[8..]].concat()),
        ("within its header", good[..40].to_vec()),
        ("claims 4294967307 bytes", long),
        ("96 bytes of data, but 95", good[..good.len() - 1].to_vec()),
        ("96 bytes of data, but 97", [&good[..], b"!"].concat()),
        ("96 bytes of data, but 0", good[..good.len() - 96].to_vec()),
        ("40000000000 bytes", file("'<f4'", "(10000, 1000, 1000)")),
        ("overflow", file("'<f4'", "(4294967296, 4294967296, 4294967296)")),
        ("overflow", file("'<f4'", "(0, 4294967296, 4294967296)")),
        ("larger than u64", file("'<f4'", "(99999999999999999999,)")),
        ("negative", file("'<f4'", "(-2, 3)")),
        ("shape", file("'<f4'", "24")),
        ("dimension", file("'<f4'", "('2', 3)")),
        ("'>f4'", file("'>f4'", "(2, 4, 3)")),
        ("'>f8'", file("'>f8'", "(2, 2, 3)")),
        ("'>f2'", file("'>f2'", "(2, 8, 3)")),
        ("192 bytes of data, but 96", file("'<f8'", "(2, 4, 3)")),
        ("48 bytes of data, but 96", file("'<f2'", "(2, 4, 3)")),
        ("overflow", file("'<f8'", "(2305843009213693952,)")),
        ("give --dtype bf16", file("'<u2'", "(2, 8, 3)")),
        ("'<i4'", file("'<i4'", "(2, 4, 3)")),
        ("'|O'", file("'|O'", "(2, 4, 3)")),
        ("'<U1'", file("'<U1'", "(2, 4, 3)")),
        ("'<M8[ns]'", file("'<M8[ns]'", "(2, 2, 3)")),
        ("('a', '<f4')", file(&wide(2), "(2, 2, 3)")),
        ("dtype float32", file(&wide(20), "(2, 2, 3)")),
        ("type string", file("'float'", "(2, 4, 3)")),
        ("malformed", file("'<f4'", "(2, 4, 3")),
        ("dtype float32", file("'<f4'", &"(".repeat(4000))),
        ("dtype float32", file("'<f4'", &"{".repeat(4000))),
        ("dict", npy("[1, 2]", &[])),
        ("descr", npy("{'fortran_order': False, 'shape': (0, 1), }", &[])),
        ("fortran_order", npy("{'descr': '<f4', 'fortran_order': 2, 'shape': (0, 1), }", &[])),
        ("header", [b"\x93NUMPY\x01\x00\x04\x00", &[0xFF; 8][..]].concat()),
    ];
    for (number, (word, bytes)) in table.iter().enumerate() {
        let name = format!("{number}.npy");
        folder.put(&name, bytes);
        assert_refused(&folder, &format!("forward {name} y.npy --size 3"), word);
        assert_refused(&folder, &format!("forward {name} {name} --size 3"), &name);
    }
    assert_refused(&folder, "backward good.npy 6.npy dx.npy --size 3", "6.npy");
}

#[test]
fn dtypes() {
    let folder = folder("dtypes");
    let zeros = |name: &str, descr: &str, bytes: usize| {
        folder.put(name, npy(&header(descr, false, "(2, 7, 3)"), &vec![0; 42 * bytes]));
    };
    zeros("f16.npy", "'<f2'", 2);
    zeros("bits.npy", "'<u2'", 2);
    zeros("f64.npy", "'<f8'", 8);
    zeros("big.npy", "'>f4'", 4);
    let bf16_or_f16 = "its dtype is '<u2', but must be '<f2' to be read as f16; convert it, or \
                       have all files as '<u2' and give --dtype bf16";
    for (line, word) in [
        (
            "forward bits.npy y.npy",
            "bits.npy: its dtype is '<u2', which is read only as the bits of bf16: give --dtype bf16",
        ),
        ("forward big.npy y.npy", "'>f4', but must be '<f4', '<f2' or '<f8', or '<u2' with --dtype bf16"),
        ("forward big.npy y.npy --dtype f32", "'>f4', but must be '<f4' to be read as f32; convert it"),
        ("forward bits.npy y.npy --dtype f16", bf16_or_f16),
        ("forward f16.npy y.npy --dtype bf16", "'<f2', but must be '<u2' to be read as bf16"),
        ("forward good.npy y.npy --dtype bf16", "have all files as '<f4' and give --dtype f32"),
        ("forward good.npy y.npy --dtype f64", "'<f4', but must be '<f8' to be read as f64"),
        ("square-sums f64.npy s.npy --dtype f32", "'<f8', but must be '<f4' to be read as f32"),
        ("backward f16.npy bits.npy dx.npy", bf16_or_f16),
        ("backward good.npy f16.npy dx.npy", "f16.npy: its dtype is '<f2', but must be '<f4'"),
        ("backward f16.npy good.npy good.npy", "good.npy: its dtype is '<f4', but must be '<f2'"),
        ("backward bits.npy f16.npy dx.npy --dtype bf16", "f16.npy: its dtype is '<f2'"),
        ("forward good.npy y.npy --dtype f8", "expected f32, f16, bf16 or f64"),
        ("forward good.npy y.npy --dtype", "--dtype"),
    ] {
        assert_refused(&folder, &format!("{line} --size 3"), word);
    }
}

/// What the library says of a device without f64, on every such adapter.
#[test]
fn f64_where_the_device_has_none() {
    let folder = folder("f64");
    folder.store_elements("f64.npy", &[2, 7, 3], &[1.0f64; 42]);
    let f64 = wgpu_lrn::wgpu::Features::SHADER_F64;
    let gpus = test_support::gpus().iter();
    for gpu in gpus.filter(|gpu| !gpu.device().features().contains(f64)) {
        let set = format!("WGPU_BACKEND={}", gpu.info().backend);
        for device in ["auto", "gpu"] {
            let line = format!("{set} forward f64.npy y.npy --size 3 --device {device}");
            assert_refused(&folder, &line, "SHADER_F64");
        }
    }
}

#[test]
fn paths() {
    let folder = folder("paths");
    for (line, word) in [
        ("forward missing.npy y.npy", "missing.npy"),
        ("forward folder y.npy", "no regular file"),
        ("backward good.npy missing.npy dx.npy", "missing.npy"),
        ("forward good.npy nowhere/y.npy", "nowhere"),
        ("forward good.npy good.npy/y.npy", "good.npy/y.npy"),
        // The temporary file can be written there, but not renamed.
        ("forward good.npy y.npy/", "cannot be written"),
        ("forward good.npy folder", "no regular file"),
        ("forward good.npy folder/..", "no regular file"),
        ("forward good.npy nowhere/..", "names no file"),
        #[cfg(unix)]
        ("forward good.npy /dev/null", "no regular file"),
        #[cfg(unix)]
        ("forward /dev/null y.npy", "no regular file"),
    ] {
        assert_refused(&folder, &format!("{line} --size 3"), word);
    }
}

#[test]
fn parameters() {
    let folder = folder("parameters");
    for (options, word) in [
        ("", "pytorch has no default window"),
        ("--convention onnx", "onnx has no default window"),
        ("--convention formula", "formula has no default window"),
        ("--convention exact --window 1,1", "krizhevsky or formula"),
        ("--convention caffe --size 4", "odd"),
        ("--convention tensorflow --size 4", "odd"),
        ("--convention torch --size 3", "krizhevsky"),
        ("--size 0", "size is 0"),
        ("--size -1", "-1"),
        ("--size 2.5", "2.5"),
        ("--size 4294967296", "4294967296"),
        ("--size", "--size"),
        ("--radius -1", "-1"),
        ("--window 1", "2,2"),
        ("--window 1,2,3", "2,2"),
        ("--window -1,2", "2,2"),
        ("--window ,", "2,2"),
        ("--size 3 --radius 1", "--radius"),
        ("--size 3 --window 1,1", "--window"),
        ("--radius 1 --window 1,1", "--window"),
        ("--size 3 --radius 1 --window 1,1", "--window"),
        ("--size 3 --alpha NaN", "alpha is NaN"),
        ("--size 3 --alpha inf", "alpha is inf"),
        ("--size 3 --alpha -inf", "alpha is -inf"),
        ("--size 3 --alpha -1", "alpha is -1"),
        ("--size 3 --alpha one", "one"),
        ("--size 3 --beta nan", "beta is NaN"),
        ("--size 3 --beta 1e39", "beta is 1e39, but must be a number that f32 can hold"),
        ("--size 3 --k 0", "k is 0"),
        ("--size 3 --k -1", "k is -1"),
        ("--size 3 --k inf", "k is inf"),
        ("--size 3 --axis 3", "rank 3"),
        ("--size 3 --axis 1 --axes 1,2", "--axes"),
        ("--convention caffe --size 3 --axes 1,3", "rank 3"),
        ("--convention caffe --size 3 --axes 1,-2", "axis -2 means a dimension"),
        ("--convention caffe --size 3 --axes 1,x", "x"),
        ("--convention caffe --windows 1,1;2 --axes 1,2", "1,2;3,3"),
        ("--convention caffe --windows 1,1 --axes 1,2", "windows are given for 1 axes, but axes are 2"),
        ("--convention caffe --windows 1,1;2,0", "windows are given for 2 axes, but axes are 1"),
        ("--windows 1,1;2,0", "pytorch has windows along one axis only"),
        ("--size 3 --axes 1,2", "pytorch has windows along one axis only"),
        ("--size 3 --axis -4", "rank 3"),
        ("--size 3 --axis x", "--axis"),
        ("--size 3 --groups 0", "0 equal groups"),
        ("--size 3 --groups 2", "2 equal groups"),
        ("--size 3 --groups -1", "-1"),
        ("--size 3 --size 3", "--size"),
        ("--size 3 --precision exactly", "unknown precision \"exactly\": expected fast or exact"),
        ("--size 3 --precision", "--precision"),
    ] {
        assert_refused(&folder, &format!("forward good.npy y.npy {options}"), word);
    }
}

#[test]
fn shapes() {
    let folder = folder("shapes");
    for (line, word) in [
        ("forward flat.npy y.npy --size 3", "rank 1"),
        ("forward scalar.npy y.npy --size 3 --axis 0", "rank 0"),
        ("backward good.npy turned.npy dx.npy --size 3", "[7, 2, 3], but must be that of x"),
        ("backward good.npy flat.npy dx.npy --size 3", "[42]"),
        ("backward good.npy scalar.npy dx.npy --size 3", "[]"),
    ] {
        assert_refused(&folder, line, word);
    }
}

#[test]
fn blends() {
    let folder = folder("blends");
    folder.store_elements("f64.npy", &[2, 7, 3], &[1.0f64; 42]);
    folder.put("text.npy", "x,y");
    let not_blended = "cannot be used with square-sums: square sums are not blended";
    for (line, word) in [
        ("forward good.npy y.npy --blend 1", "y.npy: is not there, but --blend adds to"),
        ("backward good.npy good.npy dx.npy --relu --scale 0 --blend -1", "dx.npy: is not there"),
        ("forward good.npy nowhere/y.npy --blend 1", "is not there"),
        ("forward good.npy turned.npy --blend 1", "turned.npy: its shape is [7, 2, 3], but must be"),
        ("forward good.npy flat.npy --blend 1", "[42], but must be that of x, [2, 7, 3]"),
        ("backward good.npy good.npy scalar.npy --blend 1", "scalar.npy: its shape is []"),
        ("forward good.npy f64.npy --blend 1", "f64.npy: its dtype is '<f8', but must be '<f4'"),
        ("forward good.npy text.npy --blend 1", "text.npy: is not a .npy file"),
        ("forward good.npy folder --blend 1", "no regular file"),
        ("square-sums good.npy good.npy --scale 1", "'--scale' cannot be used with square-sums"),
        ("square-sums good.npy good.npy --blend 0", not_blended),
        ("square-sums good.npy good.npy --blend 1 --scale 2", not_blended),
        ("forward good.npy good.npy --blend nan", "blend is NaN"),
        ("forward good.npy good.npy --scale inf", "scale is inf"),
        ("forward good.npy good.npy --scale -1e39", "a number that f32 can hold"),
        ("forward good.npy good.npy --blend one", "one"),
        ("forward good.npy good.npy --relu yes", "yes"),
    ] {
        assert_refused(&folder, &format!("{line} --size 3"), word);
    }
    assert_refused(&folder, "--relu", "--relu");
}

#[test]
fn devices() {
    let folder = folder("devices");
    let adapter = test_support::gpus()[0].info().name.clone();
    let forward = "forward good.npy y.npy --size 3";
    for (set, options, word) in [
        ("", "--adapter absent", adapter.as_str()),
        ("", "--device gpu --adapter absent", &adapter),
        ("WGPU_ADAPTER_NAME=absent", "", &adapter),
        ("WGPU_BACKEND=noop", "--device gpu", "no GPU adapter"),
        ("WGPU_BACKEND=noop", "--adapter any", "no GPU adapter"),
        ("WGPU_BACKEND=noop", "--kernel pixel", "no GPU adapter"),
        ("", "--device cpu --kernel pixel", "--kernel"),
        ("", "--device cpu --adapter any", "--adapter"),
        ("", "--device cpu --wgsl lrn.wgsl", "--wgsl"),
        ("", "--wgsl good.npy", "name another file"),
        ("", "--wgsl ./good.npy", "name another file"),
        ("", "--wgsl y.npy", "name another file"),
        ("", "--wgsl nowhere/lrn.wgsl", "cannot be written"),
        ("", "--device tpu", "tpu"),
        ("", "--kernel wide", "wide"),
        ("", "--kernel row", "available: "),
    ] {
        assert_refused(&folder, &format!("{set} {forward} {options}"), word);
    }
}

#[test]
fn usage() {
    let folder = folder("usage");
    for (line, word) in [
        ("normalise", "normalise"),
        ("forward", "X.npy"),
        ("forward good.npy", "Y.npy"),
        ("forward good.npy y.npy z.npy", "z.npy"),
        ("backward good.npy good.npy", "DX.npy"),
        ("square-sums good.npy --size 3", "S.npy"),
        ("forward good.npy y.npy --frobnicate", "--frobnicate"),
        ("adapters --size 3", "--size"),
        ("--json", "--json"),
        ("--out folder adapters", "--out"),
        ("--device tpu", "tpu"),
    ] {
        assert_refused(&folder, line, word);
    }
}
