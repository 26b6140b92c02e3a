/** Rules that compare a number and say what it becomes. */
import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import type { Comparison, NumberRule } from '../../../generated/site';
import { useTranslation } from '../../../i18n';
import { useFormFields } from '../../parts/RecordForm';
import classes from './numbers.module.css';
import { RuleList, type RuleAt } from './RuleList';

const COMPARISONS: readonly Comparison[] = ['regex', 'equal'];

export interface NumberRulesProps {
  at: string;
  /** Whether a rule must say what the number becomes. */
  needed?: boolean;
}

export function NumberRules({ at, needed = false }: NumberRulesProps) {
  const { labels } = useFormFields();
  // What is internal or external stays a number.
  const droppable = at.startsWith('/formatting/');
  const blank: NumberRule = { description: '', compare: 'regex', pattern: '', replacement: needed ? '' : null };
  return (
    <div className={classes.rulesOf}>
      <h3>{labels[at]}</h3>
      <RuleList<NumberRule> at={at} blank={blank}>
        {(rule) => <Fields {...rule} needed={needed} droppable={droppable} />}
      </RuleList>
    </div>
  );
}

interface FieldsProps extends RuleAt<NumberRule> {
  needed: boolean;
  /** Whether a rule may leave nothing of the number. */
  droppable: boolean;
}

function Fields({ rule, put, fault, needed, droppable }: FieldsProps) {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules.rule;
  const { replacement } = rule;
  return (
    <div className={classes.numberRule}>
      <TextInput
        label={t.pattern}
        classNames={{ input: classes.code }}
        spellCheck={false}
        autoCapitalize="off"
        value={rule.pattern}
        error={fault('pattern')}
        onChange={({ currentTarget }) => put({ pattern: currentTarget.value })}
      />
      <NativeSelect
        label={t.compare}
        classNames={{ input: classes.compare }}
        value={rule.compare}
        onChange={({ currentTarget }) => put({ compare: currentTarget.value as Comparison })}
        data={COMPARISONS.map((value) => ({ value, label: t.comparisons[value] }))}
      />
      <div className={classes.becomes}>
        {!needed && (
          <Checkbox
            size="xs"
            classNames={{ body: classes.choice }}
            label={t.becomes}
            checked={replacement !== null}
            onChange={({ currentTarget }) => put({ replacement: currentTarget.checked ? '' : null })}
          />
        )}
        <TextInput
          label={needed ? t.becomes : undefined}
          aria-label={needed ? undefined : t.becomes}
          classNames={{ input: classes.code }}
          spellCheck={false}
          autoCapitalize="off"
          disabled={replacement === null}
          placeholder={replacement === null ? t.stays : undefined}
          description={replacement === '' && droppable ? t.dropped : undefined}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={replacement ?? ''}
          error={fault('replacement')}
          onChange={({ currentTarget }) => put({ replacement: currentTarget.value })}
        />
      </div>
      <TextInput
        label={t.description}
        value={rule.description}
        error={fault('description')}
        onChange={({ currentTarget }) => put({ description: currentTarget.value })}
      />
    </div>
  );
}
