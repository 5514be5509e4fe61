// Follows what the server tells by a public client, and prints each thing on a line: `node follow.mjs sse|ws URL TOKEN`.
// A line that comes in on standard input is an operation: { query, variables }.
import { createInterface } from 'node:readline';
import { createClient as createEvents } from 'graphql-sse';
import { createClient as createSocket } from 'graphql-ws';
import WebSocket from 'ws';

const [protocol, url, token] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify(what));
const authorization = `Bearer ${token}`;
const client = {
  sse: () => createEvents({ url, headers: { authorization }, retryAttempts: 0 }),
  ws: () =>
    createSocket({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization },
      retryAttempts: 0,
      on: { closed: ({ code, reason }) => say({ closed: code, reason }) },
    }),
}[protocol]();

for await (const line of createInterface({ input: process.stdin })) {
  client.subscribe(JSON.parse(line), {
    next: (told) => say({ next: told }),
    error: (error) => say({ error: Array.isArray(error) ? error.map((one) => one.extensions) : String(error.message ?? error) }),
    complete: () => say({ complete: true }),
  });
}
await client.dispose();
