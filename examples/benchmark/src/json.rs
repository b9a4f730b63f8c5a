//! Reports as files of JSON.

use benches::report::Report;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use terminal::{Failure, write_whole};

/// Parses a file of JSON.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, error))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| Failure::file(path, error))
}

pub fn write(report: &Report, path: &Path) -> Result<(), Failure> {
    write_whole(path, |file| Ok(serde_json::to_writer_pretty(file, report)?))
}
