// @vitest-environment happy-dom
/** What an administrator has preset: what counts, and what the person cannot change. */
import { act, cleanup, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { GeneralSettings } from './components/GeneralSettings';
import { rendered } from './components/testing';
import { presetOf, setPresets, settled } from './presets';
import { applyScheme, schemeManager } from './scheme';

const SCHEMES = ['auto', 'light', 'dark'] as const;

afterEach(() => {
  cleanup();
  setPresets({});
  localStorage.clear();
});

it.each([
  [null, null, 'auto'],
  [null, 'dark', 'dark'],
  [{ value: 'light', locked: false }, null, 'light'],
  [{ value: 'light', locked: false }, 'dark', 'dark'],
  [{ value: 'light', locked: true }, 'dark', 'light'],
  // A newer server may know more values than this page.
  [{ value: 'sepia', locked: true }, 'dark', 'dark'],
] as const)('with %o preset and %s chosen it is %s', (preset, own, expected) => {
  setPresets(preset ? { theme: preset } : {});
  expect(settled<string>('theme', SCHEMES, own, 'auto')).toBe(expected);
});

it('does not take what is preset for the choice of the person', () => {
  schemeManager.set('dark');
  setPresets({ theme: { value: 'light', locked: true } });
  const set: string[] = [];
  const scheme = (wanted: 'auto' | 'light' | 'dark') => {
    set.push(wanted);
    schemeManager.set(wanted);
  };
  applyScheme(scheme);
  setPresets({});
  applyScheme(scheme);
  expect(set).toEqual(['light', 'dark']);
});

it('speaks the language that is preset, and says what is locked', () => {
  localStorage.setItem('offhook.language', 'en');
  rendered(<GeneralSettings name="Anna" picture={null} configures={false} />);
  const letters = () => screen.getByRole<HTMLInputElement>('switch');
  expect(letters().disabled).toBe(false);
  expect(screen.queryByText('Your administrator has set this.')).toBeNull();
  act(() => setPresets({ letter_shortcuts: { value: false, locked: true } }));
  expect([letters().disabled, letters().checked]).toEqual([true, false]);
  expect(screen.getByText('Your administrator has set this.')).not.toBeNull();
  act(() => setPresets({ language: { value: 'de', locked: true } }));
  expect(screen.getByText('Die Sprache hat Ihr Administrator festgelegt.')).not.toBeNull();
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'DE' }).disabled).toBe(true);
  expect(presetOf('language', ['en', 'de'])).toEqual({ value: 'de', locked: true });
  act(() => setPresets({}));
  expect(screen.queryByText(/Administrator festgelegt/)).toBeNull();
});
