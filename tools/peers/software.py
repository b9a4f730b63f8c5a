#!/usr/bin/env python3
"""Times ncnn's and Burn's LRN beside this crate on a software Vulkan device, and checks the answers.

For machines without a GPU. Mesa's lavapipe is used unless VK_ICD_FILENAMES names another driver. The
times are wall times until the device is done, and the peers take channels-first only.

* ncnn has no backward and no batches: it runs image after image, and its Python interface leaves no
  choice but to upload and download each.
* Burn differentiates a scalar, so backward is that of `sum(y * dy)`; it uses what forward left, which is
  not timed.

The copy that each is compared with is the best that this crate's benchmark finds; without `ours`, its own
multiplication by 1, run in the same way.
"""

import dataclasses
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

import common
from common import Case
from errors import PeerError, Unsupported
from networks import Network

PEERS = ["ncnn", "burn"]
WARM_UP = 2


def use_lavapipe() -> None:
    """Only this driver, for all that run."""
    if "VK_ICD_FILENAMES" not in os.environ:
        found = sorted(glob.glob("/usr/share/vulkan/icd.d/lvp_icd*.json"))
        if not found:
            raise PeerError("no lavapipe: install mesa-vulkan-drivers, or set VK_ICD_FILENAMES")
        os.environ["VK_ICD_FILENAMES"] = found[0]
    os.environ["WGPU_BACKEND"] = "vulkan"


def wall_seconds(run, runs: int) -> list[float]:
    found = []
    for _ in range(WARM_UP + runs):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return found[WARM_UP:]


class Ncnn:
    def __init__(self):
        try:
            import ncnn
        except ImportError as error:
            raise PeerError(f"{error}: pip install ncnn") from error
        if ncnn.get_gpu_count() == 0:
            raise PeerError("ncnn finds no Vulkan device")
        self.ncnn = ncnn
        self.name = ncnn.get_gpu_info(0).device_name()
        self.driver = f"ncnn {ncnn.__version__}"

    def net(self, layer: str):
        """A network of this one layer, in single precision throughout."""
        net = self.ncnn.Net()
        net.opt.use_vulkan_compute = True
        net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
        net.opt.use_bf16_storage = False
        kind, parameters = layer.split(maxsplit=1)
        text = f"7767517\n2 2\nInput input 0 1 x\n{kind} layer 1 1 x y {parameters}\n"
        if net.load_param_mem(text) or net.load_model(os.devnull):
            raise PeerError("ncnn does not load the layer")
        if not net.layers()[1].support_vulkan:
            raise PeerError("ncnn would run the layer on the CPU")
        return net

    def lrn(self, network: Network):
        """Across channels, or within them in a square."""
        first, *others = network.windows
        if any(other != first for other in others):
            raise Unsupported("no window of different sides")
        size = dataclasses.replace(network, windows=(first,)).size
        return self.net(f"LRN 0={len(others)} 1={size} 2={network.alpha} 3={network.beta} 4={network.k}")

    def run(self, case: Case, pass_: str, x: np.ndarray, dy: np.ndarray, runs: int):
        if pass_ == "backward":
            raise Unsupported("ncnn has no backward")
        images = [self.ncnn.Mat(image).clone() for image in x]
        lrn = self.lrn(case.network)
        copy = self.net("BinaryOp 0=2 1=1 2=1.0")  # the product with the scalar 1
        copies = wall_seconds(lambda: self.batch(copy, images), runs)
        seconds = wall_seconds(lambda: self.batch(lrn, images), runs)
        return np.stack([np.array(image) for image in self.batch(lrn, images)]), seconds, copies

    def batch(self, net, images):
        answers = []
        for image in images:
            extractor = net.create_extractor()
            extractor.input("x", image)
            failed, answer = extractor.extract("y")
            if failed:
                raise PeerError(f"ncnn: extract: {failed}")
            answers.append(answer)
        return answers


class Burn:
    def __init__(self):
        manifest = common.HERE / "burn" / "Cargo.toml"
        self.command = ["cargo", "run", "--quiet", "--release", "--locked", "--manifest-path", str(manifest), "--"]
        self.name = self.driver = ""
        build = ["cargo", "build", "--release", "--locked", "--manifest-path", str(manifest)]
        if subprocess.run(build).returncode:
            raise PeerError("burn does not build")

    def run(self, case: Case, pass_: str, x: np.ndarray, dy: np.ndarray, runs: int):
        net = case.network
        with tempfile.TemporaryDirectory() as folder:
            x.tofile(f"{folder}/x")
            dy.tofile(f"{folder}/dy")
            job = {"pass": pass_, "dims": ",".join(map(str, case.dims)), "size": net.size, "runs": runs}
            job |= {"alpha": net.alpha, "beta": net.beta, "k": net.k}
            job |= {name: f"{folder}/{name}" for name in ("x", "dy", "out")}
            done = subprocess.run(
                self.command + [f"{key}={value}" for key, value in job.items()],
                capture_output=True, text=True,
            )
            if done.returncode:
                raise PeerError(f"burn: {done.stderr.strip()[-500:]}")
            found = json.loads(done.stdout.splitlines()[-1])
            answer = np.fromfile(f"{folder}/out", np.float32).reshape(case.dims)
        self.name, self.driver = found["name"], f"{found['driver']}, {found['burn']}"
        return answer, found["seconds"], found["copy_seconds"]


def measure(peer: str, implementation, cases: list[Case], runs: int) -> dict:
    """What a peer reports, as an adapter of the JSON."""
    rows, best_copy = [], 0.0
    for case in cases:
        x, dy = (common.batch_of(images, case) for images in common.inputs(case.network))
        for pass_ in common.PASSES:
            what = f"{peer}: {case.name} {pass_}"
            try:
                answer, seconds, copies = implementation.run(case, pass_, x, dy, runs)
            except Unsupported as reason:
                print(f"{what}: cannot ({reason})", file=sys.stderr)
                continue
            common.check(peer, case, pass_, answer)
            print(f"{what}: right", file=sys.stderr)
            rows.append(common.measurement(peer, case, pass_, seconds, copies))
            best_copy = max(best_copy, common.copy_gbps(case, copies))
    return {"name": implementation.name, "backend": "vulkan", "driver": implementation.driver,
            "wgpu": "", "timer": "wall", "copy_gbps": best_copy, "measurements": rows}


def compare_with_best_copy(adapters: list[dict], ours: list[dict]) -> None:
    """Makes the fractions comparable: those of one copy, the fastest."""
    key = lambda m: (m["shape"], m["layout"], m["pass"])
    copies: dict[tuple, float] = {}
    for m in (m for adapter in ours for m in adapter["measurements"] if m["kernel"].startswith("copy")):
        copies[key(m)] = max(copies.get(key(m), 0.0), m["gbps"])
    for adapter in adapters:
        adapter["copy_gbps"] = max([a["copy_gbps"] for a in ours], default=adapter["copy_gbps"])
        for m in adapter["measurements"]:
            m["fraction_of_copy"] = m["gbps"] / copies[key(m)] if ours else m["fraction_of_copy"]


def main() -> None:
    parser = common.arguments(__doc__, ["ours", *PEERS], "1,8")
    parser.add_argument("--adapter", default="llvmpipe", help="part of the device's name [default: %(default)s]")
    args = parser.parse_args()
    nets, batches, peers = common.selection(args)
    use_lavapipe()
    ours = common.run_ours(args, args.adapter) if "ours" in peers else []
    cases = [Case(net, batch, "channels_first") for net in nets for batch in batches]
    makers = {"ncnn": Ncnn, "burn": Burn}
    runs = 5 if args.quick else 15
    measured = [measure(peer, makers[peer](), cases, runs) for peer in peers if peer != "ours"]
    adapters = [adapter for adapter in measured if adapter["measurements"]]
    for adapter in adapters:
        if args.adapter not in adapter["name"]:
            raise PeerError(f"ran on {adapter['name']}, not on {args.adapter}")
    compare_with_best_copy(adapters, ours)
    if args.json:
        common.write_json(args.json, ours + adapters)
    common.print_ratios(ours, adapters)


if __name__ == "__main__":
    try:
        main()
    except PeerError as error:
        sys.exit(f"error: {error}")
