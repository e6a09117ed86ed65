// Plans: whom to contact, for what, in which channels, and whether it worked.
// Generated from the routes of the service campaign by `make clients`: do not edit.

import { items } from "../paging.ts";
import { path, type Transport, type Write } from "../transport.ts";

/** How often a line tries to reach a customer. A call-back that the customer asked for does not count. */
export interface Attempts {
  max?: number;
  /** From an attempt that did not reach the customer to the next. */
  gap_hours?: number;
}

/** Whom the campaign is for: those who fulfil a rule, or a list. Taken once, when the campaign starts. */
export interface AudienceInput {
  /** A rule tree over the customer document. */
  rule?: GroupInput | null;
  /** Customer ids; those that are not known when the campaign starts are left out. */
  list?: Array<string> | null;
}

/** Whom the campaign is for: those who fulfil a rule, or a list. Taken once, when the campaign starts. */
export interface AudienceOutput {
  /** A rule tree over the customer document. */
  rule?: GroupOutput | null;
  /** Customer ids; those that are not known when the campaign starts are left out. */
  list?: Array<string> | null;
}

/** A campaign with its plan. */
export interface CampaignDocument {
  campaign_id: string;
  /** Rises with every edit and every change of state; also the `ETag`. */
  version: number;
  state: "draft" | "submitted" | "approved" | "running" | "paused" | "stopped" | "finished";
  name: string;
  goal: string;
  ends_at: string;
  /** Who wrote or submitted the plan; none of them may approve it. */
  authors: Array<string>;
  approved_by: string | null;
  created_at: string;
  changed_at: string;
  started_at: string | null;
  /** When the audience was taken. */
  resolved_at: string | null;
  /** Members of the audience outside the control group. */
  targets: number;
  /** How many of them have had their turn. */
  asked: number;
  next_wave_at: string | null;
  plan: PlanOutput;
}

/** A campaign without its plan. */
export interface CampaignSummary {
  campaign_id: string;
  /** Rises with every edit and every change of state; also the `ETag`. */
  version: number;
  state: "draft" | "submitted" | "approved" | "running" | "paused" | "stopped" | "finished";
  name: string;
  goal: string;
  ends_at: string;
  /** Who wrote or submitted the plan; none of them may approve it. */
  authors: Array<string>;
  approved_by: string | null;
  created_at: string;
  changed_at: string;
  started_at: string | null;
  /** When the audience was taken. */
  resolved_at: string | null;
  /** Members of the audience outside the control group. */
  targets: number;
  /** How many of them have had their turn. */
  asked: number;
  next_wave_at: string | null;
}

/** Where a contact happens. */
export type Channel = "call" | "branch" | "hotline" | "web" | "sms" | "email";

/** What came of the contacts in one channel. */
export interface ChannelResults {
  /** Only what was released there; what never was has no channel. */
  stages: Stages;
  responded: Record<string, number>;
  /** Acceptances made in this channel, whichever contact led to them. */
  accepted: number;
}

/** How important a contact is, most important first. `rank` orders them: a smaller one goes first. */
export type ContactClass = "service_critical" | "service" | "retention" | "marketing";

/** A node: all (`and`) or any (`or`) of its members hold; `not` turns the answer round. */
export interface GroupInput {
  combinator: "and" | "or";
  not?: boolean;
  rules: Array<Rule | GroupInput>;
}

/** A node: all (`and`) or any (`or`) of its members hold; `not` turns the answer round. */
export interface GroupOutput {
  combinator: "and" | "or";
  not?: boolean;
  rules: Array<Rule | GroupOutput>;
}

/** One request per customer: a call with its attempts, a to-do at the branch, a message, a banner. */
export interface Line {
  /** In order of preference: the first that may go. */
  channels: Array<Channel>;
  offer_id?: string | null;
  /** Branch or team that should do it; null is any. */
  place?: string | null;
  role?: "lead" | "cooperate";
  attempts?: Attempts;
  /** Larger goes first within the class. Null: 0.75 for a leading line, 0.5 for the others. */
  score?: number | null;
  /** The customer's attribute to take the score from, cut to 0–1; without a number there, `score` counts. */
  score_attribute?: string | null;
}

/** A plan, and the id to file it under. */
export interface NewCampaign {
  name: string;
  /** What is to be accepted: an acceptance of it, in any channel, ends all lines for that customer. */
  goal: string;
  contact_class: ContactClass;
  /** What consent is asked for. */
  purpose: string;
  category: string;
  audience: AudienceInput;
  /** Each must be published and of the plan's goal when the plan is submitted. */
  offers?: Array<string>;
  /** Every customer of the audience who is not in the control group gets one request per line. */
  lines: Array<Line>;
  schedule: Schedule;
  /** Share of the audience that is not contacted, for comparison. */
  control_share?: number;
  /** Chosen by the caller, or null for a new one. */
  campaign_id?: string | null;
}

/** What a leaf asks: react-querybuilder's names, and dates relative to today. */
export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "notIn" | "between" | "notBetween" | "contains" | "beginsWith" | "endsWith" | "null" | "notNull" | "withinNextDays" | "withinLastDays" | "moreThanDaysAhead" | "moreThanDaysAgo";

/** What came of a contact. */
export type Outcome = "delivered" | "opened" | "no_answer" | "busy" | "wrong_number" | "interested" | "refused" | "call_back" | "accepted" | "complaint" | "do_not_contact" | "failed" | "shown" | "dismissed";

export interface PageCampaignSummary {
  items: Array<CampaignSummary>;
  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What a planner writes and somebody else approves. */
export interface PlanInput {
  name: string;
  /** What is to be accepted: an acceptance of it, in any channel, ends all lines for that customer. */
  goal: string;
  contact_class: ContactClass;
  /** What consent is asked for. */
  purpose: string;
  category: string;
  audience: AudienceInput;
  /** Each must be published and of the plan's goal when the plan is submitted. */
  offers?: Array<string>;
  /** Every customer of the audience who is not in the control group gets one request per line. */
  lines: Array<Line>;
  schedule: Schedule;
  /** Share of the audience that is not contacted, for comparison. */
  control_share?: number;
}

/** What a planner writes and somebody else approves. */
export interface PlanOutput {
  name: string;
  /** What is to be accepted: an acceptance of it, in any channel, ends all lines for that customer. */
  goal: string;
  contact_class: ContactClass;
  /** What consent is asked for. */
  purpose: string;
  category: string;
  audience: AudienceOutput;
  /** Each must be published and of the plan's goal when the plan is submitted. */
  offers?: Array<string>;
  /** Every customer of the audience who is not in the control group gets one request per line. */
  lines: Array<Line>;
  schedule: Schedule;
  /** Share of the audience that is not contacted, for comparison. */
  control_share?: number;
}

/** Where a campaign stands. Contacts are counted by attempt, people by customer. */
export interface Results {
  campaign_id: string;
  state: "draft" | "submitted" | "approved" | "running" | "paused" | "stopped" | "finished";
  stages: Stages;
  responded: Record<string, number>;
  channels: Record<string, ChannelResults>;
  audience: Side;
  /** Everybody outside the control group, contacted or not: the fair comparison with it. */
  targeted: Side;
  /** Those of them to whom at least one contact was released. */
  contacted: Side;
  control: Side;
  /** The rate of `targeted` less that of `control`; null without members on both sides. */
  lift: number | null;
}

/** A leaf: one field compared with one value, two bounds, a list, or nothing. */
export interface Rule {
  field: string;
  operator: Operator;
  value?: boolean | number | string | Array<boolean | number | string> | null;
}

/** When requests go out, and when they are no longer wanted. */
export interface Schedule {
  start: string;
  /** Requests expire and the campaign is over; the instant itself is outside. */
  end: string;
  /** Customers per wave; null: all at once. */
  wave_size?: number | null;
  wave_every_minutes?: number | null;
}

/** How many customers, and how many of them have accepted the goal. */
export interface Side {
  members: number;
  accepted: number;
  rate: number | null;
}

/** How far contacts have come, by attempt. */
export interface Stages {
  /** Further attempts that go out with the next page. */
  planned?: number;
  requested?: number;
  /** Released at least once, also when recalled later. */
  released?: number;
  /** Reached the customer: shown, delivered, or answered by them. */
  delivered?: number;
  deferred?: number;
  suppressed?: number;
  expired?: number;
  withdrawn?: number;
  recalled?: number;
}

/** Where a campaign should go. */
export interface StateChange {
  state: "running" | "paused" | "stopped";
}

/** Plans: whom to contact, for what, in which channels, and whether it worked. */
export class Campaign {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Write a plan.
   *
   * File a new plan as a draft.
   *
   * Permission: `campaign.edit`.
   *
   * Problems: `body-too-large`, `campaign-exists`, `forbidden`, `unauthenticated`, `unsupported-media-type`,
   * `validation`.
   */
  createCampaign(body: NewCampaign, write: Write = {}): Promise<CampaignSummary> {
    return this.#transport.call("POST", "/v1/campaigns", { body, ...write });
  }

  /**
   * List plans.
   *
   * All plans in the order of their ids, without their documents.
   *
   * `state`: Only plans in this state.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `campaign.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listCampaigns(query: { state?: "draft" | "submitted" | "approved" | "running" | "paused" | "stopped" | "finished" | null; limit?: number; cursor?: string | null } = {}): Promise<PageCampaignSummary> {
    return this.#transport.call("GET", "/v1/campaigns", { query });
  }

  /** Every item of `listCampaigns`, page after page. */
  iterCampaigns(query: { state?: "draft" | "submitted" | "approved" | "running" | "paused" | "stopped" | "finished" | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<CampaignSummary> {
    return items(this.#transport, "/v1/campaigns", query);
  }

  /**
   * Edit a plan.
   *
   * Replace the document of a plan that has not been started. It is a draft again: an edit takes an approval back.
   *
   * Permission: `campaign.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `precondition-failed`, `precondition-required`,
   * `unauthenticated`, `unsupported-media-type`, `validation`, `wrong-state`.
   */
  editCampaign(campaignId: string, body: PlanInput, write: Write = {}): Promise<CampaignSummary> {
    return this.#transport.call("PUT", path`/v1/campaigns/${campaignId}`, { body, ...write });
  }

  /**
   * Read a plan.
   *
   * The plan with its state and how far it has got.
   *
   * Permission: `campaign.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getCampaign(campaignId: string): Promise<CampaignDocument> {
    return this.#transport.call("GET", path`/v1/campaigns/${campaignId}`);
  }

  /**
   * Submit a plan for approval.
   *
   * Ask somebody else to approve the draft. Its offers must be published and of the plan's goal.
   *
   * Permission: `campaign.edit`.
   *
   * Problems: `forbidden`, `not-found`, `offer-not-usable`, `schedule-over`, `unauthenticated`, `validation`,
   * `wrong-state`.
   */
  submitCampaign(campaignId: string, write: Write = {}): Promise<CampaignSummary> {
    return this.#transport.call("POST", path`/v1/campaigns/${campaignId}/submissions`, { ...write });
  }

  /**
   * Approve a plan.
   *
   * Approve the plan exactly as it was read: `If-Match` says which version. Nobody approves what they wrote.
   *
   * Permission: `campaign.approve`.
   *
   * Problems: `forbidden`, `not-found`, `own-change`, `precondition-failed`, `precondition-required`,
   * `unauthenticated`, `validation`, `wrong-state`.
   */
  approveCampaign(campaignId: string, write: Write = {}): Promise<CampaignSummary> {
    return this.#transport.call("POST", path`/v1/campaigns/${campaignId}/approvals`, { ...write });
  }

  /**
   * Run, pause or stop a campaign.
   *
   * Start an approved plan, hold it, go on, or stop it for good, which also recalls what was not delivered.
   *
   * Permission: `campaign.run`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `schedule-over`, `unauthenticated`, `unsupported-media-
   * type`, `validation`, `wrong-state`.
   */
  setCampaignState(campaignId: string, body: StateChange, write: Write = {}): Promise<CampaignSummary> {
    return this.#transport.call("PUT", path`/v1/campaigns/${campaignId}/state`, { body, ...write });
  }

  /**
   * Read the results.
   *
   * What came of the contacts, by channel, and how often people accepted, against the control group.
   *
   * Permission: `campaign.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getCampaignResults(campaignId: string): Promise<Results> {
    return this.#transport.call("GET", path`/v1/campaigns/${campaignId}/results`);
  }
}
