// What may go wrong: a service's refusal (RFC 9457), or no answer at all.

/** One thing wrong with a request: where (`#/answers/0/offer_id`, `query/limit`), and what. */
export interface FieldProblem {
  pointer: string;
  message: string;
}

/**
 * No answer, however often it was tried. A write may or may not have had its effect: send it again with the same
 * `idempotencyKey` to know.
 */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** A service refused. `type` says which kind, and never changes; `title` and `detail` are for people. */
export class Problem extends Error {
  override name = "Problem";
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: FieldProblem[];
  /** All of it, with members of its own such as `retry_at`. */
  readonly document: Record<string, unknown>;

  constructor(status: number, document: Record<string, unknown>) {
    const errors = (document["errors"] as FieldProblem[] | undefined) ?? [];
    const told = errors.map((each) => `${each.pointer}: ${each.message}`).join("; ");
    super(`${status} ${document["type"]}: ${told || document["detail"] || document["title"]}`);
    this.status = status;
    this.type = String(document["type"] ?? "about:blank");
    this.title = String(document["title"] ?? "");
    this.detail = String(document["detail"] ?? "");
    this.errors = errors;
    this.document = document;
  }
}

/** 404: there is no such thing, or none that you may know of. */
export class NotThere extends Problem {}

/** The contact was taken back, usually because the customer has accepted elsewhere: do not carry it out. */
export class ContactRecalled extends Problem {}

/** The lease has lapsed, or somebody else has the contact now. */
export class LeaseLost extends Problem {}

const KINDS: Record<string, typeof Problem> = { "contact-recalled": ContactRecalled, "lease-lost": LeaseLost };

/** The error for an answer that is no success. */
export function problemOf(status: number, body: string): Problem {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    document = undefined;
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    // Not from a service of ours, but from something in front of it.
    document = { type: "about:blank", title: `HTTP ${status}`, detail: body.slice(0, 200) };
  }
  const found = document as Record<string, unknown>;
  const kind = KINDS[String(found["type"])] ?? (status === 404 ? NotThere : Problem);
  return new kind(status, found);
}
