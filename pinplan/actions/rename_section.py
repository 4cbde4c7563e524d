"""``rename_section``: give a section on Pinterest the name that its folder has here."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import Description, KindInfo, Phase
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.renaming import Renaming
from pinplan.model.ids import SectionId
from pinplan.model.scopes import WRITE_BOARDS


class RenameSection(Renaming, frozen=True, kw_only=True, tag="rename_section", gc=False):
    """Rename a section on Pinterest; its pins stay as they are."""

    trait: ClassVar[KindInfo] = KindInfo(
        symbol=">",
        thing="section",
        verb="to rename on Pinterest",
        title="Rename sections on Pinterest",
        phase=Phase.UPDATE,
        constructive=True,
        renames=True,
        scopes=WRITE_BOARDS,
    )

    def describe(self) -> Description:
        """Name the old and the new name."""
        return self._description("section")

    def present_name(self, context: ActionContext) -> str | None:
        """Its name now."""
        sections = context.remote.sections(self.board_id).sections
        return next((section.name for section in sections if section.id == self.expect.section_id), None)

    def name_now(self, now: UndoContext) -> str | None:
        """Its name, as it is listed."""
        section_id = self.expect.section_id
        return now.section_name(self.board_id, section_id) if section_id is not None else None

    def misfit(self) -> str | None:
        """It must name a section."""
        return super().misfit() if self.expect.section_id is not None else "the plan names no section"

    def rename(self, context: ActionContext) -> None:
        """One request."""
        # Without a section, which `misfit` refuses, the id is none that may be sent.
        context.remote.rename_section(self.board_id, self.expect.section_id or SectionId(""), self.new_name)
