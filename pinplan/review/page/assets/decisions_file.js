/* Decisions as a document: the exported file, and those that the browser kept. */

function decisionsFile() {
  const entries = [...decisions].sort(([one], [other]) => (one < other ? -1 : 1));
  const content = {
    decided_at: `${new Date().toISOString().slice(0, 19)}Z`,
    decisions: Object.fromEntries(
      entries.map(([id, made]) => [
        id,
        { keep: keptPin(made) || undefined, note: notes.get(id) || undefined, verdict: choiceOf(made) },
      ]),
    ),
    format: "pinplan.decisions",
    format_version: "1.1",
    plan: model.digest,
    require: manner.requires.length ? manner.requires : undefined, // undecided actions that delete or publish wait
    reviewer: manner.reviewer || undefined,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function restoreDecisions() {
  /** @type {Remembered} */
  const before = remembered();
  for (const [id, made] of Array.isArray(before.decisions) ? before.decisions : [])
    if (isMade(id, made)) decisions.set(id, made);
  for (const [id, note] of Array.isArray(before.notes) ? before.notes : [])
    if (decisions.has(id)) notes.set(id, String(note));
}

if (!manner.serves) restoreDecisions();
restoreSteps();
restoreUnsaved();
decideOutcomes();
if (unsaved.size) send();
