/** The groups of a user. */
import { ActionIcon } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useContext } from 'react';
import type { GroupObject, Stored, UserObject } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { Announce, useReason } from '../announce';
import { addressOf, Link } from '../route';
import { readStored, replaceBody, urlOfObject, type Loaded } from './objects';
import { ObjectAdder } from './ObjectPicker';
import { useMayChange } from './role';
import { Section } from './Section';
import classes from './site.module.css';

export interface MembershipsProps {
  user: Stored<UserObject>;
  groups: Loaded<Stored<GroupObject>[]>;
}

export function Memberships({ user: { id }, groups: { value, failure, again } }: MembershipsProps) {
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const may = useMayChange('groups');
  const t = texts.admin.site.user.membership;

  const parts = ({ members, leader, deputy }: GroupObject) => [
    ...(members.includes(id) ? [t.member] : []),
    ...(leader === id ? [t.leader] : []),
    ...(deputy === id ? [t.deputy] : []),
  ];
  const mine = (value ?? []).filter(({ object }) => parts(object).length > 0);
  const change = async (group: string, isMember: boolean) => {
    try {
      const url = urlOfObject('groups', group);
      // As it is by now, so that nobody else's change is lost.
      const { value: now, tag } = await readStored<GroupObject>(url);
      const others = now.object.members.filter((member) => member !== id);
      await replaceBody(url, { value: { ...now.object, members: isMember ? [...others, id] : others }, tag });
      announce(isMember ? t.added(now.object.name) : t.removed(now.object.name), false);
    } catch (error) {
      announce(texts.admin.site.failed(reason(error)), true);
    }
    again();
  };
  return (
    <Section name="memberships" title={t.title} text={t.text}>
      {value === null ? (
        <p className={classes.plain}>{failure === null ? texts.signIn.loading : reason(failure)}</p>
      ) : mine.length === 0 ? (
        <p className={classes.plain}>{t.none}</p>
      ) : (
        <ul className={classes.rows}>
          {mine.map(({ id: group, from_file, object }) => (
            <li key={group}>
              <div className={classes.row}>
                <Link className={classes.link} href={addressOf('groups', group)}>
                  {object.name}
                </Link>
                <span className={classes.dimmed}>
                  {[...parts(object), ...(object.active ? [] : [t.inactive])].join(', ')}
                </span>
              </div>
              {may && !from_file && object.members.includes(id) && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={36}
                  aria-label={t.remove(object.name)}
                  title={t.remove(object.name)}
                  onClick={() => void change(group, false)}
                >
                  <IconTrash size={17} aria-hidden />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
      )}
      {may && value !== null && (
        <ObjectAdder
          kind="groups"
          label={t.add}
          without={value
            .filter(({ from_file, object }) => from_file || object.members.includes(id))
            .map((each) => each.id)}
          onAdd={(group) => void change(group, true)}
        />
      )}
    </Section>
  );
}
