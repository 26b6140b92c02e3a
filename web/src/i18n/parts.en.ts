/** English texts of the console's reusable parts: lists, forms, conflicts. */
import { counter } from './numbers';

const counted = counter('en');

export const partsEn = {
  table: {
    found: (count: number) => counted(count, { one: '# entry', other: '# entries' }),
    hint: 'Arrow keys move, Space selects, Enter opens.',
    search: 'Search',
    clear: 'Clear the search',
    loading: 'Loading …',
    none: 'Nothing matches.',
    failed: 'The list cannot be shown.',
    again: 'Try again',
    select: (name: string) => `Select ${name}`,
    selectShown: 'Select all that are loaded',
    selectAll: (count: string) => `Select all ${count}`,
    selected: (count: number) => counted(count, { one: '# selected', other: '# selected' }),
    unselect: 'Select none',
    actions: 'What to do with the selected',
  },
  form: {
    unsaved: 'There are unsaved changes.',
    save: 'Save',
    saved: 'Saved.',
    discard: 'Discard',
    wrong: (count: number) => counted(count, { one: '# field is not right.', other: '# fields are not right.' }),
    leave: {
      title: 'Leave without saving?',
      text: 'What you changed on this page would be lost.',
      stay: 'Stay',
      leave: 'Leave without saving',
    },
  },
  conflict: {
    title: 'Somebody else has changed this',
    text: 'While you were working, another administrator saved it. What was changed there:',
    none: 'Nothing that this page shows was changed there.',
    field: 'Field',
    before: 'Was',
    mine: 'Yours',
    theirs: 'Theirs',
    kept: 'unchanged',
    overwrite: 'Save mine',
    overwriteText: 'Save mine keeps your changes, and theirs where you changed nothing.',
    reload: 'Discard mine and reload',
    back: 'Back to my changes',
    empty: 'empty',
    yes: 'yes',
    no: 'no',
  },
};

/** What a language must have. */
export type PartsTexts = typeof partsEn;
