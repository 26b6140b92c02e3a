/** Asks before something is done that cannot be undone, or needs to know more. */
import { Button, Modal } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from '../../i18n';
import classes from './site.module.css';

export interface Question {
  title: string;
  text: ReactNode;
  /** What the button says that does it. */
  confirm: string;
  /** Whether it destroys something. */
  danger?: boolean;
}

/** A function that asks, and the dialog to draw. */
export function useAsk(): [ask: (question: Question) => Promise<boolean>, dialog: ReactNode] {
  const { texts } = useTranslation();
  const [asked, setAsked] = useState<(Question & { answer: (yes: boolean) => void }) | null>(null);
  const t = texts.admin.site;
  const ask = (question: Question) => new Promise<boolean>((answer) => setAsked({ ...question, answer }));
  const answered = (yes: boolean) => {
    asked?.answer(yes);
    setAsked(null);
  };
  const dialog = (
    <Modal
      opened={asked !== null}
      onClose={() => answered(false)}
      title={asked?.title}
      centered
      closeButtonProps={{ 'aria-label': t.cancel }}
    >
      <div className={classes.question}>{asked?.text}</div>
      <div className={classes.answers}>
        <Button variant="default" data-autofocus onClick={() => answered(false)}>
          {t.cancel}
        </Button>
        <Button className={asked?.danger ? classes.danger : undefined} onClick={() => answered(true)}>
          {asked?.confirm}
        </Button>
      </div>
    </Modal>
  );
  return [ask, dialog];
}
