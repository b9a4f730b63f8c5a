//! Arrays in `.npy` files.

mod stored;

use npyz::{NpyFile, NpyHeader, Order, WriterBuilder};
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom};
use std::panic;
use std::path::Path;
pub use stored::Stored;
use terminal::{Failure, write_whole};
use wgpu_lrn::Dtype;

/// An array in C order.
pub struct Tensor<T> {
    /// The length of each axis.
    pub dims: Vec<usize>,
    /// The elements.
    pub values: Vec<T>,
}

/// A file whose header is well-formed, at the start of its data.
struct Opened {
    header: NpyHeader,
    file: File,
    /// The bytes after the header.
    present: u64,
}

/// The longest header that is read, as in NumPy.
const LONGEST: usize = 10_000;

/// A plain array's header has two opening brackets. The parser recurses, and backtracks, on each.
const MOST_BRACKETS: usize = 8;

/// Returns the dtype of a file, where nothing else tells it.
pub fn dtype(path: &Path) -> Result<Dtype, Failure> {
    let dtype = open(path).and_then(|opened| stored::dtype(&opened.header.dtype().descr()));
    dtype.map_err(|problem| Failure::file(path, problem))
}

/// An array whose elements are yet to be read.
pub struct Unread {
    /// The length of each axis.
    pub dims: Vec<usize>,
    /// The file, where its elements begin.
    pub file: File,
    header: NpyHeader,
}

impl Unread {
    /// Opens a file of one dtype.
    pub fn open(path: &Path, dtype: Dtype) -> Result<Unread, Failure> {
        unread(path, dtype).map_err(|problem| Failure::file(path, problem))
    }

    /// Refuses an order in which the elements of a chunk are scattered.
    pub fn check_order(&self, path: &Path) -> Result<(), Failure> {
        let problem = "is in Fortran order, in which the elements of a chunk are scattered over the file; save it with \
                       numpy.ascontiguousarray to stream it";
        if self.header.order() == Order::Fortran { Err(Failure::file(path, problem)) } else { Ok(()) }
    }

    /// Reads all elements of the file, which was opened for that dtype.
    pub fn read<T: Stored>(self, path: &Path) -> Result<Tensor<T>, Failure> {
        let Unread { dims, file, header } = self;
        let (order, strides) = (header.order(), header.strides().to_vec());
        let stored = elements(NpyFile::with_header(header, BufReader::new(file)));
        let stored = stored.map_err(|problem| Failure::file(path, problem))?;
        let values = match order {
            Order::C => stored,
            Order::Fortran => in_c_order(&dims, &strides, &stored),
        };
        Ok(Tensor { dims, values })
    }
}

fn unread(path: &Path, dtype: Dtype) -> Result<Unread, String> {
    let Opened { header, file, present } = open(path)?;
    stored::require(dtype, &header.dtype().descr())?;
    let dims = claimed(header.shape(), dtype, present)?;
    Ok(Unread { dims, file, header })
}

/// Reads a file of one dtype.
pub fn read<T: Stored>(path: &Path) -> Result<Tensor<T>, Failure> {
    Unread::open(path, T::DTYPE)?.read(path)
}

fn open(path: &Path) -> Result<Opened, String> {
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("is no regular file; name a .npy file".to_owned());
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = Vec::new();
    file.by_ref().take(12 + LONGEST as u64).read_to_end(&mut start).map_err(unreadable)?;
    let head = with_header(&start)?;
    let header = parse(head)?;
    file.seek(SeekFrom::Start(head.len() as u64)).map_err(unreadable)?;
    Ok(Opened { header, file, present: metadata.len().saturating_sub(head.len() as u64) })
}

fn unreadable(error: impl Display) -> String {
    format!("cannot be read: {error}")
}

/// Writes a file in C order.
pub fn write<T: Stored>(path: &Path, dims: &[usize], values: &[T]) -> Result<(), Failure> {
    let shape: Vec<_> = dims.iter().map(|&dim| dim as u64).collect();
    write_whole(path, |file| {
        let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
        let mut writer = options.writer(file).begin_nd()?;
        writer.extend(values.iter().map(|value| value.to_npy()))?;
        writer.finish()
    })
}

/// Writes a file in C order, as a whole or not at all; `elements` writes what follows the header.
pub fn write_streamed<T: Stored>(
    path: &Path,
    dims: &[usize],
    elements: impl FnOnce(&mut BufWriter<File>) -> wgpu_lrn::Result<()>,
) -> Result<(), Failure> {
    let shape: Vec<_> = dims.iter().map(|&dim| dim as u64).collect();
    write_whole(path, |file| {
        let options = npyz::WriteOptions::<T::Npy>::new().default_dtype().shape(&shape);
        options.writer(&mut *file).write_header_only()?;
        elements(file).map_err(io::Error::other)
    })
}

/// Writes a text, as a whole or not at all.
pub fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    write_whole(path, |file| std::io::Write::write_all(file, text.as_bytes()))
}

/// Returns the start of the file up to the end of its header.
fn with_header(start: &[u8]) -> Result<&[u8], String> {
    let end = match *start {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => 10 + u64::from(u16::from_le_bytes([a, b])),
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            12 + u64::from(u32::from_le_bytes([a, b, c, d]))
        }
        _ => return Err("is not a .npy file of version 1, 2 or 3".to_owned()),
    };
    if end > 12 + LONGEST as u64 {
        return Err(format!("its header claims {end} bytes; at most {LONGEST} are read"));
    }
    start.get(..end as usize).ok_or_else(|| "the file ends within its header".to_owned())
}

/// Parses the header.
fn parse(head: &[u8]) -> Result<NpyHeader, String> {
    if head.iter().filter(|byte| b"([{".contains(byte)).count() > MOST_BRACKETS {
        return Err("its header is not that of a plain array; save one of dtype float32".to_owned());
    }
    match unless_panic(|| NpyHeader::from_reader(head)) {
        Some(Ok(header)) => Ok(header),
        // The parser's message goes on for lines that draw the place.
        Some(Err(error)) => {
            let error = error.to_string();
            Err(format!("its header is malformed: {}", error.lines().next().unwrap_or_default()))
        }
        None => Err("its header is malformed, or its shape overflows 64 bits".to_owned()),
    }
}

/// Turns a panic into an error: npyz multiplies the shape unchecked, which panics in a debug build.
fn unless_panic<T>(parse: impl FnOnce() -> T + panic::UnwindSafe) -> Option<T> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let parsed = panic::catch_unwind(parse);
    panic::set_hook(hook);
    parsed.ok()
}

/// Returns the dimensions, once the file is known to hold exactly the elements.
fn claimed(shape: &[u64], dtype: Dtype, present: u64) -> Result<Vec<usize>, String> {
    // Zeros count as ones here: the strides between empty rows have to fit, too.
    let bytes = shape.iter().try_fold(dtype.bytes(), |bytes, &dim| bytes.checked_mul(dim.max(1)));
    let overflow = || format!("its shape {shape:?} overflows 64 bits");
    let bytes = if shape.contains(&0) { bytes.map(|_| 0) } else { bytes }.ok_or_else(overflow)?;
    if bytes != present {
        let claim = format!("its header claims {bytes} bytes of data, but {present} follow it");
        return Err(format!("{claim}; is the file whole?"));
    }
    shape.iter().map(|&dim| usize::try_from(dim).map_err(|_| overflow())).collect()
}

/// Returns the elements as stored, once there is memory for all.
fn elements<T: Stored>(file: NpyFile<impl Read>) -> Result<Vec<T>, String> {
    let mut values = Vec::new();
    values.try_reserve_exact(file.len() as usize).map_err(unreadable)?;
    for value in file.data().map_err(unreadable)? {
        values.push(T::from_npy(value.map_err(unreadable)?));
    }
    Ok(values)
}

/// Returns the index of an element of an array, by its number in C order.
pub fn index_of(element: usize, dims: &[usize]) -> Vec<usize> {
    let stride = |axis: usize| dims[axis + 1..].iter().product::<usize>();
    (0..dims.len()).map(|axis| element / stride(axis) % dims[axis]).collect()
}

/// Returns elements in C order, from where the strides say that they are stored.
fn in_c_order<T: Copy>(dims: &[usize], strides: &[u64], stored: &[T]) -> Vec<T> {
    let mut index = vec![0; dims.len()];
    let element = |_| {
        let at: usize = index.iter().zip(strides).map(|(&i, &stride)| i * stride as usize).sum();
        advance(&mut index, dims);
        stored.get(at).copied()
    };
    (0..stored.len()).filter_map(element).collect()
}

/// Moves to the next index in C order.
fn advance(index: &mut [usize], dims: &[usize]) {
    for (i, &dim) in index.iter_mut().zip(dims).rev() {
        *i += 1;
        if *i < dim {
            return;
        }
        *i = 0;
    }
}
