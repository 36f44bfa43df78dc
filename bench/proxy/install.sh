#!/bin/sh
# Unpacks the rivals of `npm run bench:proxy` into ~/.cache/switchgear-bench: nginx (Debian), vllm-router and smg (PyPI).
# What cannot be had is said and left out; the benchmark then says "absent".
set -u
cache=${SWITCHGEAR_BENCH_CACHE:-$HOME/.cache/switchgear-bench}
mkdir -p "$cache"
cd "$cache" || exit 1

if [ -x nginx/usr/sbin/nginx ]; then
  echo "nginx: there"
elif apt-get download nginx >/dev/null 2>&1 || { apt-get update -qq && apt-get download nginx; } >/dev/null 2>&1; then
  dpkg -x nginx_*.deb nginx && rm -f nginx_*.deb && echo "nginx: unpacked"
else
  echo "nginx: absent (apt-get download failed)"
fi

python() {
  name=$1
  version=$2
  if [ -x "$name/bin/python" ] && "$name/bin/python" -m pip show -q "$name" 2>/dev/null; then
    echo "$name: there"
  elif python3 -m venv "$name" && "$name/bin/python" -m pip install -q "$name==$version" >"$name.log" 2>&1; then
    echo "$name: installed $version"
  else
    echo "$name: absent (see $cache/$name.log)"
  fi
}
python vllm-router 0.1.17
python smg 1.13.0
