#!/usr/bin/env python3
"""Loads a running llama-server at several concurrencies and reads what the card draws meanwhile.

So many requests are always under way: whoever is done asks again. Prompts are random tokens, so that nothing is found in a
cache, and answers have a fixed length. One CSV line per concurrency, in the columns that `disperse calibrate` and
`bench engine-fidelity` read, with tokens per second, watts and joules per output token behind them; without the last two
where a request takes longer than the window, which then may have seen prompts or answers only.

    python3 bench/accelerator/engine_energy.py --url http://127.0.0.1:8080 --model qwen3-30b-a3b --accelerator h200-sxm \\
        --concurrency 1,8,32 --prompt-tokens 512 --output-tokens 128 --seconds 10 --out runs.csv

Needs `nvidia-ml-py`; the server and the card are on this machine.
"""

import argparse
import http.client
import json
import os
import random
import statistics
import threading
import time
from urllib.parse import urlparse

COLUMNS = (
    "engine,accelerator,tensorParallel,model,precision,inputTokens,outputTokens,concurrency,ttftMs,tpotMs,"
    "outputTokensPerS,watts,joulesPerOutputToken,requests,setting"
)


class Load:
    """Workers that each have one request under way."""

    def __init__(self, url, prompt_tokens, output_tokens, vocabulary):
        parsed = urlparse(url)
        self.host, self.port = parsed.hostname, parsed.port or 80
        self.prompt_tokens, self.output_tokens, self.vocabulary = prompt_tokens, output_tokens, vocabulary
        self.stop = False
        self.lock = threading.Lock()
        self.done = []  # began, first token, last token, tokens
        self.errors = []

    def worker(self, seed):
        rng = random.Random(seed)
        while not self.stop:
            try:
                self.one(rng)
            except Exception as error:  # noqa: BLE001 - one lost request must not end the run
                self.errors.append(repr(error)[:200])
                time.sleep(0.2)

    def one(self, rng):
        body = {
            "prompt": [rng.randrange(1000, self.vocabulary) for _ in range(self.prompt_tokens)],
            "max_tokens": self.output_tokens,
            "stream": True,
            "ignore_eos": True,
            "cache_prompt": False,
            "stream_options": {"include_usage": True},
        }
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        began = time.perf_counter()
        connection.request("POST", "/v1/completions", json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        first = last = None
        tokens = 0
        for line in answer:
            if not line.startswith(b"data: {"):
                continue
            now = time.perf_counter()
            part = json.loads(line[6:])
            if part.get("error"):
                raise RuntimeError(str(part["error"]))
            if any(choice.get("text") for choice in part.get("choices", [])):
                first, last = first or now, now
            if part.get("usage"):
                tokens = part["usage"]["completion_tokens"]
        connection.close()
        if first is None:
            raise RuntimeError(f"status {answer.status}, no text")
        with self.lock:
            self.done.append((began, first, last, tokens))


def main():
    parser = argparse.ArgumentParser(description="Loads a llama-server and reads the card's energy counter.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True, help="name in the catalogue")
    parser.add_argument("--accelerator", required=True)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--engine", default="llamacpp")
    parser.add_argument("--concurrency", default="1,4,16,32")
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--output-tokens", type=int, default=128)
    parser.add_argument("--vocabulary", type=int, default=100000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--until-s", type=float, default=1e9, help="no new concurrency after so many seconds")
    parser.add_argument("--setting", default="")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    import pynvml

    pynvml.nvmlInit()
    card = pynvml.nvmlDeviceGetHandleByIndex(0)
    joules = lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(card) / 1e3
    fresh = not os.path.exists(options.out)
    out = open(options.out, "a", encoding="utf-8")
    if fresh:
        out.write(COLUMNS + "\n")
    start = time.monotonic()
    for concurrency in map(int, options.concurrency.split(",")):
        if time.monotonic() - start + options.seconds > options.until_s:
            break
        load = Load(options.url, options.prompt_tokens, options.output_tokens, options.vocabulary)
        workers = [threading.Thread(target=load.worker, args=(1000 * concurrency + i,), daemon=True) for i in range(concurrency)]
        for i, worker in enumerate(workers):
            worker.start()
            time.sleep(min(0.05, 1 / concurrency))
        warm = time.monotonic()
        while time.monotonic() - warm < min(2.5, options.seconds / 4):
            time.sleep(0.01)
        began, joules0 = time.perf_counter(), joules()
        time.sleep(options.seconds)
        ended, joules1 = time.perf_counter(), joules()
        load.stop = True
        for worker in workers:
            worker.join(30)
        # What began before the window is looked at too: it is as crowded as all others.
        seen = [run for run in load.done if run[2] >= began and run[0] <= ended and run[3] > 1]
        if not seen:
            print(f"{concurrency} in flight: nothing came to its end. {load.errors[:2]}", flush=True)
            continue
        watts = (joules1 - joules0) / (ended - began)
        ttft = statistics.mean(run[1] - run[0] for run in seen) * 1e3
        tpot = statistics.mean((run[2] - run[1]) / (run[3] - 1) for run in seen) * 1e3
        # So many are always under way: Little's law, free of where in its rounds the window lay. Watts are not.
        round_s = (ttft + (options.output_tokens - 1) * tpot) / 1e3
        tokens_per_s = concurrency * options.output_tokens / round_s
        energy = f"{watts:.1f},{watts / tokens_per_s:.4f}" if round_s <= options.seconds else ","
        row = (
            f"{options.engine},{options.accelerator},1,{options.model},{options.precision},{options.prompt_tokens},{options.output_tokens},"
            f"{concurrency},{ttft:.2f},{tpot:.3f},{tokens_per_s:.1f},{energy},{len(seen)},{options.setting}"
        )
        out.write(row + "\n")
        out.flush()
        print(row, load.errors[:1], flush=True)


if __name__ == "__main__":
    main()
