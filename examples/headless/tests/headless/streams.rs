//! Streaming from file to file.

use std::fs::File;
use std::process::Stdio;
use test_support::program::{Ended, Folder};
use test_support::values;
use wgpu_lrn::Shape;

/// Returns a folder with x and dy of those dimensions, and an old result.
fn folder(name: &str, dims: &[usize]) -> Folder {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), name);
    let all = Shape::new(dims, 0).unwrap();
    for (seed, name) in [(1, "x.npy"), (2, "dy.npy"), (3, "old.npy")] {
        folder.store(name, dims, &values(&all, seed));
    }
    folder
}

/// 60 images of 4 KB.
const DIMS: [usize; 4] = [60, 16, 8, 8];

#[test]
fn streams_write_the_file_that_other_runs_write() {
    let folder = folder("streams", &DIMS);
    let file = |name: &str| std::fs::read(folder.path(name)).unwrap();
    for line in ["forward x.npy", "backward x.npy dy.npy", "square-sums x.npy", "forward x.npy --blend 0.3"] {
        let (line, blend) = line.split_once(" --").unwrap_or((line, "relu"));
        for (result, options) in [("whole.npy", ""), ("streamed.npy", "--memory-budget 128KiB")] {
            folder.put(result, file("old.npy"));
            let ended = folder.succeed(&format!("{line} {result} --size 5 --alpha 2 --{blend} {options}"));
            assert!(!ended.field("kernel").is_empty());
        }
        assert!(file("whole.npy") == file("streamed.npy"), "{line}");
    }
    // x takes the place of itself.
    folder.succeed("forward x.npy whole.npy --size 5");
    folder.succeed("forward x.npy x.npy --size 5 --memory-budget 128KiB");
    assert!(file("whole.npy") == file("x.npy"));
}

#[test]
fn what_cannot_be_streamed_is_refused() {
    let folder = folder("no-streams", &DIMS);
    folder.store_fortran("fortran.npy", &DIMS, &values(&Shape::new(&DIMS, 0).unwrap(), 4));
    folder.store("other.npy", &[16, 60, 8, 8], &values(&Shape::new(&DIMS, 0).unwrap(), 4));
    let before = folder.contents();
    for (line, word) in [
        ("forward fortran.npy y.npy", "is in Fortran order"),
        ("backward x.npy fortran.npy y.npy", "fortran.npy: is in Fortran order"),
        ("backward x.npy other.npy y.npy", "must be that of x"),
        ("forward x.npy y.npy --blend 2", "--blend adds"),
        ("forward x.npy y.npy --check", "--check"),
        ("forward x.npy y.npy --wgsl a.wgsl", "--wgsl"),
        ("forward x.npy y.npy --device cpu", "leave it out"),
        ("forward x.npy y.npy --memory-budget 1KiB", "raise it"),
        ("forward x.npy y.npy --memory-budget many", "many"),
    ] {
        let budget = if line.contains("budget") { "" } else { "--memory-budget 128KiB" };
        let ended = folder.run(&format!("{line} --size 5 {budget}"));
        assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
        assert!(ended.stderr.len() == 1 && ended.stderr[0].contains(word), "{line}: {ended:?}");
        assert!(folder.contents() == before, "{line} changed a file");
    }
}

/// The old result stays, and nothing else is left.
#[cfg(unix)]
#[test]
fn an_interrupted_stream_leaves_files_as_they_were() {
    let folder = folder("interrupted", &[4000, 16, 8, 8]);
    folder.put("y.npy", "old");
    let before = folder.contents();
    let mut command = folder.command("forward x.npy y.npy --size 5 --memory-budget 128KiB");
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let is_written = || std::fs::read_dir(folder.path(".")).unwrap().count() > before.len();
    while !is_written() {
        std::thread::yield_now();
    }
    let id = run.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended = Ended::new(run.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(ended.stderr, ["error: interrupted; all files are as they were"]);
    assert!(folder.contents() == before);
}

/// What no buffer holds is streamed without being told to, and so refused where something needs all of it.
#[test]
fn a_tensor_larger_than_any_buffer_is_streamed() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_headless"), "vast");
    folder.store_elements::<f32>("x.npy", &[2048, 1, 1024, 1024], &[]);
    // 8 GiB, of which the disk holds the header.
    let file = File::options().write(true).open(folder.path("x.npy")).unwrap();
    file.set_len(file.metadata().unwrap().len() + (8 << 30)).unwrap();
    let ended = folder.run("forward x.npy y.npy --size 5 --check");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr[0].contains("does not fit the GPU and is streamed, but --check needs all"), "{ended:?}");
}
