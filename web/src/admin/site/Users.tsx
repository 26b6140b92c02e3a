/** All users. */
import { Button, Checkbox, Modal } from '@mantine/core';
import { IconSettingsPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { ServiceRight, UserObject } from '../../generated/site';
import { Portrait } from '../../components/Portrait';
import { services } from '../../generated/siteTables';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { bulk, pictureUrl, useAll, type ListedObject } from './objects';
import { ObjectFilter } from './ObjectFilter';
import { ActiveSign, ObjectList } from './ObjectList';
import { inLanguage, SERVICES } from './rights';
import classes from './site.module.css';

export function Users() {
  const { texts } = useTranslation();
  const groups = useAll('groups');
  const profiles = useAll('profiles');
  const [asked, setAsked] = useState<((chosen: ServiceRight[]) => void) | null>(null);
  const t = texts.admin.site;
  const f = t.user.fields;
  const columns: Column<ListedObject<UserObject>>[] = [
    {
      key: 'name',
      title: f['/display_name'],
      sort: 'display_name',
      width: 'minmax(0, 1.3fr)',
      cell: ({ id, object, picture }) => (
        <span className={classes.named}>
          <Portrait
            picture={picture === undefined ? null : `${pictureUrl(id)}?version=${picture}`}
            name={object.display_name || object.login}
            size={28}
          />
          {object.display_name || object.login}
        </span>
      ),
    },
    { key: 'login', title: f['/login'], sort: 'login', cell: ({ object }) => object.login, wide: true },
    { key: 'business', title: t.user.business, sort: 'business', cell: ({ object }) => object.phones.business },
    {
      key: 'department',
      title: f['/address/department'],
      sort: 'department',
      cell: ({ object }) => object.address.department,
      wide: true,
    },
    { key: 'email', title: f['/email'], sort: 'email', cell: ({ object }) => object.email, wide: true },
    {
      key: 'active',
      title: f['/active'],
      sort: 'active',
      width: 'minmax(68px, 0.7fr)',
      cell: ({ object }) => <ActiveSign active={object.active} />,
    },
  ];
  return (
    <>
      <ObjectList
        kind="users"
        columns={columns}
        activatable
        filters={(filter, set) =>
          (
            [
              ['group', t.user.ofGroup, t.user.allGroups, groups.value],
              ['profile', t.user.ofProfile, t.user.allProfiles, profiles.value],
            ] as const
          ).map(([name, label, every, found]) => (
            <ObjectFilter
              key={name}
              label={label}
              every={every}
              objects={found}
              value={filter[name] ?? ''}
              onChange={(id) => set(name, id)}
            />
          ))
        }
        actions={(run) => [
          {
            key: 'services',
            label: t.bulk.services,
            icon: IconSettingsPlus,
            run: async (items) => {
              const chosen = await new Promise<ServiceRight[]>((answer) => setAsked(() => answer));
              setAsked(null);
              if (chosen.length === 0) return false;
              return run(items, (ids) => bulk('users', ids, { add: { services: chosen } }), t.bulk.servicesAdded);
            },
          },
        ]}
      />
      <ServicesDialog onChosen={asked} />
    </>
  );
}

function ServicesDialog({ onChosen }: { onChosen: ((chosen: ServiceRight[]) => void) | null }) {
  const { texts, language } = useTranslation();
  const [chosen, setChosen] = useState<string[]>([]);
  const t = texts.admin.site;
  const answer = (those: string[]) => {
    onChosen?.(SERVICES.filter((service) => those.includes(service)));
    setChosen([]);
  };
  return (
    <Modal
      opened={onChosen !== null}
      onClose={() => answer([])}
      title={t.bulk.services}
      size="lg"
      centered
      closeButtonProps={{ 'aria-label': t.cancel }}
    >
      <p className={classes.question}>{t.bulk.servicesText}</p>
      <Checkbox.Group value={chosen} onChange={setChosen} aria-label={t.bulk.services}>
        <div className={classes.services}>
          {SERVICES.map((service) => (
            <Checkbox key={service} value={service} label={inLanguage(services[service], language)} />
          ))}
        </div>
      </Checkbox.Group>
      <div className={classes.answers}>
        <Button variant="default" onClick={() => answer([])}>
          {t.cancel}
        </Button>
        <Button onClick={() => answer(chosen)}>{t.bulk.servicesAdd}</Button>
      </div>
    </Modal>
  );
}
