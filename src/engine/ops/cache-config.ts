// The labels of vllm:cache_config_info: vLLM's CacheConfig with the values that a simulated engine has.

export interface CacheFacts {
  readonly blockSize: number;
  readonly gpuBlocks: number;
  readonly maxModelLen: number;
  readonly prefixCaching: boolean;
  readonly gpuMemoryUtilization: number;
  /** Set by a flag rather than derived from the profile. */
  readonly gpuBlocksOverride?: number | undefined;
  readonly cacheDtype?: string | undefined;
}

/** Fields that a simulated engine does not model keep vLLM's defaults. */
const UNTOUCHED = {
  _block_size_resolved: "True",
  cache_hit_alignment_tokens: "None",
  enable_mamba_shared_prefix_checkpoint: "False",
  hash_block_size: "None",
  is_attention_free: "False",
  kv_cache_dtype_skip_layers: "[]",
  kv_cache_layout: "None",
  kv_cache_memory_bytes: "None",
  kv_offloading_backend: "native",
  kv_offloading_size: "None",
  kv_sharing_fast_prefill: "False",
  mamba_block_size: "None",
  mamba_cache_dtype: "auto",
  mamba_cache_mode: "none",
  mamba_page_size_padded: "None",
  mamba_ssm_cache_dtype: "float32",
  num_cpu_blocks: "None",
  prefix_cache_retention_interval: "0",
  prefix_caching_hash_algo: "sha256",
  prefix_match_unit: "None",
  replayssm_buffer_len: "16",
  skip_page_size_padded: "None",
  sliding_window: "None",
  swa_bounded_replay: "True",
  use_kda_recoverssm: "False",
  use_replayssm: "False",
};

/** `blockSize` is what the engine claims: a fault may lie about it. */
export function cacheConfigLabels(facts: CacheFacts, blockSize: number): Record<string, string> {
  const tokens = facts.gpuBlocks * facts.blockSize;
  return {
    ...UNTOUCHED,
    engine: "0",
    block_size: String(blockSize),
    effective_attention_block_size: String(blockSize),
    cache_dtype: facts.cacheDtype ?? "auto",
    enable_prefix_caching: facts.prefixCaching ? "True" : "False",
    gpu_memory_utilization: String(facts.gpuMemoryUtilization),
    kv_cache_max_concurrency: pythonFloat(tokens / facts.maxModelLen),
    kv_cache_size_tokens: String(tokens),
    num_gpu_blocks: String(facts.gpuBlocks),
    num_gpu_blocks_override: facts.gpuBlocksOverride === undefined ? "None" : String(facts.gpuBlocksOverride),
    user_specified_block_size: "True",
  };
}

function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
