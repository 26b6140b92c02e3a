/** Asks before a number from a link on another page is called. */
import { Button, Group, Modal, NativeSelect, Text } from '@mantine/core';
import { IconPhone } from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import { lineFor } from '../protocol/select';
import type { PhoneState } from '../protocol/state';
import { DialledAs } from './DialledAs';
import classes from './LinkedNumber.module.css';
import type { Placing } from './placing';

export interface LinkedNumberProps {
  state: PhoneState;
  /** The number; null where no link brought one. */
  number: string | null;
  /** The chosen line. */
  line: string;
  onLine: (line: string) => void;
  placing: Placing;
  onClose: () => void;
}

export function LinkedNumber({ state, number, line, onLine, placing, onClose }: LinkedNumberProps) {
  const { texts } = useTranslation();
  const chosen = lineFor(state, line);
  const call = () => {
    if (!chosen || number === null) return;
    onClose();
    void placing.place(chosen, number);
  };
  const ready = state.link === 'online' && chosen !== undefined && state.draft === null;
  return (
    <Modal
      opened={number !== null}
      onClose={onClose}
      title={texts.linked.title}
      closeButtonProps={{ 'aria-label': texts.linked.cancel }}
      centered
      radius="lg"
    >
      <Text size="sm" c="dimmed">
        {texts.linked.text}
      </Text>
      {/* Has the focus: Enter that was meant for the other page must not call. */}
      <p className={`numbers ${classes.number}`} tabIndex={-1} data-autofocus>
        {number}
      </p>
      <DialledAs line={chosen} number={number ?? ''} choice={placing.choiceOf(chosen)} />
      {state.lines.length > 1 && (
        <NativeSelect
          label={texts.dial.line}
          value={chosen?.id ?? ''}
          onChange={(event) => onLine(event.currentTarget.value)}
          data={state.lines.map((one) => ({
            value: one.id,
            label: texts.dial.lineOption(one.number, one.line_group),
          }))}
        />
      )}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {texts.linked.cancel}
        </Button>
        <Button
          className={classes.call}
          leftSection={<IconPhone size={18} aria-hidden />}
          disabled={!ready}
          onClick={call}
        >
          {texts.linked.call}
        </Button>
      </Group>
    </Modal>
  );
}
