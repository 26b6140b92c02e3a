/** Asks before a page is left on which something is not saved. */
import { Button, Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from '../../i18n';
import { guarding } from '../route';
import classes from './RecordForm.module.css';

export function LeaveGuard({ unsaved }: { unsaved: boolean }) {
  const { texts } = useTranslation();
  const t = texts.admin.parts.form.leave;
  const [leave, setLeave] = useState<(() => void) | null>(null);
  useEffect(() => {
    if (!unsaved) return;
    return guarding((asked) => {
      setLeave(() => asked);
      return false;
    });
  }, [unsaved]);
  const stay = () => setLeave(null);
  return (
    <Modal opened={leave !== null} onClose={stay} title={t.title} centered closeButtonProps={{ 'aria-label': t.stay }}>
      <p className={classes.text}>{t.text}</p>
      <div className={classes.answers}>
        <Button variant="default" data-autofocus onClick={stay}>
          {t.stay}
        </Button>
        <Button
          className={classes.leave}
          onClick={() => {
            stay();
            leave?.();
          }}
        >
          {t.leave}
        </Button>
      </div>
    </Modal>
  );
}
