// Hazards of files: forms and uploads that are made to cost much, or to leave something behind.
import assert from 'node:assert/strict';
import { afterEach, after, test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { SECOND, Siege } from './stage/siege.mjs';
import { hold, say, statusOf } from './stage/wire.mjs';

const UPLOAD_LIMIT = 2 * 1024 * 1024;
const siege = await Siege.begin(['--upload-limit', String(UPLOAD_LIMIT)]);
const { server } = siege;
const { token } = siege.officer;
afterEach(() => siege.isWell());
after(() => siege.end());

const BOUNDARY = 'xYz-Suite';
const CREATE = 'mutation($file: Upload) { createSubmission(input: { file: $file, dataset: "indicatoren" }) { submission { fileName state } userErrors { code } } }';
const operations = JSON.stringify({ query: CREATE, variables: { file: null } });
const map = '{"a":["variables.file"]}';

const part = (head, content) => Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
const field = (name, content) => part(`Content-Disposition: form-data; name="${name}"`, content);
const file = (name, content, fileName = 'cijfers.csv') =>
  part(`Content-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: text/csv`, content);
const form = (...parts) => Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);

const HEADERS = { authorization: `Bearer ${token}`, accept: 'application/graphql-response+json' };
const FORM = { ...HEADERS, 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, 'graphql-require-preflight': '1' };
const send = (body, headers = FORM) => siege.timed(() => fetch(server.url, { method: 'POST', headers, body }));
const upload = (body, headers = {}, name = 'a.csv') =>
  siege.timed(() =>
    fetch(`${server.base}/uploads?fileName=${encodeURIComponent(name)}`, { method: 'POST', headers: { ...HEADERS, 'content-type': 'text/csv', ...headers }, body }),
  );

test('forms that are made to cost much are refused within a second', async (t) => {
  const names = (count) => Array.from({ length: count }, (_, at) => at);
  const many = JSON.stringify({ query: CREATE, variables: { file: null, f: names(5_000).map(() => null) } });
  const cases = {
    'one file in 5,000 places': [form(field('operations', many), field('map', JSON.stringify({ a: names(5_000).map((at) => `variables.f.${at}`) })), file('a', 'x')), [400, 413]],
    '1,500 files in the map': [form(field('operations', many), field('map', JSON.stringify(Object.fromEntries(names(1_500).map((at) => [at, [`variables.f.${at}`]]))))), [400]],
    '1,000 files that the map does not name': [form(field('operations', operations), field('map', map), ...names(1_000).map((at) => file(`x${at}`, 'x'))), [400]],
    'the same file a thousand times': [form(field('operations', operations), field('map', map), ...names(1_000).map(() => file('a', 'x'))), [400]],
    'operations of 65 KiB': [form(field('operations', operations + ' '.repeat(65 * 1024)), field('map', map), file('a', 'x')), [413]],
    'a map of 65 KiB': [form(field('operations', operations), field('map', map + ' '.repeat(65 * 1024)), file('a', 'x')), [413]],
    'operations nested 30,000 deep': [form(field('operations', '['.repeat(30_000)), field('map', map), file('a', 'x')), [400]],
    'a map nested 30,000 deep': [form(field('operations', operations), field('map', '{"a":'.repeat(12_000)), file('a', 'x')), [400]],
    'a place nested 20,000 deep': [form(field('operations', operations), field('map', JSON.stringify({ a: [`variables.file${'.0'.repeat(20_000)}`] })), file('a', 'x')), [400]],
    'a place of a name that every object has': [form(field('operations', operations), field('map', '{"a":["variables.__proto__.file"]}'), file('a', 'x')), [400]],
    'a head of 200 KB': [form(part(`X: ${'x'.repeat(200_000)}`, '')), [400]],
    'a thousand headers of a part': [form(part(`${'X: y\r\n'.repeat(1_000)}Content-Disposition: form-data; name="operations"`, operations)), [400]],
    'a name of 100 KB': [form(field('a'.repeat(100_000), operations)), [400]],
    'a form within a form': [form(part(`Content-Type: multipart/mixed; boundary=b\r\nContent-Disposition: form-data; name="operations"`, '--b\r\n\r\nx\r\n--b--')), [400]],
    'a form without its end': [Buffer.concat([field('operations', operations), field('map', map), file('a', 'x')]), [400]],
    'a file above the limit': [form(field('operations', operations), field('map', map), file('a', Buffer.alloc(UPLOAD_LIMIT + 1, 'a'))), [413]],
    'a form in gzip': [gzipSync(form(field('operations', operations), field('map', map), file('a', 'x'))), [415], { ...FORM, 'content-encoding': 'gzip' }],
    'a form that any page could send': [form(field('operations', operations), field('map', map), file('a', 'x')), [415], { ...FORM, 'graphql-require-preflight': '' }],
    'a boundary of 100 letters': [form(field('operations', operations)), [400], { ...FORM, 'content-type': `multipart/form-data; boundary=${'b'.repeat(100)}` }],
    'no boundary': [form(field('operations', operations)), [400], { ...FORM, 'content-type': 'multipart/form-data' }],
    'text/plain': [operations, [415], { ...FORM, 'content-type': 'text/plain' }],
    'a form of a browser': ['query=%7Bviewer%7Brole%7D%7D', [415], { ...FORM, 'content-type': 'application/x-www-form-urlencoded' }],
    'nobody’s token': [form(field('operations', operations), field('map', map), file('a', 'x')), [401], { ...FORM, authorization: 'Bearer kz_nobody' }],
  };
  for (const [name, [body, statuses, headers]] of Object.entries(cases)) {
    await t.test(name, async () => {
      const answer = await send(body, headers);
      assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.text.slice(0, 300)}`);
      assert.equal(JSON.parse(answer.text).data, undefined);
      siege.isShort(answer.text, answer.took);
      await siege.isWell();
    });
  }
  await t.test('64 MiB of operations, announced', async () => {
    const head = Object.entries(FORM).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const answer = await say(server.base, `POST /graphql HTTP/1.1\r\nHost: x\r\n${head}Content-Length: 67108864\r\n\r\n`);
    assert.equal(statusOf(answer), 413, answer.heard);
  });
});

test('a name of a file is never a path', async (t) => {
  const bad = ['../../../etc/passwd', '/etc/passwd', 'C:\\\\x\\\\a.csv', 'a\u0000.csv', '..', `${'a'.repeat(5_000)}.csv`, '\u202evsc.a', '<script>.csv'];
  for (const name of bad) {
    await t.test(JSON.stringify(name).slice(0, 40), async () => {
      const sent = await send(form(field('operations', operations), field('map', map), file('a', 'agb_code;x\r\n1;2\r\n', name)));
      const told = [(await upload('a;b\r\n1;2\r\n', {}, name)).text, sent.text].map((text) => JSON.parse(text));
      for (const fileName of [told[0].fileName, told[1].data?.createSubmission.submission?.fileName]) {
        if (fileName === undefined) continue;
        assert.doesNotMatch(fileName, /[/\\\u0000-\u001f\u202e]/);
        assert.ok(fileName.length <= 120 && fileName !== '..' && fileName !== '.', fileName);
      }
      assert.ok(sent.status < 500 && told[0].status !== 500);
    });
  }
});

test('uploads that are made to cost much are refused, and nothing is left', async (t) => {
  await t.test('more than the limit', async () => {
    const answer = await upload(Buffer.alloc(UPLOAD_LIMIT + 1, 'a'));
    assert.equal(answer.status, 413, answer.text);
    siege.isShort(answer.text, answer.took);
  });
  await t.test('512 MiB that are announced', async () => {
    const answer = await say(server.base, `POST /uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 536870912\r\n\r\n`);
    assert.equal(statusOf(answer), 413, answer.heard);
  });
  await t.test('a media type that is no file of ours', async () => {
    assert.equal((await upload('x', { 'content-type': 'text/html' })).status, 415);
  });
  await t.test('a content coding', async () => {
    assert.equal((await upload(gzipSync('a;b'), { 'content-encoding': 'gzip' })).status, 415);
  });
  await t.test('200 that break off', async () => {
    const head = `POST /uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000000\r\n\r\n${'a;b\r\n'.repeat(2_000)}`;
    const held = await hold(server.base, 200, head);
    await siege.isWell();
    held.close();
    await siege.isFlat();
  });
});

/** A ZIP of one file, as small as can be. */
function zip(name, content, packed = deflateRawSync(content, { level: 9 })) {
  const u16 = (value) => Buffer.from([value & 255, value >> 8]);
  const u32 = (value) => Buffer.concat([u16(value & 65_535), u16(value >>> 16)]);
  const crc = ~[...content].reduce((sum, byte) => {
    let next = sum ^ byte;
    for (let bit = 0; bit < 8; bit += 1) next = next & 1 ? (next >>> 1) ^ 0xedb88320 : next >>> 1;
    return next;
  }, -1);
  const about = Buffer.concat([u16(20), u16(0), u16(8), u32(0), u32(crc >>> 0), u32(packed.length), u32(content.length), u16(name.length)]);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), about, u16(0), Buffer.from(name), packed]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), u16(20), about, u16(0), u16(0), u16(0), u16(0), u32(0), u32(0), Buffer.from(name)]);
  const end = Buffer.concat([Buffer.from('PK\x05\x06'), u16(0), u16(0), u16(1), u16(1), u32(central.length), u32(local.length), u16(0)]);
  return Buffer.concat([local, central, end]);
}

test('files that grow when they are unpacked are turned down within the memory there is', async (t) => {
  const zeros = Buffer.alloc(32 * 1024 * 1024);
  const cases = {
    'zeros in gzip': gzipSync(zeros, { level: 9 }),
    'gzip in gzip in gzip': gzipSync(gzipSync(gzipSync(zeros))),
    'zeros in ZIP': zip('xl/worksheets/sheet1.xml', zeros),
    'a workbook of one endless text': zip('xl/workbook.xml', Buffer.from(`<workbook>${'a'.repeat(16 * 1024 * 1024)}`)),
    'entities within entities': zip('xl/workbook.xml', Buffer.from('<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]><workbook>&c;&c;</workbook>')),
    'tags nested 100,000 deep': zip('xl/workbook.xml', Buffer.from('<a>'.repeat(100_000))),
    'one record without end': Buffer.from(`agb_code;verslagjaar\r\n"${'a'.repeat(1_900_000)}`),
    'a header of 500,000 columns': Buffer.from(`${'a;'.repeat(500_000)}\r\n`),
    '900,000 empty rows': Buffer.from(`agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting${'\r\n'.repeat(900_000)}`),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    await t.test(`${name} (${bytes.length} bytes)`, async () => {
      const answer = await send(form(field('operations', operations), field('map', map), file('a', bytes, 'a.xlsx')));
      assert.equal(answer.status, 200, answer.text.slice(0, 300));
      const { submission } = JSON.parse(answer.text).data.createSubmission;
      assert.equal(submission.state, 'REJECTED');
      await siege.isWell();
    });
  }
});
