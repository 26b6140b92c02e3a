// Generated from src/web/protocol.rs, src/web/protocol/admin.rs, src/quality and src/capture by `make generated`. Do not edit.

import type { LineRight, Preset, ServiceRight } from './site';

export type CauseCode = "normal_clearing" | "answered_elsewhere" | "diverted" | "remote_office" | "caller_hung_up" | "cancelled" | "unknown_number" | "busy" | "declined" | "no_answer" | "unavailable" | "not_permitted" | "no_common_codec" | "srtp_required" | "srtp_refused" | "pbx_not_answering" | "pbx_unreachable" | "name_not_resolved" | "certificate_refused" | "wrong_password" | "authentication_unsupported" | "registration_refused" | "pbx_error" | "refused" | "line_not_registered" | "line_inactive" | "trunk_not_registered" | "nobody_signed_in" | "client_lost" | "media_not_connected" | "session_lost" | "shutting_down" | "too_many_calls" | "overloaded" | "unknown_call" | "unknown_line" | "unknown_client" | "no_client" | "too_many_clients" | "audio_needs_client" | "not_possible_now" | "audio_is_personal" | "function_off" | "audio_not_given" | "lines_not_given" | "account_not_given" | "web_app_not_given" | "line_not_yours" | "pick_up_not_allowed" | "diversions_not_allowed" | "no_other_call" | "not_answered" | "not_held" | "on_hold" | "audio_elsewhere" | "transfer_under_way" | "still_dialling" | "in_conference" | "conference_full" | "park_occupied" | "nothing_to_pick_up" | "picked_up" | "transferred" | "tried_before" | "do_not_disturb" | "own_number" | "invalid_seconds" | "invalid_number" | "number_suppressed" | "unknown_project" | "pin_needed" | "user_number_needed" | "pin_needs_client" | "asked_too_often" | "invalid_sdp" | "bad_configuration" | "bad_request" | "wrong_version" | "sign_in_failed" | "code_needed" | "code_wrong" | "second_factor_missing" | "not_signed_in" | "setup_needed" | "role_forbids" | "too_many_attempts" | "not_found" | "internal" | "microphone_denied" | "microphone_missing" | "insecure_page" | "server_unreachable";

export type ClientMessage = { 
/**
 * Chosen by the client; the reply repeats it. At most 2147483647.
 */
id: number, } & ({ "type": "hello", 
/**
 * The protocol version the client was built for.
 */
version: number, 
/**
 * The token of an earlier [`Hello`](super::Hello): takes that client's calls over when it comes within the
 * resume time.
 */
resume: string | null, 
/**
 * The number of the last event that the client has seen, for a client that kept its picture: what came after
 * it follows where that is still known ([`Hello::replayed`](super::Hello::replayed)).
 */
since?: number, } | { "type": "make_call", 
/**
 * The calling line.
 */
line: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, 
/**
 * The browser's SDP offer. Without it another client is prompted to make the call, and the answer is
 * [`ReplyResult::Prompted`](super::ReplyResult::Prompted).
 */
sdp?: string, 
/**
 * Which client to prompt; the one that was active last where none is said.
 */
client?: string, 
/**
 * The name of a project of the line's location.
 */
project?: string, 
/**
 * Whether the call is private: others do not see the number.
 */
private?: boolean, 
/**
 * The PIN that the project, or a private call, asks for.
 */
pin?: Pin, 
/**
 * The user's number that the project, or a private call, asks for.
 */
user?: string, } | { "type": "answer_call", 
/**
 * The alerting call.
 */
call: string, 
/**
 * The browser's SDP offer; without it another client is prompted, as for `make_call`.
 */
sdp?: string, 
/**
 * Which client to prompt.
 */
client?: string, } | { "type": "decline_call", 
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
call: string, 
/**
 * Whether the other side's connection is meant: in a conference that one is let go, and the user stays.
 */
remote?: boolean, } | { "type": "restart_media", 
/**
 * A call whose audio this client has.
 */
call: string, 
/**
 * The browser's offer with new ICE credentials.
 */
sdp: string, } | { "type": "media_trouble", 
/**
 * The call.
 */
call: string, 
/**
 * Why: `microphone_denied`, `microphone_missing` or `insecure_page`.
 */
cause: CauseCode, } | { "type": "generate_digits", 
/**
 * The connected call.
 */
call: string, 
/**
 * `0`-`9`, `*`, `#`, `A`-`D`; at most 32.
 */
digits: string, } | { "type": "hold_call", 
/**
 * The connected call.
 */
call: string, } | { "type": "retrieve_call", 
/**
 * The held call.
 */
call: string, } | { "type": "alternate_call", 
/**
 * The connected call.
 */
active: string, 
/**
 * The held call.
 */
held: string, } | { "type": "consultation_call", 
/**
 * The connected call.
 */
call: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, 
/**
 * The browser's SDP offer for the new call; without it the client that has the call's audio is prompted.
 */
sdp?: string, 
/**
 * The name of a project of the line's location.
 */
project?: string, 
/**
 * Whether the call is private: others do not see the number.
 */
private?: boolean, 
/**
 * The PIN that the project, or a private call, asks for.
 */
pin?: Pin, 
/**
 * The user's number that the project, or a private call, asks for.
 */
user?: string, } | { "type": "reconnect_call", 
/**
 * The call to end.
 */
active: string, 
/**
 * The held call.
 */
held: string, } | { "type": "transfer_call", 
/**
 * The connected call, or one that the user has dialled and that rings.
 */
active: string, 
/**
 * The held call.
 */
held: string, } | { "type": "single_step_transfer_call", 
/**
 * The connected or held call.
 */
call: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, } | { "type": "conference_call", 
/**
 * The connected call.
 */
active: string, 
/**
 * The held call.
 */
held: string, } | { "type": "clear_call", 
/**
 * The call.
 */
call: string, } | { "type": "deflect_call", 
/**
 * The alerting call.
 */
call: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, } | { "type": "directed_pickup_call", 
/**
 * The line that takes it.
 */
line: string, 
/**
 * Where it rings or is parked.
 */
number: string, 
/**
 * The browser's SDP offer; without it another client is prompted, as for `make_call`.
 */
sdp?: string, 
/**
 * Which client to prompt.
 */
client?: string, } | { "type": "park_call", 
/**
 * The connected or held call.
 */
call: string, 
/**
 * Where; the user's own line where none is said.
 */
number: string | null, } | { "type": "set_forwarding", 
/**
 * The line.
 */
line: string, 
/**
 * What.
 */
forwarding: Forwarding, } | { "type": "cancel_forwarding", 
/**
 * The line.
 */
line: string, 
/**
 * Which kind; all where none is said.
 */
kind: ForwardingKind | null, 
/**
 * That of which callers, as it was set; of whichever where none is said.
 */
callers?: Callers, } | { "type": "set_do_not_disturb", 
/**
 * The line.
 */
line: string, 
/**
 * Whether calls are kept away.
 */
on: boolean, } | { "type": "set_remote_office", 
/**
 * The line.
 */
line: string, 
/**
 * That telephone's number; none switches it off.
 */
number: string | null, } | { "type": "preview_number", 
/**
 * The line: one that the user may call from.
 */
line: string, 
/**
 * The number, as the person typed it.
 */
number: string, 
/**
 * Whether calls are to be forwarded there.
 */
forwarding?: boolean, 
/**
 * The name of a project of the line's location.
 */
project?: string, 
/**
 * Whether the call is private: others do not see the number.
 */
private?: boolean, 
/**
 * The PIN that the project, or a private call, asks for.
 */
pin?: Pin, 
/**
 * The user's number that the project, or a private call, asks for.
 */
user?: string, } | { "type": "ping" });

export type Request = { "type": "hello", 
/**
 * The protocol version the client was built for.
 */
version: number, 
/**
 * The token of an earlier [`Hello`](super::Hello): takes that client's calls over when it comes within the
 * resume time.
 */
resume: string | null, 
/**
 * The number of the last event that the client has seen, for a client that kept its picture: what came after
 * it follows where that is still known ([`Hello::replayed`](super::Hello::replayed)).
 */
since?: number, } | { "type": "make_call", 
/**
 * The calling line.
 */
line: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, 
/**
 * The browser's SDP offer. Without it another client is prompted to make the call, and the answer is
 * [`ReplyResult::Prompted`](super::ReplyResult::Prompted).
 */
sdp?: string, 
/**
 * Which client to prompt; the one that was active last where none is said.
 */
client?: string, 
/**
 * The name of a project of the line's location.
 */
project?: string, 
/**
 * Whether the call is private: others do not see the number.
 */
private?: boolean, 
/**
 * The PIN that the project, or a private call, asks for.
 */
pin?: Pin, 
/**
 * The user's number that the project, or a private call, asks for.
 */
user?: string, } | { "type": "answer_call", 
/**
 * The alerting call.
 */
call: string, 
/**
 * The browser's SDP offer; without it another client is prompted, as for `make_call`.
 */
sdp?: string, 
/**
 * Which client to prompt.
 */
client?: string, } | { "type": "decline_call", 
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
call: string, 
/**
 * Whether the other side's connection is meant: in a conference that one is let go, and the user stays.
 */
remote?: boolean, } | { "type": "restart_media", 
/**
 * A call whose audio this client has.
 */
call: string, 
/**
 * The browser's offer with new ICE credentials.
 */
sdp: string, } | { "type": "media_trouble", 
/**
 * The call.
 */
call: string, 
/**
 * Why: `microphone_denied`, `microphone_missing` or `insecure_page`.
 */
cause: CauseCode, } | { "type": "generate_digits", 
/**
 * The connected call.
 */
call: string, 
/**
 * `0`-`9`, `*`, `#`, `A`-`D`; at most 32.
 */
digits: string, } | { "type": "hold_call", 
/**
 * The connected call.
 */
call: string, } | { "type": "retrieve_call", 
/**
 * The held call.
 */
call: string, } | { "type": "alternate_call", 
/**
 * The connected call.
 */
active: string, 
/**
 * The held call.
 */
held: string, } | { "type": "consultation_call", 
/**
 * The connected call.
 */
call: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, 
/**
 * The browser's SDP offer for the new call; without it the client that has the call's audio is prompted.
 */
sdp?: string, 
/**
 * The name of a project of the line's location.
 */
project?: string, 
/**
 * Whether the call is private: others do not see the number.
 */
private?: boolean, 
/**
 * The PIN that the project, or a private call, asks for.
 */
pin?: Pin, 
/**
 * The user's number that the project, or a private call, asks for.
 */
user?: string, } | { "type": "reconnect_call", 
/**
 * The call to end.
 */
active: string, 
/**
 * The held call.
 */
held: string, } | { "type": "transfer_call", 
/**
 * The connected call, or one that the user has dialled and that rings.
 */
active: string, 
/**
 * The held call.
 */
held: string, } | { "type": "single_step_transfer_call", 
/**
 * The connected or held call.
 */
call: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, } | { "type": "conference_call", 
/**
 * The connected call.
 */
active: string, 
/**
 * The held call.
 */
held: string, } | { "type": "clear_call", 
/**
 * The call.
 */
call: string, } | { "type": "deflect_call", 
/**
 * The alerting call.
 */
call: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, } | { "type": "directed_pickup_call", 
/**
 * The line that takes it.
 */
line: string, 
/**
 * Where it rings or is parked.
 */
number: string, 
/**
 * The browser's SDP offer; without it another client is prompted, as for `make_call`.
 */
sdp?: string, 
/**
 * Which client to prompt.
 */
client?: string, } | { "type": "park_call", 
/**
 * The connected or held call.
 */
call: string, 
/**
 * Where; the user's own line where none is said.
 */
number: string | null, } | { "type": "set_forwarding", 
/**
 * The line.
 */
line: string, 
/**
 * What.
 */
forwarding: Forwarding, } | { "type": "cancel_forwarding", 
/**
 * The line.
 */
line: string, 
/**
 * Which kind; all where none is said.
 */
kind: ForwardingKind | null, 
/**
 * That of which callers, as it was set; of whichever where none is said.
 */
callers?: Callers, } | { "type": "set_do_not_disturb", 
/**
 * The line.
 */
line: string, 
/**
 * Whether calls are kept away.
 */
on: boolean, } | { "type": "set_remote_office", 
/**
 * The line.
 */
line: string, 
/**
 * That telephone's number; none switches it off.
 */
number: string | null, } | { "type": "preview_number", 
/**
 * The line: one that the user may call from.
 */
line: string, 
/**
 * The number, as the person typed it.
 */
number: string, 
/**
 * Whether calls are to be forwarded there.
 */
forwarding?: boolean, 
/**
 * The name of a project of the line's location.
 */
project?: string, 
/**
 * Whether the call is private: others do not see the number.
 */
private?: boolean, 
/**
 * The PIN that the project, or a private call, asks for.
 */
pin?: Pin, 
/**
 * The user's number that the project, or a private call, asks for.
 */
user?: string, } | { "type": "ping" };

export type DeclineReason = "busy" | "declined";

export type ServerMessage = { "type": "hello" } & Hello | { "type": "reply" } & Reply | { "type": "picture" } & Picture | { "type": "line", 
/**
 * The event's number: one more than that of the event before.
 */
seq: number, 
/**
 * The line as it is now.
 */
line: Line, } | { "type": "monitored_line", 
/**
 * The event's number.
 */
seq: number, 
/**
 * The line as it is now.
 */
line: MonitoredLine, } | { "type": "unmonitored_line", 
/**
 * The event's number.
 */
seq: number, 
/**
 * The line.
 */
line: string, } | { "type": "account", 
/**
 * The event's number.
 */
seq: number, 
/**
 * How it is now.
 */
account: Account, } | { "type": "call", 
/**
 * The event's number.
 */
seq: number, 
/**
 * The call as it is now.
 */
call: Call, 
/**
 * What happened to it since it was told of last, in the order of ECMA-269; nothing where only something else
 * about it changed.
 */
events: Array<CallEvent>, } | { "type": "ice_servers", 
/**
 * All of them.
 */
ice_servers: Array<IceServer>, } | { "type": "digit", 
/**
 * The event's number.
 */
seq: number, 
/**
 * The call.
 */
call: string, 
/**
 * One of `0`-`9`, `*`, `#`, `A`-`D`.
 */
digit: string, } | { "type": "prompt", 
/**
 * The event's number.
 */
seq: number, 
/**
 * What to do.
 */
prompt: Prompt, };

export type Prompt = { "type": "make_call", 
/**
 * The calling line.
 */
line: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, 
/**
 * The name of a project of the line's location.
 */
project: string | null, 
/**
 * Whether the call is private.
 */
private: boolean, } | { "type": "answer_call", 
/**
 * The alerting call.
 */
call: string, } | { "type": "consultation_call", 
/**
 * The call whose audio the client has.
 */
call: string, 
/**
 * The number to dial, as the person typed it.
 */
number: string, 
/**
 * The name of a project of the line's location.
 */
project: string | null, 
/**
 * Whether the call is private.
 */
private: boolean, } | { "type": "directed_pickup_call", 
/**
 * The line that takes it.
 */
line: string, 
/**
 * Where it rings or is parked.
 */
number: string, };

export type Picture = { 
/**
 * The number of the last event that is part of it.
 */
seq: number, 
/**
 * The user's lines.
 */
lines: Array<Line>, 
/**
 * The calls on them.
 */
calls: Array<Call>, 
/**
 * The lines of others that the user is shown.
 */
monitored_lines: Array<MonitoredLine>, };

export type Client = { 
/**
 * Names the client in requests.
 */
id: string, 
/**
 * Whether it has a socket; else its socket broke and it may come back.
 */
online: boolean, };

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
 * Names this client in requests of others.
 */
client: string, 
/**
 * Give this in the next `hello` after the socket broke.
 */
resume: string, 
/**
 * Whether an earlier client was taken over.
 */
resumed: boolean, 
/**
 * Whether the events after `since` follow. Then `lines`, `calls` and `ended` are empty: what the client knows
 * still counts.
 */
replayed: boolean, 
/**
 * The number of the last event before those that follow.
 */
seq: number, 
/**
 * How long the server keeps a client's calls after its socket broke, in milliseconds.
 */
resume_within_ms: number, 
/**
 * STUN and TURN servers for the audio, for as long as the next [`ServerMessage::IceServers`] has not come.
 */
ice_servers: Array<IceServer>, 
/**
 * The user's lines.
 */
lines: Array<Line>, 
/**
 * The calls on them.
 */
calls: Array<Call>, 
/**
 * The lines of others that the user is shown: additional lines, and those of people in the monitor.
 */
monitored_lines: Array<MonitoredLine>, 
/**
 * What the user may use, and what is preset.
 */
account: Account, 
/**
 * The calls that ended while this client was away, with their causes.
 */
ended: Array<Call>, };

export type IceServer = { 
/**
 * `stun:`, `turn:` or `turns:` URLs.
 */
urls: Array<string>, 
/**
 * User name, for TURN.
 */
username: string | null, 
/**
 * Password, for TURN.
 */
credential: string | null, };

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
cause: Cause | null, 
/**
 * What can be asked for on the line while no call is looked at.
 */
services: Array<Service>, 
/**
 * Functions of the PBX that are called up by dialling a code.
 */
feature_codes: Array<FeatureCode>, 
/**
 * Whether calls are kept away.
 */
do_not_disturb: boolean, 
/**
 * Where calls go instead.
 */
forwardings: Array<Forwarding>, 
/**
 * The telephone by way of which its calls are placed, where that is switched on.
 */
remote_office: string | null, 
/**
 * What can be chosen for calls from it; null: it has no location, and numbers are dialled as they are typed.
 */
dialling: Dialling | null, };

export type MonitoredLine = { 
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
 * The name of its owner; null where it has none, or that is not to be seen.
 */
owner: string | null, 
/**
 * Where the picture of its owner is, as in [`Account::picture`](super::Account::picture); null where there is none,
 * or that is not to be seen.
 */
picture: string | null, 
/**
 * Whether calls are possible.
 */
state: LineState, 
/**
 * What the user may see and do.
 */
rights: Array<LineRight>, 
/**
 * Its calls.
 */
calls: Array<MonitoredCall>, 
/**
 * Whether calls are kept away; false without the right `see_diversions`.
 */
do_not_disturb: boolean, 
/**
 * Where calls go instead; none without the right `see_diversions`.
 */
forwardings: Array<MonitoredForwarding>, 
/**
 * What can be asked for on the line: `set_forwarding`, which `cancel_forwarding` takes back.
 */
services: Array<Service>, };

export type MonitoredCall = { 
/**
 * Names the call.
 */
id: string, 
/**
 * Who began.
 */
direction: Direction, 
/**
 * ECMA-269 state of the line's own connection.
 */
state: ConnectionState, 
/**
 * ECMA-269 state of the other side's connection.
 */
remote_state: ConnectionState, 
/**
 * The other side's number; null where that is not to be seen, by the rights `see_incoming` and `see_outgoing`, or because
 * the call is private. Super-canonical where the line group has a location.
 */
number: string | null, 
/**
 * The number as it is shown to people; null as `number`.
 */
shown: string | null, 
/**
 * The other side's name, where the PBX sent one and it may be seen.
 */
name: string | null, 
/**
 * When the call appeared, milliseconds since 1970-01-01 UTC.
 */
created_at: number, 
/**
 * When it was answered, milliseconds since 1970-01-01 UTC.
 */
connected_at: number | null, 
/**
 * What can be asked for: `directed_pickup_call` with the line's number, by a line of the same line group.
 */
services: Array<Service>, };

export type MonitoredForwarding = { 
/**
 * When.
 */
kind: ForwardingKind, 
/**
 * Of which callers.
 */
callers: Callers, 
/**
 * The number; null without the right `see_diversion_number`.
 */
to: string | null, 
/**
 * Seconds that it rings first.
 */
after: number | null, };

export type Account = { 
/**
 * What the user may use; a request that needs another service is refused.
 */
services: Array<ServiceRight>, 
/**
 * The settings of the user's profile by their keys: one that is `locked` is not changed by the user. A client takes
 * those that it knows.
 */
settings: { [key in string]: Preset }, 
/**
 * Where the user's own picture is, with `size=small` or as large as there is; null: there is none.
 */
picture: string | null, };

export type FeatureCode = { 
/**
 * What it does.
 */
name: string, 
/**
 * What is dialled.
 */
code: string, };

export type Dialling = { 
/**
 * The projects of the location.
 */
projects: Array<ProjectChoice>, 
/**
 * Digits of the PIN that a private call asks for; 0: any number of digits; null: it asks for none.
 */
private_pin: number | null, 
/**
 * Digits of the user's number that a private call asks for; 0: any number of digits; null: it asks for none.
 */
private_user: number | null, };

export type ProjectChoice = { 
/**
 * Names it in requests.
 */
name: string, 
/**
 * Whether calls with it are private.
 */
private: boolean, 
/**
 * Digits of the PIN that it asks for; 0: any number of digits; null: it asks for none.
 */
pin: number | null, 
/**
 * Digits of the user's number that it asks for; 0: any number of digits; null: it asks for none.
 */
user: number | null, };

export type Preview = { 
/**
 * What the PBX gets. `•` stands for each digit of a PIN.
 */
dialled: string, 
/**
 * What `dialled` begins with for an outside line; empty: there is nothing, or rules have made something else of it.
 */
access_code: string, 
/**
 * What follows when the call is answered. `•` stands for each digit of a PIN.
 */
then: Array<AfterAnswer>, 
/**
 * The number that is called: super-canonical where it can be.
 */
number: string, 
/**
 * The same, as people read it.
 */
shown: string, 
/**
 * Where it leads.
 */
destination: Destination, 
/**
 * The name of the user whose line it leads to; null: it is none, or the name is not to be seen.
 */
owner: string | null, 
/**
 * The town or region that an external number is of, where that is known.
 */
place: NumberPlace | null, 
/**
 * Whether others do not see the number.
 */
private: boolean, };

export type Destination = "internal" | "external" | "emergency";

export type AfterAnswer = { "pause": number } | { "digits": string };

export type NumberPlace = { 
/**
 * In English.
 */
english: string, 
/**
 * In German.
 */
german: string, };

export type Pin = string;

export type Service = "make_call" | "answer_call" | "decline_call" | "clear_connection" | "clear_call" | "hold_call" | "retrieve_call" | "alternate_call" | "consultation_call" | "reconnect_call" | "transfer_call" | "single_step_transfer_call" | "conference_call" | "deflect_call" | "directed_pickup_call" | "park_call" | "generate_digits" | "set_forwarding" | "set_do_not_disturb" | "set_remote_office";

export type Forwarding = { 
/**
 * When.
 */
kind: ForwardingKind, 
/**
 * Of which callers.
 */
callers: Callers, 
/**
 * The number to call instead.
 */
to: string, 
/**
 * Seconds that it rings first; only for [`ForwardingKind::NoAnswer`], which takes 20 where none is said.
 */
after: number | null, };

export type ForwardingKind = "immediate" | "busy" | "no_answer" | "signed_off";

export type Callers = "all" | "internal" | "external";

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
 * The other side's number: super-canonical where the line group has a location and it can be, otherwise as the PBX has it.
 */
number: string, 
/**
 * The number as it is shown to people: `+49 (30) 123456`, or an extension.
 */
shown: string, 
/**
 * The other side's name, where the PBX sent one, or the number is that of a line whose owner the user may see.
 */
name: string | null, 
/**
 * Where the picture of that owner is, with `size=small` or as large as there is; null: there is none to be seen.
 */
picture: string | null, 
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
 * Whether the server records it.
 */
recorded: boolean, 
/**
 * Whether the audio towards the PBX is encrypted, once known.
 */
security: Security | null, 
/**
 * From whom no audio arrives although it should, for two seconds and more.
 */
silence: Array<Silence>, 
/**
 * Why it ended.
 */
cause: Cause | null, 
/**
 * What the client may ask for now; anything else is refused.
 */
services: Array<Service>, 
/**
 * The held call that this one was made for.
 */
consultation_of: string | null, 
/**
 * The client's other calls that are in a conference with this one.
 */
conference: Array<string>, 
/**
 * Who has diverted it last, where somebody did.
 */
diverted_by: Diverter | null, 
/**
 * Whom it is being transferred to, while that is on its way.
 */
transferring_to: string | null, 
/**
 * The number where it waits to be picked up, while it is parked.
 */
parked_at: string | null, };

export type CallEvent = "service_initiated" | "originated" | "delivered" | "established" | "held" | "retrieved" | "queued" | "diverted" | "transferred" | "conferenced" | "failed" | "connection_cleared";

export type Diverter = { 
/**
 * The number, as that of a call.
 */
number: string, 
/**
 * The number as it is shown to people.
 */
shown: string, 
/**
 * The name, where the PBX sent one.
 */
name: string | null, };

export type Silence = { 
/**
 * Which way to suspect.
 */
party: SilentParty, 
/**
 * Address and port that the audio should come from, where they are known.
 */
address: string | null, };

export type SilentParty = "browser" | "pbx";

export type Direction = "incoming" | "outgoing";

export type Security = "plain" | "sdes" | "dtls";

export type ConnectionState = "null" | "initiated" | "alerting" | "connected" | "held" | "queued" | "failed";

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
sdp: string, } | { "status": "preview", 
/**
 * None where the line has no location: it is dialled as it was typed.
 */
preview: Preview | null, } | { "status": "prompted", 
/**
 * Which.
 */
client: string, } | { "status": "error", 
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
password: string, 
/**
 * What the authenticator app shows, or a recovery code; asked for by 401 `code_needed`.
 */
code?: string, };

export type HttpError = { 
/**
 * Why.
 */
cause: Cause, 
/**
 * The sentence, in English.
 */
message: string, };

export type LineGroups = { 
/**
 * The server's clock, since a browser's may differ.
 */
now: number, 
/**
 * All line groups, in the configuration's order.
 */
line_groups: Array<LineGroup>, 
/**
 * Where SIP is received.
 */
listeners: Array<Listener>, 
/**
 * Who knocks without being expected.
 */
strangers: Strangers, };

export type LineGroup = { 
/**
 * Its place in the running server.
 */
id: string, 
/**
 * The object that it is, where it is one: see `docs/site-api.md`.
 */
object: string | null, 
/**
 * Whether the configuration file sets it.
 */
from_file: boolean, 
/**
 * Its name.
 */
name: string, 
/**
 * How the PBX is connected.
 */
kind: LineGroupKind, 
/**
 * Host name or address of the PBX with the port where one is set; None for a PBX that registers here.
 */
registrar: string | null, 
/**
 * Domain of the lines' addresses, where it is not the registrar's.
 */
domain: string | null, 
/**
 * The listener it uses, where it is not the usual one.
 */
listener: string | null, 
/**
 * Why its PBX cannot be reached, where no line says so.
 */
cause: Cause | null, 
/**
 * The places where its PBX may be, in the order in which they are tried.
 */
targets: Array<Target>, 
/**
 * When its name is looked up again.
 */
lookup_at: number | null, 
/**
 * Its lines.
 */
lines: Array<LineReport>, 
/**
 * Who is registered here, for a trunk that does so.
 */
bindings: Array<Binding>, 
/**
 * Wrong passwords that came for it since the start.
 */
wrong_passwords: number, };

export type LineGroupKind = "softphones" | "trunk-registration" | "trunk-bulk-registration" | "trunk-fixed" | "trunk-registrar";

export type Target = { 
/**
 * `udp`, `tcp` or `tls`.
 */
transport: string, 
/**
 * Address and port.
 */
address: string, 
/**
 * Since when it does not answer; None: it does.
 */
down_since: number | null, };

export type LineReport = { 
/**
 * Names the line in requests.
 */
id: string, 
/**
 * The object that it is, where it is one: see `docs/site-api.md`.
 */
object: string | null, 
/**
 * Whether the configuration file sets it.
 */
from_file: boolean, 
/**
 * Its number.
 */
number: string, 
/**
 * User part of its address at the PBX.
 */
user_name: string, 
/**
 * Whether it registers, or sends OPTIONS, for its whole trunk.
 */
pilot: boolean, 
/**
 * Whether it can be used.
 */
state: LineState, 
/**
 * Why not.
 */
cause: Cause | null, 
/**
 * Until when it is registered, without a refresh.
 */
until: number | null, 
/**
 * The place that registered it, like `udp 192.0.2.1:5060`.
 */
target: string | null, 
/**
 * What went wrong last; stays when the line works again.
 */
last_error: LastError | null, 
/**
 * Attempts that failed in a row.
 */
retries: number, 
/**
 * When the next attempt is made.
 */
next_try: number | null, };

export type LastError = { 
/**
 * What.
 */
cause: Cause, 
/**
 * When.
 */
at: number, };

export type Binding = { 
/**
 * Its URI.
 */
contact: string, 
/**
 * Where it registered from.
 */
source: string, 
/**
 * Until when, without a refresh.
 */
until: number, 
/**
 * What it calls itself.
 */
user_agent: string | null, };

export type Listener = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its transports, like `udp, tcp`.
 */
transport: string, 
/**
 * Address and port.
 */
address: string, 
/**
 * Why it does not listen, in English; None: it does.
 */
problem: string | null, 
/**
 * The same in German.
 */
german: string | null, };

export type Strangers = { 
/**
 * Refused or dropped since the start.
 */
requests: number, 
/**
 * The addresses that sent most of them.
 */
addresses: Array<Stranger>, };

export type Stranger = { 
/**
 * Address.
 */
address: string, 
/**
 * Its requests since the start.
 */
requests: number, };

export type Calls = { 
/**
 * The server's clock.
 */
now: number, 
/**
 * The calls that run, the latest first.
 */
running: Array<CallReport>, 
/**
 * Answered calls that have ended, the latest first.
 */
ended: Array<CallReport>, };

export type Captures = { 
/**
 * All line groups, in the configuration's order.
 */
groups: Array<CaptureGroup>, 
/**
 * The files, the oldest first.
 */
files: Array<CaptureFile>, 
/**
 * Calls that were chosen one by one and have not ended.
 */
calls: Array<CaptureCall>, 
/**
 * Messages that were lost since the start, because they came faster than the disk took them.
 */
dropped: number, 
/**
 * Packets of audio, the same.
 */
dropped_packets: number, 
/**
 * Whether audio may be captured with its payload: not where numbers and names are pseudonyms.
 */
payload_allowed: boolean, 
/**
 * Why capturing has ended by itself; None: it has not.
 */
stopped: Sentence | null, 
/**
 * Octets that all files together may have.
 */
total_limit: number, 
/**
 * Octets that they have.
 */
total: number, };

export type CaptureGroup = { 
/**
 * Its name.
 */
name: string, 
/**
 * Whether anything of it is.
 */
capturing: boolean, 
/**
 * The numbers of the lines whose messages are; None: everything.
 */
lines: Array<string> | null, 
/**
 * What of the audio of the same calls is.
 */
audio: CaptureAudio, };

export type CaptureFile = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its octets.
 */
size: number, 
/**
 * When it was last written to.
 */
modified_at: number, 
/**
 * Whether it is being written.
 */
open: boolean, };

export type CaptureAudio = "off" | "headers" | "payload";

export type CaptureCall = { 
/**
 * The call, as in `GET /api/v1/admin/calls`.
 */
id: string, 
/**
 * What of its audio is captured.
 */
audio: CaptureAudio, };

export type CaptureChange = { 
/**
 * Whether the line group is captured.
 */
capturing: boolean, 
/**
 * The numbers of its lines whose messages are; None: everything.
 */
lines: Array<string> | null, 
/**
 * What of the audio of the same calls is; without it nothing.
 */
audio: CaptureAudio, };

export type CaptureCallChange = { 
/**
 * Whether the call is captured.
 */
capturing: boolean, 
/**
 * What of its audio is; without it nothing.
 */
audio: CaptureAudio, };

export type Log = { 
/**
 * How much of each area is logged.
 */
areas: Array<LogArea>, 
/**
 * The files, the oldest first.
 */
files: Array<CaptureFile>, 
/**
 * Octets that all files together may have; 0 where the log goes to no files.
 */
total_limit: number, 
/**
 * Octets that they have.
 */
total: number, 
/**
 * Why nothing is written to files; None: it is.
 */
stopped: Sentence | null, 
/**
 * Lines that are missing since the start: in files, on standard error, in the log of the system.
 */
missing: LogMissing, 
/**
 * This and what is more important goes to the log of the system; None: nothing does.
 */
system: LogLevel | null, 
/**
 * Why that takes no lines; None: it does.
 */
system_problem: Sentence | null, };

export type LogArea = { 
/**
 * The part of the server.
 */
area: Area, 
/**
 * This and what is more important.
 */
level: LogLevel, };

export type LogMissing = { 
/**
 * In files.
 */
files: number, 
/**
 * On standard error.
 */
stderr: number, 
/**
 * In the log of the system.
 */
system: number, };

export type LogChange = { 
/**
 * How much of these areas is logged from now on; the others stay as they are.
 */
levels: Partial<Record<Area, LogLevel>>, };

export type LogLines = { 
/**
 * The server's clock.
 */
now: number, 
/**
 * The newest lines that are wanted, the oldest first.
 */
lines: Array<LogLine>, };

export type LogLine = { 
/**
 * Counted from the start of the server.
 */
seq: number, 
/**
 * When.
 */
at: number, 
/**
 * How important.
 */
level: LogLevel, 
/**
 * The part of the server.
 */
area: Area, 
/**
 * The module of the program.
 */
target: string, 
/**
 * What happened.
 */
message: string, 
/**
 * The call that it belongs to.
 */
call: string | null, 
/**
 * The number of the line.
 */
line: string | null, 
/**
 * The name of the line group.
 */
group: string | null, 
/**
 * The sign-in name of the user.
 */
user: string | null, 
/**
 * Everything else that is said.
 */
fields: Record<string, string | number | boolean>, };

export type Area = "calls" | "sip" | "registration" | "media" | "clients" | "web" | "store" | "capture" | "server" | "libraries";

export type LogLevel = "off" | "error" | "warn" | "info" | "debug" | "trace";

export type CallReport = { 
/**
 * Names the call while it runs; unique together with `started_at`.
 */
id: string, 
/**
 * Number of who called; None where it is not known.
 */
caller: string | null, 
/**
 * Number of who was called; None where it is a service of the server.
 */
called: string | null, 
/**
 * When the call appeared.
 */
started_at: number, 
/**
 * When it was answered.
 */
connected_at: number | null, 
/**
 * When it ended; None while it runs.
 */
ended_at: number | null, 
/**
 * Its legs: who called, then who was called. None for one that the server itself is.
 */
legs: Array<LegReport>, };

export type LegReport = { 
/**
 * What is at the other end.
 */
party: LegParty, 
/**
 * Name of the user or line group.
 */
name: string, 
/**
 * Codec received and codec sent.
 */
codec_in: string | null, 
/**
 * See `codec_in`.
 */
codec_out: string | null, 
/**
 * Whether audio towards it is converted; false: packets are relayed.
 */
transcoded: boolean, 
/**
 * Whether it is encrypted.
 */
encrypted: boolean, 
/**
 * Whether it should send and does not.
 */
silent: boolean, 
/**
 * RTP packets received.
 */
packets_in: number, 
/**
 * RTP packets sent.
 */
packets_out: number, 
/**
 * Percent of its packets that never came or came too late.
 */
loss: number, 
/**
 * Percent of our packets that it reports lost.
 */
loss_remote: number | null, 
/**
 * Interarrival jitter of what it sends.
 */
jitter_ms: number, 
/**
 * Interarrival jitter that it reports.
 */
jitter_remote_ms: number | null, 
/**
 * To the other end and back.
 */
round_trip_ms: number | null, 
/**
 * How long packets wait in the jitter buffer; None where they are relayed.
 */
buffer_ms: number | null, 
/**
 * Audio that was made up because packets were missing.
 */
concealed_ms: number, 
/**
 * How loud it is, in dBFS; None where packets are relayed.
 */
level: number | null, 
/**
 * Mean opinion score of a conversation by the E-model, 1 to 4.5, of what comes from it.
 */
mos: number | null, 
/**
 * The same without the harm of delay.
 */
mos_listening: number | null, 
/**
 * Mean opinion score of what it hears, by its own reports.
 */
mos_remote: number | null, };

export type LegParty = "browser" | "pbx";

export type CallTrace = { 
/**
 * All that is known of it.
 */
trace: Trace, 
/**
 * What that comes to.
 */
verdict: Verdict, };

export type Failures = { 
/**
 * Begin of the period.
 */
since: number, 
/**
 * End of the period.
 */
until: number, 
/**
 * The calls, the latest first, at most [`SHOWN_AT_MOST`].
 */
calls: Array<CallVerdict>, 
/**
 * All of the period, counted.
 */
counts: FailureCounts, 
/**
 * All calls that ended in the period, those that went well among them: by hour, in order of time; hours without any
 * are left out.
 */
ended: Array<EndedCount>, };

export type CallVerdict = { 
/**
 * Names the call; unique together with `started_at`.
 */
id: string, 
/**
 * When the call appeared.
 */
started_at: number, 
/**
 * When it ended.
 */
ended_at: number, 
/**
 * Number of who called, where it is known.
 */
caller: string | null, 
/**
 * Number of who was called, where it is known.
 */
called: string | null, 
/**
 * Number of the line it ran on, where it had one.
 */
line: string | null, 
/**
 * Name of the line group, where it is known.
 */
group: string | null, 
/**
 * The verdict's code.
 */
code: string, 
/**
 * How bad it was.
 */
severity: Severity, 
/**
 * What happened, in English.
 */
english: string, 
/**
 * The same in German.
 */
german: string, 
/**
 * Whether its trace is still there.
 */
traced: boolean, };

export type FailureCounts = { 
/**
 * By what happened.
 */
codes: Array<CodeCount>, 
/**
 * By line.
 */
lines: Array<NameCount>, 
/**
 * By line group.
 */
groups: Array<NameCount>, 
/**
 * By hour, in order of time; hours without any are left out.
 */
hours: Array<HourCount>, };

export type CodeCount = { 
/**
 * The verdict's code.
 */
code: string, 
/**
 * How often.
 */
count: number, 
/**
 * The sentence of the latest, in English.
 */
english: string, 
/**
 * The same in German.
 */
german: string, 
/**
 * How bad it is.
 */
severity: Severity, };

export type NameCount = { 
/**
 * Number of the line or name of the line group.
 */
name: string, 
/**
 * How often.
 */
count: number, };

export type HourCount = { 
/**
 * When the hour began.
 */
at: number, 
/**
 * How often.
 */
count: number, };

export type EndedCount = { 
/**
 * When the hour began.
 */
at: number, 
/**
 * All that ended.
 */
count: number, 
/**
 * Those of them that failed or were bad.
 */
bad: number, };

export type Status = { 
/**
 * The server's clock.
 */
now: number, 
/**
 * Version of the program.
 */
version: string, 
/**
 * When it was started.
 */
started_at: number, 
/**
 * Clients that are connected.
 */
clients: number, 
/**
 * Users who are signed in there.
 */
users: number, 
/**
 * The threads that move audio.
 */
workers: Array<MediaWorker>, 
/**
 * How much waits at this moment.
 */
queues: Array<Queue>, 
/**
 * Captures.
 */
capture: CaptureState, 
/**
 * What the process takes of the machine; None where the system does not tell.
 */
process: Process | null, 
/**
 * The disk that the data directory is on; None where the system does not tell.
 */
disk: Disk | null, 
/**
 * The database.
 */
database: Database, 
/**
 * The server's own certificates.
 */
certificates: Array<Certificate>, };

export type MediaWorker = { 
/**
 * Percent of its last second in which it had something to do.
 */
load: number, 
/**
 * Percent of what it served in that second that came more than 20 ms late.
 */
late: number, 
/**
 * Whether that is too much: it takes no further call.
 */
overloaded: boolean, };

export type Queue = { 
/**
 * For what: `core`, `media`, `stream`, `connection`, `client`.
 */
name: string, 
/**
 * How much waits; of several of the same kind, in the longest.
 */
length: number, 
/**
 * How much can wait.
 */
limit: number, };

export type CaptureState = { 
/**
 * Names of the line groups of which something is captured.
 */
groups: Array<string>, 
/**
 * Messages that are missing in the files since the start.
 */
lost: number, 
/**
 * Packets of audio that are missing there.
 */
lost_packets: number, 
/**
 * Octets that wait to be written.
 */
queued: number, 
/**
 * Why capturing has ended by itself.
 */
stopped: Sentence | null, };

export type Sentence = { 
/**
 * In English.
 */
english: string, 
/**
 * In German.
 */
german: string, };

export type Process = { 
/**
 * Octets of memory.
 */
memory: number, 
/**
 * Seconds of CPU time since its start.
 */
cpu: number, 
/**
 * Open files, sockets among them.
 */
files: number, 
/**
 * How many files it may open; None: any number.
 */
max_files: number | null, 
/**
 * Open sockets.
 */
sockets: number, };

export type Database = { 
/**
 * What it is: `sqlite` or `postgresql`.
 */
kind: string, 
/**
 * Octets that it takes; None where it cannot be read.
 */
size: number | null, 
/**
 * Why it cannot be read, in English.
 */
problem: string | null, };

export type Disk = { 
/**
 * Octets that it has.
 */
size: number, 
/**
 * Octets that the server may still write.
 */
free: number, };

export type Certificate = { 
/**
 * Names of the interfaces, or name of the listener or line group that shows it.
 */
used_by: string, 
/**
 * Its file; of one that the console manages, its name.
 */
file: string, 
/**
 * Host names and addresses that it is for.
 */
names: Array<string>, 
/**
 * Until when it is valid, the others of its chain among it; None where it cannot be read.
 */
expires_at: number | null, 
/**
 * Why it cannot be read, in English.
 */
problem: string | null, };

export type Trace = { 
/**
 * Names the call; a number while the server runs, the Call-ID of its first message in a capture of another tool.
 */
id: string, 
/**
 * Number of who called, where it is known.
 */
caller: string | null, 
/**
 * Number of who was called, where it is known.
 */
called: string | null, 
/**
 * Number of the line it ran on, where it had one.
 */
line: string | null, 
/**
 * Name of the line group, where it is known.
 */
group: string | null, 
/**
 * When the first of it happened.
 */
started_at: number, 
/**
 * When it was answered.
 */
connected_at: number | null, 
/**
 * When it ended; None while it runs.
 */
ended_at: number | null, 
/**
 * Why it ended, as the server told its clients.
 */
cause: TraceCause | null, 
/**
 * Who takes part: one column of the ladder each, in the order in which they should stand.
 */
parties: Array<TraceParty>, 
/**
 * What happened, in order.
 */
events: Array<TraceEvent>, 
/**
 * How its legs sounded, as far as that was measured.
 */
legs: Array<LegReport>, 
/**
 * The settings that had a part in it, by their keys in the configuration; never a secret.
 */
settings: Array<TraceSetting>, 
/**
 * Events that were dropped because a call keeps only so many.
 */
dropped: number, };

export type TraceCause = { 
/**
 * What it means.
 */
code: CauseCode, 
/**
 * The SIP status behind it.
 */
sip_status: number | null, 
/**
 * The other side's own words.
 */
detail: string | null, };

export type TraceParty = { 
/**
 * What it is.
 */
kind: PartyKind, 
/**
 * Name of the line group or user; the address of who is neither.
 */
name: string, 
/**
 * Its address for SIP, or the first of them.
 */
address: string | null, };

export type PartyKind = "server" | "sip" | "client";

export type TraceEvent = { 
/**
 * When.
 */
at: number, 
/**
 * Who did it: a place in [`Trace::parties`].
 */
from: number, 
/**
 * To whom: a place in [`Trace::parties`]; the same as `from` where it is nobody's but its own.
 */
to: number, 
/**
 * What.
 */
what: TraceWhat, };

export type NumberKind = "typed" | "forwarding" | "caller" | "called" | "reported_forwarding" | "connected_incoming" | "connected_outgoing";

export type TraceWhat = { "kind": "sip", 
/**
 * UDP, TCP or TLS.
 */
transport: TraceTransport, 
/**
 * Address and port it came from.
 */
source: string, 
/**
 * Address and port it went to.
 */
destination: string, 
/**
 * The message as it was; what is no UTF-8 is replaced. Passwords and their hashes are not in it.
 */
text: string, } | { "kind": "client", 
/**
 * JSON.
 */
text: string, } | { "kind": "step", 
/**
 * What made it.
 */
input: string, 
/**
 * The state before.
 */
before: string, 
/**
 * The state after.
 */
after: string, } | { "kind": "media", 
/**
 * What.
 */
event: MediaEvent, 
/**
 * More about it, such as a codec, an address or a cause's code.
 */
detail: string | null, } | { "kind": "number", 
/**
 * What it was translated as.
 */
meant: NumberKind, 
/**
 * What was typed, set or reported; none where the call is private.
 */
text: string | null, 
/**
 * What is dialled for it, or what number it is; none where there is no number, and in private calls.
 */
result: string | null, 
/**
 * As it is shown to people.
 */
shown: string | null, 
/**
 * Why nothing is dialled.
 */
refused: CauseCode | null, 
/**
 * The location's name.
 */
location: string, } | { "kind": "failure", 
/**
 * Why.
 */
why: FailureKind, 
/**
 * The same in words, with names.
 */
detail: string, };

export type TraceTransport = "udp" | "tcp" | "tls";

export type MediaEvent = "connected" | "lost" | "agreed" | "secured" | "refused" | "silent" | "never_heard" | "heard" | "digit" | "digit_sent" | "other_source";

export type FailureKind = "refused" | "timed_out" | "unreachable" | "not_resolved" | "certificate_untrusted" | "certificate_expired" | "certificate_wrong_name" | "tls_failed" | "closed" | "ours";

export type TraceSetting = { 
/**
 * Its key, such as `line_group.codecs`.
 */
key: string, 
/**
 * Its value as it stands in the configuration.
 */
value: string, };

export type Verdict = { 
/**
 * A stable code, such as `no_common_codec`; `none` where nothing was wrong, `unknown` where something was and
 * nobody knows what.
 */
code: string, 
/**
 * How bad it is.
 */
severity: Severity, 
/**
 * What happened, in English, with the names and numbers of this call.
 */
english: string, 
/**
 * The same in German.
 */
german: string, 
/**
 * What to try, in English; empty where there is nothing to mend.
 */
fix_english: string, 
/**
 * The same in German.
 */
fix_german: string, 
/**
 * What shows it, the deciding one first.
 */
evidence: Array<Evidence>, };

export type Severity = "fine" | "usual" | "bad" | "failed";

export type Evidence = { 
/**
 * The place in the trace's events, where it is one of them.
 */
event: number | null, 
/**
 * The setting involved, by its key in the configuration.
 */
setting: string | null, 
/**
 * What is to be seen there, in English: the line of the message, the value of the setting.
 */
english: string, 
/**
 * The same in German.
 */
german: string, };

export const PROTOCOL_VERSION = 1;

/** Seconds that a call may ring before it is forwarded. */
export const FORWARD_AFTER = { min: 1, max: 600 };
