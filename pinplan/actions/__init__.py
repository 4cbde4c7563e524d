"""The kinds of actions, one file each.

Adding a kind touches its own file, the two lists below, the planner's rule and the tests; renderers, codec, executor
and journal do not switch on kinds (see ``docs/add-an-action.md``).
"""

from typing import TypeAlias

from pinplan.actions.adopt import Adopt
from pinplan.actions.confirm_create import ConfirmCreate
from pinplan.actions.copy_local import CopyLocal
from pinplan.actions.create_board import CreateBoard
from pinplan.actions.create_pin import CreatePin
from pinplan.actions.create_section import CreateSection
from pinplan.actions.dedupe import Dedupe
from pinplan.actions.delete_local import DeleteLocal
from pinplan.actions.delete_remote import DeleteRemote
from pinplan.actions.download import Download
from pinplan.actions.forget import Forget
from pinplan.actions.move_local import MoveLocal
from pinplan.actions.move_remote import MoveRemote
from pinplan.actions.post_pin import PostPin
from pinplan.actions.rebind import Rebind
from pinplan.actions.relocate import Relocate
from pinplan.actions.rename_board import RenameBoard
from pinplan.actions.rename_section import RenameSection
from pinplan.actions.replace import Replace
from pinplan.actions.restore import Restore
from pinplan.actions.update_metadata import UpdateMetadata
from pinplan.actions.upload_carousel import UploadCarousel
from pinplan.actions.upload_pin import UploadPin
from pinplan.actions.upload_video import UploadVideo

AnyAction: TypeAlias = (
    Adopt
    | ConfirmCreate
    | CopyLocal
    | CreateBoard
    | CreatePin
    | CreateSection
    | Dedupe
    | DeleteLocal
    | DeleteRemote
    | Download
    | Forget
    | MoveLocal
    | MoveRemote
    | PostPin
    | Rebind
    | Relocate
    | RenameBoard
    | RenameSection
    | Replace
    | Restore
    | UpdateMetadata
    | UploadCarousel
    | UploadPin
    | UploadVideo
)

KINDS: dict[str, type[AnyAction]] = {
    "download": Download,
    "move_local": MoveLocal,
    "rebind": Rebind,
    "adopt": Adopt,
    "relocate": Relocate,
    "replace": Replace,
    "copy_local": CopyLocal,
    "restore": Restore,
    "create_pin": CreatePin,
    "confirm_create": ConfirmCreate,
    "create_board": CreateBoard,
    "create_section": CreateSection,
    "move_remote": MoveRemote,
    "rename_board": RenameBoard,
    "rename_section": RenameSection,
    "upload": UploadPin,
    "upload_carousel": UploadCarousel,
    "upload_video": UploadVideo,
    "post": PostPin,
    "update_metadata": UpdateMetadata,
    "delete_local": DeleteLocal,
    "delete_remote": DeleteRemote,
    "dedupe": Dedupe,
    "forget": Forget,
}
"""In the order in which summaries and tables name them."""

__all__ = [
    "KINDS",
    "Adopt",
    "AnyAction",
    "ConfirmCreate",
    "CopyLocal",
    "CreateBoard",
    "CreatePin",
    "CreateSection",
    "Dedupe",
    "DeleteLocal",
    "DeleteRemote",
    "Download",
    "Forget",
    "MoveLocal",
    "MoveRemote",
    "PostPin",
    "Rebind",
    "Relocate",
    "RenameBoard",
    "RenameSection",
    "Replace",
    "Restore",
    "UpdateMetadata",
    "UploadCarousel",
    "UploadPin",
    "UploadVideo",
    "base",
    "companions",
    "contexts",
    "create_again",
    "creating_place",
    "dedupe",
    "expect",
    "new_file",
    "pairs",
    "placement",
    "post_pin",
    "provisions",
    "receipts",
    "renaming",
    "reversals",
    "update_metadata",
    "upload_carousel",
    "upload_pin",
    "upload_video",
    "verdicts",
    "views",
]
