#!/usr/bin/env python3
"""Times what users of an NVIDIA GPU would pick instead, beside this crate, and checks the answers.

PyTorch's LRN eagerly and compiled (backward by autograd), cuDNN's through its C API, hand-written
Triton kernels (the best of their configurations), and a copy from device memory to device memory.

The time is that of the device: the calls are captured in a CUDA graph, which is replayed between two
events, so that what it costs Python to launch a kernel does not count. Where a call moves less than
twice the L2 cache, the calls go in turn through as many tensors as fill it, so that each finds its
inputs in memory; `--warm` repeats the call on the same tensor instead. Backward counts three tensors
(x, dy, dx), although autograd and cuDNN also read what forward left.

`--check` times nothing and checks every configuration; it also runs without a GPU, then without cuDNN
and with every tenth configuration of the Triton kernels in Triton's interpreter.
"""

import gc
import os
import shutil
import statistics
import subprocess
import sys
from contextlib import nullcontext
from itertools import product

import common
from common import Case
from errors import PeerError, Unsupported

try:
    import torch
    from torch.nn.functional import local_response_norm
except ImportError as error:
    sys.exit(f"{error}: pip install torch numpy")

ON_GPU = torch.cuda.is_available()
if not ON_GPU:
    os.environ.setdefault("TRITON_INTERPRET", "1")  # before Triton is imported
DEVICE = "cuda" if ON_GPU else "cpu"
PEERS = ["torch eager", "torch compile", "cudnn", "triton"]
MAX_TENSORS = 64


def torch_launches(function, case: Case, x, dy):
    """PyTorch's LRN takes the channels second; a channels-last tensor is a permuted view to it."""
    net = case.network

    def logical(values):
        return values if case.channels_first else values.permute(0, 3, 1, 2)

    def in_memory_order(values):
        return values if case.channels_first else values.permute(0, 2, 3, 1)

    def forward(values):
        return function(logical(values), net.size, alpha=net.alpha, beta=net.beta, k=net.k)

    if dy is None:
        return [lambda: in_memory_order(forward(x))]
    leaf = x.clone().requires_grad_()
    y = forward(leaf)
    return [lambda: torch.autograd.grad(y, leaf, logical(dy), retain_graph=True)[0]]


def torch_eager():
    return lambda *operands: torch_launches(local_response_norm, *operands)


def torch_compile():
    import torch._dynamo.config
    import torch._functorch.config

    torch._functorch.config.donated_buffer = False  # would forbid to repeat backward
    torch._dynamo.config.cache_size_limit = 1000  # one for each shape

    def launches(case, x, dy):
        return torch_launches(compiled, case, x, dy)

    def layer(x, size, alpha, beta, k):
        return local_response_norm(x, size, alpha, beta, k)

    compiled = torch.compile(layer, dynamic=False)
    return launches


def cudnn():
    from cudnn_lrn import Cudnn

    return Cudnn().launches


def triton():
    try:
        import triton_lrn
    except ImportError as error:
        raise PeerError(f"{error}: pip install triton") from error

    def launches(case, x, dy):
        answer = torch.empty_like(x)
        operands = [x, answer] if dy is None else [x, dy, answer]
        return [answering(launch, answer) for launch in triton_lrn.launches(case, operands)]

    def answering(launch, answer):
        def run():
            launch()
            return answer

        return run

    return launches


def operands(case: Case, pass_: str):
    """x and, for backward, dy, in the memory order of the case."""
    for values in common.inputs(case.network)[: 1 if pass_ == "forward" else 2]:
        yield torch.from_numpy(common.batch_of(values, case)).to(DEVICE)
    if pass_ == "forward":
        yield None


def tensors(case: Case, pass_: str, warm: bool) -> int:
    """How many tensors the calls go through."""
    moved = case.bytes * (2 if pass_ == "forward" else 3)
    cache = torch.cuda.get_device_properties(0).L2_cache_size
    return 1 if warm else min(-(-2 * cache // moved), MAX_TENSORS)


def seconds(calls, runs: int, graph: bool, least: int = 10) -> list[float]:
    """Seconds of a call by the device's clock, of several runs through all calls."""
    calls = calls * -(-least // len(calls))

    def run():
        for call in calls:
            call()

    run()  # warms up: compiles, allocates
    stream = torch.cuda.current_stream()
    stream.synchronize()
    if graph:
        captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(captured, stream=stream):
            run()
        run = captured.replay
    run()
    found = []
    for _ in range(runs):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record(stream)
        run()
        end.record(stream)
        end.synchronize()
        found.append(start.elapsed_time(end) / 1e3 / len(calls))
    return found


def copies(case: Case, args) -> list[float]:
    x, _ = operands(case, "forward")
    pairs = [(x.clone(), torch.empty_like(x)) for _ in range(tensors(case, "forward", args.warm))]
    calls = [lambda to=to, source=source: to.copy_(source) for source, to in pairs]
    return seconds(calls, args.runs, args.graph)


def measure(peer: str, launches, case: Case, pass_: str, args, copy_seconds) -> dict | None:
    """Checks the fastest configuration of a peer and times it."""
    x, dy = operands(case, pass_)
    if args.check:
        every = 1 if ON_GPU else 10  # the interpreter is slow
        for launch in launches(case, x, dy)[::every]:
            common.check(peer, case, pass_, launch().detach().cpu().numpy())
        return None
    each = [
        launches(case, x.clone(), dy if dy is None else dy.clone())
        for _ in range(tensors(case, pass_, args.warm))
    ]
    configurations = list(zip(*each))
    if len(configurations) > 1:
        tried = [seconds(list(calls), 3, args.graph) for calls in configurations]
        best = min(range(len(tried)), key=lambda i: statistics.median(tried[i]))
    else:
        best = 0
    calls = list(configurations[best])
    common.check(peer, case, pass_, calls[0]().detach().cpu().numpy())
    found = seconds(calls, args.runs, args.graph)
    return common.measurement(peer, case, pass_, found, copy_seconds)


def device_name() -> str:
    return torch.cuda.get_device_name() if ON_GPU else "CPU"


def driver() -> str:
    """The versions of everything that takes part."""
    versions = f"CUDA {torch.version.cuda}, torch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}"
    if not shutil.which("nvidia-smi"):
        return versions
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    return subprocess.run(query, capture_output=True, text=True).stdout.strip() + ", " + versions


def measure_all(peers, cases, args) -> dict:
    """What the peers report, as an adapter of the JSON."""
    makers = {"torch eager": torch_eager, "torch compile": torch_compile, "cudnn": cudnn, "triton": triton}
    ready = {peer: makers[peer]() for peer in peers}
    rows, best_copy = [], 0.0
    for case in cases:
        copy_seconds = [] if args.check else copies(case, args)
        if copy_seconds:
            rows.append(common.measurement("copy", case, "forward", copy_seconds, copy_seconds))
            best_copy = max(best_copy, common.copy_gbps(case, copy_seconds))
        for pass_, (peer, launches) in product(common.PASSES, ready.items()):
            what = f"{peer}: {case.name} {case.layout} {pass_}"
            try:
                row = measure(peer, launches, case, pass_, args, copy_seconds)
                rows += [row] if row else []
                print(f"{what}: right" + (f", {row['gbps']:.0f} GB/s" if row else ""), file=sys.stderr)
            except Unsupported as reason:
                print(f"{what}: cannot ({reason})", file=sys.stderr)
            gc.collect()
            torch.cuda.empty_cache()
    timer = "cuda events" + (", cuda graph" if args.graph else "")
    return {"name": device_name(), "backend": "cuda", "driver": driver(), "wgpu": "", "timer": timer,
            "copy_gbps": best_copy, "measurements": rows}


def main() -> None:
    parser = common.arguments(__doc__, ["ours", *PEERS], "1,32,128")
    parser.add_argument("--check", action="store_true", help="check the answers, time nothing")
    parser.add_argument("--warm", action="store_true", help="leave small tensors in the L2 cache")
    parser.add_argument("--no-graph", dest="graph", action="store_false",
                        help="launch from Python instead of from a CUDA graph")
    args = parser.parse_args()
    nets, batches, peers = common.selection(args)
    args.runs = 9 if args.quick else 31
    cases = [Case(n, b, layout) for n, b, layout in product(nets, batches, common.LAYOUTS)]
    if not ON_GPU and not args.check:
        raise PeerError("PyTorch finds no CUDA device; without one only --check is possible")
    if args.check and not ON_GPU:
        peers = [peer for peer in peers if peer != "cudnn"]
    ours = common.run_ours(args, device_name()) if "ours" in peers and not args.check else []
    # One stream for all: autograd runs backward where forward ran, and the default stream has no graphs.
    with torch.cuda.stream(torch.cuda.Stream()) if ON_GPU else nullcontext():
        adapter = measure_all([peer for peer in peers if peer != "ours"], cases, args)
    if args.check:
        return
    if args.json:
        common.write_json(args.json, ours + [adapter])
    common.print_ratios(ours, [adapter])


if __name__ == "__main__":
    try:
        main()
    except PeerError as error:
        sys.exit(f"error: {error}")
