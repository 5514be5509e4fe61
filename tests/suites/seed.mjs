// Makes the folder that every suite gets a copy of: a small invented sector, through the doors that everybody has. Twenty-four
// organisations deliver a year; the last two deliver nothing, and the first has one more file that waits with its questions.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server, command } from './stage/server.mjs';

const SIZE = 24;
/** Indicators that take a numerator out of a denominator of clients, with an ordinary share in percent. */
const ORDINARY = { KZ01: 90, KZ02: 95, KZ04B: 80, KZ04D: 85, KZ06: 93, KZ07A: 20, KZ07B: 8, KZ18: 78, KZ19: 70, KZ22: 100 };
/** Those that are no share of clients. */
const WHOLE = {
  KZ19: { numerator: (place) => (place % 3) + 5, denominator: 10 },
  KZ22: { numerator: () => 1, denominator: 1 },
};

const folder = process.env.KRAAMZICHT_SEED;
const year = new Date().getUTCFullYear() - 1;
const agb = (place) => `3399${String(place).padStart(4, '0')}`;

mkdirSync(folder, { recursive: true });
const register = join(folder, 'register.csv');
const names = Array.from({ length: SIZE }, (_, place) => `${agb(place)};Kraamzorg Nummer ${place};organisatie\r\n`);
writeFileSync(register, `agb_code;naam;soort\r\n${names.join('')}`);
command(folder, 'register', register);

const token = (...args) => command(folder, 'token', ...args).trim();
const inspector = token('--role', 'inspector');
const organisations = Array.from({ length: SIZE }, (_, place) => ({
  agbCode: agb(place),
  token: token('--role', 'organisation', '--agb', agb(place)),
}));

/** A file with indicators; `place` makes those of one organisation differ from another's. */
function file(place) {
  const rows = Object.entries(ORDINARY).map(([code, percent], step) => {
    const denominator = WHOLE[code]?.denominator ?? 400 + place * 3;
    const numerator = WHOLE[code]?.numerator(place) ?? Math.min(denominator, Math.floor((denominator * percent) / 100) + ((place * 7 + step * 5) % 9) - 4);
    return `${agb(place)};${year};${year};${code};${numerator};${denominator};;\r\n`;
  });
  return `agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting\r\n${rows.join('')}`;
}

const server = await Server.on(folder);
const CREATE = `mutation Create($input: CreateSubmissionInput!) {
  createSubmission(input: $input) { submission { id state findings { code severity } } userErrors { code } } }`;
const APPROVE = `mutation Approve($input: ApproveSubmissionsInput!) {
  approveSubmissions(input: $input) { submissions { state } userErrors { code message { en } } } }`;

async function send(place) {
  const { token } = organisations[place];
  const answer = await fetch(`${server.base}/uploads?fileName=indicatoren.csv`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
    body: file(place),
  });
  const upload = await answer.json();
  const ask = server.client(token);
  const { createSubmission } = await ask(CREATE, { input: { uploadId: upload.id, dataset: 'indicatoren' } });
  if (createSubmission.submission?.state !== 'CHECKED') throw new Error(JSON.stringify(createSubmission));
  return { ask, upload, id: createSubmission.submission.id };
}

for (let place = 0; place < SIZE - 2; place += 1) {
  const { ask, id, upload } = await send(place);
  const { approveSubmissions } = await ask(APPROVE, { input: { submissionIds: [id] } });
  if (approveSubmissions.userErrors.length) throw new Error(JSON.stringify(approveSubmissions));
  Object.assign(organisations[place], { submissionId: id, uploadId: upload.id });
}
organisations[0].waitingId = (await send(0)).id;
for (const organisation of organisations) {
  const { viewer } = await server.client(organisation.token)('{ viewer { organisation { id name } } }');
  Object.assign(organisation, viewer.organisation);
}
server.process.kill('SIGTERM');
await server.ended;
writeFileSync(join(folder, 'cast.json'), JSON.stringify({ year: String(year), inspector, organisations, file: file(SIZE - 1) }));
