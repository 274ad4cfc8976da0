// mcp-remote, which lets clients that only start programs reach a server over HTTP, driven by a test as lines.mjs says.
// It keeps its tokens in MCP_REMOTE_CONFIG_DIR.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { obey, say } from './lines.mjs';

const PROGRAM = fileURLToPath(new URL('node_modules/mcp-remote/dist/proxy.js', import.meta.url));

const client = new Client({ name: 'mcp-remote', version: '1.0.0' });

await obey({
  async connect(endpoint) {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [PROGRAM, endpoint, '--allow-http'],
      // A browser that does nothing; the test's takes its place.
      env: { ...process.env, BROWSER: 'true' },
      stderr: 'pipe',
    });
    showBrowser(transport.stderr);
    await client.connect(transport, { timeout: 120_000 });
    return { protocol: transport.protocolVersion ?? null };
  },

  async list() {
    const { tools } = await client.listTools();
    return tools.map((tool) => tool.name);
  },

  call: (what) => client.callTool(what),
});

/** Hands on the address that it prints below "Please authorize"; the rest of its log is there for whoever looks. */
function showBrowser(log) {
  let next = false;
  createInterface({ input: log }).on('line', (line) => {
    if (next) say({ open: line.trim() });
    next = line.startsWith('Please authorize');
    process.stderr.write(`${line}\n`);
  });
}
