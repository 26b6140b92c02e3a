/** A telephone rings: the server calls it from the first line. */
import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { TestCall } from '../admin/site/TestCall';
import type { Stored, UserObject } from '../generated/site';
import { useTranslation } from '../i18n';
import { objects, type LineBody } from './api';
import classes from './setup.module.css';
import { Loaded, Step } from './Step';

export function Ring() {
  return (
    <Loaded load={async () => ({ lines: await objects('lines'), users: await objects('users') })}>
      {({ lines, users }) => <RingForm lines={lines.filter(({ object }) => object.active)} users={users} />}
    </Loaded>
  );
}

/** Telephones of users that are no lines of ours. */
const telephones = (users: readonly Stored<UserObject>[]) =>
  users.flatMap(({ object: { phones } }) => [phones.mobile, phones.private]).filter((number) => number !== '');

function RingForm({ lines, users }: { lines: Stored<LineBody>[]; users: Stored<UserObject>[] }) {
  const { texts } = useTranslation();
  const [chosen, setChosen] = useState(lines[0]?.id);
  const t = texts.setup.ring;
  return (
    <Step text={t.text}>
      {() =>
        chosen === undefined ? (
          <p className={classes.text}>{t.none}</p>
        ) : (
          <>
            {lines.length > 1 && (
              <NativeSelect
                label={t.line}
                value={chosen}
                onChange={({ currentTarget }) => setChosen(currentTarget.value)}
                data={lines.map(({ id, object }) => ({ value: id, label: object.number }))}
              />
            )}
            <TestCall key={chosen} line={chosen} proposals={telephones(users)} console={false} />
          </>
        )
      }
    </Step>
  );
}
