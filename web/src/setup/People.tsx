/** Who looks after the server, and who telephones. */
import { Autocomplete, PasswordInput, TextInput } from '@mantine/core';
import { IconPlus, IconUser } from '@tabler/icons-react';
import { useState } from 'react';
import { useReason } from '../admin/announce';
import { BusyButton } from '../components/BusyButton';
import type { AdministratorObject, Stored, UserObject } from '../generated/site';
import { useTranslation } from '../i18n';
import { faultSentence } from '../i18n/causes';
import {
  faultsOf,
  Lacking,
  objects,
  proposedLogin,
  proposedPassword,
  put,
  setPassword,
  settings,
  type Faults,
  type LineBody,
} from './api';
import { remember, useMemory } from './memory';
import classes from './setup.module.css';
import { Loaded, Step } from './Step';

export function Administrator() {
  return (
    <Loaded
      load={async () => ({ all: await objects('administrators'), least: (await settings()).password.min_length })}
    >
      {({ all, least }) => {
        const known = all.find(({ from_file, object }) => !from_file && object.role === 'full');
        return <AdministratorForm known={known} least={least} file={all.find(({ from_file }) => from_file)} />;
      }}
    </Loaded>
  );
}

interface AdministratorFormProps {
  known: Stored<AdministratorObject> | undefined;
  file: Stored<AdministratorObject> | undefined;
  least: number;
}

function AdministratorForm({ known, file, least }: AdministratorFormProps) {
  const { texts } = useTranslation();
  const [login, setLogin] = useState(known?.object.login ?? 'admin');
  const [name, setName] = useState(known?.object.display_name ?? '');
  const [password, setSecret] = useState('');
  const hasPassword = useMemory(`password ${known?.id ?? ''}`) !== undefined;
  const t = texts.setup.administrator;
  const save = async () => {
    if (password === '' && !hasPassword) throw new Lacking(t.passwordNeeded);
    // Before anything is kept: a short password would leave an administrator without one.
    const id = await put('administrators', known?.id, { login, display_name: name, role: 'full', active: true });
    if (password === '') return;
    await setPassword('administrators', id, password);
    remember(`password ${id}`, '');
  };
  if (file) {
    return <Step text={t.text}>{() => <p className={classes.text}>{t.inFile(file.object.login)}</p>}</Step>;
  }
  return (
    <Step text={t.text} save={save} fields={['login', 'display_name', 'password']}>
      {(faults) => (
        <>
          <TextInput
            label={t.login}
            required
            autoComplete="username"
            value={login}
            error={faults.login}
            onChange={({ currentTarget }) => setLogin(currentTarget.value)}
          />
          <TextInput
            label={t.name}
            autoComplete="name"
            value={name}
            error={faults.display_name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <PasswordInput
            label={t.password}
            description={hasPassword ? t.passwordKept : t.passwordHint(least)}
            required={!hasPassword}
            autoComplete="new-password"
            value={password}
            error={faults.password}
            onChange={({ currentTarget }) => setSecret(currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t.show, tabIndex: 0 }}
          />
        </>
      )}
    </Step>
  );
}

export function Users() {
  const load = async () => ({
    users: await objects('users'),
    // A server of an earlier version knows lines of its file only.
    lines: await objects('lines').catch((): Stored<LineBody>[] => []),
  });
  return (
    <Loaded load={load}>
      {({ users, lines }, again) => (
        <UsersForm key={users.length} users={users} lines={lines.map(({ object }) => object.number)} onAdded={again} />
      )}
    </Loaded>
  );
}

interface UsersFormProps {
  users: Stored<UserObject>[];
  lines: string[];
  onAdded: () => void;
}

const FIELDS = ['login', 'display_name', 'password', 'phones'];

function UsersForm({ users, lines, onAdded }: UsersFormProps) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const taken = users.map(({ object }) => object.phones.business);
  const [name, setName] = useState('');
  const [typed, setTyped] = useState<string | null>(null);
  const [password, setSecret] = useState(proposedPassword);
  const [number, setNumber] = useState(lines.find((line) => !taken.includes(line)) ?? lines[0] ?? '');
  const [faults, setFaults] = useState<Faults>({});
  const [busy, setBusy] = useState(false);
  const t = texts.setup.users;
  const login = typed ?? proposedLogin(name);
  const add = async () => {
    setBusy(true);
    setFaults({});
    try {
      const same = users.find(({ object }) => object.login === login);
      const id = await put('users', same?.id, {
        login,
        display_name: name.trim() || login,
        active: true,
        phones: { business: number } as UserObject['phones'],
      });
      await setPassword('users', id, password);
      remember(`login ${login}`, password);
      onAdded();
      return true;
    } catch (error) {
      setFaults(faultsOf(error, (fault) => faultSentence(fault, language), reason, FIELDS));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const save = async () => {
    // Who has filled the form in and goes on means this one, too.
    if (name.trim() !== '' && !(await add())) throw new Lacking('');
    if (name.trim() === '' && users.length === 0) throw new Lacking(t.needed);
  };
  return (
    <Step text={t.text} save={save} skip={users.length === 0}>
      {() => (
        <>
          {users.length > 0 && (
            <ul className={classes.people} aria-label={t.list}>
              {users.map(({ id, object }) => (
                <li key={id}>
                  <IconUser size={18} aria-hidden />
                  <b>{object.display_name || object.login}</b>
                  <span className="numbers">{object.phones.business}</span>
                </li>
              ))}
            </ul>
          )}
          <div className={classes.columns}>
            <TextInput
              label={t.name}
              placeholder={t.nameHint}
              value={name}
              error={faults.display_name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
            />
            <TextInput
              label={t.login}
              autoComplete="off"
              value={login}
              error={faults.login}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
            />
            <TextInput
              label={t.password}
              description={t.passwordHint}
              autoComplete="off"
              spellCheck={false}
              value={password}
              error={faults.password}
              onChange={({ currentTarget }) => setSecret(currentTarget.value)}
            />
            <Autocomplete
              label={t.number}
              description={t.numberHint}
              data={[...new Set(lines)]}
              value={number}
              error={faults.phones}
              onChange={setNumber}
            />
          </div>
          {faults[''] && (
            <p className={classes.fault} role="alert">
              {faults['']}
            </p>
          )}
          <div>
            <BusyButton
              variant="default"
              busy={busy}
              leftSection={<IconPlus size={17} aria-hidden />}
              onClick={() => void add()}
            >
              {t.add}
            </BusyButton>
          </div>
        </>
      )}
    </Step>
  );
}
