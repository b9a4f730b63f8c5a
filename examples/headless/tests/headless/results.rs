//! What the program computes.

use headless::npy;
use test_support::program::{Ended, Folder};
use test_support::{is_right, values};
use wgpu_lrn::{Kernel, Lrn, LrnBuilder, Precision, Shape, check, cpu, host, wgpu};

const DIMS: [usize; 4] = [2, 12, 3, 5];

/// Returns a folder with x and dy of those dimensions.
fn folder(name: &str, dims: &[usize]) -> (Folder, Vec<f32>, Vec<f32>) {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), name);
    let all = Shape::new(dims, 0).unwrap();
    let (x, dy) = (values(&all, 1), values(&all, 2));
    folder.store("x.npy", dims, &x);
    folder.store("dy.npy", dims, &dy);
    (folder, x, dy)
}

/// Returns the values of a result of those dimensions.
fn loaded(folder: &Folder, name: &str, dims: &[usize]) -> Vec<f32> {
    let (given, values) = folder.load(name);
    assert_eq!(given, dims);
    values
}

fn assert_forward(line: &str, dims: &[usize], lrn: &Lrn, shape: &Shape) -> Ended {
    let name: String = line.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let (folder, x, _) = folder(&format!("forward{name}"), dims);
    let ended = folder.succeed(&format!("forward x.npy y.npy {line}"));
    let report = check::forward(lrn, shape, &x, &loaded(&folder, "y.npy", dims)).unwrap();
    assert!(is_right(&report), "{line}: {report}");
    ended
}

#[test]
fn every_convention() {
    let table: [(&str, LrnBuilder); 13] = [
        ("--size 4 --alpha 2", Lrn::pytorch(4).alpha(2.0)),
        ("--convention pytorch --radius 1 --alpha 2 --k 3", Lrn::pytorch(3).alpha(2.0).k(3.0)),
        ("--convention onnx --size 4 --alpha 3 --beta 0.6", Lrn::onnx(4).alpha(3.0).beta(0.6)),
        ("--convention caffe", Lrn::caffe()),
        ("--convention caffe --size 3 --alpha 0.5", Lrn::caffe().size(3).alpha(0.5)),
        ("--convention cudnn --size 4 --alpha 5", Lrn::cudnn().size(4).alpha(5.0)),
        ("--convention onednn --size 6 --alpha 7", Lrn::onednn(6).alpha(7.0)),
        ("--convention tensorflow", Lrn::tensorflow()),
        ("--convention tensorflow --radius 2 --beta 0.75", Lrn::tensorflow().radius(2).beta(0.75)),
        ("--convention tensorflow --size 3", Lrn::tensorflow().radius(1)),
        ("--convention paper --size 4 --alpha 1", Lrn::paper().size(4).alpha(1.0)),
        ("--convention krizhevsky --alpha 1 --k 1e-3", Lrn::krizhevsky().alpha(1.0).k(1e-3)),
        ("--window 1,3 --alpha 2 --beta -0.5", Lrn::pytorch(1).window(1, 3).alpha(2.0).beta(-0.5)),
    ];
    let shape = Shape::new(&DIMS, 1).unwrap();
    for (line, builder) in table {
        assert_forward(line, &DIMS, &builder.build().unwrap(), &shape);
    }
    let exact = Lrn::new(1, 3, 0.7, 0.75, 2.0).unwrap();
    assert_forward("--convention formula --window 1,3 --alpha 0.7 --k 2", &DIMS, &exact, &shape);
}

#[test]
fn every_axis_and_groups() {
    let lrn = Lrn::pytorch(3).alpha(2.0).build().unwrap();
    for (axis, groups) in [(0, 1), (1, 3), (2, 1), (-1, 5), (-3, 4)] {
        let line = format!("--size 3 --alpha 2 --axis {axis} --groups {groups}");
        let shape = Shape::new(&DIMS, axis).unwrap().with_groups(groups).unwrap();
        assert_forward(&line, &DIMS, &lrn, &shape);
    }
    let vector = Shape::new(&[7], 0).unwrap();
    assert_forward("--size 3 --alpha 2 --axis 0", &[7], &lrn, &vector);
}

#[test]
fn several_axes() {
    let exact = |windows: &[(u32, u32)]| Lrn::over(windows, 0.7, 0.75, 2.0).unwrap();
    let given = "--convention formula --alpha 0.7 --k 2";
    for (line, axes, lrn) in [
        ("--convention caffe --size 3 --axes 1,2", [1, 2], Lrn::caffe().size(3).axes(2).build()),
        ("--convention onednn --size 4 --axes -1,0", [-1, 0], Lrn::onednn(4).axes(2).build()),
        (
            "--convention openvino --windows 0,1;3,2 --axes 0,2",
            [0, 2],
            Lrn::openvino(1).windows(&[(0, 1), (3, 2)]).build(),
        ),
        (&format!("{given} --radius 1 --axes 1,2"), [1, 2], Ok(exact(&[(1, 1); 2]))),
        (&format!("{given} --window 2,0 --axes 1,0"), [1, 0], Ok(exact(&[(2, 0); 2]))),
        (&format!("{given} --windows 1,0;0,2 --axes 2,1"), [2, 1], Ok(exact(&[(1, 0), (0, 2)]))),
    ] {
        let shape = Shape::over(&DIMS, &axes).unwrap();
        assert_forward(line, &DIMS, &lrn.unwrap(), &shape);
    }
}

#[test]
fn every_operation_and_kernel() {
    let lrn = Lrn::pytorch(4).alpha(3.0).build().unwrap();
    let shape = Shape::new(&DIMS, 1).unwrap();
    let (folder, x, dy) = folder("operations", &DIMS);
    for kernel in ["pixel", "column"] {
        let options = format!("--size 4 --alpha 3 --device gpu --kernel {kernel}");
        let ended = folder.succeed(&format!("forward x.npy y.npy {options}"));
        assert_eq!(ended.field("kernel"), kernel);
        let y = loaded(&folder, "y.npy", &DIMS);
        assert!(is_right(&check::forward(&lrn, &shape, &x, &y).unwrap()));
        folder.succeed(&format!("square-sums x.npy s.npy {options}"));
        let s = loaded(&folder, "s.npy", &DIMS);
        assert!(is_right(&check::square_sums(&lrn, &shape, &x, &s).unwrap()));
        folder.succeed(&format!("backward x.npy dy.npy dx.npy {options}"));
        let dx = loaded(&folder, "dx.npy", &DIMS);
        assert!(is_right(&check::backward(&lrn, &shape, &x, &dy, &dx).unwrap()));
    }
}

/// So much that what fast computes fails the check of exact.
#[test]
fn exact_is_more_exact_than_fast() {
    let dims = [1, 96, 16, 15];
    let lrn = Lrn::pytorch(5).alpha(2.0).build().unwrap().with_precision(Precision::Exact);
    let shape = Shape::new(&dims, 1).unwrap();
    let (folder, x, _) = folder("precision", &dims);
    let [fast, exact] = [Precision::Fast, Precision::Exact].map(|precision| {
        let name = precision.name();
        let options = format!("--size 5 --alpha 2 --device gpu --check --precision {name}");
        for line in ["square-sums x.npy s.npy", "backward x.npy dy.npy dx.npy"] {
            folder.succeed(&format!("{line} {options}"));
        }
        let ended = folder.succeed(&format!("forward x.npy y.npy {options}"));
        assert_eq!(ended.field("precision"), name);
        check::forward(&lrn, &shape, &x, &loaded(&folder, "y.npy", &dims)).unwrap()
    });
    assert!(!fast.passed() && fast.ulps > 0.75, "{fast}");
    assert!(exact.passed() && exact.ulps < 0.75, "{exact}");
}

/// Tiny or huge parameters: results are right, and the check sees all of them.
#[test]
fn the_scale_of_parameters_does_not_matter() {
    let dims = [1, 32, 3, 5];
    let (folder, ..) = folder("scale", &dims);
    for parameters in ["--alpha 1e-17 --k 1e-17", "--alpha 1e30 --k 1e30 --beta 1"] {
        for precision in ["fast", "exact"] {
            let layer = format!("--convention formula --window 2,2 {parameters}");
            let line = format!("backward x.npy dy.npy dx.npy {layer} --precision {precision}");
            let ended = folder.succeed(&format!("{line} --check --device gpu"));
            assert!(!ended.stdout[0].contains("elements"), "{line}: {ended:?}");
        }
    }
}

/// A check says for how many elements it can tell, and fails where it can for none.
#[test]
fn a_check_says_for_how_many_elements_it_can_tell() {
    let dims = [2, 6, 3, 5];
    let (folder, x, _) = folder("claims", &dims);
    let line = "forward x.npy y.npy --size 3 --alpha 2 --check --device gpu";
    let images = x.len() / 2;
    let huge: Vec<f32> = x.iter().map(|v| v * 1e25).collect();
    folder.store("x.npy", &dims, &[&x[..images], &huge[images..]].concat());
    let ended = folder.succeed(line);
    let count = format!("the bound holds for {images} of {} elements", x.len());
    assert!(ended.stdout[0].contains(&count), "{ended:?}");
    folder.store("x.npy", &dims, &huge);
    let ended = folder.run(line);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout[0].contains("the bound holds for 0 of"), "{ended:?}");
}

#[test]
fn cpu_is_the_reference() {
    let lrn = Lrn::pytorch(4).alpha(3.0).build().unwrap();
    let shape = Shape::new(&DIMS, 1).unwrap();
    let (folder, x, dy) = folder("cpu", &DIMS);
    let rounded = |values: Vec<f64>| values.into_iter().map(|v| v as f32).collect::<Vec<_>>();
    let options = "--size 4 --alpha 3 --device cpu --kernel auto --check";
    let ended = folder.succeed(&format!("forward x.npy y.npy {options}"));
    assert!(ended.stderr.is_empty(), "{ended:?}");
    let last = "device=cpu backend=none kernel=reference dtype=f32 precision=fast seconds=";
    assert!(ended.stdout.last().unwrap().starts_with(last), "{ended:?}");
    let y = rounded(cpu::forward(&lrn, &shape, &x).unwrap());
    assert_eq!(loaded(&folder, "y.npy", &DIMS), y);
    folder.succeed(&format!("square-sums x.npy s.npy {options}"));
    let s = rounded(cpu::square_sums(&lrn, &shape, &x).unwrap());
    assert_eq!(loaded(&folder, "s.npy", &DIMS), s);
    folder.succeed(&format!("backward x.npy dy.npy dx.npy {options}"));
    let dx = rounded(cpu::backward(&lrn, &shape, &x, &dy).unwrap());
    assert_eq!(loaded(&folder, "dx.npy", &DIMS), dx);
}

#[test]
fn fortran_order_is_the_same_array() {
    let (folder, x, dy) = folder("fortran", &DIMS);
    folder.store_fortran("fx.npy", &DIMS, &x);
    folder.store_fortran("fdy.npy", &DIMS, &dy);
    for axis in ["1", "-1"] {
        let options = format!("--size 3 --alpha 2 --axis {axis}");
        folder.succeed(&format!("forward x.npy y.npy {options}"));
        folder.succeed(&format!("forward fx.npy fy.npy {options}"));
        assert_eq!(folder.load("y.npy"), folder.load("fy.npy"));
        folder.succeed(&format!("backward x.npy dy.npy dx.npy {options}"));
        for inputs in ["fx.npy fdy.npy", "fx.npy dy.npy", "x.npy fdy.npy"] {
            folder.succeed(&format!("backward {inputs} fdx.npy {options}"));
            assert_eq!(folder.load("dx.npy"), folder.load("fdx.npy"), "{inputs}");
        }
    }
}

#[test]
fn empty_arrays() {
    for dims in [vec![0, 4], vec![2, 0, 3], vec![2, 3, 0]] {
        for device in ["gpu", "cpu"] {
            let (folder, ..) = folder(&format!("empty-{dims:?}-{device}"), &dims);
            let options = format!("--size 3 --check --device {device}");
            folder.succeed(&format!("backward x.npy dy.npy dx.npy {options}"));
            folder.succeed(&format!("square-sums x.npy s.npy {options}"));
            let ended = folder.succeed(&format!("forward x.npy y.npy {options}"));
            assert_eq!(ended.field("gbps"), "0.000");
            assert_eq!(folder.load("y.npy"), (dims.clone(), vec![]));
        }
    }
}

#[test]
fn a_result_may_replace_its_input() {
    let (folder, x, _) = folder("in-place", &DIMS);
    folder.succeed("forward x.npy x.npy --size 3 --alpha 2");
    let lrn = Lrn::pytorch(3).alpha(2.0).build().unwrap();
    let shape = Shape::new(&DIMS, 1).unwrap();
    let y = loaded(&folder, "x.npy", &DIMS);
    assert!(is_right(&check::forward(&lrn, &shape, &x, &y).unwrap()));
    assert_eq!(folder.contents().len(), 2, "only x.npy and dy.npy");
}

#[test]
fn check_and_the_last_line() {
    let (folder, ..) = folder("check", &DIMS);
    let ended = folder.succeed("backward x.npy dy.npy dx.npy --size 5 --check --device gpu");
    assert_eq!(ended.stdout.len(), 2, "{ended:?}");
    assert!(ended.stdout[0].starts_with("largest error "), "{ended:?}");
    assert!(["vulkan", "gl", "metal", "dx12"].contains(&ended.field("backend")), "{ended:?}");
    let is_kernel = |kernel: &Kernel| kernel.name() == ended.field("kernel");
    assert!(Kernel::ALL.iter().any(is_kernel), "{ended:?}");
    assert!(ended.field("seconds").parse::<f64>().unwrap() > 0.0, "{ended:?}");
    assert!(ended.field("gbps").parse::<f64>().unwrap() >= 0.0, "{ended:?}");
    let names: Vec<_> = test_support::gpus().iter().map(|gpu| gpu.info().name.as_str()).collect();
    assert!(names.contains(&ended.field("device")), "{ended:?}");
}

#[test]
fn the_shaders_are_written_on_request() {
    let (folder, ..) = folder("wgsl", &DIMS);
    for kernel in ["column", "pixel"] {
        let ended = folder
            .succeed(&format!("backward x.npy dy.npy dx.npy --size 5 --device gpu --kernel {kernel} --wgsl lrn.wgsl"));
        assert_eq!(ended.field("kernel"), kernel);
        let wgsl = std::fs::read_to_string(folder.path("lrn.wgsl")).unwrap();
        assert!(wgsl.starts_with(&format!("// lrn backward f32 {kernel} 1: backward\n")), "{wgsl:.100}");
        assert!(wgsl.contains("fn backward("));
    }
}

#[test]
fn a_software_adapter_and_the_cpu_are_owned_up_to() {
    let (folder, ..) = folder("auto", &DIMS);
    let first = &test_support::gpus()[0];
    let ended = folder.succeed("forward x.npy y.npy --size 5");
    let software = first.info().device_type == wgpu::DeviceType::Cpu;
    assert_eq!(ended.stderr.iter().any(|line| line.contains("software")), software, "{ended:?}");
    let ended = folder.succeed("WGPU_BACKEND=noop forward x.npy y.npy --size 5");
    assert_eq!(ended.field("device"), "cpu");
    assert!(ended.stderr.len() == 1 && ended.stderr[0].contains("CPU reference"), "{ended:?}");
}

#[test]
fn an_adapter_is_taken_by_name() {
    let (folder, ..) = folder("adapter", &DIMS);
    let name = test_support::gpus()[0].info().name.to_uppercase();
    let word = name.split_whitespace().next().unwrap();
    folder.succeed(&format!("forward x.npy y.npy --size 5 --adapter {word}"));
    folder.succeed(&format!("WGPU_ADAPTER_NAME={word} forward x.npy y.npy --size 5"));
}

#[test]
fn adapters_are_listed() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "adapters");
    let listed = |line: &str| folder.succeed(line).stdout.join("\n");
    let json: serde_json::Value = serde_json::from_str(&listed("adapters --json")).unwrap();
    let plain = listed("adapters");
    let gpus = test_support::gpus();
    assert_eq!(json.as_array().unwrap().len(), gpus.len());
    let names = host::adapter_names(&test_support::adapters());
    for ((entry, gpu), name) in json.as_array().unwrap().iter().zip(gpus).zip(&names) {
        assert_eq!(entry["name"], *name);
        assert_eq!(entry["backend"], gpu.info().backend.to_str());
        let size = gpu.device().limits().max_buffer_size;
        assert_eq!(entry["limits"]["max_buffer_size"], size);
        assert!(entry["features"]["shader_f16"].is_boolean());
        assert!(plain.contains(name) && plain.contains(&size.to_string()));
    }
    assert_eq!(listed("WGPU_BACKEND=noop adapters --json"), "[]");
    assert!(listed("WGPU_BACKEND=noop adapters").contains("no GPU adapter"));
}

#[test]
fn help_is_no_failure() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "help");
    for line in ["--help", "forward --help", "help adapters"] {
        assert!(folder.succeed(line).stdout.iter().any(|line| line.starts_with("Usage: ")));
    }
}

/// The place of the largest error is told as NumPy counts it.
#[test]
fn elements_have_an_index() {
    let dims = [2, 3, 5, 7];
    assert_eq!(npy::index_of(0, &dims), [0; 4]);
    assert_eq!(npy::index_of(((3 + 2) * 5 + 4) * 7 + 6, &dims), [1, 2, 4, 6]);
    assert_eq!(npy::index_of(7, &dims), [0, 0, 1, 0]);
}

/// `RUST_LOG` shows the choice with its reason.
#[test]
fn the_choice_is_logged() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "log");
    folder.store("x.npy", &[2, 6, 4], &[1.5; 48]);
    let logged = |line: &str| {
        let ended = folder.succeed(line);
        ended.stderr.iter().any(|line| line.contains("forward by pixel 1: a workgroup loads"))
    };
    assert!(logged("RUST_LOG=wgpu_lrn=debug forward x.npy y.npy --size 3"));
    assert!(!logged("forward x.npy y.npy --size 3"));
}

/// The demo checks four results, draws, leaves arrays to go on with, and says last where the picture is; it writes
/// nothing else.
#[test]
fn the_demo_draws_its_picture() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "demo");
    for device in ["auto", "cpu"] {
        let ended = folder.succeed(&format!("--out {device} --device {device}"));
        let checked = ended.stdout.iter().filter(|line| line.contains("(within)")).count();
        assert_eq!(checked, 4, "{ended:?}");
        let picture = image::open(folder.path(ended.stdout.last().unwrap())).unwrap();
        assert!(picture.width() >= 1000 && picture.height() >= 1000);
        assert_eq!(std::fs::read_dir(folder.path(device)).unwrap().count(), 3);
        folder.succeed(&format!("backward {device}/x.npy {device}/dy.npy {device}/dx.npy --size 5 --check"));
    }
    assert_eq!(folder.contents().len(), 2);
}
