/** What the server says, for tests. */
import type { Account, Call, Hello, Line, MonitoredCall, MonitoredLine } from '../generated/protocol';

export const user = { name: 'anna', display_name: 'Anna Berger' };
export const line: Line = {
  id: 'l1',
  number: '201',
  line_group: 'Main',
  state: 'registered',
  cause: null,
  services: ['make_call'],
  feature_codes: [],
  do_not_disturb: false,
  forwardings: [],
  remote_office: null,
  dialling: null,
};

export const account: Account = { services: ['audio', 'control_lines', 'web_app'], settings: {}, picture: null };

export function monitored(fields: Partial<MonitoredLine> = {}): MonitoredLine {
  return {
    id: 'l7',
    number: '207',
    line_group: 'Main',
    owner: 'Clara Diehl',
    picture: null,
    state: 'registered',
    rights: ['see_status'],
    calls: [],
    do_not_disturb: false,
    forwardings: [],
    services: [],
    ...fields,
  };
}

export function monitoredCall(fields: Partial<MonitoredCall> = {}): MonitoredCall {
  return {
    id: 'c7',
    direction: 'incoming',
    state: 'alerting',
    remote_state: 'connected',
    number: null,
    shown: fields.number ?? null,
    name: null,
    created_at: 1000,
    connected_at: null,
    services: [],
    ...fields,
  };
}

export function call(fields: Partial<Call> = {}): Call {
  return {
    id: 'c1',
    line: 'l1',
    direction: 'incoming',
    state: 'alerting',
    remote_state: 'connected',
    number: '202',
    shown: fields.number ?? '202',
    name: 'Ben',
    picture: null,
    here: false,
    created_at: 1000,
    connected_at: null,
    codec: null,
    recorded: false,
    security: null,
    silence: [],
    cause: null,
    services: [],
    consultation_of: null,
    conference: [],
    diverted_by: null,
    transferring_to: null,
    parked_at: null,
    ...fields,
  };
}

export function hello(fields: Partial<Hello> = {}): Hello {
  return {
    version: 1,
    user,
    resume: 't',
    client: 'me',
    resumed: false,
    replayed: false,
    seq: 0,
    ended: [],
    resume_within_ms: 10_000,
    ice_servers: [],
    lines: [line],
    monitored_lines: [],
    account,
    calls: [],
    ...fields,
  };
}
