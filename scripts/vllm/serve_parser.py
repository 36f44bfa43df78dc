"""What the installed vLLM's own parser of `vllm serve` says: its options, and how it reads command lines.

Run by the Python of a vLLM installation. Reads {"argvs": [[word, …], …]} from standard input and prints
{"version", "options": […], "parsed": [{"values": {dest: value}} or {"error": text}, …]}.
"""

import contextlib
import io
import json
import sys

import vllm
from vllm.entrypoints.cli.serve import ServeSubcommand
from vllm.utils.argparse_utils import FlexibleArgumentParser

KINDS = {
    "int": "int",
    "float": "float",
    "str": "text",
    "human_readable_int": "human-int",
    "human_readable_int_or_auto": "human-int-auto",
    "union_dict_and_str": "json-or-text",
    "loads": "json",
}


def inner(kind):
    """The type inside optional_type, and whether None is a value."""
    name = getattr(kind, "__qualname__", "")
    if name.startswith("optional_type"):
        return inner(kind.__closure__[0].cell_contents)[0], True
    if name.startswith("parse_type"):
        return inner(kind.__closure__[0].cell_contents)[0], False
    return kind, False


def kind_of(action):
    name = type(action).__name__
    if name == "BooleanOptionalAction":
        return "switch", False
    if name == "_StoreTrueAction":
        return "bare", False
    if name == "_AppendAction":
        return "append", False
    kind, nullable = inner(action.type)
    qualified = getattr(kind, "__qualname__", "")
    found = KINDS.get(qualified, "json" if "parse_dataclass" in qualified or kind is json.loads else "text")
    if action.nargs == "+":
        return ("ints" if found == "int" else "texts"), nullable
    if action.nargs == "?":
        return "optional-text", nullable
    return found, nullable


def default_of(action):
    if isinstance(action.default, (set, tuple)):
        return sorted(action.default)
    try:
        json.dumps(action.default)
        return action.default
    except TypeError:
        return getattr(action.default, "value", None)


def describe(action, groups):
    kind, nullable = kind_of(action)
    plain = [name for name in action.option_strings if not name.startswith("--no-") or kind != "switch"]
    choices = action.choices and [str(one) for one in action.choices if one is not None and str(one) != "None"]
    return {
        "name": plain[0],
        "others": plain[1:],
        "kind": kind,
        "nullable": nullable,
        "default": None if action.default == "==SUPPRESS==" else default_of(action),
        "choices": choices or None,
        "group": groups.get(action.dest, ""),
        "dest": action.dest,
    }


def read(parser, serve, argv):
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            space = parser.parse_args(argv)
    except SystemExit:
        return {"error": complaint.getvalue().strip().splitlines()[-1]}
    except Exception as thrown:
        return {"error": f"{type(thrown).__name__}: {thrown}"}
    defaults = {action.dest: action.default for action in serve._actions}
    return {
        "values": {
            key: json.loads(json.dumps(value, default=str))
            for key, value in vars(space).items()
            if key in defaults and value != defaults[key]
        }
    }


def main():
    asked = json.load(sys.stdin)
    parser = FlexibleArgumentParser(prog="vllm")
    serve = ServeSubcommand().subparser_init(parser.add_subparsers(dest="subparser"))
    groups = {a.dest: g.title for g in serve._action_groups for a in g._group_actions}
    options = [describe(a, groups) for a in serve._actions if a.option_strings and a.dest != "help"]
    parsed = [read(parser, serve, argv) for argv in asked["argvs"]]
    json.dump({"version": vllm.__version__, "options": options, "parsed": parsed}, sys.stdout)


main()
