import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from '../i18n';
import { AudioDevices } from './AudioDevices';
import { Appearance, LanguageChoice } from './Choices';
import classes from './SettingsDialog.module.css';

export interface SettingsDialogProps {
  opened: boolean;
  /** The microphone of a running call. */
  input: MediaStream | null;
  /** Who is signed in. */
  name: string;
  onClose: () => void;
}

export function SettingsDialog({ opened, input, name, onClose }: SettingsDialogProps) {
  const { texts } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={texts.settings.title}
      closeButtonProps={{ 'aria-label': texts.settings.close }}
      centered
      radius="lg"
      classNames={{ title: classes.title }}
    >
      <h3 className="cardTitle">{texts.audio.title}</h3>
      <div className={classes.part}>
        <AudioDevices input={input} />
      </div>
      <h3 className="cardTitle">{texts.settings.notifications}</h3>
      <div className={classes.part}>
        <Notifications />
      </div>
      <h3 className="cardTitle">{texts.settings.display}</h3>
      <div className={`${classes.part} ${classes.row}`}>
        <LanguageChoice />
        <Appearance />
      </div>
      <p className={classes.user}>{texts.header.signedInAs(name)}</p>
    </Modal>
  );
}

function Notifications() {
  const { texts } = useTranslation();
  const [permission, setPermission] = useState(() => ('Notification' in window ? Notification.permission : 'denied'));
  if (permission === 'granted') return <p className={classes.text}>{texts.settings.allowed}</p>;
  if (permission === 'denied') return <p className={classes.text}>{texts.settings.blocked}</p>;
  return (
    <>
      <p className={classes.text}>{texts.settings.notificationsText}</p>
      <Button
        size="xs"
        variant="default"
        onClick={() => void Notification.requestPermission().then(setPermission, () => undefined)}
      >
        {texts.settings.allow}
      </Button>
    </>
  );
}
