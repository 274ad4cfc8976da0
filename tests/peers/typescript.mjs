// A client of the TypeScript SDK, whichever of its versions is handed in, driven by a test as lines.mjs says.

import { obey } from './lines.mjs';
import { SignIn } from './sign-in.mjs';

/** `finish` hands the callback's parameters to a transport, which the versions do differently. */
export async function drive(name, { Client, Transport, UnauthorizedError, options, finish }) {
  let endpoint, authProvider, client, transport;

  async function open() {
    client = new Client({ name, version: '1.0.0' }, options);
    transport = new Transport(new URL(endpoint), { authProvider });
    await client.connect(transport);
  }

  /** The SDKs send the user to the browser and give up; the program waits for the code and tries again. */
  async function signedIn(action) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await finish(transport, await authProvider.arrival());
      return await action();
    }
  }

  await obey({
    async connect(where) {
      endpoint = where;
      authProvider = await SignIn.prepare(name);
      await signedIn(open);
      return { protocol: transport.protocolVersion };
    },

    list: () => signedIn(async () => (await client.listTools()).tools.map((tool) => tool.name)),

    call: (what) => signedIn(() => client.callTool(what)),
  });
}
