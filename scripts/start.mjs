import { join } from 'node:path';
import { build } from './build.mjs';
import { variants } from './dist.mjs';
import { describeRuntime } from './electron-runtime.mjs';
import { applicationCommand, applicationEnv, prepareApplication } from './lib/application.mjs';
import { copyCookie } from './lib/display.mjs';
import { foreground, program, say } from './lib/run.mjs';
import { rehearse } from './rehearse.mjs';
import { setup } from './setup.mjs';

const hasDisplay = () => Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY']);

await program(import.meta.url, async (args) => {
  setup();
  if (!hasDisplay()) {
    say('there is no display here, so a rehearsal runs on a virtual one instead.');
    return await rehearse([]);
  }
  await build();
  const application = await prepareApplication(variants.release);
  const env = applicationEnv(application);
  const { user } = application;
  if (user !== undefined) {
    const cookie = copyCookie(join(user.home, '.Xauthority'), user);
    if (cookie !== undefined) env['XAUTHORITY'] = cookie;
    say(`started by root, so it runs as the user ${user.name}; its data: ${user.home}/.local/share/conclave`);
  }
  say(`opening Conclave with ${describeRuntime(application.runtime)}`);
  const [command = '', ...rest] = applicationCommand(application, args);
  return await foreground(command, rest, { cwd: application.folder, env });
});
