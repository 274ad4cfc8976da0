// A tour with a client of the TypeScript SDK, v1 or v2: what a test wants to have seen, as one JSON object, the last line of
// the output. tests/tests/clients/tour.rs says what it must hold; the client is what docs/clients.md makes of it.

import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

// A call that Nextcloud does not answer is given up after so many milliseconds; it would take a minute.
const PATIENCE = 1500;

// A plugin that comes is noticed, compiled and told of within so many milliseconds, on a busy machine.
const SOON = 60_000;

/** `again`: v1 cannot take back a call over HTTP (it tells the server in a request of its own, which nobody can match to a call
 * without a session); so it goes away, and `again` makes a new client. */
export async function tour(client, { again, passSchema } = {}) {
  // v1 takes a schema for the result in between, v2 does not.
  const call = (name, args, options) =>
    passSchema ? client.callTool({ name, arguments: args }, undefined, options) : client.callTool({ name, arguments: args }, options);
  const pages = async (list, of) => {
    const everything = [];
    for (let cursor; ; ) {
      const page = await list.call(client, cursor === undefined ? {} : { cursor });
      everything.push(...page[of]);
      if ((cursor = page.nextCursor) === undefined) return everything;
    }
  };
  const seen = {};
  seen.tools = (await pages(client.listTools, 'tools')).map((tool) => tool.name);
  seen.structured = (await call('nc_library_count', {})).structuredContent;
  seen.failed = (await call('nc_notes_get_note', { note_id: 999999 })).isError;

  const listed = await pages(client.listResources, 'resources');
  seen.resources = listed.map((resource) => resource.name);
  const book = listed.find((resource) => resource.name.includes('Q&A'));
  seen.read = (await client.readResource({ uri: book.uri })).contents[0].text;
  seen.templates = (await pages(client.listResourceTemplates, 'resourceTemplates')).map((template) => template.uriTemplate);
  await client.readResource({ uri: 'nc://library/books/Ulysses' }).catch((error) => (seen.unread = error.message));

  seen.prompts = (await pages(client.listPrompts, 'prompts')).map((prompt) => prompt.name);
  const said = await client.getPrompt({ name: 'nc_library_discuss', arguments: { title: 'Moby Dick', length: 'short' } });
  seen.said = said.messages.map(({ content }) => content.text ?? content.resource.text);
  const completion = await client.complete({
    ref: { type: 'ref/prompt', name: 'nc_library_discuss' },
    argument: { name: 'title', value: 'm' },
  });
  seen.proposed = completion.completion.values;

  seen.progress = [];
  await call('nc_conformance_test_tool_with_progress', {}, { onprogress: ({ progress }) => seen.progress.push(progress) });

  seen.heard = await heard(client, passSchema, async () => (await pages(client.listTools, 'tools')).map((tool) => tool.name));

  const signal = AbortSignal.timeout(PATIENCE);
  const slow = call('nc_notes_get_note', { note_id: 7 }, again ? {} : { signal });
  if (again) signal.addEventListener('abort', () => client.close());
  await slow.catch(() => (seen.gave_up = true));
  if (again) client = await again();
  // There is one place for calls: had that one not ended, this would not come through.
  seen.afterwards = (await call('nc_library_count', {}, { timeout: 10_000 })).structuredContent;
  await client.close();
  console.log(JSON.stringify(seen));
  process.exit();
}

/** The tools that came while the client listened; nothing for one that is not promised to be told. */
async function heard(client, passSchema, tools) {
  if (!client.getServerCapabilities().tools.listChanged) return null;
  const before = await tools();
  let news = 'notifications/tools/list_changed';
  // v1 is told without having asked, and names a notification by its schema; v2 asks.
  if (passSchema) ({ ToolListChangedNotificationSchema: news } = await import('@modelcontextprotocol/sdk/types.js'));
  const told = new Promise((resolve) => client.setNotificationHandler(news, () => resolve(true)));
  const subscription = passSchema ? undefined : await client.listen({ toolsListChanged: true });
  // Who tests lays another plugin down once this is there.
  writeFileSync('listening', '');
  if (!(await Promise.race([told, pause(SOON, false)]))) throw new Error('it was told of no change');
  await subscription?.close();
  return (await tools()).filter((name) => !before.includes(name));
}
