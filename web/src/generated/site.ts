// Generated from src/site, src/rights and src/numbers by `make generated`. Do not edit.
import type { Verdict } from './protocol';

export type ObjectId = string;

export type ObjectKind = "user" | "group" | "computer" | "profile" | "administrator" | "token" | "settings" | "line_group" | "line" | "location" | "certificate" | "interface";

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
 * Whether who is signed in there only looks at these lines, unless they are the user's own anyway.
 */
only_authorized_dial: boolean, 
/**
 * Whether it has any effect.
 */
active: boolean, };

export type Pairing = { 
/**
 * Whether browsers can be paired with the computer.
 */
paired: boolean, 
/**
 * Who is signed in there.
 */
users: Array<SeatedUser>, };

export type SeatedUser = { 
/**
 * Who.
 */
id: ObjectId, 
/**
 * What a person reads of them.
 */
title: string, 
/**
 * What they sign in with.
 */
login: string, };

export type PairingCode = { 
/**
 * Stands behind `/#pair=` in the link that pairs a browser, once.
 */
code: string, 
/**
 * Until when, in milliseconds since 1970.
 */
until: number, };

export type Pair = { 
/**
 * The code of the link.
 */
code: string, };

export type PairedComputer = { 
/**
 * The name of the computer that this browser is paired with; null: with none.
 */
name: string | null, };

export type LocationObject = { 
/**
 * Its name. Unique whatever its case.
 */
name: string, 
/**
 * Its country: ISO 3166-1, two letters.
 */
country: string, 
/**
 * Its area code, without the digits that introduce one: 30 rather than 030. Empty where numbers have none.
 */
area_code: string, 
/**
 * Whether there is a PBX, which makes numbers internal or external.
 */
has_pbx: boolean, 
/**
 * The numbers that lead to its extensions.
 */
numbering: Numbering, 
/**
 * What is dialled for an outside line.
 */
access_codes: AccessCodes, 
/**
 * What is taken away from the front of reported numbers.
 */
strip: StripCodes, 
/**
 * Whether the numbers of those who are really connected are ignored: for a PBX that reports them in many forms.
 */
ignore_connected_id: boolean, 
/**
 * Numbers that are external although they look internal. The first that fits is taken; a replacement is final and
 * super-canonical.
 */
external_rules: Array<NumberRule>, 
/**
 * Numbers that are internal although they look external. The first that fits is taken; a replacement is final and
 * super-canonical.
 */
internal_rules: Array<NumberRule>, 
/**
 * What the numbers of lines become that are no number of the location. Replacements are super-canonical.
 */
line_rules: Array<NumberRule>, 
/**
 * Rules that rewrite numbers.
 */
formatting: FormattingRules, 
/**
 * Emergency calls by where the client is.
 */
emergency: Emergency, 
/**
 * Providers by zone and time.
 */
least_cost_routing: LeastCostRouting, 
/**
 * Area codes, without the digits that introduce one, after which letters stand for digits (ITU-T E.161): 700, 800. They
 * count where a number's area code stands.
 */
vanity: Array<string>, 
/**
 * Projects, codes and private calls that a user chooses when dialling.
 */
projects: Array<Project>, 
/**
 * How calls are dialled in the North American numbering plan.
 */
north_america: NorthAmerica, 
/**
 * Whether the area code is dialled for calls in the own area. Numbers are not completed with it then.
 */
always_area_code: boolean, 
/**
 * What the PBX is given.
 */
output: Output, 
/**
 * Whether digits beyond the longest number of the country are sent as DTMF when the call is answered.
 */
split_long_numbers: boolean, 
/**
 * Numbers of other locations.
 */
network: LocationNetwork, 
/**
 * By which rules numbers are read and dialled.
 */
dialect: Dialect, 
/**
 * The rules of the simple dialect.
 */
simple: SimplePlan, };

export type Numbering = { "kind": "trunk", 
/**
 * The number between area code and extension; empty: extensions follow the area code.
 */
base_number: string, 
/**
 * Extensions of the same length, from one to another.
 */
ranges: Array<ExtensionRange>, 
/**
 * Extensions of several lengths, by what they begin with. Either this or `ranges`.
 */
prefixes: ExtensionPrefixes | null, 
/**
 * Digits of the shortest internal number; 0: as 1.
 */
shortest: number, 
/**
 * Digits of the longest internal number; 0: none is known by its length.
 */
longest: number, } | { "kind": "multipoint", 
/**
 * The numbers.
 */
numbers: Array<SubscriberNumber>, 
/**
 * Digits of the shortest internal number; 0: as 1.
 */
shortest: number, 
/**
 * Digits of the longest internal number; 0: none is known by its length.
 */
longest: number, };

export type ExtensionRange = { 
/**
 * The first.
 */
from: string, 
/**
 * The last.
 */
to: string, };

export type ExtensionPrefixes = { 
/**
 * The lowest first digit.
 */
from: string, 
/**
 * The highest first digit.
 */
to: string, };

export type SubscriberNumber = { 
/**
 * Super-canonical: +, country, area, number.
 */
number: string, 
/**
 * The internal number.
 */
internal: string, };

export type AccessCodes = { 
/**
 * For calls in the own area, and for special and emergency numbers whatever `output` is.
 */
local: string, 
/**
 * For calls in the own country.
 */
national: string, 
/**
 * For calls to other countries.
 */
international: string, 
/**
 * For private calls, with the places `e`, `E`, `u` and `U` of [`Project::code`]; empty: as for other calls.
 */
private: string, 
/**
 * For the number that a PBX is to forward calls to.
 */
forwarding: string, };

export type StripCodes = { 
/**
 * Numbers of incoming calls.
 */
incoming: Array<string>, 
/**
 * Numbers of outgoing calls.
 */
outgoing: Array<string>, 
/**
 * Numbers that calls are forwarded to.
 */
forwarding: Array<string>, 
/**
 * Who is really connected with an incoming call.
 */
connected_incoming: Array<string>, 
/**
 * Who is really connected with an outgoing call.
 */
connected_outgoing: Array<string>, };

export type NumberRule = { 
/**
 * What it is for.
 */
description: string, 
/**
 * How it is compared.
 */
compare: Comparison, 
/**
 * The regular expression, or the whole number.
 */
pattern: string, 
/**
 * What the whole number becomes, `\1` being what the pattern's first bracket holds; null: it stays.
 */
replacement: string | null, };

export type Comparison = "regex" | "equal";

export type FormattingRules = { 
/**
 * For reported numbers of incoming calls.
 */
incoming: Array<NumberRule>, 
/**
 * For reported numbers of outgoing calls.
 */
outgoing: Array<NumberRule>, 
/**
 * For numbers that are dialled, while they are super-canonical or, where they lead to an extension here, that extension.
 * What is not super-canonical then is dialled as it is, without a code for an outside line, and counts as internal.
 */
dialling: Array<NumberRule>, 
/**
 * For numbers that are dialled, just before the PBX gets them.
 */
dialling_final: Array<NumberRule>, };

export type Emergency = { 
/**
 * Whether the rules are used.
 */
enabled: boolean, 
/**
 * The rules; the first with the client's network and the number is taken.
 */
rules: Array<EmergencyRule>, };

export type EmergencyRule = { 
/**
 * Its name: letters and digits.
 */
name: string, 
/**
 * The clients' network: CIDR, for IPv6 perhaps with a zone: 192.0.2.0/24, fe80::%3/64.
 */
subnet: string, 
/**
 * The emergency numbers.
 */
numbers: Array<string>, 
/**
 * What the PBX gets before the number, by which it knows the place.
 */
prefix: string, };

export type LeastCostRouting = { 
/**
 * Whether it is used.
 */
enabled: boolean, 
/**
 * Those who carry calls.
 */
providers: Array<CallByCallProvider>, 
/**
 * Where calls lead.
 */
zones: Array<TariffZone>, };

export type CallByCallProvider = { 
/**
 * Its name. Unique.
 */
name: string, 
/**
 * What is dialled before the number: 01013.
 */
prefix: string, };

export type TariffZone = { 
/**
 * Its name. Unique.
 */
name: string, 
/**
 * How its numbers begin, super-canonical: +49171. Of all zones, the longest that fits is taken.
 */
prefixes: Array<string>, 
/**
 * Providers of the 48 half hours from Monday to Friday, null for none; empty: none.
 */
weekdays: Array<string | null>, 
/**
 * The same for Saturday.
 */
saturday: Array<string | null>, 
/**
 * The same for Sunday.
 */
sunday: Array<string | null>, };

export type Project = { 
/**
 * Its name. Unique.
 */
name: string, 
/**
 * What is dialled before the number, or noted: digits, `*`, `#`; `C` waits for the answer; `e` is a digit of a PIN and `E`
 * all of one; `u` is a digit of a user's number and `U` all of one; `p` waits for half a second and `P` for one; `N`
 * is the number, at the end without it; `J` notes user and PIN; `X` lets the number have its access code.
 */
code: string, 
/**
 * What it is for.
 */
use: ProjectUse, };

export type ProjectUse = "journal" | "dial_and_journal" | "dial" | "private";

export type NorthAmerica = { 
/**
 * Which calls in the own area are free.
 */
own_area: OwnArea, 
/**
 * The prefixes of the own area that `own_area` means: the digits after the area code.
 */
own_prefixes: Array<string>, 
/**
 * Other areas that are free and dialled without the long-distance digit; empty: all are long distance.
 */
free_areas: Array<AreaCodeRule>, };

export type OwnArea = "free" | "free_but" | "charged_but";

export type AreaCodeRule = { 
/**
 * The area code: three digits.
 */
area_code: string, 
/**
 * The digits after it; empty: the whole area.
 */
prefixes: Array<string>, };

export type Output = "dialled" | "e164";

export type LocationNetwork = { 
/**
 * Whether it is one of the locations that know each other's numbers. These must not overlap.
 */
enabled: boolean, 
/**
 * Whether reported extensions of the others become their super-canonical numbers.
 */
detect: boolean, 
/**
 * Whether typed extensions of the others are known by their super-canonical numbers. With `output` `e164` these are dialled.
 */
search: boolean, 
/**
 * Whether super-canonical numbers of the others are dialled as extensions.
 */
shorten: boolean, };

export type Dialect = "full" | "simple";

export type SimplePlan = { 
/**
 * What is dialled for calls to other countries.
 */
international_prefix: string, 
/**
 * The calling code of the own country: 49; empty: that of the location's country.
 */
country_prefix: string, 
/**
 * What is dialled for an outside line.
 */
external_prefix: string, 
/**
 * What is put before numbers of incoming calls.
 */
incoming_add: string, 
/**
 * What is taken away from the front of numbers of incoming calls.
 */
incoming_remove: string, 
/**
 * Digits of the longest internal number.
 */
internal_length: number, 
/**
 * Digits at the end of a reported number by which its line is looked up; 0: all.
 */
reverse_length: number, 
/**
 * The rules, tried from the lowest priority to the highest; the first that fits is taken.
 */
rules: Array<SimpleRule>, };

export type SimpleRule = { 
/**
 * Its place among the rules.
 */
priority: number, 
/**
 * What a number begins with, or a regular expression in square brackets. `[-InternationalPrefix-]`,
 * `[-CountryPrefix-]` and `[-ExternalPrefix-]` stand for what the plan has there.
 */
pattern: string, 
/**
 * What that becomes; `$1` is what the expression's first bracket holds.
 */
value: string, };

export type ExplainNumber = { 
/**
 * The location, null for one that is yet to be made.
 */
location?: ObjectId, 
/**
 * The location as it is to be; null: as it is.
 */
draft?: LocationObject, 
/**
 * The number, as it is typed or reported.
 */
text: string, 
/**
 * How it is meant.
 */
kind: NumberKind, 
/**
 * The name of the chosen project.
 */
project?: string, 
/**
 * Whether the call is private without a project saying so.
 */
private: boolean, 
/**
 * What is entered for `e` and `E` of codes. It comes back in what is dialled, and is kept nowhere.
 */
pin?: string, 
/**
 * What is entered for `u` and `U` of codes.
 */
user?: string, 
/**
 * The address of the client that dials: 192.0.2.1, or fe80::1%3 with a zone; null: another telephone dials.
 */
client?: string, 
/**
 * When it is dialled, for least-cost routing; null: at noon of a working day.
 */
moment?: TariffMoment, };

export type NumberKind = "typed" | "forwarding" | "caller" | "called" | "reported_forwarding" | "connected_incoming" | "connected_outgoing";

export type TariffMoment = { 
/**
 * The day.
 */
day: TariffDay, 
/**
 * Minutes since midnight, 0 to 1439.
 */
minute: number, };

export type TariffDay = "weekday" | "saturday" | "sunday";

export type ExplainedNumber = { 
/**
 * The name of the location.
 */
location: string, 
/**
 * What a reported number is.
 */
reported?: ReportedNumber, 
/**
 * What the PBX gets for a typed number. May have a PIN in it.
 */
dialled?: DialledNumber, 
/**
 * Why nothing is dialled.
 */
not_dialled?: NotDialled, 
/**
 * As it is shown to people.
 */
shown?: string, 
/**
 * The town or region of an external number, where that is known.
 */
place?: NumberPlace, 
/**
 * What was done, in this order. May have a PIN in it.
 */
steps: Array<NumberStep>, };

export type ReportedNumber = { 
/**
 * Super-canonical; the number itself where it cannot be: internal numbers without one from outside, special numbers.
 */
number: string, 
/**
 * Whether it is internal.
 */
reach: Reach, 
/**
 * The extension of this location that it leads to.
 */
extension: string | null, };

export type DialledNumber = { 
/**
 * What the PBX gets. May have a PIN in it.
 */
number: string, 
/**
 * What follows when it is answered. May have a PIN in it.
 */
then: Array<AfterAnswer>, 
/**
 * As it is shown, looked up and kept: super-canonical where it can be.
 */
canonical: string, 
/**
 * Whether it is internal.
 */
reach: Reach, 
/**
 * Whether others do not see the number.
 */
private: boolean, 
/**
 * Whether it is for emergencies: nothing stands in its way.
 */
emergency: boolean, 
/**
 * What the journal notes of the project.
 */
noted: NotedProject | null, };

export type NotedProject = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its code, with its places.
 */
code: string, 
/**
 * The user's number, where the code says that it is noted.
 */
user: string | null, 
/**
 * The PIN, where the code says that it is noted.
 */
pin: string | null, };

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

export type NotDialled = "empty" | "too_long" | "suppressed" | { "unknown_project": string } | { "missing": Missing };

export type Missing = { "pin": number } | { "user": number };

export type Reach = "internal" | "external";

export type NumberStep = { 
/**
 * Its place in the order of steps. Several have the same where one decision has several parts.
 */
number: number, 
/**
 * What it is.
 */
name: StepName, 
/**
 * The number before it.
 */
before: string, 
/**
 * The number after it.
 */
after: string, 
/**
 * What it did.
 */
note: NumberNote, 
/**
 * Rules of its list that did not act.
 */
skipped: Array<SkippedRule>, };

export type StepName = "characters" | "formatting" | "strip_access_code" | "external_rules" | "extensions" | "internal_rules" | "other_locations" | "internal_length" | "strip_provider" | "canonical" | "raw" | "vanity" | "digits" | "emergency" | "special_numbers" | "project" | "least_cost" | "own_numbers" | "dialling_rules" | "shorten" | "dialable" | "access_code" | "final_rules" | "simple_rules" | "own_country" | "front" | "send";

export type NumberNote = { 
/**
 * Its code.
 */
code: NoteCode, 
/**
 * What its sentence names.
 */
values: Array<string>, };

export type NoteCode = "unchanged" | "removed" | "empty" | "rule_replaced" | "rule_emptied" | "rule_fits" | "no_rule_fits" | "no_rules" | "canonical_already" | "access_code_removed" | "no_access_code" | "no_access_codes" | "no_pbx" | "extension" | "no_extension" | "other_location" | "no_other_location" | "detection_off" | "left_out_decided" | "internal_length" | "other_length" | "no_length" | "feature_code" | "external" | "internal" | "provider_removed" | "no_provider" | "outgoing_only" | "canonical" | "tidied" | "international" | "national" | "whole" | "subscriber" | "not_completed" | "special" | "not_special" | "own_head" | "internal_only" | "not_convertible" | "not_a_number" | "connected_ignored" | "does_not_fit" | "not_equal" | "earlier_rule" | "result_not_canonical" | "raw" | "name" | "emergency_rule" | "emergency_number" | "emergency_whole" | "emergency_kept" | "emergency_off" | "no_client" | "other_numbers" | "other_subnet" | "vanity" | "no_vanity" | "special_dialled" | "left_out_special" | "left_out_external" | "left_out_internal" | "project" | "project_noted" | "no_project" | "project_not_for_special" | "provider" | "zone_without_provider" | "no_zone" | "least_cost_off" | "least_cost_not_forwarding" | "least_cost_not_here" | "shortened" | "not_own" | "whole_wanted" | "whole_within_code" | "rule_dialled" | "shortening_off" | "not_of_other" | "split" | "dialled_local" | "dialled_local_charged" | "dialled_near" | "dialled_national" | "dialled_international" | "dialled_as_is" | "dialled_whole" | "access_code" | "no_access_code_set" | "no_access_code_needed" | "access_code_by_project" | "in_code" | "sent" | "sent_and_then" | "own_country" | "own_country_first" | "front_removed" | "front_added" | "front_changed" | "unusable";

export type SkippedRule = { 
/**
 * Its place in its list, from 0.
 */
at: number, 
/**
 * What it compares with.
 */
pattern: string, 
/**
 * Why it did not act.
 */
reason: NumberNote, };

export type NumberNetwork = { 
/**
 * Extensions that other locations have, too. There must be none.
 */
overlaps: Array<SharedExtensions>, 
/**
 * Rules by which reported extensions of the others become their numbers.
 */
internal_rules: Array<GeneratedRule>, 
/**
 * Rules by which numbers of the others are dialled as extensions.
 */
dialling_rules: Array<GeneratedRule>, };

export type SharedExtensions = { 
/**
 * The name of the other location.
 */
location: string, 
/**
 * The first extension.
 */
from: string, 
/**
 * The last extension.
 */
to: string, };

export type GeneratedRule = { 
/**
 * The name of the other location.
 */
location: string, 
/**
 * What it fits: a regular expression.
 */
pattern: string, 
/**
 * What the number becomes.
 */
replacement: string, };

export type WhatIf = { 
/**
 * How many numbers were looked at.
 */
checked: number, 
/**
 * How many of them would have become others.
 */
total: number, 
/**
 * These, the one that came last first.
 */
changed: Array<ChangedNumber>, 
/**
 * Whether there are more than are told.
 */
truncated: boolean, 
/**
 * How many numbers are left to be looked at.
 */
left: number, 
/**
 * Where there are some: they came last before this time, in milliseconds since 1970.
 */
next: number | null, };

export type ChangedNumber = { 
/**
 * What it was.
 */
kind: NumberKind, 
/**
 * What was typed or reported.
 */
text: string, 
/**
 * How often it came.
 */
count: number, 
/**
 * When it came last, in milliseconds since 1970.
 */
last_at: number, 
/**
 * What becomes of it as it is.
 */
before: NumberResult, 
/**
 * What would become of it.
 */
after: NumberResult, };

export type NumberResult = { 
/**
 * What the PBX gets, or what a reported number is; null: nothing.
 */
number: string | null, 
/**
 * What follows when it is answered.
 */
then: Array<AfterAnswer>, 
/**
 * Whether it is internal; null: there is no number.
 */
reach: Reach | null, };

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

export type LineGroupObject = { 
/**
 * Its name. Unique whatever its case.
 */
name: string, 
/**
 * How the PBX is connected.
 */
kind: GroupKind, 
/**
 * Its location: the id of that; in the configuration file its name. null: none.
 */
location: string | null, 
/**
 * Host name or address of the PBX, or of the proxy in front of it. Empty for a trunk that registers here.
 */
registrar: string, 
/**
 * SIP port; null: as DNS says, or the transport's usual one.
 */
port: number | null, 
/**
 * SIP transport; null: as DNS says, or UDP.
 */
transport: Transport | null, 
/**
 * Domain of the lines' addresses; empty: the registrar.
 */
domain: string, 
/**
 * Seconds asked for in REGISTER: 30 to 86400.
 */
expires: number, 
/**
 * Pause between two first REGISTERs: 0 to 60000 milliseconds.
 */
register_delay: number, 
/**
 * Longest pause until a PBX that did not answer is asked again: 1 to 3600 seconds.
 */
retry_interval: number, 
/**
 * Pause between packets that keep a NAT open: 0 (none are sent) to 3600 seconds.
 */
nat_refresh: number, 
/**
 * Whether the PBX answers these packets (RFC 5626).
 */
nat_refresh_answered: boolean, 
/**
 * Pause between OPTIONS: 0 (only towards places that did not answer) to 3600 seconds.
 */
options_refresh: number, 
/**
 * Name of the listener that it uses; empty: the usual one.
 */
listener: string, 
/**
 * Authorities that may vouch for the PBX's certificate, PEM; in the configuration file also paths of PEM files.
 */
ca: Array<string>, 
/**
 * Whether the authorities that the system trusts may, too.
 */
system_ca: boolean, 
/**
 * Addresses and networks that the PBX may send from, beside those that its name leads to. For a trunk that registers here:
 * where it may register from; empty: this machine and private networks.
 */
allow_from: Array<string>, 
/**
 * User name of a trunk that registers here.
 */
user_name: string, 
/**
 * Regular expression of the numbers that can be reached at a trunk that registers here.
 */
numbers: string, 
/**
 * Whether P-Asserted-Identity, Privacy and diversions are believed and passed on (RFC 3325).
 */
trust_identity: boolean, 
/**
 * Codecs towards the PBX, best first: PCMA, PCMU, G722, opus. PCMA is always among them.
 */
codecs: Array<string>, 
/**
 * Codecs that are offered to the PBX; empty: as `codecs`.
 */
codecs_outgoing: Array<string>, 
/**
 * Codecs that are taken of the PBX's offers; empty: as `codecs`.
 */
codecs_incoming: Array<string>, 
/**
 * When the audio is encrypted.
 */
srtp: Srtp, 
/**
 * Whether comfort noise (RFC 3389) is offered and taken.
 */
comfort_noise: boolean, 
/**
 * Whether one port for RTP and RTCP is offered (RFC 5761).
 */
rtcp_mux: boolean, 
/**
 * Audio per packet that is asked for: 10 to 60 milliseconds in steps of 10.
 */
ptime: number, 
/**
 * How digits travel.
 */
dtmf: Dtmf, 
/**
 * Whether its calls are recorded.
 */
record: boolean, 
/**
 * What of it is captured from the start on.
 */
capture: CaptureWanted, 
/**
 * What of the audio of its calls is captured with that.
 */
capture_audio: CaptureAudio, 
/**
 * The functions that its users are offered; null: all but those of `switched_off`.
 */
functions: Array<string> | null, 
/**
 * The functions that they are not offered; null: all are, or those of `functions`.
 */
switched_off: Array<string> | null, 
/**
 * What a caller gets when nobody is signed in on the line, or it is not to be disturbed.
 */
signed_out: Decline, 
/**
 * What a caller gets when a client declines.
 */
decline: DeclineByClient, 
/**
 * Whether a call that rings cannot be declined.
 */
hide_decline: boolean, 
/**
 * How calls are sent elsewhere before they are answered.
 */
diversion: Diversion, 
/**
 * How two calls are joined.
 */
transfer: TransferWay, 
/**
 * Whether calls go to the user's voice mailbox when none of its clients is signed in.
 */
signed_off_to_voice_mailbox: boolean, 
/**
 * What is dialled to pick up a call from a number of the PBX, with `<NUMBER>` for that; empty: nothing.
 */
pickup_code: string, 
/**
 * Whether calls that ring at its lines are picked up without the PBX.
 */
pickup_in_server: boolean, 
/**
 * Functions of the PBX that are dialled.
 */
feature_codes: Array<FeatureCode>, 
/**
 * Numbers that can always be called.
 */
emergency_numbers: Array<string>, 
/**
 * Digits that a number of the company has at most: 0 to 15.
 */
internal_digits: number, 
/**
 * How long a parked call waits before it comes back: 1 to 3600 seconds.
 */
park_returns: number, };

export type GroupKind = "softphones" | "trunk-registration" | "trunk-bulk-registration" | "trunk-fixed" | "trunk-registrar";

export type Transport = "udp" | "tcp" | "tls";

export type Srtp = "auto" | "off" | "optional" | "required" | "dtls";

export type Dtmf = "auto" | "rfc4733" | "info" | "inband";

export type CaptureWanted = boolean | Array<string>;

export type CaptureAudio = "off" | "headers" | "payload";

export type Decline = "busy" | "unavailable" | "declined" | "ringing";

export type DeclineByClient = "client" | "busy" | "unavailable" | "declined" | "ringing";

export type Diversion = "redirect" | "new-call" | "transfer";

export type TransferWay = "auto" | "bridge";

export type FeatureCode = { 
/**
 * What it does, for people.
 */
name: string, 
/**
 * What is dialled.
 */
code: string, };

export type LineObject = { 
/**
 * Its line group. Needed.
 */
group: ObjectId | null, 
/**
 * User part of its address at the PBX. Unique in the line group.
 */
user_name: string, 
/**
 * User name for authentication; empty: the user name.
 */
auth_name: string, 
/**
 * Its number, which no other line of the server has. Left empty it becomes the user name.
 */
number: string, 
/**
 * Whether it is in use.
 */
active: boolean, 
/**
 * Whether it is the one that registers a trunk, or gives its name to the OPTIONS of a fixed one. Where no line is, the
 * first that is in use does.
 */
pilot: boolean, 
/**
 * Where a call goes that nobody takes, one number after the other; 20 at most.
 */
redirections: Array<LineRedirection>, };

export type LineRedirection = { 
/**
 * The number that the call goes to.
 */
to: string, 
/**
 * How long it rings there before the next has its turn: 1 to 600 seconds.
 */
seconds: number, };

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

export type CertificateObject = { 
/**
 * Its name. Unique whatever its case.
 */
name: string, 
/**
 * Where it comes from.
 */
source: CertificateSource, 
/**
 * Host names and addresses that it is for, where the server makes it or gets it.
 */
names: Array<string>, 
/**
 * The certificate, then those that issued it, as PEM; empty: it has not come yet.
 */
chain: string, 
/**
 * `acme`: where it comes from.
 */
acme: AcmeSettings | null, };

export type CertificateSource = "uploaded" | "self_signed" | "acme";

export type AcmeSettings = { 
/**
 * The URL of its directory; that of Let's Encrypt by default.
 */
directory: string, 
/**
 * PEM of who vouches for that URL's server, beside those whom this machine trusts; empty: nobody.
 */
ca: string, 
/**
 * An e-mail address that the authority may write to; empty: none.
 */
contact: string, 
/**
 * Whether its terms of service are accepted. It gives nothing otherwise.
 */
terms_accepted: boolean, };

export type InterfaceObject = { 
/**
 * Its name. Unique whatever its case.
 */
name: string, 
/**
 * The address of this machine that it is at; `0.0.0.0`: every one of IPv4, `::`: every one.
 */
address: string, 
/**
 * Its TCP port.
 */
port: number, 
/**
 * Whether it is encrypted.
 */
mode: InterfaceMode, 
/**
 * What it shows with TLS; null: the certificate that the server has made itself.
 */
certificate: ObjectId | null, 
/**
 * Whether it is there.
 */
active: boolean, };

export type InterfaceMode = "plain" | "tls" | "redirect";

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

export type BoundBy = "first_phone" | "second_phone" | "business" | "business2" | "further_phone" | "first_beside" | "second_beside" | "additional_line";

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

export type ProblemCode = "not_found" | "exists" | "version_conflict" | "set_in_file" | "cannot_be_deleted" | "last_administrator" | "too_many" | "unknown_field" | "wrong_type" | "required" | "too_long" | "control_character" | "space_in_login" | "name_taken" | "identity_taken" | "invalid_identity" | "invalid_email" | "invalid_domain" | "invalid_website" | "invalid_number" | "invalid_line" | "display_name_needed" | "unknown_user" | "unknown_group" | "unknown_profile" | "emergency_is_line" | "extensions_overlap" | "unknown_location" | "unknown_line_group" | "line_group_has_lines" | "user_name_taken" | "trunk_user_taken" | "pilot_taken" | "other_kind" | "either" | "always_there" | "not_dialable" | "lacks" | "no_step" | "invalid_pattern" | "invalid_network" | "invalid_certificate" | "invalid_picture" | "picture_too_large" | "pairing_ended" | "path_not_here" | "invalid_names" | "nothing_to_try" | "emergency_number" | "unknown_certificate" | "in_use" | "invalid_address" | "invalid_key" | "key_does_not_fit" | "chain_out_of_order" | "terms_not_accepted" | "invalid_directory" | "no_wildcard" | "invalid_pkcs12" | "wrong_file_password" | "database_unusable" | "database_address" | "administrator_needed" | "nothing_to_confirm" | "repeated" | "grant_to_oneself" | "out_of_range" | "not_a_choice" | "unknown_setting" | "name_is_fixed" | "scope_needed" | "unknown_column" | "invalid_cursor" | "unknown_name" | "invalid_csv" | "if_match_needed" | "idempotency_key_reused" | "too_large" | "wrong_media_type" | "password_too_short" | "not_your_password" | "wrong_code" | "second_factor_needed" | "no_second_factor" | "kept_for_another_pbx" | "invalid_document" | "still_computing" | "backup_busy" | "backup_elsewhere";

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
total: number, 
/**
 * Versions of the pictures of those of its objects that have one.
 */
pictures: Record<string, number>, };

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

export type LinePasswords = { 
/**
 * The lines.
 */
ids: Array<ObjectId>, 
/**
 * The password.
 */
password: string, };

export type NewLines = { 
/**
 * User names like `150;177;200-220`, 10,000 at most.
 */
user_names: string, 
/**
 * User name for authentication; `<*>` in it stands for the user name. Empty: the user name.
 */
auth_name: string, 
/**
 * The number; `<*>` in it stands for the user name. Empty: the user name.
 */
number: string, 
/**
 * The password of all of them; empty: none.
 */
password: string, 
/**
 * Whether they are in use.
 */
active: boolean, };

export type Trial = { 
/**
 * The line group that it is to become, where there is one.
 */
id?: ObjectId | null, 
/**
 * The line group; it needs no name.
 */
line_group: LineGroupObject, 
/**
 * Its password.
 */
password?: string | null, 
/**
 * Who registers; null: nobody, and the PBX is only asked whether it is there.
 */
line?: TrialLine | null, };

export type TrialLine = { 
/**
 * The line that it is, where there is one.
 */
id?: ObjectId, 
/**
 * User part of its address.
 */
user_name: string, 
/**
 * User name for authentication; empty: the user name.
 */
auth_name: string, 
/**
 * Its password; null: that of the line `id`, towards the PBX that its line group has.
 */
password?: string, };

export type TrialReport = { 
/**
 * Whether everything went well.
 */
ok: boolean, 
/**
 * What was done, in this order.
 */
steps: Array<TrialStep>, 
/**
 * Where the PBX is, like `udp 192.0.2.1:5060`.
 */
targets: Array<string>, 
/**
 * Why it did not go well, and what to try; null: it did.
 */
verdict: Verdict | null, };

export type NewTestCall = { 
/**
 * What to dial, as at a telephone on this line.
 */
number: string, };

export type TestCall = { 
/**
 * Names the call; its trace is that of the call of this name.
 */
id: string, 
/**
 * The number of the line.
 */
line: string, 
/**
 * What is dialled.
 */
number: string, 
/**
 * Whether it has ended.
 */
over: boolean, 
/**
 * Whether everything went well: it was answered, and audio arrived. Settled once it is over.
 */
ok: boolean, 
/**
 * What happens, in this order.
 */
steps: Array<TestCallStep>, 
/**
 * Why it did not go well, and what to try; null: it does, or nobody knows yet.
 */
verdict: Verdict | null, };

export type TestCallStep = { 
/**
 * What.
 */
step: TestCallStepKind, 
/**
 * What has come of it.
 */
outcome: TestCallOutcome, 
/**
 * The same in English; empty where it was left out.
 */
english: string, 
/**
 * The same in German.
 */
german: string, };

export type TestCallStepKind = "dial" | "ring" | "answer" | "audio";

export type TestCallOutcome = "waiting" | "done" | "failed" | "skipped";

export type TrialStep = { 
/**
 * What.
 */
step: TrialStepKind, 
/**
 * What came of it.
 */
outcome: TrialOutcome, 
/**
 * The same in English; empty where it was not done.
 */
english: string, 
/**
 * The same in German.
 */
german: string, };

export type TrialStepKind = "resolve" | "answer" | "register";

export type TrialOutcome = "done" | "failed" | "skipped";

export type CreatedToken = { 
/**
 * The object.
 */
stored: Stored<TokenObject>, 
/**
 * What a program sends as `Authorization: Bearer …`.
 */
token: string, };

export type SetupState = { 
/**
 * What the database is: `sqlite` or `postgresql`.
 */
database: string, 
/**
 * Where it is, without a password; null: in the data directory.
 */
database_url: string | null, 
/**
 * The configuration file; it need not be there.
 */
config_file: string, 
/**
 * Where the server keeps its files.
 */
data_dir: string, 
/**
 * What the machine is called; empty where it does not say.
 */
host_name: string, 
/**
 * The machine's addresses but those of loopback.
 */
addresses: Array<string>, 
/**
 * Whether the server is set up.
 */
over: boolean, };

export type SetupDatabase = { 
/**
 * Of PostgreSQL: `postgres://user@host/name`. Empty: SQLite in the data directory.
 */
url: string, 
/**
 * The password, where it does not stand in the URL.
 */
password: string, };

export type CertificateRequest = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where it comes from.
 */
source: CertificateSource, 
/**
 * `self_signed`, `acme`: host names and addresses that it is to be for.
 */
names: Array<string>, 
/**
 * `uploaded`: PEM, the certificate first, then those that issued it; the private key may stand there, too. Empty in a
 * `PUT`: what is there stays.
 */
pem: string, 
/**
 * `uploaded`: the private key as PEM, where it does not stand in `pem`.
 */
key: string, 
/**
 * `uploaded`: in place of `pem` and `key` a PKCS#12 file (`.p12`, `.pfx`), in base64.
 */
pkcs12: string, 
/**
 * `uploaded`: the password of that file.
 */
password: string, 
/**
 * `self_signed`, `acme`, in a `PUT`: whether it is made or asked for anew even for the same names.
 */
renew: boolean, 
/**
 * `acme`: where it comes from.
 */
acme: AcmeSettings | null, };

export type CertificateStates = { 
/**
 * Those of the console by name, and before them the one that the server has made itself.
 */
certificates: Array<CertificateState>, };

export type AcmeState = { 
/**
 * How it stands.
 */
standing: AcmeStanding, 
/**
 * What has been done, this time or the last.
 */
steps: Array<AcmeStep>, 
/**
 * When the next one is asked for; null: at this moment.
 */
next_at: number | null, 
/**
 * Why none came the last time.
 */
failure: AcmeFailure | null, 
/**
 * Where this server answers the authority: addresses of its interfaces without TLS that listen. The authority comes by
 * port 80 of each name.
 */
answers_at: Array<string>, };

export type AcmeStanding = "pending" | "working" | "valid" | "failed";

export type AcmeStep = { 
/**
 * Which.
 */
step: AcmeStepKind, 
/**
 * The name that it is about; empty: all.
 */
name: string, 
/**
 * What came of it.
 */
outcome: AcmeOutcome, 
/**
 * Of `prove`: whether the authority has come to this server for it.
 */
asked: boolean, };

export type AcmeStepKind = "account" | "order" | "prove" | "issue" | "keep";

export type AcmeOutcome = "doing" | "done" | "failed" | "skipped";

export type AcmeFailure = { 
/**
 * When.
 */
at: number, 
/**
 * The sentence in English.
 */
english: string, 
/**
 * The same in German.
 */
german: string, 
/**
 * What to do, in English.
 */
fix_english: string, 
/**
 * The same in German.
 */
fix_german: string, };

export type CertificateState = { 
/**
 * Its object; null: the one that the server has made itself, in its data directory.
 */
id: ObjectId | null, 
/**
 * Host names and addresses that it is for.
 */
names: Array<string>, 
/**
 * Whom it was issued to.
 */
subject: string, 
/**
 * Whom it was issued by.
 */
issuer: string, 
/**
 * From when on it is valid.
 */
valid_from: number, 
/**
 * Until when, the others of its chain among it.
 */
valid_to: number, 
/**
 * SHA-256, as browsers show it.
 */
fingerprint: string, 
/**
 * Names of the interfaces that show it.
 */
used_by: Array<string>, 
/**
 * Why it cannot be read, in English.
 */
problem: string | null, 
/**
 * How it comes, of one with the source `acme`.
 */
acme: AcmeState | null, };

export type InterfaceStates = { 
/**
 * All interfaces.
 */
interfaces: Array<InterfaceState>, 
/**
 * Changes that are undone unless they are confirmed.
 */
trial: InterfaceTrial | null, };

export type SipInterfaces = { 
/**
 * Where SIP is received, the main one first.
 */
listeners: Array<SipInterface>, 
/**
 * Where audio is received.
 */
audio: AudioPlaces, };

export type SipInterface = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where the configuration file sets it; empty: the server has it by itself, for line groups with TLS.
 */
setting: string, 
/**
 * `udp`, `tcp`, `tls`.
 */
transports: Array<string>, 
/**
 * Address and port where it listens, or is to.
 */
address: string, 
/**
 * What PBXs are told instead, where a NAT is in between.
 */
public_address: string | null, 
/**
 * With TLS: the file of its certificate.
 */
certificate: string | null, 
/**
 * Whether a PBX must show a certificate, too.
 */
mutual: boolean, 
/**
 * Whether it listens: `listening` or `failed`.
 */
state: InterfaceListening, 
/**
 * Why it does not, in English.
 */
english: string | null, 
/**
 * The same in German.
 */
german: string | null, 
/**
 * The line groups that name it. Those that name none use whichever fits.
 */
line_groups: Array<SipUser>, };

export type SipUser = { 
/**
 * Its object, where there is one.
 */
id: ObjectId | null, 
/**
 * Its name.
 */
name: string, };

export type AudioPlaces = { 
/**
 * Addresses that PBXs send it to; empty: each that one by which the system reaches it.
 */
pbx: Array<string>, 
/**
 * The first UDP port for PBXs.
 */
first_port: number, 
/**
 * The last one.
 */
last_port: number, 
/**
 * Addresses and ports that browsers send it to.
 */
browsers: Array<string>, };

export type InterfaceState = { 
/**
 * Its object.
 */
id: ObjectId, 
/**
 * How it stands.
 */
state: InterfaceListening, 
/**
 * Where it listens.
 */
address: string | null, 
/**
 * Why it does not, in English.
 */
english: string | null, 
/**
 * The same in German.
 */
german: string | null, 
/**
 * Whether this request came by it.
 */
yours: boolean, };

export type InterfaceListening = "listening" | "failed" | "off" | "starting";

export type InterfaceTrial = { 
/**
 * The interfaces that are otherwise than before.
 */
interfaces: Array<ObjectId>, 
/**
 * Seconds that are left.
 */
seconds: number, };

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
 * What was done: `create`, `change`, `delete`, `import`, `set_secret`, `remove_secret`, `set_picture`,
 * `remove_picture`.
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
writes: Array<Write>, 
/**
 * Lines of a CSV file that are there already, and stay as they are.
 */
skipped: number, 
/**
 * Passwords that it sets.
 */
passwords: number, 
/**
 * Logins of the users whose passwords are among them.
 */
logins: Array<string>, 
/**
 * Names of the line groups whose passwords are among them.
 */
line_groups: Array<string>, 
/**
 * Numbers of the lines whose passwords are among them.
 */
lines: Array<string>, 
/**
 * Passwords of what has one already: only when it is carried out it is found out whether these are others.
 */
uncompared: number, 
/**
 * Pictures of users that it sets.
 */
pictures: number, };

export type RuleList = "external_rules" | "internal_rules" | "line_rules" | "incoming" | "outgoing" | "dialling" | "dialling_final" | "emergency" | "least_cost_routing" | "simple";

export type ListDifference = { 
/**
 * Rules before; of least-cost routing, providers and zones.
 */
before: number, 
/**
 * Rules after.
 */
after: number, 
/**
 * Those that were not there, in a few words each.
 */
added: Array<string>, 
/**
 * Those that are there no more.
 */
removed: Array<string>, };

export type RuleImport = { 
/**
 * Whether it was carried out; false: it was only a preview.
 */
applied: boolean, 
/**
 * The list from then on, as the location has it.
 */
list: unknown, 
/**
 * How it differs from what was there.
 */
difference: ListDifference, };

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
