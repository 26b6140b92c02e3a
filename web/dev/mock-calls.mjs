// The calls of the mock server: one user's, with the services that are possible now.
//
// 404 does not exist, 486 is busy, 488 has no codec, 700 rings for ever, 600-609 answer at once, anything else rings
// and then answers. A single step transfer to 404 fails; one to 700 goes on until it is taken back.

import { preview, shown } from './mock-dialling.mjs';

let next = 1;
export const clients = new Set();
export const calls = new Map();

const settings = ['set_forwarding', 'set_do_not_disturb', 'set_remote_office'];
const lineServices = ['make_call', 'directed_pickup_call', ...settings];
const line = (id, number, line_group, more) => ({
  id,
  number,
  line_group,
  state: 'registered',
  cause: null,
  services: lineServices,
  feature_codes: [],
  do_not_disturb: false,
  forwardings: [],
  remote_office: null,
  dialling: null,
  ...more,
});
const fresh = () => [
  line('line-1', '201', 'Headquarters', {
    feature_codes: [
      { name: 'Night service on', code: '*21#' },
      { name: 'Night service off', code: '#21#' },
      { name: 'Pick up in the group', code: '*59<NUMBER>' },
    ],
  }),
  line('line-2', '+49 89 5550 201', 'Munich branch'),
];
export const lines = fresh();

const monitoredLine = (id, number, owner, more) => ({
  id,
  number,
  line_group: 'Headquarters',
  owner,
  picture: owner === null ? null : `/api/v1/users/u000000000000000000${id.replace(/\D/g, '')}/picture?version=1`,
  state: 'registered',
  rights: ['see_status'],
  calls: [],
  do_not_disturb: false,
  forwardings: [],
  services: [],
  ...more,
});
const monitoredCall = (id, more) => ({
  id,
  direction: 'incoming',
  state: 'connected',
  remote_state: 'connected',
  number: null,
  shown: more.number ? shown(more.number) : null,
  name: null,
  created_at: Date.now() - 90_000,
  connected_at: Date.now() - 80_000,
  services: [],
  ...more,
});
const ringing = { state: 'alerting', connected_at: null, services: ['directed_pickup_call'] };
/** Lines of others, as `POST /mock/monitored` shows them. */
export const monitored = [
  monitoredLine('11', '211', 'Clara Diehl', { services: ['set_forwarding'] }),
  monitoredLine('12', '212', 'Jonas Weber', {
    calls: [monitoredCall('m1', { number: '0171 5550123', name: 'Mira Hoffmann' })],
  }),
  monitoredLine('13', '213', 'Samira Özdemir', { calls: [monitoredCall('m2', { direction: 'outgoing' })] }),
  monitoredLine('14', '214', null, {
    calls: [monitoredCall('m3', { ...ringing, number: '+49 89 1234567', name: 'Krüger GmbH' })],
  }),
  monitoredLine('15', '+49 30 5550 15', 'Thea von Hohenlohe-Waldenburg', {
    line_group: 'Berlin branch',
    calls: [monitoredCall('m4', ringing)],
    do_not_disturb: true,
  }),
  monitoredLine('16', '216', 'Paul Adam', {
    state: 'failed',
    forwardings: [
      { kind: 'immediate', callers: 'all', to: null, after: null },
      { kind: 'busy', callers: 'external', to: '0171 5550199', after: null },
    ],
  }),
];

export function reset() {
  calls.clear();
  fresh().forEach((one, at) => Object.assign(lines[at], one));
}

/** The number of the last event. */
export let seq = 0;

export function tell(message) {
  seq += 1;
  for (const send of clients) send({ ...message, seq });
}

/** A call as the client sees it. */
export function seen(id) {
  const call = calls.get(id);
  const others = [...calls.values()].filter((other) => other.id !== id && other.here);
  return { ...call, shown: shown(call.number), services: servicesOf(call, others) };
}

function servicesOf(call, others) {
  if (call.state === 'alerting') return ['answer_call', 'decline_call', 'deflect_call'];
  if (call.state === 'queued') return ['answer_call'];
  if (!call.here) return ['clear_connection'];
  if (call.transferring_to) return ['clear_connection', 'retrieve_call'];
  const both = others.some((other) => (other.state === 'held') !== (call.state === 'held'));
  const talks = call.remote_state === 'connected';
  const offered = ['clear_connection'];
  if (call.state === 'held') offered.push('retrieve_call', 'single_step_transfer_call', 'park_call');
  else if (talks) {
    offered.push('hold_call', 'consultation_call', 'single_step_transfer_call', 'park_call', 'generate_digits');
  }
  if (both && call.state === 'connected') {
    offered.push('transfer_call', 'reconnect_call');
    if (talks) offered.push('alternate_call', 'conference_call');
  }
  if (call.conference.length > 0) offered.push('clear_call');
  return offered;
}

function tellAll() {
  for (const id of calls.keys()) tell({ type: 'call', call: seen(id) });
}

export function update(id, change) {
  const call = { ...calls.get(id), ...change };
  calls.set(id, call);
  if (call.state === 'null' || call.state === 'failed') {
    calls.delete(id);
    for (const other of calls.values()) other.conference = other.conference.filter((one) => one !== id);
    tell({ type: 'call', call: { ...call, shown: shown(call.number), services: [] } });
  }
  tellAll();
}

export function create(fields) {
  const id = `call-${next++}`;
  calls.set(id, {
    id,
    line: 'line-1',
    direction: 'incoming',
    state: 'alerting',
    remote_state: 'connected',
    number: '',
    shown: fields.number ?? '',
    name: null,
    picture: null,
    here: false,
    created_at: Date.now(),
    connected_at: null,
    codec: null,
    recorded: false,
    security: null,
    silence: [],
    cause: null,
    consultation_of: null,
    conference: [],
    diverted_by: null,
    transferring_to: null,
    parked_at: null,
    ...fields,
  });
  tellAll();
  return id;
}

export const cause = (code, sip_status = null, detail = null) => ({ code, sip_status, detail });
const failures = {
  404: cause('unknown_number', 404, 'Not Found'),
  486: cause('busy', 486, 'Busy Here'),
  488: cause('no_common_codec', 488, 'Not Acceptable Here'),
};
const names = { 202: 'Ben Okafor', 203: 'Clara Lindqvist', 601: 'Jonas Weber', 602: 'Ben Okafor', 700: 'Emre Aydın' };
const over = { state: 'null', cause: cause('normal_clearing') };

function holdOthers(id) {
  const call = calls.get(id);
  for (const other of calls.values()) {
    const together = call?.conference.includes(other.id);
    if (other.id !== id && other.here && other.state === 'connected' && !together) other.state = 'held';
  }
}

function place(line, number, sdp, reply, more = {}) {
  holdOthers('');
  const placed = { line, number, direction: 'outgoing', state: 'initiated', remote_state: 'null', here: true, ...more };
  const id = create(placed);
  reply({ status: 'media', call: id, sdp: answer(sdp) });
  const later = (ms, change) => setTimeout(() => calls.has(id) && update(id, change), ms);
  if (failures[number]) return later(300, { state: 'failed', cause: failures[number] });
  later(200, { state: 'connected', remote_state: 'alerting', name: names[number] ?? null });
  if (number === '700') return;
  const talk = { remote_state: 'connected', connected_at: Date.now(), codec: 'G722', security: 'sdes' };
  later(/^60\d$/.test(number) ? 400 : 4000, talk);
}

/** Refuses the next request. */
export function refuse() {
  refusing = true;
}
let refusing = false;

export function serve(request, reply) {
  if (refusing && request.type !== 'ping') {
    refusing = false;
    return reply({ status: 'error', cause: cause('not_possible_now') });
  }
  const call = calls.get(request.call ?? request.active);
  const done = (change) => {
    reply({ status: 'ok' });
    if (change) update(call.id, change);
    else tellAll();
  };
  const setting = lines.find(({ id }) => id === request.line);
  const set = (change) => {
    Object.assign(setting, change);
    reply({ status: 'ok' });
    tell({ type: 'line', line: setting });
  };
  switch (request.type) {
    case 'make_call':
      if (setting.remote_office) return reply({ status: 'ok' });
      return place(request.line, request.number, request.sdp, reply);
    case 'consultation_call':
      call.state = 'held';
      return place(call.line, request.number, request.sdp, reply, { consultation_of: call.id });
    case 'directed_pickup_call': {
      holdOthers('');
      for (const { id, state } of [...calls.values()]) if (state === 'queued') update(id, over);
      const talking = {
        state: 'connected',
        here: true,
        connected_at: Date.now(),
        name: 'Mira Hoffmann',
        codec: 'PCMA',
      };
      const id = create({ line: request.line, number: request.number, ...talking });
      return reply({ status: 'media', call: id, sdp: answer(request.sdp) });
    }
    case 'answer_call': {
      holdOthers(request.call);
      reply({ status: 'media', call: request.call, sdp: answer(request.sdp) });
      const talking = { here: true, state: 'connected', connected_at: Date.now(), codec: 'PCMA', security: 'plain' };
      return update(request.call, talking);
    }
    case 'restart_media':
      return reply({ status: 'media', call: request.call, sdp: answer(request.sdp) });
    case 'decline_call':
      return done({ state: 'null', cause: cause(request.reason) });
    case 'deflect_call':
      return done(over);
    case 'clear_connection': {
      if (!call) return reply({ status: 'error', cause: cause('unknown_call') });
      const members = request.remote ? [] : [...call.conference];
      done({ state: 'null', cause: cause(call.connected_at ? 'normal_clearing' : 'cancelled') });
      return members.forEach((id) => update(id, over));
    }
    case 'clear_call':
      reply({ status: 'ok' });
      return [call.id, ...call.conference].forEach((id) => update(id, over));
    case 'hold_call':
      return done({ state: 'held' });
    case 'retrieve_call':
      holdOthers(call.id);
      return done({ state: 'connected', transferring_to: null });
    case 'alternate_call':
      calls.get(request.held).state = 'connected';
      return done({ state: 'held' });
    case 'reconnect_call':
      calls.get(request.held).state = 'connected';
      return done(over);
    case 'transfer_call':
      reply({ status: 'ok' });
      return [request.held, request.active].forEach((id) => update(id, over));
    case 'conference_call': {
      const members = [...new Set([call.id, request.held, ...call.conference, ...calls.get(request.held).conference])];
      for (const id of members) {
        const others = members.filter((other) => other !== id);
        Object.assign(calls.get(id), { state: 'connected', conference: others, consultation_of: null });
      }
      return done();
    }
    case 'single_step_transfer_call': {
      done({ state: 'held', transferring_to: request.number });
      const failed = failures[request.number];
      if (request.number === '700') return;
      return setTimeout(() => {
        if (calls.has(call.id)) update(call.id, failed ? { transferring_to: null, cause: failed } : over);
      }, 1500);
    }
    case 'park_call':
      return done({ state: 'queued', here: false, parked_at: request.number ?? '201' });
    case 'preview_number':
      return reply(preview(setting, request));
    case 'set_do_not_disturb':
      return set({ do_not_disturb: request.on });
    case 'set_remote_office':
      return set({ remote_office: request.number });
    case 'set_forwarding': {
      const { forwarding } = request;
      if (forwarding.to === '404') return reply({ status: 'error', cause: cause('invalid_number') });
      const same = ({ kind, callers }) => kind === forwarding.kind && callers === forwarding.callers;
      return set({ forwardings: [...setting.forwardings.filter((one) => !same(one)), forwarding] });
    }
    case 'cancel_forwarding':
      return set({
        forwardings: setting.forwardings.filter(
          ({ kind, callers }) => kind !== (request.kind ?? kind) || callers !== (request.callers ?? callers),
        ),
      });
    default:
      return reply({ status: 'ok' });
  }
}

/** An answer the browser accepts, though nobody is there. */
function answer(offer) {
  const kept = offer
    .split('\r\n')
    .filter((line) => !/^a=(ssrc|msid|ice-|fingerprint|setup|candidate|group|extmap|rtcp-rsize)/.test(line));
  const at = kept.findIndex((line) => line.startsWith('m='));
  kept.splice(at, 0, 'a=group:BUNDLE 0', 'a=ice-lite');
  const print = Array.from({ length: 32 }, () => 'AB').join(':');
  kept.splice(
    -1,
    0,
    'a=ice-ufrag:mock',
    'a=ice-pwd:mockmockmockmockmockmock',
    `a=fingerprint:sha-256 ${print}`,
    'a=setup:passive',
  );
  return kept.join('\r\n');
}
