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
    "llama-3.1-70b": (80, 8192, 64, 8, 128, 28672, 128256),
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
    def __init__(self, section):
        import pynvml

        self.section = section
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

    def while_running(self, load_name, work, seconds, warm_s=0.5, **extra):
        """Mean power from the card's own energy counter, after half a second that is not counted; `work` may say how long it was busy."""
        end_warm = time.perf_counter() + warm_s
        while time.perf_counter() < end_warm:
            work()
            torch.cuda.synchronize()
        began, joules = time.perf_counter(), self.joules()
        rounds, busy_s = 0, 0.0
        state = None
        while time.perf_counter() - began < seconds:
            busy = work()
            if isinstance(busy, float):
                busy_s += busy
            rounds += 1
            if rounds in (10, 40):
                state = self.state()
            torch.cuda.synchronize()
        took = time.perf_counter() - began
        if busy_s:
            extra["busyRatio"] = busy_s / took
        emit(section=self.section, load=load_name, watts=(self.joules() - joules) / took, seconds=took, perS=rounds / took, **(state or self.state()), **extra)


def power():
    meter = Meter("power")
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


# ---------------------------------------------------------------------------------------------------------------------
# Energy: what a forward pass draws, by what it is made of


class Weights:
    """The layers of a dense model, or of one whose feed-forward parts are experts, for passes of any kind over them."""

    def __init__(self, model, precision):
        self.precision, self.experts = precision, None
        if model in MODELS:
            self.layers, self.hidden, self.heads, self.kv_heads, self.dim, ffn, vocabulary = MODELS[model]
        else:
            # layers, hidden, heads, KV heads, head, vocabulary; width of an expert, experts, called per token
            self.layers, self.hidden, self.heads, self.kv_heads, self.dim, vocabulary, ffn, *self.experts = MIXTURES[model]
        hidden, q_width = self.hidden, self.heads * self.dim
        self.one = torch.tensor(1.0, device=DEVICE)
        self.matrices = []
        for _ in range(self.layers):
            attention_part = (self.weight(q_width + 2 * self.kv_heads * self.dim, hidden), self.weight(hidden, q_width))
            if self.experts is None:
                self.matrices.append((*attention_part, self.weight(2 * ffn, hidden), self.weight(hidden, ffn)))
            else:
                count = self.experts[0]
                up = torch.randn(count, 2 * ffn, hidden, device=DEVICE, dtype=torch.bfloat16) * 0.02
                down = torch.randn(count, hidden, ffn, device=DEVICE, dtype=torch.bfloat16) * 0.02
                self.matrices.append((*attention_part, up, down))
        self.norm = torch.ones(hidden, device=DEVICE, dtype=torch.bfloat16)
        self.head = torch.randn(vocabulary, hidden, device=DEVICE, dtype=torch.bfloat16) * 0.02

    def weight(self, n, k):
        w = torch.randn(n, k, device=DEVICE, dtype=torch.bfloat16) * 0.02
        return to_fp8(w) if self.precision == "fp8" else w

    def linear(self, x, w):
        if self.precision != "fp8":
            return F.linear(x, w)
        return torch._scaled_mm(to_fp8(x), w.t(), scale_a=self.one, scale_b=self.one, out_dtype=torch.bfloat16, use_fast_accum=True)


class Pass:
    """One step of an engine: `batch` sequences of `context` tokens get one more, and `chunk` tokens of a prompt that has
    `before` tokens behind it are worked off. What it reads and computes is counted, bytes and operations."""

    def __init__(self, weights, batch, context, chunk=0, before=0):
        self.w, self.batch, self.context, self.chunk, self.before = weights, batch, context, chunk, before
        w = weights
        rows = batch + chunk
        self.x = torch.randn(rows, w.hidden, device=DEVICE, dtype=torch.bfloat16)
        shape = (batch, w.kv_heads, context, w.dim)
        prompt = (1, w.kv_heads, before + chunk, w.dim)
        self.cache, self.prompt = [], []
        for _ in range(w.layers):
            if batch:
                self.cache.append(tuple(torch.randn(shape, device=DEVICE, dtype=torch.bfloat16) for _ in range(2)))
            if chunk:
                self.prompt.append(tuple(torch.randn(prompt, device=DEVICE, dtype=torch.bfloat16) for _ in range(2)))
        self.offsets, called = [], 1.0
        if w.experts:
            count, each = w.experts
            shares = []
            for _ in range(w.layers):
                counts = torch.bincount(torch.rand(rows, count).topk(each, dim=1).indices.flatten(), minlength=count)
                self.offsets.append(torch.cumsum(counts, 0).to(torch.int32).to(DEVICE))
                shares.append(float((counts > 0).float().mean()))
            called = sum(shares) / len(shares)
        self.weight_bytes = w.head.numel() * 2
        self.flops = 2 * max(batch, 1) * w.head.numel()
        for matrices in w.matrices:
            for i, matrix in enumerate(matrices):
                mixed = w.experts is not None and i >= 2
                self.weight_bytes += matrix.numel() * matrix.element_size() * (called if mixed else 1)
                self.flops += 2 * rows * matrix.numel() * (w.experts[1] / w.experts[0] if mixed else 1)
        self.kv_bytes = 4 * w.layers * w.kv_heads * w.dim * (batch * context + (before + chunk if chunk else 0))
        self.attention_flops = 4 * w.layers * w.heads * w.dim * (batch * context + chunk * (before + chunk / 2))

    def feed_forward(self, x, layer, up, down):
        w = self.w
        if w.experts is None:
            gate, up = w.linear(x, up).chunk(2, dim=1)
            return w.linear(F.silu(gate) * up, down)
        # Which rows belong together is drawn once: sorting them is work of an engine, not of the products.
        each = w.experts[1]
        spread = x.repeat(1, each).view(-1, w.hidden)
        gate, up = torch._grouped_mm(spread, up.transpose(-2, -1), offs=self.offsets[layer]).chunk(2, dim=1)
        out = torch._grouped_mm(F.silu(gate) * up, down.transpose(-2, -1), offs=self.offsets[layer])
        return out.view(-1, each, w.hidden).sum(dim=1)

    def __call__(self):
        w, x, batch, chunk = self.w, self.x, self.batch, self.chunk
        q_width, kv_width = w.heads * w.dim, w.kv_heads * w.dim
        for layer, (qkv, out, up, down) in enumerate(w.matrices):
            h = w.linear(F.rms_norm(x, (w.hidden,), w.norm), qkv)
            q, k, v = h.split((q_width, kv_width, kv_width), dim=1)
            parts = []
            if batch:
                keys, values = self.cache[layer]
                keys[:, :, 0].copy_(k[:batch].view(batch, w.kv_heads, w.dim))
                values[:, :, 0].copy_(v[:batch].view(batch, w.kv_heads, w.dim))
                a = attend(q[:batch].reshape(batch, w.heads, 1, w.dim), keys, values, "flash", False)
                parts.append(a.reshape(batch, q_width))
            if chunk:
                keys, values = self.prompt[layer]
                queries = q[batch:].view(1, chunk, w.heads, w.dim).transpose(1, 2)
                if self.before:
                    # Without a mask: the kernel for a chunk behind others; a little more work than counted.
                    a = attend(queries, keys, values, "flash", False)
                else:
                    a = attend(queries, keys, values, "flash", True)
                parts.append(a.transpose(1, 2).reshape(chunk, q_width))
            a = parts[0] if len(parts) == 1 else torch.cat(parts)
            x = x + w.linear(a, out)
            x = x + self.feed_forward(F.rms_norm(x, (w.hidden,), w.norm), layer, up, down)
        last = x[: max(batch, 1)]
        return F.linear(F.rms_norm(last, (w.hidden,), w.norm), w.head).argmax(dim=1)


MIXTURES = {"qwen3-30b-a3b": (48, 2048, 32, 4, 128, 151936, 768, 128, 8)}

# model, precision, [(batch, context, chunk, before)]
PASSES = [
    (
        "llama-3.1-8b",
        "bf16",
        [(n, 1024, 0, 0) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
        + [(1, 16384, 0, 0), (8, 8192, 0, 0), (32, 4096, 0, 0), (32, 128, 0, 0), (128, 128, 0, 0), (128, 4096, 0, 0)]
        + [(0, 0, 512, 0), (0, 0, 2048, 0), (0, 0, 8192, 0)]
        + [(64, 1024, 512, 0), (64, 1024, 1984, 0), (16, 1024, 256, 0)],
    ),
    (
        "llama-3.1-8b",
        "fp8",
        [(n, 1024, 0, 0) for n in (1, 8, 32, 128)] + [(128, 4096, 0, 0), (0, 0, 2048, 0), (0, 0, 8192, 0), (64, 1024, 1984, 0)],
    ),
    ("llama-3.2-1b", "bf16", [(1, 1024, 0, 0), (32, 1024, 0, 0), (128, 1024, 0, 0)]),
    ("qwen3-30b-a3b", "bf16", [(n, 1024, 0, 0) for n in (1, 8, 32, 128)] + [(0, 0, 2048, 0)]),
    ("llama-3.1-70b", "fp8", [(n, 1024, 0, 0) for n in (1, 8, 32, 128)] + [(0, 0, 2048, 0)]),
]


def captured(work):
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph


def energy():
    meter = Meter("energy")
    # The smaller model first: the idle card is looked at before anything has warmed it.
    meter.while_running("idle, with a context", lambda: time.sleep(0.05), 4)
    a = torch.empty(4 * 1024**3, device=DEVICE, dtype=torch.uint8).random_().view(torch.float32)
    a.fill_(1.5)
    meter.while_running("reading memory", lambda: [a.sum() for _ in range(8)], 3, bytes=8 * 4 * 1024**3)
    del a
    for model, precision, passes in PASSES:
        if left_s() < 20:
            return
        torch.cuda.empty_cache()
        try:
            weights = Weights(model, precision)
        except Exception as error:  # noqa: BLE001
            emit(section="energy", model=model, precision=precision, error=repr(error)[:300])
            continue
        meter.while_running(f"idle, weights of {model} in memory", lambda: time.sleep(0.05), 2)
        for batch, context, chunk, before in passes:
            if left_s() < 10:
                return
            what = dict(model=model, precision=precision, batch=batch, context=context, chunk=chunk, before=before)
            try:
                whole = Pass(weights, batch, context, chunk, before)
                graph = captured(whole)
                graph.replay()
                torch.cuda.synchronize()
                meter.while_running(
                    "pass",
                    lambda: [graph.replay() for _ in range(4)],
                    2.5,
                    **what,
                    weightBytes=whole.weight_bytes,
                    kvBytes=whole.kv_bytes,
                    flops=whole.flops,
                    attentionFlops=whole.attention_flops,
                    passesPerRound=4,
                )
                del graph, whole
            except Exception as error:  # noqa: BLE001
                emit(section="energy", **what, error=repr(error)[:300])
            torch.cuda.empty_cache()
        if model == "llama-3.1-8b" and precision == "bf16":
            pauses(meter, weights)
            sustained(meter, weights)
        del weights


def pauses(meter, weights):
    """The same step with pauses in between: does the card idle as soon as it has nothing to do?"""
    whole = Pass(weights, 16, 1024)
    graph = captured(whole)
    for steps, pause_s in ((1, 0.01), (1, 0.03), (10, 0.1), (10, 0.3), (100, 1.0), (100, 3.0)):

        def work():
            began = time.perf_counter()
            for _ in range(steps):
                graph.replay()
            torch.cuda.synchronize()
            busy_s = time.perf_counter() - began
            time.sleep(pause_s)
            return busy_s

        meter.while_running("steps with pauses", work, max(3, 3 * pause_s), batch=16, context=1024, steps=steps, pauseS=pause_s)


def sustained(meter, weights):
    """Half a minute of one load after the other, second by second."""
    for name, batch, context, chunk in (("decode of 128", 128, 1024, 0), ("prompts of 8192", 0, 0, 8192)):
        if left_s() < 60:
            return
        whole = Pass(weights, batch, context, chunk)
        graph = captured(whole)
        for second in range(32):
            meter.while_running(f"sustained {name}", lambda: [graph.replay() for _ in range(4)], 1, warm_s=0, second=second)
        del graph, whole
        torch.cuda.empty_cache()


SECTIONS = {
    "launch": launch,
    "memory": memory,
    "step": step,
    "attention": attention,
    "experts": experts,
    "power": power,
    "energy": energy,
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
