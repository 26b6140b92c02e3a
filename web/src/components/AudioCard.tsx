/** At a glance: which devices a call would use, and the keys that work everywhere. */
import { Button, Kbd } from '@mantine/core';
import { IconAdjustmentsHorizontal, IconMicrophone, IconVolume } from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import classes from './AudioCard.module.css';
import { useDevices } from './AudioDevices';
import { useLetters } from './keyboard';

export function AudioCard({ onChange }: { onChange: () => void }) {
  const { texts } = useTranslation();
  const { choice, devices } = useDevices();
  const nameOf = (list: MediaDeviceInfo[], id: string) =>
    id === '' ? texts.audio.systemDefault : list.find(({ deviceId }) => deviceId === id)?.label || texts.audio.gone;
  return (
    <section className={`card ${classes.card}`} aria-label={texts.audio.title}>
      <div className={classes.head}>
        <h2 className="cardTitle">{texts.audio.title}</h2>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden />}
          onClick={onChange}
        >
          {texts.audio.change}
        </Button>
      </div>
      <dl className={classes.list}>
        <dt>
          <IconMicrophone size={18} aria-hidden />
          {texts.audio.microphone}
        </dt>
        <dd>{nameOf(devices.microphones, choice.microphone)}</dd>
        <dt>
          <IconVolume size={18} aria-hidden />
          {texts.audio.speaker}
        </dt>
        <dd>{nameOf(devices.speakers, choice.speaker)}</dd>
      </dl>
    </section>
  );
}

/** @param inCall whether the letters that work in a call are shown. */
export function KeyboardCard({ inCall }: { inCall: boolean }) {
  const { texts } = useTranslation();
  const letters = useLetters();
  const idle = [
    [['0 – 9', '*', '#', '+'], texts.keys.dial],
    [['Enter'], texts.keys.enter],
    [['Esc'], texts.keys.escape],
  ] as const;
  const calling = [
    ...(letters
      ? ([
          [['H'], texts.keys.hold],
          [['T'], texts.keys.transfer],
          [['M'], texts.keys.mute],
          [['K'], texts.keys.keypad],
          [['S'], texts.keys.swap],
          [['C'], texts.keys.conference],
          [['P'], texts.call.park],
          [['N'], texts.keys.newCall],
        ] as const)
      : []),
    [['0 – 9', '*', '#'], texts.keys.digits],
  ] as const;
  const rows = inCall ? calling : idle;
  return (
    <section
      className={`card ${classes.card} ${classes.keyboard} ${inCall && letters ? classes.many : ''}`}
      aria-label={texts.keys.title}
    >
      <h2 className="cardTitle">{texts.keys.title}</h2>
      <dl className={classes.list}>
        {rows.map(([keys, text]) => (
          <div key={text} className={classes.row}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
