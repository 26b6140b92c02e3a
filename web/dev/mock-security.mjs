// How people of the mock server sign in: second factors, sessions, locks. Every password is `secret`, every code 123456.
const minute = 60_000;
const now = Date.now();
const agents = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0',
  safari:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
};
const session = (id, age, user_agent, address, current = false) => ({
  id,
  created_at: now - age * minute,
  used_at: now - Math.min(age, 7) * minute,
  expires_at: now + 20 * 24 * 60 * minute,
  address,
  user_agent,
  current,
});
let sessions = [
  session('s1', 3, agents.firefox, '192.0.2.17', true),
  session('s2', 600, agents.safari, '198.51.100.4'),
  session('s3', 9000, agents.edge, '192.0.2.17'),
  session('s4', 20, 'curl/8.5.0', '192.0.2.80'),
];
const codes = () => Array.from({ length: 10 }, (_, n) => `K${n}QF-7TZM-X${(n * 7) % 10}AB`.replaceAll(/[01]/g, 'W'));
/** Not a real code, but of its looks. */
const qr = (() => {
  const cells = [];
  const finder = (x, y) => cells.push(`M${x} ${y}h7v7h-7zM${x + 1} ${y + 1}v5h5v-5zM${x + 2} ${y + 2}h3v3h-3z`);
  [4, 34].forEach((x) => finder(x, 4));
  finder(4, 34);
  for (let y = 4; y < 41; y++) {
    for (let x = 4; x < 41; x++) {
      const inFinder = (x < 12 && y < 12) || (x > 32 && y < 12) || (x < 12 && y > 32);
      if (!inFinder && (x * x * 7 + y * 13 + x * y * 5) % 11 < 5) cells.push(`M${x} ${y}h1v1h-1z`);
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 45 45"><path fill="#fff" d="M0 0h45v45H0z"/><path fill-rule="evenodd" d="${cells.join('')}"/></svg>`;
})();
const factors = new Map();
const attempts = [
  ['signed_in', 3],
  ['wrong_password', 4],
  ['wrong_password', 5],
  ['recovery_code', 600],
  ['wrong_code', 601],
].map(([outcome, age], n) => ({
  id: 100 - n,
  at: now - age * minute,
  object: 'u',
  login: 'anna',
  outcome,
  address: n % 2 ? '203.0.113.9' : '192.0.2.17',
  user_agent: n % 2 ? '' : agents.firefox,
}));

const problem = (status, code, pointer) => [
  status,
  { code, status, title: code, detail: code, errors: pointer ? [{ pointer, code, detail: code }] : [] },
];

/** One's own, by what follows the address of one's session: `/security`. */
export function own(method, path, body, who) {
  const wrong = body && 'password' in body && body.password !== 'secret';
  if (wrong) return problem(422, 'not_your_password', '/password');
  const needed = who === 'demanded';
  switch (`${method} ${path}`) {
    case 'GET /security':
      return [
        200,
        {
          second_factor: factors.get(who) ?? null,
          second_factor_needed: needed,
          password: who !== 'file',
          min_length: 8,
        },
      ];
    case 'GET /sessions':
      return [200, { sessions }];
    case 'DELETE /sessions':
      sessions = sessions.filter(({ current }) => current);
      return [200, { ended: 3 }];
    case 'PUT /password':
      return body.old === 'secret' ? [204] : problem(422, 'not_your_password', '/old');
    case 'POST /totp':
      return [200, { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', url: 'otpauth://totp/x', qr }];
    case 'PUT /totp':
      if (body.code.replaceAll(' ', '') !== '123456') return problem(422, 'wrong_code', '/code');
      factors.set(who, { since: Date.now(), recovery_codes: 10 });
      return [200, { recovery_codes: codes() }];
    case 'POST /totp/recovery-codes':
      return [200, { recovery_codes: codes() }];
    case 'POST /totp/remove':
      factors.delete(who);
      return [204];
    default:
      if (method !== 'DELETE') return problem(404, 'not_found');
      sessions = sessions.filter(({ id }) => id !== path.split('/').at(-1));
      return [204];
  }
}

const locked = new Set(['u0000000000000000000']);

/** Of somebody else, by what follows their id; null: nothing of it. */
export function of(method, id, path) {
  const [, what] = path.split('/');
  if (what === 'security') {
    const factor = factors.has(id) || id.endsWith('0') ? { since: now - 9e9, recovery_codes: 8 } : null;
    const lock = locked.has(id) ? { failures: 9, until: now + 5 * minute } : null;
    return [200, { second_factor: factor, second_factor_needed: false, lock }];
  }
  if (what === 'lock') return (locked.delete(id), [204]);
  if (what === 'totp') return [204];
  if (what !== 'sessions') return null;
  const theirs = sessions.map((session) => ({ ...session, current: false }));
  return method === 'GET' ? [200, { sessions: theirs }] : own(method, path, null, id);
}

export const locks = () => [
  200,
  {
    users: [...locked].map((id) => ({ id, login: 'anna.berger0', lock: { failures: 9, until: now + 5 * minute } })),
    administrators: [],
    addresses: [
      { address: '203.0.113.9', kind: 'user', lock: { failures: 31, until: now + 12 * minute } },
      { address: '2001:db8:7::/64', kind: 'administrator', lock: { failures: 12, until: now + 2 * minute } },
    ],
    unknown_logins: 4,
  },
];

export const signIns = () => [200, { entries: attempts, next: null }];
