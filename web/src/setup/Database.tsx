/** Where everything is kept. */
import { PasswordInput, Radio, TextInput } from '@mantine/core';
import { IconCircleCheck, IconPlugConnected } from '@tabler/icons-react';
import { useState } from 'react';
import { useReason } from '../admin/announce';
import { BusyButton } from '../components/BusyButton';
import type { SetupState } from '../generated/site';
import { useTranslation } from '../i18n';
import { faultSentence } from '../i18n/causes';
import { chooseDatabase, faultsOf, setupState, testDatabase, type Faults } from './api';
import classes from './setup.module.css';
import { Loaded, Step } from './Step';

const EXAMPLE = 'postgres://offhook@localhost/offhook';

export function Database() {
  return <Loaded load={setupState}>{(state) => <Choice state={state} />}</Loaded>;
}

function Choice({ state }: { state: SetupState }) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const [kind, setKind] = useState(state.database);
  const [url, setUrl] = useState(state.database_url ?? EXAMPLE);
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState<Faults | null>(null);
  const [busy, setBusy] = useState(false);
  const [restarting, setRestarting] = useState(false);
  const t = texts.setup.database;
  const choice = { url: kind === 'sqlite' ? '' : url, password: kind === 'sqlite' ? '' : password };
  const same = kind === state.database && (kind === 'sqlite' || (url === state.database_url && password === ''));
  const test = async () => {
    setBusy(true);
    setTried(null);
    try {
      await testDatabase(choice);
      setTried({});
    } catch (error) {
      setTried(faultsOf(error, (fault) => faultSentence(fault, language), reason, ['url']));
    } finally {
      setBusy(false);
    }
  };
  const save = async () => {
    if (same) return;
    setRestarting(true);
    try {
      await chooseDatabase(choice);
    } finally {
      setRestarting(false);
    }
  };
  return (
    <Step text={t.text} save={save} fields={['url']}>
      {(faults) => (
        <>
          <Radio.Group value={kind} onChange={setKind} aria-label={texts.setup.step.database}>
            <div className={classes.choices}>
              <Radio value="sqlite" label={t.sqlite} description={t.sqliteText(state.data_dir)} />
              <Radio value="postgresql" label={t.postgresql} description={t.postgresqlText} />
            </div>
          </Radio.Group>
          {kind === 'postgresql' && (
            <div className={classes.inner}>
              <TextInput
                label={t.url}
                description={t.urlHint}
                value={url}
                error={faults.url ?? tried?.url}
                onChange={({ currentTarget }) => {
                  setUrl(currentTarget.value);
                  setTried(null);
                }}
              />
              <PasswordInput
                label={t.password}
                description={t.passwordHint}
                autoComplete="off"
                value={password}
                onChange={({ currentTarget }) => {
                  setPassword(currentTarget.value);
                  setTried(null);
                }}
                visibilityToggleButtonProps={{ 'aria-label': texts.setup.administrator.show }}
              />
              <div className={classes.row}>
                <BusyButton
                  variant="default"
                  busy={busy}
                  leftSection={<IconPlugConnected size={17} aria-hidden />}
                  onClick={() => void test()}
                >
                  {t.test}
                </BusyButton>
                {tried && Object.keys(tried).length === 0 && (
                  <span className={classes.good} role="status">
                    <IconCircleCheck size={18} aria-hidden />
                    {t.works}
                  </span>
                )}
              </div>
              {tried?.[''] && (
                <p className={classes.fault} role="alert">
                  {tried['']}
                </p>
              )}
              <p className={classes.text}>{t.file(state.config_file)}</p>
            </div>
          )}
          {!same && <p className={classes.text}>{t.other}</p>}
          {restarting && (
            <p className={classes.text} role="status">
              {t.restarting}
            </p>
          )}
        </>
      )}
    </Step>
  );
}
