#!/usr/bin/env python3
"""Writes a GGUF file with the shape of a known model and random weights, to time llama.cpp without a download.

What an engine needs for a token does not hang on what the weights say. The vocabulary comes from one of the files
`models/ggml-vocab-*.gguf` of a llama.cpp checkout, whose `gguf-py` writes the file. Tokens that are not plain words get
small rows in the head, so that nearly every token of an answer is text that the server streams at once.

    python3 bench/accelerator/random_gguf.py --llama-cpp ../llama.cpp --model llama-3.1-8b --format bf16 --out model.gguf
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np

# architecture, vocabulary, layers, hidden, heads, KV heads, head, FFN, ties the head to the embedding, experts (count, called)
MODELS = {
    "llama-3.1-8b": ("llama", "llama-bpe", 32, 4096, 32, 8, 128, 14336, False, None),
    "llama-3.2-3b": ("llama", "llama-bpe", 28, 3072, 24, 8, 128, 8192, True, None),
    "llama-3.2-1b": ("llama", "llama-bpe", 16, 2048, 32, 8, 64, 8192, True, None),
    "qwen3-0.6b": ("qwen3", "qwen2", 28, 1024, 16, 8, 128, 3072, True, None),
    "qwen3-14b": ("qwen3", "qwen2", 40, 5120, 40, 8, 128, 17408, False, None),
    "qwen3-30b-a3b": ("qwen3moe", "qwen2", 48, 2048, 32, 4, 128, 768, False, (128, 8)),
    # For trying out a server on a processor.
    "tiny": ("llama", "llama-bpe", 2, 64, 4, 2, 16, 128, True, None),
}


def main():
    parser = argparse.ArgumentParser(description="Writes a GGUF file of random weights.")
    parser.add_argument("--llama-cpp", type=Path, required=True, help="checkout of llama.cpp")
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--format", choices=("bf16", "q8_0"), default="bf16")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    sys.path.insert(0, str(options.llama_cpp / "gguf-py"))
    import gguf

    arch, vocabulary, layers, hidden, heads, kv_heads, dim, ffn, tied, experts = MODELS[options.model]
    reader = gguf.GGUFReader(options.llama_cpp / "models" / f"ggml-vocab-{vocabulary}.gguf")
    writer = gguf.GGUFWriter(options.out, arch)
    writer.add_name(f"{options.model} of random weights")
    writer.add_context_length(131072)
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(ffn)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(dim)
    writer.add_value_length(dim)
    writer.add_rope_dimension_count(dim)
    writer.add_rope_freq_base(500000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    if experts:
        writer.add_expert_count(experts[0])
        writer.add_expert_used_count(experts[1])
        writer.add_expert_feed_forward_length(ffn)
    tokens = None
    for field in reader.fields.values():
        if not field.name.startswith("tokenizer.") or field.name == "tokenizer.chat_template":
            continue
        value_type = field.types[0]
        sub_type = field.types[-1] if value_type == gguf.GGUFValueType.ARRAY else None
        value = field.contents()
        if field.name == "tokenizer.ggml.tokens":
            tokens = value
        writer.add_key_value(field.name, value, value_type, sub_type=sub_type)
    plain = np.array([re.fullmatch(r"Ġ?[A-Za-z]{2,}", token) is not None for token in tokens])
    writer.add_vocab_size(len(tokens))

    q8 = gguf.GGMLQuantizationType.Q8_0
    tensors = []  # name, shape, kind

    def add(name, *shape, kind="weight"):
        tensors.append((name, shape, kind))

    add("token_embd.weight", len(tokens), hidden, kind="head" if tied else "bf16")
    for i in range(layers):
        p = f"blk.{i}."
        add(p + "attn_norm.weight", hidden, kind="norm")
        add(p + "attn_q.weight", heads * dim, hidden)
        add(p + "attn_k.weight", kv_heads * dim, hidden)
        add(p + "attn_v.weight", kv_heads * dim, hidden)
        add(p + "attn_output.weight", hidden, heads * dim)
        if arch != "llama":
            add(p + "attn_q_norm.weight", dim, kind="norm")
            add(p + "attn_k_norm.weight", dim, kind="norm")
        add(p + "ffn_norm.weight", hidden, kind="norm")
        if experts:
            add(p + "ffn_gate_inp.weight", experts[0], hidden, kind="router")
            add(p + "ffn_gate_exps.weight", experts[0], ffn, hidden)
            add(p + "ffn_up_exps.weight", experts[0], ffn, hidden)
            add(p + "ffn_down_exps.weight", experts[0], hidden, ffn)
        else:
            add(p + "ffn_gate.weight", ffn, hidden)
            add(p + "ffn_up.weight", ffn, hidden)
            add(p + "ffn_down.weight", hidden, ffn)
    add("output_norm.weight", hidden, kind="norm")
    if not tied:
        add("output.weight", len(tokens), hidden, kind="head")

    rng = np.random.default_rng(1)
    bf16 = to_bf16(rng.standard_normal(1 << 25, dtype=np.float32) * np.float32(0.02))
    blocks = random_q8(rng, 1 << 20)

    def data_of(shape, kind):
        count = int(np.prod(shape))
        if kind == "norm":
            return np.ones(shape, np.float32)
        if kind == "router":
            return rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02)
        if kind == "head":
            rows = rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02)
            rows[~plain] *= np.float32(0.02)
            return to_bf16(rows).view(np.uint8).reshape(shape[0], -1)
        if kind == "bf16" or options.format == "bf16":
            return pick(bf16, count, rng).view(np.uint8).reshape(*shape[:-1], -1)
        return pick(blocks, count // 32, rng).reshape(*shape[:-1], -1)

    for name, shape, kind in tensors:
        if kind in ("norm", "router"):
            writer.add_tensor_info(name, shape, np.dtype(np.float32), 4 * int(np.prod(shape)))
            continue
        is_bf16 = options.format == "bf16" or kind in ("head", "bf16")
        width = shape[-1] * 2 if is_bf16 else shape[-1] // 32 * 34
        byte_shape = (*shape[:-1], width)
        writer.add_tensor_info(
            name, byte_shape, np.dtype(np.uint8), int(np.prod(byte_shape)), gguf.GGMLQuantizationType.BF16 if is_bf16 else q8
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for _, shape, kind in tensors:
        writer.write_tensor_data(data_of(shape, kind))
    writer.close()
    print(f"{options.out}: {options.out.stat().st_size / 1e9:.2f} GB")


def to_bf16(x):
    return (x.view(np.uint32) >> 16).astype(np.uint16)


def random_q8(rng, count):
    """Blocks of 32 weights: a half-precision scale and 32 signed bytes."""
    blocks = np.empty((count, 34), np.uint8)
    blocks[:, :2] = np.full((count, 1), 0.02 / 64, np.float16).view(np.uint8)
    blocks[:, 2:] = rng.integers(-127, 128, (count, 32), dtype=np.int8).view(np.uint8)
    return blocks


def pick(pool, count, rng):
    """`count` entries of the pool from a random place on, over and over where it is shorter."""
    start = int(rng.integers(0, len(pool)))
    index = start % len(pool)
    if index + count <= len(pool):
        return np.ascontiguousarray(pool[index : index + count])
    return np.resize(np.concatenate((pool[index:], pool[:index])), (count, *pool.shape[1:]))


if __name__ == "__main__":
    main()
