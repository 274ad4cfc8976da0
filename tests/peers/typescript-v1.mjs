// The first line of the TypeScript SDK, which most clients of today are made with.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport as Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { drive } from './typescript.mjs';

await drive('TypeScript SDK v1', {
  Client,
  Transport,
  UnauthorizedError,
  finish: (transport, parameters) => transport.finishAuth(parameters.get('code')),
});
