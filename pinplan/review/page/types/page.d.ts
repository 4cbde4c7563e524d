/* The page's own types. Those of what it is given, and of what it sends, are in model.d.ts. */

/** What is decided about one action. A swap may name the pin that is kept. */
type Made = Choice | `swap:${PinId}`;

/** The same; empty if nothing is decided. */
type Verdict = Made | "";

type Verdicts = Record<ActionId, Verdict>;

/** Decisions in the order in which they were made. */
type Decisions = Map<ActionId, Made>;

/** Effects that add up; see `Phrase`. */
type Counts = Record<string, number>;

/** The verdict of a group, and which member is kept if it is a swap with the planned keeper. */
interface GroupVerdict {
  verdict: Choice | "mixed" | "";
  member: number;
}

interface Group extends Required<GroupModel> {
  index: number;
}

type View = Required<ViewModel>;

/** One image of a duplicate group, with the action that shows it. */
interface Member {
  id: ActionId;
  number: number;
  view: View;
  facts: readonly Fact[];
}

/** What a choice of those that stay means: decisions, and why others stay as well. */
interface Kept {
  changes: Verdicts;
  why: Map<number, string>;
}

/** One image on the stage. */
interface Show {
  id: ActionId;
  number: number;
  view: View;
  label: string;
  tone: string;
  facts?: readonly Fact[];
  /** Where it differs from the other one, as shares of its width and height. */
  places?: readonly Place[];
}

/** What a fact is of the one that stays and of the duplicate, and whether this one is better (1) or worse (-1). */
type FactRow = [name: string, keep: string | number | Fact, drop: string | number | Fact, sign: number];

type Fate = "KEEP" | "DROP";

/** How two images are compared. */
type Way = "side" | "slider" | "overlay" | "difference";

interface Point {
  x: number;
  y: number;
}

interface Finger extends Point {
  from: number;
}

/** One step that can be undone. */
interface DecidedStep {
  before: Verdicts;
  after: Verdicts;
}

/** Which groups are shown; an empty text is no limit. */
interface Filter {
  board: string;
  kind: string;
  tier: string;
  state: string;
  text: string;
}

/** What the browser keeps of a plan. */
interface Remembered {
  at?: ActionId;
  decisions?: [ActionId, unknown][];
  notes?: [ActionId, unknown][];
}

interface RememberedSteps {
  undoable?: DecidedStep[];
  redoable?: DecidedStep[];
}

/** A decision on its way to the server, as `Step` has it. */
interface UnsavedStep {
  verdict: Verdict;
  was: Verdict;
  note: string;
}

/** The answer of the server, or why there is none; refused: asking again does not help. */
type Reply<T> =
  { answer: T; problem?: undefined; refused?: undefined } | { answer?: undefined; problem: string; refused: boolean };

/** What the server is asked, by its address. */
interface Answers {
  decide: { body: Changes; answer: Update };
  finish: { body: Record<string, never>; answer: FinishAnswer };
}

/** What an element can hold; what is empty is left out. */
type Child = Node | string | null | undefined | false | readonly Child[];

type Listeners = { [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => unknown };

type Attribute = string | boolean | null | undefined;

/** What `el` sets; listed, so that a misspelt attribute is an error. */
interface Properties {
  on?: Listeners;
  text?: string;
  class?: string;
  [aria: `aria-${string}`]: Attribute;
  [data: `data-${string}`]: Attribute;
  alt?: Attribute;
  checked?: Attribute;
  decoding?: Attribute;
  disabled?: Attribute;
  download?: Attribute;
  draggable?: Attribute;
  for?: Attribute;
  hidden?: Attribute;
  href?: Attribute;
  id?: Attribute;
  max?: Attribute;
  maxlength?: Attribute;
  min?: Attribute;
  placeholder?: Attribute;
  rel?: Attribute;
  role?: Attribute;
  scope?: Attribute;
  selected?: Attribute;
  tabindex?: Attribute;
  target?: Attribute;
  title?: Attribute;
  type?: Attribute;
  value?: Attribute;
}
