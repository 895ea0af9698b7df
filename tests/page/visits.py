"""What a test sees of a page, and of what went on behind it."""

from playwright.sync_api import Page


class Visit:
    """A page in the browser, and what went on behind it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url} {request.failure}"))
        page.on("request", lambda request: self.asked.append(request.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def foreign(self, address: str) -> list[str]:
        """Requests to any other host; data: and blob: addresses ask nobody."""
        return [url for url in self.asked if not url.startswith((address, "data:", "blob:"))]
