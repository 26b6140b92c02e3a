/** What an idle line can do besides calling a number: redial, pick up, functions of the PBX. */
import { Menu } from '@mantine/core';
import { IconEyeOff, IconListDetails, IconPhoneIncoming, IconRotateClockwise } from '@tabler/icons-react';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import classes from './Dialer.module.css';
import { ToolButton, Tools, type Tool } from './Tools';

export interface DialToolsProps {
  line: Line;
  online: boolean;
  /** The number called last; empty where there is none. */
  last: string;
  /** Whether the next call is private. */
  isPrivate: boolean;
  onPrivate: () => void;
  onCall: (number: string) => void;
  /** Puts something into the field, for the rest to be typed. */
  onType: (text: string) => void;
  onPickUp: () => void;
}

/** A part of a feature code that the person fills in, like `<NUMBER>`. */
const BLANK = /<[^>]*>/;

export function DialTools({ line, online, last, isPrivate, onPrivate, onCall, onType, onPickUp }: DialToolsProps) {
  const { texts } = useTranslation();
  const picks = line.services.includes('directed_pickup_call');
  const codes = line.services.includes('make_call') ? line.feature_codes : [];
  const located = line.dialling !== null;
  if (last === '' && !picks && !located && codes.length === 0) return null;
  const dial = (code: string) => {
    const blank = BLANK.exec(code);
    if (blank) onType(code.slice(0, blank.index));
    else onCall(code);
  };
  const tools: (Tool | null)[] = [
    last !== ''
      ? {
          label: texts.dial.redial,
          icon: IconRotateClockwise,
          onPress: () => onCall(last),
          title: texts.dial.redialNumber(last),
          disabled: !online,
        }
      : null,
    picks
      ? {
          label: texts.pickup.submit,
          icon: IconPhoneIncoming,
          onPress: onPickUp,
          title: texts.pickup.hint,
          disabled: !online,
        }
      : null,
    located
      ? {
          label: texts.project.privateCall,
          icon: IconEyeOff,
          onPress: onPrivate,
          pressed: isPrivate,
          title: texts.project.privateHint,
        }
      : null,
  ];
  return (
    <Tools quiet tools={tools.filter((tool) => tool !== null)}>
      {codes.length > 0 && (
        <Menu position="top" shadow="md" radius="md">
          <Menu.Target>
            <ToolButton quiet label={texts.dial.functions} icon={IconListDetails} disabled={!online} type="button" />
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
    </Tools>
  );
}
