// Names in multipart bodies: an alias or adapter is replaced there too, and nothing else of the body changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { multipartField, withMultipartField } from "../../../src/gateway/multipart.ts";

function body(model: string, file: Uint8Array): Buffer {
  const head = `--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n${model}\r\n--b\r\n`;
  const rest = 'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';
  return Buffer.concat([Buffer.from(head + rest), file, Buffer.from("\r\n--b--\r\n")]);
}

test("the name is replaced, every other byte stays", () => {
  const name = fc.stringMatching(/^[\w/.-]{1,60}$/);
  fc.assert(
    fc.property(name, name, fc.uint8Array({ maxLength: 300 }), (from, to, file) => {
      const replaced = withMultipartField(body(from, file), "model", to);
      assert.equal(multipartField(replaced, "model"), to);
      assert.deepEqual(replaced, body(to, file));
    }),
  );
});

test("a body without the field stays as it is", () => {
  const bare = Buffer.from('--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n');
  assert.equal(withMultipartField(bare, "model", "m"), bare);
});
