import type { Figure } from "./figure.ts";
import type { Model, Precision } from "../world/world-engines.ts";

/** Published shape of a transformer; sizes are counts, not bytes. */
export interface ModelShape {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly attentionHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  /** Width of the dense feed-forward block; unused when every layer is a mixture of experts. */
  readonly ffnSize: number;
  /** Input and output embeddings are one matrix. */
  readonly tiedEmbeddings: boolean;
  readonly experts?: {
    readonly count: number;
    readonly perToken: number;
    readonly ffnSize: number;
    /** Experts every token uses. */
    readonly shared: number;
    /** Leading layers with a dense feed-forward block. */
    readonly denseLayers: number;
  };
  /** Layers in which a gated delta rule stands in for attention (Qwen3-Next report): a state, no cache. */
  readonly linearAttention?: {
    readonly layers: number;
    readonly keyHeads: number;
    readonly valueHeads: number;
    readonly keyDim: number;
    readonly valueDim: number;
  };
  /** Layers whose attention reaches back a window of tokens only; the others reach all of the context. */
  readonly slidingAttention?: { readonly layers: number; readonly window: number };
  /** Releases in four bits quantise the routed experts alone and leave the rest in this format. */
  readonly sharedPrecision?: Precision;
  /** Attention whose output is gated, with a query twice as wide. */
  readonly gatedAttention?: boolean;
  /** An index of short keys picks the tokens that attention reads (DeepSeek-V3.2 report). */
  readonly sparseAttention?: { readonly indexKeyDim: number; readonly topTokens: number };
  /** Multi-head latent attention (DeepSeek-V2 report): ranks and head parts. */
  readonly latentAttention?: {
    readonly queryRank: number;
    readonly kvRank: number;
    readonly ropeDim: number;
    readonly nopeDim: number;
    readonly valueDim: number;
  };
}

export interface ModelRow {
  readonly name: string;
  readonly maker: string;
  readonly licence: string;
  readonly shape: ModelShape;
  readonly totalParameters: Figure;
  readonly activeParameters: Figure;
  readonly maxContextTokens: Figure;
}

/** Parameters of one feed-forward expert over all layers that have experts: three matrices (SwiGLU). */
function parametersPerExpert(shape: ModelShape): number {
  if (!shape.experts) return 0;
  return (shape.layers - shape.experts.denseLayers) * 3 * shape.hiddenSize * shape.experts.ffnSize;
}

function attentionParameters(shape: ModelShape): number {
  const { hiddenSize: d, attentionHeads: heads, kvHeads, headDim, latentAttention: mla } = shape;
  if (!mla) return (shape.gatedAttention ? 3 : 2) * d * heads * headDim + 2 * d * kvHeads * headDim;
  const query = d * mla.queryRank + mla.queryRank * heads * (mla.nopeDim + mla.ropeDim);
  const keyValue = d * (mla.kvRank + mla.ropeDim) + mla.kvRank * heads * (mla.nopeDim + mla.valueDim);
  return query + keyValue + heads * mla.valueDim * d;
}

function linearAttentionParameters(shape: ModelShape): number {
  const { hiddenSize: d, linearAttention: linear } = shape;
  if (!linear) return 0;
  const key = linear.keyHeads * linear.keyDim;
  const value = linear.valueHeads * linear.valueDim;
  // Query, key, value and gate going in, value going out.
  return d * (2 * key + 2 * value) + value * d;
}

/** The state is kept in four bytes per element, as the reference implementation does. */
const bytesPerStateElement = 4;

/**
 * Counts parameters from the shape (weight matrices only; norms and biases are below 0.1 %).
 * @returns `total` in memory and `active` in one token, embeddings included in both.
 */
export function countParameters(shape: ModelShape): { total: number; active: number } {
  const embeddings = shape.hiddenSize * shape.vocabulary * (shape.tiedEmbeddings ? 1 : 2);
  const linearLayers = shape.linearAttention?.layers ?? 0;
  const attention =
    (shape.layers - linearLayers) * attentionParameters(shape) + linearLayers * linearAttentionParameters(shape);
  const denseFfn = 3 * shape.hiddenSize * shape.ffnSize;
  if (!shape.experts) {
    const total = embeddings + attention + shape.layers * denseFfn;
    return { total, active: total };
  }
  const { count, perToken, shared, denseLayers } = shape.experts;
  const router = (shape.layers - denseLayers) * shape.hiddenSize * count;
  const always = embeddings + attention + denseLayers * denseFfn + router + shared * parametersPerExpert(shape);
  return {
    total: always + count * parametersPerExpert(shape),
    active: always + perToken * parametersPerExpert(shape),
  };
}

/** Key and value at two bytes each; the state's cost counts a read and a write, of which a window has the first. */
const bytesPerWindowElement = (2 * 2) / 2;

/**
 * Prompts spell keys and values out per head; decoding works on the latent vector itself, many more operations for fewer
 * bytes (DeepSeek-V2 report).
 */
function latentPairFlops(heads: number, mla: NonNullable<ModelShape["latentAttention"]>) {
  return {
    prompt: 2 * heads * (mla.nopeDim + mla.ropeDim + mla.valueDim),
    decode: 2 * heads * (mla.kvRank + mla.ropeDim + mla.kvRank),
  };
}

/** The plain model that travels in a world. */
export function modelOf(id: string, row: ModelRow): Model {
  const { shape } = row;
  const { latentAttention: mla, linearAttention: linear, slidingAttention: sliding, experts } = shape;
  const attentionLayers = shape.layers - (linear?.layers ?? 0) - (sliding?.layers ?? 0);
  return {
    id,
    name: row.name,
    totalParameters: row.totalParameters.value,
    activeParameters: row.activeParameters.value,
    ...(!shape.tiedEmbeddings && { lookupParameters: shape.vocabulary * shape.hiddenSize }),
    layers: shape.layers,
    hiddenSize: shape.hiddenSize,
    attentionHeads: shape.attentionHeads,
    kvHeads: shape.kvHeads,
    headDim: shape.headDim,
    vocabulary: shape.vocabulary,
    ...(experts && {
      experts: { count: experts.count, perToken: experts.perToken, parametersEach: parametersPerExpert(shape) },
    }),
    ...(linear && {
      attentionLayers,
      stateBytesPerSequence: linear.layers * linear.valueHeads * linear.keyDim * linear.valueDim * bytesPerStateElement,
    }),
    ...(sliding && {
      attentionLayers,
      // A window is read like a cache, and only one token of it is written.
      stateBytesPerSequence: sliding.layers * sliding.window * shape.kvHeads * shape.headDim * bytesPerWindowElement,
    }),
    ...(shape.sharedPrecision && { sharedPrecision: shape.sharedPrecision }),
    ...(shape.sparseAttention && { sparseAttention: shape.sparseAttention }),
    ...(mla && {
      kvBytesPerTokenBf16: shape.layers * (mla.kvRank + mla.ropeDim) * 2,
      attentionPairFlops: latentPairFlops(shape.attentionHeads, mla),
    }),
    maxContextTokens: row.maxContextTokens.value,
  };
}
