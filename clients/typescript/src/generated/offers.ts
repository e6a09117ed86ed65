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
  /** Of whoever took it, for quotas. */
  unit?: string | null;
  /** Who is credited with it. */
  agent?: string | null;
  /** The short link through which it came. */
  link_id?: string | null;
  /** The end of its cooling-off period, as the offer had it then; null: until it is fulfilled. */
  revocable_until?: string | null;
  revoked_because?: "withdrawn" | "not-delivered" | null;
  /** Why it could not be delivered. */
  note?: string | null;
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
  /** Which unit takes it, for quotas: the caller's own, which it is when left out, or one below it. */
  unit?: string | null;
  /** The token of the short link through which the customer came: its contact and agent are credited. */
  link?: string | null;
}

/** Where a contact happens. */
export type Channel = "call" | "branch" | "hotline" | "web" | "sms" | "email";

/** One offer for the customer, in the language that serves best. */
export interface EligibleOffer {
  offer_id: string;
  title: string;
  body: string;
  /** What is said in this channel. */
  script: string;
  /** What the customer may hold against it and the answers, where an agent speaks. */
  objections: Array<SaidObjection>;
  image: string | null;
  goal: string;
  /** What the customer pays, in `currency`; null where there is no one price. */
  price: string | null;
  price_period: "once" | "month" | "year";
  currency: string;
  valid_until: string | null;
  /** The open web contact for this offer: report the customer's answer to it. */
  contact_id: string | null;
  /** What decides the rank, with `explain=true` only: a customer's page has no use for the worth of a customer. */
  priority?: number | null;
  value?: string | null;
  /** Decides within a priority; the product of the shares of its factors. */
  score?: number | null;
  factors?: Array<FactorShare> | null;
  /** Whose propensity it is; null is everybody's. */
  segment?: string | null;
  /** The customer, or somebody of the household, was interested: it goes first. */
  promised?: boolean | null;
}

/** Offers of open contacts first, then the others, each part best first. */
export interface EligibleOffers {
  customer_id: string;
  items: Array<EligibleOffer>;
  /** With `explain=true` only. */
  refused?: Array<RefusedOffer> | null;
}

/** One factor of a rank: whether it counts, and the exponent with which it does. */
export interface Factor {
  on?: boolean;
  weight?: number;
}

/** What one factor has to do with an offer's score. */
export interface FactorShare {
  factor: "propensity" | "context" | "value" | "lever";
  figure: number;
  /** 0 when the factor is off. */
  weight: number;
  /** What it multiplies the score by: the figure to the power of the weight. */
  share: number;
}

/** A leaf of the offer's rule that this customer does not meet: where in the rule, and what it asks for. */
export interface FailedCondition {
  pointer: string;
  text: string;
}

/** What became of what was accepted: delivered, or it could not be. */
export interface FulfilmentRequest {
  /** `failed`: the acceptance stands no more, and its stock returns. */
  result?: "delivered" | "failed";
  /** Of the order or contract, in the system that fulfilled it. */
  reference?: string | null;
  /** Why it could not be delivered; no personal data. */
  reason?: string | null;
}

export interface GetOfferDifferencesAnswer {
  offer_id: string;
  version: number;
  against: number;
  differences: Array<GetOfferDifferencesDifferences>;
  [member: string]: unknown;
}

export interface GetOfferDifferencesDifferences {
  pointer: string;
  old: string;
  new: string;
  [member: string]: unknown;
}

/** One layer of the offer's rules: whether the customer passes, and else the leaves to blame. */
export interface LayerFit {
  layer: "eligibility" | "applicability" | "suitability";
  fits: boolean;
  failed: Array<FailedCondition>;
}

/** A short link, without its token. */
export interface Link {
  link_id: string;
  customer_id: string;
  offer_id: string;
  channel: Channel;
  contact_id: string | null;
  /** Who sent it, or asked for the message that carries it; null: a campaign did. */
  agent: string | null;
  /** Whose unit that is. */
  unit?: string | null;
  created_at: string;
  expires_at: string;
  /** The first time. */
  opened_at: string | null;
  opens: number;
}

/** To whom, for what and by which channel a link is sent. */
export interface LinkRequest {
  customer_id: string;
  offer_id: string;
  /** The contact in which it is sent, such as the hotline's: what comes of the link is told of it. */
  contact_id?: string | null;
  /** By which it is sent. */
  channel?: Channel;
  /** Seconds. */
  expires_in?: number;
}

/** A link that was just made. */
export interface NewLink {
  link_id: string;
  customer_id: string;
  offer_id: string;
  channel: Channel;
  contact_id: string | null;
  /** Who sent it, or asked for the message that carries it; null: a campaign did. */
  agent: string | null;
  /** Whose unit that is. */
  unit?: string | null;
  created_at: string;
  expires_at: string;
  /** The first time. */
  opened_at: string | null;
  opens: number;
  token: string;
  url: string;
}

/** What a customer may hold against the offer, and what an agent answers. */
export interface ObjectionAnswer {
  objection: string;
  answer: string;
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
  /** What one acceptance costs the business; a ranking counts `value` less `cost`. */
  cost?: string;
  /** What the customer pays; null where there is no one price. */
  price?: string | null;
  price_period?: "once" | "month" | "year";
  /** Worth of the offer to the customer. */
  customer_value?: string | null;
  currency?: string;
  channels?: Array<Channel>;
  valid_from?: string | null;
  /** The instant itself is outside. */
  valid_until?: string | null;
  /** How many may be accepted in all; null is without limit. */
  stock?: number | null;
  /** Shares of it for channels or units, each counted on its own; whatever runs out first ends it there. */
  quotas?: Array<Quota>;
  /** For so long after an acceptance it may be revoked; null: until it is fulfilled. */
  cooling_off_days?: number | null;
  /** Products held or offers accepted that exclude this one. */
  never_with?: Array<string>;
  /** Offers that exclude this one once they were accepted, also when the acceptance was taken back. */
  never_after?: Array<string>;
  /** Products held or offers accepted that this one needs, each of them. */
  only_after?: Array<string>;
  /** What one member of a household has accepted is not offered to the others. */
  per_household?: boolean;
  image?: string | null;
  /** By BCP 47 language. `en` and `zh-CN` are needed to publish. */
  texts?: Record<string, unknown>;
  /** May the customer have it? A rule tree over the customer document; null is everybody. */
  eligibility?: Record<string, unknown> | null;
  /** Does it make sense now? It binds whoever proposes, not an acceptance. */
  applicability?: Record<string, unknown> | null;
  /** Is it good for the customer? */
  suitability?: Record<string, unknown> | null;
  /** How likely a customer accepts: the first segment that holds, else `default`. */
  propensity?: Propensity;
  /** How well it goes with a channel; 1 where nothing is said. */
  context?: Record<string, number>;
  /** What the business does to push it (above 1) or to hold it back. */
  lever?: number;
  offer_id: string;
  /** Rises with every change; also the `ETag`. */
  version: number;
  /** `draft`, `submitted`, `approved`: the content shown has not been published as it stands. */
  state: "draft" | "submitted" | "approved" | "published" | "withdrawn";
  /** The version that customers see; null when they see none. */
  in_force: number | null;
  /** How many acceptances stand. */
  accepted: number;
  sold_out: boolean;
  /** What of the content is above a limit, so that another person must approve it, by JSON pointers. */
  above: Array<string>;
  /** Who has edited the content since it was last published. */
  authors: Array<string>;
  submitted_by: string | null;
  approved_by: string | null;
  changed_at: string;
}

/** What planners write of an offer. */
export interface OfferContentInput {
  category: string;
  /** Accepting this offer meets the goal, and stops every contact for it. */
  goal: string;
  /** Larger goes first. */
  priority?: number;
  /** Worth of one acceptance to the business. */
  value?: number | string;
  /** What one acceptance costs the business; a ranking counts `value` less `cost`. */
  cost?: number | string;
  /** What the customer pays; null where there is no one price. */
  price?: number | string | null;
  price_period?: "once" | "month" | "year";
  /** Worth of the offer to the customer. */
  customer_value?: number | string | null;
  currency?: string;
  channels?: Array<Channel>;
  valid_from?: string | null;
  /** The instant itself is outside. */
  valid_until?: string | null;
  /** How many may be accepted in all; null is without limit. */
  stock?: number | null;
  /** Shares of it for channels or units, each counted on its own; whatever runs out first ends it there. */
  quotas?: Array<Quota>;
  /** For so long after an acceptance it may be revoked; null: until it is fulfilled. */
  cooling_off_days?: number | null;
  /** Products held or offers accepted that exclude this one. */
  never_with?: Array<string>;
  /** Offers that exclude this one once they were accepted, also when the acceptance was taken back. */
  never_after?: Array<string>;
  /** Products held or offers accepted that this one needs, each of them. */
  only_after?: Array<string>;
  /** What one member of a household has accepted is not offered to the others. */
  per_household?: boolean;
  image?: string | null;
  /** By BCP 47 language. `en` and `zh-CN` are needed to publish. */
  texts?: Record<string, unknown>;
  /** May the customer have it? A rule tree over the customer document; null is everybody. */
  eligibility?: Record<string, unknown> | null;
  /** Does it make sense now? It binds whoever proposes, not an acceptance. */
  applicability?: Record<string, unknown> | null;
  /** Is it good for the customer? */
  suitability?: Record<string, unknown> | null;
  /** How likely a customer accepts: the first segment that holds, else `default`. */
  propensity?: Propensity;
  /** How well it goes with a channel; 1 where nothing is said. */
  context?: Record<string, number>;
  /** What the business does to push it (above 1) or to hold it back. */
  lever?: number;
}

/** What planners write of an offer. */
export interface OfferContentOutput {
  category: string;
  /** Accepting this offer meets the goal, and stops every contact for it. */
  goal: string;
  /** Larger goes first. */
  priority?: number;
  /** Worth of one acceptance to the business. */
  value?: string;
  /** What one acceptance costs the business; a ranking counts `value` less `cost`. */
  cost?: string;
  /** What the customer pays; null where there is no one price. */
  price?: string | null;
  price_period?: "once" | "month" | "year";
  /** Worth of the offer to the customer. */
  customer_value?: string | null;
  currency?: string;
  channels?: Array<Channel>;
  valid_from?: string | null;
  /** The instant itself is outside. */
  valid_until?: string | null;
  /** How many may be accepted in all; null is without limit. */
  stock?: number | null;
  /** Shares of it for channels or units, each counted on its own; whatever runs out first ends it there. */
  quotas?: Array<Quota>;
  /** For so long after an acceptance it may be revoked; null: until it is fulfilled. */
  cooling_off_days?: number | null;
  /** Products held or offers accepted that exclude this one. */
  never_with?: Array<string>;
  /** Offers that exclude this one once they were accepted, also when the acceptance was taken back. */
  never_after?: Array<string>;
  /** Products held or offers accepted that this one needs, each of them. */
  only_after?: Array<string>;
  /** What one member of a household has accepted is not offered to the others. */
  per_household?: boolean;
  image?: string | null;
  /** By BCP 47 language. `en` and `zh-CN` are needed to publish. */
  texts?: Record<string, unknown>;
  /** May the customer have it? A rule tree over the customer document; null is everybody. */
  eligibility?: Record<string, unknown> | null;
  /** Does it make sense now? It binds whoever proposes, not an acceptance. */
  applicability?: Record<string, unknown> | null;
  /** Is it good for the customer? */
  suitability?: Record<string, unknown> | null;
  /** How likely a customer accepts: the first segment that holds, else `default`. */
  propensity?: Propensity;
  /** How well it goes with a channel; 1 where nothing is said. */
  context?: Record<string, number>;
  /** What the business does to push it (above 1) or to hold it back. */
  lever?: number;
}

/** The wording of an offer in one language. Each text is a template (`rapport.scripts`). */
export interface OfferText {
  title: string;
  body?: string;
  /** What an agent says, where the channel has no script of its own. */
  script?: string;
  /** What is said in a channel instead of `script`. */
  scripts?: Record<string, string>;
  objections?: Array<ObjectionAnswer>;
}

/** One step in an offer's or a ranking's life. */
export interface OfferVersion {
  version: number;
  state: "draft" | "submitted" | "approved" | "published" | "withdrawn";
  /** Who did it. */
  by: string | null;
  at: string;
}

/** Where a link leads. */
export interface OpenedLink {
  offer_id: string;
  url: string;
  expires_at: string;
}

export interface PageAcceptance {
  items: Array<Acceptance>;
  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

export interface PageOffer {
  items: Array<Offer>;
  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

export interface PageOfferVersion {
  items: Array<OfferVersion>;
  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

export interface PageRankingVersion {
  items: Array<RankingVersion>;
  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

/** An offer as it was last edited, as one customer would meet it. */
export interface Preview {
  offer_id: string;
  version: number;
  customer_id: string;
  channel: Channel;
  /** Null while there are none. */
  texts: SaidTexts | null;
  /** What keeps the texts from being published. */
  faults: Array<TextFault>;
  /** Those that have a rule. */
  layers: Array<LayerFit>;
  /** The first reason why this customer would not be shown it; null when they would. */
  reason: Refusal | null;
  detail: string | null;
  /** Where it would stand among the offers for this customer, from 1. */
  place: number | null;
  /** How many offers there would be. */
  of: number;
  score: number;
  factors: Array<FactorShare>;
  segment: string | null;
  promised: boolean;
}

/** How likely a customer accepts: a constant per segment, the first that holds, else `default`. */
export interface Propensity {
  default?: number;
  by_segment?: Array<SegmentPropensity>;
}

/** One offer that is for everybody. */
export interface PublicOffer {
  offer_id: string;
  title: string;
  body: string;
  image: string | null;
  goal: string;
  price: string | null;
  price_period: string;
  currency: string;
  valid_until: string | null;
}

/** Offers for a visitor of whom nothing is known, best first. */
export interface PublicOffers {
  items: Array<PublicOffer>;
}

/** How much of the stock a channel, or a unit with all below it, may give away. */
export interface Quota {
  scope: "channel" | "unit";
  /** The channel, or the path of the unit such as `/north`. */
  name: string;
  limit: number;
}

/** The ranking as planners see it: the content as last edited, and what is in force. */
export interface Ranking {
  /** Rises with every change; also the `ETag`. 0 until somebody writes one. */
  version: number;
  state: "draft" | "submitted" | "approved" | "published" | "withdrawn";
  content: RankingContent;
  /** The document by which every channel ranks; null while the defaults are in force. */
  in_force?: Record<string, unknown> | null;
  authors?: Array<string>;
  submitted_by?: string | null;
  approved_by?: string | null;
  changed_at?: string | null;
}

/** How offers are weighed: within a priority by the product of the factors that are on, each to its weight. */
export interface RankingContent {
  /** How likely the customer accepts. */
  propensity?: Factor;
  /** How well the offer goes with the channel. */
  context?: Factor;
  /** Worth to the business, less the cost. */
  value?: Factor;
  /** How much the business pushes the offer. */
  lever?: Factor;
  /** For how long an offer that the customer has refused is not shown; 0 switches it off. */
  refused_days?: number;
  /**
   * For how long an offer that the customer was interested in, or wants to be called about, goes before all others,
   * from then or from the time of the call on; 0 switches it off.
   */
  promised_days?: number;
}

/** A step in the life of the ranking, with the weights as they were. */
export interface RankingVersion {
  version: number;
  state: "draft" | "submitted" | "approved" | "published" | "withdrawn";
  /** Who did it. */
  by: string | null;
  at: string;
  content: RankingContent;
}

/** Why an offer is kept back, in the order in which it is looked at. */
export type Refusal = "not_published" | "not_yet_valid" | "no_longer_valid" | "other_channel" | "sold_out" | "quota_exhausted" | "already_accepted" | "goal_met" | "household_has_it" | "excluded" | "accepted_before" | "needs_another" | "recently_refused" | "unreadable_rule" | "not_eligible" | "not_applicable" | "not_suitable";

/** An offer that this customer is not shown, and the first reason why. */
export interface RefusedOffer {
  offer_id: string;
  reason: Refusal;
  /** The goal that is met, the product or offer that excludes this one or that it needs, or until when it rests. */
  detail: string | null;
  /** Which of its rules does not let the customer pass. */
  layer: "eligibility" | "applicability" | "suitability" | null;
  failed: Array<FailedCondition>;
  score: number;
  factors: Array<FactorShare>;
  segment: string | null;
  promised: boolean;
}

/** What a customer may hold against the offer, and the answer. */
export interface SaidObjection {
  objection: string;
  answer: string;
}

/** What is said of an offer, filled in. */
export interface SaidTexts {
  language: string;
  title: string;
  body: string;
  script: string;
  objections: Array<SaidObjection>;
}

/** How likely customers of a segment accept. */
export interface SegmentPropensity {
  name: string;
  /** A rule tree over the customer document. */
  rule: Record<string, unknown>;
  value: number;
}

/** A place in a text that cannot be filled in. */
export interface TextFault {
  pointer: string;
  message: string;
}

/** What a text may be filled in with. */
export interface TextVariable {
  /** As texts write it: `{{ name }}`. */
  name: string;
  /** By language: `en`, `zh-CN`. */
  label: Record<string, string>;
  /** Whether it may be unknown, of any customer or of this kind of offer. */
  needs_default: boolean;
  /** Filled in only for who may see personal data. */
  personal: boolean;
  /** The channels in whose scripts it may stand; empty: everywhere. */
  only_in: Array<Channel>;
}

/** All that texts may use, in the order in which an editor lists them. */
export interface TextVariables {
  items: Array<TextVariable>;
}

/** A version with its content, as it was then. */
export interface WholeOfferVersion {
  version: number;
  state: "draft" | "submitted" | "approved" | "published" | "withdrawn";
  /** Who did it. */
  by: string | null;
  at: string;
  content: OfferContentOutput;
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
   * Offers for everybody.
   *
   * What a visitor may see of whom nothing is known: offers that ask for nothing of the customer.
   *
   * Any cache may keep it for the seconds that it says, never past an instant at which an offer begins or ends.
   *
   * Permission: `offers.storefront`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listPublicOffers(query: { channel?: Channel; limit?: number; lang?: string } = {}): Promise<PublicOffers> {
    return this.#transport.call("GET", "/v1/eligible-offers", { query });
  }

  /**
   * Accept an offer.
   *
   * Reserve one piece for the customer, or say why not. An `acceptance_id` counts once, however often it is sent.
   *
   * Permission: `offers.accept`.
   *
   * Problems: `acceptance-id-taken`, `already-accepted`, `body-too-large`, `forbidden`, `link-expired`, `link-not-
   * for-this`, `not-eligible`, `offer-expired`, `quota-exhausted`, `sold-out`, `unauthenticated`, `unknown-
   * customer`, `unknown-link`, `unknown-offer`, `unsupported-media-type`, `validation`.
   */
  acceptOffer(body: AcceptanceRequest, write: Write = {}): Promise<Acceptance> {
    return this.#transport.call("POST", "/v1/acceptances", { body, ...write });
  }

  /**
   * List acceptances.
   *
   * The rows of the ledger, or those of one customer, offer or state.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listAcceptances(query: { customer_id?: string | null; offer_id?: string | null; state?: "accepted" | "refused" | "revoked" | null; limit?: number; cursor?: string | null } = {}): Promise<PageAcceptance> {
    return this.#transport.call("GET", "/v1/acceptances", { query });
  }

  /** Every item of `listAcceptances`, page after page. */
  iterAcceptances(query: { customer_id?: string | null; offer_id?: string | null; state?: "accepted" | "refused" | "revoked" | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<Acceptance> {
    return items(this.#transport, "/v1/acceptances", query);
  }

  /**
   * Export acceptances.
   *
   * For billing: what was accepted (also what was revoked later), refused, revoked or fulfilled in [since, until).
   *
   * In the order in which it happened; the same question gives the same rows again. A channel may report an
   * acceptance late, with the instant at which it was said: a month is complete once all reports of it are in.
   *
   * `after`: Go on after this row: the last one that came whole.
   *
   * Permission: `offers.export`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
   */
  exportAcceptances(query: { since: string; until?: string | null; state?: "accepted" | "refused" | "revoked" | "fulfilled"; format?: "csv" | "ndjson"; after?: string | null }): Promise<string> {
    return this.#transport.call("GET", "/v1/acceptances/export", { query });
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
   * Take it back for the customer: stock and quota return and the goal is open again.
   *
   * Until `revocable_until`; where there is none, until it is fulfilled. Revoking again changes nothing.
   *
   * Permission: `offers.revoke`.
   *
   * Problems: `acceptance-not-standing`, `already-fulfilled`, `cooling-off-over`, `forbidden`, `unauthenticated`,
   * `unknown-acceptance`, `validation`.
   */
  revokeAcceptance(acceptanceId: string, write: Write = {}): Promise<Acceptance> {
    return this.#transport.call("POST", path`/v1/acceptances/${acceptanceId}/revocation`, { ...write });
  }

  /**
   * Record a fulfilment.
   *
   * Note that what was accepted has been delivered, or that it cannot be: then stock and quota return.
   *
   * The first note counts.
   *
   * Permission: `offers.accept`.
   *
   * Problems: `acceptance-not-standing`, `already-fulfilled`, `body-too-large`, `forbidden`, `unauthenticated`,
   * `unknown-acceptance`, `unsupported-media-type`, `validation`.
   */
  fulfilAcceptance(acceptanceId: string, body: FulfilmentRequest, write: Write = {}): Promise<Acceptance> {
    return this.#transport.call("POST", path`/v1/acceptances/${acceptanceId}/fulfilment`, { body, ...write });
  }

  /**
   * Make a short link.
   *
   * A link by which one customer opens one offer on the web, credited to the contact and the agent that sent it.
   *
   * It ends with its time or with the offer's, whichever is first.
   *
   * Permission: `offers.link`.
   *
   * Problems: `body-too-large`, `forbidden`, `offer-expired`, `unauthenticated`, `unknown-customer`, `unknown-
   * offer`, `unsupported-media-type`, `validation`.
   */
  createLink(body: LinkRequest, write: Write = {}): Promise<NewLink> {
    return this.#transport.call("POST", "/v1/links", { body, ...write });
  }

  /**
   * Read a short link.
   *
   * Whether and when it was opened, and how often. The token is not told again.
   *
   * A link that a message carries is known as soon as its contact is released, whether or not the message is sent.
   *
   * Permission: `offers.link`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-link`, `validation`.
   */
  getLink(linkId: string): Promise<Link> {
    return this.#transport.call("GET", path`/v1/links/${linkId}`);
  }

  /**
   * Open a short link.
   *
   * Leads to the offer in the storefront. The link is the credential: nothing else is asked for.
   *
   * The address has `offer`, `link` (to be given on with the acceptance) and `claim`: a token for the storefront
   * (HS256, audience `storefront`, ten minutes) that names the customer. Programs that preview links get the offer
   * alone, and open nothing. An address from which many wrong links were asked for is refused for a while.
   *
   * Problems: `link-expired`, `too-many-guesses`, `unknown-link`, `validation`.
   */
  openLink(token: string): Promise<OpenedLink> {
    return this.#transport.call("GET", path`/l/${token}`);
  }

  /**
   * Write an offer.
   *
   * Store the content as a draft. What is in force stays in force until the draft is published.
   *
   * An offer that exists needs `If-Match`. An approval of what was there before is gone.
   *
   * Permission: `offers.manage`.
   *
   * Problems: `body-too-large`, `forbidden`, `precondition-failed`, `precondition-required`, `unauthenticated`,
   * `unsupported-media-type`, `validation`.
   */
  putOffer(offerId: string, body: OfferContentInput, write: Write = {}): Promise<Offer> {
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
  listOffers(query: { state?: "draft" | "submitted" | "approved" | "published" | "withdrawn" | null; limit?: number; cursor?: string | null } = {}): Promise<PageOffer> {
    return this.#transport.call("GET", "/v1/offers", { query });
  }

  /** Every item of `listOffers`, page after page. */
  iterOffers(query: { state?: "draft" | "submitted" | "approved" | "published" | "withdrawn" | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<Offer> {
    return items(this.#transport, "/v1/offers", query);
  }

  /**
   * Ask for approval of an offer.
   *
   * Submit the content as it stands. What could not be published is refused now, not after somebody has read it.
   *
   * Permission: `offers.manage`.
   *
   * Problems: `forbidden`, `nothing-to-approve`, `offer-expired`, `offer-incomplete`, `precondition-failed`, `stock-
   * below-accepted`, `texts-not-fillable`, `unauthenticated`, `unknown-offer`, `validation`.
   */
  submitOffer(offerId: string, write: Write = {}): Promise<Offer> {
    return this.#transport.call("POST", path`/v1/offers/${offerId}/submissions`, { ...write });
  }

  /**
   * Approve an offer.
   *
   * Approve the version that `If-Match` names. Nobody approves what they wrote or submitted.
   *
   * Permission: `offers.approve`.
   *
   * Problems: `forbidden`, `not-submitted`, `own-change`, `precondition-failed`, `precondition-required`,
   * `unauthenticated`, `unknown-offer`, `validation`.
   */
  approveOffer(offerId: string, write: Write = {}): Promise<Offer> {
    return this.#transport.call("POST", path`/v1/offers/${offerId}/approvals`, { ...write });
  }

  /**
   * Publish an offer.
   *
   * Put the offer into force as it was last edited. Texts in `en` and `zh-CN` are needed.
   *
   * What is above a limit needs the approval of another person first.
   *
   * Permission: `offers.manage`.
   *
   * Problems: `approval-needed`, `forbidden`, `offer-expired`, `offer-incomplete`, `precondition-failed`, `stock-
   * below-accepted`, `texts-not-fillable`, `unauthenticated`, `unknown-offer`, `validation`.
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

  /**
   * The history of an offer.
   *
   * Who did what, newest first. Selling out is nobody's step and has a version number of its own.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `validation`.
   */
  listOfferVersions(offerId: string, query: { limit?: number; cursor?: string | null } = {}): Promise<PageOfferVersion> {
    return this.#transport.call("GET", path`/v1/offers/${offerId}/versions`, { query });
  }

  /** Every item of `listOfferVersions`, page after page. */
  iterOfferVersions(offerId: string, query: { limit?: number; cursor?: string | null } = {}): AsyncGenerator<OfferVersion> {
    return items(this.#transport, path`/v1/offers/${offerId}/versions`, query);
  }

  /**
   * An offer as it was.
   *
   * One step with the content as it was then.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `unknown-version`, `validation`.
   */
  getOfferVersion(offerId: string, version: number): Promise<WholeOfferVersion> {
    return this.#transport.call("GET", path`/v1/offers/${offerId}/versions/${version}`);
  }

  /**
   * What a version of an offer says differently.
   *
   * Value by value, in the order of the document. Of an approval it is nothing: it changes no content.
   *
   * `against`: The other version; the step before it if none is named.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `unknown-version`, `validation`.
   */
  getOfferDifferences(offerId: string, version: number, query: { against?: number | null } = {}): Promise<GetOfferDifferencesAnswer> {
    return this.#transport.call("GET", path`/v1/offers/${offerId}/versions/${version}/differences`, { query });
  }

  /**
   * What texts may be filled in with.
   *
   * For editors: each variable with its name in English and Chinese.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`.
   */
  listTextVariables(): Promise<TextVariables> {
    return this.#transport.call("GET", "/v1/text-variables");
  }

  /**
   * Preview an offer on a customer.
   *
   * The content as last edited: its texts filled in, each layer with the leaves to blame, its factors and its place.
   *
   * Personal data is filled in for who may read it. A short link is shown as it begins: none is made.
   *
   * Permission: `offers.preview`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `unknown-offer`, `validation`.
   */
  previewOffer(offerId: string, query: { customer_id: string; channel?: Channel; lang?: string | null }): Promise<Preview> {
    return this.#transport.call("GET", path`/v1/offers/${offerId}/preview`, { query });
  }

  /**
   * Read the ranking.
   *
   * The weights as last edited, and those in force. Until somebody writes some, the order is priority, then value.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`.
   */
  getRanking(): Promise<Ranking> {
    return this.#transport.call("GET", "/v1/ranking");
  }

  /**
   * Write the ranking.
   *
   * Store the weights as a draft. Those in force stay until it is approved. One that exists needs `If-Match`.
   *
   * Permission: `offers.manage`.
   *
   * Problems: `body-too-large`, `forbidden`, `precondition-failed`, `precondition-required`, `unauthenticated`,
   * `unsupported-media-type`, `validation`.
   */
  putRanking(body: RankingContent, write: Write = {}): Promise<Ranking> {
    return this.#transport.call("PUT", "/v1/ranking", { body, ...write });
  }

  /**
   * Ask for approval of the ranking.
   *
   * Submit the weights as they stand.
   *
   * Permission: `offers.manage`.
   *
   * Problems: `forbidden`, `nothing-to-approve`, `precondition-failed`, `unauthenticated`, `validation`.
   */
  submitRanking(write: Write = {}): Promise<Ranking> {
    return this.#transport.call("POST", "/v1/ranking/submissions", { ...write });
  }

  /**
   * Approve the ranking.
   *
   * Put the version that `If-Match` names into force. Nobody approves what they wrote or submitted.
   *
   * Permission: `offers.approve`.
   *
   * Problems: `forbidden`, `not-submitted`, `own-change`, `precondition-failed`, `precondition-required`,
   * `unauthenticated`, `validation`.
   */
  approveRanking(write: Write = {}): Promise<Ranking> {
    return this.#transport.call("POST", "/v1/ranking/approvals", { ...write });
  }

  /**
   * The history of the ranking.
   *
   * Who did what, with the weights as they were.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `offers.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listRankingVersions(query: { limit?: number; cursor?: string | null } = {}): Promise<PageRankingVersion> {
    return this.#transport.call("GET", "/v1/ranking/versions", { query });
  }

  /** Every item of `listRankingVersions`, page after page. */
  iterRankingVersions(query: { limit?: number; cursor?: string | null } = {}): AsyncGenerator<RankingVersion> {
    return items(this.#transport, "/v1/ranking/versions", query);
  }
}
