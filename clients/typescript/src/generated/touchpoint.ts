// Whether a contact may happen now, and everything that did.
// Generated from the routes of the service touchpoint by `make clients`: do not edit.

import { items } from "../paging.ts";
import { path, type Transport, type Write } from "../transport.ts";

export interface AnswerPopupOffersAnswer {
  popup_id: string;
  answers: Array<AnswerPopupOffersAnswers>;
  [member: string]: unknown;
}

export interface AnswerPopupOffersAnswers {
  offer_id: string;
  answer: string;
  contact_id: string;
  sale: AnswerPopupOffersAnswersSale;
  [member: string]: unknown;
}

export interface AnswerPopupOffersAnswersSale {
  acceptance_id: string;
  state: string;
  reason: string;
  text: string;
  [member: string]: unknown;
}

/** From when on. */
export interface ApprovalIn {
  /** In force from this instant on, at least a second and at most two years ahead. Left out, at once. */
  activate_at?: string | null;
}

/** An offer that a storefront would like to show a customer. */
export interface BannerIn {
  /** Natural key: the same id twice is one banner. Made up when left out. */
  banner_id?: string | null;
  customer_id: string;
  offer_id: string;
}

/** No contact in `channels` from `begins` on until `ends`, which is outside. */
export interface Blackout {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  countries?: Array<string> | null;
  regions?: Array<string> | null;
  begins: string;
  ends: string;
}

/** A blackout of the policy in force. */
export interface BlackoutIn {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  countries?: Array<string> | null;
  regions?: Array<string> | null;
  begins: string;
  ends: string;
}

/** The current day, ISO week or month, in the business zone or the customer's. */
export interface CalendarWindow {
  kind: "calendar";
  unit: "day" | "week" | "month";
  zone?: "business" | "customer";
}

/** How much a channel or team can take. */
export interface CapacityIn {
  /** Outside of the hours below; 0 is none. */
  rate: number;
  per?: "second" | "minute" | "hour";
  /** How many may go at once after a rest. */
  burst?: number;
  /** IANA name: the clock by which the hours are told. */
  zone?: string;
  /** Other rates at hours of the week; the first that fits counts. */
  hours?: Array<Hours>;
}

/** Where a contact happens. */
export type Channel = "call" | "branch" | "hotline" | "web" | "sms" | "email";

/** What counts in a place where the customer has said nothing: consent is presumed, or not. */
export interface ConsentDefault {
  countries?: Array<string> | null;
  regions?: Array<string> | null;
  channels?: Array<Channel> | null;
  purposes?: Array<string> | null;
  granted: boolean;
}

/** Contacts in `channels` need the customer's consent for their purpose. No record is no consent. */
export interface ConsentRule {
  channels?: Array<Channel>;
  exempt_purposes?: Array<string>;
  /** Where there is no record: the first that fits speaks; a region's before its country's. None is no consent. */
  defaults?: Array<ConsentDefault>;
}

/** How important a contact is, most important first. `rank` orders them: a smaller one goes first. */
export type ContactClass = "service_critical" | "service" | "retention" | "marketing";

/** A wish to contact a customer. */
export interface ContactRequestIn {
  /** Natural key: the same id twice is one request. Made up when left out. */
  request_id?: string | null;
  customer_id: string;
  /** In order of preference: the first that may go. */
  channels: Array<Channel>;
  purpose: string;
  category: string;
  contact_class: ContactClass;
  score?: number;
  goal?: string | null;
  campaign_id?: string | null;
  offer_id?: string | null;
  place?: string | null;
  not_before?: string | null;
  /** From this instant on it is no longer wanted. Needed for a request that may wait. */
  expires_at?: string | null;
  /** The person who asks for it: what comes of a link in the message is credited to them and to the caller's unit. */
  agent?: string | null;
}

/** After `outcome`, no contact of the same scope for `days`; without days a freeze, until somebody closes it. */
export interface CoolDownRule {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  outcome: Outcome;
  scope?: "all" | "channel" | "category" | "campaign" | "offer" | "goal";
  /** None, after a complaint and for everything: until the complaint is dealt with. */
  days?: number | null;
}

export interface CreateContactPolicyAnswer {
  policy_id: string;
  draft: CreateContactPolicyDraft;
  author: string;
  revision: number;
  [member: string]: unknown;
}

export interface CreateContactPolicyDraft {
  name: string;
  business_zone: string;
  frequency_caps: Array<CreateContactPolicyDraftFrequencyCaps>;
  quiet_hours: Array<CreateContactPolicyDraftQuietHours>;
  [member: string]: unknown;
}

export interface CreateContactPolicyDraftFrequencyCaps {
  name: string;
  limit: number;
  window: CreateContactPolicyDraftFrequencyCapsWindow;
  [member: string]: unknown;
}

export interface CreateContactPolicyDraftFrequencyCapsWindow {
  kind: string;
  hours: number;
  [member: string]: unknown;
}

export interface CreateContactPolicyDraftQuietHours {
  name: string;
  channels: Array<string>;
  start: string;
  end: string;
  [member: string]: unknown;
}

export interface CreateRebuildAnswer {
  rebuild_id: string;
  everybody: boolean;
  dry_run: boolean;
  created_by: string;
  created_at: string;
  total: number;
  compared: number;
  differing: number;
  mended: number;
  finished_at: string | null;
  state: string;
  differences: Array<GetRebuildDifferences>;
  [member: string]: unknown;
}

export interface DecideNowBecause {
  reason: string;
  rule: string;
  counter: number;
  limit: number;
  [member: string]: unknown;
}

/** A new draft. */
export interface DraftIn {
  document: PolicyDocument;
}

export interface ExplainContactRequestAnswer {
  customer_id: string;
  seq: number;
  at: string;
  time_zone: string;
  policy_id: string;
  policy_version: number;
  request_id: string;
  contact_class: string;
  score: number;
  channels: Array<string>;
  decision: string;
  channel: string;
  contact_id: unknown;
  retry_at: string;
  because: DecideNowBecause;
  place: number;
  rules: Array<ExplainContactRequestRules>;
  rules_by_channel: Array<ExplainContactRequestRulesByChannel>;
  competitors: Array<ExplainContactRequestCompetitors>;
  held_by: Array<ExplainContactRequestHeldBy>;
  pre_empted: Array<unknown>;
  sentences: Array<string>;
  decisions: Array<ExplainContactRequestDecisions>;
  [member: string]: unknown;
}

export interface ExplainContactRequestCompetitors {
  request_id: string;
  contact_class: string;
  decision: string;
  [member: string]: unknown;
}

export interface ExplainContactRequestDecisions {
  seq: number;
  at: string;
  kind: string;
  explained: boolean;
  [member: string]: unknown;
}

export interface ExplainContactRequestHeldBy {
  request_id: string;
  channel: string;
  won_together: boolean;
  [member: string]: unknown;
}

export interface ExplainContactRequestRules {
  kind: string;
  rule: unknown;
  objects: boolean;
  [member: string]: unknown;
}

export interface ExplainContactRequestRulesByChannel {
  channel: string;
  rules: Array<ExplainContactRequestRulesByChannelRules>;
  [member: string]: unknown;
}

export interface ExplainContactRequestRulesByChannelRules {
  kind: string;
  rule: string;
  objects: boolean;
  reason: string;
  counter: number;
  limit: number;
  window_first: string;
  window_last: string;
  until: string;
  [member: string]: unknown;
}

/** Why a freeze is closed. */
export interface FreezeClosureIn {
  note?: string | null;
}

/** Nothing is to go to a customer for a while, or until somebody closes the freeze. */
export interface FreezeIn {
  /** Yours, so that asking twice opens one; made here when left out. */
  freeze_id?: string | null;
  customer_id: string;
  /** Over by itself from then on; left out: only when it is closed. */
  until?: string | null;
  note?: string | null;
}

/** At most `limit` contacts in the window, counted per scope. Only contacts in `channels` count. */
export interface FrequencyCap {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  scope?: "all" | "channel" | "category" | "purpose" | "campaign" | "offer" | "goal";
  limit: number;
  window: RollingWindow | CalendarWindow;
  /** Whose contacts count together. Who belongs to no household is one of their own. */
  per?: "customer" | "household";
  /** How many slots a contact in a channel takes, such as 3 for a call; 1 where nothing is said. */
  weights?: Record<string, number>;
  /** Contacts that ended in these outcomes do not count for this cap. */
  ignores?: Array<Outcome>;
  held?: Array<HeldSlots>;
  /** A waiting contact of a more important class that is due within so many hours keeps a slot. */
  look_ahead_hours?: number;
}

export interface GetBacklogAnswer {
  channel: string;
  waiting: number;
  by_place_and_class: Array<GetBacklogByPlaceAndClass>;
  capacities: Array<ListCapacitiesItems>;
  empty_at: string;
  provider: GetBacklogProvider;
  [member: string]: unknown;
}

export interface GetBacklogByPlaceAndClass {
  place: string;
  contact_class: string;
  count: number;
  oldest: string;
  first_expires: string;
  [member: string]: unknown;
}

export interface GetBacklogProvider {
  failures: number;
  resting_until: unknown;
  [member: string]: unknown;
}

export interface GetContactAnswer {
  contact_id: string;
  customer_id: string;
  request_id: string;
  channel: string;
  state: string;
  contact_class: string;
  offer_id: string;
  goal: string;
  campaign_id: string;
  [member: string]: unknown;
}

export interface GetContactRequestAnswer {
  request_id: string;
  customer_id: string;
  state: string;
  channel: string;
  contact_id: string;
  retry_at: unknown;
  because: unknown;
  history: Array<GetContactRequestHistory>;
  [member: string]: unknown;
}

export interface GetContactRequestHistory {
  at: string;
  kind: string;
  [member: string]: unknown;
}

export interface GetPolicyDifferencesAgainst {
  policy_id: string;
  version: number;
  [member: string]: unknown;
}

export interface GetPolicyDifferencesAnswer {
  policy_id: string;
  version: number;
  against: GetPolicyDifferencesAgainst;
  differences: Array<GetPolicyDifferencesDifferences>;
  sentences: Array<string>;
  [member: string]: unknown;
}

export interface GetPolicyDifferencesDifferences {
  kind: string;
  pointer: string;
  section: string;
  rule: string;
  old: number;
  new: number;
  [member: string]: unknown;
}

export interface GetPolicyInForceAnswer {
  policy_id: string;
  version: number;
  document: Record<string, unknown>;
  author: string;
  submitted_by: string;
  submitted_at: string;
  from_version: unknown;
  approved_by: string | null;
  approved_at: string | null;
  since: string | null;
  state: string;
  [member: string]: unknown;
}

export interface GetPolicyVersionAnswer {
  policy_id: string;
  version: number;
  document: Record<string, unknown>;
  author: string;
  submitted_by: string;
  submitted_at: string;
  from_version: unknown;
  approved_by: string;
  approved_at: string;
  since: string;
  state: string;
  what_ifs: Array<GetPolicyVersionWhatIfs>;
  [member: string]: unknown;
}

export interface GetPolicyVersionWhatIfs {
  what_if_id: string;
  state: string;
  from: string;
  until: string;
  author: string;
  created_at: string;
  [member: string]: unknown;
}

export interface GetRebuildDifferences {
  customer_id: string;
  what: string;
  key: string;
  stored: Array<unknown>;
  derived: Array<GetRebuildDifferencesDerived>;
  mended: boolean;
  text: string;
  [member: string]: unknown;
}

export interface GetRebuildDifferencesDerived {
  at: string;
  channel: string;
  state: string;
  [member: string]: unknown;
}

export interface GetStandingAnswer {
  customer_id: string;
  policy_version: number;
  budgets: Array<GetStandingBudgets>;
  goals_met: Array<unknown>;
  [member: string]: unknown;
}

export interface GetStandingBudgets {
  rule: string;
  scope: string;
  key: unknown;
  used: number;
  limit: number;
  frees_at: string;
  [member: string]: unknown;
}

export interface GetWebhookAnswer {
  webhook_id: string;
  url: string;
  description: string;
  types: Array<string>;
  customer_id: unknown;
  org: string;
  ordered: boolean;
  state: string;
  secrets: Array<PostWebhookSecrets>;
  revision: number;
  created_by: string;
  created_at: string;
  failures: number;
  failing_since: unknown;
  disabled_at: unknown;
  disabled_why: unknown;
  waiting: number;
  [member: string]: unknown;
}

export interface GetWhatIfAnswer {
  what_if_id: string;
  policy_id: string;
  version: number;
  revision: unknown;
  against: GetPolicyDifferencesAgainst;
  from: string;
  until: string;
  campaign: unknown;
  author: string;
  created_at: string;
  state: string;
  progress: TryPolicyVersionProgress;
  error: unknown;
  finished_at: string;
  result: GetWhatIfResult;
  sentences: Array<string>;
  limits: Array<string>;
  [member: string]: unknown;
}

export interface GetWhatIfResult {
  customers: number;
  real_contacts: number;
  tried: GetWhatIfResultTried;
  in_force: GetWhatIfResultTried;
  difference: GetWhatIfResultDifference;
  [member: string]: unknown;
}

export interface GetWhatIfResultDifference {
  contacts: number;
  customers_reached: number;
  newly_released: number;
  newly_blocked: number;
  newly_blocked_by: Array<GetWhatIfResultDifferenceNewlyBlockedBy>;
  other_time: number;
  other_day: number;
  other_channel: number;
  moved: Array<GetWhatIfResultDifferenceMoved>;
  [member: string]: unknown;
}

export interface GetWhatIfResultDifferenceMoved {
  from: string;
  to: string;
  requests: number;
  [member: string]: unknown;
}

export interface GetWhatIfResultDifferenceNewlyBlockedBy {
  rule: string;
  reason: string;
  requests: number;
  [member: string]: unknown;
}

export interface GetWhatIfResultTried {
  requests: number;
  contacts: number;
  released: number;
  suppressed: number;
  expired: number;
  withdrawn: number;
  waiting: number;
  pre_empted: number;
  recalled: number;
  assumed: number;
  customers_reached: number;
  contacts_per_customer: GetWhatIfResultTriedContactsPerCustomer;
  blocked: Array<GetWhatIfResultTriedBlocked>;
  reach: Array<GetWhatIfResultTriedReach>;
  channels: GetWhatIfResultTriedChannels;
  days: Record<string, number>;
  [member: string]: unknown;
}

export interface GetWhatIfResultTriedBlocked {
  rule: string;
  reason: string;
  deferred: number;
  suppressed: number;
  expired: number;
  [member: string]: unknown;
}

export interface GetWhatIfResultTriedChannels {
  call: GetWhatIfResultTriedChannelsCall;
  [member: string]: unknown;
}

export interface GetWhatIfResultTriedChannelsCall {
  contacts: number;
  customers: number;
  [member: string]: unknown;
}

export interface GetWhatIfResultTriedContactsPerCustomer {
  customers: Record<string, number>;
  p50: number;
  p95: number;
  max: number;
  [member: string]: unknown;
}

export interface GetWhatIfResultTriedReach {
  campaign_id: string;
  contact_class: string;
  contacts: number;
  customers: number;
  [member: string]: unknown;
}

/** A node: all (`and`) or any (`or`) of its members hold; `not` turns the answer round. */
export interface Group {
  combinator: "and" | "or";
  not?: boolean;
  rules: Array<Rule | Group>;
}

/** Slots of a cap that only contacts of this class, or a more important one, may use; such contacts use them up. */
export interface HeldSlots {
  for_class: ContactClass;
  slots?: number;
  /** Held only before this day of the customer, in expectation of the contact that it will bring; None is always. */
  occasion?: "birthday" | "contract_end" | null;
  /** From how many days before an occasion; it ends with the day itself, by the customer's calendar. */
  lead_days?: number;
}

/** A rate at hours of the week, by the wall clock of the capacity's zone. */
export interface Hours {
  days: Array<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun">;
  start: string;
  /** 00:00, or 24:00, is the midnight at the end of the day. */
  end: string;
  rate: number;
}

export interface LeaseContactsAnswer {
  items: Array<LeaseContactsItems>;
  [member: string]: unknown;
}

export interface LeaseContactsItems {
  contact_id: string;
  customer_id: string;
  request_id: string;
  channel: string;
  contact_class: string;
  offer_id: string;
  goal: string;
  campaign_id: string;
  place: unknown;
  leased_until: string;
  customer: LeaseContactsItemsCustomer;
  offer: LeaseContactsItemsOffer;
  [member: string]: unknown;
}

export interface LeaseContactsItemsCustomer {
  name: string;
  phone: string;
  language: string;
  [member: string]: unknown;
}

export interface LeaseContactsItemsOffer {
  language: string;
  title: string;
  body: string;
  script: string;
  objections: Array<LeaseContactsItemsOfferObjections>;
  [member: string]: unknown;
}

export interface LeaseContactsItemsOfferObjections {
  objection: string;
  answer: string;
  [member: string]: unknown;
}

/** How many contacts an agent or dialer wants, and for how long. */
export interface LeasesIn {
  limit?: number;
  seconds?: number;
  /** Only contacts for this branch or team, and those for any. */
  place?: string | null;
  campaign_id?: string | null;
}

/** Contacts in `channels` only within `hours`, by the customer's own clock. */
export interface LegalHours {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  countries?: Array<string> | null;
  regions?: Array<string> | null;
  hours: WeeklyHours;
}

export interface ListBlackoutsAnswer {
  items: Array<ListBlackoutsItems>;
  [member: string]: unknown;
}

export interface ListBlackoutsItems {
  name: string;
  channels: Array<string>;
  purposes: unknown;
  exempt_classes: Array<string>;
  when: unknown;
  countries: unknown;
  regions: Array<string>;
  begins: string;
  ends: string;
  state: string;
  [member: string]: unknown;
}

export interface ListCapacitiesAnswer {
  items: Array<ListCapacitiesItems>;
  [member: string]: unknown;
}

export interface ListCapacitiesItems {
  channel: string;
  team: string;
  document: Record<string, unknown>;
  author: string;
  revision: number;
  left: number;
  frees_at: string;
  [member: string]: unknown;
}

export interface ListContactPoliciesAnswer {
  items: Array<CreateContactPolicyAnswer>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListDeliveriesAnswer {
  items: Array<PostPingAnswer>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListDraftWhatIfsAnswer {
  items: Array<ListVersionWhatIfsItems>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListFreezesAnswer {
  items: Array<PostFreezeAnswer>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListPolicyVersionsAnswer {
  items: Array<ListPolicyVersionsItems>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListPolicyVersionsItems {
  policy_id: string;
  version: number;
  author: string;
  submitted_by: string;
  submitted_at: string;
  from_version: unknown;
  approved_by: string;
  approved_at: string;
  since: string;
  state: string;
  [member: string]: unknown;
}

export interface ListRecallsAnswer {
  items: Array<ListRecallsItems>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListRecallsItems {
  contact_id: string;
  customer_id: string;
  channel: string;
  place: string;
  owner: string;
  held: string;
  reason: string;
  recalled_at: string;
  remind_at: string;
  escalate_at: string;
  state: string;
  [member: string]: unknown;
}

export interface ListReplaysAnswer {
  items: Array<PostReplayAnswer>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListVersionWhatIfsAnswer {
  items: Array<ListVersionWhatIfsItems>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListVersionWhatIfsItems {
  what_if_id: string;
  policy_id: string;
  version: number;
  revision: unknown;
  against: GetPolicyDifferencesAgainst;
  from: string;
  until: string;
  campaign: unknown;
  author: string;
  created_at: string;
  state: string;
  progress: TryPolicyVersionProgress;
  error: unknown;
  finished_at: string;
  [member: string]: unknown;
}

export interface ListWebhooksAnswer {
  items: Array<ListWebhooksItems>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListWebhooksItems {
  webhook_id: string;
  url: string;
  description: string;
  types: Array<string>;
  customer_id: unknown;
  org: string;
  ordered: boolean;
  state: string;
  secrets: Array<PostWebhookSecrets>;
  revision: number;
  created_by: string;
  created_at: string;
  failures: number;
  failing_since: unknown;
  disabled_at: unknown;
  disabled_why: unknown;
  [member: string]: unknown;
}

export interface ListWorkOrdersAnswer {
  items: Array<ListWorkOrdersItems>;
  next_cursor: unknown;
  [member: string]: unknown;
}

export interface ListWorkOrdersItems {
  work_order_id: string;
  customer_id: string;
  kind: string;
  priority: number;
  unit: string;
  owner: unknown;
  subject: string;
  offer_id: string;
  campaign_id: unknown;
  acceptance_id: unknown;
  opened_at: string;
  opened_by: string;
  respond_by: string;
  responded_at: unknown;
  resolve_by: string;
  leased_by: unknown;
  leased_until: unknown;
  appointment_at: unknown;
  escalate_to: string;
  escalated_to: unknown;
  escalated_at: unknown;
  result: unknown;
  resolved_at: unknown;
  resolved_by: unknown;
  resolving_note: unknown;
  state: string;
  overdue: boolean;
  originator: PostWorkOrderOriginator;
  [member: string]: unknown;
}

/** At least `hours` between two contacts in `channels`. */
export interface MinimumGap {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  hours: number;
}

export interface OpenPopupAnswer {
  popup_id: string;
  customer_id: string;
  at: string;
  offers: Array<OpenPopupOffers>;
  not_now: Array<OpenPopupNotNow>;
  greeting: OpenPopupGreeting;
  warnings: Array<OpenPopupOffersWhy>;
  promises: Array<OpenPopupPromises>;
  history: Array<OpenPopupHistory>;
  work_orders: Array<OpenPopupWorkOrders>;
  [member: string]: unknown;
}

export interface OpenPopupGreeting {
  name: string;
  phone: string;
  language: string;
  grade: string;
  [member: string]: unknown;
}

export interface OpenPopupHistory {
  at: string;
  channel: string;
  text: string;
  [member: string]: unknown;
}

export interface OpenPopupNotNow {
  offer_id: string;
  because: OpenPopupNotNowBecause;
  text: string;
  until: unknown;
  [member: string]: unknown;
}

export interface OpenPopupNotNowBecause {
  reason: string;
  [member: string]: unknown;
}

export interface OpenPopupOffers {
  offer_id: string;
  contact_id: string;
  goal: string;
  category: string;
  image: unknown;
  title: string;
  body: string;
  script: string;
  why: OpenPopupOffersWhy;
  [member: string]: unknown;
}

export interface OpenPopupOffersWhy {
  kind: string;
  text: string;
  [member: string]: unknown;
}

export interface OpenPopupPromises {
  offer_id: string;
  channel: string;
  promised_at: string;
  due_at: string;
  overdue: boolean;
  text: string;
  [member: string]: unknown;
}

export interface OpenPopupWorkOrders {
  work_order_id: string;
  kind: string;
  priority: number;
  unit: string;
  owner: unknown;
  subject: string;
  opened_at: string;
  resolve_by: string;
  appointment_at: unknown;
  escalated_to: unknown;
  text: string;
  [member: string]: unknown;
}

/** When branches and call centres work: contacts in `channels` only within `hours`, by the clock of the place. */
export interface OpeningHours {
  name: string;
  channels: Array<Channel>;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  /** The branches or teams that these are the hours of; None is all that no other rule for the channel names. */
  places?: Array<string> | null;
  /** IANA name: the clock on the wall there. */
  zone: string;
  /** Whose public holidays. */
  country?: string | null;
  region?: string | null;
  hours: WeeklyHours;
}

/** What a leaf asks: react-querybuilder's names, and dates relative to today. */
export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "notIn" | "between" | "notBetween" | "contains" | "beginsWith" | "endsWith" | "null" | "notNull" | "withinNextDays" | "withinLastDays" | "moreThanDaysAhead" | "moreThanDaysAgo";

/** What came of a contact. */
export type Outcome = "delivered" | "opened" | "no_answer" | "busy" | "wrong_number" | "interested" | "refused" | "call_back" | "accepted" | "complaint" | "do_not_contact" | "failed" | "shown" | "dismissed";

/** One result of a contact. */
export interface OutcomeIn {
  outcome: Outcome;
  /** Natural key: the same id twice is one result. Made up when left out; then a retry needs an `Idempotency-Key`. */
  outcome_id?: string | null;
  at?: string | null;
  offer_id?: string | null;
  call_back_at?: string | null;
  agent?: string | null;
  note?: string | null;
}

/** What came of a contact; a call may have several results. */
export interface OutcomesIn {
  outcomes: Array<OutcomeIn>;
}

export interface OpenPage {
  items: Array<Record<string, unknown>>;
  /** Give it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

/** From `start` to `end` on each of `days`, by the wall clock; `end` is outside. */
export interface Period {
  days: Array<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun">;
  start: string;
  /** 00:00, or 24:00, is the midnight at the end of the day. */
  end: string;
}

/** A campaign that has not run: one request for each of its customers, on top of what really was asked for. */
export interface PlannedIn {
  customers?: Array<string> | null;
  /** So many of the known customers, always the same, in place of a list. */
  count?: number | null;
  channels: Array<Channel>;
  purpose: string;
  category: string;
  contact_class: ContactClass;
  score?: number;
  goal?: string | null;
  /** It counts as running. */
  campaign_id?: string;
  offer_id?: string | null;
  /** When the first are asked for; at the start of the what-if when left out. */
  begins_at?: string | null;
  /** How long each request is wanted. */
  hours?: number;
  /** So many customers a day; all at once when left out. */
  per_day?: number | null;
}

/** All contact rules. Within a kind, rules are looked at in the order in which they stand here. */
export interface PolicyDocument {
  name: string;
  /** IANA name: the zone of calendar windows that do not name the customer's. */
  business_zone?: string;
  /** How old what is known of customers, plans and offers may be. What is older releases nothing until it is known. */
  max_replica_minutes?: number;
  consent?: ConsentRule;
  /** Classes that reach a customer who is on a do-not-call list or asked not to be disturbed. */
  do_not_disturb_exempt?: Array<ContactClass>;
  blackouts?: Array<Blackout>;
  legal_hours?: Array<LegalHours>;
  quiet_hours?: Array<QuietHours>;
  opening_hours?: Array<OpeningHours>;
  preferred_hours?: Array<PreferredHours>;
  minimum_gaps?: Array<MinimumGap>;
  frequency_caps?: Array<FrequencyCap>;
  cool_downs?: Array<CoolDownRule>;
  work_order_holds?: Array<WorkOrderHold>;
  work_orders?: Array<WorkOrderRule>;
  /** Branches and teams that work orders may go to by the name in which a contact has them. */
  units?: Array<Unit>;
  /** Outcomes that did not reach the customer: the slot is free again, for every cap. */
  gives_back?: Array<Outcome>;
}

/** The first draft of a policy. */
export interface PolicyIn {
  policy_id: string;
  document: PolicyDocument;
}

/** What the customer said to one offer. */
export interface PopupAnswer {
  offer_id: string;
  answer: "interested" | "refused" | "accepted" | "later";
  /** For `later`: when to come back to it. */
  call_back_at?: string | null;
  note?: string | null;
}

/** What the customer said to the offers shown. */
export interface PopupAnswersIn {
  answers: Array<PopupAnswer>;
  /** BCP 47, of the words in the answer; English when left out. */
  lang?: string | null;
}

/** A customer has appeared: exactly one of customer_id, phone and account says who. */
export interface PopupIn {
  customer_id?: string | null;
  /** In E.164, or as dialled inside `country`. */
  phone?: string | null;
  /** ISO 3166-1 alpha-2: how `phone` is to be read. */
  country?: string | null;
  account?: string | null;
  channel: "branch" | "hotline";
  place?: string | null;
  agent?: string | null;
  limit?: number;
  /** BCP 47; the customer's own language when left out. */
  lang?: string | null;
}

/** An offer that was shown, to be sent to the customer. */
export interface PopupMessageIn {
  offer_id: string;
  channel: "sms" | "email";
  /** BCP 47, of the words in the answer; English when left out. The message is in the customer's own language. */
  lang?: string | null;
}

export interface PostFreezeAnswer {
  freeze_id: string;
  customer_id: string;
  rule: unknown;
  contact_id: unknown;
  opened_at: string;
  opened_by: string;
  until: unknown;
  note: string;
  closed_at: string | null;
  closed_by: string | null;
  closing_note: string | null;
  state: string;
  [member: string]: unknown;
}

export interface PostPingAnswer {
  delivery_id: string;
  event_id: string;
  type: string;
  replay_id: unknown;
  state: string;
  queued_at: string;
  attempts: number;
  next_try: string;
  last_status: number | null;
  last_error: string | null;
  finished_at: unknown;
  [member: string]: unknown;
}

export interface PostReplayAnswer {
  replay_id: string;
  webhook_id: string;
  asked_by: string;
  created_at: string;
  kind: string;
  since: string;
  until: string;
  reached: string;
  queued: number;
  finished_at: string | null;
  state: string;
  progress: number;
  [member: string]: unknown;
}

export interface PostWebhookAnswer {
  webhook_id: string;
  url: string;
  description: string;
  types: Array<string>;
  customer_id: unknown;
  org: string;
  ordered: boolean;
  state: string;
  secrets: Array<PostWebhookSecrets>;
  revision: number;
  created_by: string;
  created_at: string;
  failures: number;
  failing_since: unknown;
  disabled_at: unknown;
  disabled_why: unknown;
  waiting: number;
  secret: string;
  [member: string]: unknown;
}

export interface PostWebhookSecrets {
  created_at: string;
  signs_until: unknown;
  [member: string]: unknown;
}

export interface PostWorkOrderAnswer {
  work_order_id: string;
  customer_id: string;
  kind: string;
  priority: number;
  unit: string;
  owner: unknown;
  subject: string;
  offer_id: string;
  campaign_id: unknown;
  acceptance_id: unknown;
  opened_at: string;
  opened_by: string;
  respond_by: string;
  responded_at: string | null;
  resolve_by: string;
  leased_by: string | null;
  leased_until: string | null;
  appointment_at: string | null;
  escalate_to: string;
  escalated_to: unknown;
  escalated_at: unknown;
  result: string | null;
  resolved_at: string | null;
  resolved_by: string | null;
  resolving_note: string | null;
  state: string;
  overdue: boolean;
  originator: PostWorkOrderOriginator;
  comments: Array<PostWorkOrderComments>;
  [member: string]: unknown;
}

export interface PostWorkOrderComments {
  comment_id: string;
  at: string;
  by: string;
  text: string;
  [member: string]: unknown;
}

export interface PostWorkOrderOriginator {
  channel: string;
  place: unknown;
  unit: string;
  agent: string;
  contact_id: unknown;
  [member: string]: unknown;
}

/**
 * Whom it describes is best reached within `hours`, by their own clock, unless they said when themselves. It
 * forbids nothing: of contacts that may be carried out and are equally important, those of now go first.
 */
export interface PreferredHours {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  hours: WeeklyHours;
}

export interface PutChannelCapacityAnswer {
  channel: string;
  team: string;
  revision: number;
  [member: string]: unknown;
}

/** No contact between `start` and `end` by the customer's own clock; over midnight when `end` is not later. */
export interface QuietHours {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  start: string;
  end: string;
  /** Days on which the period starts. */
  days?: Array<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun">;
}

/** Which standings to rebuild from their timelines. */
export interface RebuildIn {
  /** Left out: everybody's. */
  customer_ids?: Array<string> | null;
  /** Only compare: tell what differs, and write nothing. */
  dry_run?: boolean;
}

/** The channel's answer to a recall. */
export interface RecallAnswerIn {
  answer: "withdrawn" | "too_late";
}

export interface RenewContactLeaseAnswer {
  contact_id: string;
  leased_until: string;
  [member: string]: unknown;
}

/** How much longer a lease is held, from now. */
export interface RenewalIn {
  seconds?: number;
}

/** What is to be sent again: a time, or named events, or all dead letters. */
export interface ReplayIn {
  since?: string | null;
  /** The instant itself is outside; left out, or ahead: until now. */
  until?: string | null;
  event_ids?: Array<string> | null;
  dead_letters?: boolean;
}

export interface RequestContactAnswer {
  request_id: string;
  customer_id: string;
  state: string;
  channel: string;
  contact_id: string | null;
  retry_at: string | null;
  because: DecideNowBecause | null;
  [member: string]: unknown;
}

/** The hours before now. */
export interface RollingWindow {
  kind?: "rolling";
  hours: number;
}

/** How a secret is replaced. */
export interface RotationIn {
  /** For so long every event bears both signatures. 0: the old secret has leaked. */
  overlap_hours?: number;
}

/** A leaf: one field compared with one value, two bounds, a list, or nothing. */
export interface Rule {
  field: string;
  operator: Operator;
  value?: boolean | number | string | Array<boolean | number | string> | null;
}

export interface SendPopupOfferAnswer {
  request_id: string;
  customer_id: string;
  state: string;
  channel: string;
  contact_id: string;
  retry_at: unknown;
  because: unknown;
  text: unknown;
  [member: string]: unknown;
}

export interface ShowOfferBannerAnswer {
  banner_id: string;
  customer_id: string;
  offer_id: string;
  state: string;
  contact_id: string;
  retry_at: unknown;
  because: unknown;
  [member: string]: unknown;
}

/** What to submit. */
export interface SubmissionIn {
  /** Go back to this approved version: its document is submitted anew. Left out, the draft is submitted. */
  from_version?: number | null;
}

export interface TryPolicyVersionAnswer {
  what_if_id: string;
  policy_id: string;
  version: number;
  revision: unknown;
  against: GetPolicyDifferencesAgainst;
  from: string;
  until: string;
  campaign: unknown;
  author: string;
  created_at: string;
  state: string;
  progress: TryPolicyVersionProgress;
  error: unknown;
  finished_at: unknown;
  result: unknown;
  [member: string]: unknown;
}

export interface TryPolicyVersionProgress {
  done: number;
  total: number | null;
  [member: string]: unknown;
}

/** A branch or team: by what name contacts and opening hours call it, and where in the organisation it is. */
export interface Unit {
  /** As in `place` of a contact and `places` of opening hours. */
  name: string;
  /** As in the `org` of its people's tokens. */
  path: string;
}

/** Who is to be told what. */
export interface WebhookIn {
  /** https; plain http only into networks that the settings open. */
  url: string;
  description?: string;
  /** Left out: every type. */
  types?: Array<string> | null;
  customer_id?: string | null;
  /** A unit: events that bear a place elsewhere are left out. */
  org?: string | null;
  /** A customer's next event waits until the one before it is delivered or dead. */
  ordered?: boolean;
  /** `paused`: events wait, for three days at most. */
  state?: "active" | "paused";
}

/** The periods of a week; overlapping ones are one. */
export interface WeeklyHours {
  periods: Array<Period>;
  /** What a public holiday is: a weekday like any other, a closed day, or a Sunday. */
  holidays?: "as_usual" | "closed" | "as_sunday";
  /** Whose public holidays; None is those where the customer (or the place) is. */
  holiday_country?: string | null;
  /** Whether a Saturday worked in exchange for a day off counts as a Friday, and such a Sunday as a Monday. */
  make_up_workdays?: boolean;
}

/** Over which time a policy is tried, and with which campaign on top. */
export interface WhatIfIn {
  /** Up to now, or to `until`. 30 when neither this nor `from` is given. */
  days?: number | null;
  from?: string | null;
  /** Excluded; never later than now. */
  until?: string | null;
  campaign?: PlannedIn | null;
}

/** When the customer comes to the unit. */
export interface WorkOrderAppointmentIn {
  at: string;
}

/** A word about a work order, for who may see it. */
export interface WorkOrderCommentIn {
  /** Yours, so that saying it twice counts once; made here when left out. */
  comment_id?: string | null;
  text: string;
}

/** While a work order of these kinds is open, contacts that the rule binds wait. */
export interface WorkOrderHold {
  name: string;
  /** Applies to contacts in these channels; None is all. */
  channels?: Array<Channel> | null;
  /** Applies to contacts for these purposes; None is all. */
  purposes?: Array<string> | null;
  /** Classes that this rule does not bind. */
  exempt_classes?: Array<ContactClass>;
  /** Applies where this is true of the customer and the request; None is always. What is unknown is not true. */
  when?: Group | null;
  /** None is all. */
  kinds?: Array<WorkOrderKind> | null;
}

/** Somebody else is to do something for a customer. */
export interface WorkOrderIn {
  /** Yours, so that asking twice opens one; made here when left out. */
  work_order_id?: string | null;
  customer_id: string;
  kind: WorkOrderKind;
  /** Whose it is; left out: as the policy says. */
  unit?: string | null;
  /** The person in the unit whose it is, such as the account manager; left out: anybody's. */
  owner?: string | null;
  /** 1 goes first; left out: as the policy says. */
  priority?: number | null;
  subject?: string | null;
  note?: string | null;
  /** In which it came up. */
  channel?: Channel | null;
  place?: string | null;
  contact_id?: string | null;
  offer_id?: string | null;
  /** When the customer comes to the unit. */
  appointment_at?: string | null;
}

/** What a work order is about. */
export type WorkOrderKind = "referral" | "account_manager" | "call_back" | "complaint" | "acceptance_refused" | "problem";

/** For how long a work order is taken in hand, from now on. */
export interface WorkOrderLeaseIn {
  seconds?: number;
}

/** To whom a work order goes. */
export interface WorkOrderReferralIn {
  /** Left out: it stays in its unit. */
  unit?: string | null;
  /** Left out: anybody's of the unit. */
  owner?: string | null;
  note?: string | null;
}

/** How a work order ended. */
export type WorkOrderResult = "done" | "declined" | "not_reached" | "not_possible" | "cancelled";

/** How a work order ended. */
export interface WorkOrderResultIn {
  result: WorkOrderResult;
  note?: string | null;
}

/** How work orders of a kind are handled. Minutes count while the unit is open. */
export interface WorkOrderRule {
  name: string;
  kind: WorkOrderKind;
  /**
   * Whose it is where nobody says; None is the unit in which it came up. An acceptance that was refused goes there
   * first.
   */
  unit?: string | null;
  /** Outcomes of contacts that open one by themselves. */
  opened_by?: Array<Outcome>;
  /** 1 goes first. */
  priority?: number;
  /** The opening-hours rule by which minutes count where no rule names the unit; None is round the clock. */
  opening_hours?: string | null;
  /** Until somebody has taken it in hand. */
  respond_minutes?: number | null;
  /** Until there is a result. */
  resolve_minutes?: number | null;
  /** So long before each deadline whoever has it is reminded. */
  remind_minutes?: number | null;
  /** So long after a deadline that was missed it is escalated. */
  escalate_after_minutes?: number;
  /** Who sees and works it from then on, too. */
  escalate_to?: string | null;
}

/** Whether a contact may happen now, and everything that did. */
export class Touchpoint {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * A customer has appeared.
   *
   * Offers with script and why each, best first; what not to mention now and why; what was said before, in every
   * channel; promises, warnings and open work orders. Personal data is masked unless the caller may see it.
   *
   * Answers from local data alone, also when every other service is down. Showing something new is a contact and
   * counts; the same customer within a minute gets the same pop-up.
   *
   * Permission: `touchpoint.popup`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  openPopup(body: PopupIn, write: Write = {}): Promise<OpenPopupAnswer> {
    return this.#transport.call("POST", "/v1/popups", { body, ...write });
  }

  /**
   * Send an offer to the customer.
   *
   * An SMS or e-mail about an offer of the pop-up, with a short link to it: what comes of it is credited to this
   * agent, and events tell when it was opened and accepted.
   *
   * A contact of class `service` and purpose `marketing`, decided at once. What may not go now waits for a day at
   * most. The same again changes nothing and gives the state as it is.
   *
   * Permission: `touchpoint.popup`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  sendPopupOffer(popupId: string, body: PopupMessageIn, write: Write = {}): Promise<SendPopupOfferAnswer> {
    return this.#transport.call("POST", path`/v1/popups/${popupId}/messages`, { body, ...write });
  }

  /**
   * What the customer said.
   *
   * The answer to each offer shown. `accepted` recalls every other contact for its goal in the same step.
   *
   * To a yes the ledger answers. Where it might say no, because the offer has limited stock, this answer waits for
   * it: `sale.state` is then `accepted`, or `refused` with a reason. It is `pending` where the ledger has not
   * answered yet; the timeline and the events will tell.
   *
   * Permission: `touchpoint.popup`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  answerPopupOffers(popupId: string, body: PopupAnswersIn, write: Write = {}): Promise<AnswerPopupOffersAnswer> {
    return this.#transport.call("POST", path`/v1/popups/${popupId}/answers`, { body, ...write });
  }

  /**
   * Show a banner.
   *
   * Asks whether an offer may be shown to a customer on the web now, and counts it as shown if so.
   *
   * For offers without an open contact of their own. What the customer does with it is reported to the contact:
   * `dismissed`, `opened`, `interested`, `accepted`. The same `banner_id` again counts once, and so does the offer
   * as long as its contact is open.
   *
   * Permission: `touchpoint.banner`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  showOfferBanner(body: BannerIn, write: Write = {}): Promise<ShowOfferBannerAnswer> {
    return this.#transport.call("POST", "/v1/banners", { body, ...write });
  }

  /**
   * Ask for a contact.
   *
   * Decides at once together with all waiting requests of the customer. What may not go now waits and competes
   * again.
   *
   * The same `request_id` again changes nothing and gives the state as it is.
   *
   * Permission: `touchpoint.request`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  requestContact(body: ContactRequestIn, write: Write = {}): Promise<RequestContactAnswer> {
    return this.#transport.call("POST", "/v1/contact-requests", { body, ...write });
  }

  /**
   * May I contact now?.
   *
   * Decides and reserves in one step: `released` with a contact, `deferred` with the time to ask again,
   * `suppressed`.
   *
   * Without `expires_at` the question is about now only: a deferral is told and nothing waits.
   *
   * Permission: `touchpoint.decide`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  decideNow(body: ContactRequestIn, write: Write = {}): Promise<RequestContactAnswer> {
    return this.#transport.call("POST", "/v1/decisions", { body, ...write });
  }

  /**
   * State of a request.
   *
   * The request as it stands, and every decision about it, oldest first.
   *
   * Permission: `touchpoint.timeline`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getContactRequest(requestId: string): Promise<GetContactRequestAnswer> {
    return this.#transport.call("GET", path`/v1/contact-requests/${requestId}`);
  }

  /**
   * Withdraw a request.
   *
   * A waiting request ends; a contact that a channel still holds is recalled. Doing it twice changes nothing.
   *
   * Permission: `touchpoint.request`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  withdrawContactRequest(requestId: string, write: Write = {}): Promise<RequestContactAnswer> {
    return this.#transport.call("POST", path`/v1/contact-requests/${requestId}/withdrawal`, { ...write });
  }

  /**
   * State of a contact.
   *
   * `open`, `leased`, `sending`, `sent`, `shown`, `closed`, `recalled` or `expired`.
   *
   * Permission: `touchpoint.outcome`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getContact(contactId: string): Promise<GetContactAnswer> {
    return this.#transport.call("GET", path`/v1/contacts/${contactId}`);
  }

  /**
   * Report results of a contact.
   *
   * One or several results, in their order. `accepted` recalls every other contact for the goal in the same step.
   *
   * A result whose `outcome_id` is known changes nothing. A result that comes after a recall is recorded and counts.
   *
   * Permission: `touchpoint.outcome`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `nothing-accepted`, `unauthenticated`, `unsupported-media-
   * type`, `validation`.
   */
  reportContactOutcomes(contactId: string, body: OutcomesIn, write: Write = {}): Promise<GetContactAnswer> {
    return this.#transport.call("POST", path`/v1/contacts/${contactId}/outcomes`, { body, ...write });
  }

  /**
   * Answer a recall.
   *
   * `withdrawn`: it did not happen. `too_late`: it did, so it counts against the budget.
   *
   * However late it comes, it counts; of several the first.
   *
   * Permission: `touchpoint.outcome`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `not-recalled`, `unauthenticated`, `unsupported-media-
   * type`, `validation`.
   */
  answerContactRecall(contactId: string, body: RecallAnswerIn, write: Write = {}): Promise<GetContactAnswer> {
    return this.#transport.call("POST", path`/v1/contacts/${contactId}/recall-answer`, { body, ...write });
  }

  /**
   * Fetch contacts to carry out.
   *
   * Most important first. Each is yours for `seconds`, then it goes back. Quiet hours are looked at anew.
   *
   * Name and number are shown to whoever may read personal data.
   *
   * Permission: `touchpoint.lease`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  leaseContacts(channel: "call" | "branch", body: LeasesIn, write: Write = {}): Promise<LeaseContactsAnswer> {
    return this.#transport.call("POST", path`/v1/channels/${channel}/leases`, { body, ...write });
  }

  /**
   * Hold a contact longer.
   *
   * From now for `seconds`. Ask before carrying it out: a recalled contact says so.
   *
   * Permission: `touchpoint.lease`.
   *
   * Problems: `body-too-large`, `contact-recalled`, `forbidden`, `lease-lost`, `not-found`, `unauthenticated`,
   * `unsupported-media-type`, `validation`.
   */
  renewContactLease(contactId: string, body: RenewalIn, write: Write = {}): Promise<RenewContactLeaseAnswer> {
    return this.#transport.call("PUT", path`/v1/leases/${contactId}`, { body, ...write });
  }

  /**
   * Give a contact back.
   *
   * The contact was not carried out; somebody else may fetch it.
   *
   * Permission: `touchpoint.lease`.
   *
   * Problems: `contact-recalled`, `forbidden`, `lease-lost`, `not-found`, `unauthenticated`, `validation`.
   */
  returnContactLease(contactId: string, write: Write = {}): Promise<void> {
    return this.#transport.call("DELETE", path`/v1/leases/${contactId}`, { ...write });
  }

  /**
   * Everything that happened with a customer.
   *
   * Newest first, with a sentence for each entry. `since` is included, `until` is not.
   *
   * `lang`: BCP 47: English, or Chinese for zh-CN.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.timeline`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getTimeline(customerId: string, query: { channel?: Channel | null; kind?: string | null; since?: string | null; until?: string | null; lang?: string; limit?: number; cursor?: string | null } = {}): Promise<OpenPage> {
    return this.#transport.call("GET", path`/v1/customers/${customerId}/timeline`, { query });
  }

  /** Every item of `getTimeline`, page after page. */
  iterTimeline(customerId: string, query: { channel?: Channel | null; kind?: string | null; since?: string | null; until?: string | null; lang?: string; limit?: number; cursor?: string | null } = {}): AsyncGenerator<Record<string, unknown>> {
    return items(this.#transport, path`/v1/customers/${customerId}/timeline`, query);
  }

  /**
   * What counts for a customer now.
   *
   * For each cap how much of it is used and when the next slot frees; pauses; goals that are met; what is held.
   *
   * Permission: `touchpoint.timeline`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getStanding(customerId: string): Promise<GetStandingAnswer> {
    return this.#transport.call("GET", path`/v1/customers/${customerId}/standing`);
  }

  /**
   * Draft a policy.
   *
   * A document of named rules; what is wrong with one is told with its pointer.
   *
   * Permission: `touchpoint.policy.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `policy-exists`, `unauthenticated`, `unsupported-media-type`,
   * `validation`.
   */
  createContactPolicy(body: PolicyIn, write: Write = {}): Promise<CreateContactPolicyAnswer> {
    return this.#transport.call("POST", "/v1/policies", { body, ...write });
  }

  /**
   * Policies.
   *
   * By id.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listContactPolicies(query: { limit?: number; cursor?: string | null } = {}): Promise<ListContactPoliciesAnswer> {
    return this.#transport.call("GET", "/v1/policies", { query });
  }

  /** Every item of `listContactPolicies`, page after page. */
  iterContactPolicies(query: { limit?: number; cursor?: string | null } = {}): AsyncGenerator<CreateContactPolicyAnswer> {
    return items(this.#transport, "/v1/policies", query);
  }

  /**
   * The policy in force.
   *
   * The version that every decision is made by. Without one, nothing is released.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`.
   */
  getPolicyInForce(): Promise<GetPolicyInForceAnswer> {
    return this.#transport.call("GET", "/v1/policies/in-force");
  }

  /**
   * The form of a policy.
   *
   * JSON Schema of a document: each field with title, description and, under `x-labels`, its name in English and
   * Chinese; the values of closed lists under `x-enum-labels`.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `unauthenticated`.
   */
  getPolicySchema(): Promise<Record<string, unknown>> {
    return this.#transport.call("GET", "/v1/policies/schema");
  }

  /**
   * A policy's draft.
   *
   * The draft as it stands; its `ETag` is needed to change it.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getContactPolicy(policyId: string): Promise<CreateContactPolicyAnswer> {
    return this.#transport.call("GET", path`/v1/policies/${policyId}`);
  }

  /**
   * Change a draft.
   *
   * Submitted versions stay as they are. Needs `If-Match`.
   *
   * Permission: `touchpoint.policy.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `precondition-failed`, `precondition-required`,
   * `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  replacePolicyDraft(policyId: string, body: DraftIn, write: Write = {}): Promise<CreateContactPolicyAnswer> {
    return this.#transport.call("PUT", path`/v1/policies/${policyId}/draft`, { body, ...write });
  }

  /**
   * Submit the draft, or an earlier version anew.
   *
   * Freezes the draft as the next version, to be approved by another person. With `from_version` it goes back: the
   * document of that version becomes the next one, and who asks is its author.
   *
   * Permission: `touchpoint.policy.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `never-approved`, `not-found`, `unauthenticated`, `unsupported-media-
   * type`, `validation`.
   */
  submitPolicyVersion(policyId: string, body: SubmissionIn | undefined = undefined, write: Write = {}): Promise<GetPolicyInForceAnswer> {
    return this.#transport.call("POST", path`/v1/policies/${policyId}/versions`, { body, ...write });
  }

  /**
   * All versions of a policy.
   *
   * Newest first, without their documents. `state` is `submitted`, `scheduled`, `in_force` or `superseded`; `since`
   * tells from when on it is, or was, in force.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  listPolicyVersions(policyId: string, query: { limit?: number; cursor?: string | null } = {}): Promise<ListPolicyVersionsAnswer> {
    return this.#transport.call("GET", path`/v1/policies/${policyId}/versions`, { query });
  }

  /** Every item of `listPolicyVersions`, page after page. */
  iterPolicyVersions(policyId: string, query: { limit?: number; cursor?: string | null } = {}): AsyncGenerator<ListPolicyVersionsItems> {
    return items(this.#transport, path`/v1/policies/${policyId}/versions`, query);
  }

  /**
   * A submitted version.
   *
   * The frozen document, who submitted and approved it, its state, and the newest what-ifs of this document.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getPolicyVersion(policyId: string, version: number): Promise<GetPolicyVersionAnswer> {
    return this.#transport.call("GET", path`/v1/policies/${policyId}/versions/${version}`);
  }

  /**
   * What a version says differently.
   *
   * Against what is in force, or another version, or the draft: `old` is that side, `new` is this version. Rules are
   * matched by their name within their kind. As data with JSON pointers, and in plain sentences.
   *
   * `against`: The older side: a version, `draft`, `in-force`.
   *
   * `lang`: BCP 47: English, or Chinese for zh-CN.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getPolicyDifferences(policyId: string, version: number, query: { against?: string; lang?: string } = {}): Promise<GetPolicyDifferencesAnswer> {
    return this.#transport.call("GET", path`/v1/policies/${policyId}/versions/${version}/differences`, { query });
  }

  /**
   * Approve a version.
   *
   * By another person than the author and the submitter. Binds every decision that begins after this answer or, with
   * `activate_at`, every decision at that instant and later.
   *
   * Permission: `touchpoint.policy.approve`.
   *
   * Problems: `already-approved`, `body-too-large`, `forbidden`, `not-found`, `not-schedulable`, `own-change`,
   * `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  approvePolicyVersion(policyId: string, version: number, body: ApprovalIn | undefined = undefined, write: Write = {}): Promise<GetPolicyInForceAnswer> {
    return this.#transport.call("POST", path`/v1/policies/${policyId}/versions/${version}/approvals`, { body, ...write });
  }

  /**
   * Cancel a scheduled activation.
   *
   * Until a second before its instant. The version is submitted as before its approval, and may be approved again.
   *
   * Permission: `touchpoint.policy.approve`.
   *
   * Problems: `forbidden`, `not-found`, `not-scheduled`, `unauthenticated`, `validation`.
   */
  cancelPolicySchedule(policyId: string, version: number, write: Write = {}): Promise<void> {
    return this.#transport.call("DELETE", path`/v1/policies/${policyId}/versions/${version}/schedule`, { ...write });
  }

  /**
   * Stop contacts for a while.
   *
   * The policy in force with this blackout, as a version: it binds every decision and hand-over from the moment at
   * which another person approves it (`POST …/versions/{version}/approvals`). The draft has it, too.
   *
   * Permission: `touchpoint.policy.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `nothing-in-force`, `rule-exists`, `unauthenticated`, `unsupported-
   * media-type`, `validation`.
   */
  postBlackout(body: BlackoutIn, write: Write = {}): Promise<GetPolicyInForceAnswer> {
    return this.#transport.call("POST", "/v1/blackouts", { body, ...write });
  }

  /**
   * Blackouts in force.
   *
   * Of the policy in force, the first to begin first. `state` is `ahead`, `now` or `over`.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `unauthenticated`.
   */
  listBlackouts(): Promise<ListBlackoutsAnswer> {
    return this.#transport.call("GET", "/v1/blackouts");
  }

  /**
   * End a blackout before its time.
   *
   * The policy in force without it, as a version for another person to approve. Who waits for its end is then
   * decided at once.
   *
   * Permission: `touchpoint.policy.edit`.
   *
   * Problems: `forbidden`, `not-found`, `nothing-in-force`, `unauthenticated`, `validation`.
   */
  deleteBlackout(name: string, write: Write = {}): Promise<GetPolicyInForceAnswer> {
    return this.#transport.call("DELETE", path`/v1/blackouts/${name}`, { ...write });
  }

  /**
   * All capacities.
   *
   * What each channel and team may take, how much of it is left now, and when the next contact may go.
   *
   * Permission: `touchpoint.capacity.read`.
   *
   * Problems: `forbidden`, `unauthenticated`.
   */
  listCapacities(): Promise<ListCapacitiesAnswer> {
    return this.#transport.call("GET", "/v1/capacities");
  }

  /**
   * Limit a channel.
   *
   * From now on. What was handed over before counts against the new rate as it did against the old one.
   *
   * Permission: `touchpoint.capacity.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  putChannelCapacity(channel: Channel, body: CapacityIn, write: Write = {}): Promise<PutChannelCapacityAnswer> {
    return this.#transport.call("PUT", path`/v1/capacities/${channel}`, { body, ...write });
  }

  /**
   * Lift the limit of a channel.
   *
   * Contacts go as they are fetched; the limits of its teams stay.
   *
   * Permission: `touchpoint.capacity.edit`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  deleteChannelCapacity(channel: Channel, write: Write = {}): Promise<void> {
    return this.#transport.call("DELETE", path`/v1/capacities/${channel}`, { ...write });
  }

  /**
   * Limit a team.
   *
   * For who fetches contacts of this place. The limit of the channel holds, too.
   *
   * Permission: `touchpoint.capacity.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  putTeamCapacity(channel: Channel, team: string, body: CapacityIn, write: Write = {}): Promise<PutChannelCapacityAnswer> {
    return this.#transport.call("PUT", path`/v1/capacities/${channel}/teams/${team}`, { body, ...write });
  }

  /**
   * Lift the limit of a team.
   *
   * The limit of the channel stays.
   *
   * Permission: `touchpoint.capacity.edit`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  deleteTeamCapacity(channel: Channel, team: string, write: Write = {}): Promise<void> {
    return this.#transport.call("DELETE", path`/v1/capacities/${channel}/teams/${team}`, { ...write });
  }

  /**
   * What waits in a channel.
   *
   * Contacts that are ready and not handed over, by place and class; when they will be at the present rate; and
   * whether the provider of the channel rests after failures.
   *
   * Permission: `touchpoint.capacity.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  getBacklog(channel: Channel): Promise<GetBacklogAnswer> {
    return this.#transport.call("GET", path`/v1/channels/${channel}/backlog`);
  }

  /**
   * Rebuild standings from their timelines.
   *
   * Of the customers named, or of everybody, while everything goes on. With `dry_run` it only compares. A standing
   * that differs from what its timeline tells is replaced, and the customer's waiting requests are decided anew.
   *
   * Permission: `touchpoint.rebuild`.
   *
   * Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unknown-customers`, `unsupported-media-type`,
   * `validation`.
   */
  createRebuild(body: RebuildIn | undefined = undefined, write: Write = {}): Promise<CreateRebuildAnswer> {
    return this.#transport.call("POST", "/v1/standings/rebuilds", { body, ...write });
  }

  /**
   * See how far a rebuild is.
   *
   * `pending`, `running` or `finished`; customers compared of how many (as counted at the beginning), how many
   * differed, and how many were mended. `differences` are the first hundred: `stored` is what the standing said,
   * `derived` what the timeline tells, `text` a sentence.
   *
   * `lang`: BCP 47: English, or Chinese for zh-CN.
   *
   * Permission: `touchpoint.rebuild`.
   *
   * Problems: `forbidden`, `unauthenticated`, `unknown-rebuild`, `validation`.
   */
  getRebuild(rebuildId: string, query: { lang?: string } = {}): Promise<CreateRebuildAnswer> {
    return this.#transport.call("GET", path`/v1/standings/rebuilds/${rebuildId}`, { query });
  }

  /**
   * Why a request was decided so.
   *
   * Every rule that was looked at with its figures, who competed and who won, and the same in sentences.
   *
   * Decided once more from the facts of that moment. `decisions` lists every decision about the request; those that
   * are `explained` can be asked for by `seq`.
   *
   * `seq`: Number of the decision on the timeline; the newest when left out.
   *
   * `lang`: BCP 47, before `Accept-Language`: English, or Chinese for zh-CN.
   *
   * Permission: `touchpoint.timeline`.
   *
   * Problems: `facts-deleted`, `forbidden`, `no-such-decision`, `not-found`, `unauthenticated`, `validation`.
   */
  explainContactRequest(requestId: string, query: { seq?: number | null; lang?: string | null } = {}): Promise<ExplainContactRequestAnswer> {
    return this.#transport.call("GET", path`/v1/contact-requests/${requestId}/explanation`, { query });
  }

  /**
   * Why a contact was released.
   *
   * As for its request, of the decision that released it.
   *
   * `lang`: BCP 47, before `Accept-Language`: English, or Chinese for zh-CN.
   *
   * Permission: `touchpoint.timeline`.
   *
   * Problems: `facts-deleted`, `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  explainContact(contactId: string, query: { lang?: string | null } = {}): Promise<ExplainContactRequestAnswer> {
    return this.#transport.call("GET", path`/v1/contacts/${contactId}/explanation`, { query });
  }

  /**
   * Recalls that wait for an answer.
   *
   * Oldest first: contacts that were recalled while a channel had them in hand (`held`: `leased`, `sending` or
   * `shown`). An answer, or a result of the contact, takes one off the list, however late.
   *
   * `place`: Of this branch or team, and of none.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.recall.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listRecalls(query: { channel?: Channel | null; place?: string | null; state?: "waiting" | "reminded" | "escalated" | null; limit?: number; cursor?: string | null } = {}): Promise<ListRecallsAnswer> {
    return this.#transport.call("GET", "/v1/recalls", { query });
  }

  /** Every item of `listRecalls`, page after page. */
  iterRecalls(query: { channel?: Channel | null; place?: string | null; state?: "waiting" | "reminded" | "escalated" | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<ListRecallsItems> {
    return items(this.#transport, "/v1/recalls", query);
  }

  /**
   * Leave a customer alone.
   *
   * From now on nothing is released to the customer, and what channels still hold is recalled; but for the classes
   * that the policy exempts from do-not-disturb. Requests wait. The same `freeze_id` again changes nothing.
   *
   * Permission: `touchpoint.freeze.open`.
   *
   * Problems: `body-too-large`, `forbidden`, `freeze-exists`, `not-found`, `unauthenticated`, `unsupported-media-
   * type`, `validation`.
   */
  postFreeze(body: FreezeIn, write: Write = {}): Promise<PostFreezeAnswer> {
    return this.#transport.call("POST", "/v1/freezes", { body, ...write });
  }

  /**
   * Freezes.
   *
   * Oldest first. `over`: its end has come before anybody closed it.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.freeze.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listFreezes(query: { customer_id?: string | null; state?: "open" | "over" | "closed" | null; limit?: number; cursor?: string | null } = {}): Promise<ListFreezesAnswer> {
    return this.#transport.call("GET", "/v1/freezes", { query });
  }

  /** Every item of `listFreezes`, page after page. */
  iterFreezes(query: { customer_id?: string | null; state?: "open" | "over" | "closed" | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<PostFreezeAnswer> {
    return items(this.#transport, "/v1/freezes", query);
  }

  /**
   * A freeze.
   *
   * Who opened it and why, and how it ended.
   *
   * Permission: `touchpoint.freeze.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getFreeze(freezeId: string): Promise<PostFreezeAnswer> {
    return this.#transport.call("GET", path`/v1/freezes/${freezeId}`);
  }

  /**
   * Close a freeze.
   *
   * What waits is decided at once, unless another freeze of the customer is open. Doing it twice changes nothing.
   *
   * Permission: `touchpoint.freeze.close`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  postFreezeClosure(freezeId: string, body: FreezeClosureIn, write: Write = {}): Promise<PostFreezeAnswer> {
    return this.#transport.call("POST", path`/v1/freezes/${freezeId}/closure`, { body, ...write });
  }

  /**
   * Hand something over.
   *
   * To any unit, whoever asks: the policy says whose it is where the body does not, how important it is, and by when
   * there has to be an answer and a result. The caller sees what comes of it. The same `work_order_id` again changes
   * nothing.
   *
   * Permission: `touchpoint.work_order.open`.
   *
   * Problems: `body-too-large`, `branch-closed`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-
   * type`, `validation`, `work-order-exists`.
   */
  postWorkOrder(body: WorkOrderIn, write: Write = {}): Promise<PostWorkOrderAnswer> {
    return this.#transport.call("POST", "/v1/work-orders", { body, ...write });
  }

  /**
   * Work orders.
   *
   * Those of the caller's unit and below, or that came from there: most important first, then what is due first.
   *
   * `state`: `taken`: somebody has it in hand.
   *
   * `unit`: Of this unit and those below.
   *
   * `owner`: Whose it is, or who has it in hand.
   *
   * `overdue`: Whether something promised was not done in time.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.work_order.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listWorkOrders(query: { state?: "open" | "taken" | "resolved" | null; kind?: WorkOrderKind | null; unit?: string | null; owner?: string | null; customer_id?: string | null; overdue?: boolean | null; limit?: number; cursor?: string | null } = {}): Promise<ListWorkOrdersAnswer> {
    return this.#transport.call("GET", "/v1/work-orders", { query });
  }

  /** Every item of `listWorkOrders`, page after page. */
  iterWorkOrders(query: { state?: "open" | "taken" | "resolved" | null; kind?: WorkOrderKind | null; unit?: string | null; owner?: string | null; customer_id?: string | null; overdue?: boolean | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<ListWorkOrdersItems> {
    return items(this.#transport, "/v1/work-orders", query);
  }

  /**
   * A work order.
   *
   * Whose it is, who has it in hand, what was promised, what was said, and how it ended.
   *
   * Permission: `touchpoint.work_order.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getWorkOrder(workOrderId: string): Promise<PostWorkOrderAnswer> {
    return this.#transport.call("GET", path`/v1/work-orders/${workOrderId}`);
  }

  /**
   * Take a work order in hand.
   *
   * From now on for `seconds`, or longer if it is yours already; then it is in the queue of its unit again. To take
   * it the first time is the answer that was promised.
   *
   * Permission: `touchpoint.work_order.work`.
   *
   * Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`, `unsupported-
   * media-type`, `validation`, `work-order-ended`, `work-order-taken`.
   */
  putWorkOrderLease(workOrderId: string, body: WorkOrderLeaseIn, write: Write = {}): Promise<PostWorkOrderAnswer> {
    return this.#transport.call("PUT", path`/v1/work-orders/${workOrderId}/lease`, { body, ...write });
  }

  /**
   * Give a work order back.
   *
   * Somebody else of its unit may take it.
   *
   * Permission: `touchpoint.work_order.work`.
   *
   * Problems: `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`, `validation`, `work-order-ended`,
   * `work-order-taken`.
   */
  deleteWorkOrderLease(workOrderId: string, write: Write = {}): Promise<PostWorkOrderAnswer> {
    return this.#transport.call("DELETE", path`/v1/work-orders/${workOrderId}/lease`, { ...write });
  }

  /**
   * Pass a work order on.
   *
   * To another team, branch or person. What was promised to the customer stays promised. The answer shows the order
   * as it is now, also to who passed it on and does not see it any more.
   *
   * Permission: `touchpoint.work_order.assign`.
   *
   * Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`, `unsupported-
   * media-type`, `validation`, `work-order-ended`, `work-order-taken`.
   */
  postWorkOrderReferral(workOrderId: string, body: WorkOrderReferralIn, write: Write = {}): Promise<ListWorkOrdersItems> {
    return this.#transport.call("POST", path`/v1/work-orders/${workOrderId}/referrals`, { body, ...write });
  }

  /**
   * Say something about a work order.
   *
   * Its originator may, too. The same `comment_id` counts once.
   *
   * Permission: `touchpoint.work_order.work`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`, `validation`,
   * `work-order-ended`, `work-order-exists`.
   */
  postWorkOrderComment(workOrderId: string, body: WorkOrderCommentIn, write: Write = {}): Promise<PostWorkOrderAnswer> {
    return this.#transport.call("POST", path`/v1/work-orders/${workOrderId}/comments`, { body, ...write });
  }

  /**
   * Agree when the customer comes.
   *
   * Within the opening hours of its unit, as the policy has them; another time takes the place of the one before.
   * The result is promised from then on where that is later. Its originator may agree on one, too.
   *
   * Permission: `touchpoint.work_order.work`.
   *
   * Problems: `body-too-large`, `branch-closed`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-
   * type`, `validation`, `work-order-ended`.
   */
  putWorkOrderAppointment(workOrderId: string, body: WorkOrderAppointmentIn, write: Write = {}): Promise<PostWorkOrderAnswer> {
    return this.#transport.call("PUT", path`/v1/work-orders/${workOrderId}/appointment`, { body, ...write });
  }

  /**
   * Say how a work order ended.
   *
   * It is on the customer's timeline, for whoever asked; contacts that waited for it are decided at once. The same
   * result again changes nothing. Who asked for it may call it off (`cancelled`).
   *
   * Permission: `touchpoint.work_order.work`.
   *
   * Problems: `body-too-large`, `forbidden`, `foreign-work-order`, `not-found`, `unauthenticated`, `unsupported-
   * media-type`, `validation`, `work-order-ended`, `work-order-taken`.
   */
  postWorkOrderResult(workOrderId: string, body: WorkOrderResultIn, write: Write = {}): Promise<PostWorkOrderAnswer> {
    return this.#transport.call("POST", path`/v1/work-orders/${workOrderId}/result`, { body, ...write });
  }

  /**
   * Try a version on the past.
   *
   * Replays what was asked for and what became of it under this version and under the one in force, and compares.
   * Changes nothing else. `campaign` lays planned requests on top of the past.
   *
   * Permission: `touchpoint.policy.try`.
   *
   * Problems: `body-too-large`, `forbidden`, `no-policy-in-force`, `not-found`, `unauthenticated`, `unsupported-
   * media-type`, `validation`.
   */
  tryPolicyVersion(policyId: string, version: number, body: WhatIfIn | undefined = undefined, write: Write = {}): Promise<TryPolicyVersionAnswer> {
    return this.#transport.call("POST", path`/v1/policies/${policyId}/versions/${version}/what-ifs`, { body, ...write });
  }

  /**
   * What-ifs of a version.
   *
   * Newest first, without results: all that tried this version's document, also while it was a draft.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  listVersionWhatIfs(policyId: string, version: number, query: { limit?: number; cursor?: string | null } = {}): Promise<ListVersionWhatIfsAnswer> {
    return this.#transport.call("GET", path`/v1/policies/${policyId}/versions/${version}/what-ifs`, { query });
  }

  /** Every item of `listVersionWhatIfs`, page after page. */
  iterVersionWhatIfs(policyId: string, version: number, query: { limit?: number; cursor?: string | null } = {}): AsyncGenerator<ListVersionWhatIfsItems> {
    return items(this.#transport, path`/v1/policies/${policyId}/versions/${version}/what-ifs`, query);
  }

  /**
   * Try a draft on the past.
   *
   * As for a version, with the draft as it stands. Once the same document is submitted, its version shows it.
   *
   * Permission: `touchpoint.policy.try`.
   *
   * Problems: `body-too-large`, `forbidden`, `no-policy-in-force`, `not-found`, `unauthenticated`, `unsupported-
   * media-type`, `validation`.
   */
  tryPolicyDraft(policyId: string, body: WhatIfIn | undefined = undefined, write: Write = {}): Promise<TryPolicyVersionAnswer> {
    return this.#transport.call("POST", path`/v1/policies/${policyId}/draft/what-ifs`, { body, ...write });
  }

  /**
   * What-ifs of drafts.
   *
   * Newest first, without results: of whatever was the draft then; `revision` says which.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  listDraftWhatIfs(policyId: string, query: { limit?: number; cursor?: string | null } = {}): Promise<ListDraftWhatIfsAnswer> {
    return this.#transport.call("GET", path`/v1/policies/${policyId}/draft/what-ifs`, { query });
  }

  /** Every item of `listDraftWhatIfs`, page after page. */
  iterDraftWhatIfs(policyId: string, query: { limit?: number; cursor?: string | null } = {}): AsyncGenerator<ListVersionWhatIfsItems> {
    return items(this.#transport, path`/v1/policies/${policyId}/draft/what-ifs`, query);
  }

  /**
   * A what-if.
   *
   * How far it is, in customers, and once it is done its result: both runs, the differences, the same in sentences,
   * and what it cannot know.
   *
   * `lang`: BCP 47: English, or Chinese for zh-CN.
   *
   * Permission: `touchpoint.policy.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getWhatIf(policyId: string, whatIfId: string, query: { lang?: string } = {}): Promise<GetWhatIfAnswer> {
    return this.#transport.call("GET", path`/v1/policies/${policyId}/what-ifs/${whatIfId}`, { query });
  }

  /**
   * Cancel a what-if.
   *
   * It stays in the lists, as cancelled and without a result.
   *
   * Permission: `touchpoint.policy.try`.
   *
   * Problems: `already-finished`, `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  cancelWhatIf(policyId: string, whatIfId: string, write: Write = {}): Promise<void> {
    return this.#transport.call("DELETE", path`/v1/policies/${policyId}/what-ifs/${whatIfId}`, { ...write });
  }

  /**
   * Be told by HTTP.
   *
   * Events are posted as JSON and signed as Standard Webhooks has it. The `secret` is shown now and never again.
   *
   * Permission: `touchpoint.webhook.edit`.
   *
   * Problems: `address-forbidden`, `body-too-large`, `forbidden`, `too-many-webhooks`, `unauthenticated`,
   * `unsupported-media-type`, `validation`.
   */
  postWebhook(body: WebhookIn, write: Write = {}): Promise<PostWebhookAnswer> {
    return this.#transport.call("POST", "/v1/webhooks", { body, ...write });
  }

  /**
   * Webhooks.
   *
   * Oldest first.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.webhook.read`.
   *
   * Problems: `forbidden`, `unauthenticated`, `validation`.
   */
  listWebhooks(query: { limit?: number; cursor?: string | null } = {}): Promise<ListWebhooksAnswer> {
    return this.#transport.call("GET", "/v1/webhooks", { query });
  }

  /** Every item of `listWebhooks`, page after page. */
  iterWebhooks(query: { limit?: number; cursor?: string | null } = {}): AsyncGenerator<ListWebhooksItems> {
    return items(this.#transport, "/v1/webhooks", query);
  }

  /**
   * A webhook.
   *
   * How it has been answering, and how much waits for it: `waiting` is counted up to 10,000.
   *
   * Permission: `touchpoint.webhook.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getWebhook(webhookId: string): Promise<GetWebhookAnswer> {
    return this.#transport.call("GET", path`/v1/webhooks/${webhookId}`);
  }

  /**
   * Change a webhook.
   *
   * The whole description. `active` brings back one that was disabled; what happened meanwhile comes by a replay.
   *
   * Permission: `touchpoint.webhook.edit`.
   *
   * Problems: `address-forbidden`, `body-too-large`, `forbidden`, `not-found`, `precondition-failed`,
   * `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  putWebhook(webhookId: string, body: WebhookIn, write: Write = {}): Promise<GetWebhookAnswer> {
    return this.#transport.call("PUT", path`/v1/webhooks/${webhookId}`, { body, ...write });
  }

  /**
   * Be told no more.
   *
   * Its deliveries and replays are deleted, too.
   *
   * Permission: `touchpoint.webhook.edit`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  deleteWebhook(webhookId: string, write: Write = {}): Promise<void> {
    return this.#transport.call("DELETE", path`/v1/webhooks/${webhookId}`, { ...write });
  }

  /**
   * Replace a secret.
   *
   * Until the overlap is over every event bears the signatures of both, so receivers change when they like.
   *
   * Permission: `touchpoint.webhook.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `unauthenticated`, `unsupported-media-type`, `validation`.
   */
  postSecretRotation(webhookId: string, body: RotationIn, write: Write = {}): Promise<PostWebhookAnswer> {
    return this.#transport.call("POST", path`/v1/webhooks/${webhookId}/secret-rotations`, { body, ...write });
  }

  /**
   * Send a ping.
   *
   * A signed event of the type `ping`, tried once, the way that events take; also to a webhook that is not active.
   *
   * Permission: `touchpoint.webhook.edit`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  postPing(webhookId: string, write: Write = {}): Promise<PostPingAnswer> {
    return this.#transport.call("POST", path`/v1/webhooks/${webhookId}/pings`, { ...write });
  }

  /**
   * What became of events.
   *
   * Newest first. `dead`: given up after three days, or because the endpoint is gone; a replay sends them again.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.webhook.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  listDeliveries(webhookId: string, query: { state?: "due" | "delivered" | "dead" | null; event_id?: string | null; replay_id?: string | null; limit?: number; cursor?: string | null } = {}): Promise<ListDeliveriesAnswer> {
    return this.#transport.call("GET", path`/v1/webhooks/${webhookId}/deliveries`, { query });
  }

  /** Every item of `listDeliveries`, page after page. */
  iterDeliveries(webhookId: string, query: { state?: "due" | "delivered" | "dead" | null; event_id?: string | null; replay_id?: string | null; limit?: number; cursor?: string | null } = {}): AsyncGenerator<PostPingAnswer> {
    return items(this.#transport, path`/v1/webhooks/${webhookId}/deliveries`, query);
  }

  /**
   * A delivery.
   *
   * How often it was tried, what the endpoint last said, and when it is tried again.
   *
   * Permission: `touchpoint.webhook.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getDelivery(webhookId: string, deliveryId: string): Promise<PostPingAnswer> {
    return this.#transport.call("GET", path`/v1/webhooks/${webhookId}/deliveries/${deliveryId}`);
  }

  /**
   * Send events again.
   *
   * Of a time, of named events, or all dead letters: as far as the webhook's filters take them, under the ids that
   * they had, so that who has them can tell. One at a time; `progress` says how far it is.
   *
   * Permission: `touchpoint.webhook.edit`.
   *
   * Problems: `body-too-large`, `forbidden`, `not-found`, `replay-running`, `unauthenticated`, `unsupported-media-
   * type`, `validation`, `webhook-not-active`.
   */
  postReplay(webhookId: string, body: ReplayIn, write: Write = {}): Promise<PostReplayAnswer> {
    return this.#transport.call("POST", path`/v1/webhooks/${webhookId}/replays`, { body, ...write });
  }

  /**
   * Replays.
   *
   * Newest first.
   *
   * `limit`: Items per page.
   *
   * `cursor`: `next_cursor` of the page before.
   *
   * Permission: `touchpoint.webhook.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  listReplays(webhookId: string, query: { limit?: number; cursor?: string | null } = {}): Promise<ListReplaysAnswer> {
    return this.#transport.call("GET", path`/v1/webhooks/${webhookId}/replays`, { query });
  }

  /** Every item of `listReplays`, page after page. */
  iterReplays(webhookId: string, query: { limit?: number; cursor?: string | null } = {}): AsyncGenerator<PostReplayAnswer> {
    return items(this.#transport, path`/v1/webhooks/${webhookId}/replays`, query);
  }

  /**
   * A replay.
   *
   * `running`, `finished` or `cancelled`; how much was queued, and how far it is, from 0 to 1.
   *
   * Permission: `touchpoint.webhook.read`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  getReplay(webhookId: string, replayId: string): Promise<PostReplayAnswer> {
    return this.#transport.call("GET", path`/v1/webhooks/${webhookId}/replays/${replayId}`);
  }

  /**
   * Cancel a replay.
   *
   * Nothing more is queued; what is queued already is delivered. One that has ended stays as it is.
   *
   * Permission: `touchpoint.webhook.edit`.
   *
   * Problems: `forbidden`, `not-found`, `unauthenticated`, `validation`.
   */
  deleteReplay(webhookId: string, replayId: string, write: Write = {}): Promise<PostReplayAnswer> {
    return this.#transport.call("DELETE", path`/v1/webhooks/${webhookId}/replays/${replayId}`, { ...write });
  }
}
