/** A person's picture, or the letters that stand for the name. */
import { IconUser } from '@tabler/icons-react';
import { createContext, useContext, useState } from 'react';
import type { MonitoredLine } from '../generated/protocol';
import { initials } from './format';
import classes from './Portrait.module.css';

export interface PortraitProps {
  /** Where the picture is; null: there is none. */
  picture: string | null;
  name: string | null;
  /** Pixels of its side. */
  size: number;
}

/** Pixels of the small one of the two pictures that the server has. */
const SMALL = 96;

/** For eyes only: the name stands beside it. */
export function Portrait({ picture, name, size }: PortraitProps) {
  const [broken, setBroken] = useState<string | null>(null);
  const style = { width: size, height: size, fontSize: size * 0.38 };
  if (picture !== null && picture !== broken) {
    return (
      <img
        className={classes.portrait}
        style={style}
        src={sized(picture, size)}
        alt=""
        draggable={false}
        onError={() => setBroken(picture)}
      />
    );
  }
  return (
    <span className={classes.portrait} style={style} aria-hidden="true">
      {initials(name) || <IconUser size={size * 0.5} stroke={1.5} />}
    </span>
  );
}

/** The small picture where it has pixels enough for any screen. */
const sized = (picture: string, size: number) =>
  picture.startsWith('data:') || size * 2 > SMALL ? picture : `${picture}&size=small`;

/** The lines of others that are shown, whose owners' pictures are known by their numbers. */
export const Colleagues = createContext<readonly MonitoredLine[]>([]);

/** Where the picture of the colleague with a number is. */
export function useColleague(number: string): string | null {
  const lines = useContext(Colleagues);
  if (number === '') return null;
  return lines.find((line) => line.picture !== null && line.number === number)?.picture ?? null;
}
