//! What the program leaves behind: lines on standard output, files that are whole.

use crate::failure::Failure;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Prints a line on standard output.
pub fn say(line: impl Display) -> Result<(), Failure> {
    writeln!(io::stdout(), "{line}").map_err(|error| Failure::Refused(format!("standard output: {error}")))
}

/// Prints a remark on standard error, where no script reads.
pub fn note(line: impl Display) {
    // With standard error closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a file so that it appears only once it is complete: beside its place, then renamed.
pub fn write_whole(path: &Path, contents: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), Failure> {
    let temporary = beside(path)?;
    let written = write(&temporary, contents).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // Whether or not it was created, it shall not be there; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        Failure::file(path, format!("cannot be written: {error}"))
    })
}

fn write(path: &Path, contents: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    contents(&mut file)?;
    file.flush()
}

/// Returns a name in the same folder, so that renaming copies nothing.
fn beside(path: &Path) -> Result<PathBuf, Failure> {
    // Renaming over a device such as /dev/null would replace it.
    if fs::metadata(path).is_ok_and(|existing| !existing.is_file()) {
        return Err(Failure::file(path, "is there already and is no regular file"));
    }
    let name = path.file_name().ok_or_else(|| Failure::file(path, "names no file"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(hidden))
}
