// The console. No library, nothing from elsewhere; everything shown is set as text, never as markup.
'use strict';

const TEXTS = {
  nl: {
    skip: 'Naar de vraag', console: 'console',
    tagline: 'Stel vragen aan de API en bekijk wat er te vragen is.',
    aside: 'Hulp bij de vraag', examples: 'Voorbeelden', examplesEmpty: 'Er zijn geen voorbeelden.',
    history: 'Geschiedenis', historyHint: 'Alleen in dit venster; na verversen is zij weg.',
    schema: 'Schema', search: 'Zoek een type, veld of woord', download: 'Het hele schema',
    request: 'Vraag', queryLabel: 'GraphQL', variables: 'Variabelen (JSON)', token: 'Token',
    tokenHint: 'Blijft alleen in dit tabblad (sessionStorage) en verdwijnt als u het sluit. Het gaat alleen mee naar deze server.',
    run: 'Voer uit', stop: 'Stop', curl: 'Kopieer als curl', result: 'Antwoord', copy: 'Kopieer antwoord',
    running: 'Bezig…', stopped: 'Gestopt.', copied: 'Gekopieerd.',
    copyFailed: 'Kopiëren lukte niet; selecteer de tekst en kopieer zelf.',
    curlCopied: 'Gekopieerd. Het token staat er niet in: zet het in KRAAMZICHT_TOKEN.',
    unreachable: 'De server is niet bereikbaar. Controleer de verbinding en probeer het opnieuw.',
    badVariables: 'Dit is geen JSON-object, bijvoorbeeld {"first": 10}.',
    errors: (count) => (count === 1 ? '1 fout' : `${count} fouten`),
    found: (count) => (count === 1 ? '1 type.' : `${count} typen.`),
    account: 'Aanmelding', signIn: 'Aanmelden', signOut: 'Afmelden',
    signedIn: (who, until) => `Aangemeld: ${who}, tot ${until}`, inspector: 'inspectie',
    tokenSession: 'U bent aangemeld: de voorbeelden stelt u zonder token. Een eigen vraag vraagt om een token.',
    adHocInSession: 'Zonder token stelt u alleen de voorbeelden, met andere variabelen als u wilt. Vul een token in voor een eigen vraag.',
    signOutFailed: 'Afmelden lukte niet. Probeer het opnieuw.',
    points: (count) => (count === 1 ? '1 punt' : `${count} punten`), left: (count) => `nog ${count} punten deze minuut`,
    unnamed: 'zonder naam', schemaFailed: 'Het schema kon niet worden geladen.',
  },
  en: {
    skip: 'To the request', console: 'console',
    tagline: 'Ask the API questions and see what can be asked.',
    aside: 'Help with the request', examples: 'Examples', examplesEmpty: 'There are no examples.',
    history: 'History', historyHint: 'In this window only; it is gone after a reload.',
    schema: 'Schema', search: 'Search for a type, field or word', download: 'The whole schema',
    request: 'Request', queryLabel: 'GraphQL', variables: 'Variables (JSON)', token: 'Token',
    tokenHint: 'Stays in this tab only (sessionStorage) and is gone when you close it. It is sent to this server only.',
    run: 'Run', stop: 'Stop', curl: 'Copy as curl', result: 'Answer', copy: 'Copy answer',
    running: 'Busy…', stopped: 'Stopped.', copied: 'Copied.',
    copyFailed: 'Copying failed; select the text and copy it yourself.',
    curlCopied: 'Copied. The token is not in it: put it in KRAAMZICHT_TOKEN.',
    unreachable: 'The server cannot be reached. Check the connection and try again.',
    badVariables: 'This is no JSON object, for example {"first": 10}.',
    errors: (count) => (count === 1 ? '1 error' : `${count} errors`),
    found: (count) => (count === 1 ? '1 type.' : `${count} types.`),
    account: 'Signing in', signIn: 'Sign in', signOut: 'Sign out',
    signedIn: (who, until) => `Signed in: ${who}, until ${until}`, inspector: 'inspectorate',
    tokenSession: 'You are signed in: the examples take no token. A question of your own takes one.',
    adHocInSession: 'Without a token you ask the examples only, with other variables if you like. Fill in a token for a question of your own.',
    signOutFailed: 'Signing out failed. Try again.',
    points: (count) => (count === 1 ? '1 point' : `${count} points`), left: (count) => `${count} points left this minute`,
    unnamed: 'unnamed', schemaFailed: 'The schema could not be loaded.',
  },
};
const TOKEN_KEY = 'kraamzicht.token';
const HISTORY_LENGTH = 20;
const COLOURED_LENGTH = 300_000;

const byId = (id) => document.getElementById(id);
const [query, variables, token, result, status] = ['query', 'variables', 'token', 'result', 'status'].map(byId);

let language = 'nl';
let running = null;
let answer = '';
let examples = [];
let session = null;
let types = [];
const history = [];
const say = (key) => TEXTS[language][key];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// --- language ---

function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll('[data-label]')) node.setAttribute('aria-label', say(node.dataset.label));
  for (const code of ['nl', 'en']) byId(`language-${code}`).setAttribute('aria-pressed', String(code === chosen));
  byId('run-label').textContent = say(running ? 'stop' : 'run');
  showExamples();
  showHistory();
  showSession();
  countTypes();
}

// --- who is signed in ---

async function loadSession() {
  const known = await load('/session', 'json');
  session = known.session;
  // Where nobody signs in the link leads nowhere.
  if (known.signIn) byId('sign-in').href = '/sign-in';
  byId('sign-in').hidden = !known.signIn || session !== null;
  showSession();
}

function showSession() {
  byId('sign-out').hidden = session === null;
  byId('token-session').hidden = session === null;
  if (session === null) {
    byId('who').textContent = '';
    return;
  }
  const until = new Date(session.expiresAt).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' });
  byId('who').textContent = say('signedIn')(session.organisation?.name ?? say(session.role), until);
}

async function signOut() {
  try {
    const response = await fetch('/sign-out', { method: 'POST' });
    if (!response.ok) throw new Error(String(response.status));
    location.assign((await response.json()).next);
  } catch {
    report(say('signOutFailed'), 'bad');
  }
}

// --- editor ---

function numberLines() {
  const count = query.value.split('\n').length;
  byId('query-numbers').textContent = Array.from({ length: count }, (_, index) => index + 1).join('\n');
  byId('query-numbers').scrollTop = query.scrollTop;
}

function fill(request) {
  remember();
  query.value = request.query;
  variables.value = request.variables;
  checkVariables();
  numberLines();
  query.scrollTop = 0;
  query.focus();
}

/** The variables as an object, or null when what stands there is none. */
function readVariables() {
  if (variables.value.trim() === '') return {};
  try {
    const read = JSON.parse(variables.value);
    return read && typeof read === 'object' && !Array.isArray(read) ? read : null;
  } catch {
    return null;
  }
}

function checkVariables() {
  const wrong = readVariables() === null;
  variables.setAttribute('aria-invalid', String(wrong));
  byId('variables-problem').textContent = wrong ? say('badVariables') : '';
  return !wrong;
}

// --- request and answer ---

const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

/** The example that stands in the editor, if it is one: what a session may ask. */
function trusted() {
  return examples.find((example) => example.query.trim() === query.value.trim());
}

function requestBody() {
  const known = token.value.trim() ? undefined : trusted();
  const body = known ? { documentId: known.documentId } : { query: query.value };
  const values = readVariables();
  if (values && Object.keys(values).length > 0) body.variables = values;
  return JSON.stringify(body);
}

async function run() {
  if (running) return running.abort();
  if (!checkVariables()) return variables.focus();
  remember();
  if (session && !token.value.trim() && !trusted()) {
    report(say('adHocInSession'), 'bad');
    return token.focus();
  }
  running = new AbortController();
  byId('run-label').textContent = say('stop');
  report(say('running'));
  const begun = performance.now();
  try {
    const headers = { 'content-type': 'application/json', accept: ACCEPT, 'accept-language': language };
    if (token.value.trim()) headers.authorization = `Bearer ${token.value.trim()}`;
    const response = await fetch('/graphql', { method: 'POST', headers, body: requestBody(), signal: running.signal });
    const bytes = await response.arrayBuffer();
    show(response, bytes, performance.now() - begun);
    // The session may have ended meanwhile.
    if (response.status === 401 && session) loadSession().catch(() => {});
  } catch (error) {
    report(say(error.name === 'AbortError' ? 'stopped' : 'unreachable'), 'bad');
  } finally {
    running = null;
    byId('run-label').textContent = say('run');
  }
}

function show(response, bytes, milliseconds) {
  answer = new TextDecoder().decode(bytes);
  let errors = 0;
  try {
    const read = JSON.parse(answer);
    errors = Array.isArray(read.errors) ? read.errors.length : 0;
    answer = JSON.stringify(read, null, 2);
  } catch {
    // Not JSON: shown as it came.
  }
  result.replaceChildren(...(answer.length <= COLOURED_LENGTH ? colour(answer) : [answer]));
  result.scrollTop = 0;
  byId('copy').disabled = false;
  const parts = [`${response.status} ${response.statusText}`.trim(), `${Math.round(milliseconds)} ms`, size(bytes.byteLength)];
  const cost = response.headers.get('query-cost');
  if (cost !== null) parts.push(say('points')(Number(cost)));
  const left = response.headers.get('ratelimit')?.match(/"points";r=(\d+)/)?.[1];
  if (left) parts.push(say('left')(new Intl.NumberFormat(language).format(Number(left))));
  if (errors > 0) parts.push(say('errors')(errors));
  report(parts.join(' · '), response.ok && errors === 0 ? 'good' : 'bad');
}

function size(bytes) {
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return bytes < 1000 ? `${bytes} B` : `${format.format(bytes / 1000)} kB`;
}

function report(text, sort = '') {
  status.textContent = text;
  status.className = sort;
}

/** JSON as text with its keys, strings and numbers in colours of their own. */
function colour(json) {
  const parts = [];
  const token = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let end = 0;
  for (const match of json.matchAll(token)) {
    if (match.index > end) parts.push(json.slice(end, match.index));
    const className = match[2] ? 'key' : match[1] ? 'string' : 'number';
    parts.push(element('span', { className, textContent: match[1] ?? match[0] }), match[2] ?? '');
    end = match.index + match[0].length;
  }
  parts.push(json.slice(end));
  return parts;
}

async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    report(done, 'good');
  } catch {
    result.textContent = text;
    result.focus();
    report(say('copyFailed'), 'bad');
  }
}

function curlCommand() {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [`curl ${quoted(`${location.origin}/graphql`)}`, "-H 'Content-Type: application/json'", `-H ${quoted(`Accept: ${ACCEPT}`)}`];
  // A session stays in the browser: what is copied asks by a token.
  if (token.value.trim() || session) lines.push('-H "Authorization: Bearer $KRAAMZICHT_TOKEN"');
  lines.push(`--data-raw ${quoted(requestBody())}`);
  return lines.join(' \\\n  ');
}

// --- examples and history ---

function choice(title, subtitle, request) {
  const button = element('button', { type: 'button' }, title);
  if (subtitle) button.append(element('span', { className: 'sub', textContent: subtitle }));
  button.addEventListener('click', () => fill(request));
  return element('li', {}, button);
}

function showExamples() {
  byId('examples').replaceChildren(...examples.map((example) =>
    choice(example.title[language], '', {
      query: example.query.trim(),
      variables: example.variables && Object.keys(example.variables).length > 0 ? JSON.stringify(example.variables, null, 2) : '',
    })));
  byId('examples-empty').hidden = examples.length > 0;
}

/** Keeps what now stands in the editor, so that nothing typed is lost to a click. */
function remember() {
  const request = { query: query.value, variables: variables.value };
  const known = history.findIndex((past) => past.query === request.query && past.variables === request.variables);
  if (known >= 0) history.splice(known, 1);
  if (request.query.trim() !== '') history.unshift({ ...request, at: new Date() });
  history.length = Math.min(history.length, HISTORY_LENGTH);
  showHistory();
}

function showHistory() {
  byId('history').replaceChildren(...history.map((past) => {
    const name = past.query.match(/\b(?:query|mutation|subscription)\s+(\w+)/)?.[1] ?? say('unnamed');
    return choice(`${past.at.toLocaleTimeString(language)} ${name}`, past.query.replace(/\s+/g, ' ').slice(0, 80), past);
  }));
}

// --- schema ---

/** The definitions in a schema text: each with its sort, its name and its lines. */
function readDefinitions(sdl) {
  const found = [];
  let lines = [];
  let inDescription = false;
  let depth = 0;
  for (const line of sdl.split('\n')) {
    if (lines.length === 0 && line.trim() === '') continue;
    lines.push(line);
    const quotes = line.split('"""').length - 1;
    if (quotes % 2 === 1) inDescription = !inDescription;
    if (inDescription || quotes > 0) continue;
    const bare = line.replace(/#.*|"(?:\\.|[^"\\])*"/g, '');
    depth += bare.split(/[{(]/).length - bare.split(/[})]/).length;
    const head = lines.find((text) => /^(?:extend\s+)?(?:type|interface|enum|input|union|scalar|directive|schema)\b/.test(text));
    if (!head || depth > 0) continue;
    const [, sort, name = ''] = head.match(/^(?:extend\s+)?(\w+)\s*(@?\w+)?/);
    found.push({ sort, name, text: lines.join('\n') });
    lines = [];
  }
  return found;
}

function showTypes(definitions) {
  const names = new Set(definitions.map(({ name }) => name).filter(Boolean));
  types = definitions.map((definition) => {
    const summary = element('summary', {}, element('span', { textContent: `${definition.sort} ` }), definition.name);
    const text = element('pre');
    const details = element('details', { id: `type-${definition.name}` }, summary, text);
    // Written when it is first opened: a schema has many types.
    details.addEventListener('toggle', () => {
      if (details.open && !text.hasChildNodes()) text.append(...linked(definition, names));
    });
    return { ...definition, details, lower: definition.text.toLowerCase() };
  });
  byId('types').replaceChildren(...types.map(({ details }) => details));
  countTypes();
}

/** The text of a definition, its descriptions quiet and the names of other types as links. */
function linked(definition, names) {
  const parts = [];
  for (const piece of definition.text.split(/("""[\s\S]*?""")/)) {
    if (piece.startsWith('"""')) {
      parts.push(element('span', { className: 'comment', textContent: piece }));
      continue;
    }
    for (const word of piece.split(/(\b[A-Z]\w*\b)/)) {
      const isLink = names.has(word) && word !== definition.name;
      parts.push(isLink ? element('a', { href: `#type-${word}`, textContent: word }) : word);
    }
  }
  return parts;
}

function openLinkedType() {
  const named = types.find(({ details }) => `#${details.id}` === decodeURIComponent(location.hash));
  if (!named) return;
  byId('schema-section').open = true;
  named.details.hidden = false;
  named.details.open = true;
  named.details.querySelector('summary').focus();
}

function search() {
  const wanted = byId('search').value.trim().toLowerCase();
  for (const type of types) type.details.hidden = wanted !== '' && !type.lower.includes(wanted);
  countTypes();
}

function countTypes() {
  if (types.length > 0) byId('search-count').textContent = say('found')(types.filter(({ details }) => !details.hidden).length);
}

async function load(path, read) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response[read]();
}

// --- start ---

query.addEventListener('input', numberLines);
query.addEventListener('scroll', () => { byId('query-numbers').scrollTop = query.scrollTop; });
variables.addEventListener('input', checkVariables);
token.addEventListener('input', () => sessionStorage.setItem(TOKEN_KEY, token.value));
byId('request').addEventListener('submit', (event) => { event.preventDefault(); run(); });
byId('curl').addEventListener('click', () => { if (checkVariables()) copy(curlCommand(), say('curlCopied')); });
byId('sign-out').addEventListener('click', signOut);
byId('copy').addEventListener('click', () => copy(answer, say('copied')));
byId('search').addEventListener('input', search);
byId('language-nl').addEventListener('click', () => setLanguage('nl'));
byId('language-en').addEventListener('click', () => setLanguage('en'));
window.addEventListener('hashchange', openLinkedType);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !running) {
    event.preventDefault();
    run();
  }
});

token.value = sessionStorage.getItem(TOKEN_KEY) ?? '';
setLanguage(navigator.language.startsWith('en') ? 'en' : 'nl');
numberLines();
loadSession().catch(() => {});
load('/console/examples.json', 'json').then((loaded) => {
  examples = loaded;
  showExamples();
  if (query.value === '') byId('examples').querySelector('button')?.click();
}, () => { byId('examples-empty').hidden = false; });
load('/schema.graphql', 'text').then((sdl) => { showTypes(readDefinitions(sdl)); openLinkedType(); },
  () => { byId('search-count').textContent = say('schemaFailed'); });
