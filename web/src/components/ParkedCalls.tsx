/** Calls that wait at a number for somebody to pick them up. */
import { ActionIcon, Button } from '@mantine/core';
import { IconParking, IconPhoneIncoming, IconX } from '@tabler/icons-react';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Parked } from '../protocol/state';
import { whoIs } from './format';
import classes from './Lines.module.css';
import { Timer } from './Timer';

export interface ParkedCallsProps {
  parked: readonly Parked[];
  lines: readonly Line[];
  onPickUp: (line: string, at: string) => void;
  onDismiss: (call: string) => void;
}

export function ParkedCalls({ parked, lines, onPickUp, onDismiss }: ParkedCallsProps) {
  const { texts } = useTranslation();
  if (parked.length === 0) return null;
  const picks = (id: string) => lines.find((line) => line.id === id)?.services.includes('directed_pickup_call');
  return (
    <section className={`card ${classes.card}`} aria-label={texts.park.parked}>
      <h2 className="cardTitle">{texts.park.parked}</h2>
      <ul className={classes.list}>
        {parked.map((one) => (
          <li key={one.call} className={classes.other}>
            <IconParking size={22} aria-hidden />
            <div className={classes.names}>
              <span className={classes.who}>{whoIs(one, texts.call.unknown)}</span>
              <span className={classes.lineGroup} role="status">
                {texts.park.waitsAt(one.at)}
              </span>
            </div>
            <span className={classes.lineGroup}>
              <Timer since={one.since} label={texts.call.waiting} />
            </span>
            {picks(one.line) && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconPhoneIncoming size={16} aria-hidden />}
                onClick={() => onPickUp(one.line, one.at)}
              >
                {texts.park.back}
              </Button>
            )}
            <ActionIcon
              variant="subtle"
              color="gray"
              size={30}
              aria-label={texts.ended.dismiss}
              onClick={() => onDismiss(one.call)}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          </li>
        ))}
      </ul>
    </section>
  );
}
