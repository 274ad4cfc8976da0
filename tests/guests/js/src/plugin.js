// Tools that do what no plugin may, each by the name of what it does. Without the template's kit: what the engine itself does
// with a mistake is what the test is about.

import { fetch } from "nextcloud-mcp:plugin/nextcloud@0.1.0";

const all = {
  spin() {
    for (;;);
  },
  crash() {
    throw new Error("a mistake in the plugin");
  },
  allocate() {
    for (const blocks = []; ; ) blocks.push(new Uint8Array(1 << 20).fill(1));
  },
  wait() {
    const request = { method: "GET", path: "/ocs/v2.php/core/navigation/apps", headers: [], body: undefined, extra: [] };
    return String(fetch(request).status);
  },
};

export const tools = {
  describe: () =>
    Object.keys(all).map((name) => ({
      name,
      title: name,
      description: "Does what no plugin may.",
      inputSchema: '{"type": "object", "additionalProperties": false}',
      outputSchema: undefined,
      access: "read",
      idempotent: true,
      extra: [],
    })),
  call: (name) => ({ content: [{ tag: "text", val: all[name]() }], structured: undefined, extra: [] }),
};
