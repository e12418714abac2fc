import {
  accelerators,
  engineProfiles,
  models,
  type AcceleratorId,
  type EngineProfile,
  type ModelId,
} from "../catalog/index.ts";

/** Names of chips in published files that are not the catalogue's with other punctuation. */
const systemNames: Readonly<Record<string, AcceleratorId>> = {
  rtxpro6000server: "rtx-pro-6000",
  rtxpro6000blackwell: "rtx-pro-6000",
  rtxpro6000blackwellserveredition: "rtx-pro-6000",
  rtxpro6000blackwellworkstationedition: "rtx-pro-6000",
  b60: "arc-pro-b60",
  a100: "a100-sxm",
  h100: "h100-sxm",
  h200: "h200-sxm",
  b200: "b200-sxm",
  b300: "b300-sxm",
  gb200sxm: "gb200",
  gb200nvl72: "gb200",
  gb300sxm: "gb300",
  gb300nvl72: "gb300",
  a6000: "rtx-a6000",
  thor: "jetson-agx-thor",
  jetsonthor: "jetson-agx-thor",
  orin: "jetson-agx-orin",
  agxthor: "jetson-agx-thor",
  agxorin: "jetson-agx-orin",
  trn2: "trainium2",
  trn3: "trainium3",
  inf2: "inferentia2",
  trillium: "tpu-v6e",
  ironwood: "tpu-v7",
};

/** Releases with the shape of an entry of the catalogue under another name. */
const sameShape: Readonly<Record<string, ModelId>> = {
  "llama-3.3-70b": "llama-3.1-70b",
  "llama-3-70b": "llama-3.1-70b",
  "llama-3-8b": "llama-3.1-8b",
  "qwen2-0.5b": "qwen2.5-0.5b",
  "qwen2-1.5b": "qwen2.5-1.5b",
  "qwen2-7b": "qwen2.5-7b",
  "qwen2-72b": "qwen2.5-72b",
  "llama-3.1-nemotron-70b": "llama-3.1-70b",
  "llama-3.1-nemotron-nano-8b": "llama-3.1-8b",
  "minimax-m2": "minimax-m2.5",
  "deepseek-r1-distill-llama-8b": "llama-3.1-8b",
  "deepseek-r1-distill-llama-70b": "llama-3.1-70b",
  "deepseek-r1-distill-qwen-14b": "qwen2.5-14b",
  "deepseek-r1-distill-qwen-32b": "qwen2.5-32b",
  "deepseek-r1-0528-qwen3-8b": "qwen3-8b",
  "qwq-32b": "qwen2.5-32b",
  "qwen2.5-coder-7b": "qwen2.5-7b",
  "qwen2.5-coder-32b": "qwen2.5-32b",
  "qwen3-coder-30b-a3b": "qwen3-30b-a3b",
  "qwen2.5-vl-7b": "qwen2.5-7b",
  "qwen2.5-vl-32b": "qwen2.5-32b",
  "qwen2.5-vl-72b": "qwen2.5-72b",
  "qwen3.6-27b": "qwen3.5-27b",
  "qwen3.6-35b-a3b": "qwen3.5-35b-a3b",
  "qwen3-coder-next": "qwen3-next-80b-a3b",
  "deepseek-math-v2": "deepseek-v3.2",
  "qwen3-vl-8b": "qwen3-8b",
  "qwen3-vl-30b-a3b": "qwen3-30b-a3b",
  "qwen3-vl-32b": "qwen3-32b",
  "qwen3-vl-235b-a22b": "qwen3-235b-a22b",
  "llama-4-scout-17b-16e": "llama-4-scout",
  "llama-4-maverick-17b-128e": "llama-4-maverick",
  "mistral-7b-v0.1": "mistral-7b",
  "mistral-small-3.1-24b": "mistral-small-24b",
  "mistral-small-3.2-24b": "mistral-small-24b",
  "mistral-large-instruct-2407": "mistral-large-2",
  "mistral-large-instruct-2411": "mistral-large-2",
  "glm-4.6": "glm-4.5",
  "glm-4.7": "glm-4.5",
};

/** Releases whose names begin like an entry of the catalogue but whose shape is another. */
const otherShape: readonly RegExp[] = [
  // Some stores name what was distilled from it by its size alone.
  /^deepseek-r1-(distill-|(?!671b)\d+(\.\d+)?b)/,
  /^mistral-nemo-minitron/,
  /^llama-3\.\d-nemotron-(super|ultra)/,
  /^glm-4\.[567]v/,
  /^qwen3\.5-(?!397b|122b|35b|27b)/,
  /^phi-4-(mini|multimodal)/,
];

const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Words of a driver's or a shop's name that tell no chip from another: makers, boards, servers, and how many there are. */
const makersWords =
  /\b(nvidia|amd|intel|google|aws|instinct|geforce|tesla|gpus?|tensor core|hgx|dgx|oam|sxm6 ac|\d{1,3} ?gpus?|\d{1,3} ?x|x ?\d{1,3})\b/g;
/** A count that stands at a chip without a space, as in 8xH100 and H100x8, and not the number of an RTX. */
const joinedCount = /^\d{1,3}x(?=[a-z])|(?<=\d[a-z]*)x\d{1,3}$/g;
const memoryWords = /\b(hbm\d?e?|gddr\d?x?|ecc)\b/g;
/** Boards of these come in one form, so that naming it says nothing; an A100 or H100 on PCIe is another chip. */
const onlyOnPcie = /^(l4|l40s|h100nvl|h200nvl|h20|rtx|b60|arc|ai100)/;
/** Makers and drivers count a memory differently by less than this. */
const sameMemoryRatio = 0.12;

/**
 * The catalogue's accelerator of a name such as `h200_sxm`, `NVIDIA H100 80GB HBM3`, `A100-SXM4-80GB` or `RTXPRO6000`; null
 * when it has none, or none with the memory that the name states.
 */
export function acceleratorNamed(system: string): AcceleratorId | null {
  const words = system
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, " ")
    .trim();
  const whole = idOfChip(plain(words));
  if (whole !== null) return whole;
  const [, memory = null] = /(?<![a-z0-9])(\d+) ?gi?b?\b/.exec(words) ?? [];
  const kept = words
    .replaceAll(joinedCount, " ")
    .replaceAll(makersWords, " ")
    .replaceAll(memoryWords, " ")
    .replaceAll(/(?<![a-z0-9])\d+ ?gi?b?\b/g, " ")
    .replaceAll(/sxm\d\b/g, "sxm");
  const id =
    idOfChip(plain(kept)) ?? (onlyOnPcie.test(plain(kept)) ? idOfChip(plain(kept.replaceAll("pcie", " "))) : null);
  if (id === null || memory === null) return id;
  const isThat = Math.abs(Number(memory) / accelerators[id].memoryGB.value - 1) < sameMemoryRatio;
  // The same chip with another memory is an entry of its own, if it is one.
  return isThat ? id : idOfChip(`${plain(kept).replace(/sxm$/, "")}${memory}gb`);
}

function idOfChip(wanted: string): AcceleratorId | null {
  if (Object.hasOwn(systemNames, wanted)) return systemNames[wanted]!;
  return (Object.keys(accelerators) as AcceleratorId[]).find((id) => plain(id) === wanted) ?? null;
}

/** A download's folder names its model `models--Org--Name` and the version below that. */
function repositoryOf(path: string): string {
  const folder = path.split("/").find((part) => part.startsWith("models--"));
  return folder === undefined ? path : folder.split("--").slice(1).join("/");
}

/**
 * `Org/Name-Instruct-FP8` is the catalogue's `name`; versions of a family with the same shape share an entry. Benchmarks
 * write names their own way: `LLAMA3.1_8B`, `llama2-70b-99.9`, `llama3_1-405b`.
 */
export function modelNamed(path: string): ModelId | null {
  const name = repositoryOf(path.trim().replace(/\/+$/, ""))
    .split("/")
    .at(-1)!
    .toLowerCase()
    .replaceAll(":", "-")
    .replaceAll(/(?<=^(?:meta[-_])?llama[-_]?\d)_(?=\d\b)/g, ".")
    .replaceAll(/[_ ]/g, "-")
    .replace(/^(meta|nvidia|amd|moe)-/, "")
    .replace(/^(llama|mixtral)(?=\d)/, "$1-");
  let best = "";
  for (const id of [...Object.keys(models), ...Object.keys(sameShape)]) {
    const matches = name === id || name.startsWith(`${id}-`) || name.startsWith(`${id}.`);
    if (matches && id.length > best.length) best = id;
  }
  if (best === "") return null;
  if (Object.hasOwn(sameShape, best)) return sameShape[best]!;
  return otherShape.some((pattern) => pattern.test(name)) ? null : (best as ModelId);
}

const engineNames: Readonly<Record<string, keyof typeof engineProfiles>> = {
  tensorrtllm: "trtllm",
  trt: "trtllm",
  tensorrt: "trtllm",
  llamaserver: "llamacpp",
};

/** The catalogue's engine of a name such as `vLLM` or `TensorRT-LLM`; null when it has none. */
export function engineNamed(name: string): EngineProfile | null {
  // A version or an image's name may stand behind: `vLLM 0.19`, `vllm/vllm-openai`.
  const stem = name
    .trim()
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^dynamo[-_ ]/, "")
    .replace(/[-_ :(]*v?\d.*$/, "")
    .replace(/[-_ ](openai|rocm|cuda|pytorch|torch|cpp)$/, "");
  const wanted = plain(stem);
  const id = engineNames[wanted] ?? Object.keys(engineProfiles).find((key) => plain(key) === wanted);
  return id === undefined ? null : engineProfiles[id as keyof typeof engineProfiles];
}
