"""What the peers share: the cases, the answers they must give, statistics, and the JSON."""

import argparse
import dataclasses
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

import networks
from errors import PeerError
from networks import Network, Windows

HERE = Path(__file__).resolve().parent
CRATE = HERE.parents[1]
LAYOUTS = ("channels_first", "channels_last")
PASSES = ("forward", "backward")

# The largest error of an answer, relative to the sum of the magnitudes of its terms.
TOLERANCE = 1e-5
# A batch repeats so many images: enough that mixing up images shows, cheap to have a reference for.
IMAGES = 3


@dataclasses.dataclass(frozen=True)
class Case:
    """A layer on a batch in a layout."""

    network: Network
    batch: int
    layout: str

    @property
    def name(self) -> str:
        return f"{self.network.name}_n{self.batch}"

    @property
    def channels_first(self) -> bool:
        return self.layout == "channels_first"

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Batch, channels, height and width, whatever the layout."""
        return self.batch, *self.network.input

    @property
    def dims(self) -> tuple[int, int, int, int]:
        """The dimensions in memory order."""
        n, c, h, w = self.shape
        return (n, c, h, w) if self.channels_first else (n, h, w, c)

    @property
    def bytes(self) -> int:
        return 4 * math.prod(self.shape)


@lru_cache(maxsize=2)
def inputs(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """x and dy of `IMAGES` images, so large that the sum of squares weighs as much as k."""
    shape = (IMAGES, *network.input)
    random = np.random.default_rng(1)
    most = window_sum(np.ones((1, *network.input)), network.windows).max()
    scale = 1 / math.sqrt(network.a * most)
    x = random.standard_normal(shape, np.float32) * np.float32(scale)
    return x, random.standard_normal(shape, np.float32)


def batch_of(images: np.ndarray, case: Case) -> np.ndarray:
    """A batch, contiguous in the layout of the case."""
    batch = images[np.arange(case.batch) % len(images)]
    return batch if case.channels_first else np.ascontiguousarray(np.moveaxis(batch, 1, -1))


def window_sum(values: np.ndarray, windows: Windows) -> np.ndarray:
    """Sums along the channels, or along height and width, cut off at the borders."""
    for axis, window in zip((1,) if len(windows) == 1 else (2, 3), windows, strict=True):
        values = sum_along(values, axis, *window)
    return values


def sum_along(values: np.ndarray, axis: int, behind: int, ahead: int) -> np.ndarray:
    values = np.moveaxis(values, axis, 0)
    sums = values.copy()
    for i in range(1, min(behind, len(values) - 1) + 1):
        sums[i:] += values[:-i]
    for i in range(1, min(ahead, len(values) - 1) + 1):
        sums[:-i] += values[i:]
    return np.moveaxis(sums, 0, axis)


@lru_cache(maxsize=2)
def reference(network: Network) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each pass the answer in float64, and the sum of the magnitudes of its terms."""
    x, dy = (values.astype(np.float64) for values in inputs(network))
    a, beta, k, windows = network.a, network.beta, network.k, network.windows
    reaching = tuple((ahead, behind) for behind, ahead in windows)  # whose windows reach a value
    s = k + a * window_sum(x * x, windows)
    y = x * s**-beta
    direct = dy * s**-beta
    crossed = direct * x / s
    factor = 2 * a * beta * x
    dx = direct - factor * window_sum(crossed, reaching)
    magnitude = np.abs(direct) + np.abs(factor) * window_sum(np.abs(crossed), reaching)
    return {"forward": (y, np.abs(y)), "backward": (dx, magnitude)}


def check(peer: str, case: Case, pass_: str, answer: np.ndarray) -> None:
    """Raises unless the answer, in the memory order of the case, is right."""
    if answer.shape != case.dims:
        raise PeerError(f"{peer} {case} {pass_}: shape {answer.shape} instead of {case.dims}")
    logical = answer if case.channels_first else np.moveaxis(answer, -1, 1)
    expected, magnitude = reference(case.network)[pass_]
    for i, image in enumerate(logical):
        error = np.abs(image - expected[i % IMAGES]) / magnitude[i % IMAGES]
        if not (worst := error.max()) <= TOLERANCE:  # a NaN is not
            raise PeerError(f"{peer} {case} {pass_}: image {i} is wrong by {worst:.1e}")


def measurement(
    peer: str, case: Case, pass_: str, seconds: list[float], copy_seconds: list[float]
) -> dict:
    """One row of the JSON; a copy reads the tensor once and writes it once."""
    median = statistics.median(seconds)
    low, _, high = statistics.quantiles(seconds, method="inclusive")
    gbps = (2 if pass_ == "forward" else 3) * case.bytes / median / 1e9
    return {
        "shape": case.name,
        "dims": list(case.dims),
        "layout": case.layout,
        "dtype": "f32",
        "window": case.network.windows[0],
        "pass": pass_,
        "kernel": peer,
        "seconds": median,
        "spread": (high - low) / median,
        "gbps": gbps,
        "fraction_of_copy": gbps / copy_gbps(case, copy_seconds),
    }


def copy_gbps(case: Case, seconds: list[float]) -> float:
    return 2 * case.bytes / statistics.median(seconds) / 1e9


def write_json(path: Path, adapters: list[dict]) -> None:
    """Leaves a whole file or none."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps({"adapters": adapters}, indent=1) + "\n")
    os.replace(beside, path)


def arguments(description: str, peers: list[str], batches: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--json", type=Path, help="write the measurements here")
    add("--shapes", help="networks, separated by commas [default: all]")
    add("--batches", help=f"batch sizes, separated by commas [default: {batches}]")
    add("--peers", default=",".join(peers), help="what to run [default: %(default)s]")
    add("--quick", action="store_true", help="fewer repetitions")
    add(
        "--ours",
        default="cargo run --release -p benchmark --",
        help="the command that times this crate [default: %(default)s]",
    )
    parser.set_defaults(default_batches=batches, known_peers=peers)
    return parser


def selection(args: argparse.Namespace) -> tuple[list[Network], list[int], list[str]]:
    """The networks, batches and peers asked for."""
    known = {network.name: network for network in networks.read()}
    names = args.shapes.split(",") if args.shapes else list(known)
    peers = args.peers.split(",")
    if unknown := [n for n in names if n not in known] + [p for p in peers if p not in args.known_peers]:
        raise PeerError(f"unknown: {', '.join(unknown)}")
    args.shapes = ",".join(names)
    args.batches = args.batches or args.default_batches
    return [known[name] for name in names], [int(b) for b in args.batches.split(",")], peers


def run_ours(args: argparse.Namespace, adapter: str, **environment: str) -> list[dict]:
    """The adapters that the crate's own benchmark reports on the same shapes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "ours.json")
        command = [*shlex.split(args.ours), "--json", str(out), "--batches", args.batches]
        command += ["--shapes", args.shapes, "--adapter", adapter]
        command += ["--quick"] if args.quick else []
        done = subprocess.run(command, cwd=CRATE, env={**os.environ, **environment}, stdout=sys.stderr)
        if done.returncode or not out.exists():
            raise PeerError(f"ours: `{shlex.join(command)}` failed ({done.returncode})")
        return json.loads(out.read_text())["adapters"]


def print_ratios(ours: list[dict], peers: list[dict]) -> None:
    """How many times as fast as each peer this library is, by its own choice of kernel."""
    key = lambda m: (m["shape"], m["layout"], m["pass"])
    chosen = {key(m): m for adapter in ours for m in adapter["measurements"] if m.get("rule")}
    print(f"{'shape':24} {'layout':14} {'pass':8} {'peer':14} {'peer ms':>9} {'ours ms':>9} {'ratio':>7}")
    for m in (m for adapter in peers for m in adapter["measurements"]):
        row = f"{m['shape']:24} {m['layout']:14} {m['pass']:8} {m['kernel']:14} {m['seconds'] * 1e3:9.4f}"
        if own := chosen.get(key(m)):
            row += f" {own['seconds'] * 1e3:9.4f} {m['seconds'] / own['seconds']:6.2f}x"
        print(row)
