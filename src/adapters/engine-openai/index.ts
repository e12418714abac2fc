/** Any server that speaks OpenAI's API: vLLM, SGLang, TensorRT-LLM, llama.cpp, Ollama and others. */
export { createOpenAiEngine, type OpenAiEngineOptions } from "./openai-engine.ts";
export { askModels } from "./ask-models.ts";
