import { vendor } from "./figure.ts";
import type { ModelRow, ModelShape } from "./model-row.ts";

export interface ModelCells {
  readonly name: string;
  readonly maker: string;
  readonly licence: string;
  readonly totalB: number;
  /** Billions active per token; equal to `totalB` when absent. */
  readonly activeB?: number;
  readonly contextTokens: number;
  readonly shape: ModelShape;
}

/** A model of the catalogue; the figures are those of its published configuration. */
export const row = (cells: ModelCells): ModelRow => ({
  name: cells.name,
  maker: cells.maker,
  licence: cells.licence,
  shape: cells.shape,
  totalParameters: vendor(cells.totalB * 1e9, "count", "model-config"),
  activeParameters: vendor((cells.activeB ?? cells.totalB) * 1e9, "count", "model-config"),
  maxContextTokens: vendor(cells.contextTokens, "tokens", "model-config"),
});

/** [layers, hidden, heads, kvHeads, headDim, ffn, vocabulary] as in the published configurations. */
export const dense = (
  [layers, hiddenSize, attentionHeads, kvHeads, headDim, ffnSize, vocabulary]: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ],
  tiedEmbeddings = false,
): ModelShape => ({ layers, hiddenSize, attentionHeads, kvHeads, headDim, ffnSize, vocabulary, tiedEmbeddings });
