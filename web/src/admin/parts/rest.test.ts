import { afterEach, expect, it, vi } from 'vitest';
import { Problem, Refusal } from '../../protocol/http';
import { Creation, isConflict, listUrl, read, remove, replace } from './rest';

const asked: { url: string; method: string; headers: Headers; body: unknown }[] = [];

/** Answers one request after another. */
function answer(...answers: (Response | Error)[]) {
  asked.length = 0;
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : null;
    asked.push({ url, method: init.method ?? 'GET', headers: new Headers(init.headers), body });
    const next = answers.shift() ?? new Error('nobody answers');
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  });
}
afterEach(() => void vi.unstubAllGlobals());

const json = (body: unknown, headers = {}, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const problem = (status: number, body: object) => json(body, { 'content-type': 'application/problem+json' }, status);
const caught = (promise: Promise<unknown>) => promise.then(() => null).catch((error: unknown) => error);

it('asks for a page of what is looked for', () => {
  const query = { search: ' anna & co ', sort: 'name', direction: 'descending' } as const;
  expect(listUrl('/u', query, 100, 'a/b')).toBe(
    '/u?search=anna+%26+co&sort=name&direction=descending&limit=100&cursor=a%2Fb',
  );
  expect(listUrl('/u', { search: ' ', sort: null, direction: 'ascending' }, 5, null)).toBe('/u?limit=5');
});

it('replaces the version that it has read', async () => {
  answer(json({ login: 'anna' }, { etag: '"1"' }), json({ login: 'anne' }, { etag: '"2"' }));
  const known = await read<{ login: string }>('/u/1');
  const changed = await replace('/u/1', { ...known, value: { login: 'anne' } });
  expect(asked[1]).toMatchObject({ method: 'PUT', body: { login: 'anne' } });
  expect(asked[1]?.headers.get('if-match')).toBe('"1"');
  expect(changed).toEqual({ value: { login: 'anne' }, tag: '"2"' });
});

it('takes an answer without content for what was sent', async () => {
  answer(new Response(null, { status: 200, headers: { etag: '"2"' } }));
  expect(await replace('/u/1', { value: { a: 1 }, tag: '"1"' })).toEqual({ value: { a: 1 }, tag: '"2"' });
});

it('deletes only the version that is known', async () => {
  answer(new Response(null, { status: 204 }));
  await remove('/u/1', '"7"');
  expect(asked[0]?.method).toBe('DELETE');
  expect(asked[0]?.headers.get('if-match')).toBe('"7"');
});

it('knows an object without its version for none of our server', async () => {
  answer(json({}));
  expect(await caught(read('/u/1'))).toEqual(new Refusal('server_unreachable'));
});

it('tells a conflict and wrong fields apart from other refusals', async () => {
  answer(problem(412, { status: 412, title: 'Changed', code: 'changed_meanwhile' }));
  const conflict = await caught(replace('/u/1', { value: {}, tag: '"1"' }));
  expect(isConflict(conflict)).toBe(true);

  const errors = [{ pointer: '/login', detail: 'This login is taken.' }];
  answer(problem(422, { title: 'Invalid', detail: 'One field is wrong.', code: 'invalid', errors }));
  const wrong = await caught(new Creation('/u').send({ login: 'anna' }));
  expect(wrong).toBeInstanceOf(Problem);
  expect(isConflict(wrong)).toBe(false);
  expect(wrong).toMatchObject({ status: 422, message: 'One field is wrong.', errors });

  answer(json({ cause: { code: 'not_found' }, message: '' }, {}, 404));
  expect(await caught(read('/u/1'))).toMatchObject({ code: 'not_found' });

  answer(new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } }));
  expect(await caught(read('/u/1'))).toEqual(new Refusal('server_unreachable'));
});

it('sends the same object again with the same key, and another with another', async () => {
  const made = () => json({ id: '1' }, { etag: '"1"' }, 201);
  answer(new Error('no network'), made(), made(), new Error('no network'), made());
  const creation = new Creation<object>('/u');
  await caught(creation.send({ login: 'anna' }));
  await creation.send({ login: 'anna' });
  await creation.send({ login: 'anna' });
  await caught(creation.send({ login: 'ben' }));
  await creation.send({ login: 'ben', active: true });
  const keys = asked.map(({ headers }) => headers.get('idempotency-key'));
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(new Set(keys).size).toBe(4);
});
