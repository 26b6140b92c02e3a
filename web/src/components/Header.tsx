import { ActionIcon } from '@mantine/core';
import { IconLogout, IconSettings } from '@tabler/icons-react';
import type { Cause } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import type { PhoneState } from '../protocol/state';
import { Appearance, LanguageChoice } from './Choices';
import { DoNotDisturb } from './DoNotDisturb';
import classes from './Header.module.css';
import { Logo } from './Logo';
import { Portrait } from './Portrait';

export interface HeaderProps {
  phone: Phone;
  state: PhoneState;
  onFailure: (cause: Cause) => void;
  onSettings: () => void;
  onSignOut: () => void;
}

export function Header({ phone, state, onFailure, onSettings, onSignOut }: HeaderProps) {
  const { texts } = useTranslation();
  const { user, link } = state;
  const name = user.display_name || user.name;
  return (
    <header className={classes.header}>
      <div className={classes.inner}>
        <div className={classes.brand}>
          <Logo size={30} />
          <h1 className={classes.wordmark}>{texts.wordmark}</h1>
        </div>
        <span className={classes.link} data-link={link} aria-live="polite" title={texts.link[link]}>
          <span className={classes.linkText}>{texts.link[link]}</span>
        </span>
        <span className={classes.user} title={texts.header.signedInAs(name)}>
          {state.account?.picture && <Portrait picture={state.account.picture} name={name} size={30} />}
          {name}
        </span>
        <div className={classes.tools}>
          <DoNotDisturb phone={phone} lines={state.lines} disabled={link !== 'online'} onFailure={onFailure} />
          <span className={classes.language}>
            <LanguageChoice />
          </span>
          <Appearance />
          <ActionIcon
            variant="default"
            size={34}
            aria-label={texts.header.settings}
            title={texts.header.settings}
            onClick={onSettings}
          >
            <IconSettings size={18} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="default"
            size={34}
            aria-label={texts.header.signOut}
            title={texts.header.signOut}
            onClick={onSignOut}
          >
            <IconLogout size={18} aria-hidden />
          </ActionIcon>
        </div>
      </div>
    </header>
  );
}
