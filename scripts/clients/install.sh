#!/usr/bin/env bash
# install.sh openai|aiperf [FOLDER] : a client written in Python, in an environment of its own: the OpenAI SDK (70 MB) or AIPerf
# (0.9 GB); ten seconds each the first time, nothing when it is already there. FOLDER defaults to $SWITCHGEAR_CLIENTS or
# ~/.cache/switchgear/clients. Needs Python 3.10 or newer with venv, and PyPI. Prints the path of its python on the last line.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=${1:-}
case "$name" in openai | aiperf) ;; *) echo "clients: which one? openai or aiperf" >&2; exit 2 ;; esac
folder=${2:-${SWITCHGEAR_CLIENTS:-$HOME/.cache/switchgear/clients}}/$name
stamp=$(sha256sum <"$here/$name.txt" | cut -c1-16)
say() { printf 'clients: %s\n' "$*" >&2; }
there() { [ "$(cat "$folder/installed" 2>/dev/null || true)" = "$stamp" ]; }

command -v python3 >/dev/null || { say "python3 is missing"; exit 2; }
mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
if ! there; then
  say "installing $name into $folder"
  rm -rf "$folder/installed" "$folder/venv"
  python3 -m venv "$folder/venv"
  installer=("$folder/venv/bin/pip" install -q --disable-pip-version-check)
  if [ "$name" = aiperf ]; then
    # 140 packages: pip needs minutes to see that they fit together.
    "${installer[@]}" uv
    installer=("$folder/venv/bin/uv" pip install -q --python "$folder/venv/bin/python")
  fi
  "${installer[@]}" --no-deps -r "$here/$name.txt"
  printf '%s' "$stamp" >"$folder/installed"
  say "installed"
fi
echo "$folder/venv/bin/python"
