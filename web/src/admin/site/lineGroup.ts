/** What line groups and lines begin with, and what can be chosen for them. */
import type { LineGroupObject, LineObject } from '../../generated/site';

export const blankLineGroup: LineGroupObject = {
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
  switched_off: null,
  signed_out: 'busy',
  decline: 'client',
  hide_decline: false,
  diversion: 'new-call',
  transfer: 'auto',
  signed_off_to_voice_mailbox: false,
  pickup_code: '',
  pickup_in_server: true,
  feature_codes: [],
  emergency_numbers: ['110', '112'],
  internal_digits: 5,
  park_returns: 120,
};

export const blankLine: LineObject = {
  group: null,
  user_name: '',
  auth_name: '',
  number: '',
  active: true,
  pilot: false,
  redirections: [],
};

export const KINDS = [
  'softphones',
  'trunk-registration',
  'trunk-bulk-registration',
  'trunk-fixed',
  'trunk-registrar',
] as const satisfies readonly LineGroupObject['kind'][];

/** Codecs towards a PBX. */
export const CODECS = ['G722', 'PCMA', 'PCMU', 'opus'] as const;

/** What can be switched off. */
export const FUNCTIONS = [
  'make_call',
  'decline_call',
  'hold_call',
  'alternate_call',
  'consultation_call',
  'transfer_call',
  'single_step_transfer_call',
  'conference_call',
  'deflect_call',
  'directed_pickup_call',
  'park_call',
  'generate_digits',
  'set_forwarding',
  'set_do_not_disturb',
  'set_remote_office',
] as const;
