/** What the server is called. */
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import type { SettingsObject, SetupState } from '../generated/site';
import { useTranslation } from '../i18n';
import { setSettings, settings, setupState } from './api';
import { Loaded, Step } from './Step';

export function Server() {
  return (
    <Loaded load={async () => ({ known: await settings(), state: await setupState() })}>
      {({ known, state }) => <ServerForm known={known} state={state} />}
    </Loaded>
  );
}

/** The domain of a host name: pbx.example.com is in example.com. */
const domainOf = (host: string) => (host.includes('.') ? host.slice(host.indexOf('.') + 1) : '');

function ServerForm({ known, state }: { known: SettingsObject; state: SetupState }) {
  const { texts } = useTranslation();
  const [server_name, setName] = useState(known.server_name);
  const [presence_domain, setDomain] = useState(known.presence_domain || domainOf(state.host_name));
  const t = texts.setup.server;
  return (
    <Step
      text={t.text}
      save={() => setSettings({ server_name, presence_domain })}
      fields={['server_name', 'presence_domain']}
    >
      {(faults) => (
        <>
          <TextInput
            label={t.name}
            description={t.nameHint}
            value={server_name}
            error={faults.server_name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <TextInput
            label={t.domain}
            description={t.domainHint}
            placeholder="example.com"
            value={presence_domain}
            error={faults.presence_domain}
            onChange={({ currentTarget }) => setDomain(currentTarget.value)}
          />
        </>
      )}
    </Step>
  );
}
