/* What the page is given, and what it sends to the server. Made from the structs in Python by `make docs`. */

type ActionId = string;

/** An action. */
interface ActionModel {
  id: ActionId;
  kind: string;
  pin: PinId;
  address: string;
  name: string;
  reason: string;
  consequence: string;
  effects: Record<string, number>;
  undecided: DecisionOutcome;
  swapped?: Swapped;
  effect?: string;
  bytes?: number;
  estimated?: boolean;
  danger?: boolean;
  destructive?: boolean;
  reversible?: boolean;
  requires?: readonly ActionId[];
  views?: readonly ViewModel[];
  facts?: readonly Fact[];
  rival_facts?: readonly Fact[];
  changes?: readonly Change[];
  measured?: Measured;
  no_swap?: string;
  edges?: readonly EdgeModel[];
  same?: number;
}

type BoardId = string;

/** A board that actions belong to. */
interface BoardModel {
  id: BoardId;
  name: string;
}

/** A field that an action changes. */
interface Change {
  name: string;
  before: string;
  after: string;
}

/** Body of ``/decide``: what is decided; empty to hear only what was decided elsewhere. */
interface Changes {
  set: Record<string, Step>;
  session?: string;
  since?: number;
}

/** A safety check and its result. */
interface CheckModel {
  name: string;
  passed: boolean;
  limit: string;
  figure: string;
  message: string;
}

/** A verdict on one action. */
type Choice = "approve" | "skip" | "swap" | "different";

/** A decision that was made; see `pinplan.plan.decisions.Decision.text`. */
interface DecisionModel {
  action: ActionId;
  verdict: string;
  note?: string;
}

/** What becomes of an action. */
type DecisionOutcome = "perform" | "swap" | "instead" | "declined" | "waiting" | "held";

/** A rule: the outcome of some actions, given the outcome of others. */
interface DecisionRule {
  others: readonly ActionId[];
  came_out: readonly DecisionOutcome[];
  every: boolean;
  actions: readonly ActionId[];
  only: readonly DecisionOutcome[];
  unless_named: boolean;
  then: DecisionOutcome;
  reason: string;
}

/** What was measured between the removed pin of an action and that of another one. */
interface EdgeModel {
  action: ActionId;
  measured: Measured;
}

/** One field of a pin. ``link`` is set only for a web address. */
interface Fact {
  name: string;
  value: string;
  link?: string;
}

/** Something reported but not acted on. */
interface FindingModel {
  kind: string;
  address: string;
  message: string;
}

/** Answer of ``/finish``. */
interface FinishAnswer {
  file: string;
  command: string;
  sentence: string;
  tone: string;
}

/** Actions decided together: a single action, a keeper with all its duplicates, or the slots of a carousel. */
interface GroupModel {
  board: number;
  kind: string;
  actions: readonly ActionId[];
  tier?: string;
  gain?: number;
}

/** A kind of action, in words. */
interface KindModel {
  symbol: string;
  title: string;
  verb: string;
  tone: string;
  queued: boolean;
  writes: boolean;
}

/** How the page is used. */
interface Manner {
  serves: boolean;
  read_only: string;
  done: Record<ActionId, DecisionOutcome>;
  decisions: readonly DecisionModel[];
  session: string;
  revision: number;
  waits: readonly string[];
  requires: readonly string[];
  reviewer: string;
  apply: string;
  show: string;
  notes: readonly string[];
}

/** The similarity measured between two images; ``places``: where they come nearest to differing. */
interface Measured {
  tier: string;
  why: string;
  rung: string;
  distances: readonly string[];
  places?: readonly Place[];
}

/** Everything that the page shows except image bytes. */
interface PageModel {
  digest: string;
  plan: string;
  created_at: string;
  pinplan_version: string;
  username: string;
  mode: string;
  files: number;
  pins: number;
  summary: string;
  applyable: boolean;
  kinds: Record<string, KindModel>;
  counts: Record<string, number>;
  boards: readonly BoardModel[];
  checks: readonly CheckModel[];
  findings: readonly FindingModel[];
  findings_in_all: number;
  groups: readonly GroupModel[];
  actions: Record<ActionId, ActionModel>;
  outcomes: Partial<Record<Choice, DecisionOutcome>>;
  performed: readonly DecisionOutcome[];
  rules: readonly (readonly DecisionRule[])[];
  phrases: readonly Phrase[];
  nothing: string;
  manner: Manner;
}

/** One phrase of the summary sentence, with its count. */
interface Phrase {
  count: string;
  one: string;
  many: string;
  tone: string;
}

type PinId = string;

/** A part of a picture, as shares of its width and height; ``left`` and ``top`` of its upper left corner. */
interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** What part an image plays in its action. */
type Role = "image" | "before" | "after" | "keep" | "drop";

/** One decision that a page asks for. */
interface Step {
  verdict: string;
  was?: string | null;
  note?: string;
}

/** A duplicate pair with keeper and duplicate swapped; see `ActionModel`. */
interface Swapped {
  consequence: string;
  effects: Record<string, number>;
}

/** What a page has to know to show what is decided. */
interface Update {
  session: string;
  revision: number;
  whole: boolean;
  decisions: Record<ActionId, string>;
  notes: Record<ActionId, string>;
  done: Record<ActionId, DecisionOutcome>;
  refused: Record<ActionId, string>;
  read_only: string;
  trouble: string;
}

/** One image of an action. */
interface ViewModel {
  role: Role;
  pin: PinId;
  path?: string;
  size?: number;
  width?: number;
  height?: number;
  quality?: number;
  format?: string;
  measured?: boolean;
  thumb?: number;
  missing?: string;
  board?: number;
  badge?: string;
  moves?: boolean;
  verdict?: string;
  why?: string;
}
