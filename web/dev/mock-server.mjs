// A stand-in for the Offhook server: serves web/dist and speaks the client protocol, without any telephony. For work on
// the app's looks, and for screenshots. Any name with the password "secret" signs in.
//
//   node dev/mock-server.mjs [port]      then open http://127.0.0.1:7230
//
// What a call does depends on the number: 404 does not exist, 486 is busy, 488 has no codec, 600-609 answer at once,
// anything else rings and then answers. `POST /mock/<what>` makes things happen: incoming, elsewhere, digit, line-failed,
// drop (breaks every socket), down and up.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { administer } from './mock-admin.mjs';

const port = Number(process.argv[2] ?? 7230);
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; " +
  "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

let next = 1;
let down = false;
const clients = new Set();
const calls = new Map();
const lines = [
  { id: 'line-1', number: '201', line_group: 'Headquarters', state: 'registered', cause: null },
  { id: 'line-2', number: '+49 89 5550 201', line_group: 'Munich branch', state: 'registered', cause: null },
];

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  response.setHeader('content-security-policy', policy);
  if (await administer(request, response)) return;
  if (pathname === '/api/v1/session') return void session(request, response);
  if (pathname.startsWith('/mock/')) {
    happen(pathname.slice(6));
    return void response.end('ok\n');
  }
  const file = join(dist, normalize(pathname));
  const found = pathname !== '/' && file.startsWith(dist) && existsSync(file) ? file : join(dist, 'index.html');
  response.setHeader('content-type', types[extname(found)] ?? 'application/octet-stream');
  response.end(readFileSync(found));
});

async function session(request, response) {
  const json = (status, body, cookie) => {
    response.writeHead(status, { 'content-type': 'application/json', ...(cookie ? { 'set-cookie': cookie } : {}) });
    response.end(JSON.stringify(body));
  };
  const refusal = (code) => ({ cause: { code, sip_status: null, detail: null }, message: code });
  if (request.method === 'POST') {
    let text = '';
    for await (const part of request) text += part;
    const { name, password } = JSON.parse(text);
    if (password !== 'secret') return json(401, refusal('sign_in_failed'));
    return json(200, { user: person(name) }, `mock=${encodeURIComponent(name)}; HttpOnly; SameSite=Strict; Path=/`);
  }
  if (request.method === 'DELETE') {
    response.writeHead(204, { 'set-cookie': 'mock=; Max-Age=0; Path=/' });
    return response.end();
  }
  const name = nameOf(request);
  return name ? json(200, { user: person(name) }) : json(401, refusal('not_signed_in'));
}

const nameOf = (request) => decodeURIComponent(/mock=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
const person = (name) => ({ name, display_name: name === 'anna' ? 'Anna Berger' : name });

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
        const known = [...calls.values()];
        return send({
          type: 'hello',
          version: 1,
          user: person(name),
          resume: 'token',
          resumed,
          resume_within_ms: 10_000,
          ice_servers: [],
          lines,
          calls: known,
        });
      }
      serve(message, (result) => send({ type: 'reply', id: message.id, result }));
    });
    client.on('close', () => clients.delete(send));
  });
});

function tell(message) {
  for (const send of clients) send(message);
}

function update(id, change) {
  const call = { ...calls.get(id), ...change };
  if (call.state === 'null' || call.state === 'failed') calls.delete(id);
  else calls.set(id, call);
  tell({ type: 'call', call });
}

function create(fields) {
  const id = `call-${next++}`;
  calls.set(id, {
    id,
    line: 'line-1',
    direction: 'incoming',
    state: 'alerting',
    remote_state: 'connected',
    number: '',
    name: null,
    here: false,
    created_at: Date.now(),
    connected_at: null,
    codec: null,
    recorded: false,
    security: null,
    silence: [],
    cause: null,
    ...fields,
  });
  tell({ type: 'call', call: calls.get(id) });
  return id;
}

const cause = (code, sip_status = null, detail = null) => ({ code, sip_status, detail });
const failures = {
  404: cause('unknown_number', 404, 'Not Found'),
  486: cause('busy', 486, 'Busy Here'),
  488: cause('no_common_codec', 488, 'Not Acceptable Here'),
};

function serve(request, reply) {
  switch (request.type) {
    case 'make_call': {
      const { line, number, sdp } = request;
      const id = create({ line, number, direction: 'outgoing', state: 'initiated', remote_state: 'null', here: true });
      reply({ status: 'media', call: id, sdp: answer(sdp) });
      const later = (ms, change) => setTimeout(() => calls.has(id) && update(id, change), ms);
      if (failures[number]) return later(300, { state: 'failed', cause: failures[number] });
      later(200, { state: 'connected', remote_state: 'alerting' });
      if (number === '700') return;
      return later(/^60\d$/.test(number) ? 400 : 4000, {
        remote_state: 'connected',
        connected_at: Date.now(),
        codec: 'G722',
        security: 'sdes',
        name: number === '202' ? 'Ben Okafor' : null,
      });
    }
    case 'answer_call':
      reply({ status: 'media', call: request.call, sdp: answer(request.sdp) });
      return update(request.call, {
        here: true,
        state: 'connected',
        connected_at: Date.now(),
        codec: 'PCMA',
        security: 'plain',
      });
    case 'decline_call':
      reply({ status: 'ok' });
      return update(request.call, { state: 'null', cause: cause(request.reason) });
    case 'clear_connection':
      if (!calls.has(request.call)) return reply({ status: 'error', cause: cause('unknown_call') });
      reply({ status: 'ok' });
      return update(request.call, {
        state: 'null',
        cause: cause(calls.get(request.call).connected_at ? 'normal_clearing' : 'cancelled'),
      });
    default:
      return reply({ status: 'ok' });
  }
}

/** An answer the browser accepts, though nobody is there. */
function answer(offer) {
  const kept = offer
    .split('\r\n')
    .filter((line) => !/^a=(ssrc|msid|ice-|fingerprint|setup|candidate|group|extmap|rtcp-rsize)/.test(line));
  const at = kept.findIndex((line) => line.startsWith('m='));
  kept.splice(at, 0, 'a=group:BUNDLE 0', 'a=ice-lite');
  const print = Array.from({ length: 32 }, () => 'AB').join(':');
  kept.splice(
    -1,
    0,
    'a=ice-ufrag:mock',
    'a=ice-pwd:mockmockmockmockmockmock',
    `a=fingerprint:sha-256 ${print}`,
    'a=setup:passive',
  );
  return kept.join('\r\n');
}

function happen(what) {
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
    case 'clear':
      return [...calls.keys()].forEach((id) => update(id, { state: 'null', cause: cause('normal_clearing') }));
    case 'reset':
      calls.clear();
      down = false;
      return Object.assign(lines[1], { state: 'registered', cause: null });
    case 'drop':
    case 'down':
      down = what === 'down';
      return sockets.clients.forEach((client) => client.terminate());
    case 'up':
      down = false;
  }
}

server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
