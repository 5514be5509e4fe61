// The audits of GraphQL over HTTP that npm graphql-http carries: each of them, by both doors.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { Server, cast } from './stage/server.mjs';

/** As many as the version in the lock file has. */
const AUDITS = 61;

const doors = [
  ['without a token, by the open door', await Server.openDoor(), undefined],
  ['with a token, by the door of the program', await Server.start(), cast().inspector],
];
after(() => Promise.all(doors.map(([, server]) => server.stop())));

for (const [name, server, token] of doors) {
  const withToken = (url, options = {}) => {
    const headers = new Headers(options.headers);
    if (token) headers.set('authorization', `Bearer ${token}`);
    return fetch(url, { ...options, headers });
  };
  const audits = serverAudits({ url: server.url, fetchFn: withToken });
  test(`GraphQL over HTTP, ${name}: all ${AUDITS} audits hold`, async (t) => {
    assert.equal(audits.length, AUDITS);
    for (const audit of audits) {
      await t.test(`${audit.id} ${audit.name}`, async () => {
        const result = await audit.fn();
        // A MAY that does not hold is a 'notice': counted too.
        assert.equal(result.status, 'ok', result.reason);
      });
    }
  });
}

test('GraphQL over HTTP: nothing is answered without a token by the door of the program', async () => {
  const [, [, server]] = doors;
  const answer = await server.client().raw({ query: '{ __typename }' });
  const body = await answer.json();
  assert.deepEqual([answer.status, body.data, body.errors[0].extensions.code], [401, undefined, 'UNAUTHENTICATED']);
});
