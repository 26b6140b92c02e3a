/** What somebody else has changed meanwhile, and which of both is to stay. */
import { Button, Modal } from '@mantine/core';
import { BusyButton } from '../../components/BusyButton';
import { useTranslation } from '../../i18n';
import { PlainTable } from '../PlainTable';
import { same, type Difference } from './merge';
import classes from './RecordForm.module.css';

export interface ConflictDialogProps {
  /** Null: there is none. */
  differences: Difference[] | null;
  /** What each field is called, by its pointer. */
  labels: Readonly<Record<string, string>>;
  busy: boolean;
  onOverwrite: () => void;
  onReload: () => void;
  onBack: () => void;
}

export function ConflictDialog({ differences, labels, busy, onOverwrite, onReload, onBack }: ConflictDialogProps) {
  const { texts } = useTranslation();
  const t = texts.admin.parts.conflict;
  const shown = (value: unknown): string => {
    if (value === null || value === undefined || value === '') return t.empty;
    if (typeof value === 'boolean') return value ? t.yes : t.no;
    if (Array.isArray(value)) return value.length === 0 ? t.empty : value.map(shown).join(', ');
    return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);
  };
  const known = (differences ?? []).filter(({ pointer }) => pointer in labels);
  return (
    <Modal
      opened={differences !== null}
      onClose={onBack}
      title={t.title}
      size="lg"
      centered
      closeButtonProps={{ 'aria-label': t.back }}
    >
      <p className={classes.text}>{known.length === 0 ? t.none : t.text}</p>
      {known.length > 0 && (
        <div className={classes.differences}>
          <PlainTable
            label={t.title}
            folding
            columns={[t.field, t.before, t.mine, t.theirs]}
            rows={known.map(({ pointer, before, mine, theirs }) => ({
              key: pointer,
              cells: [
                <b key="field">{labels[pointer]}</b>,
                shown(before),
                same(before, mine) ? <span key="mine">{t.kept}</span> : shown(mine),
                shown(theirs),
              ],
            }))}
          />
        </div>
      )}
      <p className={classes.text}>{t.overwriteText}</p>
      <div className={classes.answers}>
        <Button variant="default" data-autofocus onClick={onBack}>
          {t.back}
        </Button>
        <Button variant="default" onClick={onReload}>
          {t.reload}
        </Button>
        <BusyButton busy={busy} onClick={onOverwrite}>
          {t.overwrite}
        </BusyButton>
      </div>
    </Modal>
  );
}
