// How a test drives a client: it writes commands to the client's standard input and reads what comes back, one JSON
// object a line.
//
//   {"connect": ENDPOINT}                     -> {"answer": {"protocol": VERSION}}
//   {"list": null}                            -> {"answer": [NAME, ...]}
//   {"call": {"name": ..., "arguments": ...}} -> {"answer": the tool's result}
//
// A command may have {"failure": TEXT} for an answer. While it runs, {"open": URL} asks for the user's browser, which
// comes back to the client by itself, on loopback. The end of the input ends the client.

import { createInterface } from 'node:readline';

export function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Carries out the commands, each of which is a function in `commands`, until the input ends. */
export async function obey(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [[command, what]] = Object.entries(JSON.parse(line));
    try {
      say({ answer: await commands[command](what) });
    } catch (error) {
      say({ failure: error.stack ?? String(error) });
    }
  }
  process.exit();
}
