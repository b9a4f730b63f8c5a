//! The example `benchmark`: its files, and what it refuses. Nothing here depends on a time.

use serde_json::Value;
use test_support::gpus;
use test_support::program::{Ended, Folder};
use wgpu_lrn::{Kernel, wgpu};

fn folder(name: &str) -> Folder {
    Folder::new(env!("CARGO_BIN_EXE_benchmark"), name)
}

/// Returns a run that measures little.
fn quick(folder: &Folder, arguments: &str) -> Ended {
    folder.succeed(&format!("--quick --batches 2 {arguments}"))
}

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&text(folder, name)).unwrap()
}

fn text(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path(name)).unwrap()
}

#[test]
fn measurements_of_every_adapter() {
    let folder = folder("measurements");
    let ended = quick(&folder, "--shapes cifar_norm1 --json out.json --html out.html");
    assert_eq!(ended.stdout[ended.stdout.len() - 2..], ["out.json", "out.html"]);
    let report = json(&folder, "out.json");
    let adapters = report["adapters"].as_array().unwrap();
    assert_eq!(adapters.len(), gpus().len());
    for (adapter, gpu) in adapters.iter().zip(gpus()) {
        assert_eq!(adapter["name"], gpu.info().name.as_str());
        assert!(adapter["wgpu"].as_str().unwrap().starts_with("30."));
        assert!(["timestamps", "wall"].contains(&adapter["timer"].as_str().unwrap()));
        assert!(adapter["copy_gbps"].as_f64().unwrap() > 0.0);
        measurements(adapter["measurements"].as_array().unwrap(), "f32", 4.0);
    }
}

#[test]
fn measurements_of_every_dtype() {
    let folder = folder("dtypes");
    let ended = quick(&folder, "--dtypes f16,bf16,f64 --shapes cifar_norm1 --json out.json");
    let report = json(&folder, "out.json");
    for (adapter, gpu) in report["adapters"].as_array().unwrap().iter().zip(gpus()) {
        let all = adapter["measurements"].as_array().unwrap();
        assert!(all.iter().all(|m| m["dtype"] != "f32"), "only what is asked for");
        measurements(all, "f16", 2.0);
        measurements(all, "bf16", 2.0);
        match gpu.device().features().contains(wgpu::Features::SHADER_F64) {
            true => measurements(all, "f64", 8.0),
            false => assert!(ended.stderr.iter().any(|line| line.contains("SHADER_F64"))),
        }
    }
    let row = |line: &String| line.starts_with("cifar_norm1_n2") && line.contains("bf16");
    assert!(ended.stdout.iter().any(row), "{ended:?}");
}

/// Halves have one precision, whatever is asked for.
#[test]
fn measurements_of_every_precision() {
    let folder = folder("precisions");
    let asked = "--precisions fast,exact --dtypes f32,f16 --shapes cifar_norm1";
    let ended = quick(&folder, &format!("{asked} --json out.json --html out.html"));
    for adapter in json(&folder, "out.json")["adapters"].as_array().unwrap() {
        let all = adapter["measurements"].as_array().unwrap().iter().cloned();
        let (exact, fast): (Vec<_>, Vec<_>) = all.partition(|m| m["precision"] == "exact");
        measurements(&fast, "f32", 4.0);
        measurements(&fast, "f16", 2.0);
        measurements(&exact, "f32", 4.0);
        assert!(exact.iter().all(|m| m["dtype"] == "f32"));
    }
    let row = |line: &String| line.starts_with("cifar_norm1_n2") && line.contains("f32   exact");
    assert!(ended.stdout.iter().any(row), "{ended:?}");
    let page = text(&folder, "out.html");
    assert!(page.contains("cifar_norm1_n2, exact") && page.contains("cifar_norm1_n2, f16"));
}

#[test]
fn measurements_of_every_variant() {
    let folder = folder("variants");
    let variants = ["plain", "relu", "blend", "in_place"];
    quick(&folder, &format!("--variants {} --shapes cifar_norm1 --json out.json", variants.join(",")));
    for adapter in json(&folder, "out.json")["adapters"].as_array().unwrap() {
        let all = adapter["measurements"].as_array().unwrap();
        measurements(all, "f32", 4.0);
        for (variant, tensors) in [("relu", 2.0), ("blend", 3.0), ("in_place", 2.0)] {
            let shape = format!("cifar_norm1_n2_{variant}");
            let of_variant = |m: &&Value| m["shape"] == shape && m["pass"] == "forward";
            let kernels: Vec<_> = all.iter().filter(of_variant).collect();
            for layout in ["channels_first", "channels_last"] {
                let rule = kernels.iter().filter(|m| m["layout"] == layout && m["rule"] == true);
                assert_eq!(rule.count(), 1, "{shape}, {layout}: {kernels:?}");
            }
            assert!(kernels.iter().any(|m| m["kernel"] == "column 1"), "{shape}: {kernels:?}");
            for m in kernels {
                let bytes = m["seconds"].as_f64().unwrap() * m["gbps"].as_f64().unwrap() * 1e9;
                let is_layer = Kernel::ALL.iter().any(|k| m["kernel"].as_str().unwrap().starts_with(k.name()));
                let tensors = if is_layer { tensors } else { 2.0 };
                let expected = tensors * 4.0 * 2.0 * 12.0 * 12.0 * 64.0;
                assert!((bytes - expected).abs() < 1e-6 * expected, "{m}");
            }
        }
        let squares = all.iter().filter(|m| m["pass"] == "square_sums");
        assert!(squares.into_iter().all(|m| !m["shape"].as_str().unwrap().ends_with("in_place")));
    }
}

/// Asserts that, for each pass in a dtype, one measurement was the fastest and one is preferred, and that speeds follow
/// from times.
fn measurements(all: &[Value], dtype: &str, bytes_of_element: f64) {
    for pass in ["square_sums", "forward", "backward"] {
        let of_pass = |m: &&Value| {
            m["pass"] == pass && m["dtype"] == dtype && m["shape"] == "cifar_norm1_n2" && m["layout"] == "channels_last"
        };
        let of_pass: Vec<_> = all.iter().filter(of_pass).collect();
        let marked = |mark: &str| of_pass.iter().filter(|m| m[mark] == true).count();
        assert_eq!((marked("fastest"), marked("rule")), (1, 1), "{of_pass:?}");
        let kernels: Vec<_> = of_pass.iter().map(|m| m["kernel"].as_str().unwrap()).collect();
        let precision = of_pass[0]["precision"].as_str().unwrap();
        for kernel in kernels_of(dtype, precision) {
            assert!(kernels.contains(kernel), "{kernels:?}");
        }
        for m in of_pass {
            assert_eq!(m["dims"], serde_json::json!([2, 12, 12, 64]));
            let (seconds, gbps) = (m["seconds"].as_f64().unwrap(), m["gbps"].as_f64().unwrap());
            let tensors = if pass == "backward" { 3.0 } else { 2.0 };
            let bytes = tensors * bytes_of_element * 2.0 * 12.0 * 12.0 * 64.0;
            assert!((seconds * gbps * 1e9 - bytes).abs() < 1e-6 * bytes, "{m}");
            assert!(m["fraction_of_copy"].as_f64().unwrap() > 0.0 && m["spread"].is_number());
        }
    }
}

/// Returns some of the kernels that are measured channels-last; *row* where a sum is one f32.
fn kernels_of(dtype: &str, precision: &str) -> &'static [&'static str] {
    match (dtype, precision) {
        ("f64", _) | (_, "exact") => &["column 1", "pixel 1", "copy 256 4", "empty"],
        _ => &["row 4", "column 1", "pixel 1", "copy 256 4", "empty"],
    }
}

/// As `tools/compilers` writes it, but for what is not shown.
const EXPECTED: &str = r#"{"expected": [{"gpu": "A GPU", "shape": "cifar_norm1", "layout": "channels_last",
    "dtype": "f32", "arithmetic": "single", "operation": "forward", "choice": "row 4", "fraction": 0.731}]}"#;

#[test]
fn files_side_by_side_on_one_page() {
    let folder = folder("side_by_side");
    quick(&folder, "--shapes cifar_norm1,sweep_channels --json a.json");
    let mut other = json(&folder, "a.json");
    other["adapters"][0]["name"] = "Another <GPU>".into();
    for measurement in other["adapters"][0]["measurements"].as_array_mut().unwrap() {
        measurement["dtype"] = "f16".into();
        measurement.as_object_mut().unwrap().remove("precision"); // as in the files of peers
    }
    folder.put("b.json", other.to_string());
    folder.put("expect.json", EXPECTED);
    folder.succeed("--compare a.json b.json --html both.html --expect expect.json");
    let page = text(&folder, "both.html");
    let name = &gpus()[0].info().name;
    for part in [name.as_str(), "Another &lt;GPU&gt;", "<svg", "cifar_norm1_n2", "A GPU", "0.73"] {
        assert!(page.contains(part), "{part}");
    }
    for part in
        ["cifar_norm1_n2, f16", "Time against channels, channels last<", "Time against channels, channels first, f16<"]
    {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["<script", "src=", "href=", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn refusals() {
    let folder = folder("refusals");
    folder.put("no.json", "{\"adapters\": [{}]}");
    for (line, word) in [
        ("--shapes alexnet", "alexnet_norm1"),
        ("--dtypes f16,half", "unknown dtype \"half\": expected f32, f16, bf16 or f64"),
        ("--precisions exact,good", "unknown precision \"good\": expected fast or exact"),
        ("--variants relu,tanh", "tanh"),
        ("--batches 0", "0"),
        ("--batches many", "many"),
        ("--adapter absent", "absent"),
        ("WGPU_BACKEND=noop", "no GPU adapter"),
        ("--compare absent.json --html out.html", "absent.json"),
        ("--compare no.json --html out.html", "no.json"),
        ("--compare no.json", "--html"),
        ("--compare no.json --html out.html --quick", "--quick"),
        ("--compare no.json --html out.html --precisions exact", "--precisions"),
        ("--quick --html out.html --expect absent.json", "absent.json"),
        ("--quick --expect no.json", "--html"),
        ("--quick --shapes cifar_norm1 --batches 1 --html absent/out.html", "absent"),
        ("forward", "forward"),
    ] {
        let before = folder.contents();
        let ended = folder.run(line);
        assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
        let last = ended.stderr.last().unwrap();
        assert!(last.starts_with("error: ") && last.contains(word), "{line}: {last}");
        assert_eq!(folder.contents(), before, "{line}");
    }
}
