import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { withoutSetting } from '../shared/steps.ts';

/** Settings of a step that another setting makes meaningless. */
const overruled: readonly {
  readonly step: string;
  readonly setting: string;
  readonly by: string;
  readonly when: (value: unknown) => boolean;
}[] = [
  { step: 'prune', setting: 'sparsity', by: 'pattern', when: (value) => value !== 'unstructured' },
  { step: 'prune', setting: 'scope', by: 'pattern', when: (value) => value !== 'unstructured' },
];

const recipe = (settings: string) => `model: a.onnx\nsteps:\n  - prune: {${settings}}\n`;

export const settingWithoutEffect = defineDiagnostic({
  subject: 'recipe',
  code: 'setting-without-effect',
  severity: 'warning',
  what: 'A setting has no effect beside another one.',
  why: 'Both cannot hold: a pattern such as `2:4` says itself how many weights go, so a sparsity beside it is ignored.',
  remedy: 'Remove one of the two.',
  *detect({ plan, recipe }) {
    for (const { step, settings, given, path } of plan?.steps ?? [])
      for (const { setting, by, when } of overruled.filter((rule) => rule.step === step.name))
        if (setting in given && when(settings[by]))
          yield {
            message: `'${setting}' has no effect beside '${by}: ${settings[by]}'.`,
            range: rangeOf(recipe, [...path, setting], 'key'),
            fixes: withoutSetting(recipe, [...path, setting]),
          };
  },
  bad: [{ recipe: recipe("pattern: '2:4', <|sparsity|>: 80 %") }],
  good: [{ recipe: recipe("pattern: '2:4'") }, { recipe: recipe('sparsity: 80 %') }],
});
