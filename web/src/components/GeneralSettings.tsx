/** Settings of this browser. */
import { Button, Switch } from '@mantine/core';
import { useEffect, useState } from 'react';
import { computer, unpair } from '../computer';
import { LANGUAGES, useTranslation } from '../i18n';
import { useLocked } from '../presets';
import { users } from '../protocol/http';
import { SCHEMES } from '../scheme';
import { useFault } from '../security/fault';
import { Appearance, LanguageChoice } from './Choices';
import { setLetters, SWITCH, useLetters } from './keyboard';
import { canOpenLinks, openLinksHere } from './links';
import { PictureEditor } from './PictureEditor';
import classes from './SettingsDialog.module.css';

export interface GeneralSettingsProps {
  name: string;
  picture: string | null;
  configures: boolean;
}

export function GeneralSettings({ name, picture, configures }: GeneralSettingsProps) {
  const { texts } = useTranslation();
  const letters = useLetters();
  const lettersLocked = useLocked('letter_shortcuts', SWITCH);
  const languageLocked = useLocked('language', LANGUAGES);
  const themeLocked = useLocked('theme', SCHEMES);
  return (
    <>
      <h3 className="cardTitle">{texts.picture.title}</h3>
      <div className={classes.part}>
        <OwnPicture name={name} picture={picture} configures={configures} />
      </div>
      <Computer />
      <h3 className="cardTitle">{texts.settings.notifications}</h3>
      <div className={classes.part}>
        <Notifications />
      </div>
      <h3 className="cardTitle">{texts.settings.links}</h3>
      <div className={classes.part}>
        <Links />
      </div>
      <h3 className="cardTitle">{texts.settings.shortcuts}</h3>
      <div className={classes.part}>
        <Switch
          label={texts.settings.shortcutsText}
          description={lettersLocked ? texts.settings.locked : undefined}
          disabled={lettersLocked}
          checked={letters}
          onChange={(event) => setLetters(event.currentTarget.checked)}
        />
      </div>
      <h3 className="cardTitle">{texts.settings.display}</h3>
      <div className={`${classes.part} ${classes.row}`}>
        <LanguageChoice />
        <Appearance />
      </div>
      {languageLocked && <p className={classes.text}>{texts.settings.lockedLanguage}</p>}
      {themeLocked && <p className={classes.text}>{texts.settings.lockedTheme}</p>}
      <p className={classes.user}>{texts.header.signedInAs(name)}</p>
    </>
  );
}

function OwnPicture({ name, picture, configures }: GeneralSettingsProps) {
  const { texts } = useTranslation();
  const fault = useFault();
  const [said, setSaid] = useState('');
  return (
    <>
      <PictureEditor
        url={`${users.url}/picture`}
        picture={picture}
        name={name}
        may={configures}
        // The server tells of it.
        onChanged={() => undefined}
        onSaid={setSaid}
        reason={fault}
      />
      <p className={classes.said} role="status">
        {said || (configures && texts.picture.text)}
      </p>
    </>
  );
}

/** The computer that this browser is paired with; nothing where there is none. */
function Computer() {
  const { texts } = useTranslation();
  const fault = useFault();
  const [name, setName] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  useEffect(() => {
    let over = false;
    computer().then(
      (found) => over || setName(found),
      // An older server knows no computers.
      () => undefined,
    );
    return () => void (over = true);
  }, []);
  if (name === null) return said === '' ? null : <p role="status">{said}</p>;
  const forget = async () => {
    try {
      await unpair();
      setName(null);
      setSaid(texts.computer.forgotten);
    } catch (error) {
      setSaid(fault(error));
    }
  };
  return (
    <>
      <h3 className="cardTitle">{texts.computer.title}</h3>
      <div className={classes.part}>
        <p className={classes.text}>{texts.computer.here(name)}</p>
        <Button size="xs" variant="default" onClick={() => void forget()}>
          {texts.computer.forget}
        </Button>
        <p className={classes.said} role="status">
          {said}
        </p>
      </div>
    </>
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

/** Browsers do not tell whether they agreed. */
function Links() {
  const { texts } = useTranslation();
  const [asked, setAsked] = useState(false);
  if (!canOpenLinks()) return <p className={classes.text}>{texts.settings.linksUnable}</p>;
  return (
    <>
      <p className={classes.text}>{texts.settings.linksText}</p>
      <Button size="xs" variant="default" onClick={() => setAsked(openLinksHere())}>
        {texts.settings.linksOffer}
      </Button>
      <p className={classes.said} role="status">
        {asked && texts.settings.linksDone}
      </p>
    </>
  );
}
