// Generated from src/site and src/rights by `make generated`. Do not edit.

export type ObjectId = string;

export type ObjectKind = "user" | "group" | "computer" | "profile" | "administrator" | "token" | "settings";

export type Stored<T> = { 
/**
 * Its id.
 */
id: ObjectId, 
/**
 * One more with every change.
 */
version: number, 
/**
 * Whether the configuration file sets it: then it is changed only there.
 */
from_file: boolean, 
/**
 * What was set.
 */
object: T, };

export type UserObject = { 
/**
 * What the user signs in with. Unique whatever its case.
 */
login: string, 
/**
 * `user@domain`, unique. Empty: the login at the presence domain.
 */
identity: string, 
/**
 * First name.
 */
first_name: string, 
/**
 * Last name.
 */
last_name: string, 
/**
 * The name for people to read. Without one a user cannot be active.
 */
display_name: string, 
/**
 * Where missed calls and recordings are sent.
 */
email: string, 
/**
 * Whether the user can sign in.
 */
active: boolean, 
/**
 * The profile; null: the default one.
 */
profile: ObjectId | null, 
/**
 * Telephone numbers.
 */
phones: Phones, 
/**
 * Whether lines with the business number are the user's; null: as the settings say.
 */
bind_business: boolean | null, 
/**
 * The same for the second business number.
 */
bind_business2: boolean | null, 
/**
 * A line: the user's own phone. Others do not see it.
 */
first_phone: string, 
/**
 * A second one.
 */
second_phone: string, 
/**
 * Still more of the user's own phones.
 */
further_phones: Array<string>, 
/**
 * Address.
 */
address: Address, 
/**
 * What the user may use, beside what the settings and groups give.
 */
services: Array<ServiceRight>, 
/**
 * Lines of others that the user is shown.
 */
additional_lines: Array<AdditionalLine>, 
/**
 * What other users may see and do.
 */
grants: Array<UserGrant>, 
/**
 * Clients that may be signed in at once; null: as the settings say.
 */
max_clients: number | null, };

export type Phones = { 
/**
 * Business.
 */
business: string, 
/**
 * Second business number.
 */
business2: string, 
/**
 * Private.
 */
private: string, 
/**
 * Mobile.
 */
mobile: string, 
/**
 * Pager.
 */
pager: string, 
/**
 * The voice mailbox, as it is dialled internally.
 */
voice_mailbox: string, 
/**
 * What is called to record a call; empty: calls are recorded here.
 */
recording_server: string, };

export type Address = { 
/**
 * Title.
 */
title: string, 
/**
 * Company.
 */
company: string, 
/**
 * Department.
 */
department: string, 
/**
 * Office.
 */
office: string, 
/**
 * Street and house number.
 */
street: string, 
/**
 * Postal code.
 */
postal_code: string, 
/**
 * City.
 */
city: string, 
/**
 * State.
 */
state: string, 
/**
 * Country.
 */
country: string, 
/**
 * Website.
 */
website: string, 
/**
 * Fax number.
 */
fax: string, };

export type AdditionalLine = { 
/**
 * The line: its number, or `GROUP/NUMBER`.
 */
line: string, 
/**
 * Whether the user sees who is called there.
 */
see_outgoing: boolean, 
/**
 * Whether the user sees who calls there.
 */
see_incoming: boolean, 
/**
 * Whether the user takes calls that ring there, and sets its forwarding.
 */
pick_up: boolean, };

export type UserGrant = { 
/**
 * Who.
 */
to: ObjectId, 
/**
 * What.
 */
grant: Grant, };

export type GroupObject = { 
/**
 * Its name. Unique whatever its case.
 */
name: string, 
/**
 * What it is for.
 */
description: string, 
/**
 * Whether it has any effect. Its members are active or not by themselves.
 */
active: boolean, 
/**
 * Its head; need not be a member.
 */
leader: ObjectId | null, 
/**
 * Who stands in for the head.
 */
deputy: ObjectId | null, 
/**
 * Its users.
 */
members: Array<ObjectId>, 
/**
 * What members may see and do of each other.
 */
member_grant: Grant, 
/**
 * What head and deputy may see and do of members.
 */
leader_grant: Grant, 
/**
 * What members may use.
 */
services: Array<ServiceRight>, 
/**
 * Who sees the journals of its members.
 */
journal: GroupJournal, 
/**
 * Groups whose members this group's members are shown.
 */
monitor_groups: Array<MonitorGroup>, 
/**
 * Numbers that its members are shown to dial.
 */
keys: Array<GroupKey>, };

export type GroupJournal = { 
/**
 * Head and deputy see those of all members.
 */
leader_sees: boolean, 
/**
 * Members see those of each other.
 */
members_see: boolean, 
/**
 * Who sees an entry so may change it, too.
 */
may_change: boolean, };

export type MonitorGroup = { 
/**
 * Which.
 */
group: ObjectId, 
/**
 * In the monitor.
 */
monitor: boolean, 
/**
 * Among the favorites.
 */
favorites: boolean, };

export type GroupKey = { 
/**
 * What it says.
 */
label: string, 
/**
 * What it dials.
 */
number: string, 
/**
 * In the monitor.
 */
monitor: boolean, 
/**
 * Among the favorites.
 */
favorites: boolean, };

export type ComputerObject = { 
/**
 * Its name in the network. Unique whatever its case.
 */
name: string, 
/**
 * A line: the telephone beside it.
 */
first_phone: string, 
/**
 * A second one.
 */
second_phone: string, 
/**
 * Whether only the owner of a line can use it there for more than looking.
 */
only_authorized_dial: boolean, 
/**
 * Whether it has any effect.
 */
active: boolean, };

export type ProfileObject = { 
/**
 * Its name. Unique whatever its case.
 */
name: string, 
/**
 * What it is for.
 */
description: string, 
/**
 * What is preset. A setting that is not there is the user's own affair.
 */
settings: { [key in string]: Preset }, };

export type Preset = { 
/**
 * The value.
 */
value: boolean | number | string, 
/**
 * Whether users cannot change it.
 */
locked: boolean, };

export type AdministratorObject = { 
/**
 * What the administrator signs in with. Unique whatever its case.
 */
login: string, 
/**
 * The name for people to read.
 */
display_name: string, 
/**
 * E-mail address.
 */
email: string, 
/**
 * What the administrator may do.
 */
role: Role, 
/**
 * Whether the administrator can sign in.
 */
active: boolean, };

export type Role = "full" | "users" | "read_only";

export type TokenObject = { 
/**
 * Its name. Unique whatever its case.
 */
name: string, 
/**
 * What it is for.
 */
description: string, 
/**
 * What it may do.
 */
scopes: Array<Scope>, 
/**
 * When it ends, in seconds since 1970; null: never.
 */
expires: number | null, 
/**
 * Whether it opens anything.
 */
active: boolean, };

export type Scope = "full" | "users" | "read_only" | "metrics";

export type SettingsObject = { 
/**
 * The domain of identities that are not set: `login@presence_domain`.
 */
presence_domain: string, 
/**
 * The server's name, as people see it.
 */
server_name: string, 
/**
 * What all users may see and do of each other.
 */
grant: Grant, 
/**
 * What all users may use.
 */
services: Array<ServiceRight>, 
/**
 * Whether everybody is shown everybody in the monitor.
 */
all_in_monitor: boolean, 
/**
 * What users may see and do of those that they are shown in the monitor.
 */
monitor_grant: Grant, 
/**
 * Whether lines with a user's business numbers are the user's.
 */
bind_lines: boolean, 
/**
 * Clients of a user that may be signed in at once.
 */
max_clients: number, 
/**
 * What passwords must be like.
 */
password: PasswordRules, 
/**
 * Days until one must sign in again.
 */
session_days: number, 
/**
 * Who needs a second factor.
 */
second_factor: SecondFactorRule, };

export type PasswordRules = { 
/**
 * Characters at least.
 */
min_length: number, };

export type SecondFactorRule = "optional" | "administrators" | "everybody";

export type Reference = { 
/**
 * What refers to it.
 */
kind: ObjectKind, 
/**
 * Its id.
 */
id: ObjectId, 
/**
 * What a person reads of it.
 */
title: string, 
/**
 * JSON pointer to the field.
 */
pointer: string, };

export type Grant = { 
/**
 * The level, or `special`.
 */
level: GrantLevel, 
/**
 * The rights, with `special` only.
 */
rights?: RightSet, };

export type GrantLevel = Level | SpecialLevel;

export type SpecialLevel = "special";

export type RightSet = Array<"see_picture" | "see_display_name" | "see_title" | "see_company" | "see_department" | "see_office" | "see_address" | "see_business" | "see_business2" | "see_mobile" | "see_pager" | "see_private" | "see_other_numbers" | "see_fax" | "see_email" | "see_identity" | "see_website" | "see_presence" | "set_presence" | "see_note" | "set_note" | "see_private_appointments" | "see_private_details" | "see_public_appointments" | "see_numbers" | "see_line_status" | "first_see_outgoing" | "first_see_incoming" | "first_see_diversions" | "first_see_diversion_number" | "first_set_diversions" | "first_pick_up" | "second_see_outgoing" | "second_see_incoming" | "second_see_diversions" | "second_see_diversion_number" | "second_set_diversions" | "second_pick_up" | "additional_see_outgoing" | "additional_see_incoming" | "additional_see_diversions" | "additional_see_diversion_number" | "additional_set_diversions" | "additional_pick_up" | "see_av_status" | "see_av_busy" | "see_av_participants">;

export type Level = "none" | "public" | "business" | "team_member" | "personal";

export type Right = "see_picture" | "see_display_name" | "see_title" | "see_company" | "see_department" | "see_office" | "see_address" | "see_business" | "see_business2" | "see_mobile" | "see_pager" | "see_private" | "see_other_numbers" | "see_fax" | "see_email" | "see_identity" | "see_website" | "see_presence" | "set_presence" | "see_note" | "set_note" | "see_private_appointments" | "see_private_details" | "see_public_appointments" | "see_numbers" | "see_line_status" | "first_see_outgoing" | "first_see_incoming" | "first_see_diversions" | "first_see_diversion_number" | "first_set_diversions" | "first_pick_up" | "second_see_outgoing" | "second_see_incoming" | "second_see_diversions" | "second_see_diversion_number" | "second_set_diversions" | "second_pick_up" | "additional_see_outgoing" | "additional_see_incoming" | "additional_see_diversions" | "additional_see_diversion_number" | "additional_set_diversions" | "additional_pick_up" | "see_av_status" | "see_av_busy" | "see_av_participants";

export type Section = "contact" | "presence" | "phone" | "first_line" | "second_line" | "additional_line" | "audio_video";

export type LineRight = "see_status" | "see_outgoing" | "see_incoming" | "see_diversions" | "see_diversion_number" | "set_diversions" | "pick_up";

export type Place = "first" | "second" | "additional";

export type ServiceRight = "configure_account" | "control_lines" | "chat" | "audio" | "video" | "accept_screen_sharing" | "start_screen_sharing" | "federated_screen_sharing" | "share_files" | "send_sms" | "missed_call_email" | "missed_call_sms" | "record_calls" | "voice_mailbox" | "phone_books" | "web_app" | "mobile_app" | "internet_sign_in" | "presence_sync" | "public_page" | "see_all_journals" | "delete_journal";

export type ServiceDecision = { 
/**
 * Which.
 */
service: ServiceRight, 
/**
 * Whether the user may use it.
 */
allowed: boolean, 
/**
 * Everything that allows it.
 */
because: Array<Source>, 
/**
 * Why not.
 */
denied: Denied | null, };

export type RightDecision = { 
/**
 * Whether it is.
 */
allowed: boolean, 
/**
 * Everything that allows it; each alone would.
 */
because: Array<RightReason>, 
/**
 * Why not.
 */
denied: Denied | null, };

export type RightReason = { 
/**
 * Whose it is: the user that the right is on, or a user of the line.
 */
of: ObjectId, } & ({ "source": "own" } | { "source": "everybody" } | { "source": "everybody_in_monitor" } | { "source": "monitor_group", 
/**
 * The group that shows the other to its members.
 */
group: ObjectId, 
/**
 * The group that is shown.
 */
shown: ObjectId, } | { "source": "group", 
/**
 * Which.
 */
group: ObjectId, 
/**
 * To whom in it.
 */
part: GroupPart, } | { "source": "granted" } | { "source": "additional_line" } | { "source": "user" } | { "source": "includes", 
/**
 * Which.
 */
service: ServiceRight, });

export type Source = { "source": "own" } | { "source": "everybody" } | { "source": "everybody_in_monitor" } | { "source": "monitor_group", 
/**
 * The group that shows the other to its members.
 */
group: ObjectId, 
/**
 * The group that is shown.
 */
shown: ObjectId, } | { "source": "group", 
/**
 * Which.
 */
group: ObjectId, 
/**
 * To whom in it.
 */
part: GroupPart, } | { "source": "granted" } | { "source": "additional_line" } | { "source": "user" } | { "source": "includes", 
/**
 * Which.
 */
service: ServiceRight, };

export type GroupPart = "member" | "leader" | "deputy";

export type Denied = { "denied": "not_active" } | { "denied": "nobody" } | { "denied": "needs_level", 
/**
 * The level.
 */
level: Level, } | { "denied": "needs_special" } | { "denied": "not_given" };

export type JournalAccess = { 
/**
 * Whether calls that are not private are seen.
 */
see: boolean, 
/**
 * Whether private calls are seen: only one's own.
 */
see_private: boolean, 
/**
 * Whether entries that are seen may be changed.
 */
change: boolean, 
/**
 * Everything that allows to see it.
 */
because: Array<RightReason>, };

export type LineKey = { 
/**
 * Name of its line group.
 */
group: string, 
/**
 * Its number there.
 */
number: string, };

export type LineUser = { 
/**
 * Who.
 */
user: ObjectId, 
/**
 * Why.
 */
by: BoundBy, 
/**
 * Which of the user's lines it is.
 */
place: Place, };

export type BoundBy = "first_phone" | "second_phone" | "business" | "business2" | "further_phone" | "additional_line";

export type Loose = { 
/**
 * The user or computer.
 */
id: ObjectId, 
/**
 * JSON pointer to the field.
 */
pointer: string, 
/**
 * What stands there.
 */
line: string, 
/**
 * Why it leads to no line.
 */
why: Unbound, };

export type Unbound = "not_found" | "ambiguous";

export type ProblemCode = "not_found" | "exists" | "version_conflict" | "set_in_file" | "cannot_be_deleted" | "last_administrator" | "too_many" | "unknown_field" | "wrong_type" | "required" | "too_long" | "control_character" | "space_in_login" | "name_taken" | "identity_taken" | "invalid_identity" | "invalid_email" | "invalid_domain" | "invalid_website" | "invalid_number" | "invalid_line" | "display_name_needed" | "unknown_user" | "unknown_group" | "unknown_profile" | "repeated" | "grant_to_oneself" | "out_of_range" | "not_a_choice" | "unknown_setting" | "name_is_fixed" | "scope_needed" | "unknown_column" | "invalid_cursor" | "unknown_name" | "invalid_csv" | "if_match_needed" | "idempotency_key_reused" | "too_large" | "wrong_media_type" | "password_too_short" | "not_your_password" | "wrong_code" | "second_factor_needed" | "no_second_factor" | "invalid_document" | "backup_busy" | "backup_elsewhere";

export type Page<T> = { 
/**
 * Its objects, in the order asked for.
 */
items: Array<Stored<T>>, 
/**
 * The cursor of the next page; null: this is the last one.
 */
next: string | null, 
/**
 * Objects of all pages.
 */
total: number, };

export type Write = { 
/**
 * Its kind.
 */
kind: ObjectKind, 
/**
 * Its id.
 */
id: ObjectId, 
/**
 * Its version from then on; of a deleted one, its last.
 */
version: number, 
/**
 * What a person reads of it.
 */
title: string, 
/**
 * Its body until then; null: it was not there.
 */
before: unknown, 
/**
 * Its body from then on; null: it is deleted.
 */
after: unknown, 
/**
 * Whether it changes only because something that it refers to is deleted.
 */
follows: boolean, };

export type ProblemReport = { 
/**
 * `urn:offhook:problem:` and the code.
 */
type: string, 
/**
 * What this code means, in English.
 */
title: string, 
/**
 * The HTTP status.
 */
status: number, 
/**
 * What is wrong, in English.
 */
detail: string, 
/**
 * What is wrong, in German.
 */
german: string, 
/**
 * What is wrong first: a code of `docs/problems.md` or `docs/causes.md`.
 */
code: string, 
/**
 * Everything that is wrong, with its place; empty where it is the request as a whole.
 */
errors: Array<FieldProblem>, };

export type FieldProblem = { 
/**
 * JSON pointer into the object; empty: the object as a whole. In an import: into `users.json` and so on, or the column
 * of a CSV file.
 */
pointer: string, 
/**
 * A code of `docs/problems.md`.
 */
code: string, 
/**
 * What is wrong, in English.
 */
detail: string, 
/**
 * What is wrong, in German.
 */
german: string, 
/**
 * Kind of the object, where several were sent.
 */
kind: ObjectKind | null, 
/**
 * Its id.
 */
id: ObjectId | null, 
/**
 * Its name.
 */
name: string | null, 
/**
 * The line of a CSV file, from 1.
 */
line: number | null, };

export type Bulk = { 
/**
 * The objects.
 */
ids: Array<ObjectId>, 
/**
 * What changes in all of them (JSON merge patch, RFC 7396).
 */
patch?: Record<string, unknown>, 
/**
 * What comes into lists of all of them, by the names of the fields: `{"services": ["chat"]}`. What else they have
 * stays.
 */
add?: Record<string, unknown[]>, 
/**
 * What leaves lists of all of them.
 */
remove?: Record<string, unknown[]>, 
/**
 * Whether they are deleted.
 */
delete?: boolean, };

export type BulkResult = { 
/**
 * Those that are otherwise now.
 */
changed: Array<ObjectVersion>, 
/**
 * Those that are gone.
 */
deleted: Array<ObjectId>, };

export type ObjectVersion = { 
/**
 * Its id.
 */
id: ObjectId, 
/**
 * Its version.
 */
version: number, };

export type NewPassword = { 
/**
 * The password.
 */
password: string, };

export type CreatedToken = { 
/**
 * The object.
 */
stored: Stored<TokenObject>, 
/**
 * What a program sends as `Authorization: Bearer …`.
 */
token: string, };

export type UserLines = { 
/**
 * The lines that the user has, the first one first.
 */
lines: Array<UserLine>, 
/**
 * What names a line in the user's settings and leads to none.
 */
loose: Array<LooseLine>, };

export type UserLine = { 
/**
 * Which.
 */
line: LineKey, 
/**
 * Why it is the user's.
 */
by: BoundBy, 
/**
 * Which of the user's lines it is.
 */
place: Place, 
/**
 * Whether the user is the one whom it belongs to.
 */
owner: boolean, };

export type LooseLine = { 
/**
 * JSON pointer to the field.
 */
pointer: string, 
/**
 * What stands there.
 */
line: string, 
/**
 * Why it leads to no line.
 */
why: Unbound, 
/**
 * The same in English.
 */
english: string, 
/**
 * The same in German.
 */
german: string, };

export type ExplainedDecision = { 
/**
 * Whether it is.
 */
allowed: boolean, 
/**
 * Everything that allows it; each alone would.
 */
because: Array<ExplainedReason>, 
/**
 * Why not.
 */
denied: ExplainedDenial | null, };

export type ExplainedReason = { 
/**
 * Why.
 */
reason: RightReason, 
/**
 * As a part of a sentence: "through group Sales".
 */
english: string, 
/**
 * The same in German.
 */
german: string, };

export type ExplainedDenial = { 
/**
 * Why.
 */
reason: Denied, 
/**
 * The sentence in English.
 */
english: string, 
/**
 * The same in German.
 */
german: string, };

export type RightsOnUser = { 
/**
 * Every right, in the order of `docs/rights.md`.
 */
rights: Array<ExplainedRight>, };

export type ExplainedRight = { 
/**
 * Which.
 */
right: Right, 
/**
 * Whether it is there.
 */
decision: ExplainedDecision, };

export type Audit = { 
/**
 * Changes, the latest first.
 */
entries: Array<AuditEntry>, 
/**
 * `before` of the next page; null: this is the last one.
 */
next: number | null, };

export type AuditEntry = { 
/**
 * Its number.
 */
id: number, 
/**
 * When, in milliseconds since 1970.
 */
at: number, 
/**
 * Who: an object's id; for somebody of the configuration file, the name.
 */
actor: string, 
/**
 * What that is: `administrator`, `command` and so on.
 */
actor_kind: string, 
/**
 * What the actor is called, where the object is still there.
 */
actor_title: string | null, 
/**
 * Where from.
 */
address: string | null, 
/**
 * What was done: `create`, `change`, `delete`, `import`, `set_secret`, `remove_secret`.
 */
action: string, 
/**
 * The kind of object.
 */
kind: string, 
/**
 * Its id.
 */
object: string, 
/**
 * What it was called.
 */
title: string, 
/**
 * The object before.
 */
before: unknown, 
/**
 * The object afterwards; of a secret, which one it was.
 */
after: unknown, };

export type Import = { 
/**
 * Whether it was carried out; false: it was only a preview.
 */
applied: boolean, 
/**
 * What it writes, those first that others refer to.
 */
writes: Array<Write>, };

export type UserServices = { 
/**
 * Every service.
 */
services: Array<ExplainedService>, };

export type ExplainedService = { 
/**
 * Which.
 */
service: ServiceRight, 
/**
 * Whether the user may use it.
 */
allowed: boolean, 
/**
 * Everything that allows it; each alone would.
 */
because: Array<ExplainedSource>, 
/**
 * Why not.
 */
denied: ExplainedDenial | null, };

export type ExplainedSource = { 
/**
 * Where from.
 */
from: Source, 
/**
 * As a part of a sentence: "through group Sales".
 */
english: string, 
/**
 * The same in German.
 */
german: string, };

export type References = { 
/**
 * The places that refer to the object, 500 at most; they let go of it when it is deleted.
 */
references: Array<Reference>, 
/**
 * How many there are.
 */
total: number, };

export type OwnSecurity = { 
/**
 * The second factor; null: there is none.
 */
second_factor: SecondFactor | null, 
/**
 * Whether the settings demand one.
 */
second_factor_needed: boolean, 
/**
 * Whether one can change the password here; false: the configuration file sets it.
 */
password: boolean, 
/**
 * Characters that a password has at least.
 */
min_length: number, };

export type SecondFactor = { 
/**
 * Since when, in milliseconds since 1970.
 */
since: number, 
/**
 * Recovery codes that were not used.
 */
recovery_codes: number, };

export type Sessions = { 
/**
 * Those that have not ended, the latest first.
 */
sessions: Array<SessionReport>, };

export type SessionReport = { 
/**
 * Its name, which opens nothing.
 */
id: string, 
/**
 * When it began.
 */
created_at: number, 
/**
 * When it was used last, to within five minutes.
 */
used_at: number, 
/**
 * When it ends.
 */
expires_at: number, 
/**
 * Where it began; empty where that is not known.
 */
address: string, 
/**
 * The browser or program, as it names itself; empty where that is not known.
 */
user_agent: string, 
/**
 * Whether it is the one that asks.
 */
current: boolean, };

export type EndedSessions = { 
/**
 * How many have ended.
 */
ended: number, };

export type ChangePassword = { 
/**
 * The password until now.
 */
old: string, 
/**
 * The password from now on.
 */
new: string, };

export type Confirmation = { 
/**
 * The password.
 */
password: string, };

export type BeginEnrolment = { 
/**
 * The password; not needed where the settings demand a second factor and there is none yet.
 */
password?: string, };

export type Enrolment = { 
/**
 * For typing into the app: base32.
 */
secret: string, 
/**
 * For opening in the app.
 */
url: string, 
/**
 * The same as a QR code: SVG.
 */
qr: string, };

export type EnrolmentCode = { 
/**
 * What the app shows.
 */
code: string, };

export type RecoveryCodes = { 
/**
 * Each signs in once in place of a code of the app.
 */
recovery_codes: Array<string>, };

export type AccountSecurity = { 
/**
 * The second factor; null: there is none.
 */
second_factor: SecondFactor | null, 
/**
 * Whether the settings demand one.
 */
second_factor_needed: boolean, 
/**
 * Why the next attempt to sign in has to wait somewhere; null: it has not.
 */
lock: SignInLock | null, };

export type SignInLock = { 
/**
 * Failures in a row.
 */
failures: number, 
/**
 * From when on the next attempt counts, in milliseconds since 1970.
 */
until: number, };

export type Locks = { 
/**
 * Users who have to wait.
 */
users: Array<LockedAccount>, 
/**
 * Administrators who have to wait.
 */
administrators: Array<LockedAccount>, 
/**
 * Addresses that have to wait.
 */
addresses: Array<LockedAddress>, 
/**
 * How many logins have to wait that nobody has.
 */
unknown_logins: number, };

export type LockedAccount = { 
/**
 * The user or administrator.
 */
id: ObjectId, 
/**
 * What they sign in with.
 */
login: string, 
/**
 * Why.
 */
lock: SignInLock, };

export type LockedAddress = { 
/**
 * An IPv4 address, or the network of an IPv6 one.
 */
address: string, 
/**
 * Whether users or administrators were tried from it.
 */
kind: string, 
/**
 * Why.
 */
lock: SignInLock, };

export type SignIns = { 
/**
 * Attempts, the latest first.
 */
entries: Array<SignInReport>, 
/**
 * `before` of the next page; null: this is the last one.
 */
next: number | null, };

export type SignInReport = { 
/**
 * Its number.
 */
id: number, 
/**
 * When, in milliseconds since 1970.
 */
at: number, 
/**
 * The user or administrator; null where nobody has the login that was typed, which is not told: it may be a password.
 */
object: string | null, 
/**
 * What they sign in with.
 */
login: string, 
/**
 * `signed_in`, `recovery_code`, `wrong_password`, `wrong_code`.
 */
outcome: string, 
/**
 * Where from.
 */
address: string, 
/**
 * The browser or program, as it names itself.
 */
user_agent: string, };

export type TokenUses = { 
/**
 * Of every token that was used.
 */
uses: Array<TokenUse>, };

export type TokenUse = { 
/**
 * The token's id.
 */
token: string, 
/**
 * When, in milliseconds since 1970, to within a minute.
 */
used_at: number, 
/**
 * Where from.
 */
address: string, };
