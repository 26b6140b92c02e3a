/** All line groups. */
import type { LineGroupObject, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { ObjectList } from './ObjectList';

export function LineGroupList() {
  const { texts } = useTranslation();
  const t = texts.admin.site.lineGroup;
  const columns: Column<Stored<LineGroupObject>>[] = [
    {
      key: 'name',
      title: t.fields['/name'],
      sort: 'name',
      width: 'minmax(0, 1.3fr)',
      cell: ({ object }) => object.name,
    },
    { key: 'registrar', title: t.fields['/registrar'], sort: 'registrar', cell: ({ object }) => object.registrar },
    { key: 'kind', title: t.fields['/kind'], sort: 'kind', cell: ({ object }) => t.kinds[object.kind], wide: true },
  ];
  return <ObjectList kind="line_groups" columns={columns} />;
}
