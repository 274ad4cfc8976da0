// The second line of the TypeScript SDK: the revision 2026-07-28 first, older ones where a server has no other.

import { Client, StreamableHTTPClientTransport as Transport, UnauthorizedError } from '@modelcontextprotocol/client';
import { drive } from './typescript.mjs';

await drive('TypeScript SDK v2', {
  Client,
  Transport,
  UnauthorizedError,
  options: { versionNegotiation: { mode: 'auto' } },
  finish: (transport, parameters) => transport.finishAuth(parameters),
});
