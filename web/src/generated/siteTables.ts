// Generated from src/site and src/rights by `make generated`. Do not edit.
import type { Level, ProblemCode, Right, Section, ServiceRight } from './site';

interface Words {
  english: string;
  german: string;
}

/** Every right, in order: what it is about, and the least level that gives it. */
export const rights: (Words & { right: Right; section: Section; level: Level | null })[] = [
  { right: 'see_picture', section: "contact", level: "public", english: "See the picture", german: "Bild sehen" },
  { right: 'see_display_name', section: "contact", level: "public", english: "See the displayed name", german: "Angezeigten Namen sehen" },
  { right: 'see_title', section: "contact", level: "public", english: "See the title", german: "Titel sehen" },
  { right: 'see_company', section: "contact", level: "public", english: "See the company", german: "Firma sehen" },
  { right: 'see_department', section: "contact", level: "business", english: "See the department", german: "Abteilung sehen" },
  { right: 'see_office', section: "contact", level: "business", english: "See the office", german: "Büro sehen" },
  { right: 'see_address', section: "contact", level: "business", english: "See the business address", german: "Geschäftsadresse sehen" },
  { right: 'see_business', section: "contact", level: "public", english: "See the business number", german: "Geschäftliche Nummer sehen" },
  { right: 'see_business2', section: "contact", level: "public", english: "See the second business number", german: "Zweite geschäftliche Nummer sehen" },
  { right: 'see_mobile', section: "contact", level: "public", english: "See the mobile number", german: "Mobilnummer sehen" },
  { right: 'see_pager', section: "contact", level: "business", english: "See the pager number", german: "Pagernummer sehen" },
  { right: 'see_private', section: "contact", level: "personal", english: "See the private number", german: "Private Nummer sehen" },
  { right: 'see_other_numbers', section: "contact", level: "personal", english: "See other numbers", german: "Weitere Nummern sehen" },
  { right: 'see_fax', section: "contact", level: "business", english: "See the fax number", german: "Faxnummer sehen" },
  { right: 'see_email', section: "contact", level: "public", english: "See the e-mail address", german: "E-Mail-Adresse sehen" },
  { right: 'see_identity', section: "contact", level: "public", english: "See the identity (SIP address)", german: "Identität (SIP-Adresse) sehen" },
  { right: 'see_website', section: "contact", level: "business", english: "See the website", german: "Webseite sehen" },
  { right: 'see_presence', section: "presence", level: "public", english: "See the presence", german: "Präsenz sehen" },
  { right: 'set_presence', section: "presence", level: "team_member", english: "Set the presence", german: "Präsenz setzen" },
  { right: 'see_note', section: "presence", level: "public", english: "See the note", german: "Notiz sehen" },
  { right: 'set_note', section: "presence", level: "team_member", english: "Set the note", german: "Notiz setzen" },
  { right: 'see_private_appointments', section: "presence", level: "business", english: "See that there are private appointments", german: "Sehen, dass es private Termine gibt" },
  { right: 'see_private_details', section: "presence", level: "personal", english: "See subject and place of private appointments", german: "Betreff und Ort privater Termine sehen" },
  { right: 'see_public_appointments', section: "presence", level: "business", english: "See public appointments", german: "Öffentliche Termine sehen" },
  { right: 'see_numbers', section: "phone", level: "public", english: "See the numbers of the lines", german: "Nummern der Leitungen sehen" },
  { right: 'see_line_status', section: "phone", level: "business", english: "See whether lines are free or busy", german: "Sehen, ob Leitungen frei oder besetzt sind" },
  { right: 'first_see_outgoing', section: "first_line", level: "business", english: "See whom the user calls", german: "Sehen, wen der Benutzer anruft" },
  { right: 'first_see_incoming', section: "first_line", level: "business", english: "See who calls", german: "Sehen, wer anruft" },
  { right: 'first_see_diversions', section: "first_line", level: "public", english: "See that calls are forwarded", german: "Sehen, dass Anrufe umgeleitet werden" },
  { right: 'first_see_diversion_number', section: "first_line", level: "business", english: "See where calls are forwarded to", german: "Sehen, wohin Anrufe umgeleitet werden" },
  { right: 'first_set_diversions', section: "first_line", level: "personal", english: "Set forwarding", german: "Umleitungen setzen" },
  { right: 'first_pick_up', section: "first_line", level: "team_member", english: "Pick up calls", german: "Anrufe heranholen" },
  { right: 'second_see_outgoing', section: "second_line", level: "team_member", english: "See whom the user calls", german: "Sehen, wen der Benutzer anruft" },
  { right: 'second_see_incoming', section: "second_line", level: "team_member", english: "See who calls", german: "Sehen, wer anruft" },
  { right: 'second_see_diversions', section: "second_line", level: "public", english: "See that calls are forwarded", german: "Sehen, dass Anrufe umgeleitet werden" },
  { right: 'second_see_diversion_number', section: "second_line", level: "team_member", english: "See where calls are forwarded to", german: "Sehen, wohin Anrufe umgeleitet werden" },
  { right: 'second_set_diversions', section: "second_line", level: "personal", english: "Set forwarding", german: "Umleitungen setzen" },
  { right: 'second_pick_up', section: "second_line", level: "personal", english: "Pick up calls", german: "Anrufe heranholen" },
  { right: 'additional_see_outgoing', section: "additional_line", level: "team_member", english: "See whom the user calls", german: "Sehen, wen der Benutzer anruft" },
  { right: 'additional_see_incoming', section: "additional_line", level: "team_member", english: "See who calls", german: "Sehen, wer anruft" },
  { right: 'additional_see_diversions', section: "additional_line", level: "public", english: "See that calls are forwarded", german: "Sehen, dass Anrufe umgeleitet werden" },
  { right: 'additional_see_diversion_number', section: "additional_line", level: "team_member", english: "See where calls are forwarded to", german: "Sehen, wohin Anrufe umgeleitet werden" },
  { right: 'additional_set_diversions', section: "additional_line", level: null, english: "Set forwarding", german: "Umleitungen setzen" },
  { right: 'additional_pick_up', section: "additional_line", level: null, english: "Pick up calls", german: "Anrufe heranholen" },
  { right: 'see_av_status', section: "audio_video", level: "public", english: "See whether audio and video are available", german: "Sehen, ob Audio und Video verfügbar sind" },
  { right: 'see_av_busy', section: "audio_video", level: "team_member", english: "See that the user is in a conversation", german: "Sehen, dass der Benutzer im Gespräch ist" },
  { right: 'see_av_participants', section: "audio_video", level: "team_member", english: "See who takes part in a conversation", german: "Gesprächsteilnehmer sehen" },
];

export const sections: Record<Section, Words> = {
  contact: { english: "Contact data", german: "Kontaktdaten" },
  presence: { english: "Presence", german: "Präsenz" },
  phone: { english: "Telephone", german: "Telefon" },
  first_line: { english: "First line (business)", german: "Erste Leitung (geschäftlich)" },
  second_line: { english: "Second line (business 2)", german: "Zweite Leitung (geschäftlich 2)" },
  additional_line: { english: "Additional lines", german: "Weitere Leitungen" },
  audio_video: { english: "Audio and video", german: "Audio und Video" },
};

export const levels: Record<Level, Words> = {
  none: { english: "None", german: "Keine" },
  public: { english: "Public", german: "Öffentlich" },
  business: { english: "Business", german: "Geschäftlich" },
  team_member: { english: "Team member", german: "Teammitglied" },
  personal: { english: "Personal", german: "Persönlich" },
};

export const services: Record<ServiceRight, Words> = {
  configure_account: { english: "Change one's own account", german: "Das eigene Konto ändern" },
  control_lines: { english: "See and control telephone lines", german: "Telefonleitungen sehen und steuern" },
  chat: { english: "Chat", german: "Chat" },
  audio: { english: "Softphone and audio", german: "Softphone und Audio" },
  video: { english: "Softphone, audio and video", german: "Softphone, Audio und Video" },
  accept_screen_sharing: { english: "Take part in screen sharing", german: "An Bildschirmfreigaben teilnehmen" },
  start_screen_sharing: { english: "Share the screen", german: "Den Bildschirm freigeben" },
  federated_screen_sharing: { english: "Share the screen with other companies", german: "Den Bildschirm anderen Firmen freigeben" },
  share_files: { english: "Send files", german: "Dateien senden" },
  send_sms: { english: "Send SMS", german: "SMS senden" },
  missed_call_email: { english: "E-mail about missed calls", german: "E-Mail über verpasste Anrufe" },
  missed_call_sms: { english: "SMS about missed calls", german: "SMS über verpasste Anrufe" },
  record_calls: { english: "Record calls", german: "Gespräche aufnehmen" },
  voice_mailbox: { english: "Voice mailbox", german: "Sprachmailbox" },
  phone_books: { english: "Use telephone directories", german: "Telefonbücher benutzen" },
  web_app: { english: "Browser app", german: "Browser-App" },
  mobile_app: { english: "Mobile apps", german: "Mobile Apps" },
  internet_sign_in: { english: "Sign in over the internet", german: "Anmelden über das Internet" },
  presence_sync: { english: "Presence shared with other systems", german: "Präsenz mit anderen Systemen abgleichen" },
  public_page: { english: "Profile page for everybody", german: "Profilseite für alle" },
  see_all_journals: { english: "See the journals of all users", german: "Die Journale aller Benutzer sehen" },
  delete_journal: { english: "Delete journal entries", german: "Journaleinträge löschen" },
};

/** What is wrong with an object; `{}` stands for the problem's values, in their order. */
export const problems: Record<ProblemCode, Words> = {
  not_found: { english: "This object does not exist. Perhaps somebody has deleted it.", german: "Dieses Objekt gibt es nicht. Vielleicht wurde es gelöscht." },
  exists: { english: "An object with this id exists already.", german: "Ein Objekt mit dieser Kennung gibt es schon." },
  version_conflict: { english: "Somebody has changed this since you opened it: it is at version {}. Load it again and repeat your change.", german: "Das hat jemand geändert, seit Sie es geöffnet haben: Es hat die Version {}. Bitte neu laden und die Änderung wiederholen." },
  set_in_file: { english: "The configuration file sets this. Change it there.", german: "Das legt die Konfigurationsdatei fest. Bitte dort ändern." },
  cannot_be_deleted: { english: "This cannot be deleted.", german: "Das lässt sich nicht löschen." },
  last_administrator: { english: "Somebody must stay who may administer everything. Give another active administrator the role full first.", german: "Jemand muss alles verwalten dürfen. Bitte zuerst einem anderen aktiven Administrator die Rolle full geben." },
  too_many: { english: "There can be {} at most.", german: "Es dürfen höchstens {} sein." },
  unknown_field: { english: "There is no field {}. Check its spelling.", german: "Ein Feld {} gibt es nicht. Bitte die Schreibweise prüfen." },
  wrong_type: { english: "This value has the wrong form: expected {}.", german: "Dieser Wert hat die falsche Form. Erwartet: {}." },
  required: { english: "This is needed.", german: "Das wird gebraucht." },
  too_long: { english: "This may have {} characters at most.", german: "Das darf höchstens {} Zeichen haben." },
  control_character: { english: "There is a line break or another invisible character in it.", german: "Darin ist ein Zeilenumbruch oder ein anderes unsichtbares Zeichen." },
  space_in_login: { english: "A login has no spaces.", german: "Ein Anmeldename hat keine Leerzeichen." },
  name_taken: { english: "{} has this name already.", german: "{} heißt schon so." },
  identity_taken: { english: "{} has this identity already.", german: "{} hat diese Identität schon." },
  invalid_identity: { english: "An identity looks like user@example.com.", german: "Eine Identität sieht aus wie benutzer@example.com." },
  invalid_email: { english: "This is no e-mail address. One looks like user@example.com.", german: "Das ist keine E-Mail-Adresse. Eine sieht aus wie benutzer@example.com." },
  invalid_domain: { english: "This is no domain name. One looks like example.com.", german: "Das ist kein Domain-Name. Einer sieht aus wie example.com." },
  invalid_website: { english: "A website begins with https:// or http://.", german: "Eine Webseite beginnt mit https:// oder http://." },
  invalid_number: { english: "This is no telephone number. Write +, country, area and number, or internal digits.", german: "Das ist keine Telefonnummer. Bitte +, Land, Vorwahl und Nummer schreiben, oder interne Ziffern." },
  invalid_line: { english: "A line is named by its number, or by GROUP/NUMBER where several line groups have it.", german: "Eine Leitung wird mit ihrer Nummer benannt, oder mit GRUPPE/NUMMER, wo mehrere Leitungsgruppen sie haben." },
  display_name_needed: { english: "A user needs a displayed name before being activated.", german: "Ein Benutzer braucht einen angezeigten Namen, bevor er aktiviert wird." },
  unknown_user: { english: "This user does not exist.", german: "Diesen Benutzer gibt es nicht." },
  unknown_group: { english: "This group does not exist.", german: "Diese Gruppe gibt es nicht." },
  unknown_profile: { english: "This profile does not exist.", german: "Dieses Profil gibt es nicht." },
  repeated: { english: "This stands twice in the list.", german: "Das steht zweimal in der Liste." },
  grant_to_oneself: { english: "Users have every right on themselves.", german: "Benutzer haben alle Rechte auf sich selbst." },
  out_of_range: { english: "This must be from {} to {}.", german: "Das muss zwischen {} und {} liegen." },
  not_a_choice: { english: "This must be one of: {}.", german: "Möglich sind: {}." },
  unknown_setting: { english: "No client knows this setting.", german: "Diese Einstellung kennt kein Client." },
  name_is_fixed: { english: "The name of this profile cannot be changed.", german: "Der Name dieses Profils lässt sich nicht ändern." },
  scope_needed: { english: "Choose at least one scope.", german: "Bitte mindestens einen Bereich wählen." },
  unknown_column: { english: "This list cannot be sorted by it. It has the columns: {}.", german: "Danach lässt sich diese Liste nicht sortieren. Sie hat die Spalten: {}." },
  invalid_cursor: { english: "This place in the list is not known. Begin at the first page.", german: "Diese Stelle der Liste ist nicht bekannt. Bitte bei der ersten Seite beginnen." },
  unknown_name: { english: "There is no {} called {}.", german: "{} mit dem Namen {} gibt es nicht." },
  invalid_csv: { english: "This is no CSV file that can be read: {}.", german: "Das ist keine lesbare CSV-Datei: {}." },
  if_match_needed: { english: "Say which version you have changed: send its ETag as If-Match.", german: "Bitte angeben, welche Version geändert wurde: ihren ETag als If-Match senden." },
  idempotency_key_reused: { english: "Another request was sent with this Idempotency-Key. Choose another one.", german: "Mit diesem Idempotency-Key kam schon eine andere Anfrage. Bitte einen anderen wählen." },
  too_large: { english: "This is too large: {} MB are taken at most.", german: "Das ist zu groß: Höchstens {} MB werden angenommen." },
  wrong_media_type: { english: "Send this with one of these media types: {}.", german: "Das wird mit einem dieser Medientypen gesendet: {}." },
  password_too_short: { english: "A password has {} characters at least.", german: "Ein Passwort hat mindestens {} Zeichen." },
  invalid_document: { english: "This document cannot be read: {}.", german: "Dieses Dokument lässt sich nicht lesen: {}." },
  backup_busy: { english: "Another backup is being made or fetched. Wait for it.", german: "Eine andere Sicherung wird gerade gemacht oder geholt. Bitte darauf warten." },
  backup_elsewhere: { english: "The database is PostgreSQL: back it up with its own tools, pg_dump for example.", german: "Die Datenbank ist PostgreSQL: Sie wird mit deren eigenen Werkzeugen gesichert, zum Beispiel pg_dump." },
};

export type Values =
  | { kind: 'switch' }
  | { kind: 'number'; least: number; most: number }
  | { kind: 'choice'; words: string[] }
  | { kind: 'text'; most: number };

/** Every setting that a profile can have. */
export const settings: (Words & { key: string; values: Values })[] = [
  { key: 'language', values: { kind: 'choice', words: ["en","de"] }, english: "Language", german: "Sprache" },
  { key: 'theme', values: { kind: 'choice', words: ["auto","light","dark"] }, english: "Appearance", german: "Erscheinungsbild" },
  { key: 'ringtone', values: { kind: 'choice', words: ["chime","silent"] }, english: "Ringtone", german: "Klingelton" },
  { key: 'ring_volume', values: { kind: 'number', least: 0, most: 100 }, english: "Volume of ringing, in percent", german: "Lautstärke des Klingelns in Prozent" },
  { key: 'auto_answer', values: { kind: 'switch' }, english: "Answer calls automatically", german: "Anrufe automatisch annehmen" },
  { key: 'auto_answer_after', values: { kind: 'number', least: 0, most: 60 }, english: "Seconds until calls are answered automatically", german: "Sekunden, bis Anrufe automatisch angenommen werden" },
  { key: 'call_window', values: { kind: 'choice', words: ["always","incoming","never"] }, english: "When a window opens for a call", german: "Wann sich zu einem Anruf ein Fenster öffnet" },
  { key: 'notifications', values: { kind: 'switch' }, english: "Notifications", german: "Benachrichtigungen" },
  { key: 'letter_shortcuts', values: { kind: 'switch' }, english: "Single letters as shortcuts", german: "Einzelne Buchstaben als Tastenkürzel" },
  { key: 'hotkey', values: { kind: 'text', most: 40 }, english: "Key that dials the selected number", german: "Taste, die die markierte Nummer wählt" },
];
