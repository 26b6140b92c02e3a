import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  cleanEntry,
  enteredOf,
  entriesOf,
  fieldsOf,
  forgetChoices,
  keepChoice,
  keptChoice,
  NOTHING_CHOSEN,
} from './dialling';
import type { Dialling } from './generated/protocol';

const dialling: Dialling = {
  projects: [
    { name: 'Bridge', private: false, pin: 4, user: null },
    { name: 'Noted', private: false, pin: null, user: null },
    { name: 'Card', private: true, pin: 8, user: 0 },
  ],
  private_pin: 3,
  private_user: null,
};
const choice = (fields: Partial<typeof NOTHING_CHOSEN>) => ({ ...NOTHING_CHOSEN, ...fields });
const storage = new Map<string, string>();

beforeEach(() =>
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
    removeItem: (key: string) => storage.delete(key),
  }),
);
afterEach(() => {
  storage.clear();
  vi.unstubAllGlobals();
});

it('asks for what the project, or else a private call, needs', () => {
  expect(entriesOf(dialling, NOTHING_CHOSEN)).toEqual({ pin: null, user: null });
  expect(entriesOf(dialling, choice({ project: 'Bridge' }))).toEqual({ pin: 4, user: null });
  expect(entriesOf(dialling, choice({ project: 'Noted', private: true }))).toEqual({ pin: 3, user: null });
  expect(entriesOf(dialling, choice({ project: 'Card' }))).toEqual({ pin: 8, user: 0 });
});

it('sends what is asked for and nothing else', () => {
  const entered = { pin: '1234', user: '77' };
  expect(fieldsOf(dialling, choice(entered))).toEqual({});
  expect(fieldsOf(dialling, choice({ ...entered, project: 'Bridge' }))).toEqual({ project: 'Bridge', pin: '1234' });
  expect(fieldsOf(dialling, choice({ project: 'Gone', private: true }))).toEqual({ private: true });
  expect(fieldsOf(null, choice({ ...entered, project: 'Bridge', private: true }))).toEqual({});
});

it('leaves out what something is missing of, and keeps the rest', () => {
  const free: Dialling = { ...dialling, private_pin: null };
  const kept = (of: Dialling | null, fields: Partial<typeof NOTHING_CHOSEN>) =>
    fieldsOf(of, enteredOf(of, choice(fields)));
  expect(kept(free, { project: 'Bridge', private: true })).toEqual({ private: true });
  expect(kept(free, { project: 'Bridge', private: true, pin: '1234' })).toMatchObject({
    project: 'Bridge',
    private: true,
  });
  expect(kept(dialling, { project: 'Noted', private: true })).toEqual({ project: 'Noted' });
  expect(kept(dialling, { project: 'Bridge', private: true })).toEqual({});
  expect(kept(null, { private: true })).toEqual({});
});

it('takes only what can be dialled, and no more digits than there are', () => {
  expect(cleanEntry('12 3-4#5', 4)).toBe('1234');
  expect(cleanEntry('*9', 0)).toBe('*9');
  expect(cleanEntry('1'.repeat(100), 0)).toHaveLength(32);
});

it('keeps what was chosen for a line, for its user, and never the PIN', () => {
  keepChoice('anna', '201', { project: 'Card', private: true, pin: '12345678', user: '77' });
  keepChoice('anna', '202', choice({ project: 'Noted' }));
  expect(keptChoice('anna', '201')).toEqual({ project: 'Card', private: true, pin: '', user: '77' });
  expect(keptChoice('anna', '202').project).toBe('Noted');
  expect(keptChoice('anna', '203')).toEqual(NOTHING_CHOSEN);
  expect(keptChoice('ben', '201')).toEqual(NOTHING_CHOSEN);
  expect([...storage.values()].join()).not.toContain('12345678');
  forgetChoices();
  expect(keptChoice('anna', '201')).toEqual(NOTHING_CHOSEN);
  storage.set('offhook.projects', '[nonsense');
  expect(keptChoice('anna', '201')).toEqual(NOTHING_CHOSEN);
});
