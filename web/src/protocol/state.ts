/** What the app knows of lines and calls: the types of it. */
import type {
  Account,
  Call,
  Cause,
  CauseCode,
  Direction,
  Line,
  MonitoredLine,
  Service,
  User,
} from '../generated/protocol';
import type { Link } from './socket';

/** A call that is not over. */
export interface CallEntry {
  call: Call;
  /** When it was answered by this computer's clock, which may differ from the server's. */
  connectedAt: number | null;
  /** Since when it is held, by this computer's clock; null while it is not. */
  heldAt: number | null;
  /** Whether it rang on this device. */
  rang: boolean;
  /** The person pressed "Answer" here and the reply is not there yet. */
  answering: boolean;
  /** The service that was asked for; the reply is not there yet. */
  pending: Service | null;
  /** Why something did not work, until the person has seen it. */
  notice: Notice | null;
  /** What its end will mean, where the person asked for more than hanging up. */
  outcome: Outcome | null;
  muted: boolean;
  /** DTMF digits of both directions, the newest last. */
  received: string;
  sent: string;
  /** The audio path of this browser. */
  audio: 'connecting' | 'connected' | 'interrupted';
}

/** Something to know about a call that goes on. */
export interface Notice {
  cause: Cause;
  /** Whom it is about, where that is not the other side of this call. */
  about: string | null;
}

/** How a call leaves its user. */
export type Outcome =
  | { kind: 'transferred'; to: string }
  | { kind: 'deflected'; to: string }
  | { kind: 'parked'; at: string }
  /** The second call of a transfer: the summary of the first one tells of it. */
  | { kind: 'joined' };

/** A call that the person asked for and the server has not named yet. */
export interface Draft {
  id: number;
  line: string;
  number: string;
  /** The server's name for it, once replied. */
  call: string | null;
  /** The call that waits meanwhile, in a consultation. */
  consultationOf: string | null;
}

/** A call that waits at a number for somebody to pick it up. */
export interface Parked {
  call: string;
  line: string;
  /** Where. */
  at: string;
  number: string;
  /** The number in the form for people. */
  shown: string;
  name: string | null;
  /** Since when, by this computer's clock. */
  since: number;
}

/** What remains visible of a call that is over. */
export interface Ended {
  id: string;
  line: string;
  direction: Direction;
  number: string;
  /** The number in the form for people. */
  shown: string;
  name: string | null;
  cause: Cause;
  /** How long it was connected, in ms; null where it never was. */
  duration: number | null;
  /** How it left, where it goes on without the user. */
  outcome: Outcome | null;
}

export interface PhoneState {
  link: Link;
  user: User;
  /** What the user may use, and what is preset; null until the server has told. */
  account: Account | null;
  lines: Line[];
  /** Lines of others that the user is shown. */
  monitored: MonitoredLine[];
  calls: CallEntry[];
  draft: Draft | null;
  parked: Parked[];
  ended: Ended[];
}

export function initial(user: User): PhoneState {
  return {
    link: 'connecting',
    user,
    account: null,
    lines: [],
    monitored: [],
    calls: [],
    draft: null,
    parked: [],
    ended: [],
  };
}

/** A cause that this app found itself. */
export function ours(code: CauseCode): Cause {
  return { code, sip_status: null, detail: null };
}
