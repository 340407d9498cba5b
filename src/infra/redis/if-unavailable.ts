import { AdmissionUnavailable } from '#commands/admission.ts';

/** For what is no limit that must hold: `instead` is as good as an answer while there is no Redis. */
export async function ifUnavailable<Answer, Instead>(
  answer: Promise<Answer>,
  instead: () => Instead,
): Promise<Answer | Awaited<Instead>> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AdmissionUnavailable) return await instead();
    throw error;
  }
}
