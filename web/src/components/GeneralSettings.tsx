/** Settings of this browser. */
import { Button, Switch } from '@mantine/core';
import { useState } from 'react';
import { LANGUAGES, useTranslation } from '../i18n';
import { useLocked } from '../presets';
import { SCHEMES } from '../scheme';
import { Appearance, LanguageChoice } from './Choices';
import { setLetters, SWITCH, useLetters } from './keyboard';
import { canOpenLinks, openLinksHere } from './links';
import classes from './SettingsDialog.module.css';

export function GeneralSettings({ name }: { name: string }) {
  const { texts } = useTranslation();
  const letters = useLetters();
  const lettersLocked = useLocked('letter_shortcuts', SWITCH);
  const languageLocked = useLocked('language', LANGUAGES);
  const themeLocked = useLocked('theme', SCHEMES);
  return (
    <>
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
