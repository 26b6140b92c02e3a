// The log of the mock server: levels that can be set, lines that come, two files.
const names = ['calls', 'sip', 'registration', 'media', 'clients', 'web', 'store', 'capture', 'server', 'libraries'];
const levels = new Map(names.map((area) => [area, 'info']));
const RANKS = ['off', 'error', 'warn', 'info', 'debug', 'trace'];
const started = Date.now();
let files = [
  { name: 'offhook_2026-11-20_00-00-00.log', size: 19_800_000, modified_at: started - 86_400_000, open: false },
  { name: 'offhook_2026-11-21_00-00-00.log', size: 1_204_000, modified_at: started, open: true },
];

const said = [
  ['info', 'registration', 'line', { line: '201', group: 'Headquarters' }, { state: 'Registered' }],
  ['info', 'web', 'signed in', { user: 'anna' }, { kind: 'User', address: '192.0.2.77' }],
  ['debug', 'calls', 'call', { call: '7', line: '201', user: 'anna' }, { from: 'Initiated', to: 'Alerting' }],
  ['warn', 'calls', 'no audio arrives', { call: '7', line: '201' }, { party: 'Pbx', never: true }],
  ['error', 'media', 'no RTP port', { call: '8' }, { error: 'all ports are taken' }],
];

function lines(query) {
  const now = Date.now();
  const count = Math.min(500, Math.floor((now - started) / 1000) + 40);
  const all = Array.from({ length: count }, (_, n) => {
    const [level, area, message, known, fields] = said[n % said.length];
    const at = started + (n - 40) * 1000;
    const belongs = { call: null, line: null, group: null, user: null, ...known };
    return { seq: n + 1, at, level, area, target: `offhook::${area}`, message, ...belongs, fields };
  });
  const wanted = (line) =>
    (!query.get('level') || RANKS.indexOf(line.level) <= RANKS.indexOf(query.get('level'))) &&
    ['area', 'call'].every((key) => !query.get(key) || line[key] === query.get(key));
  return { now, lines: all.filter(wanted).slice(-Number(query.get('limit') ?? 200)) };
}

/** Answers a request to /api/v1/admin/log; null where there is no such route. */
export function log(method, path, query, body) {
  if (path === '/lines') return [200, lines(query)];
  if (path === '' && method === 'PUT') {
    for (const [area, level] of Object.entries(body.levels)) levels.set(area, level);
    return [204];
  }
  if (path === '') {
    const areas = [...levels].map(([area, level]) => ({ area, level }));
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const missing = { files: 0, stderr: 0, system: 0 };
    const problems = { stopped: null, system_problem: null };
    return [200, { areas, files, total, total_limit: 200 << 20, missing, system: 'warn', ...problems }];
  }
  if (method === 'DELETE' && path.startsWith('/files')) {
    const name = decodeURIComponent(path.slice('/files/'.length));
    files = files.filter((file) => file.open || (name !== '' && file.name !== name));
    return [204];
  }
  return null;
}
