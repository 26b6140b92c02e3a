// Generated from src/web/protocol.rs by `make generated`. Do not edit.

export type CauseCode = "normal_clearing" | "answered_elsewhere" | "caller_hung_up" | "cancelled" | "unknown_number" | "busy" | "declined" | "no_answer" | "unavailable" | "not_permitted" | "no_common_codec" | "pbx_not_answering" | "pbx_unreachable" | "name_not_resolved" | "wrong_password" | "registration_refused" | "pbx_error" | "refused" | "line_not_registered" | "line_inactive" | "trunk_not_registered" | "nobody_signed_in" | "client_lost" | "media_not_connected" | "session_lost" | "shutting_down" | "too_many_calls" | "unknown_call" | "unknown_line" | "not_possible_now" | "invalid_number" | "invalid_sdp" | "bad_request" | "wrong_version" | "sign_in_failed" | "not_signed_in" | "too_many_attempts" | "not_found" | "internal" | "microphone_denied" | "microphone_missing" | "insecure_page" | "server_unreachable";

export type ClientMessage = { 
/**
 * Chosen by the client; the reply repeats it.
 */
id: number, } & ({ "type": "hello", 
/**
 * The protocol version the client was built for.
 */
version: number, 
/**
 * The token of an earlier [`Hello`]: takes that client's calls over when it comes within the
 * resume time.
 */
resume: string | null, } | { "type": "make_call", 
/**
 * The calling line.
 */
line: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, 
/**
 * The browser's SDP offer.
 */
sdp: string, } | { "type": "answer_call", 
/**
 * The alerting call.
 */
call: string, 
/**
 * The browser's SDP offer.
 */
sdp: string, } | { "type": "decline_call", 
/**
 * The alerting call.
 */
call: string, 
/**
 * What the caller is told.
 */
reason: DeclineReason, } | { "type": "clear_connection", 
/**
 * The call to end.
 */
call: string, } | { "type": "generate_digits", 
/**
 * The connected call.
 */
call: string, 
/**
 * `0`-`9`, `*`, `#`, `A`-`D`; at most 32.
 */
digits: string, } | { "type": "ping" });

export type Request = { "type": "hello", 
/**
 * The protocol version the client was built for.
 */
version: number, 
/**
 * The token of an earlier [`Hello`]: takes that client's calls over when it comes within the
 * resume time.
 */
resume: string | null, } | { "type": "make_call", 
/**
 * The calling line.
 */
line: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, 
/**
 * The browser's SDP offer.
 */
sdp: string, } | { "type": "answer_call", 
/**
 * The alerting call.
 */
call: string, 
/**
 * The browser's SDP offer.
 */
sdp: string, } | { "type": "decline_call", 
/**
 * The alerting call.
 */
call: string, 
/**
 * What the caller is told.
 */
reason: DeclineReason, } | { "type": "clear_connection", 
/**
 * The call to end.
 */
call: string, } | { "type": "generate_digits", 
/**
 * The connected call.
 */
call: string, 
/**
 * `0`-`9`, `*`, `#`, `A`-`D`; at most 32.
 */
digits: string, } | { "type": "ping" };

export type DeclineReason = "busy" | "declined";

export type ServerMessage = { "type": "hello" } & Hello | { "type": "reply" } & Reply | { "type": "line", 
/**
 * The line as it is now.
 */
line: Line, } | { "type": "call", 
/**
 * The call as it is now.
 */
call: Call, } | { "type": "digit", 
/**
 * The call.
 */
call: string, 
/**
 * One of `0`-`9`, `*`, `#`, `A`-`D`.
 */
digit: string, };

export type Hello = { 
/**
 * [`PROTOCOL_VERSION`].
 */
version: number, 
/**
 * Who is signed in.
 */
user: User, 
/**
 * Give this in the next `hello` after the socket broke.
 */
resume: string, 
/**
 * Whether an earlier client was taken over.
 */
resumed: boolean, 
/**
 * How long the server keeps a client's calls after its socket broke, in milliseconds.
 */
resume_within_ms: number, 
/**
 * The user's lines.
 */
lines: Array<Line>, 
/**
 * The calls on them.
 */
calls: Array<Call>, };

export type User = { 
/**
 * Sign-in name.
 */
name: string, 
/**
 * Name for people to read.
 */
display_name: string, };

export type Line = { 
/**
 * Names the line in requests.
 */
id: string, 
/**
 * The line's number.
 */
number: string, 
/**
 * Name of the line group it belongs to.
 */
line_group: string, 
/**
 * Whether calls are possible.
 */
state: LineState, 
/**
 * Why the line is not registered.
 */
cause: Cause | null, };

export type LineState = "inactive" | "waiting" | "registering" | "registered" | "ready" | "failed" | "unregistered";

export type Call = { 
/**
 * Names the call in requests.
 */
id: string, 
/**
 * The line it runs on.
 */
line: string, 
/**
 * Who began.
 */
direction: Direction, 
/**
 * ECMA-269 state of the user's own connection.
 */
state: ConnectionState, 
/**
 * ECMA-269 state of the other side's connection.
 */
remote_state: ConnectionState, 
/**
 * The other side's number.
 */
number: string, 
/**
 * The other side's name, where the PBX sent one.
 */
name: string | null, 
/**
 * Whether this client has the audio. False on the user's other devices.
 */
here: boolean, 
/**
 * When the call appeared, milliseconds since 1970-01-01 UTC.
 */
created_at: number, 
/**
 * When it was answered, milliseconds since 1970-01-01 UTC.
 */
connected_at: number | null, 
/**
 * The codec towards the PBX, once known (`PCMA`, `PCMU`, `G722`, `opus`).
 */
codec: string | null, 
/**
 * Why it ended.
 */
cause: Cause | null, };

export type Direction = "incoming" | "outgoing";

export type ConnectionState = "null" | "initiated" | "alerting" | "connected" | "failed";

export type Cause = { 
/**
 * Stable code; the app has a sentence for each in every language.
 */
code: CauseCode, 
/**
 * The SIP status behind it, where there is one.
 */
sip_status: number | null, 
/**
 * What the other side said in its own words (reason phrase), where it did.
 */
detail: string | null, };

export type Reply = { 
/**
 * The request's number.
 */
id: number, 
/**
 * How it went.
 */
result: ReplyResult, };

export type ReplyResult = { "status": "ok" } | { "status": "media", 
/**
 * The call.
 */
call: string, 
/**
 * SDP answer.
 */
sdp: string, } | { "status": "error", 
/**
 * Why.
 */
cause: Cause, };

export type SignIn = { 
/**
 * User name.
 */
name: string, 
/**
 * Password.
 */
password: string, };

export type HttpError = { 
/**
 * Why.
 */
cause: Cause, 
/**
 * The sentence, in English.
 */
message: string, };

export const PROTOCOL_VERSION = 1;
export type LineGroups = { now: number, line_groups: Array<LineGroup>, listeners: Array<Listener>, strangers: Strangers };
export type LineGroup = { id: string, name: string, kind: LineGroupKind, registrar: string | null, domain: string | null, listener: string | null, cause: Cause | null, targets: Array<Target>, lookup_at: number | null, lines: Array<LineReport>, bindings: Array<Binding>, wrong_passwords: number };
export type LineGroupKind = "softphones" | "trunk-registration" | "trunk-bulk-registration" | "trunk-fixed" | "trunk-registrar";
export type Target = { transport: string, address: string, down_since: number | null };
export type LineReport = { id: string, number: string, user_name: string, pilot: boolean, state: LineState, cause: Cause | null, until: number | null, target: string | null, last_error: LastError | null, retries: number, next_try: number | null };
export type LastError = { cause: Cause, at: number };
export type Binding = { contact: string, source: string, until: number, user_agent: string | null };
export type Listener = { name: string, transport: string, address: string, problem: string | null };
export type Strangers = { requests: number, addresses: Array<Stranger> };
export type Stranger = { address: string, requests: number };
