import { expect, it } from 'vitest';
import { adminDe } from './admin.de';
import { adminEn } from './admin.en';
import { counter, formatNumber } from './numbers';

it('writes numbers as each language does', () => {
  expect(formatNumber(1234.56, 'en', 1)).toBe('1,234.6');
  expect(formatNumber(1234.56, 'de', 1)).toBe('1.234,6');
  expect(formatNumber(4, 'de', 3, 3)).toBe('4,000');
  expect(formatNumber(-0.4, 'en')).toBe('-0');
});

it('chooses the sentence by its number', () => {
  const count = counter('de');
  const forms = { one: '# Leitung', other: '# Leitungen' };
  expect([0, 1, 2, 1200].map((n) => count(n, forms))).toEqual([
    '0 Leitungen',
    '1 Leitung',
    '2 Leitungen',
    '1.200 Leitungen',
  ]);
});

it('says one thing in the singular, in both languages', () => {
  const said = ({ ladder, log, captures, status }: typeof adminEn) =>
    [
      ladder.dropped(1),
      ladder.pngCut(1),
      log.missing(1),
      log.missingElsewhere(1),
      captures.dropped(1),
      captures.sureAll(1),
      status.wrong(1),
      status.clientsText(1),
    ].join('\n');
  expect(said(adminEn)).not.toMatch(/1 (?:finished |more )?(?:events|lines|messages|files|things|people)\b/);
  expect(said(adminDe)).not.toMatch(/1 (?:weitere )?(?:Ereignisse|Zeilen|Nachrichten|Dateien|Sachen|Personen)\b/);
  const whatIf = ({ site }: typeof adminEn) => {
    const { soFar, left, none, changed } = site.rules.whatIf;
    return [soFar(1, '9', 1), left(1), none(1), changed(1, '5')].join('\n');
  };
  expect(whatIf(adminEn)).not.toMatch(/1 (?:older ones|past numbers)\b|\b(?:are|were)\b/);
  expect(whatIf(adminDe)).not.toMatch(/würden|wurden|sind|1 frühere Nummern/);
  expect(adminEn.ladder.dropped(1200)).toContain('1,200 events are');
});
