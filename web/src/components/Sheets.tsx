/** The sheets of a call and of a line: transfer, park, pick up. */
import { Button } from '@mantine/core';
import { IconMessageQuestion, IconParking, IconPhoneIncoming, IconShare3 } from '@tabler/icons-react';
import { useState } from 'react';
import { enteredOf, fieldsOf, NOTHING_CHOSEN, type DialChoice } from '../dialling';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { offers, type Conversation } from '../protocol/select';
import type { Parked } from '../protocol/state';
import { whoIs } from './format';
import { NumberSheet } from './NumberSheet';
import classes from './NumberSheet.module.css';

export interface TransferSheetProps {
  phone: Phone;
  conversation: Conversation;
  line: Line | undefined;
  /** What is chosen for calls from the line: who is asked is called from it. */
  choice: DialChoice;
  /** Held calls that it can be connected with. */
  held: readonly Conversation[];
  onClose: () => void;
}

export function TransferSheet({ phone, conversation, line, choice, held, onClose }: TransferSheetProps) {
  const { texts } = useTranslation();
  const [number, setNumber] = useState('');
  const wanted = number.trim();
  const [{ call }] = conversation;
  const asks = offers(conversation, 'consultation_call');
  const direct = offers(conversation, 'single_step_transfer_call');
  const partners = held.filter((other) => offers([...conversation, ...other], 'transfer_call'));
  const done = (request: Promise<void>) => {
    void request;
    onClose();
  };
  const dialling = line?.dialling ?? null;
  const chosen = asks ? enteredOf(dialling, choice) : NOTHING_CHOSEN;
  const ask = () => asks && wanted !== '' && done(phone.consult(asks.call.id, wanted, fieldsOf(dialling, chosen)));
  const now = () => direct && wanted !== '' && done(phone.transferTo(direct.call.id, wanted));
  const choices = partners.length > 0 && (
    <div className={classes.choices}>
      <p className={classes.or}>{texts.transfer.held}</p>
      {partners.map(([other]) => (
        <Button
          key={other.call.id}
          variant="light"
          leftSection={<IconShare3 size={18} aria-hidden />}
          onClick={() => done(phone.transfer(call.id, other.call.id))}
        >
          {whoIs(other.call, texts.call.unknown)}
        </Button>
      ))}
    </div>
  );
  return (
    <NumberSheet
      title={texts.transfer.title(whoIs(call, texts.call.unknown))}
      label={texts.transfer.to}
      value={number}
      onChange={setNumber}
      // Enter asks first: it is the one that can be taken back.
      onSubmit={() => (asks ? ask() : now())}
      onClose={onClose}
      line={line}
      choice={chosen}
      choices={choices}
    >
      <p className={classes.hint}>
        {asks && direct ? texts.transfer.hint : asks ? texts.transfer.hintAsk : direct ? texts.transfer.hintNow : ''}
      </p>
      <div className={classes.choices}>
        {asks && (
          <Button
            type="submit"
            className={classes.button}
            leftSection={<IconMessageQuestion size={20} aria-hidden />}
            disabled={wanted === ''}
          >
            {texts.transfer.ask}
          </Button>
        )}
        {direct && (
          <Button
            className={classes.button}
            variant={asks ? 'default' : 'filled'}
            leftSection={<IconShare3 size={20} aria-hidden />}
            disabled={wanted === ''}
            onClick={now}
          >
            {texts.transfer.now}
          </Button>
        )}
      </div>
    </NumberSheet>
  );
}

export interface ParkSheetProps {
  phone: Phone;
  conversation: Conversation;
  line: Line | undefined;
  onClose: () => void;
}

export function ParkSheet({ phone, conversation, line, onClose }: ParkSheetProps) {
  const { texts } = useTranslation();
  const [number, setNumber] = useState('');
  const [{ call }] = conversation;
  const target = offers(conversation, 'park_call');
  const park = () => {
    if (target) void phone.park(target.call.id, number.trim());
    onClose();
  };
  return (
    <NumberSheet
      title={texts.park.title(whoIs(call, texts.call.unknown))}
      label={texts.park.at}
      value={number}
      onChange={setNumber}
      onSubmit={park}
      onClose={onClose}
    >
      <p className={classes.hint}>{line && texts.park.own(line.number)}</p>
      <Button type="submit" className={classes.button} leftSection={<IconParking size={20} aria-hidden />}>
        {texts.park.submit}
      </Button>
    </NumberSheet>
  );
}

export interface PickupSheetProps {
  phone: Phone;
  /** The line that takes the call. */
  line: Line;
  lines: readonly Line[];
  parked: readonly Parked[];
  /** What was typed already. */
  number: string;
  onClose: () => void;
}

export function PickupSheet({ phone, line, lines, parked, number: typed, onClose }: PickupSheetProps) {
  const { texts } = useTranslation();
  const [number, setNumber] = useState(typed);
  const pickUp = (from: string) => {
    if (from.trim() === '') return;
    void phone.pickUp(line.id, from.trim());
    onClose();
  };
  const own = lines.filter(({ id }) => id !== line.id).map((other) => other.number);
  const others = [...new Set([...parked.map(({ at }) => at), ...own])].filter((one) => one !== '');
  const choices = others.length > 0 && (
    <div className={classes.choices}>
      <p className={classes.or}>{texts.pickup.or}</p>
      {others.map((one) => (
        <Button
          key={one}
          variant="light"
          leftSection={<IconPhoneIncoming size={18} aria-hidden />}
          onClick={() => pickUp(one)}
        >
          {one}
        </Button>
      ))}
    </div>
  );
  return (
    <NumberSheet
      title={texts.pickup.title}
      label={texts.pickup.number}
      value={number}
      onChange={setNumber}
      onSubmit={() => pickUp(number)}
      onClose={onClose}
      choices={choices}
    >
      <p className={classes.hint}>{texts.pickup.hint}</p>
      <Button
        type="submit"
        className={classes.button}
        leftSection={<IconPhoneIncoming size={20} aria-hidden />}
        disabled={number.trim() === ''}
      >
        {texts.pickup.submit}
      </Button>
    </NumberSheet>
  );
}
