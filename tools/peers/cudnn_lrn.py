"""LRN of cuDNN through its C API, from the library that PyTorch brings.

Prototypes, enumerators and limits are those of `cudnn_ops.h` and `cudnn_graph.h` of cuDNN 9; these
functions have been the same since cuDNN 4.
"""

import ctypes
import ctypes.util
import importlib.util
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int, c_uint, c_void_p
from pathlib import Path

import torch

from common import Case
from errors import PeerError, Unsupported

DATA_FLOAT = 0  # CUDNN_DATA_FLOAT
CROSS_CHANNEL = 0  # CUDNN_LRN_CROSS_CHANNEL_DIM1
MAX_SIZE = 16  # CUDNN_LRN_MAX_N
MIN_K = 1e-5  # CUDNN_LRN_MIN_K

# What each function takes; all return a cudnnStatus_t.
PROTOTYPES = {
    "cudnnCreate": [POINTER(c_void_p)],
    "cudnnSetStream": [c_void_p, c_void_p],
    "cudnnCreateTensorDescriptor": [POINTER(c_void_p)],
    # descriptor, type, n, c, h, w, and their strides
    "cudnnSetTensor4dDescriptorEx": [c_void_p] + [c_int] * 9,
    "cudnnCreateLRNDescriptor": [POINTER(c_void_p)],
    # descriptor, size, alpha, beta, k
    "cudnnSetLRNDescriptor": [c_void_p, c_uint, c_double, c_double, c_double],
    # handle, LRN, mode, alpha, x and its descriptor, beta, y and its descriptor
    "cudnnLRNCrossChannelForward": [c_void_p, c_void_p, c_int] + [c_void_p] * 6,
    # handle, LRN, mode, alpha, y, dy and x with descriptors, beta, dx with its descriptor
    "cudnnLRNCrossChannelBackward": [c_void_p, c_void_p, c_int] + [c_void_p] * 10,
}


def library() -> ctypes.CDLL:
    """Loads cuDNN from its wheel, from torch's own folder, or from the system."""
    spec = importlib.util.find_spec("nvidia")
    places = spec.submodule_search_locations if spec else []
    folders = [Path(place, "cudnn", "lib") for place in places or []]
    folders += [Path(torch.__file__).parent / "lib"]
    found = [str(path) for folder in folders for path in sorted(folder.glob("libcudnn.so*"))]
    found += filter(None, [ctypes.util.find_library("cudnn")])
    if not found:
        raise PeerError("cudnn: no libcudnn.so found; install PyTorch for CUDA, which brings it")
    loaded = ctypes.CDLL(found[0])
    loaded.cudnnGetErrorString.argtypes, loaded.cudnnGetErrorString.restype = [c_int], c_char_p
    for name, takes in PROTOTYPES.items():
        getattr(loaded, name).argtypes = takes
    return loaded


class Cudnn:
    """The library with a handle, or without one where there is no GPU."""

    def __init__(self, gpu: bool = True):
        self.library = library()
        self.handle = self.create("cudnnCreate") if gpu else None

    def call(self, function: str, *arguments) -> None:
        if status := getattr(self.library, function)(*arguments):
            message = f"cudnn: {function}: {self.library.cudnnGetErrorString(status).decode()}"
            raise Unsupported(message) if "NOT_SUPPORTED" in message else PeerError(message)

    def create(self, function: str) -> c_void_p:
        created = c_void_p()
        self.call(function, byref(created))
        return created

    def lrn(self, case: Case) -> c_void_p:
        net = case.network
        if net.size > MAX_SIZE or net.k < MIN_K:
            raise Unsupported(f"cudnn: no window of {net.size} with k = {net.k:g}")
        described = self.create("cudnnCreateLRNDescriptor")
        self.call("cudnnSetLRNDescriptor", described, net.size, net.alpha, net.beta, net.k)
        return described

    def tensor(self, case: Case) -> c_void_p:
        n, c, h, w = case.shape
        strides = (c * h * w, h * w, w, 1) if case.channels_first else (c * h * w, 1, w * c, c)
        described = self.create("cudnnCreateTensorDescriptor")
        self.call("cudnnSetTensor4dDescriptorEx", described, DATA_FLOAT, n, c, h, w, *strides)
        return described

    def launches(self, case: Case, x: torch.Tensor, dy: torch.Tensor | None):
        """The one way to launch LRN: a function that returns the answer."""
        lrn, described = self.lrn(case), self.tensor(case)
        one, zero = c_float(1), c_float(0)  # answer = one * result + zero * answer
        y = torch.empty_like(x)

        def run(function, inputs, output):
            self.call("cudnnSetStream", self.handle, torch.cuda.current_stream().cuda_stream)
            operands = [part for tensor in inputs for part in (described, tensor.data_ptr())]
            self.call(function, self.handle, lrn, CROSS_CHANNEL, byref(one), *operands,
                      byref(zero), described, output.data_ptr())
            return output

        def forward():
            return run("cudnnLRNCrossChannelForward", [x], y)

        if dy is None:
            return [forward]
        forward()  # backward also reads y
        dx = torch.empty_like(x)
        return [lambda: run("cudnnLRNCrossChannelBackward", [y, dy, x], dx)]
