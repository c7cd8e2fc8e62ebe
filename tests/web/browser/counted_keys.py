"""A keyboard that fills in forms, and counts the fields and buttons that it takes."""

from datetime import date

from playwright.async_api import FilePayload, Page


class CountedKeys:
    """A keyboard, by which each field that is filled in and each button that is pressed is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    async def _to(self, selector: str) -> None:
        """Tab to what *selector* names: whatever cannot be reached by keyboard fails here."""
        for _ in range(80):
            if await self.page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached")

    async def type(self, name: str, text: str) -> None:
        await self._to(f"[name='{name}']")
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.type(text)
        self.count += 1

    async def choose(self, name: str, value: str) -> None:
        await self._to(f"[name='{name}']")
        for _ in range(8):
            if await self.page.evaluate(
                "([n, v]) => { const e = document.activeElement; return e.name === n && e.value === v && (e.type !== 'radio' || e.checked) }",
                [name, value],
            ):
                break
            await self.page.keyboard.press("ArrowDown")
        else:
            raise AssertionError(f"{name} is never {value}")
        self.count += 1

    async def day(self, name: str, day: date) -> None:
        """Type a day as Chromium's own field takes it."""
        await self._to(f"[name='{name}']")
        await self.page.keyboard.type(f"{day:%m%d%Y}")
        self.count += 1

    async def tick(self, name: str) -> None:
        await self._to(f"[name='{name}']")
        await self.page.keyboard.press("Space")
        self.count += 1

    async def bring(self, name: str, file: FilePayload) -> None:
        """Open the field of a file, and choose one."""
        await self._to(f"[name='{name}']")
        async with self.page.expect_file_chooser() as chosen:
            # That a choice is waited for is said without an answer: a key that comes sooner opens the machine's own window, unseen.
            await self.page.evaluate("0")
            await self.page.keyboard.press("Enter")
        await (await chosen.value).set_files(file)
        self.count += 1

    async def open(self, selector: str) -> None:
        """Unfold what a summary heads."""
        await self._to(selector)
        await self.page.keyboard.press("Enter")
        self.count += 1

    async def press(self, selector: str) -> None:
        await self._to(selector)
        async with self.page.expect_navigation():
            await self.page.keyboard.press("Enter")
        self.count += 1
