/** Choice and trial of microphone and speaker. */
import { Button, NativeSelect } from '@mantine/core';
import { IconMicrophone, IconVolume } from '@tabler/icons-react';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { CauseCode } from '../generated/protocol';
import { useTranslation } from '../i18n';
import {
  canChooseSpeaker,
  chooseDevices,
  deviceChoice,
  listDevices,
  onDeviceChange,
  onDeviceChoice,
  type DeviceList,
} from '../media/devices';
import { closeStream, MicrophoneError, openMicrophone } from '../media/microphone';
import { playTestSound } from '../ringer';
import classes from './AudioDevices.module.css';
import { LevelBar } from './LevelBar';

/** The devices of this computer, kept up to date. */
export function useDevices() {
  const choice = useSyncExternalStore(onDeviceChoice, deviceChoice);
  const [devices, setDevices] = useState<DeviceList>({ microphones: [], speakers: [] });
  const refresh = useCallback(() => void listDevices().then(setDevices), []);
  useEffect(() => {
    refresh();
    return onDeviceChange(refresh);
  }, [refresh]);
  return { choice, devices, refresh };
}

/** @param input the microphone of a running call, which is shown instead of a second one. */
export function AudioDevices({ input }: { input: MediaStream | null }) {
  const { texts, sentence } = useTranslation();
  const { choice, devices, refresh } = useDevices();
  const [testing, setTesting] = useState(false);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [failure, setFailure] = useState<CauseCode | null>(null);
  const [playing, setPlaying] = useState(false);
  const named = [...devices.microphones, ...devices.speakers].some(({ label }) => label !== '');

  useEffect(() => {
    if (!testing || input) return;
    let left = false;
    let opened: MediaStream | null = null;
    openMicrophone().then(
      (found) => {
        if (left) return closeStream(found);
        opened = found;
        setStream(found);
        setFailure(null);
        refresh();
      },
      (error: unknown) => {
        if (left) return;
        setFailure(error instanceof MicrophoneError ? error.code : 'microphone_missing');
        setTesting(false);
      },
    );
    return () => {
      left = true;
      closeStream(opened);
      setStream(null);
    };
  }, [testing, input, choice.microphone, refresh]);

  const options = (list: MediaDeviceInfo[], chosen: string) => {
    const known = list.map(({ deviceId, label }, index) => ({ value: deviceId, label: label || `${index + 1}` }));
    const gone = chosen !== '' && !list.some(({ deviceId }) => deviceId === chosen);
    return [
      { value: '', label: texts.audio.systemDefault },
      ...known,
      ...(gone ? [{ value: chosen, label: texts.audio.gone }] : []),
    ];
  };

  return (
    <div className={classes.devices}>
      <NativeSelect
        label={texts.audio.microphone}
        value={choice.microphone}
        data={options(devices.microphones, choice.microphone)}
        onChange={(event) => chooseDevices({ microphone: event.currentTarget.value })}
      />
      <div className={classes.trial}>
        <LevelBar stream={input ?? stream} label={texts.call.microphone} />
        {!input && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconMicrophone size={16} aria-hidden />}
            onClick={() => setTesting(!testing)}
          >
            {testing ? texts.audio.stopMicrophone : texts.audio.tryMicrophone}
          </Button>
        )}
      </div>
      {failure ? (
        <p className={classes.failure} role="alert">
          {sentence(failure)}
        </p>
      ) : (
        <p className={classes.hint}>{named || testing || input ? texts.audio.level : texts.audio.namesHidden}</p>
      )}
      {canChooseSpeaker() ? (
        <NativeSelect
          label={texts.audio.speaker}
          value={choice.speaker}
          data={options(devices.speakers, choice.speaker)}
          onChange={(event) => chooseDevices({ speaker: event.currentTarget.value })}
        />
      ) : (
        <p className={classes.hint}>{texts.audio.speakerFixed}</p>
      )}
      <Button
        className={classes.sound}
        size="xs"
        variant="default"
        leftSection={<IconVolume size={16} aria-hidden />}
        disabled={playing}
        onClick={() => {
          setPlaying(true);
          void playTestSound().finally(() => setPlaying(false));
        }}
      >
        {texts.audio.testSound}
      </Button>
    </div>
  );
}
