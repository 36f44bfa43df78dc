#!/usr/bin/env bash
# nixl.sh FOLDER PREFILL_PORT DECODE_PORT : two real vLLM that move KV between them with NIXL on the CPU, for the recording that
# nixl-record.ts makes. FOLDER is install.sh's; NIXL goes into FOLDER/nixl. Minutes, 5 GB of memory; ends both when it is ended.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1 prefill=$2 decode=$3
if [ ! -d "$folder/nixl/nixl" ] && [ ! -d "$folder/nixl/nixl_cu13" ]; then
  "$folder/venv/bin/pip" install -q --no-deps --target "$folder/nixl" nixl==1.5.1 nixl-cu13==1.5.1
fi
export PYTHONPATH="$folder/nixl" UCX_TLS=tcp,self,sm VLLM_NIXL_SIDE_CHANNEL_HOST=127.0.0.1
config='{"kv_connector":"NixlConnector","kv_role":"kv_both","kv_buffer_device":"cpu"}'
trap 'kill "${first:-}" "${second:-}" 2>/dev/null || true; wait' EXIT
VLLM_NIXL_SIDE_CHANNEL_PORT=$((prefill + 1000)) "$here/serve.sh" "$folder" "$prefill" $((prefill + 2000)) --kv-transfer-config "$config" &
first=$!
VLLM_NIXL_SIDE_CHANNEL_PORT=$((decode + 1000)) "$here/serve.sh" "$folder" "$decode" $((decode + 4000)) --kv-transfer-config "$config" &
second=$!
wait -n
