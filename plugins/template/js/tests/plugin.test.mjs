// Runs the tools with plain Node, against answers that a test scripts: no WebAssembly, no server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answer, host } from "./host.mjs";
import { tools } from "../src/plugin.js";

test("apps are filtered by name and linked", () => {
  const menu = [
    { id: "files", name: "Files", href: "/cloud/apps/files/" },
    { id: "calendar", name: "Calendar", href: "/cloud/apps/calendar/" },
  ];
  host.answers = [answer(200, { ocs: { data: menu } })];
  const output = tools.call("list_apps", '{"name": "CAL"}');
  const url = "https://example.org/cloud/apps/calendar/";
  assert.deepEqual(JSON.parse(output.structured), { apps: [{ id: "calendar", name: "Calendar", url }] });
});

test("every tool has a title, a description and schemas of objects", () => {
  for (const tool of tools.describe()) {
    assert.ok(tool.title && tool.description.includes("Example"), tool.name);
    for (const schema of [tool.inputSchema, tool.outputSchema]) assert.equal(JSON.parse(schema).type, "object", tool.name);
  }
});
