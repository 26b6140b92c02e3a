// A stand-in for the Offhook server: serves web/dist and speaks the client protocol, without any telephony. For work on
// the app's looks, and for screenshots. Any name with the password "secret" signs in.
//
//   node dev/mock-server.mjs [port]      then open http://127.0.0.1:7230
//
// What a call does depends on the number: see mock-calls.mjs. `POST /mock/<what>` makes things happen: incoming,
// elsewhere, digit, answer (whoever rings answers), line-failed, functions-off (nothing more can be set), monitored (lines
// of others), located (a line with a location), restricted (no services, a locked appearance), refuse (the next request), drop (breaks every socket), down and up, meanwhile (somebody else changes the user that is open in the
// console).
import { own } from './mock-security.mjs';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { administer } from './mock-admin.mjs';
import { meanwhile } from './mock-site.mjs';
import {
  calls,
  cause,
  clients,
  create,
  lines,
  monitored,
  refuse,
  reset,
  seen,
  seq,
  serve,
  tell,
  update,
} from './mock-calls.mjs';
import { dialling } from './mock-dialling.mjs';
import { face } from './mock-pictures.mjs';

const port = Number(process.argv[2] ?? 7230);
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; " +
  "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

let down = false;

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  response.setHeader('content-security-policy', policy);
  if (pathname === '/api/v1/computer') {
    response.setHeader('content-type', 'application/json');
    return void response.end(JSON.stringify({ name: 'DESK-12' }));
  }
  if (/^\/api\/v1\/users\/\w+\/picture$/.test(pathname)) {
    response.setHeader('content-type', 'image/svg+xml');
    return void response.end(face(pathname.split('/')[4]));
  }
  if (await administer(request, response)) return;
  if (pathname === '/api/v1/session') return void session(request, response);
  if (pathname.startsWith('/api/v1/session/')) return void security(request, response, pathname);
  if (pathname.startsWith('/mock/')) {
    happen(pathname.slice(6), request.headers.referer);
    return void response.end('ok\n');
  }
  const file = join(dist, normalize(pathname));
  const found = pathname !== '/' && file.startsWith(dist) && existsSync(file) ? file : join(dist, 'index.html');
  response.setHeader('content-type', types[extname(found)] ?? 'application/octet-stream');
  response.end(readFileSync(found));
});

async function session(request, response) {
  const json = (status, body, cookie, more = {}) => {
    const headers = { 'content-type': 'application/json', ...more };
    response.writeHead(status, { ...headers, ...(cookie ? { 'set-cookie': cookie } : {}) });
    response.end(JSON.stringify(body));
  };
  const refusal = (code) => ({ cause: { code, sip_status: null, detail: null }, message: code });
  if (request.method === 'POST') {
    let text = '';
    for await (const part of request) text += part;
    const { name, password, code } = JSON.parse(text);
    if (name === 'locked') return json(429, refusal('too_many_attempts'), undefined, { 'retry-after': '32' });
    if (password !== 'secret') return json(401, refusal('sign_in_failed'));
    // Who is called so has a second factor, or has to set one up.
    if (name === 'totp' && !code) return json(401, refusal('code_needed'));
    if (name === 'totp' && code !== '123456') return json(401, refusal('code_wrong'));
    return json(200, { user: person(name) }, `mock=${encodeURIComponent(name)}; HttpOnly; SameSite=Strict; Path=/`);
  }
  if (request.method === 'DELETE') {
    response.writeHead(204, { 'set-cookie': 'mock=; Max-Age=0; Path=/' });
    return response.end();
  }
  const name = nameOf(request);
  return name ? json(200, { user: person(name) }) : json(401, refusal('not_signed_in'));
}

async function security(request, response, pathname) {
  let text = '';
  for await (const part of request) text += part;
  const [status, body] = own(
    request.method,
    pathname.slice('/api/v1/session'.length),
    text && JSON.parse(text),
    nameOf(request),
  );
  if (status === 200 && request.method === 'PUT') enrolled.add(nameOf(request));
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(body && JSON.stringify(body));
}

const enrolled = new Set();
const nameOf = (request) => decodeURIComponent(/mock=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
const person = (name) => ({
  name,
  display_name: name === 'anna' ? 'Anna Berger' : name,
  second_factor_missing: name === 'demanded' && !enrolled.has(name),
});

const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  if (down) return socket.destroy();
  sockets.handleUpgrade(request, socket, head, (client) => {
    const name = nameOf(request);
    if (!name) return client.close(4401);
    const send = (message) => client.send(JSON.stringify(message));
    client.on('message', (text) => {
      const message = JSON.parse(text);
      if (message.type === 'hello') {
        clients.add(send);
        const resumed = message.resume !== null;
        const known = [...calls.keys()].map(seen);
        return send({
          type: 'hello',
          version: 1,
          user: person(name),
          resume: 'token',
          resumed,
          resume_within_ms: 10_000,
          client: 'client-1',
          replayed: false,
          seq,
          ended: [],
          ice_servers: [],
          lines,
          monitored_lines: [],
          account: {
            services: ['audio', 'control_lines', 'web_app', 'configure_account'],
            settings: {},
            picture: '/api/v1/users/u0000000000000000004/picture?version=1',
          },
          calls: known,
        });
      }
      serve(message, (result) => send({ type: 'reply', id: message.id, result }));
    });
    client.on('close', () => clients.delete(send));
  });
});

function happen(what, page) {
  const [first] = [...calls.values()].filter((call) => call.state === 'connected');
  switch (what) {
    case 'incoming':
      return create({ number: '+49 89 1234567', name: 'Mira Hoffmann' });
    case 'incoming-unnamed':
      return create({ number: '203', line: 'line-2' });
    case 'elsewhere': {
      const id = create({ number: '204', name: 'Jonas Weber' });
      return setTimeout(
        () => update(id, { state: 'connected', connected_at: Date.now(), cause: cause('answered_elsewhere') }),
        150,
      );
    }
    case 'digit':
      return first && tell({ type: 'digit', call: first.id, digit: '5' });
    case 'line-failed':
      Object.assign(lines[1], { state: 'failed', cause: cause('wrong_password', 401, 'Unauthorized') });
      return tell({ type: 'line', line: lines[1] });
    case 'monitored':
      return monitored.forEach((line) => tell({ type: 'monitored_line', line }));
    case 'located':
      Object.assign(lines[0], { dialling });
      return tell({ type: 'line', line: lines[0] });
    case 'restricted': {
      lines.forEach((line) => {
        line.services = [];
        tell({ type: 'line', line });
      });
      const settings = { theme: { value: 'dark', locked: true }, letter_shortcuts: { value: false, locked: true } };
      return tell({ type: 'account', account: { services: ['web_app'], settings, picture: null } });
    }
    case 'functions-off':
      lines[0].services = ['make_call'];
      return tell({ type: 'line', line: lines[0] });
    case 'refuse':
      return refuse();
    case 'clear':
      return [...calls.keys()].forEach((id) => update(id, { state: 'null', cause: cause('normal_clearing') }));
    case 'answer':
      return [...calls.values()]
        .filter((call) => call.remote_state === 'alerting')
        .forEach(({ id }) => update(id, { remote_state: 'connected', connected_at: Date.now() }));
    case 'meanwhile':
      return meanwhile(page);
    case 'reset':
      down = false;
      return reset();
    case 'drop':
    case 'down':
      down = what === 'down';
      return sockets.clients.forEach((client) => client.terminate());
    case 'up':
      down = false;
  }
}

server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
