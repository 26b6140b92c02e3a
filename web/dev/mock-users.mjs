// 10,000 users of the mock server, with their versions.
const given = ['Anna', 'Ben', 'Clara', 'Emre', 'Jonas', 'Mira', 'Oskar', 'Selin', 'Tom', 'Zoë'];
const family = ['Berger', 'Okafor', 'Lindqvist', 'Aydın', 'Weber', 'Hoffmann', 'Maier', 'Nowak', 'Schäfer', 'Yılmaz'];

const users = new Map(
  Array.from({ length: 10_000 }, (_, n) => {
    const [first, last] = [given[n % 10], family[Math.floor(n / 10) % 10]];
    const login = `${first}.${last}${n}`.toLowerCase();
    const body = {
      id: `u${n}`,
      login,
      display_name: `${first} ${last} ${n}`,
      email: n % 7 ? `${login}@example.com` : null,
      active: n % 9 !== 0,
      profile: 'Default',
      phones: { business: String(10_000 + n), mobile: null },
    };
    return [`u${n}`, { version: 1, body }];
  }),
);
let latest = 'u0';

function page(query) {
  const search = (query.get('search') ?? '').toLowerCase();
  const sort = query.get('sort');
  const found = [...users.values()]
    .map(({ body }) => body)
    .filter(({ display_name, login, phones }) =>
      [display_name, login, phones.business].some((text) => text.toLowerCase().includes(search)),
    );
  if (sort) found.sort((a, b) => String(a[sort] ?? '').localeCompare(String(b[sort] ?? '')));
  if (query.get('direction') === 'descending') found.reverse();
  const from = Number(query.get('cursor') ?? 0);
  const to = from + Number(query.get('limit') ?? 100);
  return { items: found.slice(from, to), next: to < found.length ? String(to) : null, total: found.length };
}

const problem = (status, code, detail, errors = []) => [
  status,
  { type: 'about:blank', title: detail, status, code, detail, errors },
];

/** Somebody else changes the user that was asked for last. */
export function meanwhile() {
  const user = users.get(latest);
  user.version++;
  user.body = { ...user.body, display_name: `${user.body.display_name} (changed)`, active: !user.body.active };
}

/** Answers a request to /api/v1/admin/users: its status, body and version. */
export function userRoute(method, path, query, match, body) {
  if (path === '') return [200, page(query)];
  const id = path.slice(1);
  const user = users.get(id);
  if (!user) return problem(404, 'not_found', 'There is no such user.');
  latest = id;
  if (method === 'PUT') {
    if (match !== `"${user.version}"`) return problem(412, 'changed_meanwhile', 'Somebody else has changed it.');
    if (body.login === 'taken') {
      const errors = [{ pointer: '/login', detail: 'This login belongs to somebody else.' }];
      return problem(422, 'invalid', 'The user is not right.', errors);
    }
    user.version++;
    user.body = body;
  }
  return [200, user.body, `"${user.version}"`];
}
