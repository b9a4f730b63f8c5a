#!/usr/bin/env python3
"""What NVIDIA's compilers make of naga's MSL, as CUDA C++: JSON on standard input, JSON on standard output.

In:  {"arch": "sm_90", "shaders": [{"metal": TEXT, "entry": NAME, "threads": OF_A_WORKGROUP, "numbers": OF_F64}]}
Out: [{"registers": N, "spills": BYTES, "stack": BYTES, "shared": BYTES, "listing": TEXT}]

The tools are those of the packages nvidia-cuda-nvcc and nvidia-cuda-nvdisasm, of the Python that runs this."""
import concurrent.futures, json, os, pathlib, re, struct, subprocess, sys, sysconfig, tempfile

HERE = pathlib.Path(__file__).resolve().parent
BUILTINS = {
    "thread_index_in_threadgroup": "threadIdx.x",
    "threadgroup_position_in_grid": "metal::uint3(blockIdx.x, blockIdx.y, blockIdx.z)",
}
# What naga names without metal::.
NAMES = "using metal::uint; using metal::uint2; using metal::ushort; using metal::half; using metal::half2;"
# Those of the hardware, as Vulkan allows.
OPTIONS = ["-cubin", "-std=c++17", "-w", "-Xptxas=-v", "-prec-sqrt=false", "-prec-div=false"]


def tools():
    """The folder of nvcc and nvdisasm, of whatever version of CUDA is there."""
    packages = pathlib.Path(sysconfig.get_paths()["purelib"])
    found = [nvcc.parent for nvcc in packages.glob("nvidia/*/bin/nvcc") if (nvcc.parent / "nvdisasm").exists()]
    if not found:
        sys.exit(f"nvcc and nvdisasm are not in {packages}: pip install nvidia-cuda-nvcc nvidia-cuda-nvdisasm")
    return found[0]


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def with_doubles(text, numbers):
    """MSL has no f64. It comes as f16, its literals as 1 + n / 1024 for the nth number, and is turned back here."""
    def number(literal):
        n = round((float(literal[1]) - 1) * 1024)
        return repr(numbers[n]) if 0 <= n < len(numbers) else literal[1]

    return re.sub(r"\bhalf([234]?)\b", r"double\1", re.sub(r"\b([\d.]+)h\b", number, text))


def cuda(text, threads, numbers):
    """MSL as CUDA C++. Buffers become pointers, uniforms parameters, which are in constant memory too."""
    text = re.sub(r"#include.*\n|using metal::uint;\n", "", text)
    text = re.sub(r"(?<![\w.])(\d+\.\d+)(?![\w.])", r"\1f", text)
    text = re.sub(r"\.(xy|zw)\b", r".\1()", text)
    text = with_doubles(text, numbers) if numbers else text
    for array in re.findall(r"typedef \S+ (\w+)\[1\];", text):  # of any length
        text = re.sub(rf"typedef (\S+) {array}\[1\];", rf"typedef \1 {array};", text)
        text = re.sub(rf"\bdevice {array}( const)?& ", rf"{array}\1* ", text)
    text = re.sub(r"\bkernel void (\w+)\(\n(.*?)\n\) \{\n", lambda m: kernel(m, threads), text, flags=re.S)
    text = re.sub(r"^(?!struct|typedef|static|extern|constant|template)((?:\w+::)?\w+ \w+\()",
                  r"static __device__ __forceinline__ \1", text, flags=re.M)
    text = re.sub(r"^constant ", "static constexpr __device__ ", text, flags=re.M)
    text = re.sub(r"\bconstant ", "const ", re.sub(r"\b(device|thread|threadgroup) ", "", text))
    text = re.sub(r"operator T\(\)", "__device__ operator T()", text)
    return f'#include "{HERE}/metal.cuh"\nnamespace program {{\n{NAMES}\n{text}\n}}\n'


def kernel(match, threads):
    """The head of a kernel: what MSL is handed as builtins stands in variables."""
    parameters, body = [], ""
    for p in re.split(r"^[ ,] ?", match[2], flags=re.M):
        p = re.sub(r"\s*\[\[user\(.*?\)\]\]", "", p.strip())
        builtin = re.fullmatch(r"(.*?) \[\[(\w+)\]\]", p)
        if builtin:
            body += f"    {builtin[1]} = {BUILTINS[builtin[2]]};\n"
        elif p.startswith("threadgroup "):
            body += "    __shared__ " + p.removeprefix("threadgroup ").replace("& ", " ") + ";\n"
        elif p.startswith("constant "):
            parameters.append("const __grid_constant__ " + p.removeprefix("constant ").replace("& ", " "))
        elif p:
            parameters.append(p)
    return f'extern "C" __global__ void __launch_bounds__({threads}) {match[1]}({", ".join(parameters)}) {{\n{body}'


def compiled(folder, arch, shader):
    text = cuda(shader["metal"], shader["threads"], shader["numbers"])
    with tempfile.TemporaryDirectory() as files:
        source, cubin = pathlib.Path(files, "a.cu"), pathlib.Path(files, "a.cubin")
        source.write_text(text)
        said = run(folder / "nvcc", f"-arch={arch}", *OPTIONS, "-o", cubin, source)
        listing = run(folder / "nvdisasm", "-c", cubin)
    number = lambda pattern: int((re.search(pattern, said) or [0, 0])[1])
    return {
        "registers": number(r"Used (\d+) registers"),
        "spills": number(r"(\d+) bytes spill stores"),
        "stack": number(r"(\d+) bytes stack frame"),
        "shared": number(r"(\d+) bytes smem"),
        "listing": listing,
    }


def main():
    asked, folder = json.load(sys.stdin), tools()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        each = lambda shader: compiled(folder, asked["arch"], shader)
        try:
            json.dump(list(pool.map(each, asked["shaders"])), sys.stdout)
        except RuntimeError as error:
            pool.shutdown(cancel_futures=True)
            sys.exit(str(error))


main()
