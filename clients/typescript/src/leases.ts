// A contact in hand: fetched, held while the work lasts, reported or given back.
//
// What always holds: the lease is renewed until the task is reported, answered or given back; once the contact is
// recalled or lost, `signal` is aborted with the problem as its reason.

import type { LeaseContactsItems, OutcomeIn, Touchpoint } from "./generated/touchpoint.ts";
import { ContactRecalled, Problem } from "./problems.ts";

export interface LeaseOptions {
  /** How long the contact is held after the last renewal. */
  seconds?: number;
  /** Only contacts for this branch or team, and those for any. */
  place?: string;
  campaignId?: string;
}

/** A contact in hand. `await using task = …` gives it back at the end of the block, unless it was reported. */
export class Task {
  /** As it was fetched: customer, offer with script, goal. */
  readonly contact: LeaseContactsItems;
  readonly #touchpoint: Touchpoint;
  readonly #gone = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #seconds: number;
  #closed = false;

  constructor(touchpoint: Touchpoint, contact: LeaseContactsItems, seconds: number) {
    this.contact = contact;
    this.#touchpoint = touchpoint;
    this.#seconds = seconds;
    this.#timer = setInterval(() => void this.renew(), (seconds / 3) * 1000);
  }

  /** The contact. */
  get contactId(): string {
    return this.contact.contact_id;
  }

  /** Aborted once the contact is recalled or lost; its reason is the problem. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Whether it was taken back: stop. */
  get recalled(): boolean {
    return this.signal.reason instanceof ContactRecalled;
  }

  /** Hold it longer; also the question whether it still stands, for who has heard of a recall. */
  async renew(): Promise<void> {
    try {
      await this.#touchpoint.renewContactLease(this.contactId, { seconds: this.#seconds });
    } catch (error) {
      // Without an answer the next renewal comes before the lease lapses, or finds it lost.
      if (error instanceof Problem && !this.#closed) this.#end(error);
    }
  }

  /**
   * What came of it, in order; then it is no longer in hand. A contact recalled meanwhile may be reported, too: what
   * has happened counts.
   */
  async report(...outcomes: OutcomeIn[]): Promise<void> {
    await this.#touchpoint.reportContactOutcomes(this.contactId, { outcomes });
    this.#close();
  }

  /** Say whether the recall came in time. */
  async answerRecall(answer: "withdrawn" | "too_late"): Promise<void> {
    await this.#touchpoint.answerContactRecall(this.contactId, { answer });
    this.#close();
  }

  /** Give it back, for others to fetch; nothing when it is no longer in hand. */
  async giveBack(): Promise<void> {
    if (this.#closed || this.signal.aborted) return;
    this.#close();
    try {
      await this.#touchpoint.returnContactLease(this.contactId);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#gone.abort(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.giveBack();
  }

  #end(error: Problem): void {
    clearInterval(this.#timer);
    this.#gone.abort(error);
  }

  #close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }
}
