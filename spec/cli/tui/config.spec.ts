import t from 'tap';
import { withConfigLine } from '../../../cli/tui/config.ts';
import { parseConfig } from '../../../cli/tui/config-parser.ts';

t.test(
  'a configuration gives settings, keys and colours; what is wrong in it is told',
  async (t) => {
    const config = parseConfig(`
[window]
bell = false
notify = "osc9"
bel = true
theme = "pink"
[keys]
"C-k" = ""
"M-z" = "undo"
"M-x" = "undoo"
[colours]
own = "green bold"
error = "purple"
`);
    t.equal(config.settings.bell, false);
    t.equal(config.settings.notify, 'osc9');
    t.equal(config.keymap.get('C-k'), undefined);
    t.equal(config.keymap.get('M-z'), 'undo');
    t.same(config.looks.own, { fg: 2, bold: true });
    t.same(config.problems, [
      'there is no setting bel; did you mean bell?',
      'theme takes default, light, mono',
      'M-x: there is no command undoo; did you mean undo?',
      'error: "purple" is no look',
    ]);
    t.match(parseConfig('= nonsense').problems[0], /cannot be read/);
  },
);

t.test('a setting is kept in the file without touching the rest of it', async (t) => {
  const text = '# mine\n[window]\n# the bell\nbell = true\n\n[keys]\n"M-z" = "undo"\n';
  const changed = withConfigLine(text, 'bell', false);
  t.equal(changed, text.replace('bell = true', 'bell = false'));
  t.equal(parseConfig(withConfigLine(text, 'theme', 'mono')).settings.theme, 'mono');
  t.equal(withConfigLine('', 'bell', true), '[window]\nbell = true\n');
  t.same(parseConfig(withConfigLine('[keys]\n', 'bell', false)).problems, []);
});
