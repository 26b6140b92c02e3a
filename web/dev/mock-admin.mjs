// The administrator's part of the mock server: line groups in every state. MOCK_LINES=5000 adds a group of so many;
// MOCK_LINES=none leaves all out.
import { face, hasPicture } from './mock-pictures.mjs';
import { locks, of, own, signIns } from './mock-security.mjs';
import { log } from './mock-log.mjs';
import { capture, captures, deleteCapture, failures, leg, status, traces } from './mock-traces.mjs';
import { siteRoute } from './mock-site.mjs';

const started = Date.now();
const ACCOUNT = /^\/api\/v1\/admin\/(?:users|administrators)\/(\w+)(\/(?:security|sessions|totp|lock)\b.*)$/;
const SIGN_INS = '/api/v1/admin/sign-ins';
const LOCKS = '/api/v1/admin/locks';
const PICTURE = /^\/api\/v1\/(?:admin\/)?users\/(\w+)\/picture$/;
/** People whose picture was taken away. */
const without = new Set();
const SITE =
  /^\/api\/v1\/admin\/(users|groups|computers|profiles|administrators|tokens|certificates|interfaces|settings|rights|audit|import|backup|line_groups|locations|numbers|test-calls|lines(?!\/[^/]+\/(trace|reset)))(\/|$)/;
const cause = (code, sip_status = null, detail = null) => ({ code, sip_status, detail });
const minutes = (n) => n * 60_000;
const reset = new Map();

const objectOf = (letter, n) => (Number.isFinite(n) ? letter + String(n).padStart(19, '0') : null);

function line(id, number, state, fields = {}) {
  const at = reset.get(id);
  if (at && Date.now() - at < 3000) return line(`${id} `, number, 'registering', { id, user_name: fields.user_name });
  return {
    id,
    object: objectOf('l', Number(id)),
    from_file: /^1\d$/.test(id),
    number,
    user_name: number,
    pilot: false,
    state,
    cause: null,
    until: null,
    target: null,
    last_error: null,
    retries: 0,
    next_try: null,
    ...fields,
  };
}

function registered(id, number, target, fields = {}) {
  const period = minutes(10);
  const until = started + period * Math.ceil((Date.now() - started + 1) / period) + (Number(id) % 7) * 31_000;
  return line(id, number, 'registered', { until, target, ...fields });
}

const group = (id, name, kind, lines, fields = {}) => ({
  id,
  object: objectOf('h', Number(id)),
  from_file: id === '1',
  name,
  kind,
  registrar: null,
  domain: null,
  listener: null,
  cause: null,
  targets: [],
  lookup_at: null,
  lines,
  bindings: [],
  wrong_passwords: 0,
  ...fields,
});

function lineGroups() {
  const now = Date.now();
  const nextTry = started + 30_000 * Math.ceil((now - started + 1) / 30_000);
  const target = (transport, address, down_since = null) => ({ transport, address, down_since });
  const wrong = cause('wrong_password', 401, 'Unauthorized');
  const away = cause('pbx_not_answering', 408, 'Request Timeout');
  const main = 'udp 192.0.2.10:5060';
  const many = Number(process.env.MOCK_LINES ?? 0);
  const groups = [
    group(
      '0',
      'Headquarters',
      'softphones',
      [
        registered('0', '201', main),
        registered('1', '202', main, { last_error: { cause: away, at: now - minutes(190) } }),
        line('2', '203', 'failed', {
          user_name: 'phone-203',
          cause: wrong,
          last_error: { cause: wrong, at: nextTry - 30_000 },
          retries: 7,
          next_try: nextTry,
        }),
        registered('3', '204', main),
        line('4', '205', 'inactive'),
      ],
      {
        registrar: 'pbx.example.com',
        targets: [target('udp', '192.0.2.10:5060'), target('udp', '192.0.2.11:5060', now - minutes(42))],
      },
    ),
    group(
      '1',
      'Munich branch',
      'trunk-registration',
      [
        registered('10', '+49 89 5550 100', 'tls 198.51.100.7:5061', { user_name: 'munich', pilot: true }),
        line('11', '+49 89 5550 101', 'ready', { target: 'tls 198.51.100.7:5061' }),
        line('12', '+49 89 5550 102', 'ready', { target: 'tls 198.51.100.7:5061' }),
      ],
      { registrar: 'sip.carrier.example', domain: 'carrier.example', targets: [target('tls', '198.51.100.7:5061')] },
    ),
    group('2', 'Gateway at the gate', 'trunk-registrar', [line('20', '300', 'ready')], {
      listener: 'office',
      bindings: [
        { contact: 'sip:gate@10.1.4.9:5060', source: '10.1.4.9:5060', until: now + minutes(4), user_agent: 'Gate/2.1' },
      ],
      wrong_passwords: 12,
    }),
  ];
  if (many > 0) {
    const lines = Array.from({ length: many }, (_, n) => {
      const number = String(10_000 + n);
      return n % 97 === 5
        ? line(`m${n}`, number, 'failed', {
            cause: away,
            last_error: { cause: away, at: now - 14_000 },
            retries: 2,
            next_try: nextTry,
          })
        : registered(`${1000 + n}`, number, main);
    });
    groups.push(
      group('3', 'Call centre', 'softphones', lines, {
        registrar: 'cc.example.com:5060',
        targets: [target('udp', '192.0.2.10:5060')],
      }),
    );
  }
  return {
    now,
    line_groups: process.env.MOCK_LINES === 'none' ? [] : groups,
    listeners: [
      { name: 'listen.sip', transport: 'udp, tcp', address: '0.0.0.0:5060', problem: null, german: null },
      {
        name: 'office',
        transport: 'tls',
        address: '10.1.0.2:5061',
        problem: 'Another program has this port.',
        german: 'Ein anderes Programm hat diesen Port.',
      },
    ],
    strangers: {
      requests: 1482,
      addresses: [
        { address: '203.0.113.9', requests: 1377 },
        { address: '203.0.113.77', requests: 105 },
      ],
    },
  };
}

function calls() {
  const now = Date.now();
  const call = (id, started, ended, legs) => ({
    id,
    caller: '110',
    called: `20${id}`,
    started_at: started,
    connected_at: started + 4000,
    ended_at: ended,
    legs,
  });
  const fair = {
    codec_in: 'opus',
    codec_out: 'opus',
    transcoded: true,
    loss: 3.2,
    mos: 3.72,
    buffer_ms: 60,
    level: -24,
  };
  const bad = { loss: 14.8, jitter_ms: 38, round_trip_ms: 410, concealed_ms: 4200, mos: 2.1 };
  return {
    now,
    running: [
      call('7', now - 75_000, null, [leg('browser', 'anna', fair), leg('pbx', 'Headquarters', { silent: true })]),
    ],
    ended: [
      call('12', now - minutes(9), now - minutes(3), [leg('browser', 'ben', bad), leg('pbx', 'Headquarters', {})]),
      call('3', now - minutes(40), now - minutes(31), [leg('browser', 'anna', {}), leg('pbx', 'Headquarters', {})]),
    ],
  };
}

/** Answers a request to /api/v1/admin; false where it is none. */
export async function administer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (!pathname.startsWith('/api/v1/admin/')) return false;
  const json = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  const refusal = (code) => ({ cause: cause(code), message: code });
  // MOCK_ROLE=read_only shows what an administrator sees who may change nothing.
  const user = { name: 'admin', display_name: 'admin', role: process.env.MOCK_ROLE ?? 'full' };
  const signedIn = /mock-admin=1/.test(request.headers.cookie ?? '');
  if (pathname === '/api/v1/admin/session' && request.method === 'POST') {
    let text = '';
    for await (const part of request) text += part;
    if (JSON.parse(text).password !== 'secret') json(401, refusal('sign_in_failed'));
    else json(200, { user }, { 'set-cookie': 'mock-admin=1; HttpOnly; SameSite=Strict; Path=/' });
  } else if (!signedIn) json(401, refusal('not_signed_in'));
  else if (PICTURE.test(pathname)) {
    const [, id] = PICTURE.exec(pathname);
    if (request.method !== 'GET') {
      for await (const part of request) void part;
      if (request.method === 'PUT') without.delete(id);
      else without.add(id);
      response.writeHead(204).end();
    } else if (without.has(id) || !hasPicture(id)) {
      json(404, { code: 'not_found', detail: 'Not found' }, { 'content-type': 'application/problem+json' });
    } else {
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(face(id));
    }
  } else if (
    pathname.startsWith('/api/v1/admin/session/') ||
    ACCOUNT.test(pathname) ||
    [SIGN_INS, LOCKS].includes(pathname)
  ) {
    let text = '';
    for await (const part of request) text += part;
    const [, id, rest] = ACCOUNT.exec(pathname) ?? [];
    const path = pathname.slice('/api/v1/admin/session'.length);
    const [code, body] =
      pathname === SIGN_INS
        ? signIns()
        : pathname === LOCKS
          ? locks()
          : id
            ? of(request.method, id, rest)
            : own(request.method, path, text && JSON.parse(text), 'admin');
    json(code, body, { 'content-type': code < 400 ? 'application/json' : 'application/problem+json' });
  } else if (/^\/api\/v1\/admin\/log(\/|$)/.test(pathname)) {
    let text = '';
    for await (const part of request) text += part;
    const path = pathname.slice('/api/v1/admin/log'.length);
    const [code, body] = log(request.method, path, searchParams, text && JSON.parse(text)) ?? [
      404,
      refusal('not_found'),
    ];
    if (body) json(code, body);
    else response.writeHead(code).end();
  } else if (SITE.test(pathname)) {
    let text = '';
    for await (const part of request) text += part;
    const path = pathname.slice('/api/v1/admin'.length);
    const match = request.headers['if-match'];
    const [code, body, etag] = siteRoute(
      request.method,
      path,
      searchParams,
      match,
      text && path !== '/import' ? JSON.parse(text) : text,
    );
    const type = code < 400 ? 'application/json' : 'application/problem+json';
    if (body) json(code, body, { 'content-type': type, ...(etag ? { etag } : {}) });
    else response.writeHead(code).end();
  } else if (pathname.startsWith('/api/v1/admin/captures')) {
    const name = decodeURIComponent(pathname.split('/')[6] ?? '') || undefined;
    if (request.method === 'GET') return (json(200, captures()), true);
    let text = '';
    for await (const part of request) text += part;
    if (request.method === 'PUT') capture(pathname.split('/')[5], name, JSON.parse(text));
    else deleteCapture(name);
    response.writeHead(204).end();
  } else if (request.method === 'DELETE') {
    response.writeHead(204, { 'set-cookie': 'mock-admin=; Max-Age=0; Path=/' });
    response.end();
  } else if (pathname === '/api/v1/admin/session') json(200, { user });
  else if (pathname === '/api/v1/admin/line-groups') json(200, lineGroups());
  else if (pathname === '/api/v1/admin/calls') json(200, calls());
  else if (pathname === '/api/v1/admin/failures') json(200, failures(Number(searchParams.get('since') ?? 0)));
  else if (pathname === '/api/v1/admin/status') json(200, status());
  else if (pathname.endsWith('/trace')) {
    const [kind, id] = pathname.split('/').slice(4, 6);
    const found = kind === 'lines' ? traces.get('3') : traces.get(decodeURIComponent(id));
    if (found) json(200, found);
    else json(404, refusal('unknown_call'));
  } else {
    const id = pathname.split('/')[5];
    reset.set(id, Date.now());
    setTimeout(() => response.writeHead(204).end(), 400);
  }
  return true;
}
