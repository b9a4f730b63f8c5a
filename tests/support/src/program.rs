//! Running a program in a folder of its own, on `.npy` files written byte by byte.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use wgpu_lrn::{Dtype, Element};

/// A fresh folder, in which a program runs.
pub struct Folder {
    path: PathBuf,
    program: &'static str,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: Vec<String>,
    /// Without what the drivers print.
    pub stderr: Vec<String>,
}

/// Lines that drivers print where no display is present.
const DRIVERS: [&str; 4] = ["XDG_RUNTIME_DIR", "DRI2", "libEGL", "MESA"];

impl Folder {
    /// Creates a folder beside the program, which Cargo names as `CARGO_BIN_EXE_` and its name.
    pub fn new(program: &'static str, name: &str) -> Folder {
        let path = Path::new(program).with_extension("tests").join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder { path, program }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Stores values in C order.
    pub fn store(&self, name: &str, dims: &[usize], values: &[f32]) {
        self.put(name, array(false, dims, values));
    }

    /// Stores values, given in C order, in Fortran order.
    pub fn store_fortran(&self, name: &str, dims: &[usize], values: &[f32]) {
        let place = |n: usize| {
            let mut rest = n;
            let index: Vec<_> = dims.iter().map(|dim| (rest % dim, rest /= dim).0).collect();
            index.iter().zip(dims).fold(0, |place, (i, dim)| place * dim + i)
        };
        let moved: Vec<_> = (0..values.len()).map(|n| values[place(n)]).collect();
        self.put(name, array(true, dims, &moved));
    }

    /// Returns the dimensions and values of a file in C order.
    pub fn load(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let file = npyz::NpyFile::new(fs::File::open(self.path(name)).unwrap()).unwrap();
        assert_eq!(file.order(), npyz::Order::C);
        let dims = file.shape().iter().map(|&dim| dim as usize).collect();
        (dims, file.into_vec().unwrap())
    }

    /// Stores elements of any type in C order; of bf16 their bits.
    pub fn store_elements<T: Element>(&self, name: &str, dims: &[usize], elements: &[T]) {
        let shape: String = dims.iter().map(|dim| format!("{dim},")).collect();
        let header = header(descr(T::DTYPE), false, &format!("({shape})"));
        self.put(name, npy(&header, bytemuck::cast_slice(elements)));
    }

    /// Returns the dimensions and elements of a file in C order, whose header must name their type.
    pub fn load_elements<T: Element>(&self, name: &str) -> (Vec<usize>, Vec<T>) {
        let bytes = fs::read(self.path(name)).unwrap();
        let mut data = &bytes[..];
        let header = npyz::NpyHeader::from_reader(&mut data).unwrap();
        assert_eq!(header.order(), npyz::Order::C);
        assert_eq!(header.dtype().descr(), descr(T::DTYPE));
        let dims = header.shape().iter().map(|&dim| dim as usize).collect();
        (dims, bytemuck::pod_collect_to_vec(data))
    }

    /// Returns every file with its contents.
    pub fn contents(&self) -> BTreeMap<OsString, Option<Vec<u8>>> {
        let entries = fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap());
        entries.map(|entry| (entry.file_name(), fs::read(entry.path()).ok())).collect()
    }

    /// Runs the program on a line of arguments, before which variables may be set.
    pub fn run(&self, line: &str) -> Ended {
        Ended::new(self.command(line).output().unwrap())
    }

    /// Returns the command that runs the program on a line of arguments.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(self.program);
        command.current_dir(&self.path);
        for word in line.split_whitespace() {
            match word.split_once('=') {
                Some((name, value)) if name.starts_with("WGPU_") || name == "RUST_LOG" => command.env(name, value),
                _ => command.arg(word),
            };
        }
        command
    }

    /// Runs the program, which must succeed.
    pub fn succeed(&self, line: &str) -> Ended {
        let ended = self.run(line);
        assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
        ended
    }
}

impl Ended {
    pub fn new(output: Output) -> Ended {
        let lines = |bytes| String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
        let mut stderr: Vec<String> = lines(output.stderr);
        stderr.retain(|line| !DRIVERS.iter().any(|word| line.contains(word)));
        Ended { code: output.status.code(), stdout: lines(output.stdout), stderr }
    }

    /// Returns a value of the line that a script reads.
    pub fn field(&self, name: &str) -> &str {
        let line = self.stdout.last().unwrap();
        let (_, rest) = line.split_once(&format!("{name}=")).unwrap();
        match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap().0,
            None => rest.split(' ').next().unwrap(),
        }
    }
}

fn array(fortran: bool, dims: &[usize], values: &[f32]) -> Vec<u8> {
    let shape: String = dims.iter().map(|dim| format!("{dim},")).collect();
    let data: Vec<_> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    npy(&header("'<f4'", fortran, &format!("({shape})")), &data)
}

/// Returns how a header spells a type.
fn descr(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F32 => "'<f4'",
        Dtype::F16 => "'<f2'",
        Dtype::Bf16 => "'<u2'",
        Dtype::F64 => "'<f8'",
    }
}

/// Returns the header's text.
pub fn header(descr: &str, fortran: bool, shape: &str) -> String {
    let fortran = if fortran { "True" } else { "False" };
    format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}")
}

/// Returns a file of version 1.
pub fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{header:<width$}\n", width = (header.len() + 11).next_multiple_of(64) - 11);
    let length = (text.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes(), data].concat()
}
