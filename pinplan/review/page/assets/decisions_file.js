/* Decisions as a document: the one that is exported, and those that the browser remembered. */

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
    require: manner.requires.length ? manner.requires : undefined, // what nobody saw is not deleted
    reviewer: manner.reviewer || undefined,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function known(found) {
  const verdicts = ["approve", "skip", "swap", "different"];
  return Object.entries(found || {}).filter(([id, verdict]) => model.actions[id] && verdicts.includes(verdict));
}

if (!manner.serves) {
  for (const [id, verdict] of known(remembered().decisions)) decisions.set(id, verdict);
  for (const [id, note] of Object.entries(remembered().notes || {})) if (decisions.has(id)) notes.set(id, String(note));
}

takeUpSteps();
takeUpUnsaved();
decideOutcomes();
if (unsaved.size) send();
