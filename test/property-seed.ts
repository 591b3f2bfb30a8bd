import fc from 'fast-check';

/** Properties are tried on the same inputs in every run, so that a change and not chance fails them; `PARE_TEST_SEED` names others. */
fc.configureGlobal({ seed: Number(process.env.PARE_TEST_SEED ?? 1) });
