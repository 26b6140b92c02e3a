/** What the server answers about lines, rights and changes, beside the objects themselves. */
import type { BoundBy, LineKey, Place, Right, RightReason } from '../../generated/site';

/** A sentence in both languages. */
export interface Said {
  english: string;
  german: string;
}

/** A line of a user, and why it is one. */
export interface UserLine {
  line: LineKey;
  by: BoundBy;
  place: Place;
  /** Whether the user is the one whom it belongs to. */
  owner: boolean;
}

export interface UserLines {
  lines: UserLine[];
  /** What names a line in the user's settings and leads to none. */
  loose: (Said & { pointer: string; line: string })[];
}

/** Whether something is allowed, and why or why not. */
export interface Decision {
  allowed: boolean;
  because: (Said & { reason: RightReason })[];
  denied: Said | null;
}

export interface RightsOnUser {
  rights: { right: Right; decision: Decision }[];
}

export interface AuditEntry {
  id: number;
  /** In ms since 1970. */
  at: number;
  /** Who: an object's id, or a name of the configuration file. */
  actor: string;
  actor_kind: string;
  /** What the actor is called, where that is known. */
  actor_title: string | null;
  address: string | null;
  action: string;
  kind: string;
  object: string;
  title: string;
  before: unknown;
  after: unknown;
}

export interface Audit {
  /** The newest first. */
  entries: AuditEntry[];
  /** `before` of the next page; null: this is the last. */
  next: number | null;
}
