// When to try again, and how long to wait before.

/** How patient a client is; times in seconds. */
export interface Retries {
  /** In all, the first one included. */
  attempts: number;
  /** Before the second attempt, on average; twice as long before each further one. */
  first: number;
  /** What a wait of our own never exceeds. What `Retry-After` asks for is waited for up to `patience`. */
  longest: number;
  patience: number;
}

export const USUAL: Retries = { attempts: 5, first: 0.1, longest: 5, patience: 60 };

const AGAIN = new Set([429, 500, 502, 503, 504]);

/** Whether an answer with this status and type of problem is worth another attempt. */
export function again(status: number, type: string): boolean {
  return AGAIN.has(status) || type === "idempotency-key-in-use";
}

/**
 * Seconds to wait after this attempt (from 1) has failed; undefined to give up.
 *
 * Waits differ at random between half and one and a half of their usual length, so that many clients that failed
 * together do not come back together.
 */
export function wait(retries: Retries, attempt: number, retryAfter: string | null): number | undefined {
  if (attempt >= retries.attempts) return undefined;
  const asked = seconds(retryAfter);
  if (asked !== undefined) return asked <= retries.patience ? asked : undefined;
  const usual = Math.min(retries.first * 2 ** (attempt - 1), retries.longest / 1.5);
  return usual * (0.5 + Math.random());
}

/** What `Retry-After` asks for; undefined when it is not there or cannot be read. */
function seconds(text: string | null): number | undefined {
  if (text === null || text.trim() === "") return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}

/** Wait; ends early, with the signal's reason, when the signal says so. */
export async function sleep(duration: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, duration * 1000);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
