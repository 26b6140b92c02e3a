// The site of the mock server: 10,000 users, 200 groups and what else administrators set, with versions, lines, rights and
// the log of changes. What is wrong with an object is looked at for a few fields only.
import { readFileSync } from 'node:fs';
import { numbersRoute } from './mock-numbers.mjs';
import { hasPicture } from './mock-pictures.mjs';

const given = ['Anna', 'Ben', 'Clara', 'Emre', 'Jonas', 'Mira', 'Oskar', 'Selin', 'Tom', 'Zoë'];
const family = ['Berger', 'Okafor', 'Lindqvist', 'Aydın', 'Weber', 'Hoffmann', 'Maier', 'Nowak', 'Schäfer', 'Yılmaz'];
const departments = [
  'Sales',
  'Support',
  'Development',
  'Purchasing',
  'Reception',
  'Warehouse',
  'Finance',
  'Management',
];
const idOf = (letter, n) => letter + String(n).padStart(19, '0');

const user = (n) => {
  const [first_name, last_name] = [given[n % 10], family[Math.floor(n / 10) % 10]];
  const login = `${first_name}.${last_name}${n}`.toLowerCase();
  return {
    login,
    identity: '',
    first_name,
    last_name,
    display_name: `${first_name} ${last_name}`,
    email: n % 7 ? `${login}@example.com` : '',
    active: n % 9 !== 8,
    profile: n % 40 === 4 ? idOf('p', 1) : null,
    phones: {
      business: String(10_000 + n),
      business2: '',
      private: '',
      mobile: n % 3 ? '' : `+4917${1_000_000 + n}`,
      pager: '',
      voice_mailbox: '',
      recording_server: '',
    },
    bind_business: null,
    bind_business2: null,
    first_phone: '',
    second_phone: n === 0 ? 'Headquarters/299' : '',
    further_phones: [],
    address: {
      title: '',
      company: 'Example Ltd',
      department: departments[n % 8],
      office: '',
      street: '',
      postal_code: '',
      city: 'Munich',
      state: '',
      country: '',
      website: '',
      fax: '',
    },
    services: n % 5 ? [] : ['mobile_app', 'missed_call_email'],
    additional_lines: n === 0 ? [{ line: '300', see_outgoing: true, see_incoming: true, pick_up: true }] : [],
    grants:
      n === 0
        ? [
            { to: idOf('u', 3), grant: { level: 'personal' } },
            { to: idOf('u', 7), grant: { level: 'special', rights: ['see_presence', 'set_note', 'first_pick_up'] } },
          ]
        : [],
    max_clients: null,
  };
};

/** Something in each list of a location's rules. */
const rule = (pattern, replacement, description = '') => ({ description, compare: 'regex', pattern, replacement });
const rules = {
  external_rules: [rule('^19', null, 'Numbers of the town that look internal'), rule('^(115|116)', null)],
  internal_rules: [rule('^0307654(\\d\\d)$', '+49307654\\1', 'The warehouse')],
  formatting: {
    incoming: [rule('^000(.*)$', '00\\1', 'The carrier puts one 0 too many')],
    outgoing: [],
    dialling: [],
    dialling_final: [rule('^00(.*)$', '77\\1')],
  },
  emergency: {
    enabled: true,
    rules: [{ name: 'hall', subnet: '192.0.2.0/24', numbers: ['110', '112'], prefix: '9' }],
  },
  projects: [{ name: 'Calling card', code: '0800123CP#eeee#N#', use: 'dial_and_journal' }],
  least_cost_routing: {
    enabled: true,
    providers: [
      { name: 'Alpha', prefix: '01013' },
      { name: 'Beta', prefix: '01070' },
    ],
    zones: [
      {
        name: 'Mobile',
        prefixes: ['+4915', '+4916', '+4917'],
        weekdays: Array.from({ length: 48 }, (_, at) => (at < 16 || at >= 36 ? 'Beta' : 'Alpha')),
        saturday: Array.from({ length: 48 }, (_, at) => (at < 18 ? null : 'Beta')),
        sunday: [],
      },
    ],
  },
  network: { enabled: true, detect: true, search: false, shorten: true },
};

const group = (n) => ({
  name: n < 8 ? departments[n] : `Team ${n}`,
  description: n < 8 ? `Everybody in ${departments[n].toLowerCase()}` : '',
  active: n % 13 !== 12,
  leader: idOf('u', n * 50 + 4),
  deputy: n % 2 ? idOf('u', n * 50 + 5) : null,
  members: Array.from({ length: 50 }, (_, m) => idOf('u', n * 50 + m)),
  member_grant: { level: n % 2 ? 'business' : 'team_member' },
  leader_grant: { level: 'personal' },
  services: n % 3 ? [] : ['share_files', 'start_screen_sharing'],
  journal: { leader_sees: n % 2 === 0, members_see: false, may_change: false },
  monitor_groups: n === 0 ? [{ group: idOf('g', 1), monitor: true, favorites: false }] : [],
  keys: n === 0 ? [{ label: 'Reception', number: '0', monitor: true, favorites: true }] : [],
});

const blankLineGroup = {
  name: '',
  kind: 'softphones',
  location: null,
  registrar: '',
  port: null,
  transport: null,
  domain: '',
  expires: 600,
  register_delay: 20,
  retry_interval: 30,
  nat_refresh: 0,
  nat_refresh_answered: false,
  options_refresh: 30,
  listener: '',
  ca: [],
  system_ca: true,
  allow_from: [],
  user_name: '',
  numbers: '',
  trust_identity: true,
  codecs: ['G722', 'PCMA', 'PCMU'],
  codecs_outgoing: [],
  codecs_incoming: [],
  srtp: 'auto',
  comfort_noise: false,
  rtcp_mux: false,
  ptime: 20,
  dtmf: 'auto',
  record: false,
  capture: false,
  capture_audio: 'off',
  functions: null,
  switched_off: ['park_call'],
  signed_out: 'busy',
  decline: 'client',
  hide_decline: false,
  diversion: 'new-call',
  transfer: 'auto',
  signed_off_to_voice_mailbox: false,
  pickup_code: '*59<NUMBER>',
  pickup_in_server: true,
  feature_codes: [{ name: 'Night service', code: '*41' }],
  emergency_numbers: ['110', '112'],
  internal_digits: 5,
  park_returns: 120,
};

/** What a location begins with, as the app has it. */
const tables = readFileSync(new URL('../src/generated/siteTables.ts', import.meta.url), 'utf8');
const blankLocation = JSON.parse(/blankLocation: LocationObject = (\{[^]*?\n\});/.exec(tables)[1]);

const trunk = (base_number, from, to) => ({
  ...blankLocation.numbering,
  base_number,
  ranges: [{ from, to }],
  shortest: from.length,
  longest: to.length,
});

const settings = {
  presence_domain: 'example.com',
  server_name: 'Offhook',
  grant: { level: 'public' },
  services: ['control_lines', 'chat', 'audio', 'video', 'record_calls', 'phone_books', 'web_app'],
  all_in_monitor: false,
  monitor_grant: { level: 'none' },
  bind_lines: true,
  max_clients: 2,
  password: { min_length: 8 },
  session_days: 30,
  second_factor: 'optional',
};

const table = (letter, count, make, fromFile = () => false) =>
  new Map(
    Array.from({ length: count }, (_, n) => {
      const id = idOf(letter, n);
      return [id, { id, version: 1, from_file: fromFile(n), object: make(n) }];
    }),
  );
const profile = (name, description, set) => ({ name, description, settings: set });
const site = {
  users: table('u', 10_000, user, (n) => n === 2),
  groups: table('g', 200, group),
  computers: table('c', 12, (n) => ({
    name: `desk-${n + 1}`,
    first_phone: String(400 + n),
    second_phone: '',
    only_authorized_dial: n % 3 === 0,
    active: n !== 5,
  })),
  profiles: table(
    'p',
    2,
    (n) =>
      [
        profile('Default', 'Everybody without another one', {}),
        profile('Reception', 'For the front desk', {
          auto_answer: { value: false, locked: true },
          ring_volume: { value: 80, locked: false },
          call_window: { value: 'always', locked: false },
        }),
      ][n],
  ),
  line_groups: table(
    'h',
    3,
    (n) => ({
      ...blankLineGroup,
      ...[
        { name: 'Headquarters', registrar: 'pbx.example.com', location: idOf('o', 0) },
        { name: 'Munich branch', kind: 'trunk-registration', registrar: 'sip.carrier.example', transport: 'tls' },
        { name: 'Gateway at the gate', kind: 'trunk-registrar', user_name: 'gate' },
      ][n],
    }),
    (n) => n === 1,
  ),
  locations: table('o', 3, (n) => ({
    ...blankLocation,
    ...[
      { name: 'Berlin', country: 'DE', area_code: '30', numbering: trunk('123456', '100', '399'), ...rules },
      { name: 'Wien', country: 'AT', area_code: '1', numbering: trunk('7654', '20', '89') },
      { name: 'Small shop', country: 'DE', area_code: '8231', has_pbx: false },
    ][n],
  })),
  lines: table(
    'l',
    21,
    (n) => ({
      group: idOf('h', n < 10 ? 0 : n < 20 ? 1 : 2),
      user_name: n === 2 ? 'phone-203' : String(n < 10 ? 201 + n : n < 20 ? 90 + n : 300),
      auth_name: '',
      number: n < 10 ? String(201 + n) : n < 20 ? `+49 89 5550 ${90 + n}` : '300',
      active: n !== 4,
      pilot: n === 10,
      redirections: n === 0 ? [{ to: '202', seconds: 15 }] : [],
    }),
    (n) => n >= 10 && n < 20,
  ),
  administrators: table(
    'a',
    3,
    (n) =>
      [
        { login: 'admin', display_name: 'Ada Min', email: '', role: 'full', active: true },
        { login: 'helpdesk', display_name: 'Help desk', email: 'help@example.com', role: 'users', active: true },
        { login: 'auditor', display_name: 'Auditor', email: '', role: 'read_only', active: true },
      ][n],
    (n) => n === 0,
  ),
};
site.tokens = table('t', 3, (n) => ({
  name: ['Monitoring', 'Phone book sync', 'Old intranet'][n],
  description: ['Prometheus', 'Writes users every night', ''][n],
  scopes: [['metrics'], ['users'], ['read_only']][n],
  expires: [null, Math.floor(Date.now() / 1000) + 90 * 86_400, Math.floor(Date.now() / 1000) - 86_400][n],
  active: true,
}));
const blankCertificate = { name: '', source: 'uploaded', names: [], chain: '-----BEGIN CERTIFICATE-----', acme: null };
const letsEncrypt = {
  directory: 'https://acme-v02.api.letsencrypt.org/directory',
  ca: '',
  contact: 'it@example.com',
  terms_accepted: true,
};
site.certificates = table('z', 4, (n) => ({
  ...blankCertificate,
  ...[
    { name: 'pbx.example.com', source: 'acme', names: ['pbx.example.com', 'phone.example.com'], acme: letsEncrypt },
    { name: 'Wildcard', source: 'uploaded' },
    { name: 'For the workshop', source: 'self_signed', names: ['workshop.lan', '192.0.2.10'] },
    { name: 'Branch', source: 'acme', names: ['branch.example.com'], acme: letsEncrypt, chain: '' },
  ][n],
}));
site.interfaces = table(
  'i',
  4,
  (n) => ({
    address: '0.0.0.0',
    certificate: null,
    active: true,
    ...[
      { name: 'listen.http', port: 7224, mode: 'plain' },
      { name: 'Web (HTTPS)', port: 443, mode: 'tls', certificate: idOf('z', 0) },
      { name: 'Sends on to HTTPS', port: 80, mode: 'redirect' },
      { name: 'Laboratory', address: '198.51.100.7', port: 8443, mode: 'tls', certificate: idOf('z', 2) },
    ][n],
  }),
  (n) => n === 0,
);
const only = { id: idOf('s', 0), version: 1, from_file: false, object: settings };
const singular = {
  users: 'user',
  groups: 'group',
  computers: 'computer',
  profiles: 'profile',
  administrators: 'administrator',
  line_groups: 'line_group',
  locations: 'location',
  lines: 'line',
  tokens: 'token',
  certificates: 'certificate',
  interfaces: 'interface',
};
const columns = {
  business: (object) => object.phones.business,
  department: (object) => object.address.department,
  members: (object) => String(object.members.length).padStart(6, '0'),
  active: (object) => (object.active ? '0' : '1'),
};
const titleOf = (object) => object.display_name || object.login || object.name || object.number;
let latest = site.users.get(idOf('u', 0));
let made = 0;

const log = [];
function note(action, kind, stored, before, after) {
  log.unshift({
    id: log.length + 1,
    at: Date.now() - (log.length < 8 ? (8 - log.length) * 3_700_000 : 0),
    actor: idOf('a', log.length % 3 === 1 ? 1 : 0),
    actor_kind: 'administrator',
    actor_title: log.length % 3 === 1 ? 'Help desk' : 'Ada Min',
    address: '192.0.2.17',
    action,
    kind,
    object: stored.id,
    title: kind === 'settings' ? '' : titleOf(stored.object),
    before,
    after,
  });
}
{
  const [anna, ben, sales] = [
    site.users.get(idOf('u', 0)),
    site.users.get(idOf('u', 1)),
    site.groups.get(idOf('g', 0)),
  ];
  const changed = (stored, change) => ({ ...stored.object, ...change });
  note('create', 'user', ben, null, ben.object);
  note('change', 'user', anna, changed(anna, { email: '', active: false }), anna.object);
  note('set_secret', 'user', anna, null, null);
  note('change', 'group', sales, changed(sales, { member_grant: { level: 'business' } }), sales.object);
  note('change', 'group', sales, changed(sales, { members: sales.object.members.slice(2) }), sales.object);
  note('change', 'settings', only, { ...settings, services: ['chat'], session_days: 7 }, settings);
  note(
    'delete',
    'computer',
    { ...site.computers.get(idOf('c', 0)), id: idOf('c', 99) },
    site.computers.get(idOf('c', 0)).object,
    null,
  );
}

/** Somebody else changes the object of the page that asks for it, or the one that was asked for last. */
export function meanwhile(page = '') {
  const id = page.split('/').at(-1);
  latest =
    Object.values(site)
      .find((all) => all.has(id))
      ?.get(id) ?? latest;
  const { object } = latest;
  const name = 'display_name' in object ? 'display_name' : 'name' in object ? 'name' : 'server_name';
  latest.version++;
  latest.object = {
    ...object,
    [name]: `${object[name]} (changed)`,
    ...('active' in object && { active: !object.active }),
  };
}

const german = {
  not_found: 'Dieses Objekt gibt es nicht. Vielleicht wurde es gelöscht.',
  version_conflict: 'Das hat jemand geändert, seit Sie es geöffnet haben.',
  name_taken: 'Anna Berger heißt schon so.',
  required: 'Das wird gebraucht.',
  out_of_range: 'Das muss zwischen 8 und 128 liegen.',
  terms_not_accepted: 'Die Nutzungsbedingungen der Zertifizierungsstelle müssen angenommen werden.',
};
const problem = (status, code, detail, errors = []) => [
  status,
  {
    type: `urn:offhook:problem:${code}`,
    title: detail,
    status,
    code,
    detail,
    german: german[code] ?? detail,
    errors: errors.map((error) => ({ ...error, german: german[error.code] ?? error.detail })),
  },
];
const notFound = () => problem(404, 'not_found', 'This object does not exist. Perhaps somebody has deleted it.');
const answer = (stored, status = 200) => [status, stored, `"${stored.version}"`];

function page(kind, query) {
  const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const words = fold(query.get('search') ?? '')
    .split(/\s+/)
    .filter(Boolean);
  const [active, ofGroup, ofProfile] = ['active', 'group', 'profile'].map((name) => query.get(name));
  const members = ofGroup && new Set(site.groups.get(ofGroup)?.object.members);
  const found = [...site[kind].values()].filter(({ id, object }) => {
    if (active !== null && String(object.active) !== active) return false;
    if (kind === 'lines' ? ofGroup && object.group !== ofGroup : members && !members.has(id)) return false;
    if (ofProfile && (object.profile ?? idOf('p', 0)) !== ofProfile) return false;
    const texts = [
      titleOf(object),
      object.user_name,
      object.registrar,
      object.login,
      object.email,
      object.phones?.business,
      object.description,
    ];
    const all = fold(texts.filter(Boolean).join(' '));
    return words.every((word) => all.includes(word));
  });
  const sort = query.get('sort');
  const key = ({ object }) => (columns[sort] ? columns[sort](object) : String(object[sort] ?? ''));
  if (sort) found.sort((a, b) => key(a).localeCompare(key(b)));
  if (query.get('direction') === 'descending') found.reverse();
  const from = Number(query.get('cursor') ?? 0);
  const to = from + Number(query.get('limit') ?? 50);
  const items = found.slice(from, to);
  const pictured = kind === 'users' ? items.filter(({ id }) => hasPicture(id)) : [];
  const pictures = Object.fromEntries(pictured.map(({ id }) => [id, 1]));
  return [200, { items, next: to < found.length ? String(to) : null, total: found.length, pictures }];
}

function wrong(kind, id, object) {
  const name = kind === 'users' || kind === 'administrators' ? 'login' : kind === 'lines' ? 'user_name' : 'name';
  if (kind === 'settings') return [];
  const errors = [];
  if (!object[name]?.trim()) errors.push({ pointer: `/${name}`, code: 'required', detail: 'This is needed.' });
  else if ([...site[kind].values()].some((other) => other.id !== id && other.object[name] === object[name])) {
    errors.push({ pointer: `/${name}`, code: 'name_taken', detail: 'Anna Berger has this name already.' });
  }
  if (kind === 'users' && object.active && !object.display_name) {
    const detail = 'A user needs a displayed name before being activated.';
    errors.push({ pointer: '/display_name', code: 'display_name_needed', detail });
  }
  if (kind === 'locations' && !object.country)
    errors.push({ pointer: '/country', code: 'required', detail: 'This is needed.' });
  const ranges = (kind === 'locations' && object.numbering.ranges) || [];
  ranges.forEach(({ from, to }, at) => {
    if (from.length !== to.length) {
      const detail = 'Both ends of a range have as many digits.';
      errors.push({ pointer: `/numbering/ranges/${at}/to`, code: 'range_lengths', detail });
    }
  });
  return errors;
}

function put(kind, stored, match, object) {
  if (stored.from_file) return problem(409, 'set_in_file', 'The configuration file sets this. Change it there.');
  if (match !== `"${stored.version}"`) return problem(412, 'version_conflict', 'Somebody has changed this.');
  const errors = wrong(kind, stored.id, object);
  if (errors.length > 0) return problem(422, errors[0].code, errors[0].detail, errors);
  const before = stored.object;
  stored.object = object;
  stored.version++;
  note('change', singular[kind] ?? 'settings', stored, before, object);
  return answer(stored);
}

function forget(id) {
  for (const { object } of site.groups.values()) {
    object.members = object.members.filter((member) => member !== id);
    if (object.leader === id) object.leader = null;
    if (object.deputy === id) object.deputy = null;
  }
}

function linesOf({ object }) {
  const line = (group, number, by, place, owner = true) => ({ line: { group, number }, by, place, owner });
  const { phones, first_phone, second_phone, additional_lines } = object;
  return [
    200,
    {
      lines: [
        ...(first_phone ? [line('Headquarters', first_phone, 'first_phone', 'first')] : []),
        ...(phones.business ? [line('Headquarters', phones.business, 'business', 'first')] : []),
        ...additional_lines.map((each) => line('Gateway', each.line, 'additional_line', 'additional', false)),
      ],
      loose: second_phone
        ? [
            {
              pointer: '/second_phone',
              line: second_phone,
              why: 'not_found',
              english: 'There is no such line.',
              german: 'Diese Leitung gibt es nicht.',
            },
          ]
        : [],
    },
  ];
}

const LEVELS = ['none', 'public', 'business', 'team_member', 'personal'];
/** A few rights with the least level that gives them; the others count as those of the level business. */
const least = {
  see_presence: 1,
  see_picture: 1,
  set_presence: 3,
  first_pick_up: 3,
  see_private: 4,
  first_set_diversions: 4,
};
const words = {
  everybody: ['through the global settings', 'durch die globalen Einstellungen'],
  granted: ['granted by the user', 'vom Benutzer erlaubt'],
};
function decide(by, right, of) {
  const needs = least[right] ?? (right.startsWith('additional_') && /set|pick/.test(right) ? 9 : 2);
  const has = ({ level, rights = [] }) =>
    level === 'special' ? rights.includes(right) : LEVELS.indexOf(level) >= needs;
  const because = [];
  const add = (source, [english, deutsch]) => because.push({ reason: { of, source }, english, german: deutsch });
  if (has(only.object.grant)) add('everybody', words.everybody);
  for (const { object } of site.groups.values()) {
    if (!object.active || !object.members.includes(of)) continue;
    if (object.members.includes(by) && has(object.member_grant))
      add('group', [`through group ${object.name}`, `durch die Gruppe ${object.name}`]);
    if (object.leader === by && has(object.leader_grant))
      add('group', [`as head of group ${object.name}`, `als Leiter der Gruppe ${object.name}`]);
  }
  const grants = site.users.get(of)?.object.grants ?? [];
  if (grants.some(({ to, grant }) => to === by && has(grant))) add('granted', words.granted);
  const allowed = because.length > 0;
  const level = needs < 5 ? [LEVELS[needs].replace('_', ' '), LEVELS[needs].replace('_', ' ')] : null;
  const denied = {
    english: level
      ? `Nothing gives this right. It would be given by level ${level[0]}.`
      : 'Nothing gives this right. No level has it: it must be granted by itself (special).',
    german: level
      ? `Nichts gibt dieses Recht. Die Stufe ${level[1]} würde es geben.`
      : 'Nichts gibt dieses Recht. Keine Stufe hat es: Es muss einzeln erlaubt werden (speziell).',
  };
  return { allowed, because, denied: allowed ? null : denied };
}

const RIGHTS =
  'see_picture see_display_name see_title see_company see_department see_office see_address see_business see_business2 see_mobile see_pager see_private see_other_numbers see_fax see_email see_identity see_website see_presence set_presence see_note set_note see_private_appointments see_private_details see_public_appointments see_numbers see_line_status first_see_outgoing first_see_incoming first_see_diversions first_see_diversion_number first_set_diversions first_pick_up second_see_outgoing second_see_incoming second_see_diversions second_see_diversion_number second_set_diversions second_pick_up additional_see_outgoing additional_see_incoming additional_see_diversions additional_see_diversion_number additional_set_diversions additional_pick_up see_av_status see_av_busy see_av_participants'.split(
    ' ',
  );

function audit(query) {
  const found = log.filter(
    (entry) =>
      ['actor', 'kind', 'object'].every((name) => !query.get(name) || entry[name] === query.get(name)) &&
      entry.at >= Number(query.get('since') ?? 0) &&
      entry.at < Number(query.get('until') ?? Infinity) &&
      JSON.stringify(entry)
        .toLowerCase()
        .includes((query.get('search') ?? '').toLowerCase()) &&
      (!query.get('before') || entry.id < Number(query.get('before'))),
  );
  const entries = found.slice(0, Number(query.get('limit') ?? 50));
  return [200, { entries, next: entries.length < found.length ? entries.at(-1).id : null }];
}

/** A test of a line group: with the password "wrong" the PBX refuses. */
function trial({ line_group: { registrar }, line }) {
  const step = (name, outcome, english = '', german = '') => ({ step: name, outcome, english, german });
  const where = `${registrar} leads to udp 192.0.2.10:5060.`;
  const refused = line?.password === 'wrong';
  const verdict = {
    code: 'wrong_password',
    severity: 'failed',
    english: `The PBX does not accept the password of line ${line?.user_name}.`,
    german: `Die Anlage nimmt das Passwort der Leitung ${line?.user_name} nicht an.`,
    fix_english: 'Enter the password that the PBX has for this line.',
    fix_german: 'Das Passwort eintragen, das die Anlage für diese Leitung hat.',
    evidence: [],
  };
  const registered = refused
    ? step('register', 'failed', verdict.english, verdict.german)
    : step(
        'register',
        'done',
        'The PBX has registered the line, for 600 seconds.',
        'Die Anlage hat die Leitung registriert, für 600 Sekunden.',
      );
  return {
    ok: !refused,
    steps: [
      step('resolve', 'done', where, where.replace('leads to', 'führt zu')),
      step('answer', 'done', 'The PBX answers.', 'Die Anlage antwortet.'),
      ...(line ? [registered] : []),
    ],
    targets: ['udp 192.0.2.10:5060'],
    verdict: refused ? verdict : null,
  };
}

/** Test calls by their ids: which number, and since when. */
const testCalls = new Map();

/** A test call: it rings after one second and is answered after four; 404 is a number that does not exist. */
function testCall(id) {
  const { number, line, since, ended } = testCalls.get(id);
  const seconds = ((ended ?? Date.now()) - since) / 1000;
  const unknown = number === '404' && seconds > 1;
  const rang = seconds > 1 && !unknown;
  const answered = seconds > 4 && rang;
  const over = ended !== undefined || unknown || seconds > 34;
  const state = (is, before) => (is ? 'done' : over || !before ? 'skipped' : 'waiting');
  const step = (name, outcome, english, german) => ({ step: name, outcome, english, german });
  return {
    id,
    line,
    number,
    over,
    ok: answered,
    steps: [
      unknown
        ? step('dial', 'failed', `${number} was not called.`, `${number} wurde nicht angerufen.`)
        : step('dial', state(rang, true), `The PBX calls ${number}.`, `Die Anlage ruft ${number} an.`),
      step('ring', state(rang, true), 'It rings there.', 'Dort klingelt es.'),
      answered
        ? step(
            'answer',
            'done',
            'Somebody has answered, and hears a tone, then their own voice.',
            'Jemand hat abgehoben und hört einen Ton, danach die eigene Stimme.',
          )
        : step('answer', state(false, true), 'Waiting for somebody to answer.', 'Warten, dass jemand abhebt.'),
      step('audio', state(seconds > 7 && rang, answered), 'Audio arrives from there.', 'Von dort kommt Ton an.'),
    ],
    verdict: unknown
      ? {
          code: 'unknown_number',
          severity: 'failed',
          english: `The PBX does not know the number ${number}.`,
          german: `Die Anlage kennt die Nummer ${number} nicht.`,
          fix_english: 'Check the digits, and whether a digit for an outside line is needed.',
          fix_german: 'Die Ziffern prüfen, und ob eine Ziffer fürs Amt nötig ist.',
          evidence: [],
        }
      : null,
  };
}

/** What an import comes to, whatever the file says; one that is called wrong in its text is refused. */
function imported(query, text) {
  if (text.includes('wrong')) {
    const errors = [
      {
        pointer: '/users/3/phones/mobile',
        code: 'invalid_number',
        detail: 'This is no telephone number.',
        kind: 'user',
        name: 'kai',
        line: null,
      },
      {
        pointer: '/groups/0/leader',
        code: 'unknown_user',
        detail: 'This user does not exist.',
        kind: 'group',
        name: 'Sales',
        line: null,
      },
    ];
    return problem(422, 'invalid_number', errors[0].detail, errors);
  }
  const write = (kind, stored, before, after, follows = false) => ({
    kind,
    id: stored.id,
    version: 2,
    title: titleOf(stored.object),
    before,
    after,
    follows,
  });
  const [anna, ben, group] = [
    site.users.get(idOf('u', 0)),
    site.users.get(idOf('u', 1)),
    site.groups.get(idOf('g', 0)),
  ];
  const writes = [
    write('user', anna, anna.object, { ...anna.object, email: 'anna@example.com', active: false }),
    write('user', { ...ben, id: idOf('n', 99) }, null, ben.object),
    write('group', group, group.object, { ...group.object, description: 'All who sell' }),
    ...(query.get('prune') === 'true'
      ? [write('computer', site.computers.get(idOf('c', 0)), site.computers.get(idOf('c', 0)).object, null)]
      : []),
  ];
  return [
    200,
    {
      applied: query.get('preview') !== 'true',
      writes,
      skipped: 0,
      passwords: 0,
      logins: [],
      line_groups: [],
      lines: [],
      uncompared: 0,
      pictures: 0,
    },
  ];
}

/** When an authority was asked for a certificate, and whether it gives it; one for branch.example.com it never gives. */
const orders = new Map([[idOf('z', 3), Date.now() - 400_000]]);
const DAY = 86_400_000;
/** How long an authority takes, in ms. */
const TAKES = 6000;

function acmeState({ id, object }) {
  const at = orders.get(id);
  const since = at === undefined ? Infinity : Date.now() - at;
  const refused = object.names.find((name) => name.startsWith('branch'));
  const working = since < TAKES;
  const reached = working ? Math.floor((since / TAKES) * (object.names.length + 4)) : Infinity;
  const names = object.names.map((name) => ['prove', name]);
  const failed = !working && refused !== undefined;
  const all = [['account', ''], ['order', ''], ...names, ['issue', ''], ['keep', '']];
  const steps = all.flatMap(([step, name], n) => {
    const broken = all.findIndex((each) => each[1] === refused);
    if (n > reached || (failed && n > broken)) return [];
    const outcome = n === reached ? 'doing' : failed && n === broken ? 'failed' : 'done';
    return [{ step, name, outcome, asked: step === 'prove' && outcome === 'done' }];
  });
  if (!working && !failed && object.chain === '') object.chain = blankCertificate.chain;
  return {
    standing: working ? 'working' : failed ? 'failed' : 'valid',
    steps: at === undefined ? [] : steps,
    next_at: working ? null : failed ? (at ?? 0) + 900_000 : Date.now() + 47 * DAY,
    failure: failed
      ? {
          at: (at ?? 0) + TAKES,
          english: `The authority did not reach http://${refused}/ at port 80: 198.51.100.9: Timeout during connect (likely firewall problem).`,
          german: `Die Zertifizierungsstelle hat http://${refused}/ an Port 80 nicht erreicht: 198.51.100.9: Timeout during connect (likely firewall problem).`,
          fix_english:
            "Port 80 of this name must lead to an interface of this server without TLS (plain or redirecting): check the DNS record, the firewall and the router's port forwarding.",
          fix_german:
            'Port 80 dieses Namens muss zu einer Schnittstelle dieses Servers ohne TLS führen (offen oder umleitend): Bitte DNS-Eintrag, Firewall und Portweiterleitung des Routers prüfen.',
        }
      : null,
    answers_at: ['0.0.0.0:7224', '0.0.0.0:80'],
  };
}

function certificateStates() {
  const state = (id, object, more) => ({
    id,
    names: object.names,
    subject: 'CN=Offhook',
    issuer: 'CN=Offhook',
    valid_from: Date.now() - 13 * DAY,
    valid_to: Date.now() + 77 * DAY,
    fingerprint: Array.from({ length: 32 }, (_, n) =>
      ((n * 71 + 13) % 256).toString(16).padStart(2, '0').toUpperCase(),
    ).join(':'),
    used_by: [...site.interfaces.values()]
      .filter(({ object }) => object.mode === 'tls' && object.certificate === id)
      .map(({ object }) => object.name),
    problem: null,
    acme: null,
    ...more,
  });
  const kept = [...site.certificates.values()].map((stored) => {
    const { id, object } = stored;
    const acme = object.source === 'acme' ? acmeState(stored) : null;
    if (object.chain === '')
      return state(id, object, { acme, issuer: '', subject: '', fingerprint: '', valid_from: 0, valid_to: 0 });
    if (object.source === 'acme') return state(id, object, { acme, issuer: "C=US,O=Let's Encrypt,CN=E8" });
    if (object.source === 'self_signed') return state(id, object, { valid_to: Date.now() + 3637 * DAY });
    return state(id, object, { names: ['*.example.com'], issuer: 'CN=Example CA', valid_to: Date.now() + 9 * DAY });
  });
  const own = state(null, { names: ['localhost', '192.0.2.10'] }, { valid_to: Date.now() + 3600 * DAY });
  return [200, { certificates: [own, ...kept] }];
}

/** Takes a certificate as it is sent, with what is secret. */
function certificate(method, id, match, { name, source, names, acme, renew }) {
  const before = site.certificates.get(id);
  const errors = wrong('certificates', id, { name });
  if (source === 'acme' && !acme?.terms_accepted) {
    const detail = 'The authority’s terms of service must be accepted.';
    errors.push({ pointer: '/acme/terms_accepted', code: 'terms_not_accepted', detail });
  }
  if (errors.length > 0) return problem(422, errors[0].code, errors[0].detail, errors);
  const chain = before?.object.chain ?? (source === 'acme' ? '' : blankCertificate.chain);
  const object = {
    ...blankCertificate,
    name,
    source,
    chain,
    names: names ?? [],
    acme: source === 'acme' ? acme : null,
  };
  const stored = before ?? { id: idOf('n', ++made), version: 0, from_file: false, object };
  const asked = source === 'acme' && (renew || JSON.stringify(stored.object) !== JSON.stringify(object) || !before);
  if (before && match !== `"${before.version}"`) return problem(412, 'version_conflict', 'Somebody has changed this.');
  stored.object = object;
  stored.version++;
  site.certificates.set(stored.id, stored);
  if (asked) orders.set(stored.id, Date.now());
  note(before ? 'change' : 'create', 'certificate', stored, null, object);
  return answer(stored, method === 'POST' ? 201 : 200);
}

/** Where the interfaces listen; the laboratory's address is another machine's. */
function interfaceStates() {
  const english = 'This machine does not have this address.';
  const german = 'Dieser Rechner hat diese Adresse nicht.';
  const interfaces = [...site.interfaces.values()].map(({ id, object: { active, address, port } }) => {
    const failed = active && address.startsWith('198.');
    const state = !active ? 'off' : failed ? 'failed' : 'listening';
    return {
      id,
      state,
      address: state === 'listening' ? `${address}:${port}` : null,
      english: failed ? english : null,
      german: failed ? german : null,
      yours: id === idOf('i', 1),
    };
  });
  return [200, { interfaces, trial: null }];
}

/** Where SIP and audio are received. */
function sipInterfaces() {
  const listener = (name, setting, transports, address, more) => ({
    name,
    setting,
    transports,
    address,
    public_address: null,
    certificate: null,
    mutual: false,
    state: 'listening',
    english: null,
    german: null,
    line_groups: [],
    ...more,
  });
  const carrier = { id: idOf('h', 1), name: 'Munich branch' };
  const failed = {
    state: 'failed',
    english: 'Another program has this port.',
    german: 'Ein anderes Programm hat diesen Port.',
  };
  const tls = {
    certificate: '/etc/offhook/sip.pem',
    mutual: true,
    public_address: '203.0.113.5',
    line_groups: [carrier],
  };
  return [
    200,
    {
      listeners: [
        listener('main', 'listen.sip', ['udp', 'tcp'], '0.0.0.0:5060'),
        listener('carrier', '[[listener]]', ['tls'], '10.1.0.2:5061', tls),
        listener('gate', '[[listener]]', ['udp'], '10.1.0.2:5070', failed),
      ],
      audio: { pbx: [], first_port: 1024, last_port: 65535, browsers: ['192.0.2.10:7226', '127.0.0.1:7226'] },
    },
  ];
}

/** What refers to a user or group. */
function references(kind, id) {
  const found = [];
  for (const group of site.groups.values()) {
    const note = (pointer) => found.push({ kind: 'group', id: group.id, title: group.object.name, pointer });
    if (kind === 'users' && group.object.leader === id) note('/leader');
    if (kind === 'users' && group.object.members.includes(id)) note('/members/0');
    if (kind === 'groups' && group.object.monitor_groups.some((each) => each.group === id)) note('/monitor_groups/0');
  }
  for (const { id: of, object } of site.line_groups.values())
    if (object.location === id) found.push({ kind: 'line_group', id: of, title: object.name, pointer: '/location' });
  return [200, { references: found, total: found.length }];
}

/** Answers a request about the site: its status, body and version; null where it is about something else. */
export function siteRoute(method, path, query, match, body) {
  const [kind, id, part] = path.split('/').slice(1);
  if (kind === 'settings') {
    latest = only;
    return method === 'PUT' ? put('settings', only, match, body) : answer(only);
  }
  if (kind === 'audit') return audit(query);
  if (kind === 'import') return imported(query, body);
  if (kind === 'backup') return problem(409, 'backup_elsewhere', 'The database is PostgreSQL.');
  if (kind === 'rights') return [200, decide(query.get('by'), query.get('right'), query.get('of'))];
  if (kind === 'numbers') return numbersRoute(id, body, site.locations);
  if (kind === 'test-calls') {
    if (!testCalls.has(id)) return notFound();
    if (method === 'GET') return [200, testCall(id)];
    testCalls.get(id).ended ??= Date.now();
    return [204, null];
  }
  const all = site[kind];
  if (!all) return null;
  if (kind === 'certificates' && id === 'states') return certificateStates();
  if (kind === 'certificates' && (method === 'POST' || method === 'PUT')) return certificate(method, id, match, body);
  if (kind === 'certificates' && part === 'chain') return [200, all.get(id)?.object.chain];
  if (kind === 'interfaces' && id === 'sip') return sipInterfaces();
  if (kind === 'interfaces' && id === 'states') return interfaceStates();
  if (kind === 'interfaces' && id === 'confirm') return [204, null];
  if (!id && method === 'GET') return page(kind, query);
  if (!id) {
    const errors = wrong(kind, '', body);
    if (errors.length > 0) return problem(422, errors[0].code, errors[0].detail, errors);
    const stored = { id: idOf('n', ++made), version: 1, from_file: false, object: body };
    all.set(stored.id, stored);
    note('create', singular[kind], stored, null, body);
    if (kind !== 'tokens') return answer(stored, 201);
    return [201, { stored, token: `oh_${stored.id}_mock-${'x'.repeat(38)}` }, '"1"'];
  }
  if (id === 'bulk') {
    const those = body.ids.map((each) => all.get(each));
    if (those.some((stored) => stored?.from_file))
      return problem(409, 'set_in_file', 'The configuration file sets this.');
    for (const stored of those.filter(Boolean)) {
      const before = stored.object;
      if (body.delete) {
        all.delete(stored.id);
        if (kind === 'users') forget(stored.id);
        note('delete', singular[kind], stored, before, null);
      } else {
        stored.object = { ...before, ...body.patch };
        for (const [field, values] of Object.entries(body.add ?? {}))
          stored.object[field] = [...new Set([...before[field], ...values])];
        for (const [field, values] of Object.entries(body.remove ?? {}))
          stored.object[field] = stored.object[field].filter((value) => !values.includes(value));
        stored.version++;
        note('change', singular[kind], stored, before, stored.object);
      }
    }
    return [200, { changed: [], deleted: [] }];
  }
  if (kind === 'line_groups' && id === 'test') return [200, trial(body)];
  if (id === 'passwords') return [204, null];
  const stored = all.get(id);
  if (!stored) return notFound();
  if (kind === 'line_groups' && part === 'lines') {
    const names = body.user_names.split(';');
    for (const name of names) {
      const line = {
        group: id,
        user_name: name,
        auth_name: '',
        number: name,
        active: true,
        pilot: false,
        redirections: [],
      };
      const added = { id: idOf('n', ++made), version: 1, from_file: false, object: line };
      site.lines.set(added.id, added);
    }
    return [200, { changed: names.map((name) => ({ id: name, version: 1 })), deleted: [] }];
  }
  if (part === 'test-call') {
    const call = String(9000 + testCalls.size);
    testCalls.set(call, { number: body.number, line: stored.object.number, since: Date.now() });
    return [201, testCall(call)];
  }
  if (part === 'lines') return linesOf(stored);
  if (part === 'references') return references(kind, id);
  if (part === 'pairing' && method === 'DELETE') return [204];
  if (part === 'pairing' && method === 'POST') {
    return [200, { code: 'r3tX0aT9cQm2pV6sLw8eYb1nKd4gHj7u', until: Date.now() + 1_800_000 }];
  }
  if (part === 'pairing') {
    return [200, { paired: true, users: [{ id: idOf('u', 3), title: 'Emre Berger', login: 'emre.berger3' }] }];
  }
  if (part === 'services') {
    const because = only.object.services.map((service) => [
      service,
      [{ from: { source: 'everybody' }, english: words.everybody[0], german: words.everybody[1] }],
    ]);
    return [
      200,
      { services: because.map(([service, because]) => ({ service, allowed: true, because, denied: null })) },
    ];
  }
  if (part === 'rights')
    return [200, { rights: RIGHTS.map((right) => ({ right, decision: decide(query.get('by'), right, id) })) }];
  if (part === 'password') {
    if (body.password.length < 8) {
      const detail = 'This must be from 8 to 128.';
      return problem(422, 'out_of_range', detail, [{ pointer: '/password', code: 'out_of_range', detail }]);
    }
    note('set_secret', singular[kind], stored, null, null);
    return [204, null];
  }
  latest = stored;
  if (method === 'PUT') return put(kind, stored, match, body);
  if (method === 'DELETE') {
    if (match !== `"${stored.version}"`) return problem(412, 'version_conflict', 'Somebody has changed this.');
    all.delete(id);
    if (kind === 'users') forget(id);
    note('delete', singular[kind], stored, stored.object, null);
    return [204, null];
  }
  return answer(stored);
}
