"""A text for people, in Polish and English side by side."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or label in both languages; on the wire it is a USOS LangDict."""

    pl: str
    en: str

    def in_language(self, language: str) -> str:
        """Give the text in `language` ("pl" or "en"; anything else reads Polish)."""
        return self.en if language == "en" else self.pl

    def as_dict(self) -> dict[str, str]:
        """Give the USOS LangDict form."""
        return {"pl": self.pl, "en": self.en}
