#!/usr/bin/env python3
"""Measures one accelerator the way the engine model reads it, without any engine.

What `src/perf` takes from the catalogue (rates of matrix products, streaming of weights, reading a KV cache, prefill
attention, the cost of a kernel, power, loading) is measured here on one NVIDIA card with PyTorch, and written as JSON
lines. Weights and inputs are random: products of zeros run faster than real ones. Every figure is a median over replays
of a CUDA graph, with weights rotated so that the cache cannot hold them.

    python3 bench/accelerator/measure.py --out kernels.jsonl [--sections launch,memory,...] [--budget-s 240]

Needs PyTorch 2.8 or newer with CUDA; `nvidia-ml-py` for power. Nothing on the card is set or changed.
"""

import argparse
import json
import os
import statistics
import sys
import threading
import time

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

DEVICE = "cuda"
BEGAN = time.monotonic()
out_file = None
budget_s = 1e9


def emit(**row):
    line = json.dumps(row)
    out_file.write(line + "\n")
    out_file.flush()
    print(line, flush=True)


def left_s():
    return budget_s - (time.monotonic() - BEGAN)


def timed_us(calls, least_ms=12.0, most_replays=40):
    """Median duration of one call, us: all calls captured in one CUDA graph that is replayed."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for call in calls[:2]:
            call()
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for call in calls:
            call()
    graph.replay()
    torch.cuda.synchronize()
    times = []
    began = time.perf_counter()
    while len(times) < 3 or ((time.perf_counter() - began) * 1e3 < least_ms and len(times) < most_replays):
        first, last = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        first.record()
        graph.replay()
        last.record()
        last.synchronize()
        times.append(first.elapsed_time(last) * 1e3 / len(calls))
    del graph
    return statistics.median(times)


# ---------------------------------------------------------------------------------------------------------------------
# Cost of a kernel


def launch():
    x = torch.zeros(1, device=DEVICE)
    kernels = 2000

    def chain():
        for _ in range(kernels):
            x.add_(1)

    chain()
    torch.cuda.synchronize()
    walls = []
    for _ in range(5):
        began = time.perf_counter()
        chain()
        torch.cuda.synchronize()
        walls.append((time.perf_counter() - began) * 1e6 / kernels)
    emit(section="launch", mode="one by one", us=statistics.median(walls))
    emit(section="launch", mode="graph", us=timed_us([lambda: x.add_(1)] * kernels))
    # A normalisation of one token: the smallest kernel that a layer is made of.
    h = torch.randn(1, 4096, device=DEVICE, dtype=torch.bfloat16)
    w = torch.randn(4096, device=DEVICE, dtype=torch.bfloat16)
    emit(section="launch", mode="graph, RMS norm of 4096", us=timed_us([lambda: F.rms_norm(h, (4096,), w)] * 500))


# ---------------------------------------------------------------------------------------------------------------------
# Memory


def memory():
    free, total = torch.cuda.mem_get_info()
    emit(section="memory", what="total", bytes=total, freeBytes=free)
    a = torch.empty(4 * 1024**3, device=DEVICE, dtype=torch.uint8).random_()
    b = torch.empty_like(a)
    us = timed_us([lambda: b.copy_(a)])
    emit(section="memory", what="copy, read and written", GBps=2 * a.numel() / us / 1e3)
    words = a.view(torch.float32)
    words.fill_(1.5)
    us = timed_us([lambda: words.sum()])
    emit(section="memory", what="sum, read only", GBps=a.numel() / us / 1e3)
    us = timed_us([lambda: b.zero_()])
    emit(section="memory", what="fill, written only", GBps=a.numel() / us / 1e3)


# ---------------------------------------------------------------------------------------------------------------------
# Matrix products

SHAPES = {
    # model: [(product, inputs K, outputs N)], whole on one card
    "llama-3.1-8b": [("qkv", 4096, 6144), ("out", 4096, 4096), ("gate_up", 4096, 28672), ("down", 14336, 4096)],
    "llama-3.1-70b": [("qkv", 8192, 10240), ("out", 8192, 8192), ("gate_up", 8192, 57344), ("down", 28672, 8192)],
    "qwen3-32b": [("qkv", 5120, 10240), ("out", 8192, 5120), ("gate_up", 5120, 51200), ("down", 25600, 5120)],
    "qwen3-0.6b": [("qkv", 1024, 4096), ("out", 2048, 1024), ("gate_up", 1024, 6144), ("down", 3072, 1024)],
    "head": [("llama-3.1-8b", 4096, 128256)],
}
ROWS = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]


def to_fp8(x):
    return x.to(torch.float8_e4m3fn)


def gemm():
    one = torch.tensor(1.0, device=DEVICE)
    for precision in ("bf16", "fp8"):
        for model, products in SHAPES.items():
            for product, k, n in products:
                bytes_each = k * n * (2 if precision == "bf16" else 1)
                # Enough copies that the second-level cache (50 MB) holds none when its turn comes again.
                copies = max(2, min(32, -(-200_000_000 // bytes_each)))
                weights = []
                for _ in range(copies):
                    w = torch.randn(n, k, device=DEVICE, dtype=torch.bfloat16)
                    weights.append(to_fp8(w) if precision == "fp8" else w)
                    del w
                for m in ROWS:
                    if left_s() < 60:
                        return
                    x = torch.randn(m, k, device=DEVICE, dtype=torch.bfloat16)
                    try:
                        if precision == "fp8":
                            x = to_fp8(x)
                            calls = [
                                lambda w=w: torch._scaled_mm(
                                    x, w.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16, use_fast_accum=True
                                )
                                for w in weights
                            ]
                        else:
                            calls = [lambda w=w: F.linear(x, w) for w in weights]
                        if m >= 1024:
                            calls = calls[:4]
                        us = timed_us(calls, least_ms=8.0)
                    except Exception as error:  # noqa: BLE001 - one shape must not end the run
                        emit(section="gemm", precision=precision, model=model, product=product, m=m, error=repr(error)[:200])
                        continue
                    emit(
                        section="gemm",
                        precision=precision,
                        model=model,
                        product=product,
                        m=m,
                        k=k,
                        n=n,
                        us=us,
                        tflops=2 * m * k * n / us / 1e6,
                        weightGBps=bytes_each / us / 1e3,
                    )
                del weights


# ---------------------------------------------------------------------------------------------------------------------
# Attention

BACKENDS = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}


def attend(q, k, v, backend, causal):
    with sdpa_kernel(BACKENDS[backend]):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)


def attention():
    heads, kv_heads, dim = 32, 8, 128
    for batch, context in [(1, 2048), (1, 8192), (1, 32768), (8, 2048), (8, 8192), (32, 1024), (32, 8192), (128, 1024), (128, 4096)]:
        shape = (batch, kv_heads, context, dim)
        k = [torch.randn(shape, device=DEVICE, dtype=torch.bfloat16) for _ in range(2)]
        v = [torch.randn(shape, device=DEVICE, dtype=torch.bfloat16) for _ in range(2)]
        q = torch.randn(batch, heads, 1, dim, device=DEVICE, dtype=torch.bfloat16)
        size = 2 * k[0].numel() * 2
        for backend in BACKENDS:
            try:
                us = timed_us([lambda i=i: attend(q, k[i], v[i], backend, False) for i in range(2)] * 2)
            except Exception as error:  # noqa: BLE001
                emit(section="attention", phase="decode", backend=backend, error=repr(error)[:200])
                continue
            emit(section="attention", phase="decode", backend=backend, batch=batch, context=context, us=us, kvGBps=size / us / 1e3)
        # As products: the queries of a group of heads against their keys, which the matrix units read at full width.
        try:
            grouped = q.view(batch, kv_heads, heads // kv_heads, dim)

            def by_products(i):
                scores = torch.matmul(grouped, k[i].transpose(-1, -2))
                return torch.matmul(torch.softmax(scores, -1), v[i])

            us = timed_us([lambda i=i: by_products(i) for i in range(2)] * 2)
            emit(section="attention", phase="decode", backend="products", batch=batch, context=context, us=us, kvGBps=size / us / 1e3)
        except Exception as error:  # noqa: BLE001
            emit(section="attention", phase="decode", backend="products", error=repr(error)[:200])
        del k, v
    for batch, length in [(1, 512), (1, 1024), (1, 4096), (1, 16384), (1, 65536), (8, 1024)]:
        q = torch.randn(batch, heads, length, dim, device=DEVICE, dtype=torch.bfloat16)
        k = torch.randn(batch, kv_heads, length, dim, device=DEVICE, dtype=torch.bfloat16)
        v = torch.randn(batch, kv_heads, length, dim, device=DEVICE, dtype=torch.bfloat16)
        flops = 4 * batch * heads * dim * length * length / 2
        for backend in BACKENDS:
            try:
                us = timed_us([lambda: attend(q, k, v, backend, True)] * 2)
            except Exception as error:  # noqa: BLE001
                emit(section="attention", phase="prefill", backend=backend, error=repr(error)[:200])
                continue
            emit(section="attention", phase="prefill", backend=backend, batch=batch, length=length, us=us, tflops=flops / us / 1e6)


# ---------------------------------------------------------------------------------------------------------------------
# Mixtures of experts: one grouped product, its tokens spread at random

EXPERTS = {
    # model: (hidden, width of an expert, experts, called per token)
    "qwen3-30b-a3b": (2048, 768, 128, 8),
    "qwen3-235b-a22b": (4096, 1536, 128, 8),
    "llama-4-scout": (5120, 8192, 16, 1),
}


def experts():
    for model, (hidden, width, count, called) in EXPERTS.items():
        for product, k, n in (("gate_up", hidden, 2 * width), ("down", width, hidden)):
            weights = [torch.randn(count, n, k, device=DEVICE, dtype=torch.bfloat16) for _ in range(2)]
            for tokens in (1, 4, 16, 64, 256, 1024, 4096, 8192):
                if left_s() < 40:
                    return
                chosen = torch.rand(tokens, count).topk(called, dim=1).indices.flatten()
                rows = torch.bincount(chosen, minlength=count)
                ends = torch.cumsum(rows, 0).to(torch.int32).to(DEVICE)
                x = torch.randn(tokens * called, k, device=DEVICE, dtype=torch.bfloat16)
                try:
                    us = timed_us([lambda w=w: torch._grouped_mm(x, w.transpose(-2, -1), offs=ends) for w in weights] * 2)
                except Exception as error:  # noqa: BLE001
                    emit(section="experts", model=model, product=product, tokens=tokens, error=repr(error)[:200])
                    continue
                busy = int((rows > 0).sum())
                emit(
                    section="experts",
                    model=model,
                    product=product,
                    tokens=tokens,
                    expertsCalled=busy,
                    expected=count * (1 - (1 - called / count) ** tokens),
                    us=us,
                    weightGBps=busy * k * n * 2 / us / 1e3,
                    tflops=2 * tokens * called * k * n / us / 1e6,
                )
            del weights


# ---------------------------------------------------------------------------------------------------------------------
# A whole decode step: the layers of a model one after the other in one graph, in plain kernels

MODELS = {
    # layers, hidden, heads, KV heads, head, FFN, vocabulary
    "llama-3.1-8b": (32, 4096, 32, 8, 128, 14336, 128256),
    "llama-3.2-1b": (16, 2048, 32, 8, 64, 8192, 128256),
}


class Step:
    """One decode step of a dense model over a KV cache that stays as it is."""

    def __init__(self, model, precision, batch, context):
        layers, hidden, heads, kv_heads, dim, ffn, vocabulary = MODELS[model]
        self.precision, self.batch = precision, batch
        self.heads, self.kv_heads, self.dim, self.hidden = heads, kv_heads, dim, hidden
        self.one = torch.tensor(1.0, device=DEVICE)

        def weight(n, k):
            w = torch.randn(n, k, device=DEVICE, dtype=torch.bfloat16) * 0.02
            return to_fp8(w) if precision == "fp8" else w

        qkv = (heads + 2 * kv_heads) * dim
        self.layers = [
            (weight(qkv, hidden), weight(hidden, heads * dim), weight(2 * ffn, hidden), weight(hidden, ffn))
            for _ in range(layers)
        ]
        self.norm = torch.ones(hidden, device=DEVICE, dtype=torch.bfloat16)
        self.head = torch.randn(vocabulary, hidden, device=DEVICE, dtype=torch.bfloat16) * 0.02
        shape = (batch, kv_heads, context, dim)
        self.cache = [
            (torch.randn(shape, device=DEVICE, dtype=torch.bfloat16), torch.randn(shape, device=DEVICE, dtype=torch.bfloat16))
            for _ in range(layers)
        ]
        self.x = torch.randn(batch, hidden, device=DEVICE, dtype=torch.bfloat16)
        self.weight_bytes = sum(w.numel() * w.element_size() for layer in self.layers for w in layer) + self.head.numel() * 2
        self.kv_bytes = sum(2 * k.numel() * 2 for k, _ in self.cache)

    def linear(self, x, w):
        if self.precision != "fp8":
            return F.linear(x, w)
        return torch._scaled_mm(to_fp8(x), w.t(), scale_a=self.one, scale_b=self.one, out_dtype=torch.bfloat16, use_fast_accum=True)

    def __call__(self):
        x = self.x
        q_width, kv_width = self.heads * self.dim, self.kv_heads * self.dim
        for (qkv, out, gate_up, down), (keys, values) in zip(self.layers, self.cache):
            h = self.linear(F.rms_norm(x, (self.hidden,), self.norm), qkv)
            q, k, v = h.split((q_width, kv_width, kv_width), dim=1)
            keys[:, :, 0].copy_(k.view(self.batch, self.kv_heads, self.dim))
            values[:, :, 0].copy_(v.view(self.batch, self.kv_heads, self.dim))
            a = attend(q.view(self.batch, self.heads, 1, self.dim), keys, values, "flash", False)
            x = x + self.linear(a.reshape(self.batch, q_width), out)
            gate, up = self.linear(F.rms_norm(x, (self.hidden,), self.norm), gate_up).chunk(2, dim=1)
            x = x + self.linear(F.silu(gate) * up, down)
        return F.linear(F.rms_norm(x, (self.hidden,), self.norm), self.head).argmax(dim=1)


def step():
    for model, precision, batch, context in [
        ("llama-3.1-8b", "bf16", 1, 1024),
        ("llama-3.1-8b", "bf16", 1, 8192),
        ("llama-3.1-8b", "bf16", 16, 1024),
        ("llama-3.1-8b", "bf16", 64, 1024),
        ("llama-3.1-8b", "bf16", 64, 4096),
        ("llama-3.1-8b", "bf16", 128, 2048),
        ("llama-3.1-8b", "fp8", 1, 1024),
        ("llama-3.1-8b", "fp8", 16, 1024),
        ("llama-3.1-8b", "fp8", 64, 1024),
        ("llama-3.2-1b", "bf16", 1, 1024),
        ("llama-3.2-1b", "bf16", 64, 1024),
    ]:
        if left_s() < 30:
            return
        try:
            whole = Step(model, precision, batch, context)
            us = timed_us([whole], least_ms=100)
        except Exception as error:  # noqa: BLE001
            emit(section="step", model=model, precision=precision, batch=batch, context=context, error=repr(error)[:300])
            torch.cuda.empty_cache()
            continue
        emit(
            section="step",
            model=model,
            precision=precision,
            batch=batch,
            context=context,
            ms=us / 1e3,
            weightBytes=whole.weight_bytes,
            kvBytes=whole.kv_bytes,
            GBps=(whole.weight_bytes + whole.kv_bytes) / us / 1e3,
        )
        del whole
        torch.cuda.empty_cache()


# ---------------------------------------------------------------------------------------------------------------------
# Loading


def load():
    size = 4 * 1024**3
    there = torch.empty(size, device=DEVICE, dtype=torch.uint8)
    pageable = torch.empty(size, dtype=torch.uint8).fill_(7)
    for kind in ("pageable", "pinned"):
        host = pageable if kind == "pageable" else pageable.pin_memory()
        for direction in ("host to device", "device to host"):
            times = []
            for _ in range(3):
                torch.cuda.synchronize()
                began = time.perf_counter()
                if direction == "host to device":
                    there.copy_(host, non_blocking=True)
                else:
                    host.copy_(there, non_blocking=True)
                torch.cuda.synchronize()
                times.append(time.perf_counter() - began)
            emit(section="load", what=f"{kind}, {direction}", GBps=size / statistics.median(times) / 1e9)
    del there, host
    disk(size, pageable)


def disk(size, data):
    """Writes a file and reads it again once the page cache was dropped, where this is allowed."""
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "disperse-load.bin")
    view = memoryview(data.numpy())
    try:
        began = time.perf_counter()
        with open(path, "wb") as file:
            for at in range(0, size, 64 << 20):
                file.write(view[at : at + (64 << 20)])
            file.flush()
            os.fsync(file.fileno())
        emit(section="load", what="file written and synced", GBps=size / (time.perf_counter() - began) / 1e9)
        for threads in (1, 8):
            dropped = drop_page_cache()
            began = time.perf_counter()
            workers = [threading.Thread(target=read_part, args=(path, view, i * size // threads, size // threads)) for i in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            emit(
                section="load",
                what=f"file read by {threads}, {'from the disk' if dropped else 'perhaps from the page cache'}",
                GBps=size / (time.perf_counter() - began) / 1e9,
            )
        began = time.perf_counter()
        read_part(path, view, 0, size)
        emit(section="load", what="file read by 1, from the page cache", GBps=size / (time.perf_counter() - began) / 1e9)
    finally:
        if os.path.exists(path):
            os.remove(path)


def drop_page_cache():
    try:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("1")
        return True
    except OSError:
        return False


def read_part(path, view, start, length):
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        at = start
        while at < start + length:
            read = file.readinto(view[at : min(at + (16 << 20), start + length)])
            if not read:
                return
            at += read


# ---------------------------------------------------------------------------------------------------------------------
# Power


class Meter:
    def __init__(self):
        import pynvml

        self.nvml = pynvml
        pynvml.nvmlInit()
        self.card = pynvml.nvmlDeviceGetHandleByIndex(0)

    def state(self):
        nvml, card = self.nvml, self.card
        return {
            "limitW": nvml.nvmlDeviceGetEnforcedPowerLimit(card) / 1e3,
            "smMHz": nvml.nvmlDeviceGetClockInfo(card, nvml.NVML_CLOCK_SM),
            "memoryMHz": nvml.nvmlDeviceGetClockInfo(card, nvml.NVML_CLOCK_MEM),
            "temperatureC": nvml.nvmlDeviceGetTemperature(card, nvml.NVML_TEMPERATURE_GPU),
        }

    def joules(self):
        return self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.card) / 1e3

    def while_running(self, load_name, work, seconds, **extra):
        """Mean power from the card's own energy counter, after half a second that is not counted."""
        end_warm = time.perf_counter() + 0.5
        while time.perf_counter() < end_warm:
            work()
            torch.cuda.synchronize()
        began, joules = time.perf_counter(), self.joules()
        rounds = 0
        state = None
        while time.perf_counter() - began < seconds:
            work()
            rounds += 1
            if rounds in (10, 40):
                state = self.state()
            torch.cuda.synchronize()
        took = time.perf_counter() - began
        emit(section="power", load=load_name, watts=(self.joules() - joules) / took, seconds=took, perS=rounds / took, **(state or self.state()), **extra)


def power():
    meter = Meter()
    emit(section="power", load="state", **meter.state())
    meter.while_running("idle, with a context", lambda: time.sleep(0.05), 3)
    a = torch.empty(4 * 1024**3, device=DEVICE, dtype=torch.uint8).random_()
    b = torch.empty_like(a)
    meter.while_running("copy", lambda: b.copy_(a), 2)
    del a, b
    k, n = 8192, 28672
    w = torch.randn(n, k, device=DEVICE, dtype=torch.bfloat16)
    for m in (8192, 512, 128):
        x = torch.randn(m, k, device=DEVICE, dtype=torch.bfloat16)
        repeat = max(1, 8192 // m)
        meter.while_running(f"bf16 product of {m} rows", lambda: [F.linear(x, w) for _ in range(repeat)], 2.5, flops=2 * m * k * n * repeat)
    w8, x8, one = to_fp8(w), to_fp8(torch.randn(8192, k, device=DEVICE, dtype=torch.bfloat16)), torch.tensor(1.0, device=DEVICE)
    fp8 = lambda: torch._scaled_mm(x8, w8.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16, use_fast_accum=True)
    meter.while_running("fp8 product of 8192 rows", lambda: [fp8(), fp8()], 2.5, flops=4 * 8192 * k * n)
    del w, w8, x8, x
    q = torch.randn(1, 32, 16384, 128, device=DEVICE, dtype=torch.bfloat16)
    kv = torch.randn(1, 8, 16384, 128, device=DEVICE, dtype=torch.bfloat16)
    meter.while_running("prefill attention of 16384", lambda: [attend(q, kv, kv, "flash", True) for _ in range(4)], 2)
    del q, kv
    for precision, batch, context in (("bf16", 1, 1024), ("bf16", 32, 1024), ("bf16", 128, 1024), ("fp8", 32, 1024)):
        torch.cuda.empty_cache()
        whole = Step("llama-3.1-8b", precision, batch, context)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            whole()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            whole()
        meter.while_running(f"decode of llama-3.1-8b in {precision}, {batch} sequences", lambda: [graph.replay() for _ in range(4)], 2.5)
        if precision == "fp8":
            meter.while_running("idle, weights in memory", lambda: time.sleep(0.05), 3)
        del graph, whole


SECTIONS = {
    "launch": launch,
    "memory": memory,
    "step": step,
    "attention": attention,
    "experts": experts,
    "power": power,
    "load": load,
    "gemm": gemm,
}


def main():
    global out_file, budget_s
    parser = argparse.ArgumentParser(description="Measures one NVIDIA card as the engine model reads it.")
    parser.add_argument("--out", required=True, help="file of JSON lines, appended to")
    parser.add_argument("--sections", default=",".join(SECTIONS), help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--budget-s", type=float, default=600, help="sections end early when less than a minute is left")
    options = parser.parse_args()
    names = options.sections.split(",")
    for name in names:
        if name not in SECTIONS:
            sys.exit(f"--sections: {name} is not known. Known: {', '.join(SECTIONS)}.")
    if not torch.cuda.is_available():
        sys.exit("No CUDA device: this bench measures an accelerator.")
    budget_s = options.budget_s
    out_file = open(options.out, "a", encoding="utf-8")
    torch.manual_seed(1)
    card = torch.cuda.get_device_properties(0)
    emit(
        section="card",
        name=card.name,
        multiprocessors=card.multi_processor_count,
        torch=torch.__version__,
        cuda=torch.version.cuda,
        sections=names,
        date=time.strftime("%Y-%m-%d", time.gmtime()),
    )
    for name in names:
        began = time.monotonic()
        try:
            with torch.inference_mode():
                SECTIONS[name]()
        except Exception as error:  # noqa: BLE001 - one section must not end the run
            emit(section=name, error=repr(error)[:400])
        torch.cuda.empty_cache()
        emit(section="took", what=name, seconds=round(time.monotonic() - began, 1))


if __name__ == "__main__":
    main()
