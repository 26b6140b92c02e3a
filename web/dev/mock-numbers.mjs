// What becomes of numbers, as the mock server tells it: always the same steps, with the number that is asked about.

const step = (number, name, before, after, code, values = [], skipped = []) => ({
  number,
  name,
  before,
  after,
  note: { code, values },
  skipped,
});

function explained({ text, kind = 'typed', draft }, location) {
  const digits = text.replace(/[^\d+*#]/g, '');
  const rules = (draft ?? location).external_rules;
  const skipped = rules.map(({ pattern }, at) => ({ at, pattern, reason: { code: 'does_not_fit', values: [] } }));
  const shown = `+49 (89) ${digits.slice(-6)}`;
  if (kind !== 'typed' && kind !== 'forwarding') {
    return {
      location: location.name,
      reported: { number: `+4989${digits}`, reach: 'external', extension: null },
      shown,
      steps: [
        step(1, 'characters', text, digits, 'removed'),
        step(6, 'canonical', digits, `+4989${digits}`, 'whole', ['49']),
      ],
    };
  }
  const last = draft ? `77${digits}` : `00${digits}`;
  return {
    location: location.name,
    dialled: { number: last, then: [], canonical: `+49${digits}`, reach: 'external', private: false, noted: null },
    shown,
    steps: [
      step(1, 'characters', text, digits, digits === text ? 'unchanged' : 'removed'),
      step(4, 'special_numbers', digits, digits, 'not_special'),
      step(5, 'external_rules', digits, digits, 'no_rule_fits', [], skipped),
      step(7, 'canonical', digits, `+49${digits}`, 'national', ['0', '49']),
      step(13, 'dialable', `+49${digits}`, `0${digits}`, 'dialled_national', [`0${digits}`]),
      step(14, 'access_code', `0${digits}`, `00${digits}`, 'access_code', ['0']),
      step(15, 'final_rules', `00${digits}`, last, 'rule_replaced', ['1', last]),
      step(16, 'send', last, last, 'sent'),
    ],
  };
}

const result = (number, reach = 'external') => ({ number, then: [], reach });

/** Answers a question about numbers with the locations of the site. */
export function numbersRoute(what, body, locations) {
  const location = locations.get(body.location)?.object ?? body.draft;
  if (what === 'explain') return [200, explained(body, location)];
  if (what === 'network') {
    const rule = { location: 'Wien', pattern: '^([2-7][0-9]|8[0-9])$', replacement: '+4317654\\1' };
    return [
      200,
      { overlaps: [{ location: 'Wien', from: '20', to: '29' }], internal_rules: [rule], dialling_rules: [] },
    ];
  }
  const changed = Array.from({ length: 6 }, (_, n) => ({
    kind: n % 2 ? 'caller' : 'typed',
    text: `019${n}5566`,
    count: 17 - n,
    last_at: Date.now() - n * 5e7,
    before: result(`0019${n}5566`),
    after: n === 3 ? { number: null, then: [], reach: null } : result(`7719${n}5566`, n % 2 ? 'internal' : 'external'),
  }));
  return [200, { checked: 1312, total: changed.length, changed, truncated: false, left: 0, next: null }];
}
