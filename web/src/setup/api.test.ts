import { expect, it } from 'vitest';
import { proposedLogin, proposedPassword } from './api';

it('proposes logins that can be typed anywhere', () => {
  expect(proposedLogin('  Anna  Müller-Lüdenscheidt ')).toBe('anna.mueller-luedenscheidt');
  expect(proposedLogin('Zoë O’Neil')).toBe('zoe.oneil');
  expect(proposedLogin('  ')).toBe('');
});

it('proposes passwords that are not the same', () => {
  expect(proposedPassword()).toMatch(/^([a-z]{10}-){2}[a-z]{10}$/);
  expect(proposedPassword()).not.toBe(proposedPassword());
});
