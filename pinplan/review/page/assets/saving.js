/* Decisions on their way to the server that the page came from, and what others have decided meanwhile.

   A decision is kept by the browser until the server has it on disk. Each is sent with the verdict that this page
   showed before it: what was decided otherwise since is not overwritten, but shown. */

const LOOK_EVERY = 2000;
const ON_ITS_WAY = 60000; // a browser lets a closing page finish requests of at most 64 kB
const ownPart = `:unsaved:${Math.random().toString(36).slice(2)}`;
/** @type {Decisions} */
const confirmed = new Map(Object.entries(manner.decisions));
/** @type {Map<ActionId, { verdict: Verdict }>} */
const unsaved = new Map();
const told = { session: manner.session, revision: manner.revision };
let saving = false;
let trouble = "";
let notice = "";

function allSaved() {
  return !saving && unsaved.size === 0;
}

/**
 * Keep decisions that were just made.
 * @param {Verdicts} changes
 */
function save(changes) {
  if (!manner.serves) {
    remember({ decisions: Object.fromEntries(decisions), notes: Object.fromEntries(notes) });
    return;
  }
  for (const [id, verdict] of Object.entries(changes)) unsaved.set(id, { verdict });
  keepUnsaved();
  send();
}

function keepUnsaved() {
  keep(ownPart, unsaved.size ? stepsOf(unsaved) : null);
}

/**
 * @param {Map<ActionId, { verdict: Verdict }>} verdicts
 * @returns {Record<ActionId, UnsavedStep>}
 */
function stepsOf(verdicts) {
  return Object.fromEntries(
    [...verdicts].map(([id, { verdict }]) => [
      id,
      { verdict, was: confirmed.get(id) || "", note: (verdict && notes.get(id)) || "" },
    ]),
  );
}

/** What an earlier page could not save any more is decided again here, and saved. */
function takeUpUnsaved() {
  if (!manner.serves || manner.read_only) return;
  for (const part of rememberedParts(":unsaved:")) {
    /** @type {Record<ActionId, UnsavedStep>} */
    const steps = remembered(part);
    for (const [id, { verdict, was, note }] of Object.entries(steps)) {
      const now = confirmed.get(id) || "";
      if (!model.actions[id] || done.has(id) || now === verdict) continue;
      if (now !== was) {
        notice = `Decided otherwise since: ${calledBy(id)} stays “${now || "undecided"}”.`;
        continue;
      }
      unsaved.set(id, { verdict });
      if (note) notes.set(id, note);
      decisions.delete(id);
      if (verdict) decisions.set(id, verdict);
    }
    keep(part, null);
  }
  keepUnsaved();
}

async function send() {
  if (saving) return;
  saving = true;
  let more = true;
  while (more && unsaved.size) more = await sendOnce(new Map(unsaved));
  saving = false;
  tell(new Set());
}

/**
 * Whether to go on: what cannot be reached is tried again by the next look.
 * @param {Map<ActionId, { verdict: Verdict }>} batch
 */
async function sendOnce(batch) {
  const { answer, problem, refused } = await ask("decide", {
    set: stepsOf(batch),
    session: told.session,
    since: told.revision,
  });
  if (answer) {
    if (answer.trouble) {
      trouble = `Not saved: ${answer.trouble}`;
      return false;
    }
    for (const [id, sent] of batch) {
      confirmed.delete(id);
      if (sent.verdict) confirmed.set(id, sent.verdict);
      if (unsaved.get(id) === sent) unsaved.delete(id); // or else it was decided again meanwhile
    }
    takeAnswer(answer);
    trouble = "";
    return true;
  }
  if (!refused) {
    trouble = problem;
    return false;
  }
  notice = `Not saved: ${problem}`;
  announce(notice);
  takeBack([...batch.keys()]);
  return true;
}

/**
 * What the server does not take is shown as it is there.
 * @param {ActionId[]} ids
 */
function takeBack(ids) {
  for (const id of ids) {
    unsaved.delete(id);
    decisions.delete(id);
    const verdict = confirmed.get(id);
    if (verdict) decisions.set(id, verdict);
  }
  keepUnsaved();
  tell(changedGroups(ids));
}

/**
 * What was decided elsewhere: in another tab, in the file, by an apply.
 * @param {Update} answer
 */
function takeAnswer(answer) {
  Object.assign(told, { session: answer.session, revision: answer.revision });
  const verdicts = new Map(Object.entries(answer.decisions));
  if (answer.whole) for (const id of confirmed.keys()) if (!verdicts.has(id)) verdicts.set(id, "");
  const refused = Object.entries(answer.refused);
  for (const [id, verdict] of refused) {
    verdicts.set(id, verdict);
    unsaved.delete(id);
  }
  const other = [];
  for (const [id, verdict] of verdicts) {
    confirmed.delete(id);
    if (verdict) confirmed.set(id, verdict);
    if (unsaved.has(id) || (decisions.get(id) || "") === verdict) continue;
    decisions.delete(id);
    if (verdict) decisions.set(id, verdict);
    other.push(id);
  }
  for (const [id, note] of Object.entries(answer.notes)) if (!unsaved.has(id)) notes.set(id, note);
  const finished = Object.entries(answer.done).filter(([id]) => !done.has(id));
  for (const [id, outcome] of finished) done.set(id, outcome);
  keepUnsaved();
  sayWhatChanged(other, refused, finished.length, answer.read_only);
  const ids = [...other, ...finished.map(([id]) => id)];
  if (ids.length || notice) tell(changedGroups(ids));
}

/**
 * @param {ActionId[]} other
 * @param {[ActionId, Verdict][]} refused
 * @param {number} finished
 * @param {string} readOnly
 */
function sayWhatChanged(other, refused, finished, readOnly) {
  const said = [];
  if (refused.length) {
    const more = refused.length > 1 ? ` and ${refused.length - 1} more` : "";
    said.push(
      `Decided otherwise since: ${calledBy(refused[0][0])}${more}. ` +
        "Your decision about it was not saved; decide again.",
    );
  } else if (other.length) said.push(`${count(other.length, "decision")} changed outside of this page.`);
  if (finished) said.push(`${count(finished, "action")} done by an apply meanwhile.`);
  if (readOnly && readOnly !== manner.read_only) {
    manner.read_only = readOnly;
    if (unsaved.size) said.push(`${count(unsaved.size, "decision")} could not be saved any more.`);
    takeBack([...unsaved.keys()]);
    drawTop();
    drawList(); // without what decides about many at once
    tell(new Set(groups));
  }
  if (!said.length) return;
  notice = said.join(" ");
  announce(notice);
}

/** @param {ActionId[]} ids */
function changedGroups(ids) {
  return new Set([...ids.flatMap((id) => groupOf.get(id) || []), ...decideOutcomes()]);
}

/**
 * @template {keyof Answers} Where
 * @param {Where} where
 * @param {Answers[Where]["body"]} body
 * @returns {Promise<Reply<Answers[Where]["answer"]>>}
 */
async function ask(where, body) {
  const content = JSON.stringify(body);
  try {
    const answer = await fetch(where, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: content,
      keepalive: content.length < ON_ITS_WAY,
    });
    return answer.ok
      ? { answer: await answer.json() }
      : { problem: await answer.text(), refused: answer.status === 409 };
  } catch {
    return {
      problem:
        "Not saved: pinplan review is not responding. Start it again with the same plan: this page goes on by itself.",
      refused: false,
    };
  }
}

/** Look for what others decide, and send what is left over. */
async function look() {
  if (!manner.serves || saving || ended) return;
  if (unsaved.size) {
    await send();
    return;
  }
  saving = true;
  const { answer, problem } = await ask("decide", { set: {}, session: told.session, since: told.revision });
  saving = false;
  const before = trouble;
  trouble = answer ? answer.trouble : problem;
  if (answer) takeAnswer(answer);
  if (trouble !== before) tell(new Set());
  if (unsaved.size) send();
}

let ended = false;

function keepLooking() {
  if (!manner.serves) return;
  setInterval(() => document.visibilityState === "visible" && look(), LOOK_EVERY);
  addEventListener("focus", look);
  addEventListener("beforeunload", (event) => {
    if (unsaved.size && !ended) event.preventDefault();
  });
  // A page that closes waits for no answer: what is left goes out at once, beside a request that is on its way.
  addEventListener("pagehide", () => {
    if (unsaved.size && !ended) ask("decide", { set: stepsOf(unsaved), session: told.session, since: told.revision });
  });
}
