/** Where browsers reach the server, and what it shows them there. */
import { NativeSelect, Radio, TextInput } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useContext, useState } from 'react';
import { Announce, useReason } from '../admin/announce';
import { CertificateForm } from '../admin/site/CertificateForm';
import { WholeNumber } from '../admin/parts/WholeNumber';
import { InterfaceSign, Moved, Trial, useInterfaceStates } from '../admin/site/Interfaces';
import { leaves, placeOf } from '../admin/site/network';
import { useAsk } from '../admin/site/ask';
import { BusyButton } from '../components/BusyButton';
import type { InterfaceMode, InterfaceObject, InterfaceState, SetupState, Stored } from '../generated/site';
import { useTranslation } from '../i18n';
import { faultSentence } from '../i18n/causes';
import { faultsOf, objects, put, setupState, type Faults } from './api';
import classes from './setup.module.css';
import { Loaded, Step } from './Step';

const MODES: readonly InterfaceMode[] = ['tls', 'plain', 'redirect'];

export function Network() {
  const { texts } = useTranslation();
  const states = useInterfaceStates();
  return (
    <>
      <Trial states={states} />
      <Loaded load={() => objects('interfaces')}>
        {(interfaces, again) => (
          <Step text={texts.setup.network.text}>
            {() => (
              <ul className={classes.cards}>
                {interfaces.map((stored) => (
                  <li key={stored.id}>
                    <Interface
                      key={stored.version}
                      stored={stored}
                      state={states?.interfaces.find(({ id }) => id === stored.id)}
                      onSaved={again}
                    />
                  </li>
                ))}
              </ul>
            )}
          </Step>
        )}
      </Loaded>
    </>
  );
}

interface InterfaceProps {
  stored: Stored<InterfaceObject>;
  state: InterfaceState | undefined;
  onSaved: () => void;
}

function Interface({ stored, state, onSaved }: InterfaceProps) {
  const { texts, language } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const [ask, dialog] = useAsk();
  const [changed, setChanged] = useState(stored.object);
  const [faults, setFaults] = useState<Faults>({});
  const [busy, setBusy] = useState(false);
  const [moved, setMoved] = useState<string | null>(null);
  const t = texts.admin.network.interface;
  const { from_file: locked, object } = stored;
  const save = async () => {
    const isLeaving = (state?.yours ?? false) && leaves(object, changed);
    const place = placeOf(changed, window.location.hostname);
    if (isLeaving && !(await ask({ title: t.leaving, text: t.leavingText(place), confirm: t.leave }))) return;
    setBusy(true);
    setFaults({});
    try {
      const { address, port, mode } = changed;
      await put('interfaces', stored.id, { address, port, mode });
      announce(texts.setup.network.saved, false);
      if (isLeaving) setMoved(place);
      else onSaved();
    } catch (error) {
      setFaults(faultsOf(error, (fault) => faultSentence(fault, language), reason, ['address', 'port', 'mode']));
    } finally {
      setBusy(false);
    }
  };
  const place = object.address.includes(':') ? `[${object.address}]` : object.address;
  return (
    <section className={classes.inner} aria-label={object.name}>
      <div className={classes.row}>
        {locked && <IconLock size={16} role="img" aria-label={texts.setup.network.inFile} />}
        <b>{object.name}</b>
        {locked && <span className="numbers">{`${place}:${object.port}`}</span>}
        <span className={classes.room} />
        {state && <InterfaceSign state={state} />}
      </div>
      {locked ? (
        <p className={classes.text}>{`${t.modes[object.mode]}. ${texts.setup.network.inFile}`}</p>
      ) : (
        <>
          <div className={classes.three}>
            <NativeSelect
              label={t.fields['/mode']}
              value={changed.mode}
              error={faults.mode}
              onChange={({ currentTarget }) => setChanged({ ...changed, mode: currentTarget.value as InterfaceMode })}
              data={MODES.map((value) => ({ value, label: t.modes[value] }))}
            />
            <TextInput
              label={t.fields['/address']}
              value={changed.address}
              error={faults.address}
              onChange={({ currentTarget }) => setChanged({ ...changed, address: currentTarget.value })}
            />
            <WholeNumber
              label={t.fields['/port']}
              value={changed.port}
              error={faults.port}
              min={1}
              max={65535}
              clampBehavior="blur"
              onChange={(port) => setChanged({ ...changed, port })}
            />
          </div>
          {faults[''] && (
            <p className={classes.fault} role="alert">
              {faults['']}
            </p>
          )}
          {leaves(object, changed) && (
            <div>
              <BusyButton variant="default" size="xs" busy={busy} onClick={() => void save()}>
                {texts.setup.network.save}
              </BusyButton>
            </div>
          )}
        </>
      )}
      {dialog}
      <Moved place={moved} path="/setup#network" onClose={() => setMoved(null)} />
    </section>
  );
}

export function Certificate() {
  return (
    <Loaded
      load={async () => ({
        interfaces: await objects('interfaces'),
        kept: await objects('certificates'),
        state: await setupState(),
      })}
    >
      {({ interfaces, kept, state }, again) => {
        const shown = interfaces.find(({ object }) => object.mode === 'tls' && object.certificate !== null);
        const name = kept.find(({ id }) => id === shown?.object.certificate)?.object.name;
        return <CertificateChoice key={name} interfaces={interfaces} shown={name} state={state} onMade={again} />;
      }}
    </Loaded>
  );
}

interface CertificateChoiceProps {
  interfaces: Stored<InterfaceObject>[];
  /** What the interfaces show that is not the server's own. */
  shown: string | undefined;
  state: SetupState;
  onMade: () => void;
}

function CertificateChoice({ interfaces, shown, state, onMade }: CertificateChoiceProps) {
  const { texts } = useTranslation();
  const [choice, setChoice] = useState(shown === undefined ? 'own' : 'make');
  const t = texts.setup.certificate;
  const changeable = interfaces.filter(({ from_file, object }) => !from_file && object.mode === 'tls');
  const show = async (certificate: string | null) => {
    for (const { id, object } of changeable) {
      if (object.certificate !== certificate) await put('interfaces', id, { certificate });
    }
  };
  const names = [state.host_name, ...state.addresses].filter((name) => name !== '' && !name.startsWith('fe80'));
  return (
    <>
      <Step
        text={t.text}
        save={() => (choice === 'own' ? show(null) : Promise.resolve())}
        // Saving the certificate below leads on.
        last={choice === 'make' && shown === undefined}
      >
        {() => (
          <>
            <Radio.Group value={choice} onChange={setChoice} aria-label={texts.setup.step.certificate}>
              <div className={classes.choices}>
                <Radio value="own" label={t.own} description={t.ownText} />
                {changeable.length > 0 && <Radio value="make" label={t.make} description={t.makeText} />}
              </div>
            </Radio.Group>
            {shown !== undefined && <p className={classes.text}>{t.shown(shown)}</p>}
          </>
        )}
      </Step>
      {choice === 'make' && (
        <section className={`card ${classes.step} ${classes.below}`}>
          <CertificateForm
            begin={{ name: state.host_name || texts.wordmark, names }}
            onSaved={(id) => void show(id).then(onMade)}
          />
        </section>
      )}
    </>
  );
}
