"""Views and preferences that are kept in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property

from iman.api.wire_views import SavedView, ViewToSave
from iman.errors import DaemonRefused


class FakeViews:
    """What the API answers about views and preferences."""

    @cached_property
    def preferred(self) -> dict[str, str]:
        return {}

    @cached_property
    def kept(self) -> dict[int, SavedView]:
        return {}

    def preferences(self) -> dict[str, str]:
        return dict(self.preferred)

    def prefer(self, name: str, value: str) -> None:
        self.preferred[name] = value

    def views(self) -> list[SavedView]:
        return list(self.kept.values())

    def save_view(self, view: ViewToSave, view_id: int | None = None) -> SavedView:
        number = view_id or len(self.kept) + 1
        if view_id is None and view.name in {one.name for one in self.kept.values()}:
            raise DaemonRefused("ada has a view of that name already: choose another name.")
        owner = self.kept[view_id].owner if view_id else "ada"
        self.kept[number] = SavedView(
            **view.model_dump(), id=number, owner=owner, changed_at=datetime.now(UTC),
            changed_by="ada",
        )  # fmt: skip
        return self.kept[number]

    def remove_view(self, view_id: int) -> None:
        del self.kept[view_id]
