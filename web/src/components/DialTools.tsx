/** What an idle line can do besides calling a number: redial, pick up, functions of the PBX. */
import { Button, Menu } from '@mantine/core';
import { IconListDetails, IconPhoneIncoming, IconRotateClockwise } from '@tabler/icons-react';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import classes from './Dialer.module.css';

export interface DialToolsProps {
  line: Line;
  online: boolean;
  /** The number called last; empty where there is none. */
  last: string;
  onCall: (number: string) => void;
  /** Puts something into the field, for the rest to be typed. */
  onType: (text: string) => void;
  onPickUp: () => void;
}

/** A part of a feature code that the person fills in, like `<NUMBER>`. */
const BLANK = /<[^>]*>/;

export function DialTools({ line, online, last, onCall, onType, onPickUp }: DialToolsProps) {
  const { texts } = useTranslation();
  const picks = line.services.includes('directed_pickup_call');
  const codes = line.services.includes('make_call') ? line.feature_codes : [];
  if (last === '' && !picks && codes.length === 0) return null;
  const dial = (code: string) => {
    const blank = BLANK.exec(code);
    if (blank) onType(code.slice(0, blank.index));
    else onCall(code);
  };
  return (
    <div className={classes.tools}>
      {last !== '' && (
        <Button
          className={classes.tool}
          size="sm"
          variant="subtle"
          color="gray"
          leftSection={<IconRotateClockwise size={18} aria-hidden />}
          title={texts.dial.redialNumber(last)}
          disabled={!online}
          onClick={() => onCall(last)}
        >
          {texts.dial.redial}
        </Button>
      )}
      {picks && (
        <Button
          className={classes.tool}
          size="sm"
          variant="subtle"
          color="gray"
          leftSection={<IconPhoneIncoming size={18} aria-hidden />}
          title={texts.pickup.hint}
          disabled={!online}
          onClick={onPickUp}
        >
          {texts.pickup.submit}
        </Button>
      )}
      {codes.length > 0 && (
        <Menu position="top" shadow="md" radius="md">
          <Menu.Target>
            <Button
              className={classes.tool}
              size="sm"
              variant="subtle"
              color="gray"
              leftSection={<IconListDetails size={18} aria-hidden />}
              disabled={!online}
            >
              {texts.dial.functions}
            </Button>
          </Menu.Target>
          <Menu.Dropdown aria-label={texts.dial.functionsOf(line.number)}>
            {codes.map(({ name, code }) => (
              <Menu.Item
                key={`${name} ${code}`}
                rightSection={<span className={`numbers ${classes.code}`}>{code}</span>}
                onClick={() => dial(code)}
              >
                {name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </div>
  );
}
