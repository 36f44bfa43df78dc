#!/bin/sh
# Writes the golden values of the statistics and of the seed's report anew, in a throw-away Python environment.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${GOLDEN_VENV:-$(mktemp -d)/venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
"$venv/bin/python" "$here/statistics_values.py" > "$root/test/stats/golden.json"
"$venv/bin/python" "$here/seed_values.py" > "$root/test/migration/seed-golden.json"
"$venv/bin/python" "$here/python_format_values.py" > "$root/test/core/python-format-golden.json"
"$venv/bin/python" "$here/seed_score_values.py" > "$root/test/assess/seed-score-golden.json"
"$root/node_modules/.bin/oxfmt" "$root/test/stats/golden.json" "$root/test/migration/seed-golden.json" "$root/test/core/python-format-golden.json"
