/* Sending decisions to the server of this page, and receiving those that were made elsewhere.

   The browser keeps a decision until the server has it on disk. Each is sent with the verdict that this page showed
   before it: a decision that was changed elsewhere since is shown, not overwritten. */

const LOOK_EVERY = 2000;
const ON_ITS_WAY = 60000; // a browser lets a closing page finish requests of at most 64 kB
const ownPart = `:unsaved:${Math.random().toString(36).slice(2)}`;
const confirmed = madeBefore();
/** @type {Map<ActionId, { verdict: Verdict }>} */
const unsaved = new Map();
const latest = { session: manner.session, revision: manner.revision };
let saving = false;
let trouble = "";
let notice = "";

function allSaved() {
  return !saving && unsaved.size === 0;
}

/**
 * Save decisions that were just made.
 * @param {Verdicts} changes
 */
function save(changes) {
  if (!manner.serves) {
    remember({ decisions: [...decisions], notes: [...notes] });
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

/** Restore and save decisions that an earlier page could not save. */
function restoreUnsaved() {
  if (!manner.serves || manner.read_only) return;
  for (const part of rememberedParts(":unsaved:")) {
    /** @type {Record<ActionId, UnsavedStep>} */
    const steps = remembered(part);
    for (const [id, { verdict, was, note }] of Object.entries(steps)) {
      const now = confirmed.get(id) || "";
      if (!model.actions[id] || done.has(id) || now === verdict) continue;
      if (now !== was) {
        notice = `Decided otherwise since: ${calledBy(id)} stays “${inOneWord(id, now)}”.`;
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
  notify(new Set());
}

/**
 * Returns whether to continue: if the server cannot be reached, the next look retries.
 * @param {Map<ActionId, { verdict: Verdict }>} batch
 */
async function sendOnce(batch) {
  const { answer, problem, refused } = await ask("decide", {
    set: stepsOf(batch),
    session: latest.session,
    since: latest.revision,
  });
  if (answer) {
    if (answer.trouble) {
      trouble = `Not saved: ${answer.trouble}`;
      return false;
    }
    for (const [id, sent] of batch) {
      confirmed.delete(id);
      if (sent.verdict) confirmed.set(id, sent.verdict);
      if (unsaved.get(id) === sent) unsaved.delete(id); // if not, it was decided again meanwhile
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
 * Show decisions that the server refused as the server has them.
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
  notify(changedGroups(ids));
}

/**
 * Take over changes made elsewhere: in another tab, in the file, by an apply.
 * @param {Update} answer
 */
function takeAnswer(answer) {
  Object.assign(latest, { session: answer.session, revision: answer.revision });
  const verdicts = new Map(Object.entries(/** @type {Verdicts} */ (answer.decisions)));
  if (answer.whole) for (const id of confirmed.keys()) if (!verdicts.has(id)) verdicts.set(id, "");
  const refused = Object.entries(/** @type {Verdicts} */ (answer.refused));
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
  announceChanges(other, refused, finished.length, answer.read_only);
  const ids = [...other, ...finished.map(([id]) => id)];
  if (ids.length || notice) notify(changedGroups(ids));
}

/**
 * @param {ActionId[]} other
 * @param {[ActionId, Verdict][]} refused
 * @param {number} finished
 * @param {string} readOnly
 */
function announceChanges(other, refused, finished, readOnly) {
  const messages = [];
  if (refused.length) {
    const more = refused.length > 1 ? ` and ${refused.length - 1} more` : "";
    messages.push(
      `Decided otherwise since: ${calledBy(refused[0][0])}${more}. ` +
        "Your decision about it was not saved; decide again.",
    );
  } else if (other.length) messages.push(`${count(other.length, "decision")} changed outside of this page.`);
  if (finished) messages.push(`${count(finished, "action")} done by an apply meanwhile.`);
  if (readOnly && readOnly !== manner.read_only) {
    manner.read_only = readOnly;
    if (unsaved.size) messages.push(`${count(unsaved.size, "decision")} could not be saved any more.`);
    takeBack([...unsaved.keys()]);
    drawTop();
    drawList(); // without the buttons for many decisions
    notify(new Set(groups));
  }
  if (!messages.length) return;
  notice = messages.join(" ");
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
        "Not saved: pinplan review is not responding. Restart it with the same plan: this page reconnects by itself.",
      refused: false,
    };
  }
}

/** Ask for changes made elsewhere, and send what is not saved yet. */
async function look() {
  if (!manner.serves || saving || ended) return;
  if (unsaved.size) {
    await send();
    return;
  }
  saving = true;
  const { answer, problem } = await ask("decide", { set: {}, session: latest.session, since: latest.revision });
  saving = false;
  const before = trouble;
  trouble = answer ? answer.trouble : problem;
  if (answer) takeAnswer(answer);
  if (trouble !== before) notify(new Set());
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
  // A closing page gets no answer: send what is left now, even while another request is running.
  addEventListener("pagehide", () => {
    if (unsaved.size && !ended)
      ask("decide", { set: stepsOf(unsaved), session: latest.session, since: latest.revision });
  });
}
