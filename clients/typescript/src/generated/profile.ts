// Who the customer is, what they consented to, and when they like to be contacted.
// Generated from the routes of the service profile by `make clients`: do not edit.

import { items } from "../paging.ts";
import { path, type Transport, type Write } from "../transport.ts";

export interface BodyCreateImport {
  file: Blob;
  /** What the columns mean, as JSON. */
  mapping: string;
}

/** Where a contact happens. */
export type Channel = "call" | "branch" | "hotline" | "web" | "sms" | "email";

/** An opt-in or opt-out for one channel and purpose; the newest `at` counts. */
export interface Consent {
  channel: Channel;
  purpose: string;
  granted: boolean;
  at: string;
  source?: string;
}

/** What the customer said about being contacted. */
export interface ConsentBody {
  granted: boolean;
  /** When it was said; left out: now. The newest counts; of two at one instant, the refusal. */
  at?: string | null;
  /** Where it was said, such as `web-form` or `branch`. */
  source: string;
  /** Where the proof lies: a recording, a form, a log entry. */
  proof?: string | null;
}

/** Statements by channel and purpose, newest first. */
export interface ConsentList {
  items: Array<ConsentStatement>;
  next_cursor?: null;
}

/** What was said once, with its proof. */
export interface ConsentStatement {
  channel: Channel;
  purpose: string;
  granted: boolean;
  at: string;
  source: string;
  proof: string | null;
  recorded_at: string;
  recorded_by: string;
}

/** The consent that counts for a channel and purpose. */
export interface ConsentView {
  channel: Channel;
  purpose: string;
  granted: boolean;
  at: string;
  source: string;
}

/** When the customer likes to be contacted, in their own time zone; `end` is outside. */
export interface ContactWindow {
  days?: Array<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun">;
  start: string;
  end: string;
}

/** What is said of a customer. */
export interface CustomerBody {
  name?: string | null;
  phone?: string | null;
  email?: string | null;
  account?: string | null;
  /** Members share contact budgets where the policy says so; holders of a joint account are a household, too. */
  household?: string | null;
  /** The customer's id in other systems; `PATCH` merges, null removes one. */
  external_ids?: Record<string, string | null>;
  /** BCP 47. */
  language?: string | null;
  country?: string | null;
  /** ISO 3166-2. */
  region?: string | null;
  /** IANA name. */
  time_zone?: string | null;
  grade?: string | null;
  birth_date?: string | null;
  tags?: Array<string>;
  /** Text, numbers, booleans; `PATCH` merges, null removes one. */
  attributes?: Record<string, unknown>;
  holdings?: Array<HoldingInput>;
  preferred_channel?: Channel | null;
  contact_windows?: Array<ContactWindow>;
  /** Added to those known; per channel and purpose the newest `at` counts. Leaving them out never takes one back. */
  consents?: Array<Consent>;
  /** Kept when left out or null. */
  do_not_call?: boolean | null;
  do_not_disturb_until?: string | null;
}

/**
 * The document that a write made. Without its content: an answer is kept for `Idempotency-Key`, and must be no
 * second place of personal data, which an erasure would miss.
 */
export interface CustomerVersion {
  customer_id: string;
  version: number;
}

/**
 * The customer as the caller may see them: without `profile.read_pii` the name, phone, e-mail, account and birth
 * date are masked.
 */
export interface CustomerView {
  customer_id: string;
  /** Rises by one with each change. */
  version: number;
  name?: string | null;
  /** E.164, or masked. */
  phone?: string | null;
  email?: string | null;
  account?: string | null;
  /** Members share contact budgets where the policy says so; holders of a joint account are a household, too. */
  household?: string | null;
  external_ids?: Record<string, string>;
  /** BCP 47. */
  language?: string | null;
  country?: string | null;
  /** ISO 3166-2. */
  region?: string | null;
  /** IANA name. */
  time_zone?: string | null;
  grade?: string | null;
  /** A day, or masked. */
  birth_date?: string | null;
  tags?: Array<string>;
  attributes?: Record<string, string | number | boolean | null>;
  holdings?: Array<HoldingOutput>;
  preferred_channel?: Channel | null;
  contact_windows?: Array<ContactWindow>;
  consents?: Array<Consent>;
  /** On a regulator's do-not-call list: no voice calls but the most critical. */
  do_not_call?: boolean;
  /** No contact of any kind before this instant, at the customer's own wish. */
  do_not_disturb_until?: string | null;
}

/** Phones and customers that must not be called. */
export interface DoNotCallList {
  /** In E.164, or as dialled inside `country`. */
  phones?: Array<string>;
  customer_ids?: Array<string>;
  country?: string | null;
  /** Whose list it is. */
  source: string;
}

/** What the list did. */
export interface DoNotCallResult {
  /** How many different ones it names; they count for whoever has one of them, now or later. */
  phones: number;
  /** How many were not marked before. */
  customers_marked: number;
  /** Those of `customer_ids` that nobody has. */
  unknown_customers: Array<string>;
}

/** A product or contract that the customer has. */
export interface HoldingInput {
  product: string;
  since?: string | null;
  contract_end?: string | null;
  /** In the currency of the customer's contract, per month. */
  monthly_value?: number | string | null;
}

/** A product or contract that the customer has. */
export interface HoldingOutput {
  product: string;
  since?: string | null;
  contract_end?: string | null;
  /** In the currency of the customer's contract, per month. */
  monthly_value?: string | null;
}

/** How far an import is. */
export interface ImportView {
  import_id: string;
  state: "pending" | "running" | "finished";
  rows_total: number;
  /** Accepted and rejected. */
  rows_read: number;
  accepted: number;
  rejected: number;
  created_by: string;
  created_at: string;
  finished_at: string | null;
}

export interface PageCustomerView {
  items: Array<CustomerView>;
  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

/** One field that rules may ask for, as react-querybuilder takes it. */
export interface RuleField {
  name: string;
  type: string;
  label: Record<string, string>;
  operators: Array<string>;
  /** Values it is known to take, with labels; rules may name others. */
  values: Array<Record<string, unknown>>;
}

/** The field catalogue. */
export interface RuleFields {
  items: Array<RuleField>;
  next_cursor?: null;
}

/** Who the customer is, what they consented to, and when they like to be contacted. */
export class Profile {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Say all there is to say of a customer.
   *
   * Creates the customer, or replaces the document: what is left out is unknown then. Consents stay, and so does the
   * do-not-call mark unless it is named. A body that says what is known already makes no new version.
   *
   * Permission: `profile.write`.
   *
   * Problems: `body-too-large`, `customer-too-large`, `forbidden`, `precondition-failed`, `unauthenticated`,
   * `unsupported-media-type`, `validation`.
   */
  putCustomer(customerId: string, body: CustomerBody, write: Write = {}): Promise<CustomerVersion> {
    return this.#transport.call("PUT", path`/v1/customers/${customerId}`, { body, ...write });
  }

  /**
   * Change what is said of a customer.
   *
   * Changes the fields that are named; null makes one unknown. Attributes and external ids are merged, consents are
   * added to those known, lists (tags, holdings, windows) are replaced.
   *
   * Permission: `profile.write`.
   *
   * Problems: `body-too-large`, `customer-too-large`, `forbidden`, `precondition-failed`, `unauthenticated`,
   * `unknown-customer`, `unsupported-media-type`, `validation`.
   */
  patchCustomer(customerId: string, body: CustomerBody, write: Write = {}): Promise<CustomerVersion> {
    return this.#transport.call("PATCH", path`/v1/customers/${customerId}`, { body, ...write });
  }

  /**
   * Read a customer.
   *
   * The document; personal data is masked unless the caller's role has `profile.read_pii`.
   *
   * Permission: `profile.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
   */
  getCustomer(customerId: string): Promise<CustomerView> {
    return this.#transport.call("GET", path`/v1/customers/${customerId}`);
  }

  /**
   * Erase a customer.
   *
   * Erases the customer here at once, and in every other service as soon as the event arrives. What was reported or
   * handed in for import before does not bring the customer back.
   *
   * Permission: `profile.erase`.
   *
   * Problems: `forbidden`, `precondition-failed`, `unauthenticated`, `unknown-customer`, `validation`.
   */
  eraseCustomer(customerId: string, write: Write = {}): Promise<void> {
    return this.#transport.call("DELETE", path`/v1/customers/${customerId}`, { ...write });
  }

  /**
   * Find customers.
   *
   * All customers by id, or those with a phone.
   *
   * `phone`: Only those who have this phone: in E.164, or as dialled inside `country`.
   *
   * `country`: ISO 3166-1 alpha-2: how `phone` is to be read.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `profile.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listCustomers(query: { phone?: string | null; country?: string | null; limit?: number; cursor?: string | null } = {}): Promise<PageCustomerView> {
    return this.#transport.call("GET", "/v1/customers", { query });
  }

  /** Every item of `listCustomers`, page after page. */
  iterCustomers(query: { phone?: string | null; country?: string | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<CustomerView> {
    return items(this.#transport, "/v1/customers", query);
  }

  /**
   * Record an opt-in or opt-out.
   *
   * Every statement is kept with its proof. The answer is the one that counts now: the newest, which an older one
   * that is recorded late does not change.
   *
   * Permission: `profile.consent`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unknown-customer`, `unsupported-media-type`,
   * `validation`.
   */
  putConsent(customerId: string, channel: Channel, purpose: string, body: ConsentBody, write: Write = {}): Promise<ConsentView> {
    return this.#transport.call("PUT", path`/v1/customers/${customerId}/consents/${channel}/${purpose}`, { body, ...write });
  }

  /**
   * Read what a customer consents to.
   *
   * The statement that counts for each channel and purpose, with its proof.
   *
   * `history`: All that was ever said, not only what counts.
   *
   * Permission: `profile.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
   */
  listConsents(customerId: string, query: { history?: boolean } = {}): Promise<ConsentList> {
    return this.#transport.call("GET", path`/v1/customers/${customerId}/consents`, { query });
  }

  /**
   * Take over a do-not-call list.
   *
   * Takes effect at once, for all of it or none. A phone that nobody has yet counts for whoever gets it later. The
   * mark of a customer is lifted only by a `PATCH` with `do_not_call: false`.
   *
   * Permission: `profile.import`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  addDoNotCallList(body: DoNotCallList, write: Write = {}): Promise<DoNotCallResult> {
    return this.#transport.call("POST", "/v1/do-not-call-lists", { body, ...write });
  }

  /**
   * Hand in a CSV file of customers.
   *
   * The first line names the columns. Rows are merged into what is known of each customer: an empty cell says
   * nothing. A worker reads the file in the background; a row that cannot be taken hinders no other.
   *
   * Permission: `profile.import`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  createImport(body: BodyCreateImport, write: Write = {}): Promise<ImportView> {
    return this.#transport.call("POST", "/v1/imports", { form: { ...body }, ...write });
  }

  /**
   * See how far an import is.
   *
   * Rows read, accepted, rejected, of how many.
   *
   * Permission: `profile.import`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-import`, `validation`.
   */
  getImport(importId: string): Promise<ImportView> {
    return this.#transport.call("GET", path`/v1/imports/${importId}`);
  }

  /**
   * Fetch the rows that were not taken.
   *
   * A CSV file: the line in the file that was handed in, its column (empty: the whole row), and the reason, which
   * never repeats the value.
   *
   * Permission: `profile.import`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-import`, `validation`.
   */
  getImportRejects(importId: string): Promise<string> {
    return this.#transport.call("GET", path`/v1/imports/${importId}/rejects`);
  }

  /**
   * List what rules may ask of a customer.
   *
   * Names, types, operators, and labels in both languages, as a rule editor needs them.
   *
   * Permission: `profile.fields`.
   *
   * Problems: `forbidden`, `unauthenticated`.
   */
  listFields(): Promise<RuleFields> {
    return this.#transport.call("GET", "/v1/fields");
  }
}
