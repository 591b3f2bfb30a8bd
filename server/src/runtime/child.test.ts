import { describe, expect, it } from 'vitest';
import { runChild } from './child.ts';

describe('runChild', () => {
  it('hands over the input and the answer, and what was printed on stderr', async () => {
    const script =
      'process.stderr.write("noise"); answer({ twice: input.value * 2, ort: typeof ort.Tensor });';
    expect(await runChild(script, { value: 21 })).toEqual({
      answer: { twice: 42, ort: 'function' },
      stderr: 'noise',
    });
  });

  it('survives a script that throws and one that crashes', async () => {
    const thrown = await runChild('throw new Error("on purpose");', {});
    expect(thrown.answer).toBeUndefined();
    expect(thrown.stderr).toContain('on purpose');
    expect((await runChild('process.abort();', {})).answer).toBeUndefined();
  });

  it('ends a script that hangs, when its time is over and when it is cancelled', async () => {
    const hang = 'for (;;);';
    await expect(runChild(hang, {}, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'child-failed' });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    await expect(runChild(hang, {}, { signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(runChild('', {}, { signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
