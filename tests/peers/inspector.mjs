// The Inspector's command line, driven by a test as lines.mjs says: a process for each command, which keeps its tokens in
// MCP_STORAGE_DIR.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { obey, say } from './lines.mjs';

const PROGRAM = fileURLToPath(
  new URL('node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url),
);

const env = {
  ...process.env,
  // It signs in only where it may open a browser. This one does nothing; the test's takes its place.
  MCP_AUTO_OPEN_ENABLED: 'true',
  BROWSER: 'true',
  // Not in the keychain of whoever runs the tests.
  MCP_INSPECTOR_SECRET_STORE: 'file',
};

let endpoint, callback;

await obey({
  async connect(where) {
    endpoint = where;
    callback = `http://127.0.0.1:${await freePort()}/oauth/callback`;
    const { protocolVersion } = await run('initialize');
    return { protocol: protocolVersion ?? null };
  },

  async list() {
    const { tools } = await run('tools/list');
    return tools.map((tool) => tool.name);
  },

  call: ({ name, arguments: args }) => run('tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args)),
});

async function run(method, ...rest) {
  const args = ['--cli', endpoint, '--transport', 'http', '--callback-url', callback, '--method', method, ...rest];
  const child = spawn(process.execPath, [PROGRAM, ...args, '--format', 'json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line);
    const url = line.match(/https?:\/\/\S*response_type=code\S*/)?.[0];
    if (url) say({ open: url });
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`inspector ended with ${code}:\n${output}\n${log.join('\n')}`);
  return JSON.parse(output).result;
}

/** The callback is part of the registration, so it stays the same for all commands. */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
