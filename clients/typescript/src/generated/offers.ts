// What may be offered, in which order, and who accepted it.
// Generated from the routes of the service offers by `make clients`: do not edit.

import { items } from "../paging.ts";
import { path, type Transport, type Write } from "../transport.ts";

/** A row of the ledger. */
export interface Acceptance {
  acceptance_id: string;
  customer_id: string;
  offer_id: string;
  term: string;
  goal: string;
  category: string | null;
  channel: Channel;
  contact_id: string | null;
  /** When the customer said yes. */
  at: string;
  state: "accepted" | "refused" | "revoked";
  /** Why it was refused: one that a channel reported and that could not be honoured. */
  reason: string | null;
  revoked_at: string | null;
  fulfilled_at: string | null;
  reference: string | null;
}

/** A customer says yes. */
export interface AcceptanceRequest {
  customer_id: string;
  offer_id: string;
  channel: Channel;
  /** The contact in which it happened, if any; a storefront passes on the one it was given. */
  contact_id?: string | null;
  /** Which term of the offer: one acceptance per customer, offer and term. */
  term?: string;
  /** Chosen by the caller, it makes a retry safe without an `Idempotency-Key`. */
  acceptance_id?: string | null;
}

/** Where a contact happens. */
export type Channel = "call" | "branch" | "hotline" | "web" | "sms" | "email";

/** One offer for the customer, in the language that serves best. */
export interface EligibleOffer {
  offer_id: string;
  title: string;
  body: string;
  script: string;
  image: string | null;
  goal: string;
  valid_until: string | null;
  /** The open web contact for this offer: report the customer's answer to it. */
  contact_id: string | null;
  /** What decides the rank, with `explain=true` only: a customer's page has no use for the worth of a customer. */
  priority?: number | null;
  value?: string | null;
  currency?: string | null;
}

/** Offers of open contacts first, then the others, each part best first. */
export interface EligibleOffers {
  customer_id: string;
  items: Array<EligibleOffer>;
  /** With `explain=true` only. */
  refused?: Array<RefusedOffer> | null;
}

/** A leaf of the offer's rule that this customer does not meet: where in the rule, and what it asks for. */
export interface FailedCondition {
  pointer: string;
  text: string;
}

/** What was accepted has been delivered. */
export interface FulfilmentRequest {
  /** Of the order or contract, in the system that fulfilled it. */
  reference?: string | null;
}

/** An offer as planners see it: the content as last edited, and what customers see of it. */
export interface Offer {
  category: string;
  /** Accepting this offer meets the goal, and stops every contact for it. */
  goal: string;
  /** Larger goes first. */
  priority?: number;
  /** Worth of one acceptance to the business. */
  value?: string;
  currency?: string;
  channels?: Array<Channel>;
  valid_from?: string | null;
  /** The instant itself is outside. */
  valid_until?: string | null;
  /** How many may be accepted in all; null is without limit. */
  stock?: number | null;
  /** Products held or offers accepted that exclude this one. */
  never_with?: Array<string>;
  image?: string | null;
  /** By BCP 47 language. `en` and `zh-CN` are needed to publish. */
  texts?: Record<string, unknown>;
  /** A rule tree over the customer document; null is everybody. */
  eligibility?: Record<string, unknown> | null;
  offer_id: string;
  /** Rises with every change; also the `ETag`. */
  version: number;
  /** `draft`: the content shown has not been published as it stands. */
  state: "draft" | "published" | "withdrawn";
  /** The version that customers see; null when they see none. */
  in_force: number | null;
  /** How many acceptances stand. */
  accepted: number;
  sold_out: boolean;
  changed_at: string;
}

/** What planners write of an offer. */
export interface OfferContent {
  category: string;
  /** Accepting this offer meets the goal, and stops every contact for it. */
  goal: string;
  /** Larger goes first. */
  priority?: number;
  /** Worth of one acceptance to the business. */
  value?: number | string;
  currency?: string;
  channels?: Array<Channel>;
  valid_from?: string | null;
  /** The instant itself is outside. */
  valid_until?: string | null;
  /** How many may be accepted in all; null is without limit. */
  stock?: number | null;
  /** Products held or offers accepted that exclude this one. */
  never_with?: Array<string>;
  image?: string | null;
  /** By BCP 47 language. `en` and `zh-CN` are needed to publish. */
  texts?: Record<string, unknown>;
  /** A rule tree over the customer document; null is everybody. */
  eligibility?: Record<string, unknown> | null;
}

/** The wording of an offer in one language. */
export interface OfferText {
  title: string;
  body?: string;
  /** What an agent says. */
  script?: string;
}

export interface PageOffer {
  items: Array<Offer>;
  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

/** Why an offer is kept back, in the order in which it is looked at. */
export type Refusal = "not_published" | "not_yet_valid" | "no_longer_valid" | "other_channel" | "sold_out" | "already_accepted" | "goal_met" | "excluded" | "unreadable_rule" | "not_eligible";

/** An offer that this customer is not shown, and the first reason why. */
export interface RefusedOffer {
  offer_id: string;
  reason: Refusal;
  detail: string | null;
  failed: Array<FailedCondition>;
}

/** What may be offered, in which order, and who accepted it. */
export class Offers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Offers for a customer.
   *
   * What the customer may have in this channel now: offers of open web contacts first, then the others by rank.
   *
   * Texts are in `lang`, else in the customer's language, else in English.
   *
   * `explain`: Also say why not; needs `offers.read` as well.
   *
   * Permission: `offers.storefront`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
   */
  listEligibleOffers(customerId: string, query: { channel?: Channel; limit?: number; lang?: string | null; explain?: boolean } = {}): Promise<EligibleOffers> {
    return this.#transport.call("GET", path`/v1/customers/${customerId}/eligible-offers`, { query });
  }

  /**
   * Accept an offer.
   *
   * Reserve one piece for the customer, or say why not. An `acceptance_id` counts once, however often it is sent.
   *
   * Permission: `offers.accept`.
   *
   * Problems: `acceptance-id-taken`, `already-accepted`, `body-too-large`, `forbidden`, `not-eligible`, `offer-
   * expired`, `sold-out`, `unauthenticated`, `unknown-customer`, `unknown-offer`, `unsupported-media-type`,
   * `validation`.
   */
  acceptOffer(body: AcceptanceRequest, write: Write = {}): Promise<Acceptance> {
    return this.#transport.call("POST", "/v1/acceptances", { body, ...write });
  }

  /**
   * Read an acceptance.
   *
   * What the ledger holds under this id, refusals of what channels reported included.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
   */
  getAcceptance(acceptanceId: string): Promise<Acceptance> {
    return this.#transport.call("GET", path`/v1/acceptances/${acceptanceId}`);
  }

  /**
   * Revoke an acceptance.
   *
   * Take it back: the stock returns and the goal is open again. Revoking again changes nothing.
   *
   * Permission: `offers.accept`.
   *
   * Problems: `acceptance-not-standing`, `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
   */
  revokeAcceptance(acceptanceId: string, write: Write = {}): Promise<Acceptance> {
    return this.#transport.call("POST", path`/v1/acceptances/${acceptanceId}/revocation`, { ...write });
  }

  /**
   * Record a fulfilment.
   *
   * Note that what was accepted has been delivered. The first note counts.
   *
   * Permission: `offers.accept`.
   *
   * Problems: `acceptance-not-standing`, `body-too-large`, `forbidden`, `unauthenticated`, `unknown-acceptance`,
   * `unsupported-media-type`, `validation`.
   */
  fulfilAcceptance(acceptanceId: string, body: FulfilmentRequest, write: Write = {}): Promise<Acceptance> {
    return this.#transport.call("POST", path`/v1/acceptances/${acceptanceId}/fulfilment`, { body, ...write });
  }

  /**
   * Write an offer.
   *
   * Store the content as a draft. What is in force stays in force until the draft is published.
   *
   * An offer that exists needs `If-Match`.
   *
   * Permission: `offers.manage`.
   *
   * Problems: `body-too-large`, `forbidden`, `precondition-failed`, `precondition-required`, `unauthenticated`,
   * `unsupported-media-type`, `validation`.
   */
  putOffer(offerId: string, body: OfferContent, write: Write = {}): Promise<Offer> {
    return this.#transport.call("PUT", path`/v1/offers/${offerId}`, { body, ...write });
  }

  /**
   * Read an offer.
   *
   * The offer as last edited, and which version of it is in force.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `validation`.
   */
  getOffer(offerId: string): Promise<Offer> {
    return this.#transport.call("GET", path`/v1/offers/${offerId}`);
  }

  /**
   * List offers.
   *
   * All offers by id, or those in one state.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listOffers(query: { state?: "draft" | "published" | "withdrawn" | null; limit?: number; cursor?: string | null } = {}): Promise<PageOffer> {
    return this.#transport.call("GET", "/v1/offers", { query });
  }

  /** Every item of `listOffers`, page after page. */
  iterOffers(query: { state?: "draft" | "published" | "withdrawn" | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<Offer> {
    return items(this.#transport, "/v1/offers", query);
  }

  /**
   * Publish an offer.
   *
   * Put the offer into force as it was last edited. Texts in `en` and `zh-CN` are needed.
   *
   * Permission: `offers.manage`.
   *
   * Problems: `forbidden`, `offer-expired`, `offer-incomplete`, `precondition-failed`, `stock-below-accepted`,
   * `unauthenticated`, `unknown-offer`, `validation`.
   */
  publishOffer(offerId: string, write: Write = {}): Promise<Offer> {
    return this.#transport.call("POST", path`/v1/offers/${offerId}/publication`, { ...write });
  }

  /**
   * Withdraw an offer.
   *
   * Take the offer away from customers at once. What is accepted stays accepted.
   *
   * Permission: `offers.manage`.
   *
   * Problems: `forbidden`, `offer-not-published`, `precondition-failed`, `unauthenticated`, `unknown-offer`,
   * `validation`.
   */
  withdrawOffer(offerId: string, write: Write = {}): Promise<Offer> {
    return this.#transport.call("POST", path`/v1/offers/${offerId}/withdrawal`, { ...write });
  }
}
