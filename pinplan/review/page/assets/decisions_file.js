/* Decisions as a document: the exported file, and those that the browser kept. */

function decisionsFile() {
  const entries = [...decisions].sort(([one], [other]) => (one < other ? -1 : 1));
  const content = {
    decided_at: `${new Date().toISOString().slice(0, 19)}Z`,
    decisions: Object.fromEntries(
      entries.map(([id, verdict]) => [id, notes.get(id) ? { note: notes.get(id), verdict } : { verdict }]),
    ),
    format: "pinplan.decisions",
    format_version: "1.1",
    plan: model.digest,
    require: manner.requires.length ? manner.requires : undefined, // undecided actions that delete or publish wait
    reviewer: manner.reviewer || undefined,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * @param {unknown} verdict
 * @returns {verdict is Choice}
 */
function isChoice(verdict) {
  return Object.keys(model.outcomes).some((choice) => choice === verdict);
}

function restoreDecisions() {
  /** @type {Remembered} */
  const before = remembered();
  for (const [id, verdict] of Object.entries(before.decisions || {}))
    if (model.actions[id] && isChoice(verdict)) decisions.set(id, verdict);
  for (const [id, note] of Object.entries(before.notes || {})) if (decisions.has(id)) notes.set(id, String(note));
}

if (!manner.serves) restoreDecisions();
restoreSteps();
restoreUnsaved();
decideOutcomes();
if (unsaved.size) send();
