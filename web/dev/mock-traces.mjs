// Calls with ladders and verdicts for the mock server: an answered one that fell silent, one without a common codec,
// one with many events, one that was long held, and one that is not kept any more.
const anchor = Date.now() - 45 * 60_000;
const CRLF = '\r\n';

const server = { kind: 'server', name: 'Offhook', address: '192.0.2.20:5060' };
const pbx = { kind: 'sip', name: 'Headquarters', address: '192.0.2.10:5060' };
const client = (name) => ({ kind: 'client', name, address: null });

const SDP = (address, codecs = 'RTP/AVP 8 0 101') =>
  [
    'v=0',
    `o=- 3905 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio 40012 ${codecs}`,
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=sendrecv',
    '',
  ].join(CRLF);

function message(first, { id, cseq, method, branch, body = '', extra = [] }) {
  const headers = [
    first,
    `Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK${branch};rport`,
    'Max-Forwards: 70',
    'From: "Mira Hoffmann" <sip:+49891234567@pbx.example.com>;tag=8f2c',
    'To: <sip:201@pbx.example.com>;tag=77ab',
    `Call-ID: ${id}@pbx.example.com`,
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:192.0.2.10:5060>',
    ...extra,
    ...(body ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${body.length}`,
    '',
    body,
  ];
  return headers.join(CRLF);
}

/** Builds a trace event by event; places of parties as in `parties`. */
class Story {
  constructor(fields, start) {
    this.start = start;
    this.trace = {
      line: '201',
      group: 'Headquarters',
      caller: null,
      called: null,
      started_at: start,
      connected_at: null,
      ended_at: null,
      cause: null,
      parties: [pbx, server, client('anna')],
      events: [],
      legs: [],
      settings: [],
      dropped: 0,
      ...fields,
    };
  }

  add(ms, from, to, what) {
    this.trace.events.push({ at: this.start + ms, from, to, what });
    return this.trace.events.length - 1;
  }

  sip(ms, from, to, first, about) {
    const at = (place) => this.trace.parties[place].address ?? '192.0.2.99:5060';
    const text = message(first, { id: this.trace.id, ...about });
    return this.add(ms, from, to, {
      kind: 'sip',
      transport: about.transport ?? 'udp',
      source: at(from),
      destination: at(to),
      text,
    });
  }

  client(ms, from, to, content) {
    return this.add(ms, from, to, { kind: 'client', text: JSON.stringify(content) });
  }

  step(ms, input, before, after, place = 1) {
    return this.add(ms, place, place, { kind: 'step', input, before, after });
  }

  media(ms, from, to, event, detail = null) {
    return this.add(ms, from, to, { kind: 'media', event, detail });
  }
}

export const leg = (party, name, fields) => ({
  party,
  name,
  codec_in: 'PCMA',
  codec_out: 'PCMA',
  transcoded: false,
  encrypted: party === 'browser',
  silent: false,
  packets_in: 5000,
  packets_out: 5000,
  loss: 0,
  loss_remote: null,
  jitter_ms: 1.4,
  jitter_remote_ms: null,
  round_trip_ms: 12,
  buffer_ms: null,
  concealed_ms: 0,
  level: null,
  mos: 4.38,
  mos_listening: 4.41,
  mos_remote: null,
  ...fields,
});

/** Somebody calls; the PBX sends its INVITE again; later its audio stays away. */
function silent() {
  const story = new Story({ id: '7', caller: '+49 89 1234567', called: '201', dropped: 0 }, anchor);
  const invite = { cseq: 1, method: 'INVITE', branch: 'a1', body: SDP('192.168.17.4') };
  const offer = story.sip(0, 0, 1, 'INVITE sip:201@192.0.2.20 SIP/2.0', invite);
  story.sip(502, 0, 1, 'INVITE sip:201@192.0.2.20 SIP/2.0', invite);
  story.sip(1504, 0, 1, 'INVITE sip:201@192.0.2.20 SIP/2.0', invite);
  story.sip(1511, 1, 0, 'SIP/2.0 100 Trying', { ...invite, body: '' });
  story.step(1512, 'INVITE', 'null', 'alerting');
  story.client(1513, 1, 2, {
    type: 'call',
    call: { id: '7', state: 'alerting', direction: 'incoming', number: '+49891234567' },
  });
  story.sip(1515, 1, 0, 'SIP/2.0 180 Ringing', { ...invite, body: '' });
  story.client(4982, 2, 1, { id: 14, type: 'answer_call', call: '7', sdp: '…' });
  story.step(4983, 'answer_call', 'alerting', 'connected');
  story.media(5010, 1, 0, 'agreed', 'PCMA');
  story.sip(5012, 1, 0, 'SIP/2.0 200 OK', { ...invite, body: SDP('192.0.2.20') });
  story.client(5013, 1, 2, { type: 'call', call: { id: '7', state: 'connected' } });
  story.sip(5031, 0, 1, 'ACK sip:201@192.0.2.20 SIP/2.0', { cseq: 1, method: 'ACK', branch: 'a2' });
  story.media(5160, 2, 1, 'connected', 'ICE host 192.0.2.77:50122, DTLS-SRTP');
  const never = story.media(7031, 0, 1, 'never_heard', '192.168.17.4:40012');
  story.client(7032, 1, 2, { type: 'silence', call: '7', party: 'pbx', silent: true });
  story.sip(31_400, 0, 1, 'BYE sip:201@192.0.2.20 SIP/2.0', { cseq: 2, method: 'BYE', branch: 'a3' });
  story.sip(31_402, 1, 0, 'SIP/2.0 200 OK', { cseq: 2, method: 'BYE', branch: 'a3' });
  story.step(31_403, 'BYE', 'connected', 'null');
  story.client(31_404, 1, 2, { type: 'call', call: { id: '7', state: 'null', cause: { code: 'normal_clearing' } } });
  Object.assign(story.trace, {
    connected_at: anchor + 5012,
    ended_at: anchor + 31_403,
    cause: { code: 'normal_clearing', sip_status: null, detail: null },
    legs: [
      leg('pbx', 'Headquarters', { silent: true, packets_in: 0, mos: null }),
      leg('browser', 'anna', { loss: 0.4, mos: 4.21 }),
    ],
    settings: [
      { key: 'line_group.nat', value: 'off' },
      { key: 'line_group.codecs', value: 'opus, G722, PCMA, PCMU' },
    ],
  });
  const verdict = {
    code: 'nat_sdp',
    severity: 'bad',
    english:
      'Nothing was ever heard from Headquarters: it asks for audio at a private address, 192.168.17.4, that is not its own.',
    german:
      'Von Headquarters war nie etwas zu hören: Sie verlangt Audio an einer privaten Adresse, 192.168.17.4, die nicht ihre eigene ist.',
    fix_english: 'Set nat = "symmetric" for the line group Headquarters, or tell the PBX its public address.',
    fix_german:
      'Setzen Sie nat = "symmetric" für die Leitungsgruppe Headquarters, oder nennen Sie der Anlage ihre öffentliche Adresse.',
    evidence: [
      {
        event: offer,
        setting: null,
        english: 'The offer says c=IN IP4 192.168.17.4',
        german: 'Das Angebot sagt c=IN IP4 192.168.17.4',
      },
      {
        event: never,
        setting: null,
        english: 'No packet had come after two seconds',
        german: 'Nach zwei Sekunden war kein Paket gekommen',
      },
      {
        event: null,
        setting: 'line_group.nat',
        english: 'Offhook sends only to the address in the offer',
        german: 'Offhook sendet nur an die Adresse im Angebot',
      },
    ],
  };
  return { trace: story.trace, verdict };
}

/** A call that the PBX refuses for want of a codec. */
function refused() {
  const start = anchor + 9 * 60_000;
  const story = new Story(
    { id: '12', caller: '201', called: '0171 5550123', parties: [client('anna'), server, pbx] },
    start,
  );
  story.client(0, 0, 1, { id: 31, type: 'make_call', line: 'line-1', number: '0171 5550123', sdp: '…' });
  story.step(2, 'make_call', 'null', 'initiated');
  const invite = { cseq: 1, method: 'INVITE', branch: 'b1', body: SDP('192.0.2.20', 'RTP/AVP 96 9 101') };
  const first = story.sip(5, 1, 2, 'INVITE sip:01715550123@pbx.example.com SIP/2.0', invite);
  story.sip(12, 2, 1, 'SIP/2.0 407 Proxy Authentication Required', {
    ...invite,
    body: '',
    extra: ['Proxy-Authenticate: Digest realm="pbx.example.com", nonce="…"'],
  });
  story.sip(13, 1, 2, 'ACK sip:01715550123@pbx.example.com SIP/2.0', { cseq: 1, method: 'ACK', branch: 'b1' });
  const again = { ...invite, cseq: 2, branch: 'b2', extra: ['Proxy-Authorization: (removed)'] };
  const second = story.sip(16, 1, 2, 'INVITE sip:01715550123@pbx.example.com SIP/2.0', again);
  story.sip(24, 2, 1, 'SIP/2.0 100 Trying', { ...again, body: '', extra: [] });
  const answer = story.sip(61, 2, 1, 'SIP/2.0 488 Not Acceptable Here', {
    ...again,
    body: '',
    extra: ['Warning: 305 pbx.example.com "Incompatible media format"'],
  });
  story.sip(62, 1, 2, 'ACK sip:01715550123@pbx.example.com SIP/2.0', { cseq: 2, method: 'ACK', branch: 'b2' });
  story.media(62, 2, 1, 'refused', 'no_common_codec');
  story.step(63, '488', 'initiated', 'failed');
  story.client(64, 1, 0, {
    type: 'call',
    call: { id: '12', state: 'failed', cause: { code: 'no_common_codec', sip_status: 488 } },
  });
  Object.assign(story.trace, {
    ended_at: start + 64,
    cause: { code: 'no_common_codec', sip_status: 488, detail: 'Not Acceptable Here' },
    settings: [{ key: 'line_group.codecs', value: 'opus, G722' }],
  });
  void first;
  const verdict = {
    code: 'no_common_codec',
    severity: 'failed',
    english: 'Headquarters knows none of the codecs that were offered: opus and G722.',
    german: 'Headquarters kennt keinen der angebotenen Codecs: opus und G722.',
    fix_english: 'Add PCMA to codecs of the line group Headquarters.',
    fix_german: 'Fügen Sie codecs der Leitungsgruppe Headquarters PCMA hinzu.',
    evidence: [
      {
        event: answer,
        setting: null,
        english: 'SIP/2.0 488 Not Acceptable Here, with a warning: Incompatible media format',
        german: 'SIP/2.0 488 Not Acceptable Here, mit einer Warnung: Incompatible media format',
      },
      {
        event: second,
        setting: null,
        english: 'Offered: m=audio 40012 RTP/AVP 96 9 101',
        german: 'Angeboten: m=audio 40012 RTP/AVP 96 9 101',
      },
      {
        event: null,
        setting: 'line_group.codecs',
        english: 'Only these may be used',
        german: 'Nur diese dürfen verwendet werden',
      },
    ],
  };
  return { trace: story.trace, verdict };
}

/** A call that was held for ten minutes, between two users and a PBX. */
function held() {
  const start = anchor - 30 * 60_000;
  const story = new Story({ id: '3', caller: '110', called: '201' }, start);
  const invite = { cseq: 1, method: 'INVITE', branch: 'c1', body: SDP('192.0.2.10') };
  story.sip(0, 0, 1, 'INVITE sip:201@192.0.2.20 SIP/2.0', { ...invite, transport: 'tls' });
  story.step(1, 'INVITE', 'null', 'alerting');
  story.sip(3, 1, 0, 'SIP/2.0 180 Ringing', { ...invite, body: '' });
  story.client(2100, 2, 1, { id: 3, type: 'answer_call', call: '3' });
  story.sip(2103, 1, 0, 'SIP/2.0 200 OK', invite);
  story.sip(2119, 0, 1, 'ACK sip:201@192.0.2.20 SIP/2.0', { cseq: 1, method: 'ACK', branch: 'c2' });
  story.media(2300, 2, 1, 'connected', 'ICE host, DTLS-SRTP');
  story.client(20_100, 2, 1, { id: 4, type: 'hold_call', call: '3' });
  story.sip(20_104, 1, 0, 'INVITE sip:192.0.2.10 SIP/2.0', {
    cseq: 9,
    method: 'INVITE',
    branch: 'c3',
    body: SDP('192.0.2.20'),
  });
  story.sip(20_119, 0, 1, 'SIP/2.0 200 OK', { cseq: 9, method: 'INVITE', branch: 'c3', body: SDP('192.0.2.10') });
  story.step(20_120, 'hold_call', 'connected', 'held');
  story.client(622_300, 2, 1, { id: 5, type: 'retrieve_call', call: '3' });
  story.step(622_302, 'retrieve_call', 'held', 'connected');
  story.media(640_000, 0, 1, 'silent', '192.0.2.10:40012');
  story.media(643_500, 0, 1, 'heard', null);
  story.media(650_000, 2, 1, 'digit', '5');
  story.media(650_001, 1, 0, 'digit_sent', '5');
  story.sip(662_300, 1, 0, 'BYE sip:192.0.2.10 SIP/2.0', { cseq: 10, method: 'BYE', branch: 'c4' });
  story.sip(662_308, 0, 1, 'SIP/2.0 200 OK', { cseq: 10, method: 'BYE', branch: 'c4' });
  Object.assign(story.trace, {
    connected_at: start + 2103,
    ended_at: start + 662_308,
    cause: { code: 'normal_clearing', sip_status: null, detail: null },
    legs: [
      leg('pbx', 'Headquarters', {}),
      leg('browser', 'anna', { loss: 3.2, mos: 3.3, codec_in: 'opus', codec_out: 'opus' }),
    ],
  });
  const verdict = {
    code: 'none',
    severity: 'fine',
    english: 'Nothing was wrong with this call.',
    german: 'An diesem Anruf war nichts auffällig.',
    fix_english: '',
    fix_german: '',
    evidence: [],
  };
  return { trace: story.trace, verdict };
}

/** A call that was transferred about: 40 events, six parties; MOCK_EVENTS=2000 makes it longer. */
function busy() {
  const start = anchor - 4 * 60_000;
  const count = Number(process.env.MOCK_EVENTS ?? 40);
  const parties = [
    client('anna'),
    server,
    pbx,
    { kind: 'sip', name: 'Munich branch', address: '198.51.100.7:5061' },
    client('ben'),
  ];
  const story = new Story({ id: '5', caller: '201', called: '202', parties, dropped: 12 }, start);
  const trouble = story.add(0, 1, 3, {
    kind: 'failure',
    why: 'certificate_expired',
    detail: 'sip.carrier.example: not after 2026-11-01',
  });
  for (let n = 1; n < count; n++) {
    const other = [2, 3, 0, 4][n % 4];
    if (other === 0 || other === 4) {
      story.client(n * 130, n % 3 ? 1 : other, n % 3 ? other : 1, {
        type: 'call',
        call: { id: '5', state: 'connected', number: String(200 + n) },
      });
    } else if (n % 5 === 0) story.step(n * 130, 're-INVITE', 'connected', 'connected');
    else {
      const about = { cseq: n, method: 'INVITE', branch: `d${n}`, body: SDP('192.0.2.20') };
      if (n % 3) story.sip(n * 130, other, 1, 'SIP/2.0 491 Request Pending', { ...about, body: '' });
      else story.sip(n * 130, 1, other, 'INVITE sip:202@198.51.100.7 SIP/2.0', about);
    }
  }
  Object.assign(story.trace, {
    ended_at: start + count * 130,
    cause: { code: 'pbx_not_answering', sip_status: 408, detail: 'Request Timeout' },
  });
  const verdict = {
    code: 'certificate_expired',
    severity: 'failed',
    english: 'The certificate of Munich branch has expired on 1 November 2026.',
    german: 'Das Zertifikat von Munich branch ist am 1. November 2026 abgelaufen.',
    fix_english: 'Have it renewed there.',
    fix_german: 'Lassen Sie es dort erneuern.',
    evidence: [
      {
        event: trouble,
        setting: null,
        english: 'sip.carrier.example: not after 2026-11-01',
        german: 'sip.carrier.example: gültig bis 2026-11-01',
      },
    ],
  };
  return { trace: story.trace, verdict };
}

/** One that still runs. */
function running() {
  const { trace, verdict } = held();
  return { trace: { ...trace, id: '4', ended_at: null }, verdict };
}

export const traces = new Map([silent(), refused(), held(), busy(), running()].map((each) => [each.trace.id, each]));

const sentences = {
  no_common_codec: [
    'The PBX knows none of the codecs that were offered.',
    'Die Anlage kennt keinen der angebotenen Codecs.',
    'failed',
  ],
  wrong_password: [
    'The PBX rejects the line’s user name or password.',
    'Die Anlage weist Benutzername oder Passwort der Leitung ab.',
    'failed',
  ],
  nat_sdp: [
    'A side was never heard, because a private address is in its offer.',
    'Eine Seite war nie zu hören, weil in ihrem Angebot eine private Adresse steht.',
    'bad',
  ],
  pbx_not_answering: ['The PBX did not answer in time.', 'Die Anlage hat nicht rechtzeitig geantwortet.', 'failed'],
  certificate_expired: [
    'The certificate of the PBX has expired.',
    'Das Zertifikat der Anlage ist abgelaufen.',
    'failed',
  ],
  one_way_audio: ['Only one side was heard.', 'Nur eine Seite war zu hören.', 'bad'],
  unknown: [
    'Why it failed is not known. It was normal until the PBX ended it.',
    'Warum er fehlschlug, ist nicht bekannt. Er war üblich, bis die Anlage ihn beendete.',
    'failed',
  ],
  busy: ['The called party was busy.', 'Der Angerufene war besetzt.', 'usual'],
};

/** Failures up to a moment: the calls above, and made up ones whose ladders are gone. */
export function failures(since) {
  const until = Date.now();
  const real = [...traces.values()]
    .filter(({ verdict }) => verdict.severity !== 'fine')
    .map(({ trace, verdict: { code, severity, english, german } }) => {
      const { id, started_at, ended_at, caller, called, line, group } = trace;
      return { id, started_at, ended_at, caller, called, line, group, code, severity, english, german, traced: true };
    });
  const codes = Object.keys(sentences);
  const made = Array.from({ length: process.env.MOCK_LINES === 'none' ? 0 : 64 }, (_, n) => {
    const code = codes[(n * n) % codes.length];
    const [english, german, severity] = sentences[code];
    const ended_at = until - (((n * 7919) % 1440) + 3) * 60_000 * (n % 9 === 0 ? 11 : 1);
    const [line, group] =
      n % 11 === 4 ? [null, null] : [String(201 + (n % 7)), n % 4 ? 'Headquarters' : 'Munich branch'];
    return {
      id: `old-${n}`,
      started_at: ended_at - 4000,
      ended_at,
      caller: `+49 89 55501${10 + n}`,
      called: line,
      line,
      group,
      code,
      severity,
      english,
      german,
      traced: false,
    };
  });
  const calls = [...real, ...made].filter(({ ended_at }) => ended_at >= since).sort((a, b) => b.ended_at - a.ended_at);
  const count = (key) => {
    const counts = new Map();
    for (const call of calls) counts.set(key(call), (counts.get(key(call)) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]);
  };
  const named = (pairs) => pairs.map(([name, count]) => ({ name: name ?? '', count }));
  return {
    since,
    until,
    calls: calls.slice(0, 500),
    counts: {
      codes: count(({ code }) => code).map(([code, count]) => {
        const [english, german, severity] = sentences[code];
        return { code, count, english, german, severity };
      }),
      lines: named(count(({ line }) => line)),
      groups: named(count(({ group }) => group)),
      hours: count(({ ended_at }) => Math.floor(ended_at / 3_600_000) * 3_600_000).map(([at, count]) => ({
        at,
        count,
      })),
    },
    ended: Array.from({ length: Math.ceil((until - since) / 3_600_000) }, (_, n) => {
      const at = Math.floor(until / 3_600_000 - n) * 3_600_000;
      const bad = calls.filter(
        ({ ended_at, severity }) => ended_at >= at && ended_at < at + 3_600_000 && ['bad', 'failed'].includes(severity),
      ).length;
      const hour = new Date(at).getHours();
      const busy = process.env.MOCK_LINES === 'none' ? 0 : Math.max(0, 40 - 5 * Math.abs(hour - 11));
      return { at, count: bad + busy, bad };
    }).filter(({ count }) => count > 0),
  };
}

const captured = {
  groups: [
    { name: 'Headquarters', capturing: true, lines: null, audio: 'headers' },
    { name: 'Munich branch', capturing: true, lines: ['+49 89 5550 101'], audio: 'off' },
    { name: 'Gateway at the gate', capturing: false, lines: null, audio: 'off' },
  ],
  files: [
    { name: 'sipav_2026-11-20_00-00-00.pcapng', size: 18_734_100, modified_at: Date.now() - 86_400_000, open: false },
    { name: 'sipav_2026-11-21_00-00-00.pcapng', size: 25_000_000, modified_at: Date.now() - 7_200_000, open: false },
    { name: 'sipav_2026-11-21_22-00-01.pcapng', size: 4_210_332, modified_at: Date.now() - 2000, open: true },
  ],
  calls: [{ id: '4711', audio: 'payload' }],
  dropped: 0,
  dropped_packets: 0,
  payload_allowed: true,
  stopped: null,
  total_limit: 1_000_000_000,
};

export const captures = () => ({ ...captured, total: captured.files.reduce((sum, { size }) => sum + size, 0) });

export function capture(kind, name, { capturing, lines, audio }) {
  if (kind === 'groups')
    Object.assign(captured.groups.find((group) => group.name === name) ?? {}, { capturing, lines, audio });
  else
    captured.calls = [...captured.calls.filter(({ id }) => id !== name), ...(capturing ? [{ id: name, audio }] : [])];
}

export function deleteCapture(name) {
  captured.files = captured.files.filter((file) => file.open || (name !== undefined && file.name !== name));
}

export function status() {
  const now = Date.now();
  const day = 86_400_000;
  return {
    now,
    version: '0.1.0',
    started_at: now - 3.4 * day,
    disk: { size: 107_374_182_400, free: 61_203_283_968 },
    users: 3,
    clients: 4,
    workers: [
      { load: 12.4, late: 0, overloaded: false },
      { load: 9.8, late: 2.1, overloaded: false },
    ],
    queues: [
      { name: 'core', length: 0, limit: 4096 },
      { name: 'media', length: 0, limit: 65_536 },
      { name: 'stream', length: 0, limit: 1024 },
      { name: 'connection', length: 0, limit: 256 },
      { name: 'client', length: 1, limit: 256 },
    ],
    capture: { groups: ['office'], lost: 0, lost_packets: 0, queued: 0, stopped: null },
    process: { memory: 71_303_168, cpu: 812.4, files: 214, max_files: 1_048_576, sockets: 187 },
    database: { kind: 'sqlite', size: 8_380_416, problem: null },
    certificates: [
      {
        used_by: 'https',
        file: '/etc/offhook/web.pem',
        names: ['offhook.example.com'],
        expires_at: now + 61 * day,
        problem: null,
      },
      {
        used_by: 'office',
        file: '/etc/offhook/sip.pem',
        names: ['sip.example.com'],
        expires_at: now + 9 * day,
        problem: null,
      },
      {
        used_by: 'listen.sip',
        file: '/etc/offhook/old.pem',
        names: ['old.example.com'],
        expires_at: now - 2 * day,
        problem: null,
      },
    ],
  };
}
