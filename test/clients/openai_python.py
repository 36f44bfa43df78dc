"""The OpenAI SDK for Python, unmodified: openai_python.py URL MODEL prints one JSON line a case, {"name", "error"}."""

import asyncio
import json
import sys

from openai import APITimeoutError, AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from pydantic import BaseModel

url, model, guide = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0)
messages = [{"role": "user", "content": "Say hi"}]
short = {"model": model, "messages": messages, "max_tokens": 4, "temperature": 0, "extra_body": {"ignore_eos": True}}
guided = {"model": model, "messages": messages, "max_tokens": 100, "temperature": 0, "logit_bias": guide["logit_bias"]}


class Format(BaseModel):
    model_config = {"extra": "forbid"}
    a: bool
    unit: str


def listed():
    assert [one.id for one in client.models.list()] == [model]


def whole():
    answer = client.chat.completions.create(**short)
    assert answer.choices[0].finish_reason == "length" and answer.usage.completion_tokens == 4


def stream():
    chunks = list(client.chat.completions.create(**short, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == client.chat.completions.create(**short).choices[0].message.content
    assert chunks[-1].usage.completion_tokens == 4


def completion():
    ask = {"model": model, "prompt": "Hello world", "max_tokens": 4, "extra_body": {"ignore_eos": True}}
    assert list(client.completions.create(**ask, stream=True))[-1].choices[0].finish_reason == "length"


def tools():
    choice = {"type": "function", "function": {"name": "f"}}
    answer = client.chat.completions.create(**guided, tools=[guide["tool"]], tool_choice=choice)
    assert Format.model_validate_json(answer.choices[0].message.tool_calls[0].function.arguments).unit in "cf"


def structured():
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": guide["tool"]["function"]["parameters"]}}
    ask = {**guided, "logit_bias": guide["end"]}
    answer = client.chat.completions.create(**ask, response_format=schema)
    assert Format.model_validate_json(answer.choices[0].message.content).unit in "cf"


def responses():
    answer = client.responses.create(model=model, input="Say hi", max_output_tokens=4, temperature=0)
    assert answer.usage.output_tokens == 4


def refused():
    try:
        client.chat.completions.create(**{**short, "temperature": -1})
    except BadRequestError as error:
        assert "temperature" in error.message and error.request_id
        return
    raise AssertionError("accepted")


def unknown():
    try:
        client.chat.completions.create(**{**short, "model": "nope"})
    except NotFoundError as error:
        assert error.param == "model"
        return
    raise AssertionError("accepted")


def timeout():
    try:
        client.with_options(timeout=0.2).chat.completions.create(**{**short, "max_tokens": 1500})
    except APITimeoutError:
        return
    raise AssertionError("no timeout")


def left():
    with client.chat.completions.create(**{**short, "max_tokens": 1500}, stream=True) as answer:
        next(iter(answer))


def many():
    async def run():
        async with AsyncOpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as several:
            return await asyncio.gather(*(several.chat.completions.create(**short) for _ in range(8)))

    assert all(answer.usage.completion_tokens == 4 for answer in asyncio.run(run()))


for case in [listed, whole, stream, completion, tools, structured, responses, refused, unknown, timeout, left, many]:
    try:
        case()
        error = None
    except Exception as thrown:  # noqa: BLE001 -- told to the caller
        error = f"{type(thrown).__name__}: {thrown}"
    print(json.dumps({"name": case.__name__, "error": error}), flush=True)
