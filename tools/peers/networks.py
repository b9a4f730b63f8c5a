"""The networks of the crate's own benchmarks, from the list that these read too.

Needs the standard library only. Run as a program, it prints what it has read: a test of the crate
compares that with what the benchmarks have read.
"""

import dataclasses
import json
import math
from pathlib import Path

from errors import Unsupported

LIST = Path(__file__).resolve().parents[2] / "benches" / "networks.json"
Windows = tuple[tuple[int, int], ...]


@dataclasses.dataclass(frozen=True)
class Network:
    """An LRN layer of a network, as in `benches/src/networks.rs`."""

    name: str
    input: tuple[int, int, int]
    windows: Windows
    a: float
    beta: float
    k: float

    @property
    def alpha(self) -> float:
        """The alpha of PyTorch, Burn, ncnn and cuDNN, which divide it by the values of a window."""
        return self.a * math.prod(behind + 1 + ahead for behind, ahead in self.windows)

    @property
    def side(self) -> int:
        """The channels to each side. A peer that asks for it has no other windows."""
        if len(self.windows) > 1:
            raise Unsupported("no windows along height and width")
        ((behind, ahead),) = self.windows
        if behind != ahead:
            raise Unsupported(f"no window of {behind} behind and {ahead} ahead")
        return behind

    @property
    def size(self) -> int:
        """The channels of the window."""
        return 2 * self.side + 1

    @property
    def is_full(self) -> bool:
        """Whether the window reaches across all channels."""
        return self.side >= self.input[0] - 1


def network(name, input, windows, a, beta, k) -> Network:
    """An entry of the list, in which `a` is dividend and divisor."""
    dividend, divisor = a
    windows = tuple((behind, ahead) for behind, ahead in windows)
    return Network(name, tuple(input), windows, dividend / divisor, float(beta), float(k))


def read() -> list[Network]:
    return [network(**entry) for entry in json.loads(LIST.read_text())]


if __name__ == "__main__":
    print(json.dumps([dataclasses.asdict(each) for each in read()]))
