#!/usr/bin/env bash
# serve.sh FOLDER PORT EVENTS_PORT [more vllm arguments] : the vLLM that install.sh put into FOLDER, as model `tiny`: prefix cache, KV
# events on EVENTS_PORT and their replay on the port after it. Ready in about 30 s (poll /health), 2 GB, 3 processes.
set -euo pipefail
folder=$1 port=$2 events=$3
shift 3
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" VLLM_CPU_KVCACHE_SPACE="${VLLM_CPU_KVCACHE_SPACE:-1}"
export HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1
export PYTHONPATH="$(dirname "$(readlink -f "$0")")/python"
# A random model would fill JSON with white space for ever. On a CPU vLLM wants blocks of a multiple of 32 tokens.
exec "$folder/venv/bin/vllm" serve "$folder/model" --served-model-name tiny --host 127.0.0.1 --port "$port" \
  --load-format dummy --enforce-eager --max-model-len 2048 --max-num-seqs 8 --max-num-batched-tokens 2048 \
  --block-size 32 --num-gpu-blocks-override 256 --enable-prefix-caching --enable-prompt-tokens-details \
  --enable-server-load-tracking --enable-request-id-headers --scheduling-policy priority \
  --enable-auto-tool-choice --tool-call-parser hermes \
  --structured-outputs-config '{"backend":"xgrammar","disable_any_whitespace":true}' \
  --kv-events-config "{\"enable_kv_cache_events\":true,\"publisher\":\"zmq\",\"endpoint\":\"tcp://*:$events\",\"replay_endpoint\":\"tcp://*:$((events + 1))\",\"topic\":\"kv-events\"}" "$@"
