import { counter } from './numbers';
import type { PartsTexts } from './parts.en';

const counted = counter('de');

export const partsDe: PartsTexts = {
  table: {
    found: (count) => counted(count, { one: '# Eintrag', other: '# Einträge' }),
    hint: 'Pfeiltasten bewegen, Leertaste wählt aus, Eingabe öffnet.',
    search: 'Suchen',
    clear: 'Suche leeren',
    loading: 'Wird geladen …',
    none: 'Nichts passt.',
    failed: 'Die Liste kann nicht gezeigt werden.',
    again: 'Noch einmal versuchen',
    select: (name) => `${name} auswählen`,
    selectShown: 'Alle geladenen auswählen',
    selectAll: (count) => `Alle ${count} auswählen`,
    selected: (count) => counted(count, { one: '# ausgewählt', other: '# ausgewählt' }),
    unselect: 'Auswahl aufheben',
    actions: 'Was mit den ausgewählten geschehen soll',
  },
  form: {
    unsaved: 'Es gibt ungespeicherte Änderungen.',
    save: 'Speichern',
    saved: 'Gespeichert.',
    discard: 'Verwerfen',
    wrong: (count) => counted(count, { one: '# Feld stimmt nicht.', other: '# Felder stimmen nicht.' }),
    leave: {
      title: 'Verlassen, ohne zu speichern?',
      text: 'Was Sie auf dieser Seite geändert haben, ginge verloren.',
      stay: 'Bleiben',
      leave: 'Ohne Speichern verlassen',
    },
  },
  conflict: {
    title: 'Jemand anderes hat dies geändert',
    text: 'Während Sie daran arbeiteten, hat ein anderer Administrator gespeichert. Das wurde dort geändert:',
    none: 'Von dem, was diese Seite zeigt, wurde dort nichts geändert.',
    field: 'Feld',
    before: 'Vorher',
    mine: 'Ihres',
    theirs: 'Dort',
    kept: 'unverändert',
    overwrite: 'Meines speichern',
    overwriteText: 'Dabei bleiben Ihre Änderungen, und die anderen dort, wo Sie nichts geändert haben.',
    reload: 'Meines verwerfen und neu laden',
    back: 'Zurück zu meinen Änderungen',
    empty: 'leer',
    yes: 'ja',
    no: 'nein',
  },
};
